// Atrous convolution of a square picture (row by row), and two other ways to the same numbers.
// Beyond the edge a picture is 0. kernel is k × k, k odd.

const range = (count) => Array.from({ length: count }, (_, i) => i);

// The greatest divisor of the rate that is not above most: pixels so far apart may be kept alone.
export function outputStride(rate, most) {
  let stride = Math.min(rate, most);
  while (rate % stride) stride--;
  return stride;
}

// The index in a picture of a kept pixel by its own index, of width in a row.
const placeOf = (at, width, side, stride, [top, left]) => (top + stride * Math.floor(at / width)) * side + left + stride * (at % width);

// Every stride-th pixel from a phase [row, column] on: { height, width, values }.
export function keptPixels(image, side, stride, phase) {
  const [height, width] = phase.map((first) => Math.ceil((side - first) / stride));
  const values = range(height * width).map((at) => image[placeOf(at, width, side, stride, phase)]);
  return { height, width, values };
}

// A picture through a kernel whose weights stand rate apart: the same size.
export function atrousFilter(image, height, width, kernel, rate) {
  const out = new Float64Array(height * width), k = kernel.length, middle = (k - 1) / 2;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const down = (i - middle) * rate, right = (j - middle) * rate, weight = kernel[i][j];
      const stop = Math.min(width, width - right);
      for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
        const from = (y + down) * width + right, to = y * width;
        for (let x = Math.max(0, -right); x < stop; x++) out[to + x] += weight * image[from + x];
      }
    }
  }
  return out;
}

// The kernel with rate - 1 zeros between its weights.
export function zeroFilled(kernel, rate) {
  const span = rate * (kernel.length - 1) + 1;
  return range(span).map((i) => range(span).map((j) => (i % rate || j % rate ? 0 : kernel[i / rate][j / rate])));
}

// The index of a pixel's phase, row by row.
export function phaseOf(row, column, stride) {
  return (row % stride) * stride + (column % stride);
}

// The features of pictures of which every stride-th pixel is kept, for the first so many phases, each
// at its place; 0 where no phase has one.
export function sparseFeatures(image, side, kernel, rate, stride, phases) {
  const out = new Float64Array(side * side);
  for (const index of range(phases)) {
    const phase = [Math.floor(index / stride), index % stride];
    const { height, width, values } = keptPixels(image, side, stride, phase);
    atrousFilter(values, height, width, kernel, rate / stride).forEach((value, at) => {
      out[placeOf(at, width, side, stride, phase)] = value;
    });
  }
  return out;
}

// The same, where each place without a feature has the one that begins its block.
export function heldBetween(features, side, stride, phases) {
  return Float64Array.from(features, (value, at) => {
    const row = Math.floor(at / side), column = at % side;
    return phaseOf(row, column, stride) < phases ? value : features[(row - (row % stride)) * side + column - (column % stride)];
  });
}

// At how many places the first so many phases have features, and how far these differ from others at most.
export function comparison(features, others, side, stride, phases) {
  let places = 0, difference = 0;
  features.forEach((value, at) => {
    if (phaseOf(Math.floor(at / side), at % side, stride) >= phases) return;
    places++;
    difference = Math.max(difference, Math.abs(value - others[at]));
  });
  return { places, difference };
}

// The size of the largest value that is at least border pixels away from each edge.
export function largestInside(values, side, border) {
  const inside = (at) => at >= border && at < side - border;
  return values.reduce((most, value, at) => (inside(Math.floor(at / side)) && inside(at % side) ? Math.max(most, Math.abs(value)) : most), 0);
}

// The multiply-adds of each way, padding counted: weights times places.
export function atrousCosts(side, k, rate, places) {
  const span = rate * (k - 1) + 1;
  return { sparse: k * k * places, dense: k * k * side * side, filled: span * span * side * side };
}
