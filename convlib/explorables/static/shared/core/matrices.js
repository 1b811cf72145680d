// A convolution of one channel as a matrix.
import { convOutputSize } from "./sizes.js";
import { windowCells } from "./windows.js";

// The matrix of a convolution: a row for each output, a column for each input cell. In each entry the
// kernel cell whose weight stands there, counted row by row; -1 for a zero.
export function convMatrixTaps(options) {
  const { height, width, kernel, stride = [1, 1], padding = [0, 0], dilation = [1, 1] } = options;
  const [rows, columns] = [height, width].map((size, axis) =>
    Math.max(convOutputSize(size, kernel[axis], stride[axis], padding[axis], dilation[axis]), 0));
  return Array.from({ length: rows * columns }, (_, at) => {
    const row = Array.from({ length: height * width }, () => -1);
    for (const { i, j, y, x, inside } of windowCells(Math.floor(at / columns), at % columns, options)) {
      if (inside) row[y * width + x] = i * kernel[1] + j;
    }
    return row;
  });
}

export function transpose(matrix) {
  return matrix[0].map((_, c) => matrix.map((row) => row[c]));
}

// How many rows are independent, by elimination with the largest pivot; what is a billionth of the
// largest entry counts as 0.
export function rank(matrix) {
  const rows = matrix.map((row) => [...row]), zero = 1e-9 * Math.max(...matrix.flat().map(Math.abs));
  let found = 0;
  for (let c = 0; c < rows[0].length && found < rows.length; c++) {
    const rest = rows.slice(found).map((row) => Math.abs(row[c])), largest = Math.max(...rest);
    if (largest <= zero) continue;
    const pivot = found + rest.indexOf(largest);
    [rows[found], rows[pivot]] = [rows[pivot], rows[found]];
    for (const row of rows.slice(found + 1)) {
      const factor = row[c] / rows[found][c];
      rows[found].forEach((value, k) => { row[k] -= factor * value; });
    }
    found += 1;
  }
  return found;
}
