// A photograph and a kernel.
import { clamp } from "./numbers.js";

// A photograph (Float32Array, row by row) through a kernel: same size, edges repeated outward.
export function filterImage(image, height, width, kernel) {
  const out = new Float32Array(height * width);
  const rows = kernel.length, columns = kernel[0].length;
  const top = Math.floor(rows / 2), left = Math.floor(columns / 2);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const weight = kernel[i][j];
      if (weight === 0) continue;
      for (let y = 0; y < height; y++) {
        const base = Math.min(Math.max(y + i - top, 0), height - 1) * width;
        const row = y * width, shift = j - left;
        // The middle needs no clamping: only the first and last few columns do.
        const start = Math.min(width, Math.max(0, -shift)), stop = Math.max(start, width - Math.max(0, shift));
        for (let x = 0; x < start; x++) out[row + x] += weight * image[base];
        for (let x = start; x < stop; x++) out[row + x] += weight * image[base + x + shift];
        for (let x = stop; x < width; x++) out[row + x] += weight * image[base + width - 1];
      }
    }
  }
  return out;
}

// What lies under a kernel of rows x columns that stands on pixel (row, column) of a photograph:
// edges are repeated outward as in filterImage.
export function imageWindow(image, height, width, rows, columns, row, column) {
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => {
    const y = row + i - Math.floor(rows / 2), x = column + j - Math.floor(columns / 2);
    return image[clamp(y, 0, height - 1) * width + clamp(x, 0, width - 1)];
  }));
}

// Pixels of a canvas (red, green, blue, opacity, from 0 to 255) as grey values from 0 to 255, with
// the weights of scikit-image's rgb2gray.
export function grayValues(pixels) {
  return Float32Array.from({ length: pixels.length / 4 }, (_, i) =>
    0.2125 * pixels[4 * i] + 0.7154 * pixels[4 * i + 1] + 0.0721 * pixels[4 * i + 2]);
}

// The same pixels as red, green and blue values from 0 to 255, channel after channel.
export function colorValues(pixels) {
  const count = pixels.length / 4;
  return Float32Array.from({ length: 3 * count }, (_, i) => pixels[4 * (i % count) + Math.floor(i / count)]);
}

// The least and the greatest of many values.
export function extremes(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
