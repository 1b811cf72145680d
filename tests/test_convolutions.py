"""The convolutions, `unfold` and `fold` against onnxruntime and their own definitions."""

from unittest import mock

import cases
import engines
import numpy as np
import pytest
import scipy.signal
from cases import close, same
from hypothesis import given
from hypothesis import strategies as st

from convlib import costs, functional, grad, reference, shapes
from convlib.compute import tiles, ways

FLOATS = (np.float32, np.float64)


@pytest.mark.parametrize("axes", cases.AXES)
@given(cases.numbers)
def test_conv(axes, numbers):
    case = cases.convolution(axes, numbers)
    conv, definition = getattr(functional, f"conv{axes}d"), getattr(reference, f"conv{axes}d")
    operands = case.operands(np.float32)
    y = conv(*operands, **case.options)
    close(y, engines.conv(*operands, **case.options))
    cases.new(y, *operands)
    assert shapes.conv_output_shape(case.x.shape, case.w.shape, **case.options) == y.shape
    operands = case.operands(np.float64)
    close(conv(*operands, **case.options), definition(*operands, **case.options))
    operands = case.operands(*case.whole)
    y = conv(*operands, **case.options)
    assert y.dtype == np.int64
    same(y, definition(*operands, **case.options))


@given(cases.numbers)
def test_causal_conv1d(numbers):
    case = cases.convolution(1, numbers)
    options = {name: case.options[name] for name in ("stride", "dilation", "groups")}
    before = engines.each(options["dilation"], 1)[0] * (case.w.shape[2] - 1)

    def padded(x, w, b):
        return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(before, 0)]), w, b

    operands = case.operands(np.float32)
    y = functional.causal_conv1d(*operands, **options)
    close(y, engines.conv(*padded(*operands), **options))
    cases.new(y, *operands)
    assert y.shape[-1] == -(-case.x.shape[-1] // engines.each(options["stride"], 1)[0])
    for compare, kinds in ((close, [np.float64]), (same, case.whole)):
        operands = case.operands(*kinds)
        compare(functional.causal_conv1d(*operands, **options),
                reference.conv1d(*padded(*operands), **options))


@given(st.sampled_from(cases.AXES), cases.numbers)
def test_nan_and_infinity_spoil_only_what_they_touch(axes, numbers):
    case = cases.convolution(axes, numbers)
    conv = getattr(functional, f"conv{axes}d")
    cases.spoiling(lambda x, w: conv(x, w, **case.options), case, numbers)


def test_causal_conv1d_never_sees_the_future():
    x, w = np.zeros((1, 20)), np.ones((1, 1, 3))
    for now in range(20):
        x[:, now:] = np.nan
        seen = functional.causal_conv1d(x, w, dilation=2)[0]
        np.testing.assert_array_equal(np.isnan(seen), np.arange(20) >= now)
        x[:] = 0


LAYERS = [  # as networks have them: input, weight, options
    ((2, 3, 65, 60), (64, 3, 7, 7), dict(stride=2, padding=3)),
    ((2, 64, 28, 29), (64, 64, 3, 3), dict(padding=1)),
    ((1, 256, 14, 13), (256, 256, 3, 3), dict(padding=1)),
    ((2, 128, 14, 13), (256, 128, 1, 1), {}),
    ((2, 128, 14, 13), (64, 128, 1, 1), dict(stride=2)),
    ((2, 96, 14, 13), (96, 1, 3, 3), dict(padding=1, groups=96)),
    ((2, 64, 28, 27), (128, 2, 3, 3), dict(padding=1, groups=32)),
    ((1, 128, 33, 31), (64, 128, 3, 3), dict(padding=12, dilation=12)),
    ((1, 256, 7, 5), (128, 256, 5, 5), dict(padding=2)),
    ((1, 512, 1, 1), (300, 512, 1, 1), {}),
    ((2, 64, 2003), (64, 64, 9), dict(padding="same")),
    ((2, 1, 16001), (32, 1, 251), {}),
    ((2, 32, 501), (64, 32, 2), dict(dilation=64)),
    ((2, 16, 12, 13, 14), (32, 16, 3, 3, 3), dict(padding=1)),
    ((1, 3, 8, 41, 44), (24, 3, 3, 7, 7), dict(stride=(1, 2, 2), padding=(1, 3, 3))),
    ((1, 1, 200, 301), (1, 1, 31, 31), dict(padding="same")),
    ((2, 3, 150, 201), (3, 1, 14, 19), dict(groups=3)),
    ((1, 1, 150, 201), (1, 1, 17, 15), dict(padding=24, dilation=3)),
    ((1, 2, 20, 30, 41), (3, 2, 6, 7, 8), {}),
]


@pytest.mark.parametrize(("image", "weight", "options"), LAYERS)
def test_layers_of_networks(image, weight, options):
    rng = np.random.default_rng(0)
    conv = getattr(functional, f"conv{len(image) - 2}d")
    x, w = (rng.standard_normal(shape).astype(np.float32) for shape in (image, weight))
    b = rng.standard_normal(len(w)).astype(np.float32)
    y, theirs = conv(x, w, b, **options), engines.conv(x, w, b, **options)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())
    # float64: a few outputs by the definition, each from the window that it sees.
    x, w, b = (a.astype(float) for a in (x, w, b))
    y, axes = conv(x, w, b, **options), len(image) - 2
    stride, dilation = (engines.each(options.get(name, 1), axes) for name in ("stride", "dilation"))
    wide = np.pad(x, [(0, 0)] * 2 + engines.pads(options.get("padding", 0), w, dilation))
    depth, per = w.shape[1], len(w) // options.get("groups", 1)
    for place in rng.integers(0, y.size, 50):
        n, o, *position = np.unravel_index(place, y.shape)
        window = wide[(n, slice(o // per * depth, (o // per + 1) * depth), *(
            slice(s * t, s * t + d * (k - 1) + 1, d)
            for s, t, d, k in zip(stride, position, dilation, w.shape[2:], strict=True)))]
        expected, size = np.sum(window * w[o]) + b[o], np.abs(window * w[o]).sum()
        assert abs(y.flat[place] - expected) <= 1e-12 * size
    # Infinity spoils no more here either, whatever way was chosen.
    marks = np.zeros(x.shape)
    marks.flat[x.size // 3], x.flat[x.size // 3] = 1, np.inf
    touched = conv(marks, np.ones(w.shape), **options) > 0.5
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(np.isfinite(conv(x, w, **options)), ~touched)


@pytest.mark.parametrize(("kind", "ratio", "tolerance"), [
    (np.float32, 1, 1e-5), (np.float32, 1e10, 1e-5), (np.float64, 1, 1e-12),
])
def test_spectra_leave_small_numbers_beside_large_ones(kind, ratio, tolerance):
    error, size, _ = error_of_spectra(kind, ratio)
    assert (error <= tolerance * size).all()


@pytest.mark.parametrize(("kind", "ratio", "tolerance"), [
    (np.float32, 1e20, 1e-5), (np.float64, 1e8, 1e-12), (np.float64, 1e100, 1e-12)])
def test_spectra_are_exact_to_a_part_of_the_largest_number(kind, ratio, tolerance):
    """What the docstring warns of: beyond those ratios small numbers drown."""
    error, size, largest = error_of_spectra(kind, ratio)
    assert error.max() <= max(1e-14, np.finfo(kind).eps) * largest
    assert (error > tolerance * size).any()


def error_of_spectra(kind, ratio):
    """Return errors beside large numbers, the sums of the products' sizes, and the largest sum."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((96, 128)).astype(kind), rng.standard_normal((15, 15)).astype(kind)
    x[:, :40] *= ratio
    with mock.patch.object(ways, "fourier", wraps=ways.fourier) as fourier:
        y = functional.conv2d(x[None], w[None, None])[0]
    assert fourier.called
    expected, size = (scipy.signal.correlate2d(*(f(a.astype(float)) for a in (x, w)), "valid")
                      for f in (np.positive, np.abs))
    return np.abs(y - expected), size, size.max()


def columns(x, w, *, stride, padding, dilation):
    """Unfold by definition: pick every window out of the padded image."""
    stride, dilation = engines.each(stride, 2), engines.each(dilation, 2)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:], strict=True)]
    x = np.pad(x, [(0, 0)] * (x.ndim - 2) + engines.pads(padding, w, dilation))
    seen = np.lib.stride_tricks.sliding_window_view(x, spans, (-2, -1))
    seen = seen[..., ::stride[0], ::stride[1], ::dilation[0], ::dilation[1]]
    rows, positions = x.shape[-3] * w[0, 0].size, seen.shape[-4] * seen.shape[-3]
    return np.moveaxis(seen, (-2, -1), (-4, -3)).reshape(*x.shape[:-3], rows, positions)


def images(numbers):
    """Return a case of few channels, and how a window unfolds its images."""
    case = cases.convolution(2, numbers, words=False)
    options = {name: case.options[name] for name in ("stride", "padding", "dilation")}
    x = case.x[..., :3, :, :]
    w = np.eye(x.shape[-3] * case.w[0, 0].size).reshape(-1, x.shape[-3], *case.w.shape[2:])
    return case._replace(x=x, w=w, b=None), cases.loose(case.w.shape[2:]), options


@given(cases.numbers)
def test_unfold(numbers):
    case, kernel, options = images(numbers)
    for kind in (np.float32, np.float64, *case.whole):
        x, w, _ = case.operands(kind)
        y = functional.unfold(x, kernel, **options)
        same(y, columns(x, w, **options))
        cases.new(y, x)
        if kind == np.float32:  # the engine convolves with kernels of a single one
            same(y, engines.conv(x, w, **options).reshape(y.shape))


@given(cases.numbers)
def test_fold(numbers):
    case, kernel, options = images(numbers)
    size, pads = case.x.shape[-2:], engines.pads(options["padding"], case.w, options["dilation"])
    case = case._replace(x=numbers.normal(*functional.unfold(case.x, kernel, **options).shape))
    # By definition: every number is added at the place where unfolding finds its own.
    padded = (case.w.shape[1], *np.add(size, np.sum(pads, axis=1)))
    places = columns(np.arange(np.prod(padded)).reshape(padded), case.w,
                     **options | dict(padding=0))
    inside = (..., *(slice(first, first + side) for side, (first, _) in
                     zip(size, pads, strict=True)))
    for kind in (np.float32, np.float64, *case.whole):
        y, w, _ = case.operands(kind)
        x = functional.fold(y, size, kernel, **options)
        cases.new(x, y)
        sums = np.zeros((*y.shape[:-2], np.prod(padded)), kind if kind in FLOATS else np.int64)
        np.add.at(sums, (..., places), y)
        (close if kind in FLOATS else same)(x, sums.reshape(*y.shape[:-2], *padded)[inside])
        if kind == np.float32:
            close(x, engines.fold(y, size, kernel, pads, options["stride"], options["dilation"]))


@given(cases.numbers)
def test_unfold_and_fold_are_adjoint(numbers):
    case, kernel, options = images(numbers)
    shape = functional.unfold(case.x, kernel, **options).shape
    cases.adjoint(lambda x, w: functional.unfold(x, kernel, **options),
                  lambda y, w: functional.fold(y, case.x.shape[-2:], kernel, **options),
                  case, numbers.normal(*shape))


@pytest.mark.parametrize("axes", cases.AXES)
def test_pads_may_differ_before_and_after(axes):
    rng = np.random.default_rng(axes)
    x, w = rng.standard_normal((2, 4, *(6, 5, 4)[:axes])), rng.standard_normal((6, 2, *[3] * axes))
    pads, how = ((2, 0), (0, 3), (1, 2))[:axes], dict(stride=2, groups=2)
    wide = np.pad(x, ((0, 0), (0, 0), *pads))
    for module in (functional, reference):
        conv = getattr(module, f"conv{axes}d")
        y = conv(x, w, padding=pads, **how)
        np.testing.assert_allclose(y, conv(wide, w, **how), rtol=1e-12)
    dx = getattr(grad, f"conv{axes}d_input")(x.shape, w, y, padding=pads, **how)
    whole = getattr(grad, f"conv{axes}d_input")(wide.shape, w, y, **how)
    inside = tuple(slice(before, before + size) for (before, _), size in
                   zip(pads, x.shape[2:], strict=True))
    np.testing.assert_allclose(dx, whole[(..., *inside)], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_same_padding_is_the_engines(k, dilation):
    rng = np.random.default_rng(k)
    x = rng.standard_normal((1, 2, 9, 11)).astype(np.float32)
    w = rng.standard_normal((2, 2, k, k)).astype(np.float32)
    before, after = shapes.same_padding(k, dilation)
    wide = np.pad(x, [(0, 0)] * 2 + [(before, after)] * 2)
    theirs = engines.conv(wide, w, dilation=dilation)
    ours = functional.conv2d(x, w, padding="same", dilation=dilation)
    assert ours.shape == x.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    if dilation == 1:  # the engine knows the word too, for kernels that are not dilated
        theirs, = engines.run("Conv", [x, w], auto_pad="SAME_UPPER")
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("groups", [1, 3])
def test_blocks_do_not_show(monkeypatch, groups):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 6, 40, 30)), rng.standard_normal((9, 6 // groups, 5, 3))
    options = dict(stride=(3, 1), padding=(4, 2), dilation=2, groups=groups)

    def results():
        y = functional.conv2d(x, w, **options)
        return y, grad.conv2d_input(x.shape, w, y, **options), grad.conv2d_weight(
            x, w.shape, y, **options)

    whole = results()
    monkeypatch.setattr(tiles, "BLOCK", 1)
    for ours, theirs in zip(results(), whole, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-10)


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


def test_unsigned_integers_are_exact():
    y = functional.conv1d(np.full((1, 2), 2**60 + 1, np.uint64), [[[1, 0]]])
    assert y.dtype == np.int64 and y.item() == 2**60 + 1


def test_nan_spoils_only_what_it_touches():
    x = np.zeros((1, 5, 5))
    x[0, 0, 0] = np.nan
    y = functional.conv2d(x, np.ones((1, 1, 3, 3)))
    assert np.isnan(y[0, 0, 0]) and np.isnan(y).sum() == 1


def test_published_numbers():
    classic = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
    kernel = [[0, 1, 2], [2, 2, 0], [0, 1, 2]]
    y = functional.conv2d([classic], [[kernel]])
    np.testing.assert_array_equal(y[0], scipy.signal.correlate2d(classic, kernel, "valid"))
    assert shapes.conv_output_shape((3, 7, 7), (128, 3, 3, 3)) == (128, 5, 5)
    assert costs.conv_macs((3, 7, 7), 128, (3, 3)) == 86_400
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


@pytest.mark.parametrize("axes", cases.AXES)
@given(cases.numbers)
def test_conv_is_pytorchs(axes, numbers):
    torch = engines.pytorch()
    case = cases.convolution(axes, numbers)
    conv, theirs = (getattr(room, f"conv{axes}d") for room in (functional, torch.nn.functional))
    for kind in FLOATS:
        operands = case.operands(kind)
        close(conv(*operands, **case.options),
              theirs(*engines.tensors(*operands), **case.options).numpy())


@given(cases.numbers)
def test_unfold_and_fold_are_pytorchs(numbers):
    torch = engines.pytorch()
    case, kernel, options = images(numbers)
    x, = engines.tensors(case.x)
    y = torch.nn.functional.unfold(x, kernel, **options)
    same(functional.unfold(case.x, kernel, **options), y.numpy())
    if len(y):  # it does not fold an empty batch
        close(functional.fold(y.numpy(), case.x.shape[-2:], kernel, **options),
              torch.nn.functional.fold(y, case.x.shape[-2:], kernel, **options).numpy())
