// Convolution as one matrix product (im2col).
import { convOutputSize } from "./sizes.js";
import { windowCells } from "./windows.js";

// The matrix of F.unfold: a row for each weight, channel by channel, and a column for each output
// position. In each cell the input cell that it copies, counted through all channels; -1 is padding.
export function unfoldSources(channels, options) {
  const { height, width, kernel, stride = [1, 1], padding = [0, 0], dilation = [1, 1] } = options;
  const [rows, columns] = [height, width].map((size, axis) =>
    Math.max(convOutputSize(size, kernel[axis], stride[axis], padding[axis], dilation[axis]), 0));
  const windows = Array.from({ length: rows * columns }, (_, at) =>
    windowCells(Math.floor(at / columns), at % columns, options));
  const taps = kernel[0] * kernel[1];
  return Array.from({ length: channels * taps }, (_, row) => windows.map((cells) => {
    const { y, x, inside } = cells[row % taps];
    return inside ? (Math.floor(row / taps) * height + y) * width + x : -1;
  }));
}
