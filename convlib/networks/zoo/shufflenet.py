"""ShuffleNet: pointwise convolutions in groups, channels shuffled between them."""

from convlib.networks.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    ChannelShuffle,
    Flatten,
    Identity,
    Linear,
    MaxPool2d,
    ReLU,
    one_of,
)
from convlib.networks.network import Add, Concat, Network, Sequential
from convlib.networks.zoo._parts import IMAGE, conv_norm

SHUFFLENET_CHANNELS = {1: 144, 2: 200, 3: 240, 4: 272, 8: 384}


def shufflenet_v1(groups=3):
    """Return ShuffleNet V1 (1x): pointwise convolutions in groups, the channels shuffled between.

    Parameters
    ----------
    groups : {1, 2, 3, 4, 8}
        Groups of the pointwise convolutions; with more of them there are more channels. The very
        first pointwise convolution has one, its input being thin.

    Returns
    -------
    Network

    Examples
    --------
    >>> nets = [shufflenet_v1(groups) for groups in (1, 2, 3, 4, 8)]
    >>> [round((net.macs - net["classifier"].macs) / 1e6, 1) for net in nets]
    [142.5, 140.0, 136.5, 133.3, 136.8]
    >>> [round(net.parameters / 1e6, 2) for net in nets]
    [1.53, 1.73, 1.87, 1.97, 2.43]

    References
    ----------
    Zhang, Zhou, Lin and Sun (2017), ShuffleNet, arXiv:1707.01083, figure 2 and table 1: 143, 140,
    137, 133 and 137 MFLOPs, which are multiply-adds without the fully connected layer.
    """
    groups = one_of("groups", groups, tuple(SHUFFLENET_CHANNELS))

    def unit(before, after, stride):
        inner, out = after // 4, after - before if stride == 2 else after
        first = 1 if before == 24 else groups
        main = Sequential(
            *conv_norm(before, inner, 1, groups=first), ChannelShuffle(groups),
            *conv_norm(inner, inner, 3, stride=stride, padding=1, groups=inner, relu=False),
            *conv_norm(inner, out, 1, groups=groups, relu=False),
        )
        if stride == 2:
            return [Concat(main, AvgPool2d(3, stride=2, padding=1)), ReLU()]
        return [Add(main, Identity()), ReLU()]

    layers = [*conv_norm(3, 24, 3, stride=2, padding=1), MaxPool2d(3, stride=2, padding=1)]
    before = 24
    for stage, repeats in ((2, 3), (3, 7), (4, 3)):
        after = SHUFFLENET_CHANNELS[groups] * 2 ** (stage - 2)
        units = unit(before, after, 2) + unit(after, after, 1) * repeats
        layers.append(Sequential(*units, name=f"stage{stage}"))
        before = after
    head = Sequential(AdaptiveAvgPool2d(1), Flatten(), Linear(before, 1000), name="classifier")
    return Network(Sequential(*layers, head), IMAGE, f"ShuffleNet 1x, g = {groups}")
