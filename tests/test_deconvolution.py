"""Deconvolution against dense linear algebra, SciPy's and NumPy's own division, scikit-image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import restoration

from convlib import data, signal
from convlib.deconvolution import (
    deconvolve,
    inverse_filter,
    richardson_lucy,
    transfer_function,
    wiener,
)


@st.composite
def blurs(draw, axes, least=1, most=9):
    """A signal or image, and a kernel that fits in it: even or odd, in any corner."""
    shape = tuple(draw(st.integers(least, most)) for _ in range(axes))
    kernel = tuple(draw(st.integers(1, min(size, 5))) for size in shape)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x, h = rng.standard_normal(shape), rng.uniform(-1, 1, kernel)
    # One cell outweighs all others together: |H| is at least 1, and the inverse well-conditioned.
    cell = tuple(draw(st.integers(0, k - 1)) for k in kernel)
    h[cell] = rng.choice([-1, 1]) * (np.abs(h).sum() + 1)
    return x, h


any_blur = st.one_of(blurs(1, most=20), blurs(2))


def circular(x, h):
    return signal.convolve(x, h, "same", "wrap")


def matrix(shape, blur):
    """The matrix of a linear operation, from what it does to each unit vector."""
    units = np.eye(np.prod(shape)).reshape(-1, *shape)
    return np.stack([blur(unit).ravel() for unit in units], axis=1)


@given(blurs(1, most=20))
def test_inverse_brings_a_signal_back(case):
    x, h = case
    np.testing.assert_allclose(inverse_filter(circular(x, h), h), x, rtol=1e-10, atol=1e-10)


@given(blurs(2))
def test_inverse_brings_an_image_back(case):
    x, h = case
    np.testing.assert_allclose(inverse_filter(circular(x, h), h), x, rtol=1e-10, atol=1e-10)
    narrow = x.astype(np.float32), h.astype(np.float32)
    back = inverse_filter(circular(*narrow), narrow[1])
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, x, rtol=1e-5, atol=1e-5)


@given(any_blur)
def test_transfer_function_is_what_convolution_does(case):
    x, h = case
    transfer = transfer_function(h, x.shape)
    assert transfer.shape == x.shape
    np.testing.assert_allclose(
        np.fft.fftn(circular(x, h)), transfer * np.fft.fftn(x), rtol=1e-12, atol=1e-11
    )
    # Its definition, in the last axis: a sum over the kernel's cells, counted from the origin.
    row = h[(0,) * (h.ndim - 1)]
    cells, frequencies = np.arange(len(row)) - (len(row) - 1) // 2, np.arange(x.shape[-1])
    waves = np.exp(-2j * np.pi * np.outer(frequencies, cells) / x.shape[-1])
    np.testing.assert_allclose(transfer_function(row, x.shape[-1]), waves @ row, atol=1e-12)


@given(any_blur, st.floats(0.01, 10))
def test_wiener_is_the_regularised_least_squares_solution(case, balance):
    y, h = case
    blur = matrix(y.shape, lambda x: circular(x, h))
    ridge = np.linalg.solve(blur.T @ blur + balance * np.eye(y.size), blur.T @ y.ravel())
    ours = wiener(y, h, balance)
    np.testing.assert_allclose(ours.ravel(), ridge, rtol=1e-11, atol=1e-11)
    np.testing.assert_array_equal(wiener(y, h, np.full(y.shape, balance)), ours)
    narrow = wiener(y.astype(np.float32), h.astype(np.float32), balance)
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, ours, rtol=1e-5, atol=1e-5)


def test_wiener_is_scikit_images_for_odd_kernels():
    rng = np.random.default_rng(0)
    for y, h in ((rng.random(40), rng.random(5)), (rng.random((21, 18)), rng.random((3, 5)))):
        theirs = restoration.wiener(y, h, 0.1, reg=np.ones((1,) * y.ndim), clip=False)
        np.testing.assert_allclose(wiener(y, h, 0.1), theirs, rtol=1e-12, atol=1e-12)


def test_wiener_with_the_true_powers_has_the_least_error():
    """Over many draws of a smooth signal in white noise, no one number does as well."""
    rng = np.random.default_rng(0)
    h, shape, level = np.ones(4) / 4, (64,), 0.1
    power = 1 / (1 + (20 * np.fft.fftfreq(*shape)) ** 2)
    white = rng.standard_normal((200, *shape))
    signals = np.fft.ifft(np.fft.fft(white) * np.sqrt(power)).real
    noisy = [circular(x, h) + level * rng.standard_normal(shape) for x in signals]

    def loss(balance):
        found = [wiener(y, h, balance) for y in noisy]
        return np.mean((np.array(found) - signals) ** 2)

    best = loss(level**2 / power)
    assert all(best < loss(balance) for balance in np.logspace(-4, 1, 11))
    assert loss(1e-8) > 10 * best  # nearly the inverse: H has zeros, and the noise takes over


@pytest.mark.parametrize(("h", "shape"), [
    ([0.5, 0.5], (8,)), ([1, 1, 1], (9,)), ([1, -1], (7,)), ([[1, 1], [1, 1]], (6, 5)),
    (np.outer([1, 2, 1], [1, 0, -1]), (6, 8)), ([1, 1, 1, 1], (1000,)), (np.ones((7, 7)), (98, 77)),
])
def test_zeros_are_refused_or_left_out(h, shape):
    x = np.random.default_rng(0).standard_normal(shape)
    for dtype in (np.float64, np.float32):
        kernel = np.asarray(h, dtype)
        y = circular(x.astype(dtype), kernel)
        transfer = np.abs(transfer_function(np.asarray(h, float), shape))
        zeros = np.count_nonzero(transfer < 1e-12)
        assert zeros > 0
        with pytest.raises(ValueError, match=rf"wipes out {zeros} of {x.size} frequencies"):
            inverse_filter(y, kernel)
    if x.size < 100:
        blur = matrix(shape, lambda x: circular(x, h))
        pseudo = np.linalg.pinv(blur, rcond=1e-10) @ circular(x, h).ravel()
        ours = inverse_filter(circular(x, h), h, cutoff=0).ravel()
        np.testing.assert_allclose(ours, pseudo, rtol=1e-10, atol=1e-10)
        # As the noise vanishes, Wiener's filter becomes the same.
        limit = wiener(circular(x, h), h, 1e-9).ravel()
        np.testing.assert_allclose(limit, pseudo, atol=1e-6)


def test_cutoff_leaves_out_the_weak_frequencies():
    h, y = [0.25, 0.5, 0.25], np.random.default_rng(0).standard_normal(32)
    gain = np.abs(transfer_function(h, 32))
    found = np.fft.fft(inverse_filter(y, h, cutoff=0.3))
    np.testing.assert_array_equal(np.abs(found) > 1e-12, gain > 0.3)
    np.testing.assert_allclose((found * gain)[gain > 0.3], np.fft.fft(y)[gain > 0.3], rtol=1e-12)
    assert not inverse_filter(y, h, cutoff=1).any()


@given(any_blur, st.integers(0, 4))
def test_richardson_lucy_is_its_formula(case, more):
    y, h = (np.abs(array) + 0.1 for array in case)
    blur = matrix(y.shape, lambda x: signal.convolve(x, h / h.sum(), "same"))
    x = np.ones(y.size)
    for _ in range(more + 1):
        x = x * (blur.T @ (y.ravel() / (blur @ x)))
    ours = richardson_lucy(y, h, more + 1)
    np.testing.assert_allclose(ours.ravel() * h.sum(), x, rtol=1e-9)
    np.testing.assert_allclose(ours.sum() * h.sum(), y.sum(), rtol=1e-9)


@pytest.mark.parametrize("h", [[1, 2, 1], [1, 3], [[1, 2], [0, 3]], np.ones((3, 4)) / 12])
def test_richardson_lucy_never_lowers_the_likelihood(h):
    h, rng = np.asarray(h), np.random.default_rng(0)
    y = rng.poisson(signal.convolve(100 * rng.random((12,) * h.ndim) ** 4, h, "same"))
    blurred = (signal.convolve(richardson_lucy(y, h, n), h, "same") for n in range(1, 30))
    # Of Poisson's counts, but for what is the same each time: the total, and the factorials of y.
    likelihood = [np.sum(y[y > 0] * np.log(expected[y > 0])) for expected in blurred]
    assert min(np.diff(likelihood)) > -1e-9 * abs(likelihood[0])
    assert likelihood[-1] > likelihood[0]


@pytest.mark.parametrize("unit", [1e-20, 1, 1e20])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_richardson_lucy_finds_stars_in_any_unit(unit, dtype):
    x = np.zeros((40, 31))
    x[[5, 18, 30], [7, 20, 11]] = 3, 1, 2
    y = (unit * signal.convolve(x, np.ones((4, 3)), "same")).astype(dtype)
    found = richardson_lucy(y, np.ones((4, 3), dtype), 500)
    assert found.dtype == dtype
    np.testing.assert_allclose(found / unit, x, atol=1e-3)
    assert not richardson_lucy(np.zeros_like(y), np.ones((4, 3), dtype)).any()


@given(blurs(1, most=20), st.integers(0, 2**32 - 1))
def test_deconvolve_divides(case, seed):
    x, h = case
    h = np.concatenate([[np.abs(h).sum() + 1], h])  # all zeros inside the unit circle
    quotient, remainder = deconvolve(signal.convolve(x, h), h)
    np.testing.assert_allclose(quotient, x, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(remainder, 0, atol=1e-12 * np.abs(h).sum())
    y = np.random.default_rng(seed).standard_normal(len(x) + len(h))
    quotient, remainder = deconvolve(y, h)
    np.testing.assert_allclose(signal.convolve(quotient, h) + remainder, y, rtol=1e-12, atol=1e-12)
    theirs, rest = np.polydiv(y, h)
    np.testing.assert_allclose(quotient, theirs, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(remainder[len(quotient):], np.pad(rest, (len(h) - 1 - len(rest), 0)),
                               rtol=1e-10, atol=1e-10)


def test_deconvolve_drowns_where_a_zero_lies_outside_the_unit_circle():
    x = np.random.default_rng(0).standard_normal(60)
    for h, drowned in (([2, 1], False), ([1, 2], True)):
        y = signal.convolve(x, h)
        y[0] += 1e-9
        assert (np.abs(deconvolve(y, h)[0] - x).max() > 1) == drowned


OPERATIONS = [
    deconvolve, inverse_filter, lambda y, h: wiener(y, h, 0.1),
    richardson_lucy,
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_inputs_are_left_alone(operation):
    y, h = np.arange(1.0, 25)[::-3], np.array([4.0, 0, 1, 0])[::2]
    y.flags.writeable = h.flags.writeable = False
    before = y.copy(), h.copy()

    def results(y, h):
        found = operation(y, h)
        return found if isinstance(found, tuple) else (found,)

    whole, half = (results(y.astype(kind), h.astype(kind)) for kind in (np.int64, np.float32))
    for result, same, narrow in zip(results(y, h), whole, half, strict=True):
        assert result.flags.writeable and result.dtype == np.float64
        assert not np.shares_memory(result, y) and not np.shares_memory(result, h)
        np.testing.assert_array_equal(same, result)
        assert narrow.dtype == np.float32
        np.testing.assert_allclose(narrow, result, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(y, before[0])
    np.testing.assert_array_equal(h, before[1])
    assert np.isnan(results(np.where(y == y[2], np.nan, y), h)[0]).any()


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("arguments", "error", "text"), [
    ((None, [1]), TypeError, "y has dtype"),
    (([1, 2], ["a"]), TypeError, "h has dtype"),
    (([1, 1j], [1]), TypeError, "y has dtype"),
    (([[1, 2], [3]], [1]), ValueError, "y is ragged"),
    (([1, 2], [[1]]), ValueError, r"y has shape \(2,\) and h has shape \(1, 1\): give one axis"),
    ((np.zeros((2, 2, 2)), np.ones((1, 1, 1))), ValueError, "give one axis or two"),
    ((1, 1), ValueError, "give one axis or two"),
    (([], [1]), ValueError, "none may be empty"),
    (([1, 2], []), ValueError, "none may be empty"),
    (([1, 2], [1, 2, 3]), ValueError, r"h has shape \(3,\), and does not fit in y \(2,\)"),
])
def test_bad_operands_are_named(operation, arguments, error, text):
    with pytest.raises(error, match=text):
        operation(*arguments)


@pytest.mark.parametrize(("call", "error", "text"), [
    (lambda: deconvolve(np.ones((3, 3)), np.ones((2, 2))), ValueError, "inverse_filter"),
    (lambda: deconvolve([1, 2, 3], [0, 1]), ValueError, r"h\[0\] is 0"),
    (lambda: inverse_filter([1, 2], [0, 0]), ValueError, "wipes out 2 of 2"),
    (lambda: inverse_filter([1, 2], [1], cutoff=-0.1), ValueError, "cutoff=-0.1"),
    (lambda: inverse_filter([1, 2], [1], cutoff=1.1), ValueError, "cutoff=1.1"),
    (lambda: inverse_filter([1, 2], [1], cutoff=np.nan), ValueError, "cutoff=nan"),
    (lambda: inverse_filter([1, 2], [1], cutoff=[0.1, 0.2]), ValueError, "cutoff"),
    (lambda: inverse_filter([1, 2], [1], cutoff="a"), TypeError, "cutoff"),
    (lambda: wiener([1, 2], [1], 0), ValueError, "balance must be above 0"),
    (lambda: wiener([1, 2], [1], np.nan), ValueError, "balance must be above 0"),
    (lambda: wiener([1, 2], [1], [0.1, -0.1]), ValueError, "balance must be above 0"),
    (lambda: wiener([1, 2], [1], [0.1]), ValueError, r"balance has shape \(1,\)"),
    (lambda: wiener([1, 2], [1], "a"), TypeError, "balance"),
    (lambda: richardson_lucy([1, -2], [1]), ValueError, "y goes down to -2"),
    (lambda: richardson_lucy([1, 2], [1, -1]), ValueError, "h goes down to -1"),
    (lambda: richardson_lucy([1, 2], [0, 0]), ValueError, "h is all 0"),
    (lambda: richardson_lucy([1, 2], [1], 0), ValueError, "num_iter=0"),
    (lambda: richardson_lucy([1, 2], [1], 1.5), TypeError, "num_iter"),
    (lambda: transfer_function([1, 2], 1), ValueError, r"does not fit in shape=\(1,\)"),
    (lambda: transfer_function([1], 0), ValueError, "shape=0"),
    (lambda: transfer_function([1], (2, 2)), ValueError, "shape"),
    (lambda: transfer_function([1], 2.0), TypeError, "shape"),
    (lambda: transfer_function([[1]], (2**30, 2**30)), ValueError, "too large"),
    (lambda: transfer_function([], 2), ValueError, "h has shape"),
])
def test_bad_options_are_named(call, error, text):
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize("undo", [
    lambda y, h: inverse_filter(y, h), lambda y, h: wiener(y, h, 0.01),
    lambda y, h: richardson_lucy(y, h, 5)], ids=["inverse", "wiener", "richardson_lucy"])
def test_channels_are_restored_each_by_itself(undo):
    x = data.photo("astronaut")[:, 100:140, 100:150]
    h = np.array([[0, 1, 0], [1, 5, 1], [0, 1, 0]]) / 9
    y = np.stack([circular(channel, h) for channel in x])
    np.testing.assert_array_equal(undo(y, h), np.stack([undo(channel, h) for channel in y]))
    with pytest.raises(ValueError, match=r"its colors last: give \(C, H, W\), np.moveaxis"):
        undo(np.moveaxis(y, 0, -1), h)
    with pytest.raises(ValueError, match="does not fit in y"):
        undo(y[:, :2], h)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e-150, 1e150, 1e306])
def test_results_follow_the_size_of_the_numbers(size):
    """Multiplying y by a power of two multiplies the result, and the kernel's divides it."""
    rng = np.random.default_rng(0)
    size = 2.0 ** np.round(np.log2(size))
    y, h = rng.uniform(0, 1, (9, 8)), np.array([[0, 1, 0], [1, 5, 1], [0, 1, 0]]) / 9
    for undo in (inverse_filter, lambda y, h: richardson_lucy(y, h, 3)):
        np.testing.assert_array_equal(undo(y * size, h), undo(y, h) * size)
        np.testing.assert_array_equal(undo(y * size, h * size), undo(y, h))
    np.testing.assert_array_equal(wiener(y * size, h, 0.1), wiener(y, h, 0.1) * size)
    assert np.isfinite(wiener(y, h * size, 0.1)).all()
