// One convolutional layer by its settings, named as in PyTorch: what it gives, what it costs, its
// text. A layer is { transposed, axes, size, kernel_size, stride, padding, padding_kind,
// output_padding, dilation, in_channels, out_channels, groups, bias }; sizes are lists.
import { filled } from "./numbers.js";
import { convOutputSize, convTransposeOutputSize } from "./sizes.js";

const PER_AXIS = ["size", "kernel_size", "stride", "padding", "output_padding", "dilation"];

// The settings of each axis, how far its kernel spans, its padding as [before, after], its output.
export function layerAxes(layer) {
  const lists = PER_AXIS.map((name) => filled(layer[name], layer.axes));
  return Array.from({ length: layer.axes }, (_, axis) => {
    const [size, k, s, typed, a, d] = lists.map((list) => list[axis]);
    const span = d * (k - 1) + 1, kind = layer.transposed ? "numbers" : layer.padding_kind;
    const p = { numbers: typed, valid: 0, same: (span - 1) / 2 }[kind];
    return { size, k, s, p, a, d, span, pads: [Math.floor(p), Math.ceil(p)],
      out: layer.transposed ? convTransposeOutputSize(size, k, s, p, a, d) : convOutputSize(size, k, s, p, d) };
  });
}

// What is wrong with a layer, as { key, ...numbers }, or undefined; axis is where.
export function layerProblem(layer) {
  const { in_channels, out_channels, groups, transposed } = layer;
  if (in_channels % groups || out_channels % groups) return { key: "groups", groups, in_channels, out_channels };
  for (const [axis, { size, s, p, a, d, span, out }] of layerAxes(layer).entries()) {
    if (transposed && a >= Math.max(s, d)) return { key: "output_padding", axis, a, most: Math.max(s, d) - 1 };
    if (transposed && out < 1) return { key: "cut_off", axis, p, most: Math.floor((out + 2 * p - 1) / 2) };
    if (!transposed && layer.padding_kind === "same" && s > 1) return { key: "same_stride", axis, s };
    if (!transposed && out < 1) return { key: "too_large", axis, span, room: size + 2 * p };
  }
  return undefined;
}

// Sizes beyond 2^53 are counted too, so these are big integers.
const product = (numbers) => numbers.reduce((result, number) => result * BigInt(number), 1n);

// Weights, parameters and multiply-adds: weights times the positions of the output, or of the input
// where the convolution is transposed.
export function layerCosts(layer) {
  const axes = layerAxes(layer), { in_channels, out_channels, groups } = layer;
  const weights = product([out_channels, in_channels / groups, ...axes.map(({ k }) => k)]);
  const positions = axes.map(({ size, out }) => (layer.transposed ? size : out));
  return { weights, parameters: weights + BigInt(layer.bias ? out_channels : 0), macs: weights * product(positions) };
}

// ---- PyTorch text --------------------------------------------------------------------------------

// The arguments in PyTorch's order, with the values that are left out. This is what it takes:
const NEEDED = ["in_channels", "out_channels", "kernel_size"];
const USUAL = {
  false: { stride: 1, padding: 0, dilation: 1, groups: 1, bias: true, padding_mode: "zeros" },
  true: { stride: 1, padding: 0, output_padding: 0, groups: 1, bias: true, dilation: 1, padding_mode: "zeros" },
};

const written = (value) => ({ true: "True", false: "False" }[value] ?? (typeof value === "string" ? `'${value}'` : String(value)));

// The call that makes the layer: what is unusual is named.
export function torchLayer(layer) {
  const one = (values) => (new Set(values).size > 1 ? `(${values.join(", ")})` : String(values[0]));
  const value = (name) => {
    if (name === "padding" && !layer.transposed && layer.padding_kind !== "numbers") return written(layer.padding_kind);
    return PER_AXIS.includes(name) ? one(filled(layer[name], layer.axes)) : written(layer[name]);
  };
  const usual = Object.entries(USUAL[layer.transposed]).filter(([name]) => name !== "padding_mode");
  const named = usual.flatMap(([name, normal]) => (value(name) === written(normal) ? [] : [`${name}=${value(name)}`]));
  return `nn.Conv${layer.transposed ? "Transpose" : ""}${layer.axes}d(${[...NEEDED.map(value), ...named].join(", ")})`;
}

function readValue(text) {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (text === "True" || text === "False") return text === "True";
  const word = /^(["'])(\w+)\1$/.exec(text), numbers = /^[([]([\d\s,]+)[)\]]$/.exec(text);
  return word ? word[2] : numbers?.[1].split(",").filter((each) => each.trim()).map(Number);
}

// The layer that a text such as "nn.Conv2d(3, 64, 7, stride=2)" describes, without its input's size;
// undefined where it is none.
export function readLayer(text) {
  const call = /^(?:[\w.]+\s*=\s*)?(?:torch\.)?(?:nn\.)?Conv(Transpose)?([123])d\s*\((.*)\)\s*,?$/s.exec(text.trim());
  if (!call) return undefined;
  const transposed = Boolean(call[1]), axes = Number(call[2]), names = [...NEEDED, ...Object.keys(USUAL[transposed])];
  const parts = (call[3].match(/(?:[([][^()[\]]*[)\]]|[^,])+/g) ?? []).filter((part) => part.trim());
  const given = parts.map((part, i) => {
    const [, name = names[i], value] = /^\s*(?:(\w+)\s*=)?\s*(.*?)\s*$/s.exec(part);
    return [name, readValue(value)];
  });
  const values = { ...USUAL[transposed], ...Object.fromEntries(given) };
  const known = given.every(([name, value]) => names.includes(name) && value !== undefined);
  if (!known || NEEDED.some((name) => !(name in values))) return undefined;
  const layer = { transposed, axes, output_padding: 0, ...values, padding_kind: "numbers" };
  delete layer.padding_mode; // what stands in the padding changes no number here
  if (typeof values.padding === "string" && !transposed) Object.assign(layer, { padding_kind: values.padding, padding: 0 });
  for (const name of PER_AXIS.slice(1)) layer[name] = filled([layer[name]].flat(), axes);
  const lengths = given.every(([, value]) => !Array.isArray(value) || value.length === axes);
  const numbers = PER_AXIS.slice(1).every((name) => layer[name].every(Number.isInteger));
  return lengths && numbers && ["in_channels", "out_channels", "groups"].every((name) => Number.isInteger(layer[name]))
    && typeof layer.bias === "boolean" && ["numbers", "valid", "same"].includes(layer.padding_kind) ? layer : undefined;
}
