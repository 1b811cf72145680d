"""Convolutions taken apart: depthwise, depthwise separable, and kernels of low rank."""

from typing import NamedTuple

import numpy as np

from convlib import _check as check
from convlib import costs, functional, shapes
from convlib.compute import operands

TOLERANCE = 1e-6  # of the largest singular value: float32's rounding is below it


class Separation(NamedTuple):
    """What `separate` returns: ``column @ row`` is the kernel, up to ``error``."""

    column: np.ndarray
    row: np.ndarray
    error: np.ndarray


def depthwise_conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1):
    r"""Convolve every channel by kernels of its own.

    .. math:: y[n, m c + q] = w[m c + q, 0] \star x[n, c], \quad q = 0, …, m - 1

    Parameters
    ----------
    input : array_like, shape (N, C_in, H, W) or (C_in, H, W)
        Images.
    weight : array_like, shape (m C_in, 1, kH, kW)
        m kernels for each channel, one channel's after the other's; m, the depth multiplier, is
        read off the shape.
    bias, stride, padding, dilation
        As in `functional.conv2d`.

    Returns
    -------
    ndarray, shape (N, m C_in, H_out, W_out) or (m C_in, H_out, W_out)

    Raises
    ------
    TypeError, ValueError
        As in `functional.conv2d`, of which this is the case groups=C_in.

    Examples
    --------
    >>> depthwise_conv2d([[[1, 2]], [[3, 4]]], [[[[1, 1]]], [[[1, -1]]]])
    array([[[ 3]],
    <BLANKLINE>
           [[-1]]])

    References
    ----------
    Sifre (2014), Rigid-Motion Scattering for Image Classification, PhD thesis, section 6.2.
    Chollet (2017), arXiv:1610.02357.
    """
    x, w = check.images("input", input), check.numbers("weight", weight)
    options = _depthwise("weight", w, x, stride, padding, dilation)
    return functional.conv2d(x, w, bias, **options)


def depthwise_separable_conv2d(input, depthwise_weight, pointwise_weight, bias=None, *,
                               stride=1, padding=0, dilation=1):
    """Convolve every channel by itself, then mix the channels of each position.

    The depthwise convolution sees space and no other channel, the 1x1 convolution sees channels
    and no space. Nothing stands between them; networks put a normalisation and an activation
    there: call `depthwise_conv2d` and `functional.conv2d` for that.

    Parameters
    ----------
    input : array_like, shape (N, C_in, H, W) or (C_in, H, W)
        Images.
    depthwise_weight : array_like, shape (m C_in, 1, kH, kW)
        Kernels of `depthwise_conv2d`.
    pointwise_weight : array_like, shape (C_out, m C_in, 1, 1)
        What each output channel takes of each of them.
    bias : array_like, shape (C_out,), optional
        Added to the result.
    stride, padding, dilation
        Of the depthwise part, as in `functional.conv2d`.

    Returns
    -------
    ndarray, shape (N, C_out, H_out, W_out) or (C_out, H_out, W_out)

    Raises
    ------
    TypeError, ValueError
        As in `functional.conv2d`.

    Examples
    --------
    >>> x = np.ones((3, 7, 7))
    >>> depthwise_separable_conv2d(x, np.ones((3, 1, 3, 3)), np.ones((128, 3, 1, 1))).shape
    (128, 5, 5)

    References
    ----------
    Howard et al. (2017), MobileNets, arXiv:1704.04861, section 3.1.
    """
    x, depthwise = check.images("input", input), check.numbers("depthwise_weight", depthwise_weight)
    pointwise = check.numbers("pointwise_weight", pointwise_weight)
    options = _depthwise("depthwise_weight", depthwise, x, stride, padding, dilation)
    if pointwise.ndim != 4 or pointwise.shape[1:] != (*depthwise.shape[:1], 1, 1):
        raise ValueError(
            f"pointwise_weight has shape {pointwise.shape}: it must be (C_out, m*C_in, 1, 1) for "
            f"depthwise_weight {depthwise.shape}, (m*C_in, 1, kH, kW)"
        )
    return operands.convolve(2, functional.conv2d(x, depthwise, **options), pointwise, bias,
                                1, 0, 1, 1, names=("input", "pointwise_weight"))


def separate(kernel, rank=1):
    r"""Write a kernel as a sum of columns times rows, as nearly as ``rank`` of them can.

    .. math:: K \approx \sum_{q=1}^{r} c_q\, r_q^T, \qquad
              \text{error} = \|K - \sum_q c_q r_q^T\|_F \, / \, \|K\|_F

    By the singular value decomposition: no other sum of as many products is nearer (Eckart and
    Young). Each singular value is shared equally between its column and its row; the largest
    number of each column is positive.

    Parameters
    ----------
    kernel : array_like, shape (…, kH, kW)
        One kernel, or a stack of kernels that are taken one by one. Whole numbers become float64.
    rank : int
        Number of products, from 1 to min(kH, kW).

    Returns
    -------
    column : ndarray, shape (…, kH, rank)
        The vertical kernels.
    row : ndarray, shape (…, rank, kW)
        The horizontal kernels: ``column @ row`` approximates ``kernel``.
    error : ndarray, shape (…)
        Relative error in the Frobenius norm; 0 for a kernel of zeros. `kernel_rank` tells at which
        rank it is nothing but rounding.

    Raises
    ------
    TypeError, ValueError
        If the kernel is not made of finite numbers, or the rank is out of range.

    Examples
    --------
    >>> sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    >>> column, row, error = separate(sobel)
    >>> (column / column[0]).round(6).T, (row / row[0, 2]).round(6) + 0
    (array([[1., 2., 1.]]), array([[-1.,  0.,  1.]]))
    >>> bool(error < 1e-15)
    True

    References
    ----------
    Eckart and Young (1936), Psychometrika 1, 211-218.
    Rigamonti et al. (2013), Learning Separable Filters, CVPR, section 3.
    """
    kernel = _kernel(kernel)
    (rank,) = check.counts(rank=rank)
    if rank > min(kernel.shape[-2:]):
        raise ValueError(f"rank={rank} is more than a kernel {kernel.shape[-2:]} can have: use at "
                         f"most {min(kernel.shape[-2:])}")
    u, s, vt = np.linalg.svd(kernel, full_matrices=False)
    share = np.sqrt(s[..., :rank])
    column, row = u[..., :rank] * share[..., None, :], share[..., None] * vt[..., :rank, :]
    # A decomposition may turn both signs. Equal sizes differ by rounding: take the first of them.
    size = np.abs(column)
    first = np.argmax(size >= size.max(-2, keepdims=True) * (1 - TOLERANCE), -2)[..., None, :]
    sign = np.where(np.take_along_axis(column, first, -2) < 0, -1, 1).astype(kernel.dtype)
    norm = np.linalg.norm(s, axis=-1)
    error = np.linalg.norm(s[..., rank:], axis=-1) / np.where(norm == 0, 1, norm)
    return Separation(column * sign, row * np.swapaxes(sign, -1, -2), error)


def kernel_rank(kernel, *, tolerance=TOLERANCE):
    """Return how many products of a column and a row a kernel is made of.

    Parameters
    ----------
    kernel : array_like, shape (…, kH, kW)
        One kernel, or a stack.
    tolerance : float
        Singular values up to this share of the largest count as 0. The default is about ten times
        float32's rounding, so that a separable kernel stored as float32 is still found to be one.

    Returns
    -------
    int, or ndarray of int, shape (…)
        1: spatially separable. 0: all zeros.

    Raises
    ------
    TypeError, ValueError
        If the kernel is not made of finite numbers, or the tolerance not of [0, 1).

    Examples
    --------
    >>> kernel_rank([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])    # Sobel
    1
    >>> kernel_rank([[0, 1, 0], [1, -4, 1], [0, 1, 0]])      # Laplace
    2
    """
    kernel = _kernel(kernel)
    tolerance = check.number("tolerance", tolerance)
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance={tolerance} must be one number, at least 0 and below 1")
    ranks = np.linalg.matrix_rank(kernel, rtol=tolerance)
    return ranks if kernel.ndim > 2 else int(ranks)


def separable_conv2d(input, column, row, bias=None, *, stride=1, padding=0, dilation=1):
    r"""Filter every channel by one kernel given as columns and rows: vertically, then horizontally.

    .. math:: y[n, c] = b[c] + \sum_q r_q \star (c_q \star x[n, c])

    Parameters
    ----------
    input : array_like, shape (N, C, H, W) or (C, H, W)
        Images; each channel is filtered by the same kernel, ``column @ row``.
    column : array_like, shape (kH, rank) or (kH,)
        Vertical kernels, as `separate` returns them.
    row : array_like, shape (rank, kW) or (kW,)
        Horizontal kernels.
    bias : array_like, shape (C,), optional
        Added to each channel.
    stride, padding, dilation
        As in `functional.conv2d`: the columns take the first number, the rows the second.

    Returns
    -------
    ndarray, shape (N, C, H_out, W_out) or (C, H_out, W_out)

    Raises
    ------
    TypeError, ValueError
        As in `functional.conv2d`, and if column and row are not of the same rank.

    Examples
    --------
    >>> ramp = np.arange(12).reshape(1, 3, 4)
    >>> separable_conv2d(ramp, [1, 2, 1], [-1, 0, 1])
    array([[[8, 8]]])

    References
    ----------
    Jaderberg, Vedaldi and Zisserman (2014), arXiv:1405.3866, section 2.
    """
    x = check.images("input", input)
    column, row = check.numbers("column", column), check.numbers("row", row)
    column = column[:, None] if column.ndim == 1 else column
    row = row[None] if row.ndim == 1 else row
    if column.ndim != 2 or row.ndim != 2 or column.shape[1] != row.shape[0]:
        raise ValueError(f"column has shape {column.shape} and row {row.shape}: they must be "
                         "(kH, rank) and (rank, kW)")
    if column.size == 0 or row.size == 0:
        raise ValueError(f"column has shape {column.shape} and row {row.shape}: none may be empty")
    channels = x.shape[-3]
    down, across = split_window(x.shape[-2:], (len(column), row.shape[1]), ("column", "row"),
                                stride, padding, dilation)
    for name, line in (("column", column), ("row", row)):
        check.affordable("the kernels", (channels, *line.shape), name, line.dtype)
    vertical = np.tile(column.T[:, None, :, None], (channels, 1, 1, 1))  # (C rank, 1, kH, 1)
    horizontal = np.tile(row[None, :, None, :], (channels, 1, 1, 1))  # (C, rank, 1, kW)
    parts = functional.conv2d(x, vertical, groups=channels, **down)
    return functional.conv2d(parts, horizontal, bias, groups=channels, **across)


def separable_macs(input_shape, kernel_size, *, rank=1, stride=1, padding=0, dilation=1):
    """Return the multiply-adds of `separable_conv2d`: of its columns and of its rows.

    Parameters
    ----------
    input_shape : (int, int, int)
        (C, H, W), without a batch axis.
    kernel_size : (int, int)
        (kH, kW).
    rank : int
        Number of products of a column and a row.
    stride, padding, dilation
        As in `functional.conv2d`.

    Returns
    -------
    (int, int)
        Their sum is below that of the full kernel where rank (kH + kW) is well below kH kW.

    Examples
    --------
    >>> costs.conv_macs((1, 5, 5), 1, (3, 3)), separable_macs((1, 5, 5), (3, 3))
    (81, (45, 27))
    """
    (rank,) = check.counts(rank=rank)
    height, width = check.integers("kernel_size", kernel_size, 2, 1)
    input_shape = _volume(input_shape)
    channels = input_shape[0]
    down, across = split_window(input_shape[1:], (height, width), ("kernel_size",) * 2, stride,
                                padding, dilation)
    middle = shapes.conv_output_shape(input_shape, (channels * rank, 1, height, 1),
                                      groups=channels, **down)
    return (
        costs.conv_macs(input_shape, channels * rank, (height, 1), groups=channels, **down),
        costs.conv_macs(middle, channels, (1, width), groups=channels, **across),
    )


def separable_parameters(kernel_size, *, rank=1):
    """Return how many numbers make up a kernel of some rank: rank (kH + kW).

    Examples
    --------
    >>> separable_parameters((7, 7)), separable_parameters((7, 7), rank=4)
    (14, 56)
    """
    (rank,) = check.counts(rank=rank)
    return rank * sum(check.integers("kernel_size", kernel_size, 2, 1))


def depthwise_separable_macs(input_shape, out_channels, kernel_size, *, multiplier=1, stride=1,
                             padding=0, dilation=1):
    """Return the multiply-adds of `depthwise_separable_conv2d`: of both its parts.

    Parameters
    ----------
    input_shape : (int, int, int)
        (C_in, H, W), without a batch axis.
    out_channels : int
        C_out.
    kernel_size : (int, int)
        (kH, kW) of the depthwise part.
    multiplier : int
        Depthwise kernels for each channel, m.
    stride, padding, dilation
        As in `functional.conv2d`.

    Returns
    -------
    (int, int)
        Depthwise and pointwise. With m = 1 and a square kernel, their sum is 1/C_out + 1/k^2 of
        the full convolution's.

    Examples
    --------
    >>> costs.conv_macs((3, 7, 7), 128, (3, 3))
    86400
    >>> depthwise_separable_macs((3, 7, 7), 128, (3, 3))
    (675, 9600)
    """
    (m,) = check.counts(multiplier=multiplier)
    kernel_size = check.integers("kernel_size", kernel_size, 2, 1)
    input_shape = _volume(input_shape)
    channels = input_shape[0]
    options = dict(stride=stride, padding=padding, dilation=dilation, groups=channels)
    middle = shapes.conv_output_shape(input_shape, (m * channels, 1, *kernel_size), **options)
    return (
        costs.conv_macs(input_shape, m * channels, kernel_size, **options),
        costs.conv_macs(middle, out_channels, (1, 1)),
    )


def depthwise_separable_parameters(in_channels, out_channels, kernel_size, *, multiplier=1):
    """Return the weights of `depthwise_separable_conv2d`: of both its parts, without bias.

    Examples
    --------
    >>> depthwise_separable_parameters(3, 128, (3, 3))
    (27, 384)
    """
    m, in_channels = check.counts(multiplier=multiplier, in_channels=in_channels)
    kernel_size = check.integers("kernel_size", kernel_size, 2, 1)
    return (
        costs.conv_parameters(in_channels, m * in_channels, kernel_size, groups=in_channels,
                               bias=False),
        costs.conv_parameters(m * in_channels, out_channels, (1, 1), bias=False),
    )


def split_window(size, kernel, names, stride, padding, dilation):
    """Split the options of a window into those of its column and those of its row.

    Each must fit on its axis; ``names`` are what the arguments are called that they come from.
    """
    s = check.integers("stride", stride, 2, 1)
    d = check.integers("dilation", dilation, 2, 1)
    pads = shapes.pad_width(padding, kernel, stride=s, dilation=d, size=size)
    column = dict(stride=(s[0], 1), padding=(pads[0], (0, 0)), dilation=(d[0], 1))
    row = dict(stride=(1, s[1]), padding=((0, 0), pads[1]), dilation=(1, d[1]))
    shapes.conv_layout((1, *size), (1, 1, kernel[0], 1), groups=1, **column, weight=names[0])
    shapes.conv_layout((1, *size), (1, 1, 1, kernel[1]), groups=1, **row, weight=names[1])
    return column, row


def _depthwise(name, w, x, stride, padding, dilation):
    """Return the options of a depthwise convolution, whose weight has this name."""
    channels = x.shape[-3]
    if w.ndim != 4 or w.shape[1] != 1 or w.shape[0] % channels:
        raise ValueError(f"{name} has shape {w.shape}: it must be (m*C_in, 1, kH, kW), m kernels "
                         f"for each of C_in={channels} channels")
    options = dict(stride=stride, padding=padding, dilation=dilation, groups=channels)
    shapes.conv_layout(x.shape, w.shape, **options, weight=name)
    return options


def _volume(input_shape):
    """Return (C, H, W), checked."""
    sizes = check.sizes("input_shape", input_shape)
    if len(sizes) != 3:
        raise ValueError(f"input_shape={input_shape!r} must be (C, H, W)")
    return sizes


def _kernel(kernel):
    kernel = check.numbers("kernel", kernel)
    if kernel.ndim < 2 or 0 in kernel.shape[-2:]:
        raise ValueError(f"kernel has shape {kernel.shape}: it needs (…, kH, kW)")
    dtype = kernel.dtype if kernel.dtype == np.float32 else np.dtype(np.float64)
    kernel = check.cast("kernel", kernel, dtype)
    if not np.isfinite(kernel).all():
        raise ValueError("kernel has a NaN or an infinity: it has no singular values")
    return kernel
