"""The explorables: figures that the reader operates, in notebooks and on static pages alike.

Each is one Python file (its state, its limits and its still picture), and one script and one style
sheet in ``static/`` (its live picture).
"""

import importlib

# The one list of them. Each is loaded when first asked for: a chapter pays for what it shows.
HOMES = {
    "FlipAndSlide": "flip_slide",
    "ConvGrid": "conv_grid",
    "SizeCalculator": "size_calculator",
    "Channels": "channels",
    "ImageKernels": "image_kernels",
    "ChannelMixer": "channel_mixer",
    "Im2col": "im2col",
    "Stack1d": "stack1d",
    "ConvVolume": "conv_volume",
    "TransposedGrid": "transposed_grid",
    "TransposedMatrix": "transposed_matrix",
    "Deconvolution": "deconvolution",
    "LatentWalk": "latent_walk",
    "Checkerboard": "checkerboard",
    "ReceptiveFields": "receptive_fields",
    "Atrous": "atrous",
    "DilationStack": "dilation_stack",
}

__all__ = list(HOMES)


def __getattr__(name):
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)


def __dir__():
    return sorted([*__all__, "HOMES"])
