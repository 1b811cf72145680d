"""Padding, forward and backward: what `run` needs for layers that put cells around an image."""

import numpy as np

from convlib.networks import layers

MODES = {layers.ReflectionPad: "reflect", layers.ReplicationPad: "edge", layers.CircularPad: "wrap"}


def pad_forward(module, x, mode):
    """Put cells at both ends of each axis: zeros, one number, or those of the input."""
    layer = module.layer
    pads = ((0, 0), (0, 0), *layer.pads)
    how = next((MODES[kind] for kind in type(layer).__mro__ if kind in MODES), "constant")
    given = {"constant_values": getattr(layer, "value", 0)} if how == "constant" else {}
    return np.pad(x, pads, how, **given), (x.shape, how)


def pad_backward(module, cache, dy, to_input):
    """Add what fell on copies to the cells that were copied; what fell on constants goes."""
    shape, how = cache
    for axis, (size, pad) in enumerate(zip(shape[2:], module.layer.pads, strict=True), start=2):
        if how == "constant":
            dy = dy[(slice(None),) * axis + (slice(pad[0], pad[0] + size),)]
        else:
            sources = np.pad(np.arange(size), pad, how)
            dx = np.zeros((size, *np.delete(dy.shape, axis)), dy.dtype)
            np.add.at(dx, sources, np.moveaxis(dy, axis, 0))
            dy = np.moveaxis(dx, 0, axis)
    return dy, {}
