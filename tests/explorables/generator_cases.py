"""Cases of the latent walk's mathematics: what convlib makes of random layers and codes."""

import numpy as np

from convlib import functional
from convlib.explorables import LatentWalk
from convlib.explorables.latent_walk import STEPS
from convlib.explorables.photo import as_text


def generator_cases(rng):
    """Yield the cases of half-precision numbers, of one layer, and of a whole walk."""
    halves = np.append(rng.normal(0, 1, 9) * 10.0 ** rng.integers(-7, 4, 9), [0, 6e-8, -65504])
    halves = halves.astype("<f2")
    yield "decodeHalf", [as_text(halves)], halves.astype(float).tolist()
    yield from layer_cases(rng)
    walk = LatentWalk(start=int(rng.integers(10_000)), end=int(rng.integers(10_000)),
                      step=int(rng.integers(STEPS + 1)), path=str(rng.choice(["arc", "line"])))
    a, b = walk.codes.reshape(2, -1)
    yield "between", [a.tolist(), b.tolist(), walk.step / STEPS, walk.path], (
        walk.code.ravel().tolist())


def layer_cases(rng):
    """Yield one transposed convolution of some channels, and two with what follows them."""
    c, m, o, side = (int(n) for n in rng.integers(1, 5, 4))
    kernel, stride = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    padding = int(rng.integers(0, (kernel + 1) // 2))
    x = rng.integers(-3, 4, (c, side, side)).astype(float)
    first, second = rng.normal(size=(c, m, kernel, kernel)), rng.normal(size=(m, o, 2, 2))
    weights = np.concatenate([first.ravel(), second.ravel()]).tolist()
    y = functional.conv_transpose2d(x, first, stride=stride, padding=padding)
    one = {"channels": c, "outputs": m, "side": side, "kernel": kernel, "stride": stride,
           "padding": padding, "from": 0}
    yield "convTransposeChannels", [x.ravel().tolist(), weights, one], y.ravel().tolist()
    scale, shift = rng.normal(size=(2, m))
    hidden = np.maximum(scale[:, None, None] * y + shift[:, None, None], 0)
    out = np.tanh(functional.conv_transpose2d(hidden, second) + 0.5)
    two = {"channels": m, "outputs": o, "side": y.shape[-1], "kernel": 2, "stride": 1,
           "padding": 0, "from": first.size, "scale": [1] * o, "shift": [0.5] * o}
    layers = [one | {"scale": scale.tolist(), "shift": shift.tolist()}, two]
    yield ("generate", [x.ravel().tolist(), layers, weights],
           [hidden.ravel().tolist(), out.ravel().tolist()])
