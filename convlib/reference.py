"""The definitions as loops: slow, short, and what everything else is held to."""

from itertools import product

import numpy as np

from convlib import _arguments as check


def conv2d(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    r"""Two-dimensional convolution of deep learning, by its definition.

    .. math:: y[n, o, r, c] = b[o] + \sum_{m,i,j} w[o, m, i, j]\,
              x[n, m', s r + d i - p, s c + d j - p]

    Parameters, errors and examples are those of `functional.conv2d`; m' is channel m of the
    group to which output channel o belongs, and x is 0 outside its borders.

    Examples
    --------
    >>> conv2d([[[1, 2], [3, 4]]], [[[[1, 0], [0, 1]]]])
    array([[[5]]])
    """
    return _conv(input, weight, bias, stride, padding, dilation, groups, axes=2)


def conv1d(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    """One-dimensional convolution of deep learning, by its definition: see `functional.conv1d`.

    Examples
    --------
    >>> conv1d([[1, 2, 3]], [[[1, 10]]])
    array([[21, 32]])
    """
    return _conv(input, weight, bias, stride, padding, dilation, groups, axes=1)


def _conv(input, weight, bias, stride, padding, dilation, groups, axes):
    x, w, b, batched = check.operands(input, weight, bias, axes)
    shape, stride, pad, dilation = check.conv_shape(
        x.shape, w.shape, stride, padding, dilation, groups
    )
    x = np.pad(x, ((0, 0), (0, 0), *pad))
    y = np.zeros(shape, x.dtype)
    depth, group = w.shape[1], w.shape[0] // groups
    for n, o, *position in product(*map(range, shape)):
        first = o // group * depth
        corner = [p * s for p, s in zip(position, stride, strict=True)]
        window = tuple(
            slice(start, start + check.dilated_size(k, d), d)
            for start, k, d in zip(corner, w.shape[2:], dilation, strict=True)
        )
        y[n, o, *position] = np.sum(x[n, first : first + depth, *window] * w[o])
        if b is not None:
            y[n, o, *position] += b[o]
    return y if batched else y[0]


def convolve(f, g):
    r"""Full convolution of two signals: :math:`y[n] = \sum_k f[k]\, g[n - k]`.

    Examples
    --------
    >>> convolve([1, 2, 3], [0, 1])
    array([0, 1, 2, 3])
    """
    f, g = _signal("f", f), _signal("g", g)
    y = np.zeros(len(f) + len(g) - 1, np.result_type(f, g))
    for n in range(len(y)):
        for k in range(len(f)):
            if 0 <= n - k < len(g):
                y[n] += f[k] * g[n - k]
    return y


def correlate(f, g):
    r"""Full cross-correlation: :math:`y[n] = \sum_k f[k + n]\, g[k]`, n from -(len(g) - 1).

    Examples
    --------
    >>> correlate([1, 2, 3], [0, 1])
    array([1, 2, 3, 0])
    """
    f, g = _signal("f", f), _signal("g", g)
    y = np.zeros(len(f) + len(g) - 1, np.result_type(f, g))
    for n in range(1 - len(g), len(f)):
        for k in range(len(g)):
            if 0 <= k + n < len(f):
                y[n + len(g) - 1] += f[k + n] * g[k]
    return y


def _signal(name, values):
    array = check.numbers(name, values)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: give one axis with at least one number")
    return array
