// One dimension: convolution, cross-correlation, and the slide that shows them.

// The full convolution of two signals: f.length + g.length - 1 values.
export function convolve1d(f, g) {
  const out = Array.from({ length: f.length + g.length - 1 }, () => 0);
  for (let i = 0; i < f.length; i++) {
    for (let j = 0; j < g.length; j++) out[i + j] += f[i] * g[j];
  }
  return out;
}

// The full cross-correlation: numpy.correlate(f, g, "full"), lags -(g.length - 1) to f.length - 1.
export function correlate1d(f, g) {
  return convolve1d(f, [...g].reverse());
}

// How far g is slid at a step from 0 to f.length + g.length - 2. Convolution begins at n = 0,
// cross-correlation at the lag n = -(g.length - 1); in both, the last sample of the sliding window
// then stands at k = step.
export function slideShift(operation, step, gLength) {
  return operation === "convolution" ? step : step - (gLength - 1);
}

// The pairs that meet at shift n: f[k] with g[n - k] in convolution, with g[k - n] otherwise.
export function slideTerms(f, g, operation, n) {
  return f
    .map((value, k) => ({ k, j: operation === "convolution" ? n - k : k - n, f: value }))
    .filter(({ j }) => j >= 0 && j < g.length)
    .map((pair) => ({ ...pair, g: g[pair.j], product: pair.f * g[pair.j] }));
}
