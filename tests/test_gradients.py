"""Gradients against onnxruntime, the definitions, finite differences and PyTorch."""

import cases
import engines
import numpy as np
import pytest
from cases import close, same
from hypothesis import given
from hypothesis import strategies as st

from convlib import functional, grad, reference


def input_gradient(back, size, w, dy, *, stride, padding, dilation, groups):
    """Compute it with a transposed convolution, from which the padding is cut off."""
    axes = w.ndim - 2
    whole = back(dy, w, stride=stride, dilation=dilation, groups=groups)
    pads = engines.pads(padding, w, dilation)
    padded = np.zeros((*size[:-axes], *np.add(size[-axes:], np.sum(pads, axis=1))), whole.dtype)
    padded[(..., *map(slice, whole.shape[-axes:]))] = whole  # beyond it no window reaches
    return padded[(..., *(slice(p, p + side) for (p, _), side in
                          zip(pads, size[-axes:], strict=True)))]


def check(numbers, case, forward, ours, theirs):
    """Hold a gradient with respect to x to engine, definition, adjoint and finite differences.

    ``forward(x, w)`` is linear in x; ``ours(dy, w)`` and ``theirs(module, dy, w)`` lead back. For
    gradients with respect to the weight, x and w have changed places.
    """
    case = case._replace(b=numbers.normal(*forward(case.x, case.w).shape))
    for compare, module, kinds in ((close, engines, [np.float32]), (same, reference, case.whole),
                                   (close, reference, [np.float64])):
        x, w, dy = case.operands(*kinds)
        dx = ours(dy, w)
        assert dx.shape == x.shape and dx.dtype == (np.int64 if kinds is case.whole else kinds[0])
        compare(dx, theirs(module, dy, w))
        cases.new(dx, dy, w)
        cases.equal_products(forward, x, w, dy, dx)
    if x.size:
        place = numbers.one(0, x.size - 1)
        step = np.zeros(x.shape)
        step.flat[place] = 1  # the difference of a linear map is exact at any step
        there, back = (np.vdot(forward(x + sign * step, w), dy) for sign in (1, -1))
        np.testing.assert_allclose((there - back) / 2, dx.flat[place], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("axes", cases.AXES)
@given(cases.numbers)
def test_conv_input(axes, numbers):
    case = cases.convolution(axes, numbers)
    conv, ours = getattr(functional, f"conv{axes}d"), getattr(grad, f"conv{axes}d_input")
    check(
        numbers, case, lambda x, w: conv(x, w, **case.options),
        lambda dy, w: ours(case.x.shape, w, dy, **case.options),
        lambda module, dy, w: input_gradient(
            getattr(module, f"conv_transpose{axes}d"), case.x.shape, w, dy, **case.options))


@pytest.mark.parametrize("axes", cases.AXES)
@given(cases.numbers)
def test_conv_weight(axes, numbers):
    case = cases.convolution(axes, numbers)
    conv, ours = getattr(functional, f"conv{axes}d"), getattr(grad, f"conv{axes}d_weight")
    check(
        numbers, case._replace(x=case.w, w=case.x), lambda w, x: conv(x, w, **case.options),
        lambda dy, x: ours(x, case.w.shape, dy, **case.options),
        lambda module, dy, x: cases.weight_gradient(
            getattr(module, f"conv{axes}d"), x, case.w.shape, dy, **case.options))


def convolution_options(case):
    """Return a transposed case's options for the convolution that leads back."""
    return {name: value for name, value in case.options.items() if name != "output_padding"}


def numbers_of(dy, case, axes):
    """Return how much of what the convolution leads back to belongs to the case's input."""
    return dy[(..., *map(slice, case.x.shape[-axes:]))]


@pytest.mark.parametrize("axes", cases.AXES)
@given(cases.numbers)
def test_conv_transpose_input(axes, numbers):
    case = cases.transposed(axes, numbers)
    back = getattr(functional, f"conv_transpose{axes}d")
    ours = getattr(grad, f"conv_transpose{axes}d_input")
    options = convolution_options(case)
    check(
        numbers, case, lambda x, w: back(x, w, **case.options),
        lambda dy, w: ours(w, dy, **case.options),
        lambda module, dy, w: numbers_of(
            getattr(module, f"conv{axes}d")(dy, w, **options), case, axes))


@given(st.sampled_from(cases.AXES), cases.numbers)
def test_output_padding_below_the_stride_need_not_be_told(axes, numbers):
    case = cases.transposed(axes, numbers, below_stride=True)
    dy = getattr(functional, f"conv_transpose{axes}d")(case.x, case.w, **case.options)
    ours = getattr(grad, f"conv_transpose{axes}d_input")
    told = ours(case.w, dy, **case.options)
    same(ours(case.w, dy, **case.options | dict(output_padding=0)), told)


@pytest.mark.parametrize("axes", cases.AXES)
@given(cases.numbers)
def test_conv_transpose_weight(axes, numbers):
    case = cases.transposed(axes, numbers)
    back = getattr(functional, f"conv_transpose{axes}d")
    ours = getattr(grad, f"conv_transpose{axes}d_weight")
    options = convolution_options(case)

    def theirs(module, dy, x):
        conv = getattr(module, f"conv{axes}d")
        windows = conv(dy, np.zeros(case.w.shape, dy.dtype), **options).shape[-axes:]
        more = [(0, count - size) for count, size in zip(windows, x.shape[-axes:], strict=True)]
        x = np.pad(x, [(0, 0)] * (x.ndim - axes) + more)
        return cases.weight_gradient(conv, dy, case.w.shape, x, **options)

    check(
        numbers, case._replace(x=case.w, w=case.x), lambda w, x: back(x, w, **case.options),
        lambda dy, x: ours(x, case.w.shape, dy, **options), theirs)


def torch_gradients(axes, case, name):
    """Return the gradients with respect to x and w that PyTorch's tape gives, and dy."""
    torch = engines.pytorch()
    x, w = engines.tensors(case.x, case.w)
    x.requires_grad, w.requires_grad = True, True
    y = getattr(torch.nn.functional, f"{name}{axes}d")(x, w, **case.options)
    dy = np.random.default_rng(x.numel()).standard_normal(y.shape)
    return *(g.numpy() for g in torch.autograd.grad(y, (x, w), *engines.tensors(dy))), dy


@pytest.mark.parametrize("axes", cases.AXES)
@given(cases.numbers)
def test_conv_gradients_are_pytorchs(axes, numbers):
    case = cases.convolution(axes, numbers)
    ours = [getattr(grad, f"conv{axes}d_{of}") for of in ("input", "weight")]
    dx, dw, dy = torch_gradients(axes, case, "conv")
    close(ours[0](case.x.shape, case.w, dy, **case.options), dx)
    close(ours[1](case.x, case.w.shape, dy, **case.options), dw)
    if not isinstance(case.options["padding"], str) and case.x.ndim == case.w.ndim:
        theirs = [getattr(engines.pytorch().nn.grad, f"conv{axes}d_{of}")
                  for of in ("input", "weight")]
        x, w, dy = engines.tensors(case.x, case.w, dy)
        close(dx, theirs[0](x.shape, w, dy, **case.options).numpy())
        close(dw, theirs[1](x, w.shape, dy, **case.options).numpy())


@pytest.mark.parametrize("axes", cases.AXES)
@given(cases.numbers)
def test_conv_transpose_gradients_are_pytorchs(axes, numbers):
    case = cases.transposed(axes, numbers)
    ours = [getattr(grad, f"conv_transpose{axes}d_{of}") for of in ("input", "weight")]
    dx, dw, dy = torch_gradients(axes, case, "conv_transpose")
    options = convolution_options(case)
    close(ours[0](case.w, dy, **case.options), dx)
    close(ours[1](case.x, case.w.shape, dy, **options), dw)
