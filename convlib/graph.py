"""Run a trained network that is written as a list of steps, as those of `convlib.data.card` are."""

import numpy as np
from scipy.special import expit

from convlib import functional, pooling, resampling


def run(steps, weights, x):
    """Run a network, step by step.

    Parameters
    ----------
    steps : list of dict
        In order; each has ``op``, the names ``in`` of what it reads (``'input'`` is x), the name
        ``out`` of its result, and its settings. A convolution names its ``layer`` in the weights.
    weights : dict of str to ndarray
        ``LAYER.weight`` and ``LAYER.bias``, shaped as in PyTorch.
    x : ndarray, shape (C, H, W) or (N, C, H, W)
        The input.

    Returns
    -------
    dict of str to ndarray
        What no later step reads: the network's outputs, by name and in order.

    Raises
    ------
    ValueError
        If a step's ``op`` is not known, or x does not have the channels of the first layer.

    Examples
    --------
    >>> from convlib import data
    >>> net = data.card("face_detection")
    >>> outputs = run(net["steps"], data.trained("face_detection"), np.zeros((3, 128, 128), "f4"))
    >>> [each.shape for each in outputs.values()]
    [(896, 1), (896, 16)]
    """
    values = {"input": x}
    for step in steps:
        if step["op"] not in _OPS:
            raise ValueError(f"op={step['op']!r} is not known: there are {', '.join(_OPS)}")
        settings = {key: value for key, value in step.items() if key not in ("op", "in", "out")}
        if layer := settings.pop("layer", None):
            settings |= {"weight": weights[f"{layer}.weight"], "bias": weights[f"{layer}.bias"]}
        inputs = [values[name] for name in step["in"]]
        values[step["out"]] = _OPS[step["op"]](*inputs, **settings)
    read = {name for step in steps for name in step["in"]}
    return {name: value for name, value in values.items() if name not in read}


def _hardswish(x):
    """Return x times a ramp from 0 at -3 to 1 at 3."""
    return x * np.clip(x + 3, 0, 6) / 6


def _pad_channels(x, width):
    return np.pad(x, [*[(0, 0)] * (x.ndim - 3), width, (0, 0), (0, 0)])


def _rows(x, length):
    """Cut the channels of each pixel into rows of a length, in TensorFlow's order."""
    return np.moveaxis(x, -3, -1).reshape(*x.shape[:-3], -1, length)


_OPS = {
    "conv2d": functional.conv2d,
    "conv_transpose2d": functional.conv_transpose2d,
    "max_pool2d": pooling.max_pool2d,
    "mean": lambda x: x.mean((-2, -1), keepdims=True),
    "interpolate": lambda x, **how: resampling.interpolate(x, mode="bilinear", **how),
    "pad_channels": _pad_channels,
    "rows": _rows,
    "concatenate": lambda *parts: np.concatenate(parts, axis=-2),
    "relu": lambda x: np.maximum(x, 0),
    "hardswish": _hardswish,
    "sigmoid": expit,
    "add": np.add,
    "mul": np.multiply,
}
