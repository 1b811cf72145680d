"""Residual networks of bottlenecks: ResNet and ResNeXt."""

from convlib import _check as check
from convlib.networks.layers import (
    AdaptiveAvgPool2d,
    Flatten,
    Identity,
    Linear,
    MaxPool2d,
    ReLU,
    one_of,
)
from convlib.networks.network import Add, Network, Sequential
from convlib.networks.zoo._parts import IMAGE, conv_norm

RESNET_BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}


def resnet(depth=50, stride_on="3x3"):
    """Return ResNet-50, 101, 152 or 200, made of bottlenecks.

    The paper halves the size in a stage's first 1 x 1, torchvision ("v1.5") in its first 3 x 3,
    which costs more multiply-adds and no parameters. It also makes the receptive field smaller:
    the 3 x 3 then steps over the finer grid.

    Parameters
    ----------
    depth : {50, 101, 152, 200}
        Layers with weights. 200 is here the v1 network with so many blocks.
    stride_on : {'3x3', '1x1'}
        The layer with stride 2.

    Returns
    -------
    Network

    Examples
    --------
    >>> resnet(50).parameters, resnet(50).macs, resnet(50, "1x1").macs
    (25557032, 4089184256, 3857973248)
    >>> resnet(101).parameters, resnet(101).macs
    (44549160, 7801405440)
    >>> [resnet(depth, "1x1")["conv5"].receptive_field for depth in (50, 101, 152, 200)]
    [483, 1027, 1507, 1763]
    >>> [resnet(depth, "3x3")["conv5"].receptive_field for depth in (50, 101, 152, 200)]
    [427, 971, 1451, 1707]

    References
    ----------
    He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition, table 1: 3.8 and
    7.6 billion FLOPs, which are multiply-adds with the stride on the 1 x 1.
    Araujo, Norris and Sim (2019): 483, 1027, 1507 and 1763, for networks that halve the size at the
    end of a stage, which comes to the same. He et al. (2016), arXiv:1603.05027, has ResNet-200.
    """
    return _resnet(depth, 64, 1, stride_on, f"ResNet-{depth}")


def resnext(depth=50, groups=32, width=4):
    """Return ResNeXt: a ResNet whose 3 x 3 convolutions have groups, and are wider.

    Parameters
    ----------
    depth : {50, 101, 152}
        Layers with weights.
    groups, width : int
        Groups ("cardinality"), and channels of each in the first stage: 32x4d, 64x4d.

    Returns
    -------
    Network

    Examples
    --------
    >>> resnext(50).parameters, resnext(50).macs
    (25028904, 4230479872)
    >>> resnext(101).parameters, resnext(101).macs
    (44177704, 7969996800)
    >>> resnext(101, groups=64).parameters, resnext(101, groups=64).macs
    (83455272, 15460270080)

    References
    ----------
    Xie, Girshick, Dollár, Tu and He (2017), Aggregated residual transformations for deep neural
    networks, arXiv:1611.05431, table 1: 25.0 million parameters and 4.2 billion FLOPs, which are
    multiply-adds, for ResNeXt-50 (32x4d).
    """
    groups, width = check.counts(groups=groups, width=width)
    return _resnet(depth, groups * width, groups, "3x3", f"ResNeXt-{depth} {groups}x{width}d")


def _resnet(depth, width, groups, stride_on, name):
    """Return a network of bottlenecks; ``width`` is that of their 3 x 3 in the first stage."""
    depth = one_of("depth", depth, tuple(RESNET_BLOCKS))
    stride_on = one_of("stride_on", stride_on, ("3x3", "1x1"))
    layers = [Sequential(*conv_norm(3, 64, 7, stride=2, padding=3), name="conv1"),
              MaxPool2d(3, stride=2, padding=1)]
    channels = 64
    for stage, blocks in enumerate(RESNET_BLOCKS[depth]):
        inner, outer = width * 2**stage, 256 * 2**stage
        units = []
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            first, second = (stride, 1) if stride_on == "1x1" else (1, stride)
            shortcut = [Identity()] if channels == outer else [
                Sequential(*conv_norm(channels, outer, 1, stride=stride, relu=False),
                           name="shortcut")]
            units += [Add(Sequential(
                *conv_norm(channels, inner, 1, stride=first),
                *conv_norm(inner, inner, 3, stride=second, padding=1, groups=groups),
                *conv_norm(inner, outer, 1, relu=False), name="bottleneck",
            ), *shortcut), ReLU()]
            channels = outer
        layers.append(Sequential(*units, name=f"conv{stage + 2}"))
    head = Sequential(AdaptiveAvgPool2d(1), Flatten(), Linear(channels, 1000), name="fc")
    return Network(Sequential(*layers, head), IMAGE, name)
