"""Deformable convolution: every tap of the kernel looks where an offset sends it."""

import numpy as np

from convlib import _check as check
from convlib import shapes
from convlib.compute import operands
from convlib.compute.tiles import BLOCK


def deform_conv2d(input, offset, weight, bias=None, *, stride=1, padding=0, dilation=1, mask=None):
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
    x, w, b, batched = operands.operands(check.images("input", input), weight, bias, 2)
    groups = check.groups_of(w.shape, x.shape[1])
    shape, stride, pads, dilation = shapes.conv_layout(
        x.shape, w.shape, stride, padding, dilation, groups, w.dtype
    )
    taps = w.shape[2] * w.shape[3]
    offset, mask = check.offsets(
        offset, mask, taps, x.shape[1], shape, batched, input=x.shape, weight=w.shape,
        stride=stride, padding=padding, dilation=dilation)
    dtype = check.sum_type(w, offset, mask)
    check.affordable("the output", shape, "input or padding", dtype)
    x, w = check.cast("input", x, dtype), check.cast("weight", w, dtype)
    y = np.empty(shape, dtype)
    for each in zip(x, offset, mask, y, strict=True):
        _deform(*each, w, groups, stride, pads, dilation)
    if b is not None:
        y += b[:, None, None]
    return y if batched else y[0]


@check.quiet
def _deform(image, offset, mask, out, w, groups, stride, pads, dilation):
    """Gather for as many output positions as fit the cache, and multiply by all kernels."""
    columns, count = out.shape[2], out[0].size
    offset, mask = offset.reshape(*offset.shape[:3], count), mask.reshape(*mask.shape[:2], count)
    matrices = w.reshape(groups, len(w) // groups, -1)
    out = out.reshape(groups, len(w) // groups, count)
    planes = image.reshape(len(mask), -1, image[0].size)
    # A tap has one number in every channel, and about 128 bytes of coordinates and shares.
    step = max(1, BLOCK // (mask.shape[1] * (len(image) * image.itemsize + 128)))
    for first in range(0, count, step):
        part = slice(first, min(first + step, count))
        positions = np.divmod(np.arange(part.start, part.stop), columns)
        grid = _grid(positions, w.shape[2:], stride, pads, dilation).astype(image.dtype)
        values = _gather(planes, image.shape[1:], grid, offset[..., part], mask[..., part])
        out[..., part] = matrices @ values.reshape(groups, matrices.shape[2], -1)


def _grid(positions, kernel, stride, pads, dilation):
    """Return the rows and columns where taps stand before they move: (2, kH kW, positions)."""
    taps = np.divmod(np.arange(kernel[0] * kernel[1]), kernel[1])
    return np.stack([s * at - before + d * tap[:, None] for at, tap, s, (before, _), d
                     in zip(positions, taps, stride, pads, dilation, strict=True)])


def _gather(planes, size, grid, offset, mask):
    """Return what every tap sees: (offset groups, their channels, kH kW, positions)."""
    values = np.empty((*planes.shape[:2], *mask.shape[1:]), planes.dtype)
    for group, move, factor, out in zip(planes, offset, mask, values, strict=True):
        at = grid + move.swapaxes(0, 1).astype(planes.dtype)
        row, near, above = _neighbours(at[0], size[0])
        column, close, left = _neighbours(at[1], size[1])
        # All channels of a group look at the same four pixels: (2, 2, kH kW, positions).
        index = row[:, None] * size[1] + column
        share = near[:, None] * close * factor.astype(planes.dtype)
        outside = ~(above[:, None] & left)
        for plane, sampled in zip(group, out, strict=True):
            seen = plane.take(index, mode="clip")
            np.copyto(seen, 0, where=outside)
            np.einsum("abkp,abkp->kp", seen, share, out=sampled)
    return values


def _neighbours(at, size):
    """Return index, share and whether it is inside, of the two pixels around points on an axis."""
    at = np.where((at <= -1) | (at >= size), -2, at)  # one pixel outside: both neighbours are 0
    floor = np.floor(np.nan_to_num(at, nan=-2)).astype(at.dtype, copy=False)
    index = np.stack([floor, floor + 1]).astype(np.intp)
    return index, np.stack([1 - (at - floor), at - floor]), (index >= 0) & (index < size)
