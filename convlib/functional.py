"""The convolutions of deep learning: PyTorch's names and shapes, NumPy's arrays, the fast path.

Deep learning's convolution is a cross-correlation: the kernel is not flipped. For the flipped
operation of signal processing see `convlib.signal`.
"""

from math import prod

import numpy as np

from convlib import _check as check
from convlib.compute import tiles, ways


def conv1d(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
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
    return convolved(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
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
        Steps of the window, and distance of the kernel's cells, in rows and columns.
    padding : int, (int, int), 'valid' or 'same'
        Zeros around the input; 'same' keeps its size and needs stride 1.
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
    How it is computed: `compute.ways`. That takes less than 16 MB beside the result, whatever the
    batch. Kernels of 225 cells and more that join few channels are multiplied as spectra, in double
    precision: there the error is some 1e-15 of the largest number in the image, and a float64 that
    is 1e8 times smaller than its neighbours keeps fewer digits than elsewhere.

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
    return convolved(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
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
    return convolved(3, input, weight, bias, stride, padding, dilation, groups)


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
    return convolved(1, input, weight, bias, stride, check.CAUSAL, dilation, groups)


def conv_transpose1d(input, weight, bias=None, *, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    r"""One-dimensional transposed convolution: see `conv_transpose2d`.

    Parameters
    ----------
    input : array_like, shape (N, C_in, L) or (C_in, L)
        Signals.
    weight : array_like, shape (C_in, C_out/groups, k)
        Kernels.
    bias, stride, padding, output_padding, groups, dilation
        As in `conv_transpose2d`, with one number an axis.

    Returns
    -------
    ndarray, shape (N, C_out, L_out) or (C_out, L_out)

    Examples
    --------
    >>> conv_transpose1d([[1, 10]], [[[1, 2, 3]]], stride=2)
    array([[ 1,  2, 13, 20, 30]])
    """
    return _conv_transpose(1, input, weight, bias, stride, padding, output_padding, groups,
                           dilation)


def conv_transpose2d(input, weight, bias=None, *, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
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
    padding : int or (int, int)
        How many rows and columns are cut from each side of the output.
    output_padding : int or (int, int)
        How many more rows and columns are computed at the end; less than stride or dilation. It
        tells which of the sizes is meant that a convolution with this stride makes equal.
    groups : int
        As in `conv2d`.
    dilation : int or (int, int)
        Distance of the kernel's cells.

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
    return _conv_transpose(2, input, weight, bias, stride, padding, output_padding, groups,
                           dilation)


def conv_transpose3d(input, weight, bias=None, *, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    r"""Three-dimensional transposed convolution: see `conv_transpose2d`.

    Parameters
    ----------
    input : array_like, shape (N, C_in, D, H, W) or (C_in, D, H, W)
        Volumes.
    weight : array_like, shape (C_in, C_out/groups, kD, kH, kW)
        Kernels.
    bias, stride, padding, output_padding, groups, dilation
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
    return _conv_transpose(3, input, weight, bias, stride, padding, output_padding, groups,
                           dilation)


def unfold(input, kernel_size, *, dilation=1, padding=0, stride=1):
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
    shape, stride, pad, dilation = check.conv_shape(
        x.shape, window, stride, padding, dilation, 1, weight="kernel_size")
    layer = layer_of(stride, pad, dilation, 1)
    images = lift(x if x.ndim == 4 else x[None], 2)
    rows = x.shape[-3] * kernel[0] * kernel[1]
    unfolded = len(images), rows, shape[-2] * shape[-1]
    check.affordable("the result", unfolded, "input, kernel_size or padding", x.dtype)
    y = np.empty((len(images), rows, 1, *shape[-2:]), x.dtype)
    for some, outs, box in tiles.pieces(images, y, y.shape[2:], rows * x.itemsize):
        columns = ways.columns(some, (1, *kernel), box, layer, x.dtype)
        tiles.part_of(outs, box, 1)[...] = columns
    y = y.reshape(unfolded)
    return y if x.ndim == 4 else y[0]


@check.quiet
def fold(input, output_size, kernel_size, *, dilation=1, padding=0, stride=1):
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
    shape, stride, pad, dilation = check.conv_shape(
        (channels, *size), (1, channels, *kernel), stride, padding, dilation, 1,
        input="output_size", weight="kernel_size")
    check.same_shape("input", x, (*x.shape[:-1], shape[-2] * shape[-1]), output_size=size,
                     kernel_size=kernel, stride=stride, padding=padding, dilation=dilation)
    x = x if batched else x[None]
    y_shape, dtype = (len(x), channels, 1, *size), check.sum_type(x)
    check.affordable("the result", y_shape, "input or output_size", dtype)
    columns, y = x.reshape(-1, channels, 1, *kernel, 1, *shape[-2:]), np.zeros(y_shape, dtype)
    cost, layer = channels * kernel[0] * stride[1] * y.itemsize, layer_of(stride, pad, dilation, 1)
    for some, outs, box in tiles.pieces(columns, y, columns.shape[-3:], cost):
        ways.add_columns(some[tiles.inside(box)], outs, box, layer)
    return y[:, :, 0] if batched else y[0, :, 0]


@check.quiet
def convolved(axes, input, weight, bias, stride, padding, dilation, groups,
              names=("input", "weight")):
    """Check, compute in a batch of volumes, and give back the rank that came in."""
    x, w, b, batched = check.operands(input, weight, bias, axes, names=names)
    shape, stride, pad, dilation = check.conv_shape(
        x.shape, w.shape, stride, padding, dilation, groups, w.dtype, *names)
    y = np.empty((*shape[:2], *(1,) * (3 - axes), *shape[2:]), w.dtype)
    compute(lift(x, axes), lift(w, axes), y, layer_of(stride, pad, dilation, groups))
    return _finish(y, b, axes, batched)


@check.quiet
def _conv_transpose(axes, input, weight, bias, stride, padding, output_padding, groups, dilation):
    """Check, compute in a batch of volumes, and give back the rank that came in."""
    x, w, b, batched = check.operands(
        input, weight, bias, axes, transposed=True, groups=groups)
    shape, stride, pad, dilation = check.conv_transpose_shape(
        x.shape, w.shape, stride, padding, output_padding, dilation, groups, w.dtype)
    y = np.zeros((*shape[:2], *(1,) * (3 - axes), *shape[2:]), w.dtype)
    compute_transposed(lift(x, axes), lift(w, axes), y, layer_of(stride, pad, dilation, groups))
    return _finish(y, b, axes, batched)


def compute(x, w, y, layer):
    """Choose how to fill y with the convolution of volumes, and do it (`compute.ways`)."""
    if _is_product(x, w, y, layer):
        ways.matmul(x, w, y, layer)
    elif _fourier_pays(w, layer, x, w):
        ways.fourier(x, w, y, layer)
    else:
        unfolded = _large(w) or _few_outputs(w, y, layer.groups) or _few_inputs(w, layer.groups)
        way = ways.unfold if unfolded else ways.rows
        for part in tiles.by_groups(x, w, y, layer, ways.rows_cost(x, w, y)):
            way(*part)


def compute_transposed(x, w, y, layer):
    """Choose how to fill y, all zeros, with the transposed convolution of volumes, and do it."""
    if layer.stride != (1, 1, 1) or _large(w) or _few_outputs(w, y):
        ways.scatter(x, w, y, layer)
        return
    # At stride 1 it is a convolution with the kernels turned and the channels' roles exchanged.
    parts = w.reshape(layer.groups, -1, *w.shape[1:])[..., ::-1, ::-1, ::-1].swapaxes(1, 2)
    before = tuple(d * (k - 1) - p for d, k, p in
                   zip(layer.dilation, w.shape[2:], layer.before, strict=True))
    compute(x, parts.reshape(-1, *parts.shape[2:]), y, layer._replace(before=before))


def compute_weight_gradient(x, dy, dw, layer):
    """Choose how to add to dw the weight's gradient of volumes, and do it."""
    if _fourier_pays(dw, layer, x, dy):
        ways.fourier_weight_gradient(x, dy, dw, layer)
    else:
        way = ways.weight_gradient_unfolded if _large(dw) else ways.weight_gradient
        cost = ways.rows_cost(x, dw, dy)
        for images, gradient, outs, some in tiles.by_groups(x, dw, dy, layer, cost):
            way(images, outs, gradient, some)


def _is_product(x, w, y, layer):
    """Tell whether the outputs are a matrix times the numbers of the input as they lie there."""
    return (w[0, 0].size == 1 and layer.stride == (1, 1, 1) and not any(layer.before)
            and x.shape[2:] == y.shape[2:] and x.dtype == y.dtype and x[:1].flags.c_contiguous)


def _large(w):
    """Tell whether a copy of the weights would take too much memory."""
    return w.nbytes > tiles.BLOCK


def _few_outputs(w, y, groups=1):
    """Tell whether putting the weights in another order costs more than it gains (measured)."""
    return 2 * w.shape[0] // groups > y.size // y.shape[1]  # the batch may be empty


def _few_inputs(w, groups):
    """Tell whether adding up the kernel's rows costs more than unfolding them all (measured)."""
    return 2 * w.shape[1] * w.shape[4] < w.shape[0] // groups


def _fourier_pays(w, layer, *arrays):
    """Tell whether spectra are the cheaper way (measured, see the chapter on computing)."""
    taps, pairs = prod(w.shape[2:]), w.shape[0] * w.shape[1]
    if not (taps >= 225 and pairs <= 4 or taps >= 400 and pairs <= 256):
        return False
    # A spectrum would spread NaN and infinity over everything.
    return (layer.stride == layer.dilation == (1, 1, 1) and w.dtype.kind == "f"
            and all(np.isfinite(array.sum(dtype=float)) for array in arrays))


def layer_of(stride, pad, dilation, groups):
    """Return the layer of volumes that does the same."""
    more = 3 - len(stride)
    return tiles.Layer((1,) * more + stride, (0,) * more + tuple(p[0] for p in pad),
                        (1,) * more + dilation, groups)


def lift(array, axes):
    """Put depth and height of 1 before the axes that are there."""
    return array.reshape(*array.shape[:2], *(1,) * (3 - axes), *array.shape[2:])


def _finish(y, b, axes, batched):
    """Add the bias and take away the axes that were put in."""
    if b is not None:
        y += b[:, None, None, None]
    y = y.reshape(*y.shape[:2], *y.shape[5 - axes :])
    return y if batched else y[0]
