r"""Convolutional sparse coding: a signal or an image as a sum of filters, each at a few places.

.. math:: \min_z F(z) = \tfrac12 \Big\| y - \sum_k d_k * z_k \Big\|^2 + \lambda \sum_k \|z_k\|_1

This is what Zeiler's "deconvolutional networks" solve: y is known, the maps z_k are sought, and the
filters d_k are known (`ista`, `fista`) or sought with them (`learn`). The convolutions are circular
and flip, ``signal.convolve(z[k], d[k], 'same', 'wrap')``; they are computed by FFT. (Zeiler's maps
are larger than y instead, by what a filter reaches beyond the border.)
"""

import math

import numpy as np
from scipy import fft

from convlib import _check as check
from convlib import deconvolution


def synthesize(maps, filters):
    r"""Add up the maps, each convolved with its filter.

    .. math:: (D z)[n] = \sum_k (d_k * z_k)[n]

    Parameters
    ----------
    maps : array_like, shape (K, L) or (K, H, W)
        One map a filter.
    filters : array_like, shape (K, k) or (K, kH, kW)
        Filters that are not larger than a map.

    Returns
    -------
    ndarray, shape (L,) or (H, W)
        float32 if both arguments are, else float64.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Examples
    --------
    >>> synthesize([[0, 1, 0, 0], [0, 0, 2, 0]], [[1, 2, 3], [0, 5, 0]])
    array([ 1.,  2., 13.,  0.])

    References
    ----------
    Zeiler, Krishnan, Taylor and Fergus (2010), Deconvolutional networks, equation 1.
    """
    maps, filters = _operands("maps", maps, filters, 1)
    if len(maps) != len(filters):
        raise ValueError(f"maps has shape {maps.shape}: give {len(filters)}, one for each filter")
    return _synthesis(maps, _spectra(filters, maps.shape[1:]))


def analyze(y, filters):
    r"""Correlate a signal with every filter: the adjoint of `synthesize`.

    .. math:: (D^T y)_k[n] = \sum_m d_k[m]\, y[n + m]

    so that :math:`\langle D z, y \rangle = \langle z, D^T y \rangle`. Once the penalty reaches
    the largest absolute value of ``analyze(y, filters)``, the best maps are all 0.

    Parameters
    ----------
    y : array_like, shape (L,) or (H, W)
        A signal or an image.
    filters : array_like, shape (K, k) or (K, kH, kW)
        Filters that are not larger than y.

    Returns
    -------
    ndarray, shape (K, L) or (K, H, W)
        float32 if both arguments are, else float64.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Examples
    --------
    >>> analyze([0, 1, 0, 0], [[1, 2, 3]])
    array([[3., 2., 1., 0.]])
    """
    y, filters = _operands("y", y, filters, 0)
    return _analysis(y, _spectra(filters, y.shape))


def lipschitz(filters, shape):
    r"""Return the largest eigenvalue of :math:`D^T D`, exactly, from the filters' spectra.

    .. math:: L = \max_u \sum_k |\hat d_k[u]|^2

    Circular convolutions act on each frequency alone. L bounds how fast the gradient of the squared
    error changes, so that steps of 1/L descend.

    Parameters
    ----------
    filters : array_like, shape (K, k) or (K, kH, kW)
        Filters.
    shape : int or tuple of int
        Size of the signal or image: L or (H, W).

    Returns
    -------
    float

    Examples
    --------
    >>> lipschitz([[1, 1], [1, -1]], 8)
    4.0
    """
    filters = _bank(filters)
    shape = check.integers("shape", shape, filters.ndim - 1, 1)
    _fits(filters, shape)
    return _norm(_spectra(filters, shape))


def soft_threshold(x, threshold):
    r"""Shrink towards 0: the proximal operator of the absolute value.

    .. math:: S_t(x) = \operatorname{sign}(x) \max(|x| - t, 0)

    Parameters
    ----------
    x : array_like
        Numbers.
    threshold : float
        t, at least 0.

    Returns
    -------
    ndarray, shape of x

    Raises
    ------
    TypeError, ValueError
        If x does not hold numbers, or the threshold is no number from 0 up.

    Examples
    --------
    >>> soft_threshold([-3.0, 0.5, 2.0], 1)
    array([-2.,  0.,  1.])
    """
    x = check.numbers("x", x)
    check.affordable("the result", x.shape, "x", np.dtype(np.float64))
    return _shrink(x, _at_least_0("threshold", threshold))


def objective(y, filters, maps, penalty):
    r"""Return F(z): half the squared error, and the penalty times the maps' absolute values.

    Parameters are those of `ista` and `synthesize`.

    Examples
    --------
    >>> objective([3, 0, 0], [[1]], [[2, 0, 0]], penalty=0.5)
    1.5
    """
    y, filters = _operands("y", y, filters, 0)
    penalty = _at_least_0("penalty", penalty)
    model = synthesize(maps, filters)
    if model.shape != y.shape:
        raise ValueError(f"maps gives a sum of shape {model.shape}: y has shape {y.shape}")
    return _objective(y - model, np.asarray(maps), penalty)


def ista(y, filters, penalty, *, num_iter=100):
    r"""Find the maps by gradient steps, each followed by a soft threshold.

    .. math:: z \leftarrow S_{\lambda / L} \Big( z + \tfrac1L\, D^T (y - D z) \Big)

    Parameters
    ----------
    y : array_like, shape (L,) or (H, W)
        The signal or image.
    filters : array_like, shape (K, k) or (K, kH, kW)
        Filters that are not larger than y, none all 0. Give them the same norm: a penalty on
        the maps favours the filter with the largest.
    penalty : float
        :math:`\lambda`, at least 0: the larger, the sparser the maps.
    num_iter : int
        Number of steps, at least 1.

    Returns
    -------
    maps : ndarray, shape (K, L) or (K, H, W)
        float32 if y and filters are, else float64.
    objective : ndarray, shape (num_iter + 1,), float64
        F at the start, where all maps are 0, and after each step.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    The objective never rises, and after n steps it is above its minimum by at most a constant
    times 1/n. The step is 1/L with the exact `lipschitz` constant L.

    Examples
    --------
    >>> ista([0, 3, 0, -2], [[1]], penalty=1, num_iter=1)
    (array([[ 0.,  2.,  0., -1.]]), array([6.5, 4. ]))

    References
    ----------
    Daubechies, Defrise and De Mol (2004), An iterative thresholding algorithm for linear inverse
    problems with a sparsity constraint.
    Beck and Teboulle (2009), A fast iterative shrinkage-thresholding algorithm, section 3.
    """
    return _descend(y, filters, penalty, num_iter, fast=False)


def fista(y, filters, penalty, *, num_iter=100):
    r"""Find the maps as `ista` does, but step from a point ahead of the last one.

    .. math:: t_{n+1} = \tfrac12 \Big( 1 + \sqrt{1 + 4 t_n^2} \Big), \qquad
              a = z_n + \frac{t_n - 1}{t_{n+1}} (z_n - z_{n-1}), \qquad
              z_{n+1} = S_{\lambda / L} \Big( a + \tfrac1L\, D^T (y - D a) \Big)

    The momentum takes the distance from the minimum down as 1/n² where ISTA has 1/n, for the same
    work; single steps may raise the objective. Parameters, results and errors are those of `ista`.

    Examples
    --------
    >>> y = [1, 3, 2, 0, 0, 0]
    >>> steps = dict(filters=[[0.6, 0.8]], penalty=0.1, num_iter=10)
    >>> bool(fista(y, **steps)[1][-1] < ista(y, **steps)[1][-1])
    True

    References
    ----------
    Beck and Teboulle (2009), A fast iterative shrinkage-thresholding algorithm, section 4.
    """
    return _descend(y, filters, penalty, num_iter, fast=True)


@check.quiet
def learn(y, filters, penalty, *, num_iter=100):
    r"""Find filters and maps together, by a step of the maps and a step of the filters in turn.

    Maps take the step of `ista`. Filters take a gradient step, and are then brought back into the
    unit ball, without which they would grow and the maps shrink:

    .. math:: d_k \leftarrow P \Big( d_k + \tfrac{1}{M}\, (\tilde z_k * (y - D z)) \Big), \qquad
              P(d) = d / \max(1, \|d\|), \qquad M = \max_u \sum_k |\hat z_k[u]|^2

    with the flipped map :math:`\tilde z_k`, at the filter's own cells.

    Parameters
    ----------
    y, penalty, num_iter
        As in `ista`.
    filters : array_like, shape (K, k) or (K, kH, kW)
        The filters to start from, brought to unit norm; random ones will do. None is all 0.

    Returns
    -------
    filters : ndarray, shape of filters
        With norms of at most 1.
    maps : ndarray, shape (K, L) or (K, H, W)
        The maps that go with them.
    objective : ndarray, shape (num_iter + 1,), float64
        F at the start, where all maps are 0, and after each pair of steps: it never rises.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    The problem is not convex: another start ends elsewhere, so try some and keep the lowest
    objective. Filters are found up to order, sign, and a shift that the map takes back; a shift may
    push some of a filter out of its cells, so leave it room.

    Examples
    --------
    >>> from convlib import signal
    >>> y = signal.convolve([0, 3, 0, 0, 0, 0, -2, 0, 0, 0], [3, 4, 0], "same")
    >>> filters, maps, objective = learn(y, [[1, 2, 1]], penalty=1, num_iter=100)
    >>> abs(filters.round(3))
    array([[0.6, 0.8, 0. ]])
    >>> abs(maps.round(2))
    array([[ 0., 14.,  0.,  0.,  0.,  0.,  9.,  0.,  0.,  0.]])

    References
    ----------
    Zeiler, Krishnan, Taylor and Fergus (2010), Deconvolutional networks.
    Bolte, Sabach and Teboulle (2014), Proximal alternating linearized minimization.
    """
    y, filters, penalty, num_iter = _problem(y, filters, penalty, num_iter)
    filters = filters / _norms(filters)
    # Where the filters' own cells lie in a correlation of the size of y.
    cells = np.ix_(*map(range, filters.shape[:1]), *map(_around_origin, filters.shape[1:]))
    spectra = _spectra(filters, y.shape)
    maps, error = np.zeros((len(filters), *y.shape), y.dtype), y
    values = _values(num_iter)
    values[0] = _objective(error, maps, penalty)
    for n in range(num_iter):
        step = 1 / _norm(spectra)
        maps = _shrink(maps + step * _analysis(error, spectra), step * penalty)
        error = y - _synthesis(maps, spectra)
        if maps.any():  # otherwise they tell nothing about the filters
            turned = fft.rfftn(maps, axes=range(1, maps.ndim))
            filters = filters + _analysis(error, turned)[cells] / _norm(turned)
            filters = filters / np.maximum(1, _norms(filters))
            spectra = _spectra(filters, y.shape)
            error = y - _synthesis(maps, spectra)
        values[n + 1] = _objective(error, maps, penalty)
    return filters, maps, values


@check.quiet
def _descend(y, filters, penalty, num_iter, fast):
    """Step num_iter times from maps of 0, with momentum (FISTA) or without (ISTA)."""
    y, filters, penalty, num_iter = _problem(y, filters, penalty, num_iter)
    spectra = _spectra(filters, y.shape)
    step = 1 / _norm(spectra)
    maps = ahead = np.zeros((len(filters), *y.shape), y.dtype)
    error = error_ahead = y
    values = _values(num_iter)
    values[0] = _objective(error, maps, penalty)
    t = 1
    for n in range(num_iter):
        last, last_error = maps, error
        maps = _shrink(ahead + step * _analysis(error_ahead, spectra), step * penalty)
        error = y - _synthesis(maps, spectra)
        values[n + 1] = _objective(error, maps, penalty)
        t, last_t = (1 + math.sqrt(1 + 4 * t**2)) / 2 if fast else 1, t
        momentum = (last_t - 1) / t
        ahead = maps + momentum * (maps - last)
        error_ahead = error + momentum * (error - last_error)  # D is linear: nothing to transform
    return maps, values


def _values(num_iter):
    """Return room for the objective at the start and after each step."""
    check.affordable("the objective", (num_iter + 1,), "num_iter", np.dtype(np.float64))
    return np.empty(num_iter + 1)


@check.quiet
def _synthesis(maps, spectra):
    """Add up the maps times the filters, in the frequencies."""
    axes = range(1, maps.ndim)
    total = np.sum(fft.rfftn(maps, axes=axes) * spectra, axis=0)
    return fft.irfftn(total, maps.shape[1:])


@check.quiet
def _analysis(y, spectra):
    """Correlate with each filter: the conjugate turns convolution into its adjoint."""
    return fft.irfftn(fft.rfftn(y) * spectra.conj(), y.shape, axes=range(1, spectra.ndim))


@check.quiet
def _objective(error, maps, penalty):
    squares, size = np.square(error, dtype=np.float64), np.abs(maps)
    return float(squares.sum() / 2 + penalty * size.sum(dtype=np.float64))


def _shrink(x, threshold):
    return x - np.clip(x, -threshold, threshold)


def _spectra(filters, shape):
    """Return the transfer functions, of which real signals need half (`scipy.fft.rfftn`)."""
    check.affordable("the spectra", (len(filters), *shape), "filters", np.dtype(np.complex128))
    whole = np.stack([deconvolution.transfer_function(each, shape) for each in filters])
    return whole[..., : shape[-1] // 2 + 1]


def _norm(spectra):
    """Return the squared norm of a sum of convolutions: of its strongest frequency."""
    return float(np.sum(spectra.real**2 + spectra.imag**2, axis=0).max())


def _norms(filters):
    """Return the Euclidean norm of each filter, in a shape that divides them."""
    axes = tuple(range(1, filters.ndim))
    return np.sqrt(np.sum(filters**2, axes, keepdims=True))


def _around_origin(k):
    return np.arange(k) - (k - 1) // 2


def _bank(filters):
    """Return filters that are numbers, none missing: (K, k) or (K, kH, kW)."""
    filters = check.numbers("filters", filters)
    if filters.ndim not in (2, 3) or filters.size == 0:
        raise ValueError(f"filters has shape {filters.shape}: it needs (K, k) or (K, kH, kW)")
    return filters


def _fits(filters, shape):
    if any(k > size for k, size in zip(filters.shape[1:], shape, strict=True)):
        raise ValueError(f"filters has shape {filters.shape}, and does not fit in {shape}")


def _operands(name, array, filters, axes):
    """Return an array that has so many axes beside the filters' own, and filters that fit in it."""
    array, filters = check.numbers(name, array), _bank(filters)
    if array.ndim != filters.ndim - 1 + axes or array.size == 0:
        raise ValueError(
            f"{name} has shape {array.shape}: it needs {filters.ndim - 1 + axes} axes, none empty, "
            f"for filters {filters.shape}"
        )
    _fits(filters, array.shape[axes:])
    dtype = check.float_type(array, filters)
    return check.cast(name, array, dtype), check.cast("filters", filters, dtype)


def _problem(y, filters, penalty, num_iter):
    """Return what the solvers ask for, checked."""
    y, filters = _operands("y", y, filters, 0)
    norms = _norms(filters)
    if not norms.all():
        raise ValueError(f"filters[{norms.argmin()}] is all 0: leave it out")
    (num_iter,) = check.counts(num_iter=num_iter)
    return y, filters, _at_least_0("penalty", penalty), num_iter


def _at_least_0(name, value):
    number = check.number(name, value)
    if not 0 <= number < math.inf:
        raise ValueError(f"{name}={value!r} must be one finite number, at least 0")
    return float(number)
