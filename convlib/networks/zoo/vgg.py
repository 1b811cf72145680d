"""VGG-16: depth from 3 x 3 convolutions."""

from convlib.networks.layers import Conv2d, MaxPool2d, ReLU
from convlib.networks.network import Network, Sequential
from convlib.networks.zoo._parts import IMAGE, dense


def vgg16_stages():
    """Return VGG-16's convolutions in five blocks, each ended by its pooling."""
    channels, stages = 3, []
    for number, (width, depth) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        layers = []
        for _ in range(depth):
            layers += [Conv2d(channels, width, 3, padding=1), ReLU()]
            channels = width
        stages.append(Sequential(*layers, MaxPool2d(2), name=f"conv{number}"))
    return stages


def vgg16():
    """Return VGG-16 (configuration D).

    Examples
    --------
    >>> net = vgg16()
    >>> net.parameters, net.macs
    (138357544, 15470264320)
    >>> [net[f"conv{n}"].receptive_field for n in (1, 2, 3, 4, 5)]
    [6, 16, 44, 100, 212]

    References
    ----------
    Simonyan and Zisserman (2014), arXiv:1409.1556, tables 1 and 2: 138 million parameters.
    The receptive field is that of vgg_16 in Araujo, Norris and Sim (2019).
    """
    return Network(Sequential(
        *vgg16_stages(), Sequential(*dense(512 * 7 * 7, 4096, 4096, 1000), name="classifier")
    ), IMAGE, "VGG-16")
