"""Sizes and costs against brute force and engines."""

import engines
import numpy as np
import pytest
from cases import narrow
from hypothesis import given
from hypothesis import strategies as st

from convlib import costs, functional, shapes

small = st.integers(1, 4)


@given(st.integers(1, 20), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3),
       st.integers(1, 3))
def test_inputs_of_an_output_size(o, k, s, p, d):
    sizes = shapes.conv_input_sizes(o, k, stride=s, padding=p, dilation=d)
    fits = [i for i in range(1, 120) if i + 2 * p >= d * (k - 1) + 1]
    assert list(sizes) == [
        i for i in fits
        if shapes.conv_output_size(i, k, stride=s, padding=p, dilation=d) == o
    ]
    for more in range(s):  # the transposed convolution leads back to each of them
        expected = s * (o - 1) + d * (k - 1) + 1 - 2 * p + more
        if expected >= 1:
            assert expected in sizes
            assert shapes.conv_transpose_output_size(
                o, k, stride=s, padding=p, dilation=d, output_padding=more) == expected


@pytest.mark.parametrize(("size", "k", "s", "p", "a", "d"), [
    (4, 3, 1, 0, 0, 1), (2, 3, 2, 0, 0, 1), (5, 3, 2, 1, 1, 1), (7, 4, 2, 1, 0, 2),
    (3, 2, 3, 0, 2, 1), (6, 5, 4, 2, 3, 1), (6, 3, 1, 1, 0, 4),
])
def test_transposed_sizes_are_the_engines(size, k, s, p, a, d):
    ones = np.ones((1, 1, size), np.float32), np.ones((1, 1, k), np.float32)
    y, = engines.run("ConvTranspose", ones, strides=[s], pads=[p, p], dilations=[d],
                     output_padding=[a])
    assert y.shape[2] == shapes.conv_transpose_output_size(
        size, k, stride=s, padding=p, output_padding=a, dilation=d)


@given(st.integers(1, 20), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3),
       st.integers(1, 3), st.booleans())
def test_pool_sizes_count_windows(i, k, s, p, d, ceil_mode):
    span = d * (k - 1) + 1
    windows = range(-p, i, s) if ceil_mode else range(-p, i + p - span + 1, s)
    # Rounded up, a window may end outside; it is the last if the one before reached the end.
    kept = [n for n, start in enumerate(windows) if start - s + span < i + p or n == 0]
    how = dict(stride=s, padding=p, dilation=d, ceil_mode=ceil_mode)
    fits = i + 2 * p + (s - 1 if ceil_mode else 0) >= span
    if not fits or 2 * p > k:
        with pytest.raises(ValueError, match="padding" if fits else "padding|kernel_size"):
            shapes.pool_output_size(i, k, **how)
    else:
        assert shapes.pool_output_size(i, k, **how) == len(kept)


@pytest.mark.parametrize("size", range(5, 12))
@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("s", [1, 2, 3])
def test_tensorflow_same_is_the_engines(size, k, s):
    rng = np.random.default_rng(size)
    x, w = rng.standard_normal((1, 1, size)), rng.standard_normal((1, 1, k))
    theirs = engines.run("Conv", narrow(x, w), strides=[s], auto_pad="SAME_UPPER")[0][0, 0]
    pads = shapes.tensorflow_same_padding(size, k, stride=s)
    ours = np.correlate(np.pad(x[0, 0], pads), w[0, 0], "valid")[::s]
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    if s == 1:
        assert pads == shapes.same_padding(k)


@given(st.tuples(small, small), st.tuples(st.integers(4, 7), st.integers(4, 7)),
       st.tuples(st.integers(1, 3), st.integers(1, 3)), st.integers(1, 2))
def test_macs_are_the_products(kernel, size, depths, groups):
    """The sum of all outputs, where every input and weight is one, counts the products."""
    c_in, c_out = (groups * depth for depth in depths)
    ones = np.ones((c_out, c_in // groups, *kernel), int)
    y = functional.conv2d(np.ones((c_in, *size), int), ones, stride=2, groups=groups)
    macs = costs.conv_macs((c_in, *size), c_out, kernel, stride=2, groups=groups)
    assert macs == y.sum()
    # Its transpose takes every product back, from what was the output.
    assert macs == costs.conv_transpose_macs(y.shape, c_in, kernel, groups=groups)
    assert costs.flops(macs) == 2 * macs


def test_published_sizes():
    assert [shapes.conv_transpose_output_size(i, 3, stride=s, padding=p)
            for i, s, p in ((2, 1, 0), (2, 2, 0))] == [4, 5]
    assert shapes.conv_input_sizes(7, 3, stride=2, padding=1) == range(13, 15)
    assert shapes.conv_input_sizes((55, 112), (11, 7), stride=(4, 2), padding=(0, 3)) == (
        range(227, 231), range(223, 225))
    assert shapes.conv_input_sizes(5, 3, padding="same") == range(5, 6)
    assert len(shapes.conv_input_sizes(1, 1, padding=3)) == 0
    assert costs.activation_bytes((64, 224, 224), "float16", batch=2) == 2 * 2 * 64 * 224**2


BAD = [
    (lambda: shapes.conv_transpose_output_size(0, 3), ValueError, "size=0"),
    (lambda: shapes.conv_transpose_output_size(4, 3, padding=4), ValueError, "use at most 2"),
    (lambda: shapes.conv_transpose_output_size(4, 3, stride=2, output_padding=2), ValueError,
     "output_padding=2 must be smaller than stride=2 or dilation=1: use at most 1"),
    (lambda: shapes.conv_transpose_output_size(4, 3, padding="same"), TypeError, "padding"),
    (lambda: shapes.conv_transpose_output_size((4, 4), (3, 3, 3)), ValueError, "kernel_size"),
    (lambda: shapes.conv_transpose_output_size((1,) * 4, 3), ValueError, "has 4 axes"),
    (lambda: shapes.conv_input_sizes(0, 3), ValueError, "output_size=0"),
    (lambda: shapes.conv_input_sizes(4, 3, stride=2, padding="same"), ValueError, "stride=1"),
    (lambda: shapes.conv_input_sizes(4.0, 3), TypeError, "output_size=4.0"),
    (lambda: shapes.pool_output_size(4, 3, padding=2), ValueError, "use at most 1"),
    (lambda: shapes.pool_output_size(2, 3), ValueError, "kernel_size=3"),
    (lambda: shapes.pool_output_size(4, 3, stride=0), ValueError, "stride"),
    (lambda: shapes.tensorflow_same_padding(4, 3, stride=-1), ValueError, "stride=-1"),
    (lambda: costs.conv_transpose_macs((4, 5), 2, (3, 3)), ValueError, "input_shape"),
    (lambda: costs.conv_transpose_macs((4, 5, 5), 2, (3, 3), groups=3), ValueError, "groups=3"),
    (lambda: costs.conv_transpose_macs(4, 2, (3, 3)), TypeError, "input_shape=4"),
    (lambda: costs.conv_transpose_macs((4, 5), 2, 3), TypeError, "kernel_size=3"),
    (lambda: costs.conv_macs(None, 2, (3, 3)), TypeError, "input_shape=None"),
    (lambda: costs.conv_macs((4, 5, 5), 2, 3), TypeError, "kernel_size=3"),
    (lambda: costs.conv_parameters(4, 2, ()), TypeError, "kernel_size"),
    (lambda: costs.flops(-1), ValueError, "macs=-1"),
    (lambda: costs.flops(1.5), TypeError, "macs=1.5"),
    (lambda: costs.activation_bytes((3, 0)), ValueError, "shape"),
    (lambda: costs.activation_bytes(3), TypeError, "shape=3"),
    (lambda: costs.batch_norm_parameters(0), ValueError, "channels=0"),
    (lambda: costs.dense_macs(3, "4"), TypeError, "out_features"),
]


@pytest.mark.parametrize(("call", "error", "text"), BAD)
def test_bad_input_is_named(call, error, text):
    with pytest.raises(error, match=text):
        call()
