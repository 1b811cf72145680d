// A blurred, noisy picture and its restorations. Pictures are square, row by row; complex ones hold
// real and imaginary parts in turn. Kernels are the outer product of taps, an odd number, with themselves.
import { randomTensors } from "./random.js";

// The discrete Fourier transform of one line of complex numbers (their count a power of 2), in place.
function fftLine(line, sign) {
  const count = line.length / 2;
  for (let i = 1, j = 0; i < count; i++) { // to the order of reversed bits
    let bit = count >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
    if (i < j) for (const part of [0, 1]) [line[2 * i + part], line[2 * j + part]] = [line[2 * j + part], line[2 * i + part]];
  }
  for (let half = 1; half < count; half *= 2) {
    for (let k = 0; k < half; k++) {
      const turn = (sign * Math.PI * k) / half, re = Math.cos(turn), im = Math.sin(turn);
      for (let at = k; at < count; at += 2 * half) {
        const a = 2 * at, b = a + 2 * half;
        const x = line[b] * re - line[b + 1] * im, y = line[b] * im + line[b + 1] * re;
        line[b] = line[a] - x;
        line[b + 1] = line[a + 1] - y;
        line[a] += x;
        line[a + 1] += y;
      }
    }
  }
}

// Each row is transformed, and the rows become columns.
function transformedRows(values, side, sign) {
  const out = new Float64Array(values.length);
  for (let y = 0; y < side; y++) {
    const line = Float64Array.from(values.slice(2 * side * y, 2 * side * (y + 1)));
    fftLine(line, sign);
    for (let x = 0; x < side; x++) {
      out[2 * (x * side + y)] = line[2 * x];
      out[2 * (x * side + y) + 1] = line[2 * x + 1];
    }
  }
  return out;
}

// The Fourier transform of a complex picture whose side is a power of 2; its inverse with sign 1.
export function fft2d(values, side, sign = -1) {
  const out = transformedRows(transformedRows(values, side, sign), side, sign);
  return sign < 0 ? out : out.map((value) => value / (side * side));
}

// The same of a real picture.
export function spectrum(image, side) {
  return fft2d(Float64Array.from({ length: 2 * image.length }, (_, i) => (i % 2 ? 0 : image[i / 2])), side);
}

// Taps of a Gaussian, cut off at 4 sigma, and of a box; their sum is 1.
export function gaussianTaps(sigma) {
  const reach = Math.ceil(4 * sigma);
  const taps = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)));
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / total);
}

export function boxTaps(reach) {
  return Array(2 * reach + 1).fill(1 / (2 * reach + 1));
}

// The transfer function of symmetric taps, at the side's frequencies. It is real.
export function tapsTransfer(taps, side) {
  const middle = (taps.length - 1) / 2;
  return Array.from({ length: side }, (_, u) => taps.reduce((sum, tap, i) =>
    sum + tap * Math.cos((2 * Math.PI * ((u * (i - middle)) % side)) / side), 0));
}

// The restoring factor of a frequency at which the transfer function is real: the inverse filter's with
// balance 0, or else Wiener's.
export function restoringGain(transfer, balance) {
  return balance ? transfer / (transfer * transfer + balance) : 1 / transfer;
}

// The largest size that such a factor has in a picture; transfer is that of the taps.
export function largestGain(transfer, balance) {
  let most = 0;
  for (const down of transfer) {
    for (const right of transfer) most = Math.max(most, Math.abs(restoringGain(down * right, balance)));
  }
  return most;
}

// The picture behind the spectrum of a blurred one, by the inverse filter (balance 0) or Wiener's.
export function filterRestored(blurred, side, transfer, balance) {
  const factored = blurred.map((value, i) => {
    const pixel = i >> 1;
    return value * restoringGain(transfer[Math.floor(pixel / side)] * transfer[pixel % side], balance);
  });
  return fft2d(factored, side, 1).filter((_, i) => i % 2 === 0);
}

// Each row is convolved with the taps, with zeros beyond its ends, and the rows become columns.
function blurredRows(image, side, taps) {
  const out = new Float64Array(image.length), middle = (taps.length - 1) / 2;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const first = Math.max(0, x + middle - side + 1), last = Math.min(taps.length - 1, x + middle);
      let sum = 0;
      for (let i = first; i <= last; i++) sum += taps[i] * image[y * side + x + middle - i];
      out[x * side + y] = sum;
    }
  }
  return out;
}

// The convolution of a picture with a kernel: the same size, zeros beyond the border.
export function blurImage(image, side, taps) {
  return blurredRows(blurredRows(image, side, taps), side, taps);
}

// The transposed convolution with the same kernel: the transpose of blurImage's matrix.
export function transposedBlur(image, side, taps) {
  return blurImage(image, side, [...taps].reverse());
}

// One correction of Richardson and Lucy of an estimate, where y, not below 0, is what was blurred.
export function richardsonLucyStep(estimate, y, side, taps) {
  const again = blurImage(estimate, side, taps), least = 1e-12 * (y.reduce((most, value) => Math.max(most, value), 0) || 1);
  const factors = transposedBlur(again.map((value, i) => y[i] / (value + least)), side, taps);
  return factors.map((factor, i) => factor * estimate[i]);
}

// Noise of variance 1 for each pixel, nearly normal: sums of four whole numbers from -1000 to 1000.
export function noiseField(seed, side) {
  const [draws] = randomTensors(seed, [[[side * side, 4], -1000, 1000]]), size = Math.sqrt((2001 ** 2 - 1) / 3);
  return Float64Array.from(draws, (four) => four.reduce((sum, draw) => sum + draw, 0) / size);
}

// A square photograph in a dark frame that is so many pixels wide.
export function framed(photograph, inner, width) {
  const side = inner + 2 * width, out = new Float64Array(side * side);
  photograph.forEach((value, i) => { out[(Math.floor(i / inner) + width) * side + (i % inner) + width] = value; });
  return out;
}

// The peak signal-to-noise ratio in dB of two pictures with values from 0 to 1, within their frame.
export function peakRatio(image, other, side, width) {
  let sum = 0;
  for (let y = width; y < side - width; y++) {
    for (let x = width; x < side - width; x++) sum += (image[y * side + x] - other[y * side + x]) ** 2;
  }
  return -10 * Math.log10(sum / (side - 2 * width) ** 2);
}
