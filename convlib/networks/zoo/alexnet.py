"""AlexNet, as published and as torchvision has it."""

from convlib.networks.layers import (
    AdaptiveAvgPool2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    one_of,
)
from convlib.networks.network import Network, Sequential
from convlib.networks.zoo._parts import IMAGE, dense


def alexnet(groups=2):
    """Return AlexNet as published in 2012: in two groups for two cards, or in one.

    Convolutions 2, 4 and 5 see the half of the channels that is on their own card; the third sees
    both. The input is 227 wide: 224, as printed in the paper, does not give its 55 x 55 outputs.

    Parameters
    ----------
    groups : {2, 1}
        Groups of the three layers.

    Returns
    -------
    Network

    Examples
    --------
    >>> net = alexnet()
    >>> net.parameters, net.macs
    (60965224, 724406816)
    >>> alexnet(groups=1).parameters, alexnet(groups=1).macs
    (62378344, 1135256096)
    >>> net["features"].receptive_field
    195

    References
    ----------
    Krizhevsky, Sutskever and Hinton (2012), ImageNet classification with deep convolutional neural
    networks, section 3.5 and figure 2: 60 million parameters.
    Zhang et al. (2017), ShuffleNet, arXiv:1707.01083: 720 MFLOPs, which are multiply-adds.
    """
    groups = one_of("groups", groups, (2, 1))
    norm = LocalResponseNorm(5, k=2.0)
    return Network(Sequential(
        Sequential(
            Conv2d(3, 96, 11, stride=4), ReLU(), norm, MaxPool2d(3, stride=2),
            Conv2d(96, 256, 5, padding=2, groups=groups), ReLU(), norm, MaxPool2d(3, stride=2),
            Conv2d(256, 384, 3, padding=1), ReLU(),
            Conv2d(384, 384, 3, padding=1, groups=groups), ReLU(),
            Conv2d(384, 256, 3, padding=1, groups=groups), ReLU(), MaxPool2d(3, stride=2),
            name="features",
        ),
        Sequential(*dense(256 * 6 * 6, 4096, 4096, 1000), name="classifier"),
    ), (3, 227, 227), f"AlexNet, {groups} groups" if groups > 1 else "AlexNet, one group")


def alexnet_torchvision():
    """Return the AlexNet of torchvision: one group, fewer channels in front, 224 pixels.

    Examples
    --------
    >>> net = alexnet_torchvision()
    >>> net.parameters, net.macs
    (61100840, 714188480)
    >>> [row.receptive_field for row in net["features"].leaves if row.windows]
    [11, 19, 51, 67, 99, 131, 163, 195]

    References
    ----------
    Krizhevsky (2014), One weird trick for parallelizing convolutional neural networks,
    arXiv:1404.5997, section 5. The receptive fields are those of alexnet_v2 in Araujo, Norris and
    Sim (2019).
    """
    return Network(Sequential(
        Sequential(
            Conv2d(3, 64, 11, stride=4, padding=2), ReLU(), MaxPool2d(3, stride=2),
            Conv2d(64, 192, 5, padding=2), ReLU(), MaxPool2d(3, stride=2),
            Conv2d(192, 384, 3, padding=1), ReLU(),
            Conv2d(384, 256, 3, padding=1), ReLU(),
            Conv2d(256, 256, 3, padding=1), ReLU(), MaxPool2d(3, stride=2),
            name="features",
        ),
        AdaptiveAvgPool2d(6),
        Sequential(Flatten(), Dropout(), Linear(256 * 6 * 6, 4096), ReLU(), Dropout(),
                   Linear(4096, 4096), ReLU(), Linear(4096, 1000), name="classifier"),
    ), IMAGE, "AlexNet, torchvision")
