"""What named networks see, and random small ones, for `test_core`."""

import numpy as np

from convlib import functional, shapes
from convlib.explorables import ReceptiveFields
from convlib.explorables.field_tables import NETWORKS, path_to
from convlib.explorables.receptive_fields import SIDE


def reach_cases(rng):
    """Yield the cases of one network, layer and place, and of a small network with branches."""
    fields = ReceptiveFields(network=str(rng.choice(list(NETWORKS))), layer=int(rng.integers(23)),
                             row=int(rng.integers(SIDE)), column=int(rng.integers(SIDE)))
    layers = fields.layers
    index = min(fields.layer, len(layers) - 1)
    seen, spans = layers[index], [list(span) for span in fields.span]
    yield "pathTo", [layers, index], path_to(layers, index)
    at = (fields.row + 0.5) * fields.input_size / SIDE - 0.5
    yield "nearestOutput", [seen, at], fields.output[0]
    yield "fieldSpan", [seen, fields.output[1]], spans[1]
    yield "paddingShare", [spans, fields.input_size], fields.padding_share
    edges = [list(edge) for edge in fields.middle]
    yield "middleQuarter", [spans], edges
    size, path = int(rng.integers(9, 20)), random_path(rng)
    weights = averages_gradient(path, size, rng)
    yield "fieldWeights", [path, size, weights["output"]], weights["values"].ravel().tolist()
    low = rng.uniform(-3, 5, 2)
    edges = [[float(a), float(b)] for a, b in zip(low, low + rng.uniform(0, 20, 2), strict=True)]
    yield ("weightWithin", [weights["values"].ravel().tolist(), size, edges],
           finely_summed(weights["values"], edges))
    yield ("columnSums", [weights["values"].ravel().tolist(), size],
           weights["values"].sum(axis=0).tolist())


def random_path(rng):
    """Return layers of one branch or of several that give the same size."""
    path = []
    for _ in range(int(rng.integers(1, 4))):
        half, s, d = (int(v) for v in rng.integers(1, 3, 3))
        k = 2 * half + 1
        branch = [[k, s, d * (k - 1) // 2, d]]
        path.append([branch] if rng.integers(2) else [
            [[1, 1, 0, 1], *branch, [3, 1, 1, 1]], [[1, s, 0, 1]] if s > 1 else []])
    return path


def averages_gradient(path, size, rng):
    """Find an output's weights forward: each input in turn is 1, and averages carry it through."""
    x = np.eye(size * size).reshape(size * size, 1, size, size)
    for branches in path:
        x = sum(through(x, branch) for branch in branches) / len(branches)
    row, column = (int(at) for at in rng.integers(x.shape[-1], size=2))
    return {"output": [row, column], "values": x[:, 0, row, column].reshape(size, size)}


def through(x, branch):
    for k, s, p, d in branch:
        assert shapes.conv_output_size(x.shape[-1], k, stride=s, padding=p, dilation=d) > 0
        x = functional.conv2d(x, np.full((1, 1, k, k), 1 / k**2), None, s, p, d)
    return x


def finely_summed(weights, edges):
    """Integrate the pixels' densities between edges: exact, for they are constant in a pixel."""
    sums = np.pad(weights.cumsum(axis=0).cumsum(axis=1), [(1, 0), (1, 0)])
    grid = np.arange(len(sums)) - 0.5

    def upto(y, x):
        rows = np.array([np.interp(x, grid, line) for line in sums])
        return np.interp(y, grid, rows)

    (top, bottom), (left, right) = edges
    return float(upto(bottom, right) - upto(top, right) - upto(bottom, left) + upto(top, left))
