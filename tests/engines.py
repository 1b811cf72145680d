"""Independent engines to compare with: onnxruntime, one node at a time, and PyTorch if there."""

import numpy as np
import pytest

from convlib.engine import run


def conv(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Convolve in float32, with or without a batch axis, along any number of axes."""
    axes = w.ndim - 2
    y, = run(
        "Conv", [batch(x, axes), w, b], strides=each(stride, axes), group=groups,
        dilations=each(dilation, axes), pads=np.transpose(pads(padding, w, dilation)).ravel(),
    )
    return y if x.ndim == w.ndim else y[0]


def conv_transpose(x, w, b=None, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Convolve transposed, in float32."""
    axes = w.ndim - 2
    stride, more = each(stride, axes), each(output_padding, axes)
    # The engine knows no output_padding from the stride on: that much is cut from its whole output.
    cut = any(a >= s for a, s in zip(more, stride, strict=True))
    y, = run(
        "ConvTranspose", [batch(x, axes), w, None if cut else b], strides=stride, group=groups,
        dilations=each(dilation, axes), **{} if cut else dict(
            pads=np.transpose(pads(padding, w, dilation)).ravel(), output_padding=more),
    )
    if cut:
        y = np.pad(y, [(0, 0), (0, 0), *((0, a) for a in more)])
        y = y[:, :, *(slice(p, size - p) for p, size in
                      zip(each(padding, axes), y.shape[2:], strict=True))]
        y = y if b is None else y + b.reshape(-1, *[1] * axes)
    return y if x.ndim == w.ndim else y[0]


def deform_conv2d(x, offset, w, b=None, *, stride=1, padding=0, dilation=1, mask=None):
    """Convolve at moved points, in float32 or float64."""
    taps = w.shape[2] * w.shape[3]
    return run(
        "DeformConv", [x, w, offset, b, mask], kernel_shape=w.shape[2:], strides=each(stride, 2),
        pads=np.transpose(pads(padding, w, dilation)).ravel(), dilations=each(dilation, 2),
        group=x.shape[1] // w.shape[1], offset_group=offset.shape[1] // (2 * taps),
    )[0]


def fold(x, output_size, kernel_size, pads, stride, dilation):
    """Add columns where their windows lie, in float32; pads are (before, after) for every axis."""
    y, = run(
        "Col2Im", [x if x.ndim == 3 else x[None], np.array(each(output_size, 2)),
                   np.array(each(kernel_size, 2))],
        pads=np.transpose(pads).ravel(), strides=each(stride, 2), dilations=each(dilation, 2),
    )
    return y if x.ndim == 3 else y[0]


def each(value, axes):
    """Return one number an axis, from a number or a sequence."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes


def pads(padding, w, dilation):
    """Return (before, after) for every axis; for 'same' the larger half comes after."""
    axes = w.ndim - 2
    if padding == "same":
        totals = [d * (k - 1) for d, k in zip(each(dilation, axes), w.shape[2:], strict=True)]
        return [(total // 2, total - total // 2) for total in totals]
    return [(p, p) for p in each(0 if padding == "valid" else padding, axes)]


def batch(x, axes):
    """Return x with a batch axis."""
    return x if x.ndim == axes + 2 else x[None]


conv1d = conv2d = conv3d = conv
conv_transpose1d = conv_transpose2d = conv_transpose3d = conv_transpose


def pytorch():
    """Return PyTorch, in one thread for small tensors; skip the test where it is not there."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


def tensors(*arrays):
    """Return PyTorch's tensors of arrays, which may be read-only or lie in any order."""
    return [None if a is None else pytorch().from_numpy(np.array(a, order="C")) for a in arrays]
