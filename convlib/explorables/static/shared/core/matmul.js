// The product of two matrices, row by column.
export function matmul(a, b) {
  return a.map((row) => b[0].map((_, c) => row.reduce((sum, value, k) => sum + value * b[k][c], 0)));
}
