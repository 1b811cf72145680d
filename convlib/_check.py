"""What the operations ask of their arguments, and what they say where it is not so."""

import os
from math import prod
from numbers import Integral

import numpy as np

LIMIT = 2**43  # bytes: no machine of a reader has more
AXES = {1: "L", 2: "HW", 3: "DHW"}
CAUSAL = object()  # the padding of functional.causal_conv1d, which is no word for others


def _memory():
    """Return this machine's memory in bytes or, where the system does not tell, LIMIT's."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return LIMIT


MEMORY = _memory()

# A decorator: infinity times 0 and infinity less infinity are NaN, which needs no warning.
quiet = np.errstate(invalid="ignore")


def integers(name, value, axes, least):
    """Return one whole number per axis from a number or a sequence of numbers."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(values) != axes:
        raise ValueError(f"{name}={value!r} has {len(values)} numbers: give one, or {axes}")
    for each in values:
        if type(each) is not int and not is_integer(each):
            raise TypeError(f"{name}={value!r} must be made of whole numbers (int)")
        if each < least:
            where = " in every axis" if axes > 1 else ""
            raise ValueError(f"{name}={value!r} must be at least {least}{where}")
    return tuple(map(int, values))


def is_integer(value):
    """Return whether a value is a whole number; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def counts(least=1, **values):
    """Return single whole numbers, each checked under its name."""
    return [integers(name, value, 1, least)[0] for name, value in values.items()]


def sizes(name, value, least=1):
    """Return a shape, or a kernel's sizes, from a tuple or a list of whole numbers."""
    if not isinstance(value, (tuple, list)) or not value:
        raise TypeError(f"{name}={value!r} must be a tuple of whole numbers")
    return integers(name, value, len(value), least)


def number(name, value):
    """Return one real number as Python has it; it can be NaN or infinite."""
    array = numbers(name, value)
    if array.ndim:
        raise ValueError(f"{name}={value!r} must be one number")
    if array.dtype.kind == "b":
        raise TypeError(f"{name}={value!r} must be a number (int or float)")
    return array.item()


def flag(name, value):
    """Return True or False, and take nothing else for it."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={value!r} must be True or False")
    return bool(value)


def dtype_of(name, value):
    """Return the dtype of numbers that goes by a name or a type."""
    try:
        dtype = np.dtype(value) if isinstance(value, (str, type, np.dtype)) else None
    except TypeError:
        dtype = None
    if dtype is None or dtype.kind not in "biufc":
        raise TypeError(f"{name}={value!r} is no dtype of numbers: give one such as numpy.float32")
    return dtype


def made_of(name, values, kind):
    """Return a list of things of one kind, from anything that can be gone through."""
    try:
        values = list(values)
    except TypeError:
        raise TypeError(f"{name}={values!r} must be a sequence of {kind.__name__}") from None
    for each in values:
        if not isinstance(each, kind):
            raise TypeError(f"{name} holds {each!r}: it must be made of {kind.__name__}")
    return values


def among(value, choices):
    """Return whether a value is one of some; True and 1 are two."""
    return any(type(value) is type(each) and value == each for each in choices)


def dilated_size(kernel, dilation):
    """Return what a kernel spans along one axis."""
    return dilation * (kernel - 1) + 1


def pads(padding, kernel, stride, dilation):
    """Return (before, after) for every axis: a number, a sequence, 'valid', 'same' or CAUSAL."""
    axes = len(kernel)
    if padding is CAUSAL:
        return tuple((dilated_size(k, d) - 1, 0) for k, d in zip(kernel, dilation, strict=True))
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


def output_size(size, kernel, stride, pad, dilation, axis, input="input", weight="weight"):
    """Return the number of output positions along one axis, or refuse a kernel that cannot fit."""
    span, padded = dilated_size(kernel, dilation), size + sum(pad)
    if padded < span:
        raise ValueError(
            f"{weight} spans {span} (kernel_size={kernel}, dilation={dilation}) but the padded "
            f"{input} has {padded} in axis {axis}: add padding or use a smaller kernel"
        )
    return (padded - span) // stride + 1


def pooled_size(size, kernel, stride, padding, dilation, axis, ceil_mode):
    """Return the number of a pooling's windows along one axis."""
    span, padded = dilated_size(kernel, dilation), size + 2 * padding
    if 2 * padding > kernel:
        raise ValueError(
            f"padding={padding} must be at most half of kernel_size={kernel} in axis {axis}, for "
            f"with more than half of it a window sees no input: use at most {kernel // 2}"
        )
    room = padded - span + (stride - 1 if ceil_mode else 0)
    if room < 0:
        raise ValueError(
            f"kernel_size={kernel} with dilation={dilation} spans {span}, but the padded input has "
            f"{padded} in axis {axis} (size={size}): add padding or use a smaller kernel"
        )
    count = room // stride + 1
    # The window that is kept for being cut off must not start behind the image.
    return count - 1 if ceil_mode and (count - 1) * stride >= size + padding else count


def conv_shape(input_shape, weight_shape, stride, padding, dilation, groups, dtype=None,
               input="input", weight="weight"):
    """Check shapes against each other; return (output shape, stride, pads, dilation).

    The dtype is told where the output is made, and must fit into memory. ``input`` and ``weight``
    are what the arguments are called that the shapes come from.
    """
    axes = len(weight_shape) - 2
    if axes not in AXES:
        raise ValueError(
            f"{weight} has shape {weight_shape}: it needs (C_out, C_in/groups, kernel…), a kernel "
            f"of one to three axes"
        )
    named_shape(input_shape, weight_shape, axes, input, weight)
    c_in, c_out, kernel = input_shape[-axes - 1], weight_shape[0], weight_shape[2:]
    groups = divided(groups, C_in=c_in, C_out=c_out)
    if weight_shape[1] != c_in // groups:
        raise ValueError(
            f"{weight} has shape {weight_shape}: its second axis must be C_in/groups = "
            f"{c_in}/{groups} = {c_in // groups} for {input} {input_shape}"
        )
    stride = integers("stride", stride, axes, 1)
    dilation = integers("dilation", dilation, axes, 1)
    pad = pads(padding, kernel, stride, dilation)
    out = tuple(output_size(*each, input, weight) for each in zip(
        input_shape[-axes:], kernel, stride, pad, dilation, AXES[axes], strict=True))
    out = (*input_shape[: -axes - 1], c_out, *out)
    if dtype is not None:
        affordable("the output", out, f"{input}, {weight} or padding", dtype)
    return out, stride, pad, dilation


def affordable(what, shape, cause, dtype):
    """Refuse an array that this machine cannot hold, before memory is taken."""
    size = prod(max(side, 1) for side in shape) * dtype.itemsize  # one image's, if none is there
    if size > MEMORY:
        raise ValueError(
            f"{what} would have shape {tuple(shape)}, {size / 2**30:.3g} GiB of {dtype}: {cause} "
            f"too large for the {MEMORY / 2**30:.3g} GiB of this machine"
        )


def cast(name, array, dtype):
    """Return an array in a dtype: itself where it has it, else a copy that memory can hold."""
    if array.dtype != dtype:
        affordable(name, array.shape, name, dtype)
    return array.astype(dtype, copy=False)


def conv_transpose_shape(input_shape, weight_shape, stride, padding, output_padding, dilation,
                         groups, dtype):
    """Check shapes against each other; return (output shape, stride, pads, dilation)."""
    axes = len(weight_shape) - 2
    named_shape(input_shape, weight_shape, axes)
    c_in, kernel = input_shape[-axes - 1], weight_shape[2:]
    groups = divided(groups, C_in=c_in)
    if weight_shape[0] != c_in:
        raise ValueError(f"weight has shape {weight_shape}: its first axis must be C_in={c_in} for "
                         f"input {input_shape}")
    out, stride, padding, dilation = transposed_sizes(
        input_shape[-axes:], kernel, stride, padding, output_padding, dilation)
    out = (*input_shape[: -axes - 1], weight_shape[1] * groups, *out)
    affordable("the output", out, "input, weight, stride or dilation", dtype)
    return out, stride, tuple((p, p) for p in padding), dilation


def transposed_sizes(size, kernel, stride, padding, output_padding, dilation):
    """Return (output sizes, stride, padding, dilation) of a transposed convolution."""
    axes = len(size)
    stride = integers("stride", stride, axes, 1)
    dilation = integers("dilation", dilation, axes, 1)
    padding = integers("padding", padding, axes, 0)
    more = integers("output_padding", output_padding, axes, 0)
    out = []
    for i, k, s, p, a, d, axis in zip(size, kernel, stride, padding, more, dilation, AXES[axes],
                                      strict=True):
        full = s * (i - 1) + dilated_size(k, d) + below(output_padding, a, s, d, axis)
        if full <= 2 * p:
            raise ValueError(f"padding={p} cuts off all of the {full} outputs in axis {axis}: use "
                             f"at most {(full - 1) // 2}")
        out.append(full - 2 * p)
    return tuple(out), stride, padding, dilation


def below(output_padding, number, stride, dilation, axis):
    """Return the output padding of an axis, which is below its stride or its dilation."""
    if number >= max(stride, dilation):
        raise ValueError(f"output_padding={output_padding} must be smaller than stride={stride} or "
                         f"dilation={dilation}: use at most {max(stride, dilation) - 1} in axis "
                         f"{axis}")
    return number


def named_shape(shape, weight_shape, axes, input="input", weight="weight"):
    """Check that an operand and a weight have the axes of a convolution, none of them empty."""
    names = ", ".join(AXES[axes])
    if len(shape) not in (axes + 1, axes + 2):
        raise ValueError(f"{input} has shape {shape}: it needs (N, C, {names}) or (C, {names}) for "
                         f"{weight} {weight_shape}")
    if min(weight_shape) == 0:
        raise ValueError(f"{weight} has shape {weight_shape}: no axis may be empty")
    if min(shape[-axes - 1:]) == 0:
        raise ValueError(f"{input} has shape {shape}: only the batch may be empty")


def maps(name, value):
    """Return an array of numbers with axes (…, C, H, W)."""
    array = numbers(name, value)
    if array.ndim < 3:
        raise ValueError(f"{name} has shape {array.shape}: it needs (…, C, H, W)")
    return array


def images(name, value, batch=False):
    """Return an array of numbers, (N, C, H, W) or (C, H, W) unless it needs the batch axis."""
    array = numbers(name, value)
    if array.ndim != 4 and (batch or array.ndim != 3):
        raise ValueError(f"{name} has shape {array.shape}: it needs (N, C, H, W)"
                         f"{'' if batch else ' or (C, H, W)'}")
    if 0 in array.shape[-3:]:
        raise ValueError(f"{name} has shape {array.shape}: only the batch may be empty")
    return array


def by_axis(size, kernel, names, stride, padding, dilation):
    """Split the options of a window into those of its column and those of its row.

    Each must fit on its axis; ``names`` are what the arguments are called that they come from.
    """
    s, d = integers("stride", stride, 2, 1), integers("dilation", dilation, 2, 1)
    pad = pads(padding, kernel, s, d)
    for each in zip(size, kernel, s, pad, d, AXES[2], ("input", "input"), names, strict=True):
        output_size(*each)
    # 'same' is left to the kernels, for one side can be given more than the other.
    p, q = ((pad[0][0], 0), (0, pad[1][0])) if padding != "same" else ("same", "same")
    return (dict(stride=(s[0], 1), padding=p, dilation=(d[0], 1)),
            dict(stride=(1, s[1]), padding=q, dilation=(1, d[1])))


def divided(groups, **channels):
    """Return the number of groups, which divides these numbers of channels."""
    (groups,) = counts(groups=groups)
    for name, count in channels.items():
        if count % groups:
            raise ValueError(
                f"groups={groups} must divide {name}={count}: use one of {divisors(count)}")
    return groups


def groups_of(weight_shape, channels):
    """Return the number of groups that a weight is made for."""
    depth = weight_shape[1]
    if depth == 0 or channels % depth:
        raise ValueError(f"weight has shape {weight_shape}: its second axis, C_in/groups, must "
                         f"divide C_in={channels}: use one of {divisors(channels)}")
    return channels // depth


def same_shape(name, array, shape, **given):
    """Refuse an array that has not the shape to which other arguments lead."""
    if array.shape != shape:
        given = ", ".join(f"{key}={value}" for key, value in given.items())
        raise ValueError(f"{name} has shape {array.shape}: it must be {shape} for {given}")


def offsets(offset, mask, taps, channels, shape, batched, **given):
    """Return (N, offset groups, kH kW, 2, H_out, W_out) and (N, offset groups, kH kW, …)."""
    offset = numbers("offset", offset)
    groups = max(1, offset.shape[-3] // (2 * taps)) if offset.ndim > 2 else 1
    if channels % groups:
        raise ValueError(f"offset has shape {offset.shape}, that is offset_groups={groups}: they "
                         f"must divide C_in={channels}")
    lead = shape[:1] if batched else ()
    mask = np.broadcast_to(np.int8(1), (*lead, groups * taps, *shape[2:])) if mask is None \
        else numbers("mask", mask)
    for name, field, each in (("offset", offset, 2), ("mask", mask, 1)):
        same_shape(name, field, (*lead, groups * each * taps, *shape[2:]), offset_groups=groups,
                   **given)
    return (offset.reshape(shape[0], groups, taps, 2, *shape[2:]),
            mask.reshape(shape[0], groups, taps, *shape[2:]))


def indices(value, input_shape, size):
    """Return where the numbers of an input belong in planes of a size."""
    index = numbers("indices", value)
    if index.dtype.kind not in "iu":
        raise TypeError(f"indices has dtype {index.dtype}: give whole numbers (int)")
    same_shape("indices", index, input_shape, input=input_shape)
    if index.size and not 0 <= index.min() <= index.max() < size[0] * size[1]:
        raise ValueError(f"indices has numbers from {index.min()} to {index.max()}: they must be "
                         f"from 0 to {size[0] * size[1] - 1}, inside a plane of {size}")
    return index


def upscaled(upscale_factor, input_shape):
    """Return the factor r of which r times r channels make one."""
    (r,), channels = counts(upscale_factor=upscale_factor), input_shape[-3]
    if channels % r**2:
        raise ValueError(f"upscale_factor={r} needs a multiple of {r}*{r} channels, not {channels}"
                         f" as input {input_shape} has")
    return r


def divisors(channels):
    """Return the numbers of groups that would do, as text: the first of them, where it is long."""
    listed = [str(g) for g in range(1, min(channels, 1024) + 1) if channels % g == 0]
    return ", ".join(listed + ["…"] * (channels > 1024))


def numbers(name, value):
    """Return an array of numbers; refuse text, objects and ragged lists."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows must have the same length") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has dtype {array.dtype}: give real numbers (int or float)")
    return array


def float_type(*arrays):
    """Return the type in which arrays are computed where whole numbers do not stay whole."""
    dtype = np.result_type(*arrays)
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def sum_type(*arrays):
    """Return the type in which arrays are summed: whole numbers stay exact (modulo 2**64)."""
    floats = [array for array in arrays if array.dtype.kind == "f"]
    # uint64 with int64 would be float64 to NumPy.
    return np.result_type(*arrays) if floats else np.dtype(np.int64)


def operands(input, weight, bias, axes, *, transposed=False, groups=1, names=("input", "weight")):
    """Return input, weight and bias, and whether there was a batch axis, which the input now has.

    Weight and bias are in the dtype common to all three; the input, which may be large, is as it
    came. The output channels of a transposed convolution stand in its weight's second axis, so that
    the groups count. ``names`` are what the arguments are called.
    """
    input, weight = map(numbers, names, (input, weight))
    arrays = [input, weight]
    if weight.ndim != axes + 2:
        raise ValueError(
            f"{names[1]} has shape {weight.shape}: it needs {axes + 2} axes, "
            f"{'(C_in, C_out/groups' if transposed else '(C_out, C_in/groups'}, "
            f"{', '.join('k' + a for a in AXES[axes])})"
        )
    if bias is not None:
        bias = numbers("bias", bias)
        c_out, grouped = weight.shape[0], ""
        if transposed:
            groups = divided(groups, C_in=weight.shape[0])
            c_out, grouped = weight.shape[1] * groups, f" and groups={groups}"
        if bias.shape != (c_out,):
            raise ValueError(f"bias has shape {bias.shape}: it must be (C_out,) = ({c_out},) for "
                             f"{names[1]} {weight.shape}{grouped}")
        arrays.append(bias)
    dtype = sum_type(*arrays)
    batched = input.ndim != axes + 1
    if not batched:
        input = input[None]
    return (input, cast(names[1], weight, dtype),
            None if bias is None else cast("bias", bias, dtype), batched)
