"""Deformable convolution against onnxruntime, its definition and ordinary convolution."""

from math import lcm

import engines
import numpy as np
import pytest
from cases import close, extra_memory, fitting_window
from hypothesis import given
from hypothesis import strategies as st

from convlib import deformable, functional, reference, shapes
from convlib.deformable import deform_conv2d, deform_conv2d_gradients


@st.composite
def layers(draw):
    """Operands and options; many points fall on pixels, on the border and far outside."""
    kernel, sizes, options = fitting_window(draw, most=3)
    n, groups, offset_groups, per = (draw(st.integers(1, 3)) for _ in range(4))
    c_in = draw(st.integers(1, 2)) * lcm(groups, offset_groups)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.standard_normal((n, c_in, *sizes))
    w = rng.standard_normal((groups * per, c_in // groups, *kernel))
    b = rng.standard_normal(len(w)) if draw(st.booleans()) else None
    places = shapes.conv_output_shape(x.shape, w.shape, groups=groups, **options)[2:]
    taps = kernel[0] * kernel[1]
    offset = 2 * rng.standard_normal((n, 2 * offset_groups * taps, *places))
    offset = np.where(rng.random(offset.shape) < 0.3, np.round(offset), offset)
    offset[rng.random(offset.shape) < 0.05] *= 1e9
    mask = rng.random((n, offset_groups * taps, *places)) if draw(st.booleans()) else None
    return x, offset, w, b, mask, options


@given(layers())
def test_engine(case):
    *arrays, options = case
    for dtype in (np.float32, np.float64):
        x, offset, w, b, mask = (None if a is None else a.astype(dtype) for a in arrays)
        close(deform_conv2d(x, offset, w, b, mask=mask, **options),
              engines.deform_conv2d(x, offset, w, b, mask=mask, **options))


@given(layers())
def test_definition(case):
    x, offset, w, b, mask, options = case
    close(deform_conv2d(x, offset, w, b, mask=mask, **options),
          reference.deform_conv2d(x, offset, w, b, mask=mask, **options))


@given(layers())
def test_without_offsets_it_is_convolution(case):
    x, offset, w, b, _, options = case
    ordinary = functional.conv2d(x, w, b, groups=x.shape[1] // w.shape[1], **options)
    close(deform_conv2d(x, 0 * offset, w, b, **options), ordinary)
    ones = np.ones((len(x), offset.shape[1] // 2, *offset.shape[2:]))
    np.testing.assert_array_equal(deform_conv2d(x, offset, w, b, mask=ones, **options),
                                  deform_conv2d(x, offset, w, b, **options))
    close(deform_conv2d(x, 0 * offset, w, mask=ones / 2, **options),
          functional.conv2d(x, w / 2, groups=x.shape[1] // w.shape[1], **options))


@given(layers())
def test_whole_offsets_gather_pixels(case):
    x, offset, w, _, _, options = case
    offset = np.clip(np.round(offset), -20, 20).astype(int)
    x, w = np.round(9 * x).astype(int), np.round(9 * w).astype(int)
    ours = deform_conv2d(x, offset, w, **options)
    assert ours.dtype == np.int64
    # One output position at a time: gather its taps from an image with a wide margin of zeros.
    margin = 40
    wide = np.pad(x, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
    kernel, depth = w.shape[2:], w.shape[1]
    move = offset.reshape(len(x), -1, *kernel, 2, *offset.shape[2:])
    move = move.repeat(x.shape[1] // move.shape[1], axis=1)
    n, m, i, j = np.indices((len(x), x.shape[1], *kernel))
    for r, c in np.ndindex(ours.shape[2:]):
        at = [margin + s * p - pad + d * tap + move[:, :, :, :, axis, r, c]
              for axis, (s, p, pad, d, tap) in enumerate(zip(
                  options["stride"], (r, c), options["padding"], options["dilation"], (i, j),
                  strict=True))]
        seen = wide[n, m, *at].reshape(len(x), -1, depth, *kernel)
        outs = w.reshape(seen.shape[1], -1, depth, *kernel)
        np.testing.assert_array_equal(ours[:, :, r, c],
                                      np.einsum("ngmij,gomij->ngo", seen, outs).reshape(len(x), -1))


def test_border():
    """A point fades out over one pixel, and is 0 from there on."""
    x, w = np.ones((1, 1, 1)), np.ones((1, 1, 1, 1))
    for at, value in ((-2, 0), (-1, 0), (-0.75, 0.25), (0, 1), (0.25, 0.75), (1, 0), (1.5, 0),
                      (-np.inf, 0), (np.inf, 0), (1e30, 0)):
        for axis in (0, 1):
            offset = np.zeros((2, 1, 1))
            offset[axis] = at
            assert deform_conv2d(x, offset, w).item() == value


def test_nan_spoils_only_what_it_touches():
    x, w, offset = np.zeros((1, 4, 5)), np.ones((1, 1, 1, 1)), np.zeros((2, 4, 5))
    x[0, 1, 1] = np.nan
    spoilt = np.isnan(deform_conv2d(x, offset, w)[0])
    # Points on pixels read the next row and column too, with a share of 0: as the engine does.
    np.testing.assert_array_equal(np.argwhere(spoilt), [[0, 0], [0, 1], [1, 0], [1, 1]])
    theirs = engines.deform_conv2d(x[None], offset[None], w)
    np.testing.assert_array_equal(spoilt, np.isnan(theirs[0, 0]))
    offset[0, 2, 3] = np.nan
    assert np.isnan(deform_conv2d(0 * np.nan_to_num(x), offset, w)).sum() == 1
    mask = np.ones((1, 4, 5))
    mask[0, 3, 3] = np.nan
    assert np.isnan(deform_conv2d(0 * np.nan_to_num(x), 0 * np.nan_to_num(offset), w,
                                  mask=mask)).sum() == 1
    # One pixel outside nothing is read at all.
    x[:] = np.nan
    assert not deform_conv2d(x, np.full((2, 4, 5), -9.0), w).any()


def differentiable(case):
    """Return a case whose points lie between pixels, its output's gradient, and its operands'."""
    x, offset, w, _, mask, options = case
    rng = np.random.default_rng(offset.size)
    offset = np.clip(np.round(offset), -9, 9) + rng.uniform(0.1, 0.9, offset.shape)
    mask = rng.random((len(x), offset.shape[1] // 2, *offset.shape[2:])) if mask is None else mask
    dy = rng.standard_normal(deform_conv2d(x, offset, w, **options).shape)
    return (x, offset, w, mask), options, dy, deform_conv2d_gradients(
        x, offset, w, dy, mask=mask, **options)


@given(layers())
def test_gradients_are_adjoint(case):
    (x, offset, w, mask), options, dy, found = differentiable(case)
    b = np.random.default_rng(0).standard_normal(len(w))
    product = np.vdot(deform_conv2d(x, offset, w, mask=mask, **options), dy)
    tolerance = dict(rtol=1e-9, atol=1e-9)
    for operand, gradient in ((x, found.input), (w, found.weight), (mask, found.mask)):
        assert operand.shape == gradient.shape
        np.testing.assert_allclose(np.vdot(operand, gradient), product, **tolerance)
    with_bias = np.vdot(deform_conv2d(x, offset, w, b, mask=mask, **options), dy)
    np.testing.assert_allclose(np.vdot(b, found.bias), with_bias - product, **tolerance)
    plain = deform_conv2d_gradients(x, offset, w, dy, **options)
    ones = deform_conv2d_gradients(x, offset, w, dy, mask=np.ones_like(mask), **options)
    assert plain.mask is None
    for mine, other in zip(plain[:4], ones, strict=False):
        np.testing.assert_array_equal(mine, other)


@given(layers())
def test_gradients_of_offsets_are_differences(case):
    (x, offset, w, mask), options, dy, found = differentiable(case)
    for axis in (0, 1):  # between pixels the image is linear along each of them
        step = np.zeros_like(offset)
        along = step[:, axis::2]
        along[...] = np.random.default_rng(axis).uniform(-0.05, 0.05, along.shape)
        ahead, behind = (
            np.vdot(deform_conv2d(x, offset + sign * step, w, mask=mask, **options), dy)
            for sign in (1, -1))
        np.testing.assert_allclose(np.vdot(found.offset, step), (ahead - behind) / 2, rtol=1e-9,
                                   atol=1e-9)


@given(layers())
def test_gradients_are_torchvisions(case):
    torch, ops = pytest.importorskip("torch"), pytest.importorskip("torchvision.ops")
    arrays, options, dy, found = differentiable(case)
    x, offset, w, mask = (torch.from_numpy(a).requires_grad_() for a in arrays)
    b = torch.zeros(len(w), dtype=torch.float64, requires_grad=True)
    ops.deform_conv2d(x, offset, w, b, mask=mask, **options).backward(torch.from_numpy(dy))
    for mine, theirs in zip(found, (x, offset, w, b, mask), strict=True):
        np.testing.assert_allclose(mine, theirs.grad.numpy(), rtol=1e-9, atol=1e-9)


def test_gradients_do_without_a_batch_and_keep_their_type():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, 13, 9)), rng.standard_normal((6, 2, 3, 2))
    offset, dy = rng.standard_normal((2, 24, 11, 8)), rng.standard_normal((2, 6, 11, 8))
    whole = deform_conv2d_gradients(x, offset, w, dy)
    parts = [deform_conv2d_gradients(*each, w, out) for *each, out in
             zip(x, offset, dy, strict=True)]
    for one, other in zip(whole.input, (part.input for part in parts), strict=True):
        close(one, other)
    close(whole.weight, parts[0].weight + parts[1].weight)
    narrow = deform_conv2d_gradients(*(a.astype(np.float32) for a in (x, offset, w, dy)))
    assert {each.dtype for each in narrow[:4]} == {np.dtype(np.float32)}


def test_blocks_do_not_show(monkeypatch):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, 13, 9)), rng.standard_normal((6, 2, 3, 2))
    offset, mask = rng.standard_normal((2, 24, 13, 9)), rng.random((2, 12, 13, 9))
    options = dict(padding=(1, 1), dilation=(1, 2), mask=mask)
    whole = deform_conv2d(x, offset, w, **options)
    gradients = deform_conv2d_gradients(x, offset, w, whole, **options)
    for block in (1, 20_000):
        monkeypatch.setattr(deformable, "BLOCK", block)
        close(deform_conv2d(x, offset, w, **options), whole)
        for mine, other in zip(deform_conv2d_gradients(x, offset, w, whole, **options), gradients,
                               strict=True):
            close(mine, other)


@pytest.mark.parametrize(("channels", "groups", "side"), [(64, 1, 56), (64, 64, 56), (1, 1, 300)])
def test_memory_is_bounded(channels, groups, side):
    x = np.zeros((2, channels, side, side), np.float32)
    w, offset = np.zeros((8, channels, 3, 3), np.float32), np.zeros((2, 18 * groups, side, side),
                                                                    np.float32)
    assert extra_memory(deform_conv2d, x, offset, w, padding=1) < 16 * 2**20
    dy = np.zeros((2, 8, side, side), np.float32)
    assert extra_memory(deform_conv2d_gradients, x, offset, w, dy, padding=1) < 16 * 2**20


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_inputs_are_left_alone(dtype):
    def field(*shape):
        wide = np.arange(np.prod(shape) * 2).astype(dtype).reshape(*shape[:-1], 2 * shape[-1]) % 5
        wide.flags.writeable = False
        return wide[..., ::-2]
    arrays = x, offset, w, mask = (field(2, 4, 6, 5), field(2, 12, 5, 3), field(4, 2, 2, 3),
                                   field(2, 6, 5, 3))
    before = [a.copy() for a in arrays]
    y = deform_conv2d(x, offset, w, mask=mask)
    assert y.dtype == dtype and y.flags.writeable
    for a, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, copy)
        assert not np.shares_memory(y, a)
    np.testing.assert_array_equal(deform_conv2d(x[1], offset[1], w, mask=mask[1]), y[1])
    empty = deform_conv2d(x[:0], offset[:0], w, mask=mask[:0])
    assert empty.shape == (0, 4, 5, 3) and empty.dtype == dtype
    assert deform_conv2d(x, offset.astype(float), w).dtype == np.float64


X, OFFSET, W, MASK = (np.zeros((2, 4, 6, 7)), np.zeros((2, 36, 4, 5)), np.zeros((6, 2, 3, 3)),
                      np.zeros((2, 18, 4, 5)))
BAD = [
    (dict(input="text"), TypeError, "input"),
    (dict(input=np.zeros((4, 6))), ValueError, "input has shape"),
    (dict(input=np.zeros((2, 4, 0, 7))), ValueError, "only the batch may be empty"),
    (dict(offset=None), TypeError, "offset"),
    (dict(offset=np.zeros((2, 36, 4, 4))), ValueError, r"offset has shape .* \(2, 36, 4, 5\)"),
    (dict(offset=np.zeros((2, 35, 4, 5))), ValueError, "offset has shape"),
    (dict(offset=np.zeros((2, 17, 4, 5))), ValueError, r"offset has shape .* \(2, 18, 4, 5\)"),
    (dict(offset=np.zeros((1, 36, 4, 5))), ValueError, "offset has shape"),
    (dict(offset=np.zeros((36, 4, 5))), ValueError, "offset has shape"),
    (dict(offset=np.zeros(36)), ValueError, "offset has shape"),
    (dict(offset=np.zeros((2, 54, 4, 5))), ValueError, "offset_groups=3: they must divide C_in=4"),
    (dict(mask=np.zeros((2, 9, 4, 5))), ValueError, r"mask has shape .* \(2, 18, 4, 5\)"),
    (dict(mask=np.zeros((18, 4, 5))), ValueError, "mask has shape"),
    (dict(mask="text"), TypeError, "mask"),
    (dict(weight=np.zeros((6, 3, 3, 3))), ValueError, "C_in/groups.*use one of 1, 2, 4"),
    (dict(weight=np.zeros((6, 8, 3, 3))), ValueError, "C_in/groups"),
    (dict(weight=np.zeros((6, 0, 3, 3))), ValueError, "weight has shape"),
    (dict(weight=np.zeros((5, 2, 3, 3))), ValueError, "groups=2 must divide C_out=5"),
    (dict(weight=np.zeros((6, 2, 3))), ValueError, "weight has shape"),
    (dict(weight=np.zeros((6, 2, 9, 3))), ValueError, "add padding"),
    (dict(bias=np.zeros(5)), ValueError, r"bias has shape \(5,\)"),
    (dict(stride=0), ValueError, "stride=0"),
    (dict(stride=1.0), TypeError, "stride"),
    (dict(padding=(1, 2, 3)), ValueError, "padding"),
    (dict(padding=2**40), ValueError, "padding too large"),
    (dict(padding=1), ValueError, r"offset has shape .* \(2, 36, 6, 7\)"),
    (dict(dilation=-1), ValueError, "dilation"),
]


@pytest.mark.parametrize(("change", "error", "text"), BAD)
def test_bad_input_is_named(change, error, text):
    arguments = dict(input=X, offset=OFFSET, weight=W, mask=MASK)
    deform_conv2d(**arguments)
    with pytest.raises(error, match=text):
        deform_conv2d(**arguments | change)


@given(layers())
def test_torchvision(case):
    torch, ops = pytest.importorskip("torch"), pytest.importorskip("torchvision.ops")
    *arrays, options = case
    x, offset, w, b, mask = (None if a is None else torch.from_numpy(a) for a in arrays)
    theirs = ops.deform_conv2d(x, offset, w, b, mask=mask, **options)
    close(deform_conv2d(*arrays[:4], mask=arrays[4], **options), theirs.numpy())


@given(layers())
def test_pytorchs_grid_sample(case):
    """PyTorch samples between pixels in its own way: one tap, at places in [-1, 1]."""
    torch = pytest.importorskip("torch")
    x = case[0][:, :1]
    offset = 2 * np.random.default_rng(x.size).standard_normal((len(x), 2, *x.shape[2:]))
    place = np.indices(x.shape[2:])[None] + offset
    grid = [(2 * place[:, axis] + 1) / x.shape[2 + axis] - 1 for axis in (1, 0)]
    theirs = torch.nn.functional.grid_sample(
        torch.from_numpy(x), torch.from_numpy(np.stack(grid, axis=-1)), align_corners=False)
    np.testing.assert_allclose(deform_conv2d(x, offset, np.ones((1, 1, 1, 1))), theirs.numpy(),
                               rtol=1e-10, atol=1e-10)
