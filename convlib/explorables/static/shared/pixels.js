// Pixels: the colours of values, and canvases with one pixel a value.

// The colours of negative and of positive values, as everywhere.
const BELOW = [59, 130, 196];
export const ABOVE = [217, 116, 43];

// The grey values behind Python's text of bytes (base64).
export function decodePixels(text) {
  return Float32Array.from(atob(text), (character) => character.charCodeAt(0));
}

export const grey = (level) => [level, level, level];

// From blue at -full through white to orange at full.
export function signed(value, full) {
  const part = Math.min(Math.abs(value) / full, 1);
  return (value < 0 ? BELOW : ABOVE).map((colour) => 255 + (colour - 255) * part);
}

// Paint a canvas row by row; colour(index) gives [red, green, blue], which are rounded and clipped, or
// nothing where it stays clear.
export function raster(canvas, rows, columns, colour) {
  Object.assign(canvas, { width: columns, height: rows });
  const context = canvas.getContext("2d", { willReadFrequently: true }), pixels = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const [red, green, blue] = colour(i) ?? [];
    if (red !== undefined) pixels.data.set([red, green, blue, 255], 4 * i);
  }
  context.putImageData(pixels, 0, 0);
}
