// The sizes of outputs.

// Output positions along one axis; 0 or less means that the kernel does not fit.
export function convOutputSize(size, kernel, stride = 1, padding = 0, dilation = 1) {
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}
