"""Sizes and shapes: the one place where their formulas are.

What layers cost is in `convlib.costs`, what their outputs see in `convlib.receptive`.
"""

from convlib import _check as check

ONNX_SAME = ("SAME_UPPER", "SAME_LOWER")


def dilated_size(kernel_size, dilation=1):
    """Return how far a kernel reaches along one axis: d(k - 1) + 1.

    Examples
    --------
    >>> dilated_size(3, dilation=2)
    5
    """
    k, d = check.counts(kernel_size=kernel_size, dilation=dilation)
    return kernel_span(k, d)


def conv_output_size(size, kernel_size, *, stride=1, padding=0, dilation=1):
    r"""Return the output size of a convolution, along one axis or several.

    .. math:: o = \lfloor (i + 2p - d(k - 1) - 1) / s \rfloor + 1

    Parameters
    ----------
    size : int or tuple of int
        Input size i: one axis, or one number an axis.
    kernel_size, stride, dilation : int or tuple of int
        k, s and d; one number stands for all axes.
    padding : int, tuple of int, tuple of (int, int) or str
        p zeros on each side, as in `pad_width`; 'same' keeps the size and needs stride 1.
        'SAME_UPPER' and 'SAME_LOWER' are ONNX's, for any stride: see `onnx_same_padding`.

    Returns
    -------
    int or tuple of int
        As many as ``size`` has.

    Raises
    ------
    TypeError, ValueError
        If a number is not whole or too small, or the kernel does not fit.

    Examples
    --------
    >>> conv_output_size(5, 3)
    3
    >>> conv_output_size((224, 224), 7, stride=2, padding=3)
    (112, 112)

    References
    ----------
    Dumoulin and Visin (2016), arXiv:1603.07285, Relationship 6 and section 5.1 (dilation).
    """
    sizes, kernel, stride, dilation = _axes("size", size, kernel_size, stride, dilation)
    pad = _pads(padding, kernel, stride, dilation, sizes)
    return _like(size, (
        _output_size(*each, "input of this size", "kernel")
        for each in zip(sizes, kernel, stride, pad, dilation, check.AXES[len(sizes)], strict=True)
    ))


def conv_input_sizes(output_size, kernel_size, *, stride=1, padding=0, dilation=1):
    r"""Return all input sizes from which a convolution makes one output size.

    .. math:: s(o - 1) + d(k - 1) + 1 - 2p \le i < s\,o + d(k - 1) + 1 - 2p

    They are s sizes in a row: a transposed convolution gives the first of them, and reaches the
    others with ``output_padding``.

    Parameters
    ----------
    output_size : int or tuple of int
        Output size o: one axis, or one number an axis.
    kernel_size, stride, padding, dilation
        As in `conv_output_size`.

    Returns
    -------
    range or tuple of range
        One for each axis; empty where no input of at least one gives that output.

    Raises
    ------
    TypeError, ValueError
        If a number is not whole or too small.

    Examples
    --------
    >>> conv_input_sizes(55, 11, stride=4)
    range(227, 231)

    References
    ----------
    Dumoulin and Visin (2016), arXiv:1603.07285, section 4.6.
    """
    sizes, kernel, stride, dilation = _axes(
        "output_size", output_size, kernel_size, stride, dilation
    )
    if check.among(padding, ONNX_SAME):  # ⌈i/s⌉ whatever the kernel
        first = [s * (o - 1) + 1 for o, s in zip(sizes, stride, strict=True)]
    else:
        first = [
            s * (o - 1) + kernel_span(k, d) - sum(p) for o, k, s, p, d in zip(
                sizes, kernel, stride, _pads(padding, kernel, stride, dilation), dilation,
                strict=True)
        ]
    return _like(output_size, (
        range(max(i, 1), max(i + s, 1)) for i, s in zip(first, stride, strict=True)
    ))


def conv_transpose_output_size(
    size, kernel_size, *, stride=1, padding=0, output_padding=0, dilation=1
):
    r"""Return the output size of a transposed convolution, along one axis or several.

    .. math:: o = s(i - 1) + d(k - 1) + 1 - 2p + a

    Parameters
    ----------
    size : int or tuple of int
        Input size i: one axis, or one number an axis.
    kernel_size, stride, dilation : int or tuple of int
        k, s and d of the convolution that is transposed.
    padding : int, tuple of int or tuple of (int, int)
        p: how many outputs are cut off on each side; or (before, after) for each axis.
    output_padding : int or tuple of int
        a: how many more outputs are computed at the end, fewer than the stride or the dilation.

    Returns
    -------
    int or tuple of int
        As many as ``size`` has.

    Raises
    ------
    TypeError, ValueError
        If a number is not whole or out of range, or no output is left.

    Examples
    --------
    >>> conv_transpose_output_size(2, 3, stride=2)
    5
    >>> conv_transpose_output_size((112, 112), 7, stride=2, padding=3, output_padding=1)
    (224, 224)

    References
    ----------
    Dumoulin and Visin (2016), arXiv:1603.07285, Relationship 14.
    """
    sizes, kernel, stride, dilation = _axes("size", size, kernel_size, stride, dilation)
    return _like(size, _transposed_sizes(
        sizes, kernel, stride, padding, output_padding, dilation)[0])


def conv_transpose_output_padding(
    size, kernel_size, output_size, *, stride=1, padding=0, dilation=1
):
    r"""Return the output padding with which a transposed convolution makes an output size.

    .. math:: a = o - s(i - 1) - d(k - 1) - 1 + 2p

    Parameters
    ----------
    size, kernel_size, stride, padding, dilation
        As in `conv_transpose_output_size`.
    output_size : int or tuple of int
        o: one number for all axes, or one for each.

    Returns
    -------
    int or tuple of int
        As many as ``size`` has.

    Raises
    ------
    TypeError, ValueError
        If a number is not whole or out of range, or no output padding below the stride or the
        dilation makes that size.

    Examples
    --------
    >>> conv_transpose_output_padding(112, 7, 224, stride=2, padding=3)
    1
    """
    sizes, kernel, stride, dilation = _axes("size", size, kernel_size, stride, dilation)
    return _like(size, _output_padding_for(sizes, kernel, output_size, stride, padding, dilation))


def pool_output_size(
    size, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False
):
    """Return the output size of a pooling layer, along one axis or several.

    It is that of a convolution. With ``ceil_mode`` the division is rounded up, so that a last
    window may reach beyond the end; one that would start there is left out.

    Parameters
    ----------
    size, kernel_size, padding, dilation
        As in `conv_output_size`; the padding is at most half of the kernel.
    stride : int or tuple of int, optional
        The kernel's size by default.
    ceil_mode : bool
        Whether to round up.

    Returns
    -------
    int or tuple of int
        As many as ``size`` has.

    Raises
    ------
    TypeError, ValueError
        If a number is not whole or out of range, or the kernel does not fit.

    Examples
    --------
    >>> pool_output_size(112, 3, stride=2), pool_output_size(112, 3, stride=2, ceil_mode=True)
    (55, 56)
    """
    stride = kernel_size if stride is None else stride
    sizes, kernel, stride, dilation = _axes("size", size, kernel_size, stride, dilation)
    padding = check.integers("padding", padding, len(sizes), 0)
    ceil_mode = check.flag("ceil_mode", ceil_mode)
    return _like(size, (
        _pooled_size(*each, ceil_mode) for each in
        zip(sizes, kernel, stride, padding, dilation, check.AXES[len(sizes)], strict=True)
    ))


def pad_width(padding, kernel_size, *, stride=1, dilation=1, size=None):
    """Return (before, after) for every axis, as `numpy.pad` takes them.

    Parameters
    ----------
    padding : int, tuple of int, tuple of (int, int) or str
        One number for all axes or one for each, on both sides; a pair for each axis; 'valid' for
        none; 'same' for as many as keep the size at stride 1 (the further one at the end);
        'SAME_UPPER' or 'SAME_LOWER' for ONNX's (see `onnx_same_padding`).
    kernel_size : tuple of int
        One number an axis.
    stride, dilation : int or tuple of int
        One number for all axes, or one for each.
    size : int or tuple of int, optional
        The input's, on which ONNX's words depend.

    Returns
    -------
    tuple of (int, int)

    Raises
    ------
    TypeError, ValueError
        If a number is not whole or below 0, or 'same' meets a stride.

    Examples
    --------
    >>> pad_width(1, (3, 3)), pad_width("same", (3, 4)), pad_width(((2, 0),), (3,))
    (((1, 1), (1, 1)), ((1, 1), (1, 2)), ((2, 0),))
    """
    kernel = check.kernel("kernel_size", kernel_size)
    stride = check.integers("stride", stride, len(kernel), 1)
    dilation = check.integers("dilation", dilation, len(kernel), 1)
    size = None if size is None else check.integers("size", size, len(kernel), 1)
    return _pads(padding, kernel, stride, dilation, size)


def same_padding(kernel_size, dilation=1):
    """Return (before, after), the zeros along one axis that keep the size at stride 1.

    Where the sum is odd, the further zero stands at the end, as in PyTorch.

    Examples
    --------
    >>> same_padding(3), same_padding(4)
    ((1, 1), (1, 2))
    """
    total = dilated_size(kernel_size, dilation) - 1
    return total // 2, total - total // 2


def tensorflow_same_padding(size, kernel_size, *, stride=1, dilation=1):
    r"""Return (before, after), the zeros along one axis of TensorFlow's and Keras' 'same'.

    It is ONNX's 'SAME_UPPER': see `onnx_same_padding`.

    Examples
    --------
    >>> tensorflow_same_padding(224, 3, stride=2), tensorflow_same_padding(225, 3, stride=2)
    ((0, 1), (1, 1))
    """
    return onnx_same_padding(size, kernel_size, stride=stride, dilation=dilation)


def onnx_same_padding(size, kernel_size, *, stride=1, dilation=1, auto_pad="SAME_UPPER"):
    r"""Return (before, after), the zeros along one axis of ONNX's 'SAME_UPPER' and 'SAME_LOWER'.

    .. math:: o = \lceil i / s \rceil, \quad
              \text{before} + \text{after} = \max(s(o - 1) + d(k - 1) + 1 - i, 0)

    At a stride the two sides can differ although the kernel is odd: PyTorch's ``padding=1`` then
    sees other pixels. Where the last window ends before the input does, nothing is padded, as in
    ``onnx.reference``; onnxruntime 1.32 begins inside the input there.

    Parameters
    ----------
    size, kernel_size, stride, dilation : int
        i, k, s and d.
    auto_pad : {'SAME_UPPER', 'SAME_LOWER'}
        Where the sum is odd, the further zero stands at the end, or at the beginning.

    Examples
    --------
    >>> onnx_same_padding(224, 3, stride=2, auto_pad="SAME_LOWER")
    (1, 0)

    References
    ----------
    The Open Neural Network Exchange, operator Conv, attribute auto_pad.
    """
    i, k, s, d = check.counts(size=size, kernel_size=kernel_size, stride=stride, dilation=dilation)
    if not check.among(auto_pad, ONNX_SAME):
        raise ValueError(f"auto_pad={auto_pad!r} is unknown: use 'SAME_UPPER' or 'SAME_LOWER'")
    total = max(s * (-(-i // s) - 1) + kernel_span(k, d) - i, 0)
    less, more = total // 2, total - total // 2
    return (less, more) if auto_pad == "SAME_UPPER" else (more, less)


def full_padding(kernel_size, dilation=1):
    """Return the padding with which every output that touches the input is computed: d(k - 1).

    Examples
    --------
    >>> full_padding(3)
    2
    """
    return dilated_size(kernel_size, dilation) - 1


def conv_output_shape(input_shape, weight_shape, *, stride=1, padding=0, dilation=1, groups=1):
    """Return the shape of a convolution's output from the shapes of its operands.

    Parameters
    ----------
    input_shape : tuple of int
        (N, C_in, …) or (C_in, …).
    weight_shape : tuple of int
        (C_out, C_in/groups, …).
    stride, padding, dilation, groups
        As in `functional.conv2d`.

    Examples
    --------
    >>> conv_output_shape((1, 3, 7, 7), (128, 3, 3, 3))
    (1, 128, 5, 5)
    """
    return conv_layout(
        check.sizes("input_shape", input_shape, 0), check.sizes("weight_shape", weight_shape, 0),
        stride, padding, dilation, groups, input="input_shape", weight="weight_shape")[0]


def conv_layout(input_shape, weight_shape, stride, padding, dilation, groups, dtype=None,
                input="input", weight="weight"):
    """Check the shapes of a convolution against each other: what all its operations do first.

    Parameters
    ----------
    input_shape, weight_shape : tuple of int
        (N, C_in, …) or (C_in, …), and (C_out, C_in/groups, …).
    stride, padding, dilation, groups
        As in `functional.conv2d`.
    dtype : dtype, optional
        Where the output is made: it must then fit into memory.
    input, weight : str
        What the arguments are called that the shapes come from.

    Returns
    -------
    shape : tuple of int
        The output's.
    stride : tuple of int
        With one number an axis, as dilation has.
    pads : tuple of (int, int)
        As `pad_width` gives them.
    dilation : tuple of int
    """
    axes = len(weight_shape) - 2
    if axes not in check.AXES:
        raise ValueError(
            f"{weight} has shape {weight_shape}: it needs (C_out, C_in/groups, kernel…), a kernel "
            f"of one to three axes"
        )
    _fit(input_shape, weight_shape, axes, input, weight)
    c_in, c_out, kernel = input_shape[-axes - 1], weight_shape[0], weight_shape[2:]
    groups = check.divided(groups, C_in=c_in, C_out=c_out)
    if weight_shape[1] != c_in // groups:
        raise ValueError(
            f"{weight} has shape {weight_shape}: its second axis must be C_in/groups = "
            f"{c_in}/{groups} = {c_in // groups} for {input} {input_shape}"
        )
    stride = check.integers("stride", stride, axes, 1)
    dilation = check.integers("dilation", dilation, axes, 1)
    pads = _pads(padding, kernel, stride, dilation, input_shape[-axes:])
    out = tuple(_output_size(*each, input, weight) for each in zip(
        input_shape[-axes:], kernel, stride, pads, dilation, check.AXES[axes], strict=True))
    shape = (*input_shape[: -axes - 1], c_out, *out)
    if dtype is not None:
        check.affordable("the output", shape, f"{input}, {weight} or padding", dtype)
    return shape, stride, pads, dilation


def conv_transpose_layout(input_shape, weight_shape, stride, padding, output_padding, dilation,
                          groups, dtype, output_size=None):
    """Check the shapes of a transposed convolution; return what `conv_layout` returns."""
    axes = len(weight_shape) - 2
    _fit(input_shape, weight_shape, axes)
    c_in, kernel = input_shape[-axes - 1], weight_shape[2:]
    groups = check.divided(groups, C_in=c_in)
    if weight_shape[0] != c_in:
        raise ValueError(f"weight has shape {weight_shape}: its first axis must be C_in={c_in} for "
                         f"input {input_shape}")
    stride = check.integers("stride", stride, axes, 1)
    dilation = check.integers("dilation", dilation, axes, 1)
    if output_size is not None:
        if any(output_paddings(output_padding, stride, dilation)):
            raise ValueError(f"output_size={output_size} and output_padding={output_padding}: give "
                             f"one of them")
        output_padding = _output_padding_for(
            input_shape[-axes:], kernel, output_size, stride, padding, dilation)
    out, pads = _transposed_sizes(
        input_shape[-axes:], kernel, stride, padding, output_padding, dilation)
    shape = (*input_shape[: -axes - 1], weight_shape[1] * groups, *out)
    check.affordable("the output", shape, "input, weight, stride or dilation", dtype)
    return shape, stride, pads, dilation


def output_paddings(output_padding, stride, dilation):
    """Return the output padding of each axis, which is below its stride or its dilation."""
    axes = len(stride)
    numbers = check.integers("output_padding", output_padding, axes, 0)
    for each, s, d, axis in zip(numbers, stride, dilation, check.AXES[axes], strict=True):
        if each >= max(s, d):
            raise ValueError(f"output_padding={output_padding} must be smaller than stride={s} or "
                             f"dilation={d}: use at most {max(s, d) - 1} in axis {axis}")
    return numbers


def _fit(shape, weight_shape, axes, input="input", weight="weight"):
    """Check that an operand and a weight have the axes of a convolution, none of them empty."""
    names = ", ".join(check.AXES[axes])
    if len(shape) not in (axes + 1, axes + 2):
        raise ValueError(f"{input} has shape {shape}: it needs (N, C, {names}) or (C, {names}) for "
                         f"{weight} {weight_shape}")
    if min(weight_shape) == 0:
        raise ValueError(f"{weight} has shape {weight_shape}: no axis may be empty")
    if min(shape[-axes - 1:]) == 0:
        raise ValueError(f"{input} has shape {shape}: only the batch may be empty")


def _pads(padding, kernel, stride, dilation, sizes=None):
    """Return `pad_width` of numbers that are checked, but for the padding."""
    if isinstance(padding, str):
        return _named_pads(padding, kernel, stride, dilation, sizes)
    return cut_width(padding, len(kernel))


def cut_width(padding, axes):
    """Return (before, after) for every axis from one number, one for each axis, or pairs."""
    given = padding if isinstance(padding, (tuple, list)) else ()
    pairs = [tuple(each) for each in given if isinstance(each, (tuple, list))]
    if not pairs:
        if len(given) == 2 * axes:
            pairs = tuple(tuple(given[n : n + 2]) for n in range(0, 2 * axes, 2))
            raise ValueError(f"padding={padding!r} has {len(given)} numbers for {axes} "
                             f"{'axis' if axes == 1 else 'axes'}: if they are (before, after), "
                             f"give pairs, {pairs}")
        return tuple((p, p) for p in check.integers("padding", padding, axes, 0))
    if not len(pairs) == len(padding) == axes or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"padding={padding!r} must have one pair, (before, after), for each of "
                         f"{axes} axes, or numbers alone")
    return tuple(check.integers("padding", pair, 2, 0) for pair in pairs)


def _named_pads(padding, kernel, stride, dilation, sizes):
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding in ONNX_SAME:
        if sizes is None:
            raise ValueError(f"padding={padding!r} depends on the input's size: give size too")
        return tuple(onnx_same_padding(i, k, stride=s, dilation=d, auto_pad=padding)
                     for i, k, s, d in zip(sizes, kernel, stride, dilation, strict=True))
    if padding != "same":
        raise ValueError(f"padding={padding!r} is unknown: use a number, 'valid', 'same', "
                         f"'SAME_UPPER' (TensorFlow's and Keras' 'same') or 'SAME_LOWER'")
    if any(s != 1 for s in stride):
        raise ValueError(f"padding='same' needs stride=1, not {stride}, as in PyTorch: give "
                         f"numbers, or 'SAME_UPPER', TensorFlow's and Keras' 'same'")
    totals = [kernel_span(k, d) - 1 for k, d in zip(kernel, dilation, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)


def kernel_span(kernel, dilation):
    """Return `dilated_size` of numbers that are checked, for the operations."""
    return dilation * (kernel - 1) + 1


def _output_size(size, kernel, stride, pads, dilation, axis, input, weight):
    """Return the number of output positions along one axis, or refuse a kernel that cannot fit."""
    span, padded = kernel_span(kernel, dilation), size + sum(pads)
    if padded < span:
        raise ValueError(
            f"{weight} spans {span} (kernel_size={kernel}, dilation={dilation}) but the padded "
            f"{input} has {padded} in axis {axis}: add padding or use a smaller kernel"
        )
    return (padded - span) // stride + 1


def _transposed_sizes(size, kernel, stride, padding, output_padding, dilation):
    """Return (output sizes, pads) of a transposed convolution, all but the paddings checked."""
    axes = len(size)
    pads = cut_width(padding, axes)
    more = output_paddings(output_padding, stride, dilation)
    out = []
    for i, k, s, p, a, d, axis in zip(size, kernel, stride, pads, more, dilation,
                                      check.AXES[axes], strict=True):
        full = s * (i - 1) + kernel_span(k, d) + a
        if full <= sum(p):
            most = (full - 1) // 2 if p[0] == p[1] else f"{full - 1} on both sides together"
            raise ValueError(f"padding={p[0] if p[0] == p[1] else p} cuts off all of the {full} "
                             f"outputs in axis {axis}: use at most {most}")
        out.append(full - sum(p))
    return tuple(out), pads


def _output_padding_for(size, kernel, output_size, stride, padding, dilation):
    """Return the output padding of each axis that leads to a size."""
    axes = len(size)
    wanted = check.integers("output_size", output_size, axes, 1)
    found = []
    pads = cut_width(padding, axes)
    for i, o, k, s, p, d, axis in zip(size, wanted, kernel, stride, pads, dilation,
                                      check.AXES[axes], strict=True):
        least = s * (i - 1) + kernel_span(k, d) - sum(p)
        most = least + max(s, d) - 1
        if not max(least, 1) <= o <= most:
            makes = f"{max(least, 1)} to {most}" if most > 0 else "none"
            raise ValueError(f"output_size={output_size} cannot be reached in axis {axis}: with "
                             f"kernel_size={k}, stride={s}, padding={p} and dilation={d} an input "
                             f"of size {i} makes {makes}")
        found.append(o - least)
    return tuple(found)


def _pooled_size(size, kernel, stride, padding, dilation, axis, ceil_mode):
    """Return the number of a pooling's windows along one axis."""
    span, padded = kernel_span(kernel, dilation), size + 2 * padding
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


def _axes(name, size, kernel_size, stride, dilation):
    """Return sizes, kernel, stride and dilation with one number an axis."""
    axes = len(size) if isinstance(size, (tuple, list)) else 1
    if axes not in check.AXES:
        raise ValueError(f"{name}={size!r} has {axes} axes: give one to three")
    return (
        check.integers(name, size, axes, 1),
        check.integers("kernel_size", kernel_size, axes, 1),
        check.integers("stride", stride, axes, 1),
        check.integers("dilation", dilation, axes, 1),
    )


def _like(size, values):
    """Return a number where one was asked for, and a tuple where several were."""
    values = tuple(values)
    return values if isinstance(size, (tuple, list)) else values[0]
