"""Gradients of the convolutions, with the names of `torch.nn.grad`.

A gradient with respect to the input is the transposed operation with the same weight. A gradient
with respect to the weight correlates the input with what came back from the output.
"""

import numpy as np

from convlib import _check as check
from convlib import shapes
from convlib.compute import choose, operands
from convlib.compute.tiles import Geometry


def conv1d_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """Return the gradient of `functional.conv1d` with respect to its input: see `conv2d_input`.

    Examples
    --------
    >>> conv1d_input((1, 4), [[[1, 2]]], [[1, 0, 1]])
    array([[1, 2, 1, 2]])
    """
    return _input(1, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv2d_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
    r"""Return the gradient of `functional.conv2d` with respect to its input.

    .. math:: \frac{\partial L}{\partial x[n, m, a, b]}
              = \sum_{o,i,j} w[o, m, i, j]\, \frac{\partial L}{\partial y[n, o, r, c]},
              \quad s r + d i - p = a,\; s c + d j - p = b

    Parameters
    ----------
    input_size : tuple of int
        Shape of the input, (N, C_in, H, W) or (C_in, H, W): more than one gives the same output.
    weight : array_like, shape (C_out, C_in/groups, kH, kW)
        The layer's kernels.
    grad_output : array_like, shape (N, C_out, H_out, W_out) or (C_out, H_out, W_out)
        The loss's gradient with respect to the layer's output.
    stride, padding, dilation, groups
        As in the layer.

    Returns
    -------
    ndarray, shape ``input_size``

    Raises
    ------
    TypeError, ValueError
        As in `functional.conv2d`, and if ``grad_output`` has not the layer's output shape.

    Examples
    --------
    >>> conv2d_input((1, 2, 3), [[[[1, 2]]]], [[[1, 0], [0, 1]]])
    array([[[1, 2, 0],
            [0, 1, 2]]])

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, section 9.5.
    """
    return _input(2, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv3d_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """Return the gradient of `functional.conv3d` with respect to its input: see `conv2d_input`.

    Examples
    --------
    >>> conv3d_input((1, 1, 1, 3), [[[[[1, 2]]]]], [[[[1, 1]]]])
    array([[[[1, 3, 2]]]])
    """
    return _input(3, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv1d_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """Return the gradient of `functional.conv1d` with respect to its weight: see `conv2d_weight`.

    Examples
    --------
    >>> conv1d_weight([[1, 2, 3, 4]], (1, 1, 2), [[1, 0, 1]])
    array([[[4, 6]]])
    """
    return _weight(1, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv2d_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
    r"""Return the gradient of `functional.conv2d` with respect to its weight.

    .. math:: \frac{\partial L}{\partial w[o, m, i, j]}
              = \sum_{n,r,c} x[n, m', s r + d i - p, s c + d j - p]\,
              \frac{\partial L}{\partial y[n, o, r, c]}

    Parameters
    ----------
    input : array_like, shape (N, C_in, H, W) or (C_in, H, W)
        The layer's input.
    weight_size : tuple of int
        Shape of the weight, (C_out, C_in/groups, kH, kW).
    grad_output : array_like, shape (N, C_out, H_out, W_out) or (C_out, H_out, W_out)
        The loss's gradient with respect to the layer's output.
    stride, padding, dilation, groups
        As in the layer.

    Returns
    -------
    ndarray, shape ``weight_size``

    Raises
    ------
    TypeError, ValueError
        As in `functional.conv2d`, and if ``grad_output`` has not the layer's output shape.

    Examples
    --------
    >>> conv2d_weight([[[1, 2, 3], [4, 5, 6]]], (1, 1, 1, 2), [[[1, 0], [0, 1]]])
    array([[[[6, 8]]]])
    """
    return _weight(2, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv3d_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """Return the gradient of `functional.conv3d` with respect to its weight: see `conv2d_weight`.

    Examples
    --------
    >>> conv3d_weight([[[[1, 2, 3]]]], (1, 1, 1, 1, 2), [[[[1, 1]]]])
    array([[[[[3, 5]]]]])
    """
    return _weight(3, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv_transpose1d_input(weight, grad_output, stride=1, padding=0, output_padding=0, groups=1,
                           dilation=1):
    """Return the gradient of `functional.conv_transpose1d` with respect to its input.

    Examples
    --------
    >>> conv_transpose1d_input([[[1, 2]]], [[1, 1, 1]])
    array([[3, 3]])
    """
    return _transpose_input(1, weight, grad_output, stride, padding, output_padding, groups,
                            dilation)


def conv_transpose2d_input(weight, grad_output, stride=1, padding=0, output_padding=0, groups=1,
                           dilation=1):
    """Return the gradient of `functional.conv_transpose2d` with respect to its input.

    It is the convolution that the operation transposes: ``functional.conv2d(grad_output, weight)``.

    Parameters
    ----------
    weight : array_like, shape (C_in, C_out/groups, kH, kW)
        The layer's kernels.
    grad_output : array_like, shape (N, C_out, H_out, W_out) or (C_out, H_out, W_out)
        The loss's gradient with respect to the layer's output.
    stride, padding, output_padding, groups, dilation
        As in the layer. An output_padding below the stride shows in the shape of ``grad_output``
        and can be left out; one that is larger (it may be, below the dilation) must be given.

    Returns
    -------
    ndarray, shape (N, C_in, H, W) or (C_in, H, W)

    Examples
    --------
    >>> conv_transpose2d_input([[[[1, 2]]]], [[[1, 1, 1]]])
    array([[[3, 3]]])
    """
    return _transpose_input(2, weight, grad_output, stride, padding, output_padding, groups,
                            dilation)


def conv_transpose3d_input(weight, grad_output, stride=1, padding=0, output_padding=0, groups=1,
                           dilation=1):
    """Return the gradient of `functional.conv_transpose3d` with respect to its input.

    Examples
    --------
    >>> conv_transpose3d_input([[[[[1, 2]]]]], [[[[1, 1, 1]]]])
    array([[[[3, 3]]]])
    """
    return _transpose_input(3, weight, grad_output, stride, padding, output_padding, groups,
                            dilation)


def conv_transpose1d_weight(input, weight_size, grad_output, stride=1, padding=0, groups=1,
                            dilation=1):
    """Return the gradient of `functional.conv_transpose1d` with respect to its weight.

    Examples
    --------
    >>> conv_transpose1d_weight([[1, 10]], (1, 1, 2), [[1, 2, 3]])
    array([[[21, 32]]])
    """
    return _transpose_weight(1, input, weight_size, grad_output, stride, padding, groups, dilation)


def conv_transpose2d_weight(input, weight_size, grad_output, stride=1, padding=0, groups=1,
                            dilation=1):
    """Return the gradient of `functional.conv_transpose2d` with respect to its weight.

    It is `conv2d_weight` with input and output exchanged.

    Parameters
    ----------
    input : array_like, shape (N, C_in, H, W) or (C_in, H, W)
        The layer's input.
    weight_size : tuple of int
        Shape of the weight, (C_in, C_out/groups, kH, kW).
    grad_output : array_like, shape (N, C_out, H_out, W_out) or (C_out, H_out, W_out)
        The loss's gradient with respect to the layer's output.
    stride, padding, groups, dilation
        As in the layer.

    Returns
    -------
    ndarray, shape ``weight_size``

    Examples
    --------
    >>> conv_transpose2d_weight([[[1, 10]]], (1, 1, 1, 2), [[[1, 2, 3]]])
    array([[[[21, 32]]]])
    """
    return _transpose_weight(2, input, weight_size, grad_output, stride, padding, groups, dilation)


def conv_transpose3d_weight(input, weight_size, grad_output, stride=1, padding=0, groups=1,
                            dilation=1):
    """Return the gradient of `functional.conv_transpose3d` with respect to its weight.

    Examples
    --------
    >>> conv_transpose3d_weight([[[[1, 10]]]], (1, 1, 1, 1, 2), [[[[1, 2, 3]]]])
    array([[[[[21, 32]]]]])
    """
    return _transpose_weight(3, input, weight_size, grad_output, stride, padding, groups, dilation)


@check.quiet
def _input(axes, input_size, weight, grad_output, stride, padding, dilation, groups):
    dy, w, _, batched = operands.operands(grad_output, weight, None, axes,
                                          names=("grad_output", "weight"))
    size = check.sizes("input_size", input_size, 0)
    shape, stride, pads, dilation = shapes.conv_layout(
        size, w.shape, stride, padding, dilation, groups, input="input_size")
    check.same_shape("grad_output", dy if batched else dy[0], shape, input_size=size,
                     stride=stride, padding=padding, dilation=dilation)
    check.affordable("the gradient", size, "input_size", w.dtype)
    dx = np.zeros(size if batched else (1, *size), w.dtype)
    choose.compute_transposed(dy, w, dx, Geometry.of(stride, pads, dilation, groups))
    return dx if batched else dx[0]


@check.quiet
def _weight(axes, input, weight_size, grad_output, stride, padding, dilation, groups,
            names=("input", "grad_output"), fewer=False):
    x, dy = check.numbers(names[0], input), check.numbers(names[1], grad_output)
    size = check.sizes("weight_size", weight_size)
    if len(size) != axes + 2:
        raise ValueError(f"weight_size={weight_size!r} must have {axes + 2} numbers")
    shape, strides, pads, dilations = shapes.conv_layout(
        x.shape, size, stride, padding, dilation, groups, input=names[0], weight="weight_size")
    if fewer and dy.ndim == len(shape):
        shape = (*shape[:-axes], *_fewer(dy.shape[-axes:], shape[-axes:], x.shape[-axes:],
                                         size[2:], strides, pads, dilations))
    check.same_shape(names[1], dy, shape, **{names[0]: x.shape}, weight_size=size,
                     stride=stride, padding=padding, dilation=dilation)
    dtype = check.sum_type(x, dy)
    check.affordable("the gradient", size, "weight_size", dtype)
    if x.ndim == axes + 1:
        x, dy = x[None], dy[None]
    dw = np.zeros(size, dtype)
    choose.compute_weight_gradient(x, dy, dw, Geometry.of(strides, pads, dilations, groups))
    return dw


def _transpose_input(axes, weight, grad_output, stride, padding, output_padding, groups, dilation):
    padding = shapes.cut_width(padding, axes)
    stride = check.integers("stride", stride, axes, 1)
    dilation = check.integers("dilation", dilation, axes, 1)
    # It makes room for windows that belong to no input, one for each stride.
    more = shapes.output_paddings(output_padding, stride, dilation)
    extra = [a // s for a, s in zip(more, stride, strict=True)]
    dx = operands.convolve(axes, grad_output, weight, None, stride, padding, dilation, groups,
                           names=("grad_output", "weight"))
    sizes = [size - each for size, each in zip(dx.shape[-axes:], extra, strict=True)]
    if min(sizes) < 1:
        raise ValueError(f"output_padding={output_padding} leaves no input for grad_output of shape"
                         f" {np.shape(grad_output)}: use less")
    kept = dx[(..., *map(slice, sizes))]
    return dx if kept.shape == dx.shape else kept.copy()


def _transpose_weight(axes, input, weight_size, grad_output, stride, padding, groups, dilation):
    padding = shapes.cut_width(padding, axes)
    return _weight(axes, grad_output, weight_size, input, stride, padding, dilation, groups,
                   names=("grad_output", "input"), fewer=True)


def _fewer(given, windows, sizes, kernel, stride, pads, dilation):
    """Return the sizes of an input that output_padding >= stride gives fewer numbers than windows.

    Where no output_padding explains what was given, it is left to be refused.
    """
    found = []
    for mine, count, size, k, s, pad, d in zip(given, windows, sizes, kernel, stride, pads,
                                               dilation, strict=True):
        output_padding = size - (s * (mine - 1) + shapes.dilated_size(k, d) - sum(pad))
        found.append(mine if 0 <= output_padding < max(s, d) else count)
    return tuple(found)
