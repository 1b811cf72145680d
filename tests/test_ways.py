"""Each algorithm by itself, on volumes cut into blocks of any size."""

from unittest import mock

import cases
import engines
import numpy as np
import pytest
from cases import close, same
from hypothesis import given

from convlib import functional, grad, reference
from convlib.compute import tiles, ways


def volumes(numbers, algorithm=None):
    """Return a case, its geometry, and the zeros after it: like those before, perhaps below 0."""
    kernel, stride, dilation = (numbers.each(3, 1, 3) for _ in range(3))
    before, after = numbers.each(3, -1, 2), numbers.each(3, -1, 2)
    groups, depth, per = numbers.one(1, 2), numbers.one(1, 3), numbers.one(1, 4)
    if algorithm in ("matmul", "fourier", "winograd", "fourier_weight_gradient"):
        stride = (1, 1, 1)
    if algorithm == "matmul":
        kernel, before, after = (1, 1, 1), (0, 0, 0), (0, 0, 0)
    if algorithm == "winograd":
        kernel, dilation, groups = (1, 3, 3), (1, 1, 1), 1
        before, after = (0, *before[1:]), (0, *after[1:])
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = [max(1, 1 - b, 1 - a, 1 - b - a, span - b - a) + numbers.one(0, 3)
            for b, a, span in zip(before, after, spans, strict=True)]
    if algorithm == "winograd":
        size[0] = 1
    case = cases.case(numbers, (groups * depth, *size), (groups * per, depth, *kernel), 1, {})
    x = case.x if case.x.ndim == 5 else case.x[None]
    return case._replace(x=x), tiles.Geometry(stride, before, dilation, groups), after


def framed(x, before, after):
    """Return x with zeros around it, or with numbers taken off where those are less than none."""
    x = np.pad(x, [(0, 0)] * 2 + [(max(b, 0), max(a, 0)) for b, a in
                                  zip(before, after, strict=True)])
    return x[(..., *(slice(max(-b, 0), size - max(-a, 0)) for b, a, size in
                     zip(before, after, x.shape[2:], strict=True)))]


def options(geometry):
    return dict(stride=geometry.stride, dilation=geometry.dilation, groups=geometry.groups)


def cut_to(numbers, cost):
    """Let blocks hold one position or up to 256, often several images, at this cost in bytes."""
    return mock.patch.object(tiles, "BLOCK", int(cost * 2 ** numbers.rng.uniform(0, 8)))


def unfolded(w, geometry):
    """Return how many bytes a position's window takes."""
    return geometry.groups * w[0].nbytes


def kinds(algorithm):
    """Yield how to compare, with what, and in which type."""
    yield close, engines, np.float32
    yield close, reference, np.float64
    if algorithm not in ("fourier", "winograd", "fourier_weight_gradient"):
        yield same, reference, np.int64


@pytest.mark.parametrize("algorithm", ["rows", "unfold", "matmul", "fourier", "winograd"])
@given(cases.numbers)
def test_forward(algorithm, numbers):
    case, geometry, after = volumes(numbers, algorithm)
    for compare, module, kind in kinds(algorithm):
        x, w, _ = case.operands(kind)
        expected = module.conv3d(framed(x, geometry.before, after), w, **options(geometry))
        y = np.full(expected.shape, 99, kind)
        with cut_to(numbers, unfolded(w, geometry)):
            getattr(ways, algorithm)(x, w, y, geometry)
        compare(y, expected)


@given(cases.numbers)
def test_scatter(numbers):
    case, geometry, after = volumes(numbers)
    # Here x and the weight's first axis have all channels, as in a transposed convolution.
    case = case._replace(w=numbers.normal(case.x.shape[1], *case.w.shape[1:]))
    for compare, module, kind in kinds("scatter"):
        x, w, _ = case.operands(kind)
        whole = module.conv_transpose3d(x, w, **options(geometry))
        cut = [min(cut, size - 1) for cut, size in
               zip(geometry.before, whole.shape[2:], strict=True)]
        expected = framed(whole, np.negative(cut), after)
        y = np.zeros(expected.shape, kind)
        with cut_to(numbers, unfolded(w, geometry)):
            ways.scatter(x, w, y, geometry._replace(before=tuple(cut)))
        compare(y, expected)


@pytest.mark.parametrize("algorithm", [
    "weight_gradient", "weight_gradient_unfolded", "fourier_weight_gradient"])
@given(cases.numbers)
def test_weight_gradient(algorithm, numbers):
    case, geometry, after = volumes(numbers, algorithm)
    for compare, module, kind in kinds(algorithm):
        x, w, _ = case.operands(kind)
        wide = framed(x, geometry.before, after)
        shape = functional.conv3d(wide, w, **options(geometry)).shape
        dy = cases.typed(numbers.normal(*shape), kind)
        dw = np.ones(w.shape, kind)
        with cut_to(numbers, unfolded(w, geometry)):
            getattr(ways, algorithm)(x, dy, dw, geometry)
        dw -= 1  # it is added to what is there
        compare(dw, cases.weight_gradient(module.conv3d, wide, w.shape, dy, padding=0,
                                          **options(geometry)))


def test_a_block_gives_its_memory_back_when_it_fails():
    with tiles.workspace:
        start = tiles.workspace.empty((1,), np.dtype(float)).ctypes.data
    x, y = np.ones((2, 1, 4, 4, 4)), np.ones((2, 1, 4, 4, 4))
    with pytest.raises(ZeroDivisionError):
        for _ in tiles.pieces(x, y, y.shape[2:], 8):
            tiles.workspace.empty((1000,), np.dtype(float))
            raise ZeroDivisionError
    with tiles.workspace:
        after = tiles.workspace.empty((1,), np.dtype(float)).ctypes.data
    assert after == start


@given(cases.numbers)
def test_boxes(numbers):
    sizes, cost = numbers.each(3, 1, 7), numbers.one(1, 50)
    with cut_to(numbers, cost):
        boxes = tiles.boxes(sizes, cost)
        most = max(1, tiles.BLOCK // cost)
    seen = np.zeros(sizes, int)
    for box in boxes:
        (z0, z1), (r0, r1), (x0, x1) = box
        assert 1 <= (z1 - z0) * (r1 - r0) * (x1 - x0) <= most
        # Whole planes, or a part of one; whole rows, or a part of one.
        assert z1 - z0 == 1 or (r1 - r0, x1 - x0) == sizes[1:]
        assert r1 - r0 == 1 or x1 - x0 == sizes[2]
        seen[z0:z1, r0:r1, x0:x1] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize(("image", "weight", "options", "chosen"), [
    ((1, 1, 64, 65), (1, 1, 15, 15), {}, True),
    ((1, 2, 64, 65), (2, 2, 15, 15), {}, True),
    ((1, 2, 900), (1, 2, 401), dict(padding="same"), True),
    ((1, 1, 64, 65), (1, 1, 3, 3), {}, False),
    ((1, 4, 64, 65), (4, 4, 15, 15), {}, False),
    ((1, 1, 64, 65), (1, 1, 15, 15), dict(dilation=2), False),
    ((1, 1, 64, 65), (1, 1, 15, 15), dict(stride=2), False),
])
def test_fourier_is_for_large_kernels_of_few_channels(image, weight, options, chosen):
    conv = getattr(functional, f"conv{len(image) - 2}d")

    def uses_it(x, w):
        with mock.patch.object(ways, "fourier", wraps=ways.fourier) as fourier:
            conv(x, w, **options)
        return fourier.called

    for kind in (np.float32, np.float64):
        x, w = np.ones(image, kind), np.ones(weight, kind)
        assert uses_it(x, w) == chosen
        for spoilt, value in ((x, np.nan), (w, np.nan), (x, np.inf), (w, -np.inf)):
            keep, spoilt.flat[7] = spoilt.flat[7], value
            with np.errstate(invalid="ignore"):
                assert not uses_it(x, w)
            spoilt.flat[7] = keep
    assert not uses_it(np.ones(image, int), np.ones(weight, int))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axes", [1, 2])
def test_spectra_are_left_where_they_would_overflow(axes, dtype):
    """Numbers near the largest of their type, beside zeros: results are finite, and right."""
    image, kernel = ((900,), (401,)) if axes == 1 else ((64, 65), (15, 15))
    rng = np.random.default_rng(0)
    x, w = np.zeros((1, 1, *image), dtype), rng.uniform(-1, 1, (1, 1, *kernel)).astype(dtype)
    x[0, 0].flat[[3, 70, -1]] = np.array([1, -1, 1]) * np.finfo(dtype).max / 256
    operations = {
        "conv": lambda x: getattr(functional, f"conv{axes}d")(x, w),
        "conv_transpose": lambda x: getattr(functional, f"conv_transpose{axes}d")(x, w),
        "input": lambda x: getattr(grad, f"conv{axes}d_input")(
            tuple(n + k - 1 for n, k in zip(x.shape, w.shape, strict=True)), w, x),
        "weight": lambda x: getattr(grad, f"conv{axes}d_weight")(x, w.shape, np.ones(
            (1, 1, *(n - k + 1 for n, k in zip(image, kernel, strict=True))), dtype)),
    }
    scale = dtype(2.0 ** (20 - np.finfo(dtype).maxexp))
    for name, operation in operations.items():
        y = operation(x)
        assert np.isfinite(y).all(), name
        np.testing.assert_allclose(y * scale, operation(x * scale), rtol=1e-5,
                                   atol=1e-5 * np.abs(y * scale).max(), err_msg=name)
