// What one output of a network sees of its input, and how unevenly. A table has one entry a layer,
// as Python's layer_table gives it; a window is [kernel size, stride, padding, dilation], along each axis.
import { clamp } from "./numbers.js";
import { convOutputSize } from "./sizes.js";

// The branches of the layers that lead to one, the input's side first.
export function pathTo(table, index) {
  const path = [];
  for (let at = index; table[at].after >= 0; at = table[at].after) path.unshift(table[at].branches);
  return path;
}

// The output whose centre is nearest to a place among the inputs, along one axis.
export function nearestOutput({ jump, centre, count }, at) {
  return clamp(Math.floor((at - centre) / jump + 0.5), 0, count - 1);
}

// The first and the last input that an output spans along one axis, borders aside.
export function fieldSpan({ first, jump, size }, output) {
  return [first + output * jump, first + output * jump + size - 1];
}

// The share of a field's area that lies beyond the input's borders; spans: one an axis.
export function paddingShare(spans, size) {
  const inside = spans.map(([first, last]) => Math.max(Math.min(last, size - 1) - Math.max(first, 0) + 1, 0) / (last - first + 1));
  return 1 - inside[0] * inside[1];
}

// The middle quarter of a field's area, half its width, as edges along each axis: input i reaches
// from i - 1/2 to i + 1/2.
export function middleQuarter(spans) {
  return spans.map(([first, last]) => [(3 * first + last) / 4 - 0.25, (first + 3 * last) / 4 + 0.25]);
}

// The sizes of a branch's input and behind each of its windows.
function sizesAlong(branch, size) {
  return branch.reduce((sizes, [k, s, p, d]) => [...sizes, convOutputSize(sizes.at(-1), k, s, p, d)], [size]);
}

// The weights of outputs x outputs places spread over the inputs of their windows: each weight in
// equal parts, those that fall into the padding lost.
function spread(weights, outputs, inputs, [k, s, p, d]) {
  const half = new Float64Array(inputs * outputs), whole = new Float64Array(inputs * inputs);
  for (let r = 0; r < outputs; r++) {
    for (let m = 0; m < k; m++) {
      const y = s * r - p + d * m;
      if (y < 0 || y >= inputs) continue;
      for (let c = 0; c < outputs; c++) half[y * outputs + c] += weights[r * outputs + c] / k;
    }
  }
  for (let y = 0; y < inputs; y++) {
    for (let c = 0; c < outputs; c++) {
      const weight = half[y * outputs + c] / k;
      if (weight === 0) continue;
      const from = s * c - p;
      for (let m = 0; m < k; m++) {
        const x = from + d * m;
        if (x >= 0 && x < inputs) whole[y * inputs + x] += weight;
      }
    }
  }
  return whole;
}

// How much each of size x size inputs counts in one output of the last layer, row by row: every
// kernel is uniform, and branches that meet count equally.
export function fieldWeights(path, size, [row, column]) {
  const sizes = [size];
  for (const branches of path) sizes.push(sizesAlong(branches[0], sizes.at(-1)).at(-1));
  let weights = new Float64Array(sizes.at(-1) ** 2);
  weights[row * sizes.at(-1) + column] = 1;
  for (let l = path.length - 1; l >= 0; l--) {
    const sum = new Float64Array(sizes[l] ** 2), above = weights;
    for (const branch of path[l]) {
      const along = sizesAlong(branch, sizes[l]);
      const part = branch.reduceRight((values, window, i) => spread(values, along[i + 1], along[i], window), above);
      for (let i = 0; i < sum.length; i++) sum[i] += part[i] / path[l].length;
    }
    weights = sum;
  }
  return weights;
}

// The sum of the weights within edges along each axis; an input that an edge cuts counts by its part.
export function weightWithin(weights, size, edges) {
  const [rows, columns] = edges.map(([low, high]) =>
    Array.from({ length: size }, (_, i) => clamp(Math.min(i + 0.5, high) - Math.max(i - 0.5, low), 0, 1)));
  return rows.reduce((sum, part, y) => (part === 0 ? sum
    : sum + part * columns.reduce((line, share, x) => line + share * weights[y * size + x], 0)), 0);
}

// The sums of the columns of size x size weights.
export function columnSums(weights, size) {
  const sums = new Float64Array(size);
  for (let i = 0; i < weights.length; i++) sums[i % size] += weights[i];
  return sums;
}
