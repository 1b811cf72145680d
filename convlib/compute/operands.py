"""From arguments to a result: check the operands, compute, and give back the rank that came in."""

import numpy as np

from convlib import _check as check
from convlib import shapes
from convlib.compute import choose
from convlib.compute.tiles import Geometry


@check.quiet
def convolve(axes, input, weight, bias, stride, padding, dilation, groups,
             names=("input", "weight")):
    """Return the convolution of signals, images or volumes (1, 2 or 3 axes).

    ``names`` are what input and weight are called in messages.
    """
    x, w, b, batched = operands(input, weight, bias, axes, names=names)
    shape, stride, pads, dilation = shapes.conv_layout(
        x.shape, w.shape, stride, padding, dilation, groups, w.dtype, *names)
    y = np.empty(shape, w.dtype)
    choose.compute(x, w, y, Geometry.of(stride, pads, dilation, groups))
    return finish(y, b, batched)


@check.quiet
def convolve_transposed(axes, input, weight, bias, stride, padding, output_padding, groups,
                        dilation, output_size):
    """Return the transposed convolution of signals, images or volumes."""
    x, w, b, batched = operands(input, weight, bias, axes, transposed=True, groups=groups)
    shape, stride, pads, dilation = shapes.conv_transpose_layout(
        x.shape, w.shape, stride, padding, output_padding, dilation, groups, w.dtype, output_size)
    y = np.zeros(shape, w.dtype)
    choose.compute_transposed(x, w, y, Geometry.of(stride, pads, dilation, groups))
    return finish(y, b, batched)


def operands(input, weight, bias, axes, *, transposed=False, groups=1, names=("input", "weight")):
    """Return input, weight and bias, and whether there was a batch axis, which the input now has.

    Weight and bias are in the dtype common to all three; the input, which may be large, is as it
    came. The output channels of a transposed convolution stand in its weight's second axis, so that
    the groups count. ``names`` are what the arguments are called.
    """
    input, weight = map(check.numbers, names, (input, weight))
    arrays = [input, weight]
    if weight.ndim != axes + 2:
        raise ValueError(
            f"{names[1]} has shape {weight.shape}: it needs {axes + 2} axes, "
            f"{'(C_in, C_out/groups' if transposed else '(C_out, C_in/groups'}, "
            f"{', '.join('k' + a for a in check.AXES[axes])})"
        )
    if bias is not None:
        bias = check.numbers("bias", bias)
        c_out, grouped = weight.shape[0], ""
        if transposed:
            groups = check.divided(groups, C_in=weight.shape[0])
            c_out, grouped = weight.shape[1] * groups, f" and groups={groups}"
        if bias.shape != (c_out,):
            raise ValueError(f"bias has shape {bias.shape}: it must be (C_out,) = ({c_out},) for "
                             f"{names[1]} {weight.shape}{grouped}")
        arrays.append(bias)
    dtype = check.sum_type(*arrays)
    batched = input.ndim != axes + 1
    if not batched:
        input = input[None]
    return (input, check.cast(names[1], weight, dtype),
            None if bias is None else check.cast("bias", bias, dtype), batched)


def finish(y, bias, batched):
    """Add the bias, and take away the batch axis that was put in."""
    if bias is not None:
        y += bias.reshape(-1, *(1,) * (y.ndim - 2))
    return y if batched else y[0]
