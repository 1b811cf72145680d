// A generator of transposed convolutions, and walks between the codes that it takes.

// The numbers behind half-precision floats, little-endian, as text (base64).
export function decodeHalf(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => {
    const bits = bytes[2 * i] + 256 * bytes[2 * i + 1];
    const exponent = (bits >> 10) & 31, fraction = bits & 1023;
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction;
    return bits >> 15 ? -size : size;
  });
}

// A transposed convolution of channels x side x side numbers, channel by channel, with the weight
// (channels, outputs, kernel, kernel), which begins at `from` in weights: each input stamps its kernel.
export function convTransposeChannels(input, weights, { outputs, side, kernel, stride, padding, from }) {
  const size = stride * (side - 1) + kernel - 2 * padding, out = new Float64Array(outputs * size * size);
  const taps = kernel * kernel;
  for (let at = 0; at < input.length; at++) {
    const value = input[at], m = Math.floor(at / (side * side)), cell = at % (side * side);
    if (value === 0) continue; // after a ReLU, many are
    const top = stride * Math.floor(cell / side) - padding, left = stride * (cell % side) - padding;
    const first = Math.max(0, -left), last = Math.min(kernel, size - left);
    for (let o = 0; o < outputs; o++) {
      for (let i = Math.max(0, -top); i < Math.min(kernel, size - top); i++) {
        const row = (o * size + top + i) * size + left, tap = from + (m * outputs + o) * taps + i * kernel;
        for (let j = first; j < last; j++) out[row + j] += value * weights[tap + j];
      }
    }
  }
  return out;
}

// What each layer makes of a code. Batch normalisation is folded: it multiplies each channel by its
// scale and adds its shift. A ReLU follows each layer but the last, a hyperbolic tangent that one.
export function generate(code, layers, weights) {
  let values = code;
  return layers.map((layer, l) => {
    const sums = convTransposeChannels(values, weights, layer), each = sums.length / layer.outputs;
    const last = l === layers.length - 1;
    values = Array.from(sums, (sum, at) => {
      const o = Math.floor(at / each), value = layer.scale[o] * sum + layer.shift[o];
      return last ? Math.tanh(value) : Math.max(value, 0);
    });
    return values;
  });
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

// The code at part t of the way from a to b: along the arc ("arc"), or along the chord ("line").
export function between(a, b, t, path) {
  const cosine = dot(a, b) / (Math.hypot(...a) * Math.hypot(...b)), angle = Math.acos(Math.min(Math.max(cosine, -1), 1));
  const mix = (p, q) => a.map((value, i) => p * value + q * b[i]);
  if (path === "line" || angle < 1e-6) return mix(1 - t, t);
  return mix(Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle));
}
