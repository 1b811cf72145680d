"""Random stacks of dilated convolutions, and what convlib says of each, for `test_core`."""

import itertools

import numpy as np

from convlib import functional
from convlib.explorables import DilationStack


def random_dilated(rng):
    """Return an explorable with some layers of random rates."""
    return DilationStack(kernel_size=int(rng.integers(2, 6)), column=int(rng.integers(-30, 31)),
                         dilation=rng.integers(1, 7, int(rng.integers(1, 5))).tolist(),
                         padding=str(rng.choice(["centred", "causal"])))


def counts_by_level(stack):
    """Return (first place, path counts) of the input and of each layer that is applied.

    A transposed convolution with ones spreads an output over the inputs that it is a sum of.
    """
    first, counts = 0, np.ones(1)
    levels = [(first, counts)]
    for window, d in reversed(list(zip(stack.windows, stack.dilation, strict=False))):
        first += window.of(0)[0]
        kernel = np.ones((1, 1, stack.kernel_size))
        counts = functional.conv_transpose1d(counts[None], kernel, dilation=d)[0]
        levels.insert(0, (first, counts))
    return levels


def links_to(stack, column):
    """Return all links of the paths to an input, [layer, place, place below]: each path is gone."""
    windows, found, paths = stack.windows, set(), 0
    for cells in itertools.product(range(stack.kernel_size), repeat=len(windows)):
        place, links = 0, []
        for layer in range(len(windows), 0, -1):
            below = windows[layer - 1].of(place)[cells[layer - 1]]
            links.append((layer, place, below))
            place = below
        if place == column:
            paths += 1
            found |= set(links)
    assert paths == stack.paths
    return [list(link) for link in sorted(found)]


def dilated_cases(rng):
    """Yield the cases of one random stack."""
    stack = random_dilated(rng)
    k, rates, column = stack.kernel_size, stack.dilation, stack.chosen[1]
    layers = [{"d": d, "before": -window.of(0)[0]}
              for window, d in zip(stack.windows, rates, strict=True)]
    yield "dilatedLayers", [k, rates, stack.padding], layers
    levels = counts_by_level(stack)
    places = [(first + np.flatnonzero(counts)).tolist() for first, counts in levels]
    yield "dilatedPlaces", [k, layers], places
    yield "pathCounts", [k, layers], {"first": stack.first, "counts": stack.counts.tolist()}
    yield "pathLinks", [k, layers, column], links_to(stack, column)
