"""Pooling and resizing, forward and backward: what `run` needs for layers that change the size.

Means and interpolation treat each axis by itself, and linearly: y = A x, with one small matrix an
axis. So all of them share one backward pass, dx = Aᵀ dy.
"""

from functools import lru_cache
from itertools import product
from math import prod

import numpy as np

from convlib import resampling
from convlib.receptive import adaptive_pool_window


def max_pool_forward(module, x, mode):
    """``y`` is the largest number under each window; padding never wins."""
    layer = module.layer
    padded = with_border(x, layer)
    y = None
    for tap in taps(layer, layer.output_shape(x.shape[1:])[1:]):
        y = padded[tap].copy() if y is None else np.maximum(y, padded[tap], out=y)
    return y, (padded, y, x.shape)


def max_pool_backward(module, cache, dy, to_input):
    """``dy`` goes to the number that won; of equal ones the first."""
    padded, y, shape = cache
    if not to_input:
        return None, {}
    dx, free = np.zeros(padded.shape, dy.dtype), np.ones(y.shape, bool)
    for tap in taps(module.layer, y.shape[2:]):
        won = padded[tap] == y
        won &= free
        free ^= won
        dx[tap] += dy * won
    inside = (slice(before, before + size) for before, size in
              zip(module.layer.padding, shape[2:], strict=True))
    return dx[(..., *inside)], {}


def with_border(x, layer):
    """Return x with -inf around it, as far as windows reach: itself where they stay inside."""
    sizes = layer.output_shape(x.shape[1:])[1:]
    spans = (s * (o - 1) + d * (k - 1) + 1 for s, o, d, k in
             zip(layer.stride, sizes, layer.dilation, layer.kernel_size, strict=True))
    pads = [(p, max(0, span - p - size)) for p, span, size in
            zip(layer.padding, spans, x.shape[2:], strict=True)]
    if not any(map(any, pads)):
        return x
    return np.pad(x, ((0, 0), (0, 0), *pads), constant_values=-np.inf)


def taps(layer, sizes):
    """Return, for each cell of the window in turn, the slices of what all windows have there."""
    axes = zip(layer.kernel_size, layer.stride, layer.dilation, sizes, strict=True)
    slices = [[slice(d * cell, d * cell + s * (o - 1) + 1, s) for cell in range(k)]
              for k, s, d, o in axes]
    return [(..., *tap) for tap in product(*slices)]


def avg_pool_forward(module, x, mode):
    """``y`` is the mean under each window."""
    layer = module.layer
    sizes = layer.output_shape(x.shape[1:])[1:]
    axes = zip(x.shape[2:], sizes, layer.kernel_size, layer.stride, layer.padding, strict=True)
    return resize(x, [mean_matrix(*axis, layer.count_include_pad) for axis in axes])


@lru_cache(maxsize=256)
def mean_matrix(size, count, kernel, stride, padding, include_pad):
    """Return the matrix (count, size) of the means under windows along an axis."""
    matrix = np.zeros((count, size))
    for row, start in zip(matrix, range(-padding, size + padding, stride), strict=False):
        stop = min(start + kernel, size + padding)  # a last window may reach beyond the end
        inside = slice(max(start, 0), min(stop, size))
        row[inside] = 1 / (stop - start if include_pad else inside.stop - inside.start)
    return matrix


def adaptive_forward(module, x, mode):
    """``y`` is the mean of as many windows as are asked for."""
    axes = zip(x.shape[2:], module.layer.output_shape(x.shape[1:])[1:], strict=True)
    return resize(x, [adaptive_matrix(*axis) for axis in axes])


def adaptive_max_forward(module, x, mode):
    """``y`` is the largest of as many windows as are asked for, and where it stands."""
    sizes = module.layer.output_shape(x.shape[1:])[1:]
    y, places = np.empty((*x.shape[:2], *sizes), x.dtype), np.empty((*x.shape[:2], *sizes), int)
    numbers = np.arange(prod(x.shape[2:])).reshape(x.shape[2:])
    windows = [adaptive_pool_window(*axis).inputs for axis in zip(x.shape[2:], sizes, strict=True)]
    for output in np.ndindex(*sizes):
        window = tuple(slice(seen[o].start, seen[o].stop) for seen, o in
                       zip(windows, output, strict=True))
        seen = x[(..., *window)].reshape(*x.shape[:2], -1)
        won = seen.argmax(-1)
        y[(..., *output)] = np.take_along_axis(seen, won[..., None], -1)[..., 0]
        places[(..., *output)] = numbers[window].ravel()[won]
    return y, (places, x.shape)


def adaptive_max_backward(module, cache, dy, to_input):
    """``dy`` goes to the number that won; of equal ones the first."""
    places, shape = cache
    if not to_input:
        return None, {}
    dx = np.zeros((shape[0] * shape[1], prod(shape[2:])), dy.dtype)
    planes = np.arange(len(dx))[:, None]
    np.add.at(dx, (planes, places.reshape(len(dx), -1)), dy.reshape(len(dx), -1))
    return dx.reshape(shape), {}


@lru_cache(maxsize=256)
def adaptive_matrix(size, count):
    """Return the matrix (count, size) of the means of an adaptive pooling along an axis."""
    matrix = np.zeros((count, size))
    for row, seen in zip(matrix, adaptive_pool_window(size, count).inputs, strict=True):
        row[seen.start : seen.stop] = 1 / len(seen)
    return matrix


def upsample_forward(module, x, mode):
    """``y`` has more positions, by repetition or by straight lines between those that are there."""
    layer = module.layer
    name = "size" if layer.scale_factor is None else "scale_factor"
    asked = getattr(layer, name)
    asked = asked if isinstance(asked, tuple) else (asked,) * (x.ndim - 2)
    mode = "nearest" if layer.mode == "nearest" else "bilinear"
    return resize(x, [upsample_matrix(size, name, each, mode, bool(layer.align_corners))
                      for size, each in zip(x.shape[2:], asked, strict=True)])


@lru_cache(maxsize=256)
def upsample_matrix(size, name, asked, mode, align_corners):
    """Return the matrix (count, size) of an interpolation: what it makes of the unit vectors."""
    units = np.eye(size)[:, :, None]
    how = {"mode": mode, "align_corners": align_corners, name: (asked, 1)}
    return resampling.interpolate(units, **how)[..., 0].T.copy()


def resize(x, matrices):
    """``y = A x`` along each axis behind the channels."""
    matrices = [matrix.astype(x.dtype) for matrix in matrices]
    return along(x, matrices), matrices


def resize_backward(module, matrices, dy, to_input):
    """``dx = Aᵀ dy`` along each axis."""
    return along(dy, [matrix.T for matrix in matrices]) if to_input else None, {}


def along(x, matrices):
    """Multiply each axis behind the channels by its matrix, the last axis first."""
    for axis, matrix in reversed(list(enumerate(matrices, start=2))):
        if axis == x.ndim - 1:
            x = x @ matrix.T
        else:  # what lies behind the axis is one long row
            rows = x.reshape(*x.shape[: axis + 1], -1)
            x = (matrix @ rows).reshape(*x.shape[:axis], len(matrix), *x.shape[axis + 1 :])
    return x
