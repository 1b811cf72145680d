"""Depthwise, depthwise separable and spatially separable convolution, and what they cost."""

import engines
import numpy as np
import pytest
from cases import close, fitting_window, narrow
from hypothesis import given
from hypothesis import strategies as st

from convlib import costs, functional, reference, separable, shapes

SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
LAPLACE = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]


@st.composite
def layers(draw):
    """Channels, an image that fits a kernel, and options: no two sizes tied to each other."""
    kernel, sizes, options = fitting_window(draw)
    n, c, m, outs = (draw(st.integers(1, 3)) for _ in range(4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.standard_normal((n, c, *sizes))
    return rng, x, kernel, m, outs, options


@given(layers())
def test_depthwise(case):
    rng, x, kernel, m, _, options = case
    c = x.shape[1]
    w, b = rng.standard_normal((m * c, 1, *kernel)), rng.standard_normal(m * c)
    close(separable.depthwise_conv2d(*narrow(x, w, b), **options),
          engines.conv(*narrow(x, w, b), groups=c, **options))
    each = [reference.conv2d(x[:, [o // m]], w[[o]], b[[o]], **options) for o in range(m * c)]
    close(separable.depthwise_conv2d(x, w, b, **options), np.concatenate(each, axis=1))


@given(layers())
def test_depthwise_separable(case):
    rng, x, kernel, m, outs, options = case
    c = x.shape[1]
    w, p = rng.standard_normal((m * c, 1, *kernel)), rng.standard_normal((outs, m * c, 1, 1))
    b = rng.standard_normal(outs)
    x32, w32, p32, b32 = narrow(x, w, p, b)
    close(separable.depthwise_separable_conv2d(x32, w32, p32, b32, **options),
          engines.conv(engines.conv(x32, w32, groups=c, **options), p32, b32))
    # It is a convolution whose kernels are sums of the depthwise ones.
    dense = np.einsum("ocq,cqij->ocij", p.reshape(outs, c, m), w.reshape(c, m, *kernel))
    close(separable.depthwise_separable_conv2d(x, w, p, b, **options),
          reference.conv2d(x, dense, b, **options))


@given(layers())
def test_spatially_separable(case):
    rng, x, kernel, rank, _, options = case
    c = x.shape[1]
    column, row = rng.standard_normal((kernel[0], rank)), rng.standard_normal((rank, kernel[1]))
    b = rng.standard_normal(c)
    full = np.tile(column @ row, (c, 1, 1, 1))
    column32, row32, x32, b32 = narrow(column, row, x, b)
    close(separable.separable_conv2d(x32, column32, row32, b32, **options),
          engines.conv(*narrow(x, full, b), groups=c, **options))
    close(separable.separable_conv2d(x, column, row, b, **options),
          reference.conv2d(x, full, b, groups=c, **options))


@given(st.integers(1, 7), st.integers(1, 7), st.integers(0, 2), st.data())
def test_separate_is_the_best_approximation(height, width, stack, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    rank = data.draw(st.integers(1, min(height, width)))
    kernel = rng.standard_normal((*(2, 3)[:stack], height, width))
    column, row, error = separable.separate(kernel, rank)
    assert column.shape == (*kernel.shape[:-1], rank)
    assert row.shape == (*kernel.shape[:-2], rank, width)
    norm = np.linalg.norm(kernel, axis=(-2, -1))
    rest = kernel - column @ row
    np.testing.assert_allclose(np.linalg.norm(rest, axis=(-2, -1)), error * norm, atol=1e-12)
    # What is left has no part along the columns and the rows: no change of either helps.
    np.testing.assert_allclose(np.swapaxes(column, -1, -2) @ rest, 0, atol=1e-12)
    np.testing.assert_allclose(rest @ np.swapaxes(row, -1, -2), 0, atol=1e-12)
    # ... and the largest part of it is no larger than the least that was taken.
    taken = np.linalg.norm(column, axis=-2) * np.linalg.norm(row, axis=-1)
    assert (np.linalg.norm(rest, 2, axis=(-2, -1)) <= taken[..., -1] + 1e-12).all()
    for product, ranks in ((kernel, min(height, width)), (column @ row, rank)):
        np.testing.assert_array_equal(separable.kernel_rank(product, tolerance=1e-12), ranks)
    for dtype in (np.float32, np.float64):
        assert {a.dtype for a in separable.separate(kernel.astype(dtype))[:2]} == {np.dtype(dtype)}


@pytest.mark.parametrize("dtype", [np.int8, np.float32, np.float64])
def test_known_kernels(dtype):
    gauss = np.exp(-np.arange(-3, 4) ** 2 / 2)
    ones = np.ones((5, 3))
    for kernel in (SOBEL, np.transpose(SOBEL), ones, np.multiply.outer(gauss, gauss)):
        kernel = np.asarray(kernel).astype(dtype)
        column, row, error = separable.separate(kernel)
        assert separable.kernel_rank(kernel) == 1 and error < 1e-6
        np.testing.assert_allclose(column @ row, kernel, atol=1e-6)
    assert separable.kernel_rank(np.asarray(LAPLACE, dtype)) == 2
    assert separable.kernel_rank(np.zeros((3, 3), dtype)) == 0
    column, row, error = separable.separate(np.zeros((3, 3), dtype))
    assert error == 0 and not column.any() and not row.any()


def test_signs_do_not_depend_on_the_decomposition():
    for kernel in (np.array(SOBEL), np.transpose(SOBEL)):
        column, row, _ = separable.separate(kernel)
        assert column.max() == pytest.approx(np.abs(column).max())
        turned = separable.separate(-kernel)
        np.testing.assert_allclose(turned.column, column, atol=1e-12)
        np.testing.assert_allclose(turned.row, -row, atol=1e-12)


def test_tolerance_is_of_the_largest_singular_value():
    kernel = 1e9 * np.diag([1, 1e-3, 1e-9])
    assert separable.kernel_rank(kernel) == 2
    assert separable.kernel_rank(kernel, tolerance=0) == 3
    assert separable.kernel_rank(kernel, tolerance=0.01) == 1
    np.testing.assert_array_equal(separable.kernel_rank([kernel, kernel * 0]), [2, 0])


def test_same_padding_keeps_the_size():
    x = np.random.default_rng(0).standard_normal((2, 7, 9))
    column, row = np.array([1.0, 2, 3, 4]), np.array([1.0, -1])
    full = np.tile(np.multiply.outer(column, row), (2, 1, 1, 1))
    close(separable.separable_conv2d(x, column, row, padding="same", dilation=(2, 3)),
          functional.conv2d(x, full, padding="same", dilation=(2, 3), groups=2))


def test_published_costs():
    assert sum(separable.depthwise_separable_macs((3, 7, 7), 128, (3, 3))) == 10_275
    assert costs.conv_macs((3, 7, 7), 128, (3, 3)) == 86_400
    assert costs.conv_macs((1, 5, 5), 1, (3, 3)) == 81
    assert separable.separable_macs((1, 5, 5), (3, 3)) == (45, 27)
    # MobileNet V1's first pair at 224: 32 channels to 64 on 112 x 112 positions.
    assert separable.depthwise_separable_macs((32, 112, 112), 64, (3, 3), padding=1) == (
        112 * 112 * 32 * 9, 112 * 112 * 32 * 64)
    assert separable.depthwise_separable_parameters(32, 64, (3, 3)) == (288, 2048)
    assert separable.depthwise_separable_parameters(3, 8, (3, 5), multiplier=2) == (90, 48)
    assert separable.separable_parameters((3, 5), rank=2) == 16


@pytest.mark.parametrize("m", [3, 5, 7])
def test_limits_of_the_saving(m):
    for size in (m, m + 2, 10 * m, 1000 * m):
        full = costs.conv_macs((1, size, size), 1, (m, m))
        ratio = sum(separable.separable_macs((1, size, size), (m, m))) / full
        assert ratio == pytest.approx((size / (size - m + 1) + 1) / m)
    assert ratio == pytest.approx(2 / m, rel=1e-3)


@given(layers())
def test_costs_are_those_of_the_parts(case):
    _, x, kernel, m, outs, options = case
    image = x.shape[1:]
    full = costs.conv_macs(image, outs, kernel, **options)
    parts = sum(separable.depthwise_separable_macs(image, outs, kernel, **options))
    assert parts == pytest.approx(full * (1 / outs + 1 / np.prod(kernel)))
    rows, columns = shapes.conv_output_shape(image, (1, image[0], *kernel), **options)[1:]
    assert separable.depthwise_separable_macs(image, outs, kernel, multiplier=m, **options) == (
        m * image[0] * rows * columns * np.prod(kernel), outs * m * image[0] * rows * columns)
    # The columns of the kernel run over all columns of the image, and over none of its padding.
    assert separable.separable_macs(image, kernel, rank=m, **options) == (
        m * image[0] * rows * image[2] * kernel[0], m * image[0] * rows * columns * kernel[1])


def operations(x, k=3):
    """Call every operation of the module on an image of three channels."""
    w, p = np.ones((6, 1, k, 2), x.dtype), np.ones((4, 6, 1, 1), x.dtype)
    yield lambda x: separable.depthwise_conv2d(x, w)
    yield lambda x: separable.depthwise_separable_conv2d(x, w, p)
    yield lambda x: separable.separable_conv2d(x, w[0, 0, :, 0], w[0, 0, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_inputs_are_left_alone(dtype):
    x = np.arange(2 * 3 * 5 * 8).astype(dtype).reshape(2, 3, 5, 8)[:, :, ::-1, ::2]
    x.flags.writeable = False
    before = x.copy()
    for operation in operations(x):
        y = operation(x)
        assert y.dtype == dtype and y.flags.writeable and not np.shares_memory(x, y)
        np.testing.assert_array_equal(operation(x[1]), y[1])
        assert operation(x[:0]).shape == (0, *y.shape[1:])
        np.testing.assert_array_equal(x, before)


def test_integers_are_exact():
    x, ones = np.full((1, 2, 2), 2**55 + 1), np.ones((1, 1, 1, 1), np.int8)
    assert separable.separable_conv2d(x, [1, 2], [3, 4]).item() == 21 * (2**55 + 1)
    assert separable.depthwise_separable_conv2d(x, np.ones((1, 1, 2, 2), int), ones).item() == (
        4 * (2**55 + 1))


def test_nan_spoils_only_what_it_touches():
    x = np.zeros((3, 6, 5))
    x[0, 0, 0] = np.nan
    spoilt = [int(np.isnan(operation(x)).sum()) for operation in operations(x)]
    assert spoilt == [2, 4, 1]  # two kernels a channel; all outputs; one


X, W, P = np.zeros((2, 3, 6, 7)), np.zeros((6, 1, 3, 3)), np.zeros((4, 6, 1, 1))
BAD_WINDOW = [
    (dict(input="text"), TypeError, "input"),
    (dict(input=np.zeros((3, 6))), ValueError, r"input has shape \(3, 6\)"),
    (dict(input=np.zeros((0, 6, 7))), ValueError, "only the batch may be empty"),
    (dict(stride=0), ValueError, "stride=0"),
    (dict(stride=(1, 2, 3)), ValueError, "stride"),
    (dict(stride=1.0), TypeError, "stride"),
    (dict(padding=-1), ValueError, "padding=-1"),
    (dict(padding="sane"), ValueError, "'sane'"),
    (dict(padding="same", stride=(1, 2)), ValueError, "needs stride=1"),
    (dict(padding="same", stride=(2, 1)), ValueError, "needs stride=1"),
    (dict(padding=2**40), ValueError, "padding too large"),
    (dict(dilation=0), ValueError, "dilation=0"),
    (dict(dilation=9), ValueError, "add padding"),
]


@pytest.mark.parametrize(("operation", "arguments", "bad"), [
    (separable.depthwise_conv2d, dict(input=X, weight=W), [
        (dict(weight=np.zeros((4, 1, 3, 3))), ValueError, "weight has shape .* C_in=3"),
        (dict(weight=np.zeros((3, 3, 3, 3))), ValueError, "weight has shape"),
        (dict(weight=np.zeros((3, 1, 3))), ValueError, "weight has shape"),
        (dict(weight=np.zeros((0, 1, 3, 3))), ValueError, "weight has shape"),
        (dict(bias=np.zeros(3)), ValueError, r"bias has shape \(3,\)"),
    ]),
    (separable.depthwise_separable_conv2d, dict(input=X, depthwise_weight=W, pointwise_weight=P), [
        (dict(depthwise_weight=None), TypeError, "depthwise_weight"),
        (dict(pointwise_weight="no"), TypeError, "pointwise_weight"),
        (dict(pointwise_weight=np.zeros((4, 3, 1, 1))), ValueError, "pointwise_weight has shape"),
        (dict(pointwise_weight=np.zeros((4, 6, 3, 1))), ValueError, "pointwise_weight has shape"),
        (dict(bias=np.zeros(6)), ValueError, r"bias has shape \(6,\)"),
    ]),
    (separable.separable_conv2d, dict(input=X, column=np.ones((3, 2)), row=np.ones((2, 3))), [
        (dict(column=np.ones((3, 1))), ValueError, "column has shape .* and row"),
        (dict(row=np.ones(3)), ValueError, "column has shape .* and row"),
        (dict(column=np.ones((3, 2, 1))), ValueError, "column has shape .* and row"),
        (dict(column=np.ones((0, 2))), ValueError, "none may be empty"),
        (dict(row="text"), TypeError, "row"),
        (dict(bias=np.zeros(2)), ValueError, r"bias has shape \(2,\)"),
    ]),
])
def test_bad_input_is_named(operation, arguments, bad):
    operation(**arguments)
    for change, error, text in BAD_WINDOW + bad:
        with pytest.raises(error, match=text):
            operation(**arguments | change)


@pytest.mark.parametrize(("call", "error", "text"), [
    (lambda: separable.separate([1, 2]), ValueError, "kernel has shape"),
    (lambda: separable.separate(np.zeros((3, 0))), ValueError, "kernel has shape"),
    (lambda: separable.separate([["a"]]), TypeError, "kernel"),
    (lambda: separable.separate([[np.nan, 1]]), ValueError, "kernel has a NaN"),
    (lambda: separable.separate(SOBEL, 4), ValueError, "rank=4 .* at most 3"),
    (lambda: separable.separate(SOBEL, 0), ValueError, "rank=0"),
    (lambda: separable.separate(SOBEL, 1.0), TypeError, "rank"),
    (lambda: separable.kernel_rank(SOBEL, tolerance=1), ValueError, "tolerance"),
    (lambda: separable.kernel_rank(SOBEL, tolerance=-1e-9), ValueError, "tolerance"),
    (lambda: separable.kernel_rank(SOBEL, tolerance=[0, 0]), ValueError, "tolerance"),
    (lambda: separable.kernel_rank(SOBEL, tolerance="0"), TypeError, "tolerance"),
    (lambda: separable.separable_macs((1, 5, 5), (3, 3), rank=0), ValueError, "rank=0"),
    (lambda: separable.separable_macs((1, 5, 5), (6, 3)), ValueError, "add padding"),
    (lambda: separable.separable_macs((2, 1, 5, 5), (3, 3)), ValueError, "input_shape"),
    (lambda: separable.separable_macs((1, 5, 5), 3.0), TypeError, "kernel_size"),
    (lambda: separable.separable_parameters((3, 0)), ValueError, "kernel_size"),
    (lambda: separable.depthwise_separable_macs((3, 7, 7), 0, (3, 3)), ValueError, "out_channels"),
    (lambda: separable.depthwise_separable_macs((3, 7, 7), 8, (3, 3), multiplier=0), ValueError,
     "multiplier=0"),
    (lambda: separable.depthwise_separable_macs((3, 7), 8, (3, 3)), ValueError, "input_shape"),
    (lambda: separable.depthwise_separable_macs((3, 7, 7), 8, (3,)), ValueError, "kernel_size"),
    (lambda: separable.depthwise_separable_parameters(0, 8, (3, 3)), ValueError, "in_channels"),
    (lambda: separable.depthwise_separable_parameters(3, 8, "3"), TypeError, "kernel_size"),
])
def test_bad_kernels_and_counts_are_named(call, error, text):
    with pytest.raises(error, match=text):
        call()


@given(layers())
def test_depthwise_is_pytorchs(case):
    torch = pytest.importorskip("torch")
    rng, x, kernel, m, _, options = case
    c = x.shape[1]
    w, b = rng.standard_normal((m * c, 1, *kernel)), rng.standard_normal(m * c)
    theirs = torch.nn.functional.conv2d(*map(torch.from_numpy, (x, w, b)), groups=c, **options)
    close(separable.depthwise_conv2d(x, w, b, **options), theirs.numpy())
