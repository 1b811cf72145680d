"""Padding, forward and backward: what `run` needs for layers that put cells around an image."""

import numpy as np

from convlib import functional


def pad_forward(module, x, mode):
    """Put cells at both ends of each axis: zeros, one number, or those of the input."""
    layer = module.layer
    value = {"value": getattr(layer, "value", 0)} if layer.mode == "constant" else {}
    return padded(x, layer.pads, layer.mode, **value), x.shape


def pad_backward(module, shape, dy, to_input):
    """Add what fell on copies to the cells that were copied; what fell on constants goes."""
    return padded_back(dy, shape, module.layer.pads, module.layer.mode), {}


def padded(x, pads, mode, **value):
    """Pad by (before, after) for each axis behind the channels, in one of `functional`'s modes."""
    return functional.pad(x, tuple(n for pair in reversed(pads) for n in pair), mode, **value)


def padded_back(dy, shape, pads, mode):
    """Return the gradient with respect to an input of this shape that was padded so."""
    for axis, (size, pad) in enumerate(zip(shape[2:], pads, strict=True), start=2):
        if mode == "constant":
            dy = dy[(slice(None),) * axis + (slice(pad[0], pad[0] + size),)]
        else:
            sources = np.pad(np.arange(size), pad, functional.PAD_MODES[mode])
            dx = np.zeros((size, *np.delete(dy.shape, axis)), dy.dtype)
            np.add.at(dx, sources, np.moveaxis(dy, axis, 0))
            dy = np.moveaxis(dx, 0, axis)
    return dy
