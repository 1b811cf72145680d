// A 1x1 convolution: one matrix for every pixel. An image is a Float32Array, channel after channel.

// Each channel of the output: its bias, and the image's channels times its row of the weight.
export function mixChannels(image, weight, bias) {
  const count = image.length / weight[0].length, out = new Float32Array(weight.length * count);
  weight.forEach((row, o) => {
    const mixed = out.subarray(o * count, (o + 1) * count).fill(bias[o]);
    row.forEach((factor, m) => {
      if (factor === 0) return;
      for (let i = 0; i < count; i++) mixed[i] += factor * image[m * count + i];
    });
  });
  return out;
}

// The sum of matrices of one shape, each times its factor.
export function sumMatrices(matrices, factors) {
  return matrices[0].map((row, i) => row.map((_, j) =>
    matrices.reduce((sum, matrix, k) => sum + factors[k] * matrix[i][j], 0)));
}

// The image whose pixel i is the given one's pixel order[i], in each channel.
export function reorder(image, order) {
  const out = new Float32Array(image.length), count = order.length;
  for (let start = 0; start < image.length; start += count) {
    for (let i = 0; i < count; i++) out[start + i] = image[start + order[i]];
  }
  return out;
}

// The order that undoes another.
export function inverseOrder(order) {
  const inverse = Array.from({ length: order.length });
  order.forEach((place, i) => { inverse[place] = i; });
  return inverse;
}

// The share of values below 0 or above 1. What is nearer than a millionth is not: sums round.
export function outsideShare(values) {
  let count = 0;
  for (const value of values) if (value < -1e-6 || value > 1 + 1e-6) count++;
  return count / values.length;
}
