// Dilated convolutions on top of each other, along one axis at stride 1, all with kernels of k cells:
// what leads from one output to the inputs. Places are distances from the output, which is at 0.

// Each layer by its rate, the input's side first: { d, before }, where output n reads the inputs
// n − before, n − before + d, …
export function dilatedLayers(k, rates, padding) {
  return rates.map((d) => ({ d, before: padding === "causal" ? d * (k - 1) : Math.floor((d * (k - 1)) / 2) }));
}

const below = (k, { d, before }, n) => Array.from({ length: k }, (_, i) => n - before + i * d);

// For the input and each layer, the places on which the output depends, in order.
export function dilatedPlaces(k, layers) {
  const places = [[0]];
  for (const layer of [...layers].reverse()) {
    places.unshift([...new Set(places[0].flatMap((n) => below(k, layer, n)))].sort((a, b) => a - b));
  }
  return places;
}

// The receptive field: its first input, and how many paths lead to each of its inputs. The kernels
// of ones are multiplied as polynomials.
export function pathCounts(k, layers) {
  let first = 0, counts = [1];
  for (const { d, before } of layers) {
    const product = Array(counts.length + d * (k - 1)).fill(0);
    counts.forEach((count, at) => { for (let i = 0; i < k; i++) product[at + i * d] += count; });
    [first, counts] = [first - before, product];
  }
  return { first, counts };
}

// The links of all paths to one input: [l, n, m] leads from place n of layer l, counted from 1, to
// place m of the layer below.
export function pathLinks(k, layers, input) {
  const places = dilatedPlaces(k, layers);
  let leading = new Set([input]);
  return layers.flatMap((layer, l) => {
    const links = places[l + 1].flatMap((n) => below(k, layer, n).filter((m) => leading.has(m)).map((m) => [l + 1, n, m]));
    leading = new Set(links.map(([, n]) => n));
    return links;
  });
}
