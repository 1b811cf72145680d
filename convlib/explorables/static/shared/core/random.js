// Pseudo-random numbers, the same as Python's in explorables/random.py.

// Lehmer's generator: x <- 16807 x mod 2^31 - 1 from x = seed + 1, the first three passed over.
function generator(seed) {
  let x = seed + 1;
  const next = () => (x = (16807 * x) % 2147483647);
  for (let i = 0; i < 3; i++) next();
  return next;
}

// One tensor for each [shape, low, high], filled in turn with whole numbers from low to high.
export function randomTensors(seed, kinds) {
  const next = generator(seed);
  const draw = ([size, ...inner], low, high) => Array.from({ length: size }, () =>
    (inner.length ? draw(inner, low, high) : low + (next() % (high - low + 1))));
  return kinds.map(([shape, low, high]) => draw(shape, low, high));
}

// The whole numbers from 0 to size - 1 in a random order.
export function permutation(seed, size) {
  const next = generator(seed), order = Array.from({ length: size }, (_, i) => i);
  for (let last = size - 1; last > 0; last--) {
    const other = next() % (last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

// An even count of normal numbers, by the method of Box and Muller.
export function normals(seed, count) {
  const next = generator(seed), uniform = () => next() / 2147483647;
  return Array.from({ length: count / 2 }, () => {
    const radius = Math.sqrt(-2 * Math.log(uniform())), turn = 2 * Math.PI * uniform();
    return [radius * Math.cos(turn), radius * Math.sin(turn)];
  }).flat();
}
