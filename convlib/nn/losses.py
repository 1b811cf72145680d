"""Losses: each returns the loss of a batch, and its gradient with respect to what was compared."""

import numpy as np
from scipy.special import expit, log_softmax

from convlib import _check as check


@check.quiet
def mse_loss(input, target):
    r"""Mean squared error.

    .. math:: L = \frac{1}{n} \sum_i (y_i - t_i)^2, \qquad
              \frac{\partial L}{\partial y_i} = \frac{2}{n} (y_i - t_i)

    Parameters
    ----------
    input, target : array_like, same shape
        What the network gave, y, and what it should have given, t.

    Returns
    -------
    loss : float
    gradient : ndarray, shape of ``input``

    Raises
    ------
    TypeError, ValueError
        If an argument does not hold real numbers, or the shapes differ.

    Examples
    --------
    >>> mse_loss([1.0, 3.0], [1.0, 1.0])
    (2.0, array([0., 2.]))
    """
    y, t = _pair(input, target)
    difference = y - t
    return float((difference * difference).mean()), difference * (2 / y.size)


@check.quiet
def cross_entropy(input, target):
    r"""Cross-entropy of scores, by softmax: one class an image, or one for each pixel.

    .. math:: L = -\frac{1}{n} \sum_i \log p_{i, t_i}, \quad
              p_{i, c} = \frac{e^{y_{i, c}}}{\sum_k e^{y_{i, k}}}, \qquad
              \frac{\partial L}{\partial y_{i, c}} = \frac{1}{n} (p_{i, c} - [c = t_i])

    Parameters
    ----------
    input : array_like, shape (N, C) or (N, C, …)
        Scores y of C classes ("logits").
    target : array_like of int, shape (N,) or (N, …)
        The right class of each image, or of each pixel.

    Returns
    -------
    loss : float
        The mean over images, or over all pixels of all images.
    gradient : ndarray, shape of ``input``

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit together, or a class is not one of 0 to C - 1.

    Examples
    --------
    >>> loss, gradient = cross_entropy([[0.0, 0.0]], [1])
    >>> round(loss, 4), gradient
    (0.6931, array([[ 0.5, -0.5]]))

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, section 6.2.2.3.
    """
    y, t = check.numbers("input", input), check.numbers("target", target)
    if y.ndim < 2 or y.size == 0:
        raise ValueError(f"input has shape {y.shape}: it needs (N, C) or (N, C, …), not empty")
    if t.dtype.kind not in "iu":
        raise TypeError(f"target has dtype {t.dtype}: give the numbers of classes (int)")
    if t.shape != (y.shape[0], *y.shape[2:]):
        raise ValueError(f"target has shape {t.shape}: it must be {(y.shape[0], *y.shape[2:])} for "
                         f"input {y.shape}")
    if t.min() < 0 or t.max() >= y.shape[1]:
        raise ValueError(f"target has numbers from {t.min()} to {t.max()}: they must be from 0 to "
                         f"{y.shape[1] - 1}, the classes of input {y.shape}")
    right = np.expand_dims(t, 1)
    logarithms = log_softmax(check.cast("input", y, check.float_type(y)), axis=1)
    loss = -np.take_along_axis(logarithms, right, 1)
    gradient = np.exp(logarithms)
    np.put_along_axis(gradient, right, np.take_along_axis(gradient, right, 1) - 1, 1)
    gradient /= t.size
    return float(loss.mean()), gradient


@check.quiet
def binary_cross_entropy_with_logits(input, target):
    r"""Cross-entropy of one score for yes or no, by the sigmoid.

    .. math:: L = \frac{1}{n} \sum_i \log(1 + e^{y_i}) - t_i y_i, \qquad
              \frac{\partial L}{\partial y_i} = \frac{1}{n} (\sigma(y_i) - t_i)

    Parameters
    ----------
    input, target : array_like, same shape
        Scores y ("logits"), and what the sigmoid of each should be, t: from 0 to 1.

    Returns
    -------
    loss : float
    gradient : ndarray, shape of ``input``

    Raises
    ------
    TypeError, ValueError
        If an argument does not hold real numbers, the shapes differ, or a target is not from 0 to
        1.

    Examples
    --------
    >>> loss, gradient = binary_cross_entropy_with_logits([0.0, 0.0], [0, 1])
    >>> round(loss, 4), gradient
    (0.6931, array([ 0.25, -0.25]))
    """
    y, t = _pair(input, target)
    if not (t.min() >= 0 and t.max() <= 1):
        raise ValueError(f"target has numbers from {t.min()} to {t.max()}: they must be from 0 to "
                         f"1")
    loss = np.logaddexp(0, y) - t * y
    return float(loss.mean()), (expit(y) - t) / y.size


def _pair(input, target):
    """Return two arrays of one shape, in the type of the first."""
    y, t = check.numbers("input", input), check.numbers("target", target)
    if t.shape != y.shape or y.size == 0:
        raise ValueError(f"target has shape {t.shape} and input {y.shape}: they must be the same, "
                         f"and not empty")
    y = check.cast("input", y, check.float_type(y))
    return y, check.cast("target", t, y.dtype)
