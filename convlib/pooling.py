"""Windows that keep one number of many: pooling, and its reverse."""

from itertools import product

import numpy as np

from convlib import _check as check
from convlib import shapes


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):
    r"""Take the largest number of every window.

    .. math:: y[n, m, r, c] = \max_{i,j} x[n, m, s_y r + d_y i - p_y, s_x c + d_x j - p_x]

    over the elements that are inside the image: padding never wins.

    Parameters
    ----------
    input : array_like, shape (N, C, H, W) or (C, H, W)
        Images of any real dtype, which the result keeps.
    kernel_size : int or (int, int)
        Rows and columns of the window.
    stride : int or (int, int), optional
        Steps of the window; as large as the window if not given.
    padding : int or (int, int)
        How far windows reach over the border: at most half of ``kernel_size``.
    dilation : int or (int, int)
        Distance of a window's elements.
    ceil_mode : bool
        Whether a last window that the image fills only in part is kept. It must start inside the
        image or its padding before it.
    return_indices : bool
        Whether to tell where the numbers stood, for `max_unpool2d`.

    Returns
    -------
    y : ndarray, shape (N, C, H_out, W_out) or (C, H_out, W_out)
        The largest numbers.
    indices : ndarray of int64, same shape
        Only with ``return_indices``: row times W plus column, in the plane of each channel. Of
        equal numbers the first counts.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or no window fits.

    Notes
    -----
    As in PyTorch, a NaN wins over all numbers (its index is that of the window's last NaN). Where
    a dilated window has no element inside the image, the result is the dtype's least number (-inf),
    and the index -1.

    Examples
    --------
    >>> x = np.array([[[1, 5, 2, 0], [3, 4, 9, 8]]])
    >>> max_pool2d(x, 2, return_indices=True)
    (array([[[5, 9]]]), array([[[1, 6]]]))

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, section 9.3.
    """
    x, batched = check.batch_of_images("input", input)
    ceil_mode = check.flag("ceil_mode", ceil_mode)
    return_indices = check.flag("return_indices", return_indices)
    kernel, stride = _window(kernel_size, stride)
    padding = check.integers("padding", padding, 2, 0)
    dilation = check.integers("dilation", dilation, 2, 1)
    axes = list(zip(x.shape[2:], kernel, stride, padding, dilation, strict=True))
    sizes = shapes.pool_output_size(x.shape[2:], kernel, stride=stride, padding=padding,
                                    dilation=dilation, ceil_mode=ceil_mode)
    check.affordable("the output", (*x.shape[:2], *sizes), "input or padding", x.dtype)
    taps = [_taps(count, *axis) for axis, count in zip(axes, sizes, strict=True)]
    y = np.full((*x.shape[:2], *sizes), _least(x.dtype), x.dtype)
    indices = np.full(y.shape, -1, np.int64) if return_indices else [None] * len(y)
    for image, out, index in zip(x, y, indices, strict=True):
        for (rows, down), (columns, right) in product(*taps):
            _take_larger(image, rows, columns, (slice(None), down, right), out, index)
    if return_indices:
        return (y, indices) if batched else (y[0], indices[0])
    return y if batched else y[0]


@check.quiet
def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
               count_include_pad=True, divisor_override=None):
    r"""Take the mean of every window.

    .. math:: y[n, m, r, c] = \frac{1}{D} \sum_{i,j} x[n, m, s_y r + i - p_y, s_x c + j - p_x]

    Parameters
    ----------
    input : array_like, shape (N, C, H, W) or (C, H, W)
        Images. float32 stays float32; whole numbers become float64.
    kernel_size, stride, padding, ceil_mode
        As in `max_pool2d`.
    count_include_pad : bool
        Whether D counts the zeros of the padding too, or what is inside the image alone. What a
        last window has beyond the padding never counts.
    divisor_override : int, optional
        D, the same for all windows.

    Returns
    -------
    ndarray, shape (N, C, H_out, W_out) or (C, H_out, W_out)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or no window fits.

    Examples
    --------
    >>> avg_pool2d([[[1.0, 5.0], [3.0, 4.0]]], 2)
    array([[[3.25]]])
    >>> avg_pool2d([[[8.0]]], 2, padding=1), avg_pool2d([[[8.0]]], 2, 2, 1, False, False)
    (array([[[2.]]]), array([[[8.]]]))

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, section 9.3.
    """
    x, batched = check.batch_of_images("input", input)
    kernel, stride = _window(kernel_size, stride)
    padding = check.integers("padding", padding, 2, 0)
    whole = check.flag("count_include_pad", count_include_pad)
    sizes = shapes.pool_output_size(x.shape[2:], kernel, stride=stride, padding=padding,
                                    ceil_mode=ceil_mode)
    dtype = check.float_type(x)
    check.affordable("the output", (*x.shape[:2], *sizes), "input or padding", dtype)
    axes = list(zip(sizes, x.shape[2:], kernel, stride, padding, strict=True))
    y = np.zeros((*x.shape[:2], *sizes), dtype)
    for (rows, down), (columns, right) in product(*(_taps(*axis, 1) for axis in axes)):
        target = y[:, :, down, right]
        target += x[:, :, rows, columns]
    if divisor_override is not None:
        y /= check.counts(divisor_override=divisor_override)[0]
    else:
        down, right = (_counted(*axis, whole) for axis in axes)
        y /= (down[:, None] * right).astype(dtype)
    return y if batched else y[0]


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Put the numbers back to where `max_pool2d` found them, among zeros.

    Parameters
    ----------
    input : array_like, shape (N, C, H, W) or (C, H, W)
        Numbers of any real dtype, which the result keeps.
    indices : array_like of int, same shape
        Where each belongs: row times W_out plus column, as `max_pool2d` returns it.
    kernel_size, stride, padding
        As they were in `max_pool2d`.
    output_size : (int, int), optional
        (H_out, W_out), or the whole shape, whose last two count: pooling gives several sizes the
        same size, so that the right one may have to be told. It differs from the default by less
        than a stride.

    Returns
    -------
    ndarray, shape (N, C, H_out, W_out) or (C, H_out, W_out)
        By default H_out = (H - 1) stride - 2 padding + kernel_size, and W_out likewise. Where
        windows overlap and an index stands twice, the last number counts.

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit together, or an index lies outside the result.

    Examples
    --------
    >>> max_unpool2d([[[5, 9]]], [[[1, 6]]], 2)
    array([[[0, 5, 0, 0],
            [0, 0, 9, 0]]])

    References
    ----------
    Zeiler and Fergus (2014), arXiv:1311.2901, section 2.1 (the switches).
    """
    x, batched = check.batch_of_images("input", input)
    kernel, stride = _window(kernel_size, stride)
    padding = check.integers("padding", padding, 2, 0)
    sizes = tuple((i - 1) * s - 2 * p + k
                  for i, s, p, k in zip(x.shape[2:], stride, padding, kernel, strict=True))
    if output_size is not None:
        sizes = _chosen_size(output_size, x.ndim - (not batched), sizes, stride,
                             f"that input {x.shape}, {kernel_size=} and {padding=} lead to")
    shape = *x.shape[:2], *sizes
    if min(sizes) < 1:
        raise ValueError(f"the output would have shape {shape}: padding={padding} is too large")
    check.affordable("the output", shape, "input, kernel_size or stride", x.dtype)
    index = plane_indices(indices, x.shape if batched else x.shape[1:], sizes)
    y = np.zeros(shape, x.dtype)
    for image, where, out in zip(x, index if batched else index[None], y, strict=True):
        planes = len(image), -1
        np.put_along_axis(out.reshape(planes), where.reshape(planes).astype(np.intp),
                          image.reshape(planes), axis=1)
    return y if batched else y[0]


def plane_indices(value, input_shape, size):
    """Return where the numbers of an input belong in planes of a size."""
    index = check.numbers("indices", value)
    if index.dtype.kind not in "iu":
        raise TypeError(f"indices has dtype {index.dtype}: give whole numbers (int)")
    check.same_shape("indices", index, input_shape, input=input_shape)
    if index.size and not 0 <= index.min() <= index.max() < size[0] * size[1]:
        raise ValueError(f"indices has numbers from {index.min()} to {index.max()}: they must be "
                         f"from 0 to {size[0] * size[1] - 1}, inside a plane of {size}")
    return index


def _take_larger(image, rows, columns, windows, out, index):
    """Compare what one tap of all windows sees with the largest so far."""
    seen, best = image[:, rows, columns], out[windows]
    if index is None:
        np.maximum(best, seen, out=best)  # which lets NaN through
        return
    where, width = index[windows], image.shape[2]
    larger = (seen > best) | (seen != seen) | (where < 0)  # or NaN, or the first that is seen
    cells = np.arange(image.shape[1])[rows, None] * width + np.arange(width)[columns]
    np.copyto(best, seen, where=larger)
    np.copyto(where, cells, where=larger)


def _taps(count, size, kernel, stride, padding, dilation):
    """Return, for every tap that sees a number along an axis: which ones, in which windows."""
    taps = []
    # Taps before and after these see padding alone: there may be very many.
    for tap in range(max(0, -(((count - 1) * stride - padding) // dilation)),
                     min(kernel, (size - 1 + padding) // dilation + 1)):
        start = tap * dilation - padding
        first, last = max(0, -(start // stride)), min(count, (size - 1 - start) // stride + 1)
        if first < last:
            cells = slice(first * stride + start, (last - 1) * stride + start + 1, stride)
            taps.append((cells, slice(first, last)))
    return taps


def _counted(count, size, kernel, stride, padding, whole):
    """Return how many numbers each window has along an axis, with or without the padding's."""
    first = np.arange(count) * stride - padding
    last = np.minimum(first + kernel, size + padding)
    return last - first if whole else np.minimum(last, size) - np.maximum(first, 0)


def _chosen_size(output_size, axes, sizes, stride, origin):
    whole = isinstance(output_size, (tuple, list)) and len(output_size) == axes
    chosen = check.integers("output_size", output_size[-2:] if whole else output_size, 2, 1)
    for got, size, s in zip(chosen, sizes, stride, strict=True):
        if not size - s < got < size + s:
            raise ValueError(f"output_size={output_size!r} must differ by less than stride="
                             f"{stride} from the {sizes} {origin}")
    return chosen


def _window(kernel_size, stride):
    kernel = check.integers("kernel_size", kernel_size, 2, 1)
    return kernel, kernel if stride is None else check.integers("stride", stride, 2, 1)


def _least(dtype):
    if dtype.kind in "iu":
        return np.iinfo(dtype).min
    return -np.inf if dtype.kind == "f" else False
