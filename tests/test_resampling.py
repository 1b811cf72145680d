"""Pooling, unpooling, shuffling and interpolation against onnxruntime and their definitions."""

import engines
import numpy as np
import pytest
from cases import close, extra_memory
from hypothesis import assume, given
from hypothesis import strategies as st

from convlib import reference, resampling
from convlib.pooling import avg_pool2d, max_pool2d, max_unpool2d
from convlib.resampling import interpolate, pixel_shuffle, pixel_unshuffle


@st.composite
def images(draw, multiple=1, largest=8):
    """Images of any sizes, half of them of a few values, so that windows hold equal ones."""
    n, c, *sides = (draw(st.integers(1, high)) for high in (3, 3, largest, largest))
    shape = (n, c * multiple, *sides)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = 2 * rng.standard_normal(shape)
    return np.round(x) if draw(st.booleans()) else x


@st.composite
def pools(draw, ceil=True):
    """An image, a window that fits, and options."""
    x = draw(images())
    kernel, stride, dilation = (draw(st.tuples(*[st.integers(1, high)] * 2)) for high in (4, 4, 3))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    kernel = tuple(min(k, (size + 2 * p - 1) // d + 1) for k, size, p, d in zip(
        kernel, x.shape[2:], padding, dilation, strict=True))
    padding = tuple(min(p, k // 2) for p, k in zip(padding, kernel, strict=True))
    assume(all(size + 2 * p > d * (k - 1) for k, size, p, d in zip(
        kernel, x.shape[2:], padding, dilation, strict=True)))
    return x, kernel, dict(stride=stride, padding=padding, dilation=dilation,
                           ceil_mode=ceil and draw(st.booleans()))


@st.composite
def resizings(draw):
    """An image, and sizes or factors."""
    x = draw(images())
    if draw(st.booleans()):
        return x, dict(size=draw(st.tuples(*[st.integers(1, 20)] * 2)))
    factor = st.one_of(st.integers(1, 4), st.floats(0.125, 4, width=32))
    factors = draw(st.tuples(factor, factor))
    assume(all(size * f >= 1 for size, f in zip(x.shape[2:], factors, strict=True)))
    # The engine multiplies in single precision, where 5 times 2.6 is 13 and not a little less.
    assume(all(int(size * f) == int(np.float32(size) * np.float32(f))
               for size, f in zip(x.shape[2:], factors, strict=True)))
    return x, dict(scale_factor=factors)


def in_planes(index, shape):
    """Turn the engine's indices, which count through the whole array, into those of each plane."""
    return index - np.arange(shape[0] * shape[1]).reshape(*shape[:2], 1, 1) * shape[2] * shape[3]


@given(pools())
def test_max_pool(case):
    x, kernel, options = case
    y, index = max_pool2d(x, kernel, return_indices=True, **options)
    np.testing.assert_array_equal(y, max_pool2d(x, kernel, **options))
    assume((index >= 0).all())  # where padding alone is seen the engine's index is of no use
    for each in (x.astype(np.float32), x):
        theirs, places = engines.run(
            "MaxPool", [each], 2, kernel_shape=kernel, strides=options["stride"],
            pads=options["padding"] * 2, dilations=options["dilation"],
            ceil_mode=int(options["ceil_mode"]))
        y, index = max_pool2d(each, kernel, return_indices=True, **options)
        assert y.dtype == each.dtype and index.dtype == np.int64
        np.testing.assert_array_equal(y, theirs)
        np.testing.assert_array_equal(index, in_planes(places, x.shape))
    for ours, definition in zip((y, index), reference.max_pool2d(x, kernel, **options),
                                strict=True):
        np.testing.assert_array_equal(ours, definition)


@given(pools(), st.booleans(), st.none() | st.integers(1, 9))
def test_avg_pool(case, include, divisor):
    x, kernel, options = case
    options.pop("dilation")
    assume(all(size + 2 * p >= k for size, p, k in zip(x.shape[2:], options["padding"], kernel,
                                                       strict=True)))
    y = avg_pool2d(x, kernel, count_include_pad=include, divisor_override=divisor, **options)
    if divisor is None and not options["ceil_mode"]:
        theirs, = engines.run(
            "AveragePool", [x.astype(np.float32)], kernel_shape=kernel, strides=options["stride"],
            pads=options["padding"] * 2, count_include_pad=int(include))
        narrow = avg_pool2d(x.astype(np.float32), kernel, count_include_pad=include, **options)
        close(narrow, theirs)
    padding = options["padding"]
    marks = np.pad(np.zeros(x.shape), [(0, 0)] * 2 + [(p, p + 9) for p in padding],
                   constant_values=np.nan)
    marks[:, :, : x.shape[2] + 2 * padding[0], : x.shape[3] + 2 * padding[1]] = 0
    marks[:, :, padding[0] :, padding[1] :][:, :, : x.shape[2], : x.shape[3]] = 1
    wide = np.zeros(marks.shape)
    wide[marks == 1] = x.ravel()
    for r, c in np.ndindex(y.shape[2:]):
        window = (..., *(slice(s * at, s * at + k) for s, at, k in
                         zip(options["stride"], (r, c), kernel, strict=True)))
        count = (marks[window] == 1) | (marks[window] == 0 if include else False)
        count = divisor or count[0, 0].sum()
        np.testing.assert_allclose(y[:, :, r, c], wide[window].sum((2, 3)) / count, atol=1e-12)


@given(pools(ceil=False), st.booleans())
def test_max_unpool(case, told):
    x, kernel, options = case
    y, index = max_pool2d(x, kernel, return_indices=True, **options)
    options = dict(stride=options["stride"], padding=options["padding"])
    default = [(i - 1) * s - 2 * p + k for i, s, p, k in zip(
        y.shape[2:], options["stride"], options["padding"], kernel, strict=True)]
    sizes = x.shape[2:] if told else tuple(default)
    # Dilated windows, and overlapping ones at the border, can reach further than unpooling does.
    assume(min(default) > 0 and 0 <= index.min() and index.max() < sizes[0] * sizes[1])
    assume(all(abs(size - d) < s for size, d, s in zip(sizes, default, options["stride"],
                                                       strict=True)))
    ours = max_unpool2d(y, index, kernel, output_size=sizes if told else None, **options)
    np.testing.assert_array_equal(ours, reference.max_unpool2d(y, index, sizes))
    if told:
        np.testing.assert_array_equal(
            max_unpool2d(y, index, kernel, output_size=x.shape, **options), ours)
        np.testing.assert_array_equal(ours[ours != 0], x[ours != 0])
    whole = index + in_planes(0 * index, ours.shape) * -1
    theirs, = engines.run("MaxUnpool", [y.astype(np.float32), whole, np.array(ours.shape)],
                     kernel_shape=kernel, strides=options["stride"], pads=options["padding"] * 2)
    narrow = max_unpool2d(y.astype(np.float32), index, kernel, output_size=sizes, **options)
    assert narrow.dtype == np.float32
    np.testing.assert_array_equal(narrow, theirs)


@given(st.data(), st.integers(1, 4))
def test_pixel_shuffle(data, r):
    x = data.draw(images(multiple=r**2, largest=5))
    y = pixel_shuffle(x, r)
    np.testing.assert_array_equal(y, reference.pixel_shuffle(x, r))
    np.testing.assert_array_equal(pixel_unshuffle(y, r), x)
    for each in (x.astype(np.float32), x):
        theirs, = engines.run("DepthToSpace", [each], blocksize=r, mode="CRD")
        assert pixel_shuffle(each, r).dtype == each.dtype
        np.testing.assert_array_equal(pixel_shuffle(each, r), theirs)
        # SpaceToDepth lays out its channels pixel by pixel; here it is channel by channel.
        theirs, = engines.run("SpaceToDepth", [theirs], blocksize=r)
        shape = (len(x), r**2, y.shape[1], *x.shape[2:])
        np.testing.assert_array_equal(pixel_unshuffle(y.astype(each.dtype), r),
                                      theirs.reshape(shape).swapaxes(1, 2).reshape(x.shape))
    np.testing.assert_array_equal(pixel_shuffle(x[None], r)[0], y)
    np.testing.assert_array_equal(pixel_unshuffle(y[None], r)[0], x)


def resize(x, size=None, scale_factor=None, **attributes):
    """Run the engine's Resize, in float32."""
    if size is not None:
        return engines.run("Resize", [x, None, None, np.array(x.shape[:2] + size)], **attributes)[0]
    scales = np.array([1, 1, *scale_factor], np.float32)
    return engines.run("Resize", [x, None, scales], **attributes)[0]


def follows_factors(x, y, to, copied):
    """Tell whether no axis is copied, as PyTorch does, although the factor says otherwise."""
    return all(f == o / i or o / i not in copied for f, i, o in zip(
        to.get("scale_factor", np.divide(y.shape[2:], x.shape[2:])), x.shape[2:], y.shape[2:],
        strict=True))


@given(resizings())
def test_nearest(case):
    x, to = case
    y = interpolate(x, **to)
    if follows_factors(x, y, to, copied=(1, 2)):
        narrow = interpolate(x.astype(np.float32), **to)
        assert narrow.dtype == np.float32
        np.testing.assert_array_equal(narrow, resize(
            x.astype(np.float32), **to, mode="nearest", nearest_mode="floor",
            coordinate_transformation_mode="asymmetric"))
    if "size" in to:
        np.testing.assert_array_equal(y, reference.interpolate(x, to["size"]))


@given(resizings(), st.booleans())
def test_bilinear(case, align_corners):
    x, to = case
    options = dict(mode="bilinear", align_corners=align_corners)
    y = interpolate(x, **to, **options)
    if align_corners or follows_factors(x, y, to, copied=(1,)):
        transformation = "align_corners" if align_corners else "half_pixel"
        close(interpolate(x.astype(np.float32), **to, **options), resize(
            x.astype(np.float32), **to, mode="linear",
            coordinate_transformation_mode=transformation))
    if "size" in to or align_corners:
        close(y, reference.interpolate(x, y.shape[2:], **options))


@given(resizings())
def test_interpolation_keeps_lines(case):
    """A plane a + b r + c c stays one, at the places where the corners put it."""
    x, to = case
    rows, columns = np.indices(x.shape[2:])
    y = interpolate((rows * 3.0 - columns)[None], **to, mode="bilinear", align_corners=True)
    at = [np.linspace(0, i - 1, o) if o > 1 else np.zeros(1)
          for i, o in zip(x.shape[2:], y.shape[1:], strict=True)]
    np.testing.assert_allclose(y[0], 3 * at[0][:, None] - at[1], rtol=1e-12, atol=1e-12)


def test_nan_in_pooling():
    x = np.arange(16.0).reshape(1, 4, 4)
    x[0, 0, 0] = x[0, 1, 1] = np.nan
    y, index = max_pool2d(x, 2, return_indices=True)
    np.testing.assert_array_equal(np.isnan(y[0]), [[True, False], [False, False]])
    np.testing.assert_array_equal(y, max_pool2d(x, 2))
    assert index[0, 0, 0] == 5  # the last NaN of the window
    x[:] = -np.inf
    y, index = max_pool2d(x, 2, return_indices=True)
    assert (y == -np.inf).all() and index[0].tolist() == [[0, 2], [8, 10]]


def test_windows_that_see_padding_alone():
    for dtype, least in ((np.float32, -np.inf), (np.int8, -128), (np.uint8, 0), (bool, False)):
        x = np.ones((1, 2, 1), dtype)
        y, index = max_pool2d(x, (2, 1), padding=(1, 0), dilation=(3, 1), return_indices=True)
        assert y.dtype == dtype and y.item() == least and index.item() == -1
    assert max_pool2d(np.ones((1, 2, 3)), 2**40, padding=2**39).tolist() == [[[1.0]]]


def test_nan_in_interpolation():
    x = np.zeros((1, 1, 5))
    x[0, 0, 2] = np.nan
    spoilt = np.isnan(interpolate(x, size=(1, 10), mode="bilinear")[0, 0])
    assert np.flatnonzero(spoilt).tolist() == [3, 4, 5, 6]
    for copied in (interpolate(x, size=(2, 5), mode="bilinear"), interpolate(x, size=(2, 5))):
        assert np.isnan(copied).sum() == 2


def test_an_axis_that_keeps_or_doubles_its_size_is_copied():
    x = np.arange(5.0).reshape(1, 1, 5)
    for factor in (1, 1.1, 1.19):
        for mode in resampling.MODES:
            np.testing.assert_array_equal(interpolate(x, scale_factor=(1, factor), mode=mode), x)
    for factor in (2, 2.1, 2.19):
        np.testing.assert_array_equal(interpolate(x, scale_factor=(1, factor)), x.repeat(2, axis=2))


def test_blocks_do_not_show(monkeypatch):
    x = np.random.default_rng(0).standard_normal((2, 3, 17, 11))
    whole = interpolate(x, size=(31, 8), mode="bilinear")
    for block in (1, 3000):
        monkeypatch.setattr(resampling, "BLOCK", block)
        np.testing.assert_array_equal(interpolate(x, size=(31, 8), mode="bilinear"), whole)


def test_memory_is_bounded():
    x = np.zeros((4, 16, 256, 256), np.float32)
    for operation in (lambda: max_pool2d(x, 3, stride=1, padding=1),
                      lambda: avg_pool2d(x, 3, stride=1, padding=1),
                      lambda: interpolate(x, scale_factor=2),
                      lambda: interpolate(x, scale_factor=2, mode="bilinear")):
        assert extra_memory(operation) < 16 * 2**20


INDEX = np.zeros((2, 4, 6, 5), int)
OPERATIONS = [
    (lambda x: max_pool2d(x, 1), True),  # a window that changes nothing must still copy
    (lambda x: max_pool2d(x, 2, return_indices=True)[0], True),
    (lambda x: max_unpool2d(x, INDEX[: len(x)] if x.ndim == 4 else INDEX[0], 1), True),
    (lambda x: avg_pool2d(x, 1), False),
    (lambda x: pixel_shuffle(x, 1), True),
    (lambda x: pixel_shuffle(x, 2), True),
    (lambda x: pixel_unshuffle(x, 1), True),
    (lambda x: interpolate(x, scale_factor=1), True),
    (lambda x: interpolate(x, size=(7, 2)), True),
    (lambda x: interpolate(x, size=(6, 5), mode="bilinear"), False),
]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.uint8, bool])
@pytest.mark.parametrize(("operation", "keeps"), OPERATIONS)
def test_inputs_are_left_alone(operation, keeps, dtype):
    x = (np.arange(2 * 4 * 6 * 10) % 7).astype(dtype).reshape(2, 4, 6, 10)[:, :, ::-1, ::2]
    x.flags.writeable = False
    before = x.copy()
    y = operation(x)
    assert y.dtype == (dtype if keeps or np.dtype(dtype).kind == "f" else np.float64)
    assert y.flags.writeable and not np.shares_memory(x, y)
    np.testing.assert_array_equal(operation(x[1]), y[1])
    assert operation(x[:0]).shape == (0, *y.shape[1:])
    np.testing.assert_array_equal(x, before)


def test_integers_are_exact():
    x = np.array([[[2**60 + 1, 2**60]]])
    assert max_pool2d(x, (1, 2)).item() == 2**60 + 1
    assert interpolate(x, scale_factor=3)[0, 0, 0] == 2**60 + 1
    assert max_unpool2d(x, [[[3, 0]]], 2).max() == 2**60 + 1


X = np.zeros((2, 4, 6, 5))
BAD_IMAGES = [
    (dict(input="text"), TypeError, "input"),
    (dict(input=None), TypeError, "input"),
    (dict(input=[[1, 2], [3]]), ValueError, "input is ragged"),
    (dict(input=np.zeros((6, 5))), ValueError, r"input has shape \(6, 5\)"),
]
BAD_BATCHES = BAD_IMAGES + [
    (dict(input=np.zeros((1, 2, 4, 6, 5))), ValueError, "input has shape"),
    (dict(input=np.zeros((2, 4, 0, 5))), ValueError, "only the batch may be empty"),
]


@pytest.mark.parametrize(("operation", "arguments", "bad"), [
    (max_pool2d, dict(input=X, kernel_size=2), BAD_BATCHES + [
        (dict(kernel_size=0), ValueError, "kernel_size=0"),
        (dict(kernel_size=(2, 2, 2)), ValueError, "kernel_size"),
        (dict(kernel_size=2.0), TypeError, "kernel_size"),
        (dict(kernel_size=7), ValueError, "kernel_size=7 .* padded input has 6 in axis H"),
        (dict(kernel_size=(1, 2**40)), ValueError, "kernel_size=.* in axis W"),
        (dict(stride=0), ValueError, "stride=0"),
        (dict(stride=True), TypeError, "stride"),
        (dict(padding=-1), ValueError, "padding=-1"),
        (dict(padding=2), ValueError, "padding=2 must be at most half of kernel_size=2"),
        (dict(padding="same"), TypeError, "padding"),
        (dict(dilation=0), ValueError, "dilation=0"),
        (dict(dilation=6), ValueError, "dilation=6"),
        (dict(ceil_mode=1), TypeError, "ceil_mode=1"),
        (dict(return_indices="yes"), TypeError, "return_indices"),
    ]),
    (max_unpool2d, dict(input=X, indices=INDEX, kernel_size=2), BAD_BATCHES + [
        (dict(indices=INDEX[0]), ValueError, "indices has shape"),
        (dict(indices=INDEX[:, :, :, :4]), ValueError, "indices has shape"),
        (dict(indices=INDEX.astype(float)), TypeError, "indices has dtype float64"),
        (dict(indices=INDEX.astype(bool)), TypeError, "indices has dtype bool"),
        (dict(indices=INDEX - 1), ValueError, "indices has numbers from -1 to -1: .* 0 to 119"),
        (dict(indices=INDEX + 120), ValueError, "indices has numbers from 120"),
        (dict(kernel_size=0), ValueError, "kernel_size=0"),
        (dict(kernel_size=2**40), ValueError, "the output would have shape"),
        (dict(stride=-2), ValueError, "stride=-2"),
        (dict(padding=-1), ValueError, "padding=-1"),
        (dict(padding=6), ValueError, "the output would have shape"),
        (dict(output_size=14), ValueError, "output_size=14 must differ by less than"),
        (dict(output_size=(12, 12)), ValueError, "output_size"),
        (dict(output_size=(2, 12, 10)), ValueError, "output_size"),
        (dict(output_size=(12.0, 10)), TypeError, "output_size"),
    ]),
    (pixel_shuffle, dict(input=X, upscale_factor=2), BAD_IMAGES + [
        (dict(upscale_factor=3), ValueError, r"upscale_factor=3 needs a multiple of 3\*3"),
        (dict(upscale_factor=0), ValueError, "upscale_factor=0"),
        (dict(upscale_factor=1.5), TypeError, "upscale_factor"),
        (dict(upscale_factor=2**40), ValueError, "upscale_factor"),
    ]),
    (pixel_unshuffle, dict(input=X, downscale_factor=1), BAD_IMAGES + [
        (dict(downscale_factor=2), ValueError, "downscale_factor=2 must divide"),
        (dict(downscale_factor=-1), ValueError, "downscale_factor=-1"),
        (dict(downscale_factor=True), TypeError, "downscale_factor"),
        (dict(downscale_factor=2**40), ValueError, "downscale_factor"),
    ]),
    (interpolate, dict(input=X, size=3), BAD_BATCHES + [
        (dict(size=None), ValueError, "give one of them"),
        (dict(scale_factor=2), ValueError, "give one of them"),
        (dict(size=0), ValueError, "size=0"),
        (dict(size=2.5), TypeError, "size"),
        (dict(size=(1, 2, 3)), ValueError, "size"),
        (dict(size=2**30), ValueError, "the output would have shape"),
        (dict(size=None, scale_factor=0), ValueError, "scale_factor=0 must be above 0"),
        (dict(size=None, scale_factor=-1.5), ValueError, "scale_factor=-1.5"),
        (dict(size=None, scale_factor=np.nan), ValueError, "scale_factor=nan"),
        (dict(size=None, scale_factor=np.inf), ValueError, "scale_factor=inf"),
        (dict(size=None, scale_factor=1e308), ValueError, "the output would have shape"),
        (dict(size=None, scale_factor=0.1), ValueError, "scale_factor=0.1 leaves nothing"),
        (dict(size=None, scale_factor=(1, 2, 3)), ValueError, "scale_factor"),
        (dict(size=None, scale_factor="2"), TypeError, "scale_factor"),
        (dict(size=None, scale_factor=True), TypeError, "scale_factor"),
        (dict(mode="cubic"), ValueError, "mode='cubic' is unknown: use one of nearest, bilinear"),
        (dict(align_corners=True), ValueError, "align_corners=True needs mode='bilinear'"),
        (dict(mode="bilinear", align_corners=1), TypeError, "align_corners=1"),
    ]),
])
def test_bad_input_is_named(operation, arguments, bad):
    operation(**arguments)
    for change, error, text in bad:
        with pytest.raises(error, match=text):
            operation(**arguments | change)


def torch_arrays(*arrays):
    torch = pytest.importorskip("torch")
    return torch.nn.functional, [torch.from_numpy(np.ascontiguousarray(a)) for a in arrays]


@given(pools(), st.floats(0, 0.3), st.sampled_from([np.float32, np.float64, np.int64, np.uint8]))
def test_pooling_is_pytorchs(case, share, dtype):
    x, kernel, options = case
    if np.dtype(dtype).kind == "f":
        x[np.random.default_rng(x.size).random(x.shape) < share] = np.nan
    x = np.abs(x).astype(dtype)
    torch, (tensor,) = torch_arrays(x)
    theirs, places = torch.max_pool2d(tensor, kernel, return_indices=True, **options)
    y, index = max_pool2d(x, kernel, return_indices=True, **options)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, theirs.numpy())
    np.testing.assert_array_equal(index, np.where(index < 0, index, places.numpy()))
    if (index >= 0).all() and np.dtype(dtype).kind == "f":
        sizes = tuple(x.shape[2:])
        back = dict(stride=options["stride"], padding=options["padding"], output_size=sizes)
        torch, tensors = torch_arrays(y, index)
        try:
            theirs = torch.max_unpool2d(*tensors, kernel, **back)
        except ValueError:  # the image's size is none of those that it allows
            with pytest.raises(ValueError, match="output_size"):
                max_unpool2d(y, index, kernel, **back)
        else:
            np.testing.assert_array_equal(max_unpool2d(y, index, kernel, **back), theirs.numpy())


@given(resizings(), st.sampled_from([np.float32, np.float64]))
def test_interpolation_is_pytorchs(case, dtype):
    x, to = case
    x = x.astype(dtype)
    torch, (tensor,) = torch_arrays(x)
    np.testing.assert_array_equal(interpolate(x, **to), torch.interpolate(tensor, **to).numpy())
    for align_corners in (False, True):
        options = dict(mode="bilinear", align_corners=align_corners)
        close(interpolate(x, **to, **options), torch.interpolate(tensor, **to, **options).numpy())


@given(st.data(), st.integers(1, 4))
def test_shuffling_is_pytorchs(data, r):
    x = data.draw(images(multiple=r**2, largest=5))
    torch, (tensor,) = torch_arrays(x)
    y = torch.pixel_shuffle(tensor, r)
    np.testing.assert_array_equal(pixel_shuffle(x, r), y.numpy())
    np.testing.assert_array_equal(pixel_unshuffle(y.numpy(), r), x)
