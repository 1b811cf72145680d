"""Xception: depthwise separable convolutions with shortcuts."""

from convlib.networks.layers import (
    AdaptiveAvgPool2d,
    Conv2d,
    Flatten,
    Identity,
    Linear,
    MaxPool2d,
    ReLU,
)
from convlib.networks.network import Add, Network, Sequential
from convlib.networks.zoo._parts import conv_norm


def xception():
    """Return Xception for 299 pixels: depthwise separable convolutions with shortcuts.

    Examples
    --------
    >>> net = xception()
    >>> net.parameters, net.macs
    (22855952, 8357403496)
    >>> net.parameters + net.layers.statistics  # as Keras counts
    22910480

    References
    ----------
    Chollet (2017), Xception, arXiv:1610.02357, figure 5 and table 3: 22,855,952 parameters.
    """
    def separable(before, after):
        return [Conv2d(before, before, 3, padding=1, groups=before, bias=False),
                *conv_norm(before, after, 1, relu=False)]

    def down(before, middle, after, relu=True):
        """Two separable convolutions and a pooling, beside a strided 1 x 1."""
        return Add(
            Sequential(*([ReLU()] if relu else []), *separable(before, middle), ReLU(),
                       *separable(middle, after), MaxPool2d(3, stride=2, padding=1)),
            Sequential(*conv_norm(before, after, 1, stride=2, relu=False), name="shortcut"),
        )

    middle = Add(Sequential(*[ReLU(), *separable(728, 728)] * 3), Identity())
    return Network(Sequential(
        Sequential(*conv_norm(3, 32, 3, stride=2), *conv_norm(32, 64, 3),
                   down(64, 128, 128, relu=False), down(128, 256, 256), down(256, 728, 728),
                   name="entry flow"),
        Sequential(*[middle] * 8, name="middle flow"),
        Sequential(down(728, 728, 1024), *separable(1024, 1536), ReLU(), *separable(1536, 2048),
                   ReLU(), name="exit flow"),
        Sequential(AdaptiveAvgPool2d(1), Flatten(), Linear(2048, 1000), name="classifier"),
    ), (3, 299, 299), "Xception")
