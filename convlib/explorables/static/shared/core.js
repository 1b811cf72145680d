// The mathematics of the explorables, with no page in it: held to convlib by golden cases.

// ---- sizes ----------------------------------------------------------------------------------

// Output positions along one axis; 0 or less means that the kernel does not fit.
export function convOutputSize(size, kernel, stride = 1, padding = 0, dilation = 1) {
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

// ---- one dimension --------------------------------------------------------------------------

// The full convolution of two signals: f.length + g.length - 1 values.
export function convolve1d(f, g) {
  const out = new Array(f.length + g.length - 1).fill(0);
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

// ---- two dimensions -------------------------------------------------------------------------

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

// A kernel turned by 180 degrees: what convolution slides where cross-correlation slides the kernel.
export function rotateKernel(kernel) {
  return kernel.map((row) => [...row].reverse()).reverse();
}

// What lies under a kernel of rows x columns that stands on pixel (row, column) of a photograph:
// edges are repeated outward as in filterImage.
export function imageWindow(image, height, width, rows, columns, row, column) {
  return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => {
    const y = row + i - Math.floor(rows / 2), x = column + j - Math.floor(columns / 2);
    return image[clamp(y, 0, height - 1) * width + clamp(x, 0, width - 1)];
  }));
}

// ---- channels -------------------------------------------------------------------------------

// The numbers of the explorable "channels": input 3x5x5 from 0 to 4, weight 3x3x3x3 from -1 to 1,
// drawn by Lehmer's generator (x <- 16807 x mod 2^31 - 1, the first three passed over).
export function channelTensors(seed) {
  let x = seed + 1;
  const next = () => (x = (16807 * x) % 2147483647);
  for (let i = 0; i < 3; i++) next();
  const draw = ([size, ...inner], low, span) =>
    Array.from({ length: size }, () => (inner.length ? draw(inner, low, span) : low + (next() % span)));
  return { input: draw([3, 5, 5], 0, 5), weight: draw([3, 3, 3, 3], -1, 3) };
}

// One filter: what each channel gives by itself, and their sum with the bias.
export function filterChannels(input, kernels, bias = 0) {
  const partials = input.map((channel, c) => conv2d(channel, kernels[c]));
  const output = partials[0].map((row, r) =>
    row.map((_, c) => partials.reduce((sum, partial) => sum + partial[r][c], bias)));
  return { partials, output };
}

// ---- unfolding (im2col) ------------------------------------------------------------------------

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

// The product of two matrices, row by column.
export function matmul(a, b) {
  return a.map((row) => b[0].map((_, c) => row.reduce((sum, value, k) => sum + value * b[k][c], 0)));
}

// ---- fields: a value, its limits, and its text in the address bar ----------------------------

const number = (text) => (/^-?\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : NaN);
const between = (value, [low, high]) => value >= low && value <= high; // false for NaN

function parseNumbers(text, size, limits) {
  const values = text.split(",").map(number);
  return between(values.length, size) && values.every((v) => between(v, limits)) ? values : undefined;
}

// The value that a text stands for, or undefined where it is not within the field's limits.
export function parseField(field, text) {
  if (typeof text !== "string" || text.length > 4000) return undefined;
  if (field.type === "choice") return field.choices.find((choice) => String(choice) === text);
  if (field.type === "bool") return { true: true, false: false }[text];
  if (field.type === "numbers") return parseNumbers(text, field.size, field.value);
  if (field.type === "grid") {
    const rows = text.split(";").map((row) => parseNumbers(row, field.columns, field.value));
    const rectangle = rows.every((row) => row && row.length === rows[0].length);
    return between(rows.length, field.rows) && rectangle ? rows : undefined;
  }
  const value = number(text);
  const limits = [field.min ?? -Infinity, field.max ?? Infinity];
  const whole = field.type === "float" || Number.isInteger(value);
  return whole && between(value, limits) ? value : undefined;
}

// The text that parseField reads back as the same value.
export function formatField(field, value) {
  if (field.type === "grid") return value.map((row) => row.map(formatNumber).join(",")).join(";");
  if (field.type === "numbers") return value.map(formatNumber).join(",");
  return typeof value === "number" ? formatNumber(value) : String(value);
}

// At most four decimals, no "-0", none of "1e-7": what a reader would write.
export function formatNumber(value) {
  return String(Number(value.toFixed(4)) + 0);
}

// ---- small things ----------------------------------------------------------------------------

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

// A number as print has it, with a real minus sign.
export function shown(value) {
  return formatNumber(value).replace("-", "−");
}

// The same as a factor in a product: a negative one in brackets.
export function factor(value) {
  return value < 0 ? `(${shown(value)})` : shown(value);
}
