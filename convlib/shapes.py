"""Sizes and costs: the only place where they are computed (receptive fields: `convlib.receptive`).

Conventions: a multiply-add (MAC) is one product added to a sum. ``conv_macs`` counts weights times
output positions, ``conv_transpose_macs`` weights times input positions, padding included and bias
not, as papers do; FLOPs are twice that.
"""

from math import prod

import numpy as np

from convlib import _check as check


def dilated_size(kernel_size, dilation=1):
    """Return how far a kernel reaches along one axis: d(k - 1) + 1.

    Examples
    --------
    >>> dilated_size(3, dilation=2)
    5
    """
    k, d = check.counts(kernel_size=kernel_size, dilation=dilation)
    return check.dilated_size(k, d)


def conv_output_size(size, kernel_size, *, stride=1, padding=0, dilation=1):
    r"""Return the output size of a convolution, along one axis or several.

    .. math:: o = \lfloor (i + 2p - d(k - 1) - 1) / s \rfloor + 1

    Parameters
    ----------
    size : int or tuple of int
        Input size i: one axis, or one number an axis.
    kernel_size, stride, dilation : int or tuple of int
        k, s and d; one number stands for all axes.
    padding : int, tuple of int, 'valid' or 'same'
        p zeros on each side; 'same' keeps the size and needs stride 1.

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
    pad = check.pads(padding, kernel, stride, dilation)
    return _like(size, (
        check.output_size(*each, "input of this size", "kernel")
        for each in zip(sizes, kernel, stride, pad, dilation, check.AXES[len(sizes)], strict=True)
    ))


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


def _kernel(kernel_size):
    """Return a kernel's sizes, one to three of them."""
    kernel = check.sizes("kernel_size", kernel_size)
    if len(kernel) not in check.AXES:
        raise ValueError(f"kernel_size={kernel_size!r} has {len(kernel)} axes: give one to three")
    return kernel


def _volume(input_shape, kernel_size):
    """Return (C_in, …), with as many axes behind it as the kernel has, and the kernel's sizes."""
    shape, kernel = check.sizes("input_shape", input_shape), _kernel(kernel_size)
    if len(shape) != 1 + len(kernel):
        raise ValueError(f"input_shape={input_shape} must be (C_in, …) with one size for each of "
                         f"kernel_size={kernel_size}")
    return shape, kernel


def _like(size, values):
    """Return a number where one was asked for, and a tuple where several were."""
    values = tuple(values)
    return values if isinstance(size, (tuple, list)) else values[0]


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
    pad = check.pads(padding, kernel, stride, dilation)
    first = [
        s * (o - 1) + check.dilated_size(k, d) - sum(p)
        for o, k, s, p, d in zip(sizes, kernel, stride, pad, dilation, strict=True)
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
    padding : int or tuple of int
        p: how many outputs are cut off on each side.
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
    return _like(size, check.transposed_sizes(
        sizes, kernel, stride, padding, output_padding, dilation)[0])


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
        check.pooled_size(*each, ceil_mode) for each in
        zip(sizes, kernel, stride, padding, dilation, check.AXES[len(sizes)], strict=True)
    ))


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

    .. math:: o = \lceil i / s \rceil, \quad
              \text{before} + \text{after} = \max(s(o - 1) + d(k - 1) + 1 - i, 0)

    Where the sum is odd, the further zero stands at the end. At a stride the two sides can differ
    although the kernel is odd: PyTorch's ``padding=1`` then sees other pixels.

    Parameters
    ----------
    size, kernel_size, stride, dilation : int
        i, k, s and d.

    Examples
    --------
    >>> tensorflow_same_padding(224, 3, stride=2), tensorflow_same_padding(225, 3, stride=2)
    ((0, 1), (1, 1))
    """
    i, k, s, d = check.counts(size=size, kernel_size=kernel_size, stride=stride, dilation=dilation)
    total = max(s * (-(-i // s) - 1) + check.dilated_size(k, d) - i, 0)
    return total // 2, total - total // 2


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
    return check.conv_shape(
        check.sizes("input_shape", input_shape, 0), check.sizes("weight_shape", weight_shape, 0),
        stride, padding, dilation, groups, input="input_shape", weight="weight_shape")[0]


def conv_parameters(in_channels, out_channels, kernel_size, *, groups=1, bias=True):
    """Return the number of parameters of a convolution: C_out · C_in/groups · kernel, and C_out.

    Parameters
    ----------
    in_channels, out_channels, groups : int
        Channels, and groups that divide both.
    kernel_size : tuple of int
        One number an axis.
    bias : bool
        Whether the layer adds one number to each output channel.

    Examples
    --------
    >>> conv_parameters(3, 128, (3, 3), bias=False)
    3456
    """
    c_in, c_out = check.counts(in_channels=in_channels, out_channels=out_channels)
    groups = check.divided(groups, in_channels=c_in, out_channels=c_out)
    more = c_out if check.flag("bias", bias) else 0
    return c_out * (c_in // groups) * prod(_kernel(kernel_size)) + more


def conv_macs(input_shape, out_channels, kernel_size, *, stride=1, padding=0, dilation=1, groups=1):
    """Return the multiply-adds of a convolution: weights times output positions.

    Parameters
    ----------
    input_shape : tuple of int
        (C_in, …), without a batch axis.
    out_channels : int
        C_out.
    kernel_size : tuple of int
        One number an axis.
    stride, padding, dilation, groups
        As in `functional.conv2d`.

    Examples
    --------
    >>> conv_macs((3, 7, 7), 128, (3, 3))
    86400
    """
    input_shape, kernel = _volume(input_shape, kernel_size)
    weights = conv_parameters(input_shape[0], out_channels, kernel, groups=groups, bias=False)
    shape, *_ = check.conv_shape(
        input_shape, (out_channels, input_shape[0] // groups, *kernel), stride, padding, dilation,
        groups, input="input_shape", weight="kernel_size")
    return weights * prod(shape[1:])


def conv_transpose_macs(input_shape, out_channels, kernel_size, *, groups=1):
    """Return the multiply-adds of a transposed convolution: weights times INPUT positions.

    Each input is multiplied by the whole kernel once. Products that padding cuts off are counted,
    as those with padded zeros are in `conv_macs`; stride and dilation change nothing. Tools that
    count weights times output positions state more: about s times as many an axis.

    Parameters
    ----------
    input_shape : tuple of int
        (C_in, …), without a batch axis.
    out_channels : int
        C_out.
    kernel_size : tuple of int
        One number an axis.
    groups : int
        As in `functional.conv_transpose2d`.

    Examples
    --------
    >>> conv_transpose_macs((512, 8, 8), 256, (4, 4))
    134217728
    """
    (channels, *size), kernel = _volume(input_shape, kernel_size)
    return prod(size) * conv_parameters(channels, out_channels, kernel, groups=groups, bias=False)


def dense_parameters(in_features, out_features, bias=True):
    """Return the number of parameters of a fully connected layer.

    Examples
    --------
    >>> dense_parameters(100, 10)
    1010
    """
    n, m = check.counts(in_features=in_features, out_features=out_features)
    return n * m + (m if check.flag("bias", bias) else 0)


def dense_macs(in_features, out_features):
    """Return the multiply-adds of a fully connected layer: one for each weight.

    Examples
    --------
    >>> dense_macs(100, 10)
    1000
    """
    return dense_parameters(in_features, out_features, bias=False)


def batch_norm_parameters(channels):
    """Return the number of parameters of a batch normalisation: a scale and a shift a channel.

    As many moving statistics are kept beside them, which are not learned; Keras counts them in.

    Examples
    --------
    >>> batch_norm_parameters(64)
    128
    """
    (channels,) = check.counts(channels=channels)
    return 2 * channels


def flops(macs):
    """Return floating-point operations from multiply-adds: two each, a product and a sum.

    Many papers print multiply-adds under the name of FLOPs: state which is meant.

    Examples
    --------
    >>> flops(conv_macs((3, 7, 7), 128, (3, 3)))
    172800
    """
    (macs,) = check.counts(0, macs=macs)
    return 2 * macs


def activation_bytes(shape, dtype=np.float32, batch=1):
    """Return the memory of one layer's output in bytes: its numbers times the size of one.

    Parameters
    ----------
    shape : tuple of int
        (C, …), without a batch axis.
    dtype : dtype
        The type of a number.
    batch : int
        How many inputs are computed together.

    Examples
    --------
    >>> activation_bytes((64, 224, 224))
    12845056
    """
    (batch,) = check.counts(0, batch=batch)
    return batch * prod(check.sizes("shape", shape)) * check.dtype_of("dtype", dtype).itemsize
