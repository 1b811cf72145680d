"""The transposed convolutions against onnxruntime, their definitions and what they transpose."""

import cases
import engines
import numpy as np
import pytest
import scipy.signal
from cases import close, same
from hypothesis import given
from hypothesis import strategies as st

from convlib import functional, reference, shapes


@pytest.mark.parametrize("axes", cases.AXES)
@given(cases.numbers)
def test_conv_transpose(axes, numbers):
    case = cases.transposed(axes, numbers)
    conv, definition = (getattr(module, f"conv_transpose{axes}d")
                        for module in (functional, reference))
    operands = case.operands(np.float32)
    y = conv(*operands, **case.options)
    close(y, engines.conv_transpose(*operands, **case.options))
    cases.new(y, *operands)
    size = shapes.conv_transpose_output_size(
        case.x.shape[-axes:], case.w.shape[2:],
        **{name: value for name, value in case.options.items() if name != "groups"})
    assert y.shape == (*case.x.shape[: -axes - 1], case.w.shape[1] * case.options["groups"], *size)
    operands = case.operands(np.float64)
    close(conv(*operands, **case.options), definition(*operands, **case.options))
    operands = case.operands(*case.whole)
    y = conv(*operands, **case.options)
    assert y.dtype == np.int64
    same(y, definition(*operands, **case.options))


@pytest.mark.parametrize("axes", cases.AXES)
@given(cases.numbers)
def test_adjoint(axes, numbers):
    conv, back = (getattr(functional, f"{name}{axes}d") for name in ("conv", "conv_transpose"))
    case = cases.convolution(axes, numbers, words=False)
    options = case.options
    # Of the sizes that a stride makes equal, output_padding tells this one.
    more = [(size + 2 * p - d * (k - 1) - 1) % s for size, k, s, p, d in zip(
        case.x.shape[-axes:], case.w.shape[2:],
        *(engines.each(options[name], axes) for name in ("stride", "padding", "dilation")),
        strict=True)]
    cases.adjoint(lambda x, w: conv(x, w, **options),
                  lambda y, w: back(y, w, output_padding=more, **options), case,
                  numbers.normal(*shapes.conv_output_shape(case.x.shape, case.w.shape, **options)))


@given(st.sampled_from(cases.AXES), cases.numbers)
def test_nan_and_infinity_spoil_only_what_they_touch(axes, numbers):
    case = cases.transposed(axes, numbers)
    back = getattr(functional, f"conv_transpose{axes}d")
    cases.spoiling(lambda x, w: back(x, w, **case.options), case, numbers)


@pytest.mark.parametrize(("image", "weight", "options"), [  # as networks have them
    ((2, 512, 8, 7), (512, 256, 4, 4), dict(stride=2, padding=1)),
    ((2, 64, 32, 30), (64, 3, 4, 4), dict(stride=2, padding=1)),
    ((2, 64, 28, 29), (64, 64, 3, 3), dict(padding=1)),
    ((2, 32, 15, 16), (32, 24, 3, 3), dict(stride=2, padding=1, output_padding=1)),
    ((1, 21, 9, 10), (21, 1, 64, 64), dict(stride=32, padding=16, groups=21)),
    ((1, 128, 1, 1), (128, 64, 4, 4), {}),
    ((2, 64, 14, 13), (64, 2, 3, 3), dict(padding=1, groups=32)),
    ((2, 64, 14, 13), (64, 128, 1, 1), {}),
    ((2, 64, 503), (64, 32, 16), dict(stride=8, padding=4)),
    ((1, 1, 3001), (1, 1, 301), dict(padding=150)),
    ((1, 1, 100, 151), (1, 1, 21, 31), dict(padding=(10, 15))),
    ((1, 2, 60, 51), (2, 1, 15, 13), dict(dilation=(2, 3), padding=40, groups=2)),
    ((2, 16, 6, 7, 8), (16, 8, 2, 2, 2), dict(stride=2)),
    ((2, 16, 6, 7, 8), (16, 8, 3, 3, 3), dict(padding=1)),
])
def test_layers_of_networks(image, weight, options):
    rng = np.random.default_rng(0)
    back = getattr(functional, f"conv_transpose{len(image) - 2}d")
    x, w = (rng.standard_normal(shape).astype(np.float32) for shape in (image, weight))
    y, theirs = back(x, w, **options), engines.conv_transpose(x, w, **options)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


def test_at_stride_1_it_is_the_full_convolution():
    """It turns the kernel back: SciPy's convolution, with the flip."""
    rng = np.random.default_rng(0)
    for size, kernel in (((7, 9), (3, 4)), ((2, 3), (5, 4)), ((40, 31), (15, 16))):
        x, w = rng.standard_normal(size), rng.standard_normal(kernel)
        np.testing.assert_allclose(functional.conv_transpose2d(x[None], w[None, None])[0],
                                   scipy.signal.convolve2d(x, w), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("stride", "kernel", "counts"), [
    (1, 2, [1, 2, 2, 2, 2, 2, 1]), (2, 2, [1] * 12), (2, 4, [1, 1, *[2] * 10, 1, 1]),
    (2, 3, [1, 1, *[2, 1] * 5, 1]), (2, 5, [1, 1, 2, 2, *[3, 2] * 4, 2, 1, 1]),
])
def test_overlaps(stride, kernel, counts):
    """How many inputs lay something on an output: even only where the stride divides the kernel."""
    ones = np.ones((1, 6), int), np.ones((1, 1, kernel), int)
    assert functional.conv_transpose1d(*ones, stride=stride)[0].tolist() == counts


@pytest.mark.parametrize("axes", cases.AXES)
@given(cases.numbers)
def test_conv_transpose_is_pytorchs(axes, numbers):
    torch = engines.pytorch()
    case = cases.transposed(axes, numbers)
    back, theirs = (getattr(room, f"conv_transpose{axes}d")
                    for room in (functional, torch.nn.functional))
    for kind in (np.float32, np.float64):
        operands = case.operands(kind)
        close(back(*operands, **case.options),
              theirs(*engines.tensors(*operands), **case.options).numpy())
