"""What the operations ask of their arguments, and what they say where it is not so."""

from math import prod
from numbers import Integral

import numpy as np

LIMIT = 2**40  # elements: no machine of a reader holds more
AXES = {1: "L", 2: "HW", 3: "DHW"}


def integers(name, value, axes, least):
    """Return one whole number per axis from a number or a sequence of numbers."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(values) != axes:
        raise ValueError(f"{name}={value!r} has {len(values)} numbers: give one, or {axes}")
    for each in values:
        if isinstance(each, (bool, np.bool_)) or not isinstance(each, Integral):
            raise TypeError(f"{name}={value!r} must be made of whole numbers (int)")
        if each < least:
            raise ValueError(f"{name}={value!r} must be at least {least} in every axis")
    return tuple(int(each) for each in values)


def dilated_size(kernel, dilation):
    """Return what a kernel spans along one axis."""
    return dilation * (kernel - 1) + 1


def pads(padding, kernel, stride, dilation):
    """Return (before, after) for every axis, from a number, a sequence, 'valid' or 'same'."""
    axes = len(kernel)
    if not isinstance(padding, str):
        return tuple((p, p) for p in integers("padding", padding, axes, 0))
    if padding == "valid":
        return ((0, 0),) * axes
    if padding == "causal":  # functional.causal_conv1d's own word
        return tuple((dilated_size(k, d) - 1, 0) for k, d in zip(kernel, dilation, strict=True))
    if padding != "same":
        raise ValueError(f"padding={padding!r} is unknown: use a number, 'valid' or 'same'")
    if any(s != 1 for s in stride):
        raise ValueError(f"padding='same' needs stride=1, not {stride}: give numbers")
    totals = [dilated_size(k, d) - 1 for k, d in zip(kernel, dilation, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)


def output_size(size, kernel, stride, pad, dilation, axis):
    """Return the number of output positions along one axis, or refuse a kernel that cannot fit."""
    span, padded = dilated_size(kernel, dilation), size + sum(pad)
    if padded < span:
        raise ValueError(
            f"weight spans {span} (kernel_size={kernel}, dilation={dilation}) but the padded input "
            f"has {padded} in axis {axis}: add padding or use a smaller kernel"
        )
    return (padded - span) // stride + 1


def conv_shape(input_shape, weight_shape, stride, padding, dilation, groups):
    """Check shapes against each other; return (output shape, stride, pads, dilation)."""
    axes = len(weight_shape) - 2
    if axes not in AXES:
        raise ValueError(f"weight has shape {weight_shape}: it needs (C_out, C_in/groups, kernel…)")
    named_shape("input", input_shape, weight_shape, axes)
    (groups,) = integers("groups", groups, 1, 1)
    c_in, c_out = input_shape[-axes - 1], weight_shape[0]
    kernel = weight_shape[2:]
    for name, channels in (("C_in", c_in), ("C_out", c_out)):
        if channels % groups:
            raise ValueError(
                f"groups={groups} must divide {name}={channels}: use one of {divisors(channels)}")
    if weight_shape[1] != c_in // groups:
        raise ValueError(
            f"weight has shape {weight_shape}: its second axis must be C_in/groups = "
            f"{c_in}/{groups} = {c_in // groups} for input {input_shape}"
        )
    stride = integers("stride", stride, axes, 1)
    dilation = integers("dilation", dilation, axes, 1)
    pad = pads(padding, kernel, stride, dilation)
    sizes = tuple(map(output_size, input_shape[-axes:], kernel, stride, pad, dilation, AXES[axes]))
    shape = (*input_shape[: -axes - 1], c_out, *sizes)
    affordable("the output", shape)
    return shape, stride, pad, dilation


def affordable(what, shape):
    """Refuse a result that no machine holds, before memory is taken."""
    if prod(shape) > LIMIT:
        raise ValueError(
            f"{what} would have shape {shape}, {prod(shape)} numbers: size or padding too large")


def conv_transpose_shape(input_shape, weight_shape, stride, padding, output_padding, dilation,
                         groups):
    """Check shapes against each other; return (output shape, stride, pads, dilation)."""
    axes = len(weight_shape) - 2
    named_shape("input", input_shape, weight_shape, axes)
    (groups,) = integers("groups", groups, 1, 1)
    c_in, kernel = input_shape[-axes - 1], weight_shape[2:]
    if c_in % groups:
        raise ValueError(f"groups={groups} must divide C_in={c_in}: use one of {divisors(c_in)}")
    if weight_shape[0] != c_in:
        raise ValueError(f"weight has shape {weight_shape}: its first axis must be C_in={c_in} for "
                         f"input {input_shape}")
    stride = integers("stride", stride, axes, 1)
    dilation = integers("dilation", dilation, axes, 1)
    padding = integers("padding", padding, axes, 0)
    more = integers("output_padding", output_padding, axes, 0)
    for a, s, d in zip(more, stride, dilation, strict=True):
        if a >= max(s, d):
            raise ValueError(f"output_padding={output_padding!r} must be less than stride={stride} "
                             f"or dilation={dilation}: no other input size is there to be meant")
    sizes = tuple(transposed_size(*each) for each in zip(
        input_shape[-axes:], kernel, stride, padding, more, dilation, AXES[axes], strict=True))
    shape = (*input_shape[: -axes - 1], weight_shape[1] * groups, *sizes)
    affordable("the output", shape)
    return shape, stride, tuple((p, p) for p in padding), dilation


def transposed_size(size, kernel, stride, padding, more, dilation, axis):
    """Return the output size of a transposed convolution along one axis, or refuse an empty one."""
    out = stride * (size - 1) + dilated_size(kernel, dilation) - 2 * padding + more
    if out < 1:
        raise ValueError(
            f"padding={padding} leaves no output in axis {axis} (size {out}): use less padding")
    return out


def named_shape(name, shape, weight_shape, axes):
    """Check that an operand and a weight have the axes of a convolution, none of them empty."""
    names = ", ".join(AXES[axes])
    if len(shape) not in (axes + 1, axes + 2):
        raise ValueError(f"{name} has shape {shape}: it needs (N, C, {names}) or (C, {names}) for "
                         f"weight {weight_shape}")
    if min(weight_shape) == 0:
        raise ValueError(f"weight has shape {weight_shape}: no axis may be empty")
    if min(shape[-axes - 1:]) == 0:
        raise ValueError(f"{name} has shape {shape}: only the batch may be empty")


def divisors(channels):
    """Return the numbers of groups that would do, as text."""
    return ", ".join(str(g) for g in range(1, channels + 1) if channels % g == 0)


def numbers(name, value):
    """Return an array of numbers; refuse text, objects and ragged lists."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows must have the same length") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {array.dtype}: give real numbers (int or float)")
    return array


def sum_type(*arrays):
    """Return the type in which arrays are summed: whole numbers stay exact (modulo 2**64)."""
    dtype = np.result_type(*arrays)
    return dtype if dtype.kind == "f" else np.dtype(np.int64)


def operands(input, weight, bias, axes, transposed_groups=None, name="input"):
    """Return input, weight and bias in their common dtype, with a batch axis, and the old rank.

    The groups are given where the weight is a transposed convolution's, whose output channels
    stand in its second axis.
    """
    input, weight = numbers(name, input), numbers("weight", weight)
    arrays = [input, weight]
    if weight.ndim != axes + 2:
        raise ValueError(
            f"weight has shape {weight.shape}: it needs {axes + 2} axes, "
            f"{'(C_out, C_in/groups' if transposed_groups is None else '(C_in, C_out/groups'}, "
            f"{', '.join('k' + a for a in AXES[axes])})"
        )
    if bias is not None:
        bias = numbers("bias", bias)
        c_out = weight.shape[0]
        if transposed_groups is not None:
            c_out = weight.shape[1] * integers("groups", transposed_groups, 1, 1)[0]
        if bias.shape != (c_out,):
            raise ValueError(f"bias has shape {bias.shape}: it must be (C_out,) = ({c_out},)")
        arrays.append(bias)
    dtype = sum_type(*arrays)
    batched = input.ndim != axes + 1
    if not batched:
        input = input[None]
    bias = None if bias is None else bias.astype(dtype, copy=False)
    return input.astype(dtype, copy=False), weight.astype(dtype, copy=False), bias, batched
