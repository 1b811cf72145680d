// Two dimensions, one channel: a kernel's window at each output, and the sums that it gives.
import { convOutputSize } from "./sizes.js";

// The input cells under the window of output cell (row, column), kernel cell by kernel cell;
// cells in the padding have inside = false.
export function windowCells(row, column, options) {
  const { height, width, kernel, stride = [1, 1], padding = [0, 0], dilation = [1, 1] } = options;
  const cells = [];
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const y = row * stride[0] - padding[0] + i * dilation[0];
      const x = column * stride[1] - padding[1] + j * dilation[1];
      const inside = y >= 0 && y < height && x >= 0 && x < width;
      cells.push({ i, j, y, x, inside });
    }
  }
  return cells;
}

// The outputs that input cell (y, x) touches, each with the kernel cell (i, j) that carries it.
export function outputsTouched(y, x, options) {
  const { height, width, kernel, stride = [1, 1], padding = [0, 0], dilation = [1, 1] } = options;
  const along = (at, size, axis) => {
    const count = convOutputSize(size, kernel[axis], stride[axis], padding[axis], dilation[axis]);
    return Array.from({ length: Math.max(count, 0) }, (_, out) => ({
      out, tap: (at + padding[axis] - out * stride[axis]) / dilation[axis] }))
      .filter(({ tap }) => Number.isInteger(tap) && tap >= 0 && tap < kernel[axis]);
  };
  return along(y, height, 0).flatMap(({ out: row, tap: i }) =>
    along(x, width, 1).map(({ out: column, tap: j }) => ({ row, column, i, j })));
}

// Deep learning's convolution (a cross-correlation) of one channel with one kernel.
export function conv2d(input, kernel, { stride = [1, 1], padding = [0, 0], dilation = [1, 1] } = {}) {
  const height = input.length, width = input[0].length;
  const size = [kernel.length, kernel[0].length];
  const rows = convOutputSize(height, size[0], stride[0], padding[0], dilation[0]);
  const columns = convOutputSize(width, size[1], stride[1], padding[1], dilation[1]);
  const options = { height, width, kernel: size, stride, padding, dilation };
  return Array.from({ length: Math.max(rows, 0) }, (_, r) =>
    Array.from({ length: Math.max(columns, 0) }, (_, c) =>
      windowCells(r, c, options).reduce(
        (sum, { i, j, y, x, inside }) => (inside ? sum + input[y][x] * kernel[i][j] : sum), 0)));
}

// A kernel turned by 180 degrees: what convolution slides where cross-correlation slides the kernel.
export function rotateKernel(kernel) {
  return kernel.map((row) => [...row].reverse()).reverse();
}
