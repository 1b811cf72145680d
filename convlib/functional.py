"""The convolutions of deep learning: PyTorch's names and shapes, NumPy's arrays, the fast path.

Deep learning's convolution is a cross-correlation: the kernel is not flipped. For the flipped
operation of signal processing see `convlib.signal`.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from convlib import _arguments as check

BLOCK = 4 * 2**20  # bytes unfolded at a time: about what a processor's cache holds


def conv1d(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    r"""One-dimensional convolution.

    .. math:: y[n, o, t] = b[o] + \sum_{m,i} w[o, m, i]\, x[n, m, s t + d i - p]

    Parameters
    ----------
    input : array_like, shape (N, C_in, L) or (C_in, L)
        Signals.
    weight : array_like, shape (C_out, C_in/groups, k)
        Kernels.
    bias, stride, padding, dilation, groups
        As in `conv2d`, with one number an axis.

    Returns
    -------
    ndarray, shape (N, C_out, L_out) or (C_out, L_out)

    Examples
    --------
    >>> conv1d([[1, 2, 3, 4]], [[[1, 1]]])
    array([[3, 5, 7]])
    """
    x, w, b, batched = check.operands(input, weight, bias, 1)
    (s,), (d,) = check.integers("stride", stride, 1, 1), check.integers("dilation", dilation, 1, 1)
    check.conv_shape(x.shape, w.shape, s, padding, d, groups)
    # One row of an image, with a kernel of one row: the row's padding is given, the column's is 0.
    ((before, after),) = check.pads(padding, w.shape[2:], (s,), (d,))
    y = _conv2d(x[:, :, None], w[:, :, None], b, (1, s), ((0, 0), (before, after)), (1, d), groups)
    return y[:, :, 0] if batched else y[0, :, 0]


def conv2d(input, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    r"""Two-dimensional convolution.

    .. math:: y[n, o, r, c] = b[o] + \sum_{m,i,j} w[o, m, i, j]\,
              x[n, m', s_y r + d_y i - p_y, s_x c + d_x j - p_x]

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
        If shapes do not fit together or a number is out of range; the text says how to mend it.

    Notes
    -----
    H_out = floor((H + 2p - d(kH - 1) - 1) / s) + 1, and W_out likewise: `shapes.conv_output_size`.

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
    x, w, b, batched = check.operands(input, weight, bias, 2)
    _, stride, pad, dilation = check.conv_shape(
        x.shape, w.shape, stride, padding, dilation, groups
    )
    y = _conv2d(x, w, b, stride, pad, dilation, groups)
    return y if batched else y[0]


def _conv2d(x, w, b, stride, pad, dilation, groups):
    """Choose how to compute; all operands are checked and have a batch axis."""
    n, _, height, width = x.shape
    sizes = tuple(map(check.output_size, (height, width), w.shape[2:], stride, pad, dilation, "HW"))
    y = np.empty((n, w.shape[0], *sizes), x.dtype)
    pointwise = w.shape[2:] == (1, 1) and stride == (1, 1) and not np.any(pad)
    if w.shape[1] == 1 and groups > 1:
        _depthwise(x, w, y, stride, pad, dilation)
        groups = 0  # nothing is left to do group by group
    compute = _matmul if pointwise else _unfold_rows
    for group in range(groups):
        ins = slice(group * w.shape[1], (group + 1) * w.shape[1])
        per = w.shape[0] // groups
        outs = slice(group * per, (group + 1) * per)
        compute(x[:, ins], w[outs], y[:, outs], stride, pad, dilation)
    if b is not None:
        y += b[:, None, None]
    return y


def _matmul(x, w, y, stride, pad, dilation):
    """Compute a 1x1 convolution: every pixel's channels times one matrix."""
    for image, out in zip(x, y, strict=True):
        out[...] = np.tensordot(w[:, :, 0, 0], image, axes=1)


def _depthwise(x, w, y, stride, pad, dilation):
    """Add tap by tap: each output sees one channel, so that no matrix product is there to gain."""
    channels = x.shape[1]
    taps = w.reshape(channels, -1, *w.shape[2:])  # (C_in, C_out/C_in, kH, kW)
    for image, out in zip(x, y, strict=True):
        out = out.reshape(channels, taps.shape[1], *y.shape[2:])
        window = _windows(image, (0, y.shape[2]), y.shape[3], w.shape[2:], stride, pad, dilation)
        out[...] = 0
        for i, j in np.ndindex(w.shape[2:]):
            out += window[:, None, i, j] * taps[:, :, i, j, None, None]


def _unfold_rows(x, w, y, stride, pad, dilation):
    """Unfold as many output rows as fit the cache, and multiply them by all kernels at once."""
    c_out, c_in, kh, kw = w.shape
    rows, columns = y.shape[2:]
    matrix = w.reshape(c_out, -1)
    step = max(1, BLOCK // (matrix.shape[1] * columns * x.itemsize))
    for image, out in zip(x, y, strict=True):
        for first in range(0, rows, step):
            last = min(first + step, rows)
            window = _windows(image, (first, last), columns, (kh, kw), stride, pad, dilation)
            unfolded = window.reshape(matrix.shape[1], -1)  # the one copy: bounded by BLOCK
            out[:, first:last] = (matrix @ unfolded).reshape(c_out, last - first, columns)


def _windows(image, band, columns, kernel, stride, pad, dilation):
    """Return the windows of some output rows: (C_in, kH, kW, rows, columns), a view."""
    span = [check.dilated_size(k, d) for k, d in zip(kernel, dilation, strict=True)]
    # Only the rows that this band needs are padded, never the whole image.
    top = band[0] * stride[0] - pad[0][0]
    bottom = (band[1] - 1) * stride[0] - pad[0][0] + span[0]
    height = image.shape[1]
    part = image[:, min(max(top, 0), height) : min(max(bottom, 0), height)]
    above = min(max(-top, 0), bottom - top)
    below = bottom - top - above - part.shape[1]
    part = np.pad(part, ((0, 0), (above, below), pad[1]))
    view = sliding_window_view(part, span, axis=(1, 2))
    view = view[:, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]
    return view[:, : band[1] - band[0], :columns].transpose(0, 3, 4, 1, 2)
