"""The operations against onnxruntime, SciPy, NumPy and their own definitions."""

import numpy as np
import pytest
import scipy.signal
from engines import onnx_conv
from hypothesis import given
from hypothesis import strategies as st

from convlib import functional, reference, shapes, signal, strategies


@st.composite
def layers(draw, axes):
    """Operands and options of a convolution that fits, with no two sizes tied to each other."""
    def small(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(axes))
    groups = draw(st.integers(1, 3))
    kernel, stride, dilation = small(1, 4), small(1, 3), small(1, 3)
    padding = small(0, 3)
    sizes = tuple(
        max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 6))
        for k, d, p in zip(kernel, dilation, padding, strict=True)
    )
    n, depth, per = (draw(st.integers(1, 3)) for _ in range(3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.standard_normal((n, groups * depth, *sizes))
    w = rng.standard_normal((groups * per, depth, *kernel))
    b = rng.standard_normal(groups * per) if draw(st.booleans()) else None
    return x, w, b, dict(stride=stride, padding=padding, dilation=dilation, groups=groups)


def check(axes, case):
    """Compare with the engine in float32 and with the definition in float64."""
    x, w, b, options = case
    conv = getattr(functional, f"conv{axes}d")
    narrow = [None if a is None else a.astype(np.float32) for a in (x, w, b)]
    ours = conv(*narrow, **options)
    pads = [(p, p) for p in options["padding"]]
    theirs = onnx_conv(*narrow, options["stride"], pads, options["dilation"], options["groups"])
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    definition = getattr(reference, f"conv{axes}d")(x, w, b, **options)
    np.testing.assert_allclose(conv(x, w, b, **options), definition, rtol=1e-12, atol=1e-12)
    bare = {k: v for k, v in options.items()}
    assert shapes.conv_output_shape(x.shape, w.shape, **bare) == ours.shape


@given(layers(1))
def test_conv1d(case):
    check(1, case)


@given(layers(2))
def test_conv2d(case):
    check(2, case)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_same_padding_is_the_engines(k, dilation):
    rng = np.random.default_rng(k)
    x = rng.standard_normal((1, 2, 9, 11)).astype(np.float32)
    w = rng.standard_normal((2, 2, k, k)).astype(np.float32)
    pads = [shapes.same_padding(k, dilation)] * 2
    theirs = onnx_conv(x, w, None, (1, 1), pads, (dilation, dilation), 1)
    ours = functional.conv2d(x, w, padding="same", dilation=dilation)
    assert ours.shape == x.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_blocks_do_not_show(monkeypatch):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 40, 30)), rng.standard_normal((4, 3, 5, 3))
    options = dict(stride=(3, 1), padding=(4, 2), dilation=2)
    whole = functional.conv2d(x, w, **options)
    monkeypatch.setattr(strategies, "BLOCK", 1)
    np.testing.assert_allclose(functional.conv2d(x, w, **options), whole, rtol=1e-12, atol=1e-12)


def test_inputs_are_left_alone():
    x = np.arange(48.0).reshape(1, 2, 4, 6)[:, :, ::-1, ::2]
    w = np.ones((1, 2, 1, 1))
    x.flags.writeable = w.flags.writeable = False
    before = x.copy()
    y = functional.conv2d(x, w)
    assert y.flags.writeable and not np.shares_memory(x, y)
    np.testing.assert_array_equal(x, before)
    assert functional.conv2d(np.zeros((0, 2, 4, 4)), w).shape == (0, 1, 4, 4)


def test_integers_are_exact():
    x, w = np.full((1, 2, 2), 2**40), np.full((1, 1, 2, 2), 3, np.int8)
    assert functional.conv2d(x, w).item() == 12 * 2**40


def test_nan_spoils_only_what_it_touches():
    x = np.zeros((1, 5, 5))
    x[0, 0, 0] = np.nan
    y = functional.conv2d(x, np.ones((1, 1, 3, 3)))
    assert np.isnan(y[0, 0, 0]) and np.isnan(y).sum() == 1


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


def test_published_numbers():
    classic = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
    kernel = [[0, 1, 2], [2, 2, 0], [0, 1, 2]]
    y = functional.conv2d([classic], [[kernel]])
    np.testing.assert_array_equal(y[0], scipy.signal.correlate2d(classic, kernel, "valid"))
    assert shapes.conv_output_shape((3, 7, 7), (128, 3, 3, 3)) == (128, 5, 5)
    assert shapes.conv_macs((3, 7, 7), 128, (3, 3)) == 86_400
    assert shapes.conv_output_size(227, 11, stride=4) == 55
    assert shapes.conv_output_size(224, 7, stride=2, padding=3) == 112


X, W = np.zeros((1, 4, 8, 8)), np.zeros((6, 4, 3, 3))
BAD = [
    (dict(input="text"), TypeError, "input"),
    (dict(input=[[1, 2], [3]]), ValueError, "input is ragged"),
    (dict(input=None), TypeError, "input"),
    (dict(input=np.zeros((4, 8))), ValueError, "input has shape"),
    (dict(input=np.zeros((1, 4, 0, 8))), ValueError, "only the batch may be empty"),
    (dict(input=np.zeros((1, 3, 8, 8))), ValueError, "C_in/groups"),
    (dict(weight=np.zeros((6, 4, 3))), ValueError, "weight has shape"),
    (dict(weight=np.zeros((6, 4, 0, 3))), ValueError, "weight has shape"),
    (dict(weight=np.zeros((6, 4, 9, 9))), ValueError, "add padding"),
    (dict(bias=np.zeros(5)), ValueError, r"bias has shape \(5,\)"),
    (dict(stride=0), ValueError, "stride=0"),
    (dict(stride=2.0), TypeError, "stride"),
    (dict(stride=True), TypeError, "stride"),
    (dict(stride=(1, 2, 3)), ValueError, "stride"),
    (dict(padding=-1), ValueError, "padding"),
    (dict(padding="sane"), ValueError, "'sane'"),
    (dict(padding="same", stride=2), ValueError, "needs stride=1"),
    (dict(padding=2**30), ValueError, "padding too large"),
    (dict(dilation=0), ValueError, "dilation"),
    (dict(dilation=8), ValueError, "add padding"),
    (dict(groups=3), ValueError, r"groups=3 must divide C_in=4: use one of 1, 2, 4"),
    (dict(groups=0), ValueError, "groups"),
    (dict(groups=1.5), TypeError, "groups"),
]


@pytest.mark.parametrize(("change", "error", "text"), BAD)
@pytest.mark.parametrize("conv", [functional.conv2d, reference.conv2d])
def test_bad_input_is_named(conv, change, error, text):
    arguments = {"input": X, "weight": W} | change
    with pytest.raises(error, match=text):
        conv(**arguments)


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
