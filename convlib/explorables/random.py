"""Pseudo-random whole numbers that a page and Python draw alike (``shared/core/random.js``)."""

import math

MODULUS, MULTIPLIER, WARM_UP = 2**31 - 1, 16807, 3


def _draws(seed):
    """Yield Lehmer's numbers: x <- 16807 x mod (2**31 - 1), from x = seed + 1.

    The first three are passed over: they are small where the seed is.
    """
    x = seed + 1
    for _ in range(WARM_UP):
        x = MULTIPLIER * x % MODULUS
    while True:
        x = MULTIPLIER * x % MODULUS
        yield x


def random_tensors(seed, *kinds):
    """Return tensors of whole numbers, filled one after the other from one stream.

    Parameters
    ----------
    seed : int
        From 0 to 2147483645.
    *kinds : (shape, low, high)
        What each tensor is: its shape, its least and its greatest number.

    Returns
    -------
    list of ndarray
        One tensor of each kind, float64.

    Raises
    ------
    ValueError
        If the seed is out of range.

    Examples
    --------
    >>> random_tensors(7, ((2, 3), 0, 4))[0].tolist()
    [[3.0, 2.0, 4.0], [2.0, 4.0, 4.0]]

    References
    ----------
    Park and Miller (1988), Random number generators: good ones are hard to find.
    """
    import numpy as np

    if not 0 <= seed < MODULUS - 1:
        raise ValueError(f"seed={seed!r} must be from 0 to {MODULUS - 2}")
    draws = _draws(seed)
    return [np.array([low + next(draws) % (high - low + 1) for _ in range(math.prod(shape))],
                     dtype=float).reshape(shape) for shape, low, high in kinds]
