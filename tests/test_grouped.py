"""Grouped, pointwise grouped and flattened convolution, and the channel shuffle."""

import engines
import numpy as np
import pytest
from cases import close, fitting_window, narrow
from hypothesis import given
from hypothesis import strategies as st

from convlib import functional, grouped, reference


@st.composite
def layers(draw):
    """Channels, an image that fits a kernel, and options: no two sizes tied to each other."""
    kernel, sizes, options = fitting_window(draw)
    n, depth, per, groups = (draw(st.integers(1, 3)) for _ in range(4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.standard_normal((n, groups * depth, *sizes))
    b = rng.standard_normal(groups * per)
    return rng, x, kernel, b, groups, options


@given(layers())
def test_block_diagonal_weight_does_the_same(case):
    rng, x, kernel, b, groups, options = case
    w = rng.standard_normal((len(b), x.shape[1] // groups, *kernel))
    dense = grouped.block_diagonal_weight(w, groups)
    assert dense.shape == (len(b), x.shape[1], *kernel) and not np.shares_memory(dense, w)
    assert np.count_nonzero(dense) == w.size
    x32, w32, dense32, b32 = narrow(x, w, dense, b)
    close(functional.conv2d(x32, dense32, b32, **options),
          engines.conv(x32, w32, b32, groups=groups, **options))
    close(functional.conv2d(x, dense, b, **options),
          functional.conv2d(x, w, b, groups=groups, **options))


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.float32, np.float64])
def test_block_diagonal_weight_of_any_rank(dtype):
    w = np.ones((6, 2, 3, 1, 2, 4), dtype)[:, :, ::2, :, :, ::-1]
    w.flags.writeable = False
    dense = grouped.block_diagonal_weight(w, 3)
    assert dense.dtype == dtype and dense.shape == (6, 6, 2, 1, 2, 4)
    for o, m in np.ndindex(6, 6):
        np.testing.assert_array_equal(dense[o, m], w[o, m % 2] if o // 2 == m // 2 else 0)
    np.testing.assert_array_equal(grouped.block_diagonal_weight(w, 1), w)
    x = np.random.default_rng(0).standard_normal((2, 6, 7))
    w = np.random.default_rng(1).standard_normal((4, 3, 5))
    close(functional.conv1d(x, grouped.block_diagonal_weight(w, 2)),
          reference.conv1d(x, w, groups=2))


@given(layers())
def test_pointwise_grouped(case):
    rng, x, _, b, groups, options = case
    w = rng.standard_normal((len(b), x.shape[1] // groups, 1, 1))
    options = options | dict(padding=(0, 0), dilation=(1, 1))
    stride = options["stride"]
    close(grouped.pointwise_grouped_conv2d(*narrow(x, w, b), stride=stride, groups=groups),
          engines.conv(*narrow(x, w, b), groups=groups, **options))
    close(grouped.pointwise_grouped_conv2d(x, w, b, stride=stride, groups=groups),
          reference.conv2d(x, w, b, stride=stride, groups=groups))


@given(st.integers(1, 5), st.integers(1, 5), st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_channel_shuffle(groups, per, sizes):
    x = np.arange(2 * groups * per * np.prod(sizes)).reshape(2, groups * per, *sizes)
    y = grouped.channel_shuffle(x, groups)
    for p, q in np.ndindex(groups, per):
        np.testing.assert_array_equal(y[:, q * groups + p], x[:, p * per + q])
    assert y.shape == x.shape and y.dtype == x.dtype
    np.testing.assert_array_equal(grouped.channel_shuffle(y, per), x)
    if x.size:
        apart = x.astype(np.float32).reshape(2, groups, per, *sizes)
        theirs, = engines.run("Transpose", [apart], perm=[0, 2, 1, *range(3, apart.ndim)])
        np.testing.assert_array_equal(y, theirs.reshape(x.shape))


def test_channel_shuffle_lets_groups_see_each_other():
    """Two pointwise grouped convolutions see all channels only with a shuffle between them."""
    x, w = np.eye(6)[:, :, None, None], np.ones((6, 2, 1, 1))
    once = grouped.pointwise_grouped_conv2d(x, w, groups=3)
    reach = [np.count_nonzero(grouped.pointwise_grouped_conv2d(y, w, groups=3), axis=0).max()
             for y in (once, grouped.channel_shuffle(once, 3))]
    assert reach == [2, 4]


@given(layers())
def test_flattened(case):
    rng, x, kernel, b, _, options = case
    lateral, vertical, horizontal = (
        rng.standard_normal((len(b), length)) for length in (x.shape[1], *kernel))
    dense = np.einsum("om,oi,oj->omij", lateral, vertical, horizontal)
    close(grouped.flattened_conv2d(*narrow(x, lateral, vertical, horizontal, b), **options),
          engines.conv(*narrow(x, dense, b), **options))
    close(grouped.flattened_conv2d(x, lateral, vertical, horizontal, b, **options),
          reference.conv2d(x, dense, b, **options))


def operations(dtype):
    """Every operation of the module that takes images, here of four channels."""
    w, line = np.ones((6, 2, 1, 1), dtype), np.ones((6, 3), dtype)
    yield lambda x: grouped.pointwise_grouped_conv2d(x, w, groups=2)
    yield lambda x: grouped.flattened_conv2d(x, np.ones((6, 4), dtype), line, line[:, :2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_inputs_are_left_alone(dtype):
    x = np.arange(2 * 4 * 5 * 8).astype(dtype).reshape(2, 4, 5, 8)[:, :, ::-1, ::2]
    x.flags.writeable = False
    before = x.copy()
    for operation in operations(dtype):
        y = operation(x)
        assert y.dtype == dtype and y.flags.writeable and not np.shares_memory(x, y)
        np.testing.assert_array_equal(operation(x[1]), y[1])
        assert operation(x[:0]).shape == (0, *y.shape[1:])
    for groups in (1, 2, 4):
        y = grouped.channel_shuffle(x, groups)
        assert y.dtype == dtype and y.flags.writeable and not np.shares_memory(x, y)
        assert grouped.channel_shuffle(x[:0], groups).shape == (0, 4, 5, 4)
    np.testing.assert_array_equal(x, before)


def test_integers_are_exact():
    x = np.full((2, 1, 1), 2**55 + 1)
    assert grouped.flattened_conv2d(x, [[1, 2]], [[3]], [[4]]).item() == 36 * (2**55 + 1)
    assert grouped.pointwise_grouped_conv2d(x, np.full((1, 2, 1, 1), 3)).item() == 6 * (2**55 + 1)


def test_nan_spoils_only_what_it_touches():
    x = np.zeros((4, 5, 4))
    x[0, 0, 0] = np.nan
    spoilt = [int(np.isnan(operation(x)).sum()) for operation in operations(float)]
    assert spoilt == [3, 6]  # the maps of one group; all maps
    assert np.isnan(grouped.channel_shuffle(x[None], 2)).sum() == 1


X, A, V, H = np.zeros((2, 4, 6, 7)), np.ones((6, 4)), np.ones((6, 3)), np.ones((6, 2))


@pytest.mark.parametrize(("operation", "arguments", "bad"), [
    (grouped.block_diagonal_weight, dict(weight=np.ones((6, 2, 3)), groups=2), [
        (dict(weight=np.ones(6)), ValueError, r"weight has shape \(6,\)"),
        (dict(weight=None), TypeError, "weight"),
        (dict(groups=4), ValueError, "groups=4 must divide C_out=6: use one of 1, 2, 3, 6"),
        (dict(groups=0), ValueError, "groups=0"),
        (dict(groups=2.0), TypeError, "groups"),
        (dict(groups=True), TypeError, "groups"),
        (dict(weight=np.broadcast_to(1, (2**21, 2, 1)), groups=2**21), ValueError, "fewer groups"),
    ]),
    (grouped.pointwise_grouped_conv2d, dict(input=X, weight=np.ones((6, 2, 1, 1)), groups=2), [
        (dict(weight=np.ones((6, 2, 3, 1))), ValueError, "weight has shape"),
        (dict(weight=np.ones((6, 2))), ValueError, "weight has shape"),
        (dict(weight="text"), TypeError, "weight"),
        (dict(input=np.zeros((4, 6))), ValueError, "input has shape"),
        (dict(input=None), TypeError, "input"),
        (dict(groups=3), ValueError, "groups=3 must divide C_in=4: use one of 1, 2, 4"),
        (dict(groups=1), ValueError, "C_in/groups"),
        (dict(stride=0), ValueError, "stride=0"),
        (dict(bias=np.zeros(4)), ValueError, r"bias has shape \(4,\)"),
    ]),
    (grouped.channel_shuffle, dict(input=X, groups=2), [
        (dict(input=X[0, 0]), ValueError, "input has shape"),
        (dict(input="text"), TypeError, "input"),
        (dict(groups=3), ValueError, "groups=3 must divide C=4: use one of 1, 2, 4"),
        (dict(groups=-1), ValueError, "groups=-1"),
        (dict(groups=1.5), TypeError, "groups"),
    ]),
    (grouped.flattened_conv2d, dict(input=X, lateral=A, vertical=V, horizontal=H), [
        (dict(input=X[0, 0]), ValueError, "input has shape"),
        (dict(input=None), TypeError, "input"),
        (dict(lateral=np.ones((6, 3))), ValueError, "lateral has shape .* C_in=4"),
        (dict(lateral=np.ones(6)), ValueError, "lateral has shape"),
        (dict(lateral="text"), TypeError, "lateral"),
        (dict(vertical=np.ones((5, 3))), ValueError, "vertical has shape"),
        (dict(vertical=None), TypeError, "vertical"),
        (dict(horizontal=np.ones((6, 0))), ValueError, "horizontal has shape"),
        (dict(horizontal=np.ones((6, 9))), ValueError, "add padding"),
        (dict(bias=np.zeros(4)), ValueError, r"bias has shape \(4,\)"),
        (dict(stride=(1, 2, 3)), ValueError, "stride"),
        (dict(padding=-1), ValueError, "padding"),
        (dict(padding=2**40), ValueError, "padding too large"),
        (dict(padding="same", stride=2), ValueError, "needs stride=1"),
        (dict(dilation=0.5), TypeError, "dilation"),
    ]),
])
def test_bad_input_is_named(operation, arguments, bad):
    operation(**arguments)
    for change, error, text in bad:
        with pytest.raises(error, match=text):
            operation(**arguments | change)


@given(layers())
def test_grouped_is_pytorchs(case):
    torch = pytest.importorskip("torch")
    rng, x, _, b, groups, options = case
    shuffled = torch.nn.functional.channel_shuffle(torch.from_numpy(x), groups)
    np.testing.assert_array_equal(grouped.channel_shuffle(x, groups), shuffled.numpy())
    w = rng.standard_normal((len(b), x.shape[1] // groups, 1, 1))
    theirs = torch.nn.functional.conv2d(*map(torch.from_numpy, (x, w, b)), groups=groups,
                                        stride=options["stride"])
    close(grouped.pointwise_grouped_conv2d(x, w, b, stride=options["stride"], groups=groups),
          theirs.numpy())
