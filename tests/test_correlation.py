"""Convolution and cross-correlation of signals against NumPy, SciPy and their definitions."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from convlib import reference, signal

vectors = st.lists(st.integers(-9, 9), min_size=1, max_size=12).map(np.array)


@given(vectors, vectors, vectors)
def test_algebra(f, g, h):
    same = np.testing.assert_array_equal
    same(signal.convolve(f, g), np.convolve(f, g))
    same(signal.correlate(f, g), np.correlate(f, g, "full"))
    same(signal.convolve(f, g), reference.convolve(f, g))
    same(signal.correlate(f, g), reference.correlate(f, g))
    same(signal.convolve(f, g), signal.convolve(g, f))
    same(signal.convolve(signal.convolve(f, g), h), signal.convolve(f, signal.convolve(g, h)))
    same(signal.correlate(f, g), signal.correlate(g, f)[::-1])
    same(signal.correlate(f, g), signal.convolve(f, g[::-1]))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("boundary", ["fill", "wrap", "symm"])
def test_modes_and_boundaries_are_scipys(mode, boundary):
    rng = np.random.default_rng(1)
    f, g = rng.standard_normal((7, 9)), rng.standard_normal((3, 4))
    for ours, theirs in ((signal.convolve, scipy.signal.convolve2d),
                         (signal.correlate, scipy.signal.correlate2d)):
        np.testing.assert_allclose(ours(f, g, mode, boundary), theirs(f, g, mode, boundary))
    if boundary == "fill":
        np.testing.assert_allclose(signal.correlate(f[0], g[0], mode),
                                   scipy.signal.correlate(f[0], g[0], mode))


@pytest.mark.parametrize(("arguments", "error", "text"), [
    (([1], [[1]]), ValueError, "in1 has shape"),
    (([], [1]), ValueError, "empty"),
    ((["a"], [1]), TypeError, "in1"),
    (([1], [1], "fully"), ValueError, "mode"),
    (([1], [1], "full", "mirror"), ValueError, "boundary"),
    (([1], [1, 2], "valid"), ValueError, "does not fit"),
])
def test_bad_signals_are_named(arguments, error, text):
    for operation in (signal.convolve, signal.correlate):
        with pytest.raises(error, match=text):
            operation(*arguments)


@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from(signal.MODES))
def test_lags_are_those_of_the_values(length, kernel, mode):
    if mode == "valid" and kernel > length:
        return
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(length), rng.standard_normal(kernel)
    lags = signal.correlation_lags(length, kernel, mode)
    sums = [sum(a[i + n] * b[i] for i in range(kernel) if 0 <= i + n < length) for n in lags]
    np.testing.assert_allclose(signal.correlate(a, b, mode), sums, atol=1e-12)
    if mode != "same":  # SciPy's correlate centres that one elsewhere
        np.testing.assert_array_equal(lags, scipy.signal.correlation_lags(length, kernel, mode))
