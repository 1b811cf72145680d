"""Sparse coding against `signal`, dense linear algebra, closed forms and its paper's bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlib import data, signal
from convlib import sparse_coding as coding

# For tests that take thousands of steps a case: a tenth of what the profile gives.
few = settings(max_examples=settings.default.max_examples // 10)


@st.composite
def problems(draw):
    """A signal or an image, as many filters as come, even or odd, and a penalty that tells."""
    axes = draw(st.integers(1, 2))
    shape = tuple(draw(st.integers(1, 12 if axes == 1 else 6)) for _ in range(axes))
    kernel = tuple(draw(st.integers(1, min(size, 4))) for size in shape)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    filters = rng.standard_normal((draw(st.integers(1, 3)), *kernel))
    y = rng.standard_normal(shape)
    return y, filters, draw(st.floats(0.01, 1)) * np.abs(coding.analyze(y, filters)).max()


def dense(filters, shape):
    """The matrix D, from what `signal` makes of each unit vector in each map."""
    units = np.eye(np.prod(shape)).reshape(-1, *shape)
    columns = [signal.convolve(unit, d, "same", "wrap").ravel() for d in filters for unit in units]
    return np.stack(columns, axis=1)


@given(problems(), st.integers(0, 2**32 - 1))
def test_synthesis_and_its_adjoint(problem, seed):
    y, filters, _ = problem
    maps = np.random.default_rng(seed).standard_normal((len(filters), *y.shape))
    model = coding.synthesize(maps, filters)
    sums = sum(signal.convolve(z, d, "same", "wrap") for z, d in zip(maps, filters, strict=True))
    np.testing.assert_allclose(model, sums, rtol=1e-12, atol=1e-12)
    correlations = coding.analyze(y, filters)
    assert correlations.shape == maps.shape
    size = np.linalg.norm(model) * np.linalg.norm(y) + 1
    assert abs(np.vdot(model, y) - np.vdot(maps, correlations)) < 1e-13 * size
    narrow = coding.synthesize(maps.astype(np.float32), filters.astype(np.float32))
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, model, rtol=1e-5, atol=1e-5)


@given(problems())
def test_lipschitz_is_the_largest_eigenvalue(problem):
    y, filters, _ = problem
    largest = np.linalg.norm(dense(filters, y.shape), 2) ** 2
    assert coding.lipschitz(filters, y.shape) == pytest.approx(largest, rel=1e-10)


@given(problems(), st.integers(1, 20))
def test_ista_never_rises(problem, num_iter):
    maps, objective = coding.ista(*problem, num_iter=num_iter)
    y, filters, penalty = problem
    assert objective.shape == (num_iter + 1,) and maps.shape == (len(filters), *y.shape)
    assert objective[0] == pytest.approx(np.sum(y**2) / 2)
    assert objective[-1] == pytest.approx(coding.objective(y, filters, maps, penalty), rel=1e-12)
    assert np.diff(objective).max() <= 1e-13 * objective[0]
    # Its definition, step by step, with the matrix.
    matrix, z = dense(filters, y.shape), np.zeros(maps.size)
    step = 1 / np.linalg.norm(matrix, 2) ** 2
    for _ in range(num_iter):
        ahead = z + step * matrix.T @ (y.ravel() - matrix @ z)
        z = np.sign(ahead) * np.maximum(np.abs(ahead) - step * penalty, 0)
    np.testing.assert_allclose(maps.ravel(), z, rtol=1e-10, atol=1e-10)


@given(problems(), st.integers(1, 20))
def test_fista_is_its_formula(problem, num_iter):
    y, filters, penalty = problem
    maps, objective = coding.fista(*problem, num_iter=num_iter)
    assert objective[-1] == pytest.approx(coding.objective(y, filters, maps, penalty), rel=1e-12)
    matrix, z, t = dense(filters, y.shape), np.zeros(maps.size), 1
    step, ahead = 1 / np.linalg.norm(matrix, 2) ** 2, z
    for _ in range(num_iter):
        ahead = ahead + step * matrix.T @ (y.ravel() - matrix @ ahead)
        last, z = z, np.sign(ahead) * np.maximum(np.abs(ahead) - step * penalty, 0)
        following = (1 + np.sqrt(1 + 4 * t**2)) / 2
        ahead, t = z + (t - 1) / following * (z - last), following
    np.testing.assert_allclose(maps.ravel(), z, rtol=1e-9, atol=1e-9)


@few
@given(problems())
def test_both_stay_under_the_bounds_of_beck_and_teboulle(problem):
    """Theorems 3.1 and 4.4: L|z*|²/(2n) and 2L|z*|²/(n + 1)² above the minimum."""
    y, filters, _ = problem
    best, objective = coding.fista(*problem, num_iter=1000)
    n, size = np.arange(1, 101), coding.lipschitz(filters, y.shape) * np.sum(best**2)
    for solver, bound in ((coding.ista, size / (2 * n)), (coding.fista, 2 * size / (n + 1) ** 2)):
        above = solver(*problem, num_iter=100)[1][1:] - objective.min()
        assert np.all(above <= bound + 1e-12 * objective[0])


@few
@given(problems())
def test_the_end_is_a_minimum(problem):
    """The conditions of Karush, Kuhn and Tucker: they hold at a minimum and nowhere else."""
    y, filters, penalty = problem
    tolerance = 1e-4 * penalty
    for num_iter in (10**3, 10**4, 10**5):  # the last for filters that nearly lose a frequency
        maps, _ = coding.fista(*problem, num_iter=num_iter)
        slope = coding.analyze(y - coding.synthesize(maps, filters), filters)
        excess = np.abs(slope).max() - penalty
        mismatch = np.abs(slope - penalty * np.sign(maps))[maps != 0].max(initial=0)
        if max(excess, mismatch) < tolerance:
            break
    assert excess < tolerance
    assert mismatch < tolerance


@given(problems(), st.floats(0.1, 3), st.integers(0, 2))
def test_a_delta_is_solved_by_one_threshold(problem, height, cell):
    """With one cell a at offset c: z[n] = S(a y[n + c], penalty) / a², after one step."""
    y, _, penalty = problem
    delta = np.zeros((1,) + (min(3, *y.shape),) * y.ndim)
    cell = min(cell, delta.shape[1] - 1)
    delta[(0,) + (cell,) * y.ndim] = height
    origin = (delta.shape[1] - 1) // 2
    moved = np.roll(y, (origin - cell,) * y.ndim, tuple(range(y.ndim)))
    expected = coding.soft_threshold(height * moved, penalty) / height**2
    for solver, steps in ((coding.ista, 1), (coding.fista, 1), (coding.ista, 5), (coding.fista, 5)):
        maps, _ = solver(y, delta, penalty, num_iter=steps)
        np.testing.assert_allclose(maps[0], expected, rtol=1e-12, atol=1e-12)


@given(st.lists(st.floats(-10, 10), min_size=1), st.floats(0, 5))
def test_soft_threshold(values, t):
    x = np.array(values)
    shrunk = coding.soft_threshold(x, t)
    np.testing.assert_allclose(shrunk, np.sign(x) * np.maximum(np.abs(x) - t, 0), atol=1e-14)
    assert not np.signbit(shrunk[np.abs(x) <= t]).any()
    assert coding.soft_threshold(np.float32(values), t).dtype == np.float32


@pytest.mark.parametrize("num_iter", [10, 50, 200])
def test_fista_gets_lower_in_as_many_steps(num_iter):
    rng = np.random.default_rng(0)
    filters = rng.standard_normal((6, 7, 7))
    filters /= np.linalg.norm(filters, axis=(1, 2), keepdims=True)
    photo = data.photo("camera")[100:164, 200:260]
    slow = coding.ista(photo, filters, 0.05, num_iter=num_iter)[1]
    fast = coding.fista(photo, filters, 0.05, num_iter=num_iter)[1]
    assert fast[-1] < slow[-1]


@pytest.mark.parametrize(("shape", "kernel"), [((200,), (9,)), ((40, 33), (5, 4))])
def test_a_planted_sparse_code_is_found(shape, kernel):
    rng = np.random.default_rng(0)
    filters = rng.standard_normal((3, *kernel))
    filters /= np.linalg.norm(filters.reshape(3, -1), axis=1).reshape(3, *(1,) * len(kernel))
    planted = np.zeros((3, *shape))
    where = rng.choice(planted.size, 12, replace=False)
    planted.flat[where] = rng.choice([-1, 1], 12) * rng.uniform(1, 3, 12)
    y = coding.synthesize(planted, filters)
    maps, _ = coding.fista(y, filters, 0.01, num_iter=3000)
    np.testing.assert_allclose(maps, planted, atol=0.1)
    np.testing.assert_array_equal(np.abs(maps) > 0.5, planted != 0)
    assert np.count_nonzero(maps) < 0.1 * maps.size


@given(problems(), st.integers(1, 10))
def test_learning_never_rises_and_stays_in_the_ball(problem, num_iter):
    y, start, penalty = problem
    filters, maps, objective = coding.learn(y, start, penalty, num_iter=num_iter)
    assert filters.shape == start.shape and objective.shape == (num_iter + 1,)
    assert np.diff(objective).max() <= 1e-13 * objective[0]
    assert objective[-1] == pytest.approx(coding.objective(y, filters, maps, penalty), rel=1e-12)
    assert np.sum(filters**2, axis=tuple(range(1, filters.ndim))).max() <= 1 + 1e-12


@given(problems())
def test_the_filters_step_is_a_projected_gradient_step(problem):
    """The first pair of steps, with the dense matrices of both linear maps."""
    y, start, penalty = problem
    filters, maps, _ = coding.learn(y, start, penalty, num_iter=1)
    axes = tuple(range(1, start.ndim))
    start = start / np.sqrt(np.sum(start**2, axis=axes, keepdims=True))
    np.testing.assert_allclose(maps, coding.ista(y, start, penalty, num_iter=1)[0], atol=1e-12)
    if not maps.any():
        np.testing.assert_array_equal(filters, start)
        return
    units = np.eye(start.size).reshape(-1, *start.shape)
    of_filters = np.stack([coding.synthesize(maps, unit).ravel() for unit in units], axis=1)
    gradient = of_filters.T @ (of_filters @ start.ravel() - y.ravel())
    step = 1 / np.sum(np.abs(np.fft.fftn(maps, axes=axes)) ** 2, axis=0).max()
    moved = start - step * gradient.reshape(start.shape)
    moved /= np.maximum(1, np.sqrt(np.sum(moved**2, axis=axes, keepdims=True)))
    np.testing.assert_allclose(filters, moved, rtol=1e-10, atol=1e-10)


def test_a_planted_filter_is_learned():
    """The best of five starts: up to its sign, and a shift, for which the frame leaves room."""
    rng = np.random.default_rng(0)
    planted = np.pad(rng.standard_normal((1, 3, 3)), [(0, 0), (1, 1), (1, 1)])
    planted /= np.linalg.norm(planted)
    maps = (rng.random((1, 60, 60)) < 0.01) * rng.uniform(1, 3, (1, 60, 60))
    y = coding.synthesize(maps, planted)
    starts = rng.standard_normal((5, 1, 5, 5))
    runs = [coding.learn(y, start, 0.3, num_iter=500) for start in starts]
    filters, found, objective = min(runs, key=lambda run: run[2][-1])
    assert np.abs(signal.correlate(filters[0], planted[0])).max() > 0.999
    assert objective[-1] <= coding.fista(y, planted, 0.3, num_iter=500)[1][-1]
    assert np.count_nonzero(found) == np.count_nonzero(maps)


def test_inputs_are_left_alone_and_float32_stays():
    y, filters = np.arange(24.0)[::-2], np.array([[3.0, 1, 2], [0, 1, -1]])[:, ::-1]
    y.flags.writeable = filters.flags.writeable = False
    before = y.copy(), filters.copy()
    for solver in (coding.ista, coding.fista, coding.learn):
        wide = solver(y, filters, 0.5, num_iter=10)
        narrow = solver(np.float32(y), np.float32(filters), 0.5, num_iter=10)
        whole = solver(y.astype(int), filters.astype(int), 0.5, num_iter=10)
        for exact, short, same in zip(wide, narrow, whole, strict=True):
            assert exact.dtype == np.float64 and exact.flags.writeable
            np.testing.assert_array_equal(same, exact)
            np.testing.assert_allclose(short, exact, rtol=1e-4, atol=1e-4)
        assert all(array.dtype == np.float32 for array in narrow[:-1])
        assert np.isnan(solver(np.where(y == y[2], np.nan, y), filters, 0.5)[1]).all()
    np.testing.assert_array_equal(y, before[0])
    np.testing.assert_array_equal(filters, before[1])


Y, D = np.ones(5), np.ones((2, 3))


@pytest.mark.parametrize("solver", [coding.ista, coding.fista, coding.learn])
@pytest.mark.parametrize(("change", "error", "text"), [
    (dict(y="text"), TypeError, "y has dtype"),
    (dict(y=np.ones((5, 5))), ValueError, r"y has shape \(5, 5\): it needs 1 axes"),
    (dict(y=[]), ValueError, "y has shape"),
    (dict(filters=None), TypeError, "filters has dtype"),
    (dict(filters=np.ones(3)), ValueError, r"filters has shape \(3,\): it needs \(K, k\)"),
    (dict(filters=np.ones((0, 3))), ValueError, "filters has shape"),
    (dict(filters=np.ones((1, 6))), ValueError, r"does not fit in \(5,\)"),
    (dict(filters=[[1, 0], [0, 0]]), ValueError, r"filters\[1\] is all 0"),
    (dict(penalty=-1), ValueError, "penalty=-1"),
    (dict(penalty=np.nan), ValueError, "penalty=nan"),
    (dict(penalty=[1, 2]), ValueError, "penalty"),
    (dict(penalty="a"), TypeError, "penalty"),
    (dict(num_iter=0), ValueError, "num_iter=0"),
    (dict(num_iter=2.0), TypeError, "num_iter"),
])
def test_bad_problems_are_named(solver, change, error, text):
    with pytest.raises(error, match=text):
        solver(**{"y": Y, "filters": D, "penalty": 0.1} | change)


@pytest.mark.parametrize(("call", "error", "text"), [
    (lambda: coding.synthesize(np.ones((3, 5)), D), ValueError, "give 2, one for each filter"),
    (lambda: coding.synthesize(np.ones(5), D), ValueError, r"maps has shape \(5,\): it needs 2"),
    (lambda: coding.analyze(np.ones((5, 5)), D), ValueError, "y has shape"),
    (lambda: coding.objective(Y, D, np.ones((2, 6)), 1), ValueError, r"maps gives a sum of shape"),
    (lambda: coding.lipschitz(D, (5, 5)), ValueError, "shape"),
    (lambda: coding.lipschitz(D, 2), ValueError, r"filters has shape \(2, 3\), and does not fit"),
    (lambda: coding.lipschitz(D, 2.5), TypeError, "shape"),
    (lambda: coding.soft_threshold(["a"], 1), TypeError, "x has dtype"),
    (lambda: coding.soft_threshold([1], -1), ValueError, "threshold=-1"),
])
def test_bad_arguments_are_named(call, error, text):
    with pytest.raises(error, match=text):
        call()
