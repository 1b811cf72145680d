// The transposed convolution of one channel with one kernel, in both of its ways. Options are
// { height, width, kernel: [rows, columns], stride, padding, outputPadding }, the last three alike on
// both axes. Cells (y, x) are counted on the whole sheet that the stamps cover, before padding cuts it.
import { convTransposeOutputSize } from "./sizes.js";

// Along each axis: { size, k, border (zeros at each side), expanded (the input with its zeros),
// full (what the stamps cover), sheet (full, or more where output_padding reaches further), out }.
export function transposedAxes({ height, width, kernel, stride, padding, outputPadding }) {
  return [height, width].map((size, axis) => {
    const k = kernel[axis], full = convTransposeOutputSize(size, k, stride), border = k - 1 - padding;
    const out = convTransposeOutputSize(size, k, stride, padding, outputPadding);
    return { size, k, border, full, out, sheet: Math.max(full, padding + out),
      expanded: stride * (size - 1) + 1 + 2 * border + outputPadding };
  });
}

// What is wrong with the options, as { key, ...numbers }, or undefined.
export function transposedProblem(options) {
  const { stride, padding, outputPadding, kernel } = options, least = Math.min(...kernel);
  if (outputPadding >= stride) return { key: "output_padding", a: outputPadding, s: stride };
  if (padding >= least) return { key: "border", p: padding, k: least };
  const axis = transposedAxes(options).find(({ out }) => out < 1);
  return axis && { key: "cut_off", full: axis.full, p: padding };
}

// The cells of the sheet on which input (row, column) lays the kernel, kernel cell by kernel cell;
// kept tells which are left when padding is cut off.
export function stampCells(row, column, options) {
  const { kernel, stride, padding } = options, [vertical, horizontal] = transposedAxes(options);
  const kept = (at, { out }) => at >= padding && at < padding + out;
  return Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => {
    const i = Math.floor(tap / kernel[1]), j = tap % kernel[1], y = row * stride + i, x = column * stride + j;
    return { i, j, y, x, kept: kept(y, vertical) && kept(x, horizontal) };
  });
}

// The inputs that reach cell (y, x) of the sheet, each with the kernel cell (i, j) that carries it.
export function inputsReaching(y, x, { height, width, kernel, stride }) {
  const along = (at, size, k) => Array.from({ length: size }, (_, from) => ({ from, tap: at - from * stride }))
    .filter(({ tap }) => tap >= 0 && tap < k);
  return along(y, height, kernel[0]).flatMap(({ from: row, tap: i }) =>
    along(x, width, kernel[1]).map(({ from: column, tap: j }) => ({ row, column, i, j })));
}

// The sheet after the first so many stamps: null where none has been laid.
export function stampSum(input, kernel, options, count) {
  const [rows, columns] = transposedAxes(options).map(({ sheet }) => sheet);
  const sheet = Array.from({ length: rows }, () => Array.from({ length: columns }, () => null));
  for (let at = 0; at < count; at++) {
    const row = Math.floor(at / options.width), column = at % options.width;
    for (const { i, j, y, x } of stampCells(row, column, options)) sheet[y][x] += input[row][column] * kernel[i][j];
  }
  return sheet;
}

// All stamps, with padding cut off.
export function convTranspose2d(input, kernel, options) {
  const [rows, columns] = transposedAxes(options).map(({ out }) => out), { height, width, padding } = options;
  return stampSum(input, kernel, options, height * width).slice(padding, padding + rows)
    .map((row) => row.slice(padding, padding + columns).map((value) => value ?? 0));
}

// The input with zeros between and around it, over which the turned kernel slides with stride 1:
// the input's cells, counted row by row, and -1 for a zero.
export function expandedSources(options) {
  const { width, stride } = options, axes = transposedAxes(options);
  const [rows, columns] = axes.map(({ size, border, expanded }) => Array.from({ length: expanded }, (_, at) => {
    const from = (at - border) / stride;
    return Number.isInteger(from) && from >= 0 && from < size ? from : -1;
  }));
  return rows.map((row) => columns.map((column) => (row < 0 || column < 0 ? -1 : row * width + column)));
}

// The sizes that an ordinary convolution makes equal to `size`, one for each output_padding from 0 to
// stride - 1; one that is less than 1 is none.
export function sizesLeadingTo(size, kernel, stride, padding) {
  return Array.from({ length: stride }, (_, extra) => convTransposeOutputSize(size, kernel, stride, padding, extra));
}
