// Pseudo-random whole numbers, the same as Python's in explorables/random.py.

// One tensor for each [shape, low, high], filled in turn with whole numbers from low to high, by
// Lehmer's generator: x <- 16807 x mod 2^31 - 1 from x = seed + 1, the first three passed over.
export function randomTensors(seed, kinds) {
  let x = seed + 1;
  const next = () => (x = (16807 * x) % 2147483647);
  for (let i = 0; i < 3; i++) next();
  const draw = ([size, ...inner], low, high) => Array.from({ length: size }, () =>
    (inner.length ? draw(inner, low, high) : low + (next() % (high - low + 1))));
  return kinds.map(([shape, low, high]) => draw(shape, low, high));
}
