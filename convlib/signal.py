"""Convolution and cross-correlation of signal processing, with SciPy's names and meaning.

How to undo a convolution: `convlib.deconvolution`.
"""

import numpy as np
from scipy import signal as _scipy

from convlib import _check as check

MODES = ("full", "same", "valid")
BOUNDARIES = ("fill", "wrap", "symm")


def convolve(in1, in2, mode="full", boundary="fill", fillvalue=0):
    r"""Convolve two signals or two images: the second is flipped.

    .. math:: y[n] = \sum_k f[k]\, g[n - k]

    Parameters
    ----------
    in1, in2 : array_like
        Both of one axis, or both of two; real numbers. Whole numbers stay exact.
    mode : {'full', 'same', 'valid'}
        All positions that touch; as many as ``in1`` has, centred; those wholly inside.
    boundary : {'fill', 'wrap', 'symm'}
        Beyond the border of ``in1``: ``fillvalue``, the other side, or the mirror image.
    fillvalue : scalar
        What 'fill' fills with.

    Returns
    -------
    ndarray

    Raises
    ------
    TypeError, ValueError
        If ranks, modes or types are not as above.

    Examples
    --------
    >>> convolve([1, 2, 3], [0, 1, 0.5])
    array([0. , 1. , 2.5, 4. , 1.5])

    References
    ----------
    Oppenheim and Schafer, Discrete-Time Signal Processing, chapter 2 (the convolution sum).
    """
    return _apply("convolve", in1, in2, mode, boundary, fillvalue)


def correlate(in1, in2, mode="full", boundary="fill", fillvalue=0):
    r"""Cross-correlate two signals or two images: the second is not flipped.

    .. math:: y[n] = \sum_k f[k + n]\, g[k]

    In mode 'full' the lags n run from -(len(in2) - 1) to len(in1) - 1. Nothing is centred or
    normalised here, unlike a statistician's correlation. Parameters and errors are `convolve`'s.

    Examples
    --------
    >>> correlate([1, 2, 3], [0, 1, 0.5])
    array([0.5, 2. , 3.5, 3. , 0. ])
    """
    return _apply("correlate", in1, in2, mode, boundary, fillvalue)


def correlation_lags(in1_len, in2_len, mode="full"):
    """Return the lag n of each value that `correlate` gives for two signals.

    Parameters
    ----------
    in1_len, in2_len : int
        How long the signals are.
    mode : {'full', 'same', 'valid'}
        As in `correlate`.

    Returns
    -------
    ndarray of int

    Raises
    ------
    TypeError, ValueError
        If a length is not whole or below 1, or ``in2`` does not fit in ``in1`` for 'valid'.

    Examples
    --------
    >>> import numpy as np
    >>> lags = correlation_lags(5, 3)
    >>> lags
    array([-2, -1,  0,  1,  2,  3,  4])
    >>> lags[np.argmax(correlate([0, 0, 0, 7, 1], [7, 1, 0]))]
    np.int64(3)
    """
    length, kernel = check.counts(in1_len=in1_len, in2_len=in2_len)
    if not check.among(mode, MODES):
        raise ValueError(f"mode={mode!r} is unknown: use one of {', '.join(MODES)}")
    if mode == "valid" and kernel > length:
        raise ValueError(f"in2_len={kernel} does not fit inside in1_len={length}: use another mode")
    count = {"full": length + kernel - 1, "same": length, "valid": length - kernel + 1}[mode]
    check.affordable("the result", (count,), "in1_len or in2_len", np.dtype(int))
    first = {"full": 1 - kernel, "same": (kernel - 1) // 2 + 1 - kernel, "valid": 0}[mode]
    return np.arange(first, first + count)


def _apply(operation, in1, in2, mode, boundary, fillvalue):
    a, b = check.signals(in1=in1, in2=in2)
    if not check.among(mode, MODES):
        raise ValueError(f"mode={mode!r} is unknown: use one of {', '.join(MODES)}")
    if not check.among(boundary, BOUNDARIES):
        raise ValueError(f"boundary={boundary!r} is unknown: use one of {', '.join(BOUNDARIES)}")
    if mode == "valid" and any(k > i for i, k in zip(a.shape, b.shape, strict=True)):
        raise ValueError(f"in2 {b.shape} does not fit inside in1 {a.shape}: use another mode")
    dtype, fillvalue = check.sum_type(a, b), check.number("fillvalue", fillvalue)
    if not float(fillvalue).is_integer():
        dtype = check.float_type(dtype)
    whole = tuple(i + k - 1 for i, k in zip(a.shape, b.shape, strict=True))
    check.affordable("the output", whole if mode == "full" else a.shape, "in1 or in2", dtype)
    a, b = check.cast("in1", a, dtype), check.cast("in2", b, dtype)
    # SciPy's two-dimensional functions are the ones with boundaries: a signal is an image's row.
    options = dict(mode=mode, boundary=boundary, fillvalue=np.asarray(fillvalue).astype(dtype))
    if a.ndim == 1:
        # Its one-dimensional correlate centres 'same' as a convolution does; correlate2d does not.
        b = b[::-1] if operation == "correlate" else b
        return _scipy.convolve2d(a[None], b[None], **options)[0]
    return getattr(_scipy, operation + "2d")(a, b, **options)
