"""Fully convolutional networks for segmentation."""

from convlib import _check as check
from convlib.networks.layers import Conv2d, ConvTranspose2d, Dropout, ReLU, one_of
from convlib.networks.network import Add, Network, Sequential
from convlib.networks.zoo._parts import IMAGE, conv_norm
from convlib.networks.zoo.vgg import vgg16_stages


def fcn_head(in_channels=2048, classes=21, size=28):
    """Return the head of torchvision's fully convolutional networks: a 3 x 3 and a 1 x 1.

    Parameters
    ----------
    in_channels, classes : int
        Channels of the features, and of the scores.
    size : int
        Rows and columns of the features.

    Returns
    -------
    Network

    Examples
    --------
    >>> from convlib.networks.zoo import resnet
    >>> backbone = resnet(50).parameters - resnet(50)["fc"].parameters
    >>> backbone + fcn_head().parameters + fcn_head(1024).parameters  # torchvision's fcn_resnet50
    35322218

    References
    ----------
    Long, Shelhamer and Darrell (2015), arXiv:1411.4038, for the idea. torchvision's
    ``fcn_resnet50`` has this head on a ResNet-50 at stride 8, and a second one beside it.
    """
    classes, size = check.counts(classes=classes, size=size)
    (in_channels,) = check.counts(4, in_channels=in_channels)
    inner = in_channels // 4
    return Network(Sequential(
        *conv_norm(in_channels, inner, 3, padding=1), Dropout(0.1), Conv2d(inner, classes, 1),
    ), (in_channels, size, size), "FCN head")


def fcn_vgg16(stride=8, classes=21):
    """Return FCN-32s, 16s or 8s: VGG-16 as convolutions, its scores enlarged and summed.

    The scores of coarse features are doubled in size by transposed convolutions, and those of finer
    ones are added. The authors pad the image by 100 and crop what comes out; here paddings keep
    the sizes instead, with the same weights.

    Parameters
    ----------
    stride : {8, 16, 32}
        The last step up: 32 has no finer features, 16 those of block 4, 8 those of block 3 too.
    classes : int
        Channels of the scores.

    Returns
    -------
    Network

    Examples
    --------
    >>> net = fcn_vgg16(32)
    >>> net["fc7"].receptive_field, net.output_shape
    (404, (21, 224, 224))
    >>> scores = net.parameters - net["up"].parameters
    >>> round(scores / 1e6)
    134

    References
    ----------
    Long, Shelhamer and Darrell (2015), Fully convolutional networks for semantic segmentation,
    arXiv:1411.4038, table 1 (134 million parameters, receptive field 404) and figure 3.
    """
    stride = one_of("stride", stride, (8, 16, 32))
    (classes,) = check.counts(classes=classes)

    def up(factor):
        return ConvTranspose2d(classes, classes, 2 * factor, stride=factor, padding=factor // 2,
                               bias=False)

    stages = vgg16_stages()
    path = [
        stages.pop(), Sequential(Conv2d(512, 4096, 7, padding=3), ReLU(), Dropout(),
                                 Conv2d(4096, 4096, 1), ReLU(), Dropout(), name="fc7"),
        Conv2d(4096, classes, 1),
    ]
    for finer in (16, 8):
        if stride <= finer:
            score = Conv2d(512 if finer == 16 else 256, classes, 1)
            path = [stages.pop(), Add(Sequential(*path, up(2)), score)]
    return Network(Sequential(*stages, *path, Sequential(up(stride), name="up")),
                   IMAGE, f"FCN-{stride}s, VGG-16")
