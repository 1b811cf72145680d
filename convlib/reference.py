"""The definitions as loops: slow, short, and what everything else is held to."""

from itertools import product

import numpy as np

from convlib import _check as check
from convlib import deformable, pooling, resampling, shapes
from convlib.compute import operands


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
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


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """One-dimensional convolution of deep learning, by its definition: see `functional.conv1d`.

    Examples
    --------
    >>> conv1d([[1, 2, 3]], [[[1, 10]]])
    array([[21, 32]])
    """
    return _conv(input, weight, bias, stride, padding, dilation, groups, axes=1)


def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Three-dimensional convolution of deep learning, by its definition: see `functional.conv3d`.

    Examples
    --------
    >>> conv3d([[[[1, 2]], [[3, 4]]]], [[[[[1]], [[10]]]]])
    array([[[[31, 42]]]])
    """
    return _conv(input, weight, bias, stride, padding, dilation, groups, axes=3)


@check.quiet
def _conv(input, weight, bias, stride, padding, dilation, groups, axes):
    x, w, b, batched = operands.operands(input, weight, bias, axes)
    x = check.cast("input", x, w.dtype)
    shape, stride, pads, dilation = shapes.conv_layout(
        x.shape, w.shape, stride, padding, dilation, groups, x.dtype
    )
    x = np.pad(x, ((0, 0), (0, 0), *pads))
    y = np.zeros(shape, x.dtype)
    depth, group = w.shape[1], w.shape[0] // groups
    for n, o, *position in product(*map(range, shape)):
        first = o // group * depth
        corner = [p * s for p, s in zip(position, stride, strict=True)]
        window = tuple(
            slice(start, start + shapes.dilated_size(k, d), d)
            for start, k, d in zip(corner, w.shape[2:], dilation, strict=True)
        )
        y[n, o, *position] = np.sum(x[n, first : first + depth, *window] * w[o])
        if b is not None:
            y[n, o, *position] += b[o]
    return y if batched else y[0]


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    """One-dimensional transposed convolution by its definition: see `functional.conv_transpose1d`.

    Examples
    --------
    >>> conv_transpose1d([[1, 10]], [[[1, 2]]])
    array([[ 1, 12, 20]])
    """
    return _conv_transpose(input, weight, bias, stride, padding, output_padding, groups, dilation,
                           axes=1)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    """Two-dimensional transposed convolution: every input lays a scaled kernel on the output.

    Examples
    --------
    >>> conv_transpose2d([[[1, 2]]], [[[[1, 1]]]], stride=2)
    array([[[1, 1, 2, 2]]])
    """
    return _conv_transpose(input, weight, bias, stride, padding, output_padding, groups, dilation,
                           axes=2)


def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    """Three-dimensional transposed convolution by its definition.

    Examples
    --------
    >>> conv_transpose3d([[[[1, 2]]]], [[[[[3]]]]])
    array([[[[3, 6]]]])
    """
    return _conv_transpose(input, weight, bias, stride, padding, output_padding, groups, dilation,
                           axes=3)


@check.quiet
def _conv_transpose(input, weight, bias, stride, padding, output_padding, groups, dilation, axes):
    x, w, b, batched = operands.operands(
        input, weight, bias, axes, transposed=True, groups=groups)
    x = check.cast("input", x, w.dtype)
    shape, stride, pads, dilation = shapes.conv_transpose_layout(
        x.shape, w.shape, stride, padding, output_padding, dilation, groups, x.dtype
    )
    # The kernels are laid down on the uncut output; the padding is cut off at the end.
    y = np.zeros((*shape[:2], *(size + sum(pad) for size, pad in
                                zip(shape[2:], pads, strict=True))), x.dtype)
    depth, group = w.shape[1], w.shape[0] // groups
    for n, m, *position in np.ndindex(x.shape):
        first = m // group * depth
        corner = [p * s for p, s in zip(position, stride, strict=True)]
        window = tuple(
            slice(start, start + shapes.dilated_size(k, d), d)
            for start, k, d in zip(corner, w.shape[2:], dilation, strict=True)
        )
        y[n, first : first + depth, *window] += x[n, m, *position] * w[m]
    y = y[:, :, *(slice(p, p + size) for size, (p, _) in zip(shape[2:], pads, strict=True))]
    if b is not None:
        y = y + b.reshape(-1, *(1,) * axes)
    return y if batched else y[0]


@check.quiet
def convolve(f, g):
    r"""Full convolution of two signals: :math:`y[n] = \sum_k f[k]\, g[n - k]`.

    Examples
    --------
    >>> convolve([1, 2, 3], [0, 1])
    array([0, 1, 2, 3])
    """
    f, g, y = _signals(f, g)
    for n in range(len(y)):
        for k in range(len(f)):
            if 0 <= n - k < len(g):
                y[n] += f[k] * g[n - k]
    return y


@check.quiet
def correlate(f, g):
    r"""Full cross-correlation: :math:`y[n] = \sum_k f[k + n]\, g[k]`, n from -(len(g) - 1).

    Examples
    --------
    >>> correlate([1, 2, 3], [0, 1])
    array([1, 2, 3, 0])
    """
    f, g, y = _signals(f, g)
    for n in range(1 - len(g), len(f)):
        for k in range(len(g)):
            if 0 <= k + n < len(f):
                y[n + len(g) - 1] += f[k + n] * g[k]
    return y


def _signals(f, g):
    """Return two signals and zeros for their full convolution."""
    f, g = check.numbers("f", f), check.numbers("g", g)
    for name, array in (("f", f), ("g", g)):
        if array.ndim != 1 or array.size == 0:
            raise ValueError(f"{name} has shape {array.shape}: give one axis with at least one "
                             f"number")
    shape, dtype = (len(f) + len(g) - 1,), np.result_type(f, g)
    check.affordable("the output", shape, "f or g", dtype)
    return f, g, np.zeros(shape, dtype)


@check.quiet
def deform_conv2d(input, offset, weight, bias=None, stride=1, padding=0, dilation=1, mask=None):
    r"""Deformable convolution by its definition: see `deformable.deform_conv2d`.

    Between pixels, a plane has the value :math:`\sum_{u,v} x[u, v]\, g(u, y)\, g(v, x)` with
    :math:`g(a, b) = \max(0, 1 - |a - b|)`, which is bilinear inside and falls to 0 outside.

    Examples
    --------
    >>> deform_conv2d([[[1.0, 2.0]]], [[[0.0, 0.0]], [[0.5, 0.5]]], [[[[1.0]]]])
    array([[[1.5, 1. ]]])
    """
    x, offset, w, b, mask, shape, window, batched = deformable.deform_operands(
        input, offset, weight, bias, stride, padding, dilation, mask)
    x = check.cast("input", x, w.dtype)
    c_in, (c_out, depth), (_, stride, pads, dilation, _) = x.shape[1], w.shape[:2], window
    per, taps = c_out * depth // c_in, list(np.ndindex(w.shape[2:]))
    y = np.zeros(shape, np.result_type(x, offset, mask))
    for n, m, r, c, (k, tap) in product(*map(range, (shape[0], c_in, *shape[2:])),
                                        enumerate(taps)):
        moved = m // (c_in // offset.shape[1])
        near = []
        for axis, position in enumerate((r, c)):
            at = (stride[axis] * position + dilation[axis] * tap[axis] - pads[axis][0]
                  + offset[n, moved, k, axis, r, c])
            near.append(np.maximum(0, 1 - np.abs(np.arange(x.shape[2 + axis]) - at)))
        value = mask[n, moved, k, r, c] * (near[0] @ x[n, m] @ near[1])
        first = m // depth * per
        y[n, first : first + per, r, c] += w[first : first + per, m % depth, *tap] * value
    if b is not None:
        y += b[:, None, None]
    return y if batched else y[0]


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Max pooling by its definition, with indices: see `pooling.max_pool2d`.

    The input needs its batch axis and has no NaN; every window has an element inside it.

    Examples
    --------
    >>> max_pool2d([[[[1, 5, 2, 0], [3, 4, 9, 8]]]], 2)
    (array([[[[5, 9]]]]), array([[[[1, 6]]]]))
    """
    x, ceil_mode = check.images("input", input, batch=True), check.flag("ceil_mode", ceil_mode)
    sizes, kernel = x.shape[2:], check.integers("kernel_size", kernel_size, 2, 1)
    stride = check.integers("stride", kernel if stride is None else stride, 2, 1)
    padding = check.integers("padding", padding, 2, 0)
    dilation = check.integers("dilation", dilation, 2, 1)
    shapes.pool_output_size(sizes, kernel, stride=stride, padding=padding, dilation=dilation)
    starts = []
    for size, k, s, p, d in zip(sizes, kernel, stride, padding, dilation, strict=True):
        # The last window ends where the padding does.
        end = size + p - shapes.dilated_size(k, d) + 1
        starts.append(range(-p, min(end + s - 1, size) if ceil_mode else end, s))
    shape = *x.shape[:2], *map(len, starts)
    check.affordable("the output", shape, "input or padding", x.dtype)
    y = np.empty(shape, x.dtype)
    index = np.empty(y.shape, np.int64)
    for n, m, r, c in np.ndindex(y.shape):
        cells = [
            (starts[0][r] + dilation[0] * i, starts[1][c] + dilation[1] * j)
            for i, j in np.ndindex(kernel)
        ]
        inside = [(i, j) for i, j in cells if 0 <= i < sizes[0] and 0 <= j < sizes[1]]
        row, column = max(inside, key=lambda cell: x[n, m, *cell])  # the first of equal ones
        y[n, m, r, c], index[n, m, r, c] = x[n, m, row, column], row * sizes[1] + column
    return y, index


def max_unpool2d(input, indices, output_size):
    """Max unpooling by its definition, to a size that is given: see `pooling.max_unpool2d`.

    Examples
    --------
    >>> max_unpool2d([[[[5, 9]]]], [[[[1, 6]]]], (2, 4))
    array([[[[0, 5, 0, 0],
             [0, 0, 9, 0]]]])
    """
    x = check.images("input", input, batch=True)
    output_size = check.integers("output_size", output_size, 2, 1)
    indices = pooling.plane_indices(indices, x.shape, output_size)
    check.affordable("the output", (*x.shape[:2], *output_size), "input or output_size", x.dtype)
    y = np.zeros((*x.shape[:2], *output_size), x.dtype)
    for n, m, r, c in np.ndindex(x.shape):
        y[n, m, *divmod(indices[n, m, r, c], output_size[1])] = x[n, m, r, c]
    return y


def pixel_shuffle(input, upscale_factor):
    """Pixel shuffling by its definition, with a batch axis: see `resampling.pixel_shuffle`.

    Examples
    --------
    >>> pixel_shuffle([[[[0]], [[1]], [[2]], [[3]]]], 2)
    array([[[[0, 1],
             [2, 3]]]])
    """
    x = check.images("input", input, batch=True)
    r = resampling.upscaled(upscale_factor, x.shape)
    check.affordable("the output", x.shape, "input", x.dtype)
    n, channels, height, width = x.shape
    y = np.empty((n, channels // r**2, r * height, r * width), x.dtype)
    for m, row, column in np.ndindex(y.shape[1:]):
        (h, i), (w, j) = divmod(row, r), divmod(column, r)
        y[:, m, row, column] = x[:, m * r**2 + r * i + j, h, w]
    return y


@check.quiet
def interpolate(input, size, mode="nearest", align_corners=False):
    r"""Interpolation by its definition: see `resampling.interpolate`.

    Each output pixel's place is looked up among the input's with the hat
    :math:`g(a, b) = \max(0, 1 - |a - b|)`, down and across: two products of matrices.

    Examples
    --------
    >>> interpolate([[[[0.0, 1.0]]]], (1, 4), mode="bilinear")
    array([[[[0.  , 0.25, 0.75, 1.  ]]]])
    """
    x, size = check.images("input", input, batch=True), check.integers("size", size, 2, 1)
    if not check.among(mode, ("nearest", "bilinear")):
        raise ValueError(f"mode={mode!r} is unknown: use 'nearest' or 'bilinear'")
    align_corners = check.flag("align_corners", align_corners)
    check.affordable("the output", (*x.shape[:2], *size), "input or size", check.float_type(x))
    hats = []
    for i, count in zip(x.shape[2:], size, strict=True):
        check.affordable("the shares", (i, count), "input or size", np.dtype(np.float64))
        o = np.arange(count)
        if mode == "nearest":
            at = o * i // count
        elif align_corners:
            at = o * (i - 1) / max(count - 1, 1)
        else:
            at = np.clip((o + 0.5) * i / count - 0.5, 0, i - 1)
        hats.append(np.maximum(0, 1 - np.abs(np.arange(i)[:, None] - at)))
    return hats[0].T @ x @ hats[1]
