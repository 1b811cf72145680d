// Ways to enlarge a flat input, along one axis and along two: how the inputs reach each output.
// up is "transposed", "nearest", "bilinear", "shuffle" or "icnr"; s is how many times it enlarges.
// All but the transposed convolution, which has no padding, keep the size in their convolution.
import { randomTensors } from "./random.js";

const shuffled = (up) => up === "shuffle" || up === "icnr";
const range = (count) => Array.from({ length: count }, (_, i) => i);

// Random weights, as Python's explorables/checkerboard.py draws them: { line: rows of k for one axis,
// square: squares of k × k for two }. A larger kernel has those of the smaller.
export function enlargingKernels(up, k, s, seed) {
  const [lines, squares] = randomTensors(seed, [[[4, 7], -3, 3], [[16, 7, 7], -3, 3]]), phases = shuffled(up) ? s : 1;
  const pick = (all, count) => range(count).map((at) => all[up === "icnr" ? 0 : at]), cut = (row) => row.slice(0, k);
  return { line: pick(lines, phases).map(cut), square: pick(squares, phases ** 2).map((rows) => cut(rows).map(cut)) };
}

// The inputs from which a resized input takes its cell u, each with its share of it.
function sources(up, u, n, s) {
  if (up === "nearest") return [{ from: Math.floor(u / s), share: 1 }];
  const at = Math.max((u + 0.5) / s - 0.5, 0), before = Math.floor(at), part = at - before;
  return [{ from: before, share: 1 - part }, { from: Math.min(before + 1, n - 1), share: part }]
    .filter(({ share }) => share);
}

// For output o of n inputs: the phase whose kernel it has, and the inputs that reach it, each with
// the weight (tap) by which it is multiplied and its share.
function reaching(up, o, n, k, s) {
  const before = Math.floor((k - 1) / 2), taps = range(k);
  if (up === "transposed") return { phase: 0, links: range(n).map((from) => ({ from, tap: o - from * s, share: 1 }))
    .filter(({ tap }) => tap >= 0 && tap < k) };
  if (shuffled(up)) return { phase: o % s, links: taps.map((tap) => ({ from: Math.floor(o / s) + tap - before, tap, share: 1 }))
    .filter(({ from }) => from >= 0 && from < n) };
  return { phase: 0, links: taps.map((tap) => ({ u: o + tap - before, tap })).filter(({ u }) => u >= 0 && u < n * s)
    .flatMap(({ u, tap }) => sources(up, u, n, s).map((source) => ({ ...source, tap }))) };
}

const outputs = (up, n, k, s) => range(up === "transposed" ? (n - 1) * s + k : n * s);

// What each of n inputs of 1 adds to each output: kernels has one row of weights for each phase.
export function enlargedStamps(up, n, kernels, s) {
  const k = kernels[0].length, outs = outputs(up, n, k, s), stamps = range(n).map(() => outs.map(() => 0));
  for (const o of outs) {
    const { phase, links } = reaching(up, o, n, k, s);
    for (const { from, tap, share } of links) stamps[from][o] += share * kernels[phase][tap];
  }
  return stamps;
}

// The outputs where those that reach it along the two axes meet, of inputs of 1.
function crossed(up, axis, kernels, s) {
  const phases = shuffled(up) ? s : 1;
  return axis.map((y) => axis.map((x) => {
    const weights = kernels[y.phase * phases + x.phase];
    let sum = 0;
    for (const row of y.links) for (const column of x.links) sum += row.share * column.share * weights[row.tap][column.tap];
    return sum;
  }));
}

// n × n inputs of 1, enlarged: kernels has k × k weights for each pair of phases.
export function enlargedFlat(up, n, kernels, s) {
  const k = kernels[0].length;
  return crossed(up, outputs(up, n, k, s).map((o) => reaching(up, o, n, k, s)), kernels, s);
}

// The outputs that repeat far from all ends: { line: s along one axis, square: s × s along two }.
export function repeating(up, line, square, s) {
  const k = line[0].length, n = 4 * k + 4, middle = range(s).map((phase) => reaching(up, n / 2 * s + phase, n, k, s));
  return { line: middle.map(({ phase, links }) => links.reduce((sum, { tap, share }) => sum + share * line[phase][tap], 0)),
    square: crossed(up, middle, square, s) };
}
