// Volumes: lists of numbers, slice by slice and row by row, each with its size [D, H, W].
import { convOutputSize } from "./sizes.js";

const numbers = (n, make) => Array.from({ length: n }, (_, i) => make(i));

// ---- places and slices ---------------------------------------------------------------------------

// Where the number with this index stands: [depth, row, column]; and its index, from where it stands.
export function placeAt(index, [, rows, columns]) {
  return [Math.floor(index / (rows * columns)), Math.floor(index / columns) % rows, index % columns];
}

export function placeIndex([depth, row, column], [, rows, columns]) {
  return (depth * rows + row) * columns + column;
}

// The slice of a volume at one index of an axis, row by row.
export function sliceOf(values, size, axis, at) {
  const [rows, columns] = size.filter((_, i) => i !== axis);
  return numbers(rows * columns, (i) => {
    const place = [Math.floor(i / columns), i % columns];
    place.splice(axis, 0, at);
    return values[placeIndex(place, size)];
  });
}

// ---- kernels ---------------------------------------------------------------------------------------

const mean = (n) => numbers(n, () => 1 / n);

// Weights that rise by equal steps, the positive ones adding up to 1; a single one is 0.
function ramp(n) {
  const weights = numbers(n, (i) => i - (n - 1) / 2);
  const positive = weights.reduce((sum, weight) => sum + Math.max(weight, 0), 0);
  return weights.map((weight) => weight / (positive || 1));
}

// The binomial numbers of n - 1, adding up to 1.
function bell(n) {
  let number = 2 ** (1 - n);
  return numbers(n, (i) => {
    if (i) number *= (n - i) / i;
    return number;
  });
}

const product = ([depth, height, width]) => depth.flatMap((a) => height.flatMap((b) => width.map((c) => a * b * c)));

// A kernel of a volume by its name; each is made of lines along the axes.
export function volumeKernel(name, size) {
  const means = product(size.map(mean)), axis = ["edge_depth", "edge_height", "edge_width"].indexOf(name);
  if (axis >= 0) return product(size.map((n, i) => (i === axis ? ramp(n) : mean(n))));
  return name === "blob" ? product(size.map(bell)).map((weight, i) => weight - means[i]) : means;
}

// ---- the layer ---------------------------------------------------------------------------------------

// Deep learning's convolution (a cross-correlation) of one volume with one kernel, neither padded.
export function conv3d(input, size, kernel, kernelSize) {
  const outSize = size.map((n, i) => convOutputSize(n, kernelSize[i]));
  const taps = kernel.map((_, i) => placeIndex(placeAt(i, kernelSize), size));
  return Float32Array.from({ length: outSize.reduce((a, b) => a * b) }, (_, index) => {
    const from = placeIndex(placeAt(index, outSize), size);
    return taps.reduce((sum, tap, i) => sum + input[from + tap] * kernel[i], 0);
  });
}

// The shapes and costs of a layer over volumes of a size: a 2D layer takes their slices as channels
// and its filter spans all of them. places are the output's sizes, with one along depth in 2D.
export function volumeLayer({ axes, in_channels, out_channels, kernel_size, kernel_depth }, size) {
  const flat = axes === 2, kernel = [flat ? size[0] : kernel_depth, kernel_size, kernel_size];
  const channels = flat ? in_channels * size[0] : in_channels, skip = flat ? 1 : 0;
  const places = size.map((n, i) => convOutputSize(n, kernel[i])), output = [out_channels, ...places.slice(skip)];
  const weight = [out_channels, channels, ...kernel.slice(skip)], weights = weight.reduce((a, b) => a * b);
  return { kernel, places, input: [channels, ...size.slice(skip)], weight, output,
    parameters: weights + out_channels, macs: weights * places.reduce((a, b) => a * b) };
}
