"""Sizes and costs: the only place where they are computed.

Conventions: a multiply-add (MAC) is one product added to a sum. ``conv_macs`` counts weights times
output positions, padding included and bias not, as papers do; FLOPs are twice that.
"""

from math import prod

from convlib import _arguments as check


def dilated_size(kernel_size, dilation=1):
    """Return how far a kernel reaches along one axis: d(k - 1) + 1.

    Examples
    --------
    >>> dilated_size(3, dilation=2)
    5
    """
    (k,) = check.integers("kernel_size", kernel_size, 1, 1)
    (d,) = check.integers("dilation", dilation, 1, 1)
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
    axes = len(size) if isinstance(size, (tuple, list)) else 1
    if axes not in check.AXES:
        raise ValueError(f"size={size!r} has {axes} axes: give one to three")
    sizes = check.integers("size", size, axes, 1)
    kernel = check.integers("kernel_size", kernel_size, axes, 1)
    stride = check.integers("stride", stride, axes, 1)
    dilation = check.integers("dilation", dilation, axes, 1)
    pad = check.pads(padding, kernel, stride, dilation)
    out = tuple(map(check.output_size, sizes, kernel, stride, pad, dilation, check.AXES[axes]))
    return out if isinstance(size, (tuple, list)) else out[0]


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
    return check.conv_shape(tuple(input_shape), tuple(weight_shape), stride, padding, dilation,
                            groups)[0]


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
    (c_in,), (c_out,), (groups,) = (
        check.integers(name, value, 1, 1) for name, value in
        (("in_channels", in_channels), ("out_channels", out_channels), ("groups", groups))
    )
    for name, channels in (("in_channels", c_in), ("out_channels", c_out)):
        if channels % groups:
            raise ValueError(f"groups={groups} must divide {name}={channels}")
    kernel = check.integers("kernel_size", kernel_size, len(kernel_size), 1)
    return c_out * (c_in // groups) * prod(kernel) + (c_out if bias else 0)


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
    weights = conv_parameters(input_shape[0], out_channels, kernel_size, groups=groups, bias=False)
    shape = conv_output_shape(
        input_shape, (out_channels, input_shape[0] // groups, *kernel_size),
        stride=stride, padding=padding, dilation=dilation, groups=groups,
    )
    return weights * prod(shape[1:])


def dense_parameters(in_features, out_features, bias=True):
    """Return the number of parameters of a fully connected layer.

    Examples
    --------
    >>> dense_parameters(100, 10)
    1010
    """
    (n,) = check.integers("in_features", in_features, 1, 1)
    (m,) = check.integers("out_features", out_features, 1, 1)
    return n * m + (m if bias else 0)
