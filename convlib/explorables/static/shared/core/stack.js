// One-dimensional layers on top of each other, one channel.
import { filled } from "./numbers.js";
import { convOutputSize } from "./sizes.js";
import { conv2d } from "./windows.js";

// Zeros before and after the input of a layer whose kernel reaches `reach` further than one sample.
export function stackPads(padding, reach) {
  const half = Math.floor(reach / 2);
  return { valid: [0, 0], centred: [half, reach - half], causal: [reach, 0] }[padding];
}

// Each layer of a stack by its settings: { k, s, d, span, pads, size (of its input), out (how many
// outputs), jump (inputs of the stack from one of its outputs to the next), start (where output 0
// stands among them: over the middle of what it reaches, or where it is causal over the last) }.
// settings: { length, layers, kernel_size, stride, dilation, padding }; the last number of a list
// stands for the layers behind it.
export function stackLayers(settings) {
  const { length, layers, padding } = settings;
  const lists = [settings.kernel_size, settings.stride, settings.dilation].map((values) => filled(values, layers));
  let [size, jump, start] = [length, 1, 0];
  return Array.from({ length: layers }, (_, l) => {
    const [k, s, d] = lists.map((list) => list[l]), reach = d * (k - 1), pads = stackPads(padding, reach);
    start += jump * ((padding === "causal" ? reach : reach / 2) - pads[0]);
    jump *= s;
    const layer = { k, s, d, span: reach + 1, pads, size, jump, start,
      out: Math.max(convOutputSize(size, k, s, (pads[0] + pads[1]) / 2, d), 0) };
    size = layer.out;
    return layer;
  });
}

// The first layer whose kernel does not fit, as { l, span, room }; undefined where all do.
export function stackProblem(layers) {
  const l = layers.findIndex(({ out }) => out < 1);
  return l < 0 ? undefined : { l: l + 1, span: layers[l].span, room: layers[l].size };
}

// The k weights of a kernel: their mean, the last minus the first, or one's own.
export function stackWeight(kind, own, k) {
  if (kind === "own") return own.slice(0, k);
  return Array.from({ length: k }, (_, i) => (kind === "mean" ? 1 / k : i === k - 1 ? 1 : i ? 0 : -1));
}

// The input and the output of each layer.
export function stackValues(input, weights, layers) {
  const rows = [input];
  layers.forEach(({ s, d, pads: [before, after] }, l) => {
    const padded = [...Array(before).fill(0), ...rows[l], ...Array(after).fill(0)];
    rows.push(conv2d([padded], [weights[l]], { stride: [1, s], dilation: [1, d] })[0]);
  });
  return rows;
}

// On what one output of the last layer depends: for the input and each layer the places, in order.
// Zeros of the padding are left out.
export function stackSeen(layers, output) {
  const seen = [[output]];
  for (const { k, s, d, pads, size } of [...layers].reverse()) {
    const below = seen[0].flatMap((n) => Array.from({ length: k }, (_, i) => n * s - pads[0] + i * d));
    seen.unshift([...new Set(below)].filter((at) => at >= 0 && at < size).sort((a, b) => a - b));
  }
  return seen;
}

// The receptive field of one output: the first and the last input that it reaches, borders aside.
export function stackField(layers, output) {
  let [first, last] = [output, output];
  for (const { s, span, pads } of [...layers].reverse()) {
    first = first * s - pads[0];
    last = last * s - pads[0] + span - 1;
  }
  return { first, last, size: last - first + 1 };
}
