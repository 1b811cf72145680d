"""Random pictures through kernels with holes, and what convlib makes of them, for `test_core`."""

import numpy as np

from convlib import costs, functional, resampling, shapes


def atrous_cases(rng):
    """Yield the cases of sparse and dense features of one picture."""
    side, k = int(rng.integers(5, 12)), int(rng.choice([1, 3, 5]))
    rate, most = (int(n) for n in rng.integers(1, 9, 2))
    stride = max(s for s in range(1, min(rate, most) + 1) if rate % s == 0)
    yield "outputStride", [rate, most], stride
    image, w = rng.integers(0, 256, (side, side)), rng.integers(-9, 10, (k, k))
    pixels, kernel = image.ravel().tolist(), w.tolist()
    yield from kept_cases(rng, image, stride)
    height, width = (int(n) for n in rng.integers(1, side + 1, 2))
    yield ("atrousFilter", [image[:height, :width].ravel().tolist(), height, width, kernel, rate],
           filtered(image[:height, :width], w, rate).ravel().tolist())
    span = shapes.dilated_size(k, rate)
    filled = np.zeros((span, span), int)
    filled[::rate, ::rate] = w
    yield "zeroFilled", [kernel, rate], filled.tolist()
    phases = int(rng.integers(1, stride**2 + 1))
    sparse, held, exists = woven(image, w, rate, stride, phases)
    yield ("sparseFeatures", [pixels, side, kernel, rate, stride, phases], sparse.ravel().tolist())
    yield "heldBetween", [sparse.ravel().tolist(), side, stride, phases], held.ravel().tolist()
    other = sparse + rng.integers(-9, 10, sparse.shape)
    yield ("comparison", [sparse.ravel().tolist(), other.ravel().tolist(), side, stride, phases],
           {"places": int(exists.sum()), "difference": float(abs(other - sparse)[exists].max())})
    border = int(rng.integers((side - 1) // 2 + 1))
    yield ("largestInside", [other.ravel().tolist(), side, border],
           float(abs(other[border:side - border, border:side - border]).max()))
    whole = (1, side, side)
    yield "atrousCosts", [side, k, rate, int(exists.sum())], {
        "sparse": sum(costs.conv_macs((1, *part.shape), 1, (k, k), padding="same", dilation=1)
                      for _, part in parts(image, stride, phases)),
        "dense": costs.conv_macs(whole, 1, (k, k), padding="same", dilation=rate),
        "filled": costs.conv_macs(whole, 1, (span, span), padding="same")}


def kept_cases(rng, image, stride):
    top, left = (int(n) for n in rng.integers(stride, size=2))
    kept = image[top::stride, left::stride]
    yield ("keptPixels", [image.ravel().tolist(), len(image), stride, [top, left]],
           {"height": kept.shape[0], "width": kept.shape[1], "values": kept.ravel().tolist()})
    order = np.arange(stride**2).reshape(stride, stride)
    row, column = (int(n) for n in rng.integers(len(image), size=2))
    yield "phaseOf", [row, column, stride], int(order[row % stride, column % stride])


def filtered(image, w, rate):
    """A picture through a kernel, the same size."""
    return functional.conv2d(image[None].astype(float), w[None, None].astype(float),
                             padding="same", dilation=rate)[0]


def parts(image, stride, phases):
    """Yield where the pixels of each phase are, and they themselves, if there are any."""
    for phase in range(phases):
        at = tuple(slice(first, None, stride) for first in divmod(phase, stride))
        if image[at].size:
            yield at, image[at]


def woven(image, w, rate, stride, phases):
    """The features of some phases, zeros or the first phase's between, and where they exist."""
    sparse, exists = np.zeros(image.shape), np.zeros(image.shape, bool)
    for at, part in parts(image, stride, phases):
        sparse[at], exists[at] = filtered(part, w, rate // stride), True
    first = resampling.interpolate(sparse[None, ::stride, ::stride], scale_factor=stride)[0]
    held = np.where(exists, sparse, first[:image.shape[0], :image.shape[1]])
    return sparse, held, exists
