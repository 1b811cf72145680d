// The sizes of outputs.

// Output positions of a convolution along one axis; 0 or less means that the kernel does not fit.
export function convOutputSize(size, kernel, stride = 1, padding = 0, dilation = 1) {
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

// Output positions of a transposed convolution along one axis; 0 or less where padding cuts off all.
export function convTransposeOutputSize(size, kernel, stride = 1, padding = 0, outputPadding = 0, dilation = 1) {
  return stride * (size - 1) + dilation * (kernel - 1) + 1 - 2 * padding + outputPadding;
}
