"""How to undo a convolution: by division, by spectra, with noise, and for counts."""

import math

import numpy as np
from scipy import fft
from scipy import signal as _scipy

from convlib import _check as check


@check.quiet
def deconvolve(y, h):
    r"""Divide a full convolution by its kernel, as polynomials are divided.

    .. math:: y = h * q + r, \qquad
              q[n] = \frac{1}{h[0]} \Big( y[n] - \sum_{k \ge 1} h[k]\, q[n - k] \Big)

    Parameters
    ----------
    y : array_like, shape (L,)
        What ``convolve(x, h)`` gave, in mode 'full': nothing is cut off.
    h : array_like, shape (k,)
        The kernel: not longer than y, and ``h[0]`` is not 0.

    Returns
    -------
    quotient : ndarray, shape (L - k + 1,)
        The signal x, where y is its convolution with h. float32 if y and h are, else float64.
    remainder : ndarray, shape (L,)
        What is left of y: rounding alone, where y is a convolution with h.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    Each sample is found from those before it. An error in y dies away if all zeros of the
    polynomial h lie inside the unit circle; if one lies outside, the error grows exponentially
    with n, and then noise, and in the end rounding, drowns x. Images cannot be divided like this.

    Examples
    --------
    >>> from convlib.signal import convolve
    >>> deconvolve(convolve([1, 2, 3], [2, 1]), [2, 1])
    (array([1., 2., 3.]), array([0., 0., 0., 0.]))

    References
    ----------
    Oppenheim and Schafer, Discrete-Time Signal Processing, section 5.2.2 (inverse systems).
    """
    y, h = _blurred(y, h)
    if y.ndim != 1:
        raise ValueError(f"y has shape {y.shape}: give one axis; for images use inverse_filter")
    if h[0] == 0:
        raise ValueError("h[0] is 0: take the zeros off the front of h, and as many values off y")
    quotient, remainder = _scipy.deconvolve(y, h)
    return quotient.astype(y.dtype), remainder.astype(y.dtype)


def transfer_function(h, shape):
    r"""Return the factors by which circular convolution with a kernel multiplies each frequency.

    .. math:: H[u] = \sum_n h[n]\, e^{-2 \pi i\, u (n - c) / L}, \qquad
              c = \lfloor (k - 1) / 2 \rfloor

    and likewise along both axes of an image. If X and Y are the discrete Fourier transforms of x
    and of ``convolve(x, h, 'same', 'wrap')``, then Y = H X.

    Parameters
    ----------
    h : array_like, shape (k,) or (kH, kW)
        The kernel. Its cell c is the origin, as in the mode 'same' of `convolve`.
    shape : int or tuple of int
        L or (H, W), the size of the signal or image: not smaller than the kernel.

    Returns
    -------
    ndarray, shape (L,) or (H, W)
        Complex, frequency 0 first, in the order of `numpy.fft.fftfreq`: complex64 if h is float32,
        else complex128.

    Raises
    ------
    TypeError, ValueError
        If h is no signal or image, or does not fit in the shape.

    Examples
    --------
    >>> abs(transfer_function([0.5, 0.5], 4)).round(3)
    array([1.   , 0.707, 0.   , 0.707])

    References
    ----------
    Oppenheim and Schafer, Discrete-Time Signal Processing, section 8.6.5 (circular convolution).
    """
    (h,) = check.signals(h=h)
    if isinstance(shape, (tuple, list)) and len(shape) != h.ndim:
        raise ValueError(f"shape={shape!r} must have one number for each axis of h {h.shape}")
    shape = check.integers("shape", shape, h.ndim, 1)
    dtype = check.float_type(h)
    check.affordable("the transfer function", shape, "shape", np.result_type(dtype, 1j))
    if any(k > size for k, size in zip(h.shape, shape, strict=True)):
        raise ValueError(f"h has shape {h.shape}, and does not fit in shape={shape}")
    grid = np.zeros(shape, dtype)
    grid[tuple(map(slice, h.shape))] = h
    origin = tuple((k - 1) // 2 for k in h.shape)
    return fft.fftn(np.roll(grid, np.negative(origin), range(h.ndim)))


@check.quiet
def inverse_filter(y, h, *, cutoff=None):
    r"""Undo a circular convolution: divide by its transfer function.

    .. math:: \hat X[u] = Y[u] / H[u]

    Parameters
    ----------
    y : array_like, shape (L,), (H, W) or (C, H, W)
        What ``convolve(x, h, 'same', 'wrap')`` gave; of an image with channels each by itself.
    h : array_like, shape (k,) or (kH, kW)
        The kernel, not larger than y; its origin as in `transfer_function`.
    cutoff : float, optional
        From 0 to 1: frequencies at which the size of H is at most this share of its largest are
        set to 0. So 0 leaves out the zeros of H alone (the pseudo-inverse).

    Returns
    -------
    ndarray, shape of y
        float32 if y and h are, else float64.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above; without ``cutoff``, also if H has zeros (to rounding).

    Notes
    -----
    Boundary: circular. A photograph is not, and the seam between its opposite borders acts as
    noise. Where H is 0 the convolution has wiped a frequency out, and no method can tell what it
    was. Where H is small, the noise in y is multiplied by the large 1/H: see `wiener`. Every
    output depends on every input, so that one NaN spoils all.

    Examples
    --------
    >>> from convlib.signal import convolve
    >>> y = convolve([4, 0, 0, 8, 0], [0.25, 0.5, 0.25], "same", "wrap")
    >>> abs(inverse_filter(y, [0.25, 0.5, 0.25]).round(6))
    array([4., 0., 0., 8., 0.])
    >>> inverse_filter([1, 0, 1, 0], [0.5, 0.5])
    Traceback (most recent call last):
    ValueError: h wipes out 1 of 4 frequencies (H is 0): set cutoff=0 to do without, or use wiener

    References
    ----------
    Gonzalez and Woods, Digital Image Processing, section 5.7 (inverse filtering).
    """
    y, h = _blurred(y, h)
    h, exponent = _near_one(h)
    transfer = transfer_function(h, y.shape[-h.ndim :])
    rounding = np.finfo(y.dtype).eps * (1 + math.log2(transfer.size))  # the FFT leaves it of a 0
    share = rounding if cutoff is None else max(rounding, _share("cutoff", cutoff))
    lost = np.abs(transfer) <= share * np.abs(transfer).max()
    if cutoff is None and lost.any():
        raise ValueError(
            f"h wipes out {np.count_nonzero(lost)} of {lost.size} frequencies (H is 0): "
            "set cutoff=0 to do without, or use wiener"
        )
    inverse = np.divide(1, transfer, out=np.zeros_like(transfer), where=~lost)
    return _filter(y, inverse, -exponent)


@check.quiet
def wiener(y, h, balance):
    r"""Undo a circular convolution of a noisy signal with the least mean squared error.

    .. math:: \hat X[u] = \frac{\overline{H[u]}}{|H[u]|^2 + \lambda[u]}\, Y[u]

    Parameters
    ----------
    y : array_like, shape (L,), (H, W) or (C, H, W)
        What ``convolve(x, h, 'same', 'wrap')`` gave, and noise; of an image with channels each
        by itself.
    h : array_like, shape (k,) or (kH, kW)
        The kernel, not larger than y; its origin as in `transfer_function`.
    balance : float or array_like
        :math:`\lambda`, above 0: the power of the noise divided by the power of x, one number for
        all frequencies, or one each (L or (H, W), in the order of `transfer_function`).

    Returns
    -------
    ndarray, shape of y
        float32 if y and h are, else float64.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    Boundary: circular. With one number for all frequencies this is Tikhonov's regularisation: it
    minimises :math:`\|y - h * x\|^2 + \lambda \|x\|^2`. Where :math:`|H|^2` is well above
    :math:`\lambda` this divides by H, and where it is well below it leaves next to nothing; as
    :math:`\lambda` tends to 0, the result tends to the pseudo-inverse.

    Examples
    --------
    >>> from convlib.signal import convolve
    >>> y = convolve([4, 0, 0, 8, 0], [0.25, 0.5, 0.25], "same", "wrap")
    >>> wiener(y, [0.25, 0.5, 0.25], 0.001).round(1)
    array([3.7, 0. , 0.2, 7.6, 0.4])

    References
    ----------
    Wiener (1949), Extrapolation, Interpolation, and Smoothing of Stationary Time Series.
    Gonzalez and Woods, Digital Image Processing, section 5.8 (Wiener filtering).
    """
    y, h = _blurred(y, h)
    size = y.shape[-h.ndim :]
    balance = check.numbers("balance", balance)
    if not balance.ndim:
        balance = np.asarray(check.number("balance", balance))
    elif balance.shape != size:
        raise ValueError(f"balance has shape {balance.shape}: give one number, or shape {size}")
    balance = balance.astype(y.dtype)
    if not (balance > 0).all():
        raise ValueError("balance must be above 0: for 0 use inverse_filter")
    # Not scikit-image's wiener: it centres even kernels elsewhere, and takes a kernel that has the
    # shape of half a spectrum for a transfer function.
    h, exponent = _near_one(h)
    transfer = transfer_function(h, size)
    power = transfer.real**2 + transfer.imag**2 + np.ldexp(balance, -2 * exponent)
    factors = np.divide(transfer.conj(), power, out=np.zeros_like(transfer), where=power > 0)
    return _filter(y, factors, -exponent)


@check.quiet
def richardson_lucy(y, h, num_iter=50):
    r"""Find the non-negative signal that most likely gave the counts y, by repeated correction.

    .. math:: x \leftarrow x \cdot \Big( \tilde h * \frac{y}{h * x} \Big)

    with the flipped kernel :math:`\tilde h`, starting from a constant.

    Parameters
    ----------
    y : array_like, shape (L,), (H, W) or (C, H, W)
        What ``convolve(x, h, 'same')`` gave, with Poisson's noise: numbers not below 0; of an
        image with channels each by itself.
    h : array_like, shape (k,) or (kH, kW)
        The kernel: numbers not below 0, not all 0; not larger than y; its origin as in
        `transfer_function`.
    num_iter : int
        Number of corrections, at least 1. Many sharpen noise too: stopping early is what
        regularises.

    Returns
    -------
    ndarray, shape of y
        Not below 0 (to rounding). float32 if y and h are, else float64; computed in float64.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    Boundary: all is dark (0) beyond the border, in x and in y. Each correction keeps the total,
    sum(x) sum(h) = sum(y), and does not lower the likelihood of y. What the blur carried over the
    border is missing in y, so that a picture cut out of a bright scene comes out wrong along its
    border.

    Examples
    --------
    >>> from convlib.signal import convolve
    >>> y = convolve([0, 0, 6, 0, 0], [1, 2, 1], "same")
    >>> richardson_lucy(y, [1, 2, 1], 1000).round(1)
    array([0., 0., 6., 0., 0.])

    References
    ----------
    Richardson (1972), Bayesian-based iterative method of image restoration.
    Lucy (1974), An iterative technique for the rectification of observed distributions.
    """
    from skimage import restoration

    y, h = _blurred(y, h)
    (num_iter,) = check.counts(num_iter=num_iter)
    for name, array in (("y", y), ("h", h)):
        if array.min() < 0:
            raise ValueError(f"{name} goes down to {array.min()}, but counts are not below 0")
    if h.max() == 0:
        raise ValueError("h is all 0: it leaves nothing of any signal to find")
    # scikit-image's kernel adds up to 1 and has a middle cell, and y is about 1.
    h, exponent = _near_one(h)
    total = h.sum(dtype=np.float64)
    kernel = np.pad(h / total, [(1 - k % 2, 0) for k in h.shape])

    def restored(channel):
        peak = np.float64(channel.max() or 1)
        x = restoration.richardson_lucy(channel / peak, kernel, num_iter, clip=False)
        return np.ldexp(x * (peak / total), -exponent)

    x = restored(y) if y.ndim == h.ndim else np.stack([restored(channel) for channel in y])
    return x.astype(y.dtype)


def _blurred(y, h):
    """Return what was blurred, and the kernel that fits in it, in their common dtype."""
    y = check.numbers("y", y)
    (h,) = check.signals(h=h)
    if y.ndim == 3 and h.ndim == 2:
        check.images("y", y)
        if y.shape[-1] in (3, 4) and y.shape[0] not in (1, 3, 4):
            raise ValueError(f"y has shape {y.shape}, with its colors last: give (C, H, W), "
                             f"np.moveaxis(y, -1, 0)")
    else:
        y, h = check.signals(y=y, h=h)
    size = y.shape[-h.ndim :]
    if any(k > side for k, side in zip(h.shape, size, strict=True)):
        raise ValueError(f"h has shape {h.shape}, and does not fit in y {y.shape}")
    dtype = check.float_type(y, h)
    return check.cast("y", y, dtype), check.cast("h", h, dtype)


def _near_one(array):
    """Return an array times a power of two, which is exact, and the exponent that undoes it.

    So no spectrum overflows, however large the numbers.
    """
    largest = max(float(array.max()), -float(array.min()))
    exponent = math.frexp(largest)[1] if math.isfinite(largest) else 0
    return np.ldexp(array, -exponent), exponent


def _share(name, value):
    number = check.number(name, value)
    if not 0 <= number <= 1:
        raise ValueError(f"{name}={value!r} must be one number from 0 to 1")
    return number


def _filter(y, factors, exponent):
    """Multiply each frequency of a signal, an image or its channels by its factor."""
    dtype, axes = y.dtype, range(-factors.ndim, 0)
    y, more = _near_one(y)
    x = fft.ifftn(fft.fftn(y, axes=axes) * factors, axes=axes).real
    return np.ldexp(x, exponent + more).astype(dtype)
