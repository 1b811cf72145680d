"""The explorables: figures that the reader operates, in notebooks and on static pages alike.

Each is one Python file (its state and limits) and one script in ``static/`` (its picture).
"""

import importlib

# Loaded when first asked for, so that a chapter pays only for what it shows.
_HOMES = {
    "FlipAndSlide": "flip_slide",
    "ConvGrid": "conv_grid",
    "Channels": "channels",
    "ImageKernels": "image_kernels",
    "Im2col": "im2col",
}
NAMES = tuple(_HOMES.values())

__all__ = [*_HOMES, "NAMES"]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return sorted(__all__)
