"""What the operations ask of their arguments, and what they say where it is not so."""

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
    if len(input_shape) not in (axes + 1, axes + 2):
        names = ", ".join(AXES[axes])
        raise ValueError(
            f"input has shape {input_shape}: it needs (N, C_in, {names}) or (C_in, {names}) "
            f"for weight {weight_shape}"
        )
    (groups,) = integers("groups", groups, 1, 1)
    c_in, c_out = input_shape[-axes - 1], weight_shape[0]
    kernel = weight_shape[2:]
    if min(weight_shape) == 0:
        raise ValueError(f"weight has shape {weight_shape}: no axis may be empty")
    if min(input_shape[-axes - 1:]) == 0:
        raise ValueError(f"input has shape {input_shape}: only the batch may be empty")
    for name, channels in (("C_in", c_in), ("C_out", c_out)):
        if channels % groups:
            use = ", ".join(str(g) for g in range(1, channels + 1) if channels % g == 0)
            raise ValueError(f"groups={groups} must divide {name}={channels}: use one of {use}")
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
    count = 1
    for side in shape:
        count *= side
    if count > LIMIT:
        raise ValueError(f"the output would have shape {shape}, {count} numbers: padding too large")
    return shape, stride, pad, dilation


def numbers(name, value):
    """Return an array of numbers; refuse text, objects and ragged lists."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows must have the same length") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {array.dtype}: give real numbers (int or float)")
    return array


def operands(input, weight, bias, axes):
    """Return input, weight and bias in their common dtype, with a batch axis, and the old rank."""
    input, weight = numbers("input", input), numbers("weight", weight)
    arrays = [input, weight]
    if weight.ndim != axes + 2:
        raise ValueError(
            f"weight has shape {weight.shape}: conv{axes}d needs {axes + 2} axes, "
            f"(C_out, C_in/groups, {', '.join('k' + a for a in AXES[axes])})"
        )
    if bias is not None:
        bias = numbers("bias", bias)
        if bias.shape != weight.shape[:1]:
            raise ValueError(f"bias has shape {bias.shape}: it must be (C_out,) {weight.shape[:1]}")
        arrays.append(bias)
    dtype = np.result_type(*arrays)
    if dtype.kind != "f":
        dtype = np.dtype(np.int64)  # whole numbers stay exact (modulo 2**64)
    batched = input.ndim != axes + 1
    if not batched:
        input = input[None]
    bias = None if bias is None else bias.astype(dtype, copy=False)
    return input.astype(dtype, copy=False), weight.astype(dtype, copy=False), bias, batched
