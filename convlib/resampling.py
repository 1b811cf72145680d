"""Maps made larger and smaller: pixel shuffling and interpolation."""

from math import floor, inf

import numpy as np

from convlib import _check as check
from convlib.compute.tiles import BLOCK

MODES = ("nearest", "bilinear")


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
    x = _maps(input)
    r = upscaled(upscale_factor, x.shape)
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
    x = _maps(input)
    (r,) = check.counts(downscale_factor=downscale_factor)
    check.affordable("the result", x.shape, "input", x.dtype)
    *lead, channels, height, width = x.shape
    if height % r or width % r:
        raise ValueError(f"downscale_factor={r} must divide the rows and columns of input "
                         f"{x.shape}")
    x = x.reshape(*lead, channels, height // r, r, width // r, r)  # …, C, H, i, W, j
    x = np.moveaxis(x, (-3, -1), (-4, -3))  # …, C, i, j, H, W
    return x.copy().reshape(*lead, channels * r**2, height // r, width // r)


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
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
    align_corners : bool, optional
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
    x, batched = check.batch_of_images("input", input)
    if not check.among(mode, MODES):
        raise ValueError(f"mode={mode!r} is unknown: use one of {', '.join(MODES)}")
    align_corners = align_corners is not None and check.flag("align_corners", align_corners)
    if align_corners and mode == "nearest":
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


def upscaled(upscale_factor, input_shape):
    """Return the factor r of which r times r channels make one."""
    (r,), channels = check.counts(upscale_factor=upscale_factor), input_shape[-3]
    if channels % r**2:
        raise ValueError(f"upscale_factor={r} needs a multiple of {r}*{r} channels, not {channels}"
                         f" as input {input_shape} has")
    return r


def _maps(input):
    """Return an array of numbers with axes (…, C, H, W)."""
    array = check.numbers("input", input)
    if array.ndim < 3:
        raise ValueError(f"input has shape {array.shape}: it needs (…, C, H, W)")
    return array


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
