"""Deformable convolution: every tap of the kernel looks where an offset sends it; its gradients."""

from typing import NamedTuple

import numpy as np

from convlib import _check as check
from convlib import shapes
from convlib.compute import operands
from convlib.compute.tiles import BLOCK


def deform_conv2d(input, offset, weight, bias=None, stride=1, padding=0, dilation=1, mask=None):
    r"""Two-dimensional deformable convolution, with a mask (version 2) or without (version 1).

    .. math:: y[n, o, r, c] = b[o] + \sum_{m,i,j} w[o, m, i, j]\, M_{ij}\,
              x[n, m', s_y r + d_y i - p_y + \Delta y_{ij}, s_x c + d_x j - p_x + \Delta x_{ij}]

    Offsets and masks differ from one output position to the next. Between pixels, x is
    interpolated bilinearly; beyond its borders it is 0.

    Parameters
    ----------
    input : array_like, shape (N, C_in, H, W) or (C_in, H, W)
        Images.
    offset : array_like, shape (N, 2 offset_groups kH kW, H_out, W_out), no N where input has none
        For every offset group and every tap, row by row of the kernel: how far down, then how far
        right. Each group moves C_in/offset_groups channels; how many there are is read off the
        shape.
    weight : array_like, shape (C_out, C_in/groups, kH, kW)
        Kernels; the number of groups is read off the shape.
    bias, stride, padding, dilation
        As in `functional.conv2d`.
    mask : array_like, shape (N, offset_groups kH kW, H_out, W_out), optional
        A factor for every tap, commonly of [0, 1]; without it, 1.

    Returns
    -------
    ndarray, shape (N, C_out, H_out, W_out) or (C_out, H_out, W_out)
        In the common dtype of all operands; int64, and exact, if all are whole numbers.

    Raises
    ------
    TypeError, ValueError
        As in `functional.conv2d`, and if offset or mask have not the shapes above.

    Notes
    -----
    All is as in ``torchvision.ops.deform_conv2d``: a point at or beyond one pixel outside the
    border is 0, and a point reads all its four neighbours inside the border, also those whose
    share is 0, so that a NaN reaches one pixel further than in `functional.conv2d`. A NaN offset
    gives NaN.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 3, 3)
    >>> offset = np.zeros((2, 3, 3))
    >>> offset[1] = 0.5    # half a pixel to the right
    >>> deform_conv2d(x, offset, np.ones((1, 1, 1, 1)))
    array([[[0.5, 1.5, 1. ],
            [3.5, 4.5, 2.5],
            [6.5, 7.5, 4. ]]])

    References
    ----------
    Dai et al. (2017), Deformable Convolutional Networks, arXiv:1703.06211, section 2.1.
    Zhu et al. (2019), Deformable ConvNets v2, arXiv:1811.11168, section 3.2.
    """
    x, offset, w, b, mask, shape, window, batched = deform_operands(
        input, offset, weight, bias, stride, padding, dilation, mask)
    dtype = check.sum_type(w, offset, mask)
    check.affordable("the output", shape, "input or padding", dtype)
    x, w = check.cast("input", x, dtype), check.cast("weight", w, dtype)
    y = np.empty(shape, dtype)
    for each in zip(x, offset, mask, y, strict=True):
        _deform(*each, w, window)
    return operands.finish(y, b, batched)


class DeformGradients(NamedTuple):
    """What `deform_conv2d_gradients` returns: the loss's gradient with respect to each operand."""

    input: np.ndarray
    offset: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    mask: np.ndarray | None


def deform_conv2d_gradients(input, offset, weight, grad_output, stride=1, padding=0, dilation=1,
                            mask=None):
    r"""Return the gradients of `deform_conv2d` with respect to all its operands.

    A tap passes back what it has sampled to the pixels around it, by their shares; to its offset,
    the slope of the image where it looks:

    .. math:: \frac{\partial L}{\partial \Delta y_{ij}[r, c]} = M_{ij} \sum_{o,m} w[o, m, i, j]\,
              \frac{\partial L}{\partial y[n, o, r, c]}\, \frac{\partial x[n, m', u, v]}{\partial u}

    where (u, v) is the place that the formula of `deform_conv2d` reads x at.

    Parameters
    ----------
    input, offset, weight, stride, padding, dilation, mask
        As they were in `deform_conv2d`.
    grad_output : array_like, shape (N, C_out, H_out, W_out) or (C_out, H_out, W_out)
        The loss's gradient with respect to its output.

    Returns
    -------
    input, offset, weight, mask : ndarray
        Each in the shape of the operand; ``mask`` is None where there was none.
    bias : ndarray, shape (C_out,)
        The sum of ``grad_output`` over images and positions.

    Raises
    ------
    TypeError, ValueError
        As in `deform_conv2d`, and if ``grad_output`` has not the shape of its output.

    Notes
    -----
    On a pixel, between two slopes, the offset's gradient is that of the side below and to the
    right. A point at or beyond one pixel outside the border has none.

    Examples
    --------
    >>> x = np.array([[[0.0, 1.0, 4.0]]])
    >>> offset = np.zeros((2, 1, 3))
    >>> offset[1] = 0.5
    >>> found = deform_conv2d_gradients(x, offset, [[[[1.0]]]], np.ones((1, 1, 3)))
    >>> found.offset[1], found.input
    (array([[ 1.,  3., -4.]]), array([[[0.5, 1. , 1. ]]]))

    References
    ----------
    Dai et al. (2017), arXiv:1703.06211, appendix A.
    """
    masked = mask is not None
    x, moves, w, _, mask, shape, window, batched = deform_operands(
        input, offset, weight, None, stride, padding, dilation, mask)
    dy = check.numbers("grad_output", grad_output)
    check.same_shape("grad_output", dy, shape if batched else shape[1:], input=np.shape(input),
                     weight=w.shape, stride=stride, padding=padding, dilation=dilation)
    dy = dy.reshape(shape)
    dtype = check.sum_type(w, moves, mask, dy)
    for array, name in ((x, "input"), (moves, "offset"), (w, "weight")):
        check.affordable("the gradient", array.shape, name, dtype)
    x, w, dy = (check.cast(name, array, dtype) for name, array in
                (("input", x), ("weight", w), ("grad_output", dy)))
    dx, d_offset, dw = (np.zeros(each.shape, dtype) for each in (x, moves, w))
    d_mask = np.zeros(mask.shape, dtype) if masked else [None] * len(x)
    for each in zip(x, moves, mask, dy, dx, d_offset, d_mask, strict=True):
        _deform_back(*each, w, dw, window)
    lead = shape[:1] if batched else ()
    return DeformGradients(
        dx if batched else dx[0], d_offset.reshape(*lead, -1, *shape[2:]), dw, dy.sum((0, 2, 3)),
        d_mask.reshape(*lead, -1, *shape[2:]) if masked else None)


class _Window(NamedTuple):
    kernel: tuple
    stride: tuple
    pads: tuple
    dilation: tuple
    groups: int


def deform_operands(input, offset, weight, bias, stride, padding, dilation, mask):
    """Return the operands with all their axes, the output's shape, the window, and ``batched``.

    Offsets are (N, offset groups, kH kW, 2, H_out, W_out), and masks likewise without the 2.
    """
    x, w, b, batched = operands.operands(check.images("input", input), weight, bias, 2)
    channels, depth = x.shape[1], w.shape[1]
    if depth == 0 or channels % depth:
        raise ValueError(f"weight has shape {w.shape}: its second axis, C_in/groups, must divide "
                         f"C_in={channels}: use one of {check.divisors(channels)}")
    groups = channels // depth
    shape, *steps = shapes.conv_layout(x.shape, w.shape, stride, padding, dilation, groups, w.dtype)
    offset, mask = _moves(offset, mask, w.shape[2] * w.shape[3], channels, shape, batched,
                          input=x.shape, weight=w.shape, stride=stride, padding=padding,
                          dilation=dilation)
    return x, offset, w, b, mask, shape, _Window(w.shape[2:], *steps, groups), batched


def _moves(offset, mask, taps, channels, shape, batched, **given):
    """Return (N, offset groups, kH kW, 2, H_out, W_out) and (N, offset groups, kH kW, …)."""
    offset = check.numbers("offset", offset)
    groups = max(1, offset.shape[-3] // (2 * taps)) if offset.ndim > 2 else 1
    if channels % groups:
        raise ValueError(f"offset has shape {offset.shape}, that is offset_groups={groups}: they "
                         f"must divide C_in={channels}")
    lead = shape[:1] if batched else ()
    mask = np.broadcast_to(np.int8(1), (*lead, groups * taps, *shape[2:])) if mask is None \
        else check.numbers("mask", mask)
    for name, field, each in (("offset", offset, 2), ("mask", mask, 1)):
        check.same_shape(name, field, (*lead, groups * each * taps, *shape[2:]),
                         offset_groups=groups, **given)
    return (offset.reshape(shape[0], groups, taps, 2, *shape[2:]),
            mask.reshape(shape[0], groups, taps, *shape[2:]))


@check.quiet
def _deform(image, offset, mask, out, w, window):
    """Gather for as many output positions as fit the cache, and multiply by all kernels."""
    matrices = w.reshape(window.groups, len(w) // window.groups, -1)
    planes, out = image.reshape(len(mask), -1, image[0].size), out.reshape(*matrices.shape[:2], -1)
    for part, grid, move, factor in _blocks(image, offset, mask, window):
        values = np.empty((*planes.shape[:2], *factor.shape[1:]), image.dtype)
        for group, moved, shown, sampled in zip(planes, move, factor, values, strict=True):
            index, near, close, outside = _neighbours(grid, moved, image.shape[1:])
            # All channels of a group look at the same four pixels: (2, 2, kH kW, positions).
            share = near[:, None] * close * shown.astype(image.dtype)
            for plane, line in zip(group, sampled, strict=True):
                np.einsum("abkp,abkp->kp", _look(plane, index, outside), share, out=line)
        out[..., part] = matrices @ values.reshape(window.groups, matrices.shape[2], -1)


@check.quiet
def _deform_back(image, offset, mask, dy, dx, d_offset, d_mask, w, dw, window):
    """Add to the gradients, for as many output positions at a time as fit the cache."""
    matrices = w.reshape(window.groups, len(w) // window.groups, -1)
    dw, dy = dw.reshape(matrices.shape), dy.reshape(*matrices.shape[:2], -1)
    planes, dx = (each.reshape(len(mask), -1, image[0].size) for each in (image, dx))
    d_offset = d_offset.reshape(*offset.shape[:3], -1)
    d_mask = d_mask if d_mask is None else d_mask.reshape(*mask.shape[:2], -1)
    for part, grid, move, factor in _blocks(image, offset, mask, window):
        back = matrices.swapaxes(1, 2) @ dy[..., part]
        back = back.reshape(*planes.shape[:2], *factor.shape[1:])  # to what each tap has given
        values = np.empty_like(back)
        for group, moved in enumerate(move):
            index, near, close, outside = _neighbours(grid, moved, image.shape[1:])
            share, shown = near[:, None] * close, factor[group].astype(image.dtype)
            share[outside] = 0
            for channel, plane in enumerate(planes[group]):
                seen, given = _look(plane, index, outside), back[group, channel]
                sampled = np.einsum("abkp,abkp->kp", seen, share)
                values[group, channel] = sampled * shown
                if d_mask is not None:
                    d_mask[group, :, part] += sampled * given
                given = given * shown
                down = np.einsum("bkp,bkp->kp", seen[1] - seen[0], close)
                right = np.einsum("akp,akp->kp", seen[:, 1] - seen[:, 0], near)
                d_offset[group, :, 0, part] += down * given
                d_offset[group, :, 1, part] += right * given
                np.add.at(dx[group, channel], index[~outside], (share * given)[~outside])
        dw += dy[..., part] @ values.reshape(*matrices.shape[::2], -1).swapaxes(1, 2)


def _blocks(image, offset, mask, window):
    """Yield output positions, where their taps stand, and their offsets and masks."""
    count, columns = offset[0, 0, 0].size, offset.shape[-1]
    offset, mask = offset.reshape(*offset.shape[:3], count), mask.reshape(*mask.shape[:2], count)
    # A tap has one number in every channel, and about 128 bytes of coordinates and shares.
    step = max(1, BLOCK // (mask.shape[1] * (len(image) * image.itemsize + 128)))
    for first in range(0, count, step):
        part = slice(first, min(first + step, count))
        positions = np.divmod(np.arange(part.start, part.stop), columns)
        grid = _grid(positions, window).astype(image.dtype)
        yield part, grid, offset[..., part], mask[..., part]


def _grid(positions, window):
    """Return the rows and columns where taps stand before they move: (2, kH kW, positions)."""
    taps = np.divmod(np.arange(window.kernel[0] * window.kernel[1]), window.kernel[1])
    return np.stack([s * at - before + d * tap[:, None] for at, tap, s, (before, _), d in zip(
        positions, taps, window.stride, window.pads, window.dilation, strict=True)])


def _neighbours(grid, move, size):
    """Return the four pixels around each tap: index, shares down and across, which are outside."""
    at = grid + move.swapaxes(0, 1).astype(grid.dtype)
    row, near, above = _around(at[0], size[0])
    column, close, left = _around(at[1], size[1])
    return row[:, None] * size[1] + column, near, close, ~(above[:, None] & left)


def _around(at, size):
    """Return index, share and whether it is inside, of the two pixels around points on an axis."""
    at = np.where((at <= -1) | (at >= size), -2, at)  # one pixel outside: both neighbours are 0
    floor = np.floor(np.nan_to_num(at, nan=-2)).astype(at.dtype, copy=False)
    index = np.stack([floor, floor + 1]).astype(np.intp)
    return index, np.stack([1 - (at - floor), at - floor]), (index >= 0) & (index < size)


def _look(plane, index, outside):
    """Return the pixels of a plane at these places, 0 outside."""
    seen = plane.take(index, mode="clip")
    np.copyto(seen, 0, where=outside)
    return seen
