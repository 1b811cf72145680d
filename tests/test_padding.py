"""What stands around an input: pairs, ONNX's words, output sizes and `pad`, in every operation."""

import cases
import engines
import numpy as np
import pytest
from cases import close, same
from hypothesis import given
from hypothesis import strategies as st

from convlib import costs, functional, grad, reference, shapes
from convlib.engine import run
from convlib.networks.layers import Conv1d, Conv2d, ConvTranspose2d
from convlib.networks.network import measure

any_axes = st.sampled_from(cases.AXES)


@pytest.mark.parametrize("auto_pad", shapes.ONNX_SAME)
@given(any_axes, cases.numbers)
def test_onnx_words_are_onnxruntimes(auto_pad, axes, numbers):
    case = cases.convolution(axes, numbers)
    options = case.options | dict(padding=auto_pad)
    stride, dilation = (engines.each(options[name], axes) for name in ("stride", "dilation"))
    x, w, b = case.operands(np.float32)
    y = getattr(functional, f"conv{axes}d")(x, w, b, **options)
    gaps = zip(x.shape[-axes:], w.shape[2:], stride, strict=True)
    # The engine knows its own words without dilation alone; and where windows end before the input
    # does, it takes the rest for negative padding and begins inside the input (1, 5, 9 in place of
    # 0, 4, 8 at k = 1, s = 4, 12 samples). onnx's own reference begins at 0, as is done here.
    if set(dilation) == {1} and all(s * (-(-i // s) - 1) + k >= i for i, k, s in gaps):
        theirs, = run("Conv", [engines.batch(x, axes), w, b], strides=stride,
                      group=options["groups"], auto_pad=auto_pad)
        close(y, theirs if x.ndim == w.ndim else theirs[0])
    size = tuple(-(-i // s) for i, s in zip(x.shape[-axes:], stride, strict=True))
    assert y.shape[-axes:] == size
    # All that sizes and gradients say is what they say of the same zeros as numbers.
    pairs = tuple(shapes.onnx_same_padding(i, k, stride=s, dilation=d, auto_pad=auto_pad)
                  for i, k, s, d in zip(x.shape[-axes:], w.shape[2:], stride, dilation,
                                        strict=True))
    kernel = dict(stride=options["stride"], dilation=options["dilation"])
    assert pairs == shapes.pad_width(auto_pad, w.shape[2:], size=x.shape[-axes:], **kernel)
    inputs = shapes.conv_input_sizes(size, w.shape[2:], padding=auto_pad, **kernel)
    assert [len(each) for each in inputs] == list(stride)
    assert all(i in each for i, each in zip(x.shape[-axes:], inputs, strict=True))
    as_pairs = options | dict(padding=pairs)
    same(getattr(functional, f"conv{axes}d")(x, w, b, **as_pairs), y)
    image = x.shape[-axes - 1 :]
    assert (costs.conv_macs(image, len(w), w.shape[2:], **options)
            == costs.conv_macs(image, len(w), w.shape[2:], **as_pairs))
    for name, arguments in (("input", (x.shape, w, y)), ("weight", (x, w.shape, y))):
        gradient = getattr(grad, f"conv{axes}d_{name}")
        same(gradient(*arguments, **options), gradient(*arguments, **as_pairs))


@given(any_axes, cases.numbers)
def test_transposed_convolutions_are_cut_by_pairs(axes, numbers):
    case = cases.transposed(axes, numbers)
    options = case.options | dict(padding=0)
    x, w, b = case.operands(np.float64)
    back = getattr(functional, f"conv_transpose{axes}d")
    whole = back(x, w, b, **options)
    pairs = tuple((numbers.one(0, size - 1 - after), after) for size, after in
                  ((size, numbers.one(0, min(3, size - 1))) for size in whole.shape[-axes:]))
    kept = (..., *(slice(before, size - after) for (before, after), size in
                   zip(pairs, whole.shape[-axes:], strict=True)))
    options["padding"] = pairs
    y = back(x, w, b, **options)
    close(y, whole[kept])
    close(getattr(reference, f"conv_transpose{axes}d")(x, w, b, **options), y)
    without = {name: value for name, value in options.items() if name != "groups"}
    assert y.shape[-axes:] == shapes.conv_transpose_output_size(
        x.shape[-axes:], w.shape[2:], **without)
    # Gradients: what was cut off counts nothing.
    dy, laid = numbers.normal(*y.shape), np.zeros(whole.shape)
    laid[kept] = dy
    gradient = getattr(grad, f"conv_transpose{axes}d_input")
    close(gradient(w, dy, **options), gradient(w, laid, **options | dict(padding=0)))
    stride, dilation = (engines.each(options[name], axes) for name in ("stride", "dilation"))
    more = engines.each(options.pop("output_padding"), axes)
    if all(a < s for a, s in zip(more, stride, strict=True)):
        gradient = getattr(grad, f"conv_transpose{axes}d_weight")
        close(gradient(x, w.shape, dy, **options),
              gradient(x, w.shape, laid, **options | dict(padding=0)))


@given(any_axes, cases.numbers)
def test_an_output_size_is_reached(axes, numbers):
    case = cases.transposed(axes, numbers)
    back, options = getattr(functional, f"conv_transpose{axes}d"), dict(case.options)
    operands = case.operands(np.float64)
    y = back(*operands, **options)
    more = options.pop("output_padding")
    close(back(*operands, **options, output_size=y.shape[-axes:]), y)
    kernel = {name: options[name] for name in ("stride", "padding", "dilation")}
    assert shapes.conv_transpose_output_padding(
        case.x.shape[-axes:], case.w.shape[2:], y.shape[-axes:], **kernel
    ) == engines.each(more, axes)


def test_tables_take_pairs_and_words():
    conv = Conv2d(3, 8, 3, stride=2, padding=((0, 1), (0, 1)))
    row, word = (measure(layer, (3, 224, 224)) for layer in
                 (conv, Conv2d(3, 8, 3, stride=2, padding="SAME_UPPER")))
    assert row.shape == word.shape == (8, 112, 112) and row.macs == word.macs
    assert row.windows == word.windows and row.fields[0].of(0) == (0, 2)
    assert repr(conv) == "Conv2d(3, 8, 3, stride=2, padding=((0, 1), (0, 1)))"
    back = ConvTranspose2d(8, 3, 3, stride=2, padding=((1, 0), (1, 1)))
    assert measure(back, (8, 5, 5)).shape == (3, 10, 9)
    assert [measure(back, (8, 5, 5)).fields[0].of(o) for o in (0, 1)] == [(0, 0), (0, 1)]


@pytest.mark.parametrize("mode", functional.PAD_MODES)
@given(any_axes, cases.numbers)
def test_pad(mode, axes, numbers):
    size = numbers.each(axes, 2, 5)
    x = cases.typed(numbers.normal(2, 3, *size), (np.float32, np.float64, np.int32)[axes - 1])
    low = -1 if mode == "constant" else 0
    pad = [tuple(numbers.one(low, min(each - 1, numbers.most)) for _ in "ab") for each in size]
    flat = tuple(number for pair in reversed(pad) for number in pair)
    value = dict(value=7) if mode == "constant" else {}
    y = functional.pad(x, flat, mode, **value)
    assert y.dtype == x.dtype and not np.shares_memory(x, y)
    for index in np.ndindex(y.shape):
        place = [i - before for i, (before, _) in zip(index[2:], pad, strict=True)]
        inside = all(0 <= i < each for i, each in zip(place, size, strict=True))
        if mode == "reflect":
            place = [each - 1 - abs(each - 1 - abs(i)) for i, each in zip(place, size, strict=True)]
        elif mode == "replicate":
            place = [min(max(i, 0), each - 1) for i, each in zip(place, size, strict=True)]
        elif mode == "circular":
            place = [i % each for i, each in zip(place, size, strict=True)]
        expected = x[(*index[:2], *place)] if inside or mode != "constant" else 7
        assert y[index] == expected


@given(st.sampled_from(sorted(functional.PAD_MODES)), any_axes, cases.numbers)
def test_pad_is_pytorchs(mode, axes, numbers):
    torch = engines.pytorch()
    size = numbers.each(axes, 3, 5)
    flat = numbers.each(2 * axes, 0 if mode != "constant" else -1, 2)
    x = numbers.normal(2, 3, *size)
    theirs = torch.nn.functional.pad(torch.from_numpy(x), flat, mode)
    same(functional.pad(x, flat, mode), theirs.numpy())


@pytest.mark.parametrize(("call", "message"), [
    (lambda x, w: functional.conv1d(x, w, padding=(1, 0)),
     r"padding=\(1, 0\) has 2 numbers for 1 axis: .* give pairs, \(\(1, 0\),\)"),
    (lambda x, w: functional.conv2d(x[None], w[None], padding=(1, 2, 3, 4)),
     r"4 numbers for 2 axes: if they are \(before, after\), give pairs, \(\(1, 2\), \(3, 4\)\)"),
    (lambda x, w: functional.conv_transpose1d(x, w, padding=(1, 0)), "give pairs"),
    (lambda x, w: functional.conv1d(x, w, padding="SAME"), "TensorFlow's and Keras' 'same'"),
    (lambda x, w: functional.conv1d(x, w, padding="same", stride=2), "or 'SAME_UPPER'"),
    (lambda x, w: functional.conv_transpose1d(x, w, stride=2, output_size=20),
     "output_size=20 cannot be reached in axis L: .* an input of size 8 makes 17 to 18"),
    (lambda x, w: functional.conv_transpose1d(x, w, stride=2, output_padding=1, output_size=18),
     "output_size=18 and output_padding=1: give one of them"),
    (lambda x, w: shapes.pad_width("SAME_UPPER", (3,)), "depends on the input's size: give size"),
    (lambda x, w: functional.pad(x, (8, 0), "reflect"), "too much for an axis of 8"),
    (lambda x, w: functional.pad(x, (1, 1), "reflect", 3), "value=3 is for mode='constant'"),
    (lambda x, w: functional.pad(x, (1, 1, 1)), "has 3 numbers"),
    (lambda x, w: functional.pad(x, (-5, -4)), "too much"),
    (lambda x, w: functional.pad(x, (1, 1), "edge"), "mode='edge' is unknown: use one of constant"),
    (lambda x, w: measure(Conv1d(1, 1, 3, padding=8, padding_mode="reflect"), (1, 8)),
     "must be smaller than the input, which has 8 in axis L"),
    (lambda x, w: measure(Conv1d(1, 1, 3, padding=9, padding_mode="circular"), (1, 8)),
     "must be at most as large as the input"),
])
def test_what_does_not_do_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.ones((1, 8)), np.ones((1, 1, 3)))


def test_arrays_are_no_padding_and_masks_no_numbers():
    x, w = np.ones((1, 8)), np.ones((1, 1, 3))
    with pytest.raises(TypeError, match=r"padding is an array, \[1\]: give a tuple of numbers"):
        functional.conv1d(x, w, padding=np.array([1]))
    with pytest.raises(TypeError, match=r"input is a masked array, .* give input.filled\(0\)"):
        functional.conv1d(np.ma.masked_greater(x, 2), w)
    assert functional.conv1d(x, w, padding=np.int64(1)).shape == (1, 8)
