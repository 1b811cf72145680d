"""The convolutions of deep learning: PyTorch's names and shapes, NumPy's arrays, the fast path.

Deep learning's convolution is a cross-correlation: the kernel is not flipped. For the flipped
operation of signal processing see `convlib.signal`.
"""

from math import inf

import numpy as np

from convlib import _check as check
from convlib import shapes
from convlib.compute import operands, ways
from convlib.compute.tiles import Geometry, as_volume

PAD_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    r"""One-dimensional convolution.

    .. math:: y[n, o, t] = b[o] + \sum_{m,i} w[o, m, i]\, x[n, m', s t + d i - p]

    Parameters
    ----------
    input : array_like, shape (N, C_in, L) or (C_in, L)
        Signals.
    weight : array_like, shape (C_out, C_in/groups, k)
        Kernels.
    bias, stride, padding, dilation, groups
        As in `conv2d`, with one number an axis; m' too is explained there.

    Returns
    -------
    ndarray, shape (N, C_out, L_out) or (C_out, L_out)

    Examples
    --------
    >>> conv1d([[1, 2, 3, 4]], [[[1, 1]]])
    array([[3, 5, 7]])
    """
    return operands.convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    r"""Two-dimensional convolution.

    .. math:: y[n, o, r, c] = b[o] + \sum_{m,i,j} w[o, m, i, j]\,
              x[n, m', s_y r + d_y i - p_y, s_x c + d_x j - p_x]

    Here m' is the m-th input channel of the group that output channel o belongs to:
    m' = m + (C_in/groups) ⌊o / (C_out/groups)⌋. Outside its borders, x is 0.

    Parameters
    ----------
    input : array_like, shape (N, C_in, H, W) or (C_in, H, W)
        Images. float32 stays float32 and float64 stays float64; integers (and booleans) are summed
        exactly as int64.
    weight : array_like, shape (C_out, C_in/groups, kH, kW)
        Kernels.
    bias : array_like, shape (C_out,), optional
        A number added to every position of an output channel.
    stride, dilation : int or (int, int)
        Steps of the window, and distance of the kernel's elements, in rows and columns.
    padding : int, (int, int), ((int, int), (int, int)) or str
        Zeros around the input: one number, one for each axis, or (before, after) for each axis;
        'valid' is none; 'same' keeps its size and needs stride 1, as in PyTorch. At any stride,
        'SAME_UPPER' (TensorFlow's and Keras' 'same') and 'SAME_LOWER' are ONNX's. For what is no
        zero, see `pad`.
    groups : int
        Into how many separate convolutions the channels are divided; it divides C_in and C_out.

    Returns
    -------
    ndarray, shape (N, C_out, H_out, W_out) or (C_out, H_out, W_out)
        A new array: it shares nothing with the input, which is not changed.

    Raises
    ------
    TypeError
        If an array does not hold real numbers, or a count is not an int.
    ValueError
        If shapes do not fit together, a number is out of range, or the result would be larger than
        this machine's memory; the text says how to mend it.

    Notes
    -----
    H_out = floor((H + 2p - d(kH - 1) - 1) / s) + 1, and W_out likewise: `shapes.conv_output_size`.
    Which algorithm computes it: `compute.choose`. It takes less than 16 MB beside the result,
    whatever the batch. Kernels of 225 elements and more that join few channels are multiplied as
    spectra, in double precision: there the error is some 1e-15 of the largest number in the image,
    and a float64 that is 1e8 times smaller than its neighbours keeps fewer digits than elsewhere.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(9.0).reshape(1, 3, 3)
    >>> conv2d(x, np.ones((1, 1, 2, 2)))
    array([[[ 8., 12.],
            [20., 24.]]])

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, section 9.1.
    Dumoulin and Visin (2016), arXiv:1603.07285.
    """
    return operands.convolve(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    r"""Three-dimensional convolution: the window moves along depth (or time), height and width.

    .. math:: y[n, o, z, r, c] = b[o] + \sum_{m,a,i,j} w[o, m, a, i, j]\,
              x[n, m', s z + d a - p, s r + d i - p, s c + d j - p]

    Channels are summed, as always; the third axis is not the channels.

    Parameters
    ----------
    input : array_like, shape (N, C_in, D, H, W) or (C_in, D, H, W)
        Volumes, or films.
    weight : array_like, shape (C_out, C_in/groups, kD, kH, kW)
        Kernels.
    bias, stride, padding, dilation, groups
        As in `conv2d`, with one number for all three axes or one for each.

    Returns
    -------
    ndarray, shape (N, C_out, D_out, H_out, W_out) or (C_out, D_out, H_out, W_out)

    Examples
    --------
    >>> import numpy as np
    >>> conv3d(np.ones((1, 14, 14, 14)), np.ones((16, 1, 5, 5, 5))).shape
    (16, 10, 10, 10)

    References
    ----------
    Tran et al. (2015), arXiv:1412.0767, section 3.1.
    """
    return operands.convolve(3, input, weight, bias, stride, padding, dilation, groups)


def causal_conv1d(input, weight, bias=None, *, stride=1, dilation=1, groups=1):
    r"""One-dimensional convolution that never sees the future: all the padding stands before.

    .. math:: y[n, o, t] = b[o] + \sum_{m,i} w[o, m, i]\, x[n, m', s t - d (k - 1 - i)]

    Parameters
    ----------
    input, weight, bias, stride, dilation, groups
        As in `conv1d`.

    Returns
    -------
    ndarray, shape (N, C_out, L_out) or (C_out, L_out)
        At stride 1, L_out = L.

    Examples
    --------
    >>> causal_conv1d([[1, 2, 3, 4]], [[[10, 1]]], dilation=2)
    array([[ 1,  2, 13, 24]])

    References
    ----------
    van den Oord et al. (2016), WaveNet, arXiv:1609.03499, section 2.1.
    """
    w = check.numbers("weight", weight)
    (dilation,) = check.integers("dilation", dilation, 1, 1)
    before = dilation * (w.shape[-1] - 1) if w.ndim == 3 and w.size else 0
    return operands.convolve(1, input, w, bias, stride, ((before, 0),), dilation, groups)


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1, *, output_size=None):
    r"""One-dimensional transposed convolution: see `conv_transpose2d`.

    Parameters
    ----------
    input : array_like, shape (N, C_in, L) or (C_in, L)
        Signals.
    weight : array_like, shape (C_in, C_out/groups, k)
        Kernels.
    bias, stride, padding, output_padding, groups, dilation, output_size
        As in `conv_transpose2d`, with one number an axis.

    Returns
    -------
    ndarray, shape (N, C_out, L_out) or (C_out, L_out)

    Examples
    --------
    >>> conv_transpose1d([[1, 10]], [[[1, 2, 3]]], stride=2)
    array([[ 1,  2, 13, 20, 30]])
    """
    return operands.convolve_transposed(1, input, weight, bias, stride, padding, output_padding,
                                        groups, dilation, output_size)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1, *, output_size=None):
    r"""Two-dimensional transposed convolution: every input lays a scaled kernel on the output.

    .. math:: y[n, o, s r + d i - p, s c + d j - p] \mathrel{+}= w[m, o', i, j]\, x[n, m, r, c]

    It is the adjoint of `conv2d` with the same weight, <conv2d(y, w), x> = <y, conv_transpose2d(x,
    w)>, and so its gradient with respect to the input. It brings the shape back, not the values.

    Parameters
    ----------
    input : array_like, shape (N, C_in, H, W) or (C_in, H, W)
        Images. Data types are treated as in `conv2d`.
    weight : array_like, shape (C_in, C_out/groups, kH, kW)
        Kernels: the weight of the convolution that leads the other way.
    bias : array_like, shape (C_out,), optional
        A number added to every position of an output channel.
    stride : int or (int, int)
        How far apart the inputs lay their kernels.
    padding : int, (int, int) or ((int, int), (int, int))
        How many rows and columns are cut from each side of the output, or (before, after) for each
        axis.
    output_padding : int or (int, int)
        How many more rows and columns are computed at the end; less than stride or dilation. It
        tells which of the sizes is meant that a convolution with this stride makes equal.
    groups : int
        As in `conv2d`.
    dilation : int or (int, int)
        Distance of the kernel's elements.
    output_size : int or (int, int), optional
        The rows and columns that are meant, in place of ``output_padding``: as PyTorch's layer
        takes them.

    Returns
    -------
    ndarray, shape (N, C_out, H_out, W_out) or (C_out, H_out, W_out)

    Raises
    ------
    TypeError, ValueError
        As in `conv2d`.

    Notes
    -----
    H_out = s(H - 1) + d(kH - 1) + 1 - 2p + output_padding, and W_out likewise:
    `shapes.conv_transpose_output_size`.

    Examples
    --------
    >>> conv_transpose2d([[[1, 2], [3, 4]]], [[[[1, 1], [1, 1]]]])
    array([[[ 1,  3,  2],
            [ 4, 10,  6],
            [ 3,  7,  4]]])

    References
    ----------
    Dumoulin and Visin (2016), arXiv:1603.07285, chapter 4.
    Zeiler, Krishnan, Taylor and Fergus (2010), Deconvolutional Networks.
    """
    return operands.convolve_transposed(2, input, weight, bias, stride, padding, output_padding,
                                        groups, dilation, output_size)


def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1, *, output_size=None):
    r"""Three-dimensional transposed convolution: see `conv_transpose2d`.

    Parameters
    ----------
    input : array_like, shape (N, C_in, D, H, W) or (C_in, D, H, W)
        Volumes.
    weight : array_like, shape (C_in, C_out/groups, kD, kH, kW)
        Kernels.
    bias, stride, padding, output_padding, groups, dilation, output_size
        As in `conv_transpose2d`, with one number for all three axes or one for each.

    Returns
    -------
    ndarray, shape (N, C_out, D_out, H_out, W_out) or (C_out, D_out, H_out, W_out)

    Examples
    --------
    >>> import numpy as np
    >>> conv_transpose3d(np.ones((1, 4, 4, 4)), np.ones((1, 2, 2, 2, 2)), stride=2).shape
    (2, 8, 8, 8)
    """
    return operands.convolve_transposed(3, input, weight, bias, stride, padding, output_padding,
                                        groups, dilation, output_size)


def pad(input, pad, mode="constant", value=None):
    r"""Put cells around signals, images or volumes: zeros, a number, or what the input holds.

    Parameters
    ----------
    input : array_like, shape (N, C, …) or (C, …)
        Arrays of any real dtype, which the result keeps.
    pad : tuple of int
        Cells before and after, for the last axis first, as PyTorch has it: (left, right), or
        (left, right, top, bottom), or six numbers. Below 0, cells are cut off.
    mode : {'constant', 'reflect', 'replicate', 'circular'}
        One number; the mirror image without the border itself; the border; the other side.
    value : number, optional
        What 'constant' puts there: 0 by default.

    Returns
    -------
    ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above, or the input is too small to be mirrored or to go round.

    Examples
    --------
    >>> pad([[1, 2, 3]], (2, 1), "reflect")
    array([[3, 2, 1, 2, 3, 2]])

    A convolution on a picture that goes round:

    >>> conv1d(pad([[1, 2, 3]], (1, 1), "circular"), [[[1, 1, 1]]])
    array([[6, 6, 6]])
    """
    x = check.numbers("input", input)
    if not check.among(mode, tuple(PAD_MODES)):
        raise ValueError(f"mode={mode!r} is unknown: use one of {', '.join(PAD_MODES)}")
    if value is not None and mode != "constant":
        raise ValueError(f"value={value!r} is for mode='constant', not {mode!r}")
    value = 0 if value is None else check.number("value", value)
    numbers = check.sizes("pad", pad, -check.LIMIT)
    axes = len(numbers) // 2
    if len(numbers) % 2 or not 1 <= axes <= min(3, x.ndim - (mode != "constant")):
        raise ValueError(f"pad={pad!r} has {len(numbers)} numbers: input {x.shape} takes two for "
                         f"each of its last axes, up to three")
    pairs = [(0, 0)] * (x.ndim - axes) + [numbers[n : n + 2] for n in range(2 * axes - 2, -1, -2)]
    for size, pair in zip(x.shape, pairs, strict=True):
        most = {"reflect": size - 1, "circular": size, "replicate": inf if size else 0}
        if max(pair) > most.get(mode, inf) or sum(pair) + size < 0:
            raise ValueError(f"pad={pad!r} does not fit input {x.shape} with mode={mode!r}: {pair} "
                             f"is too much for an axis of {size}")
    shape = [max(size + sum(pair), 0) for size, pair in zip(x.shape, pairs, strict=True)]
    check.affordable("the result", shape, "input or pad", x.dtype)
    kept = x[tuple(slice(max(-before, 0), size - max(-after, 0)) for size, (before, after) in
                   zip(x.shape, pairs, strict=True))]
    more = [(max(before, 0), max(after, 0)) for before, after in pairs]
    given = {"constant_values": np.asarray(value).astype(x.dtype)} if mode == "constant" else {}
    return np.pad(kept, more, PAD_MODES[mode], **given)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Lay every window of an image in a column (im2col).

    Parameters
    ----------
    input : array_like, shape (N, C, H, W) or (C, H, W)
        Images.
    kernel_size, dilation, padding, stride : int or (int, int)
        The window, as in `conv2d`.

    Returns
    -------
    ndarray, shape (N, C kH kW, H_out W_out) or (C kH kW, H_out W_out)
        A convolution is its product with ``weight.reshape(C_out, -1)``.

    Examples
    --------
    >>> unfold([[[1, 2, 3], [4, 5, 6]]], 2)
    array([[1, 2],
           [2, 3],
           [4, 5],
           [5, 6]])

    References
    ----------
    Chellapilla, Puri and Simard (2006), High performance convolutional neural networks for
    document processing.
    """
    x = check.images("input", input)
    kernel = check.integers("kernel_size", kernel_size, 2, 1)
    window = (1, x.shape[-3], *kernel)
    shape, stride, pads, dilation = shapes.conv_layout(
        x.shape, window, stride, padding, dilation, 1, weight="kernel_size")
    rows = x.shape[-3] * kernel[0] * kernel[1]
    images = x if x.ndim == 4 else x[None]
    unfolded = len(images), rows, shape[-2] * shape[-1]
    check.affordable("the result", unfolded, "input, kernel_size or padding", x.dtype)
    y = np.empty((len(images), rows, *shape[-2:]), x.dtype)
    ways.im2col(as_volume(images), as_volume(y), (1, *kernel), Geometry.of(stride, pads, dilation))
    y = y.reshape(unfolded)
    return y if x.ndim == 4 else y[0]


@check.quiet
def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Add columns where their windows lie (col2im): the adjoint of `unfold`, not its inverse.

    Parameters
    ----------
    input : array_like, shape (N, C kH kW, L) or (C kH kW, L)
        Columns, as `unfold` gives them.
    output_size : int or (int, int)
        H and W of the images.
    kernel_size, dilation, padding, stride : int or (int, int)
        As in `unfold`.

    Returns
    -------
    ndarray, shape (N, C, H, W) or (C, H, W)

    Examples
    --------
    >>> fold(unfold([[[1, 2, 3], [4, 5, 6]]], 2), (2, 3), 2)
    array([[[ 1,  4,  3],
            [ 4, 10,  6]]])
    """
    x = check.numbers("input", input)
    kernel = check.integers("kernel_size", kernel_size, 2, 1)
    size = check.integers("output_size", output_size, 2, 1)
    if x.ndim not in (2, 3) or not x.shape[-2] or x.shape[-2] % (kernel[0] * kernel[1]):
        raise ValueError(
            f"input has shape {x.shape}: fold needs (N, C kH kW, L) or (C kH kW, L) with "
            f"kernel_size={kernel}, so its rows must be a multiple of {kernel[0] * kernel[1]}"
        )
    channels, batched = x.shape[-2] // (kernel[0] * kernel[1]), x.ndim == 3
    shape, stride, pads, dilation = shapes.conv_layout(
        (channels, *size), (1, channels, *kernel), stride, padding, dilation, 1,
        input="output_size", weight="kernel_size")
    check.same_shape("input", x, (*x.shape[:-1], shape[-2] * shape[-1]), output_size=size,
                     kernel_size=kernel, stride=stride, padding=padding, dilation=dilation)
    x = x if batched else x[None]
    y_shape, dtype = (len(x), channels, *size), check.sum_type(x)
    check.affordable("the result", y_shape, "input or output_size", dtype)
    y = np.zeros(y_shape, dtype)
    columns = x.reshape(*x.shape[:2], *shape[-2:])
    ways.col2im(as_volume(columns), as_volume(y), (1, *kernel), Geometry.of(stride, pads, dilation))
    return y if batched else y[0]
