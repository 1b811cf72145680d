"""Pseudo-random numbers that a page and Python draw alike (``shared/core/random.js``)."""

import math

MODULUS, MULTIPLIER, WARM_UP = 2**31 - 1, 16807, 3


def _draws(seed):
    """Yield Lehmer's numbers: x <- 16807 x mod (2**31 - 1), from x = seed + 1.

    The first three are passed over: they are small where the seed is. A seed that is out of range
    is refused at the first number.
    """
    if not 0 <= seed < MODULUS - 1:
        raise ValueError(f"seed={seed!r} must be from 0 to {MODULUS - 2}")
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

    draws = _draws(seed)
    return [np.array([low + next(draws) % (high - low + 1) for _ in range(math.prod(shape))],
                     dtype=float).reshape(shape) for shape, low, high in kinds]


def permutation(seed, size):
    """Return the whole numbers from 0 to size - 1 in a random order.

    Parameters
    ----------
    seed : int
        From 0 to 2147483645.
    size : int
        How many.

    Returns
    -------
    ndarray, shape (size,), int64

    Raises
    ------
    ValueError
        If the seed is out of range.

    Examples
    --------
    >>> permutation(7, 5).tolist()
    [1, 2, 4, 0, 3]

    References
    ----------
    Durstenfeld (1964), Algorithm 235: random permutation, doi:10.1145/364520.364540.
    """
    import numpy as np

    draws, order = _draws(seed), list(range(size))
    for last in range(size - 1, 0, -1):
        other = next(draws) % (last + 1)
        order[last], order[other] = order[other], order[last]
    return np.array(order, dtype=np.int64)


def normals(seed, count):
    """Return normal numbers, of mean 0 and deviation 1, by the method of Box and Muller.

    Parameters
    ----------
    seed : int
        From 0 to 2147483645.
    count : int
        How many: an even number, for they come in pairs.

    Returns
    -------
    ndarray, shape (count,), float64

    Raises
    ------
    ValueError
        If the seed is out of range, or the count is odd.

    Examples
    --------
    >>> normals(7, 4).round(3).tolist()
    [-0.068, 0.894, -0.539, 0.53]

    References
    ----------
    Box and Muller (1958), doi:10.1214/aoms/1177706645.
    """
    import numpy as np

    if count % 2:
        raise ValueError(f"count={count} must be even: the numbers come in pairs")
    draws = _draws(seed)
    radius, turn = np.array([next(draws) / MODULUS for _ in range(count)]).reshape(-1, 2).T
    radius, turn = np.sqrt(-2 * np.log(radius)), 2 * np.pi * turn
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1).ravel()
