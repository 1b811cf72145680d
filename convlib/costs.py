"""What layers cost: parameters, multiply-adds, floating-point operations, memory.

Conventions: a multiply-add (MAC) is one product added to a sum. ``conv_macs`` counts weights times
output positions, ``conv_transpose_macs`` weights times input positions, padding included and bias
not, as papers do; FLOPs are twice that.
"""

from math import prod

import numpy as np

from convlib import _check as check
from convlib import shapes


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
    return c_out * (c_in // groups) * prod(check.kernel("kernel_size", kernel_size)) + more


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
    shape, *_ = shapes.conv_layout(
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


def batch_norm_parameters(channels, *, bias=True):
    """Return the number of parameters of a batch normalisation: a scale and a shift a channel.

    A mean and a variance a channel are kept beside them, which are not learned; Keras counts them
    in.

    Parameters
    ----------
    channels : int
        How many channels there are.
    bias : bool
        Whether there are shifts.

    Examples
    --------
    >>> batch_norm_parameters(64)
    128
    """
    (channels,) = check.counts(channels=channels)
    return channels * (1 + check.flag("bias", bias))


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


def _volume(input_shape, kernel_size):
    """Return (C_in, …), with as many axes behind it as the kernel has, and the kernel's sizes."""
    shape = check.sizes("input_shape", input_shape)
    kernel = check.kernel("kernel_size", kernel_size)
    if len(shape) != 1 + len(kernel):
        raise ValueError(f"input_shape={input_shape} must be (C_in, …) with one size for each of "
                         f"kernel_size={kernel_size}")
    return shape, kernel
