// Numbers, and how they are written.

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

// As many values as are asked for: the last one that is given stands for those behind it.
export function filled(values, count) {
  return Array.from({ length: count }, (_, place) => values[Math.min(place, values.length - 1)]);
}

// At most four decimals, no "-0", none of "1e-7": what a reader would write.
export function formatNumber(value) {
  return String(Number(value.toFixed(4)) + 0);
}

// A number as print has it, with a real minus sign.
export function shown(value) {
  return formatNumber(value).replace("-", "−");
}

// A whole number with its thousands apart, and a real minus sign.
export function grouped(value) {
  return value.toLocaleString("en-US").replace("-", "−");
}

// A number as a factor in a product: a negative one in brackets.
export function factor(value) {
  return value < 0 ? `(${shown(value)})` : shown(value);
}
