// Rectangles of numbers, a list of rows.

// The same numbers in a larger or smaller rectangle; new cells get small whole numbers.
export function reshaped(values, rows, columns) {
  return Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) =>
    values[r]?.[c] ?? (3 * r + 2 * c + r * c) % 4));
}
