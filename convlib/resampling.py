"""Maps made smaller and larger: max pooling and its reverse, pixel shuffling, interpolation."""

from itertools import product
from math import floor, inf

import numpy as np

from convlib import _check as check
from convlib import shapes
from convlib.compute.tiles import BLOCK

MODES = ("nearest", "bilinear")


def max_pool2d(input, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):
    r"""Take the largest number of every window.

    .. math:: y[n, m, r, c] = \max_{i,j} x[n, m, s_y r + d_y i - p_y, s_x c + d_x j - p_x]

    over the cells that are inside the image: padding never wins.

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
        Distance of a window's cells.
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
    a dilated window has no cell inside the image, the result is the dtype's least number (-inf),
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
    x, batched = _batch(input)
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


def max_unpool2d(input, indices, kernel_size, *, stride=None, padding=0, output_size=None):
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
    x, batched = _batch(input)
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
    index = check.indices(indices, x.shape if batched else x.shape[1:], sizes)
    y = np.zeros(shape, x.dtype)
    for image, where, out in zip(x, index if batched else index[None], y, strict=True):
        planes = len(image), -1
        np.put_along_axis(out.reshape(planes), where.reshape(planes).astype(np.intp),
                          image.reshape(planes), axis=1)
    return y if batched else y[0]


def pixel_shuffle(input, upscale_factor):
    r"""Lay r² channels out as the r by r pixels of one.

    .. math:: y[m, r h + i, r w + j] = x[m r^2 + r i + j, h, w]

    Parameters
    ----------
    input : array_like, shape (…, C r², H, W)
        Maps of any real dtype, which the result keeps.
    upscale_factor : int
        r.

    Returns
    -------
    ndarray, shape (…, C, r H, r W)

    Raises
    ------
    TypeError, ValueError
        If r² does not divide the channels.

    Examples
    --------
    >>> pixel_shuffle(np.arange(4).reshape(4, 1, 1), 2)
    array([[[0, 1],
            [2, 3]]])

    References
    ----------
    Shi et al. (2016), arXiv:1609.05158, section 2.2 (sub-pixel convolution), equation 4.
    """
    x = check.maps("input", input)
    r = check.upscaled(upscale_factor, x.shape)
    check.affordable("the result", x.shape, "input", x.dtype)
    *lead, channels, height, width = x.shape
    x = x.reshape(*lead, channels // r**2, r, r, height, width)  # …, C, i, j, H, W
    x = np.moveaxis(x, (-4, -3), (-3, -1))  # …, C, H, i, W, j
    return x.copy().reshape(*lead, channels // r**2, height * r, width * r)


def pixel_unshuffle(input, downscale_factor):
    """Make r² channels of the r by r pixels of one: `pixel_shuffle` undone.

    Parameters
    ----------
    input : array_like, shape (…, C, r H, r W)
        Maps of any real dtype, which the result keeps.
    downscale_factor : int
        r.

    Returns
    -------
    ndarray, shape (…, C r², H, W)

    Raises
    ------
    TypeError, ValueError
        If r does not divide the rows and the columns.

    Examples
    --------
    >>> pixel_unshuffle([[[0, 1], [2, 3]]], 2).ravel()
    array([0, 1, 2, 3])
    """
    x = check.maps("input", input)
    (r,) = check.counts(downscale_factor=downscale_factor)
    check.affordable("the result", x.shape, "input", x.dtype)
    *lead, channels, height, width = x.shape
    if height % r or width % r:
        raise ValueError(f"downscale_factor={r} must divide the rows and columns of input "
                         f"{x.shape}")
    x = x.reshape(*lead, channels, height // r, r, width // r, r)  # …, C, H, i, W, j
    x = np.moveaxis(x, (-3, -1), (-4, -3))  # …, C, i, j, H, W
    return x.copy().reshape(*lead, channels * r**2, height // r, width // r)


def interpolate(input, *, size=None, scale_factor=None, mode="nearest", align_corners=False):
    r"""Resize images: by repeating pixels, or by straight lines between them.

    An output pixel o along an axis looks at the input at

    .. math:: \lfloor o / f \rfloor \text{ (nearest)}, \qquad
              (o + \tfrac12) / f - \tfrac12 \text{ (bilinear)}, \qquad
              o\, \frac{i - 1}{i' - 1} \text{ (bilinear, align\_corners)}

    where f is the scale factor, or i'/i, output size by input size, if ``size`` is given. Places
    beyond the outermost pixels' centres have the outermost values.

    Parameters
    ----------
    input : array_like, shape (N, C, H, W) or (C, H, W)
        Images. 'nearest' keeps any real dtype; 'bilinear' makes float64 of whole numbers.
    size : int or (int, int)
        Output rows and columns. Give either this or ``scale_factor``.
    scale_factor : float or (float, float)
        f; the output has floor(f i) rows and columns. It need not be whole.
    mode : {'nearest', 'bilinear'}
        What to do between pixels.
    align_corners : bool
        Whether the outermost pixels' centres stay in place (bilinear only). If not, the image's
        outer edges do.

    Returns
    -------
    ndarray, shape (N, C, H_out, W_out) or (C, H_out, W_out)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or nothing is left of the image.

    Notes
    -----
    As PyTorch does: an axis that keeps its size is copied whatever f says; 'nearest' repeats each
    pixel twice along an axis that doubles, and computes o / f in float32 elsewhere; 'bilinear'
    reads all four neighbours, also those whose share is 0, so that a NaN reaches them.

    Examples
    --------
    >>> interpolate([[[0.0, 1.0]]], size=(1, 4))
    array([[[0., 0., 1., 1.]]])
    >>> interpolate([[[0.0, 1.0]]], size=(1, 4), mode="bilinear")
    array([[[0.  , 0.25, 0.75, 1.  ]]])

    References
    ----------
    Odena, Dumoulin and Olah (2016), Deconvolution and checkerboard artifacts, Distill.
    """
    x, batched = _batch(input)
    if not check.among(mode, MODES):
        raise ValueError(f"mode={mode!r} is unknown: use one of {', '.join(MODES)}")
    if check.flag("align_corners", align_corners) and mode == "nearest":
        raise ValueError("align_corners=True needs mode='bilinear'")
    sizes, steps = _resized(x.shape, size, scale_factor)
    dtype = x.dtype if mode == "nearest" else check.float_type(x)
    check.affordable("the output", (*x.shape[:2], *sizes), "input, size or scale_factor", dtype)
    if mode == "nearest":
        rows, columns = map(_nearest, x.shape[2:], sizes, steps)
        y = x[:, :, rows[:, None], columns]
    else:
        x = check.cast("input", x, dtype)
        rows, columns = (_between(i, o, step, align_corners, x.dtype)
                         for i, o, step in zip(x.shape[2:], sizes, steps, strict=True))
        y = _bilinear(x, rows, columns)
    return y if batched else y[0]


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
    """Return, for every tap that sees a cell along an axis: which cells, and in which windows."""
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


def _chosen_size(output_size, axes, sizes, stride, origin):
    whole = isinstance(output_size, (tuple, list)) and len(output_size) == axes
    chosen = check.integers("output_size", output_size[-2:] if whole else output_size, 2, 1)
    for got, size, s in zip(chosen, sizes, stride, strict=True):
        if not size - s < got < size + s:
            raise ValueError(f"output_size={output_size!r} must differ by less than stride="
                             f"{stride} from the {sizes} {origin}")
    return chosen


def _resized(shape, size, scale_factor):
    """Return the output sizes, and how far apart the output pixels are in the input (1/f)."""
    if (size is None) == (scale_factor is None):
        raise ValueError(f"size={size!r} and scale_factor={scale_factor!r}: give one of them")
    if size is not None:
        sizes = check.integers("size", size, 2, 1)
        steps = [i / o for i, o in zip(shape[2:], sizes, strict=True)]
    else:
        factors = _factors(scale_factor)
        sizes = [floor(min(i * f, check.LIMIT + 1)) for i, f in zip(shape[2:], factors,
                                                                    strict=True)]
        steps = [1 / f for f in factors]
        if 0 in sizes:
            raise ValueError(f"scale_factor={scale_factor!r} leaves nothing of {shape[2:]}")
    return sizes, steps


def _factors(scale_factor):
    values = scale_factor if isinstance(scale_factor, (tuple, list)) else (scale_factor,) * 2
    if len(values) != 2:
        raise ValueError(f"scale_factor={scale_factor!r} has {len(values)} numbers: give one, or 2")
    factors = [check.number("scale_factor", each) for each in values]
    if not all(0 < each < inf for each in factors):
        raise ValueError(f"scale_factor={scale_factor!r} must be above 0 and finite")
    return list(map(float, factors))


def _nearest(size, count, step):
    """Return the index of the pixel that each output pixel repeats."""
    if count in (size, 2 * size):
        return np.arange(count) * size // count
    return np.minimum(np.floor(np.arange(count, dtype=np.float32) * np.float32(step)),
                      size - 1).astype(np.intp)


def _between(size, count, step, align_corners, dtype):
    """Return the pixels before and after each output pixel, and the share of the second."""
    real = np.result_type(dtype, np.float32).type  # places are as exact as the pixels
    at = np.arange(count, dtype=real)
    if align_corners:
        at *= real((size - 1) / max(count - 1, 1))
    elif count != size:
        at = np.clip((at + real(0.5)) * real(step) - real(0.5), 0, size - 1)
    low = np.minimum(at.astype(np.intp), size - 1)
    high = np.minimum(low + 1, size - 1) if count != size else low
    return low, high, (at - low.astype(real)).astype(dtype)


@check.quiet
def _bilinear(x, rows, columns):
    """Interpolate down, then across, as many rows at a time as fit the cache."""
    (above, below, down), (left, right, across) = rows, columns
    y = np.empty((*x.shape[:2], len(down), len(across)), x.dtype)
    step = max(1, BLOCK // (x.shape[1] * max(x.shape[3], len(across)) * x.itemsize))
    for image, out in zip(x, y, strict=True):
        for first in range(0, len(down), step):
            part = slice(first, first + step)
            share = down[part, None]
            band = image[:, above[part]] * (1 - share) + image[:, below[part]] * share
            out[:, part] = band[..., left] * (1 - across) + band[..., right] * across
    return y


def _batch(input):
    """Return images with a batch axis, and whether they had it."""
    x = check.images("input", input)
    return (x, True) if x.ndim == 4 else (x[None], False)


def _window(kernel_size, stride):
    kernel = check.integers("kernel_size", kernel_size, 2, 1)
    return kernel, kernel if stride is None else check.integers("stride", stride, 2, 1)


def _least(dtype):
    if dtype.kind in "iu":
        return np.iinfo(dtype).min
    return -np.inf if dtype.kind == "f" else False
