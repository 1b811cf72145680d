"""DeepLab's heads: atrous spatial pyramid pooling."""

from convlib import _check as check
from convlib.networks.layers import AdaptiveAvgPool2d, Conv2d, Dropout, Upsample
from convlib.networks.network import Add, Concat, Network, Sequential
from convlib.networks.zoo._parts import conv_norm


def deeplab_v2_head(in_channels=2048, classes=21, rates=(6, 12, 18, 24), size=41):
    """Return DeepLab v2's head: 3 x 3 convolutions at several rates side by side, and summed.

    Parameters
    ----------
    in_channels, classes : int
        Channels of the features, and of the scores.
    rates : tuple of int
        One dilation a branch.
    size : int
        Rows and columns of the features: 41 are those of a 321 pixel image at stride 8.

    Returns
    -------
    Network

    Examples
    --------
    >>> net = deeplab_v2_head()
    >>> [branch.receptive_field for branch in net["aspp"].children], net.total.receptive_field
    ([13, 25, 37, 49], 49)

    References
    ----------
    Chen, Papandreou, Kokkinos, Murphy and Yuille (2016), DeepLab, arXiv:1606.00915, section 3.2
    and figure 4.
    """
    in_channels, classes, size = check.counts(in_channels=in_channels, classes=classes, size=size)
    return Network(Sequential(Add(*(
        Conv2d(in_channels, classes, 3, padding=rate, dilation=rate) for rate in _rates(rates)
    ), name="aspp")), (in_channels, size, size), "DeepLab v2, ASPP")


def deeplab_v3_head(in_channels=2048, classes=21, rates=(6, 12, 18), size=33):
    """Return DeepLab v3's head: three rates, a 1 x 1 and the whole image's mean, side by side.

    Parameters
    ----------
    in_channels, classes : int
        Channels of the features, and of the scores.
    rates : tuple of int
        One dilation a branch: the paper's are for features at stride 16, and twice that at 8.
    size : int
        Rows and columns of the features: 33 are those of a 513 pixel image at stride 16.

    Returns
    -------
    Network

    Notes
    -----
    The 3 x 3 convolution behind the branches is torchvision's. Every output sees the mean of all
    features. Receptive fields leave borders aside and count padding in, so that this one is stated
    as wider than the features are.

    Examples
    --------
    >>> from convlib.networks.zoo import fcn_head, resnet
    >>> net = deeplab_v3_head(rates=(12, 24, 36), size=65)
    >>> net.parameters, net.output_shape
    (16130837, (21, 65, 65))
    >>> backbone = resnet(50).parameters - resnet(50)["fc"].parameters
    >>> backbone + net.parameters + fcn_head(1024).parameters  # torchvision's deeplabv3_resnet50
    42004074

    References
    ----------
    Chen, Papandreou, Schroff and Adam (2017), Rethinking atrous convolution for semantic image
    segmentation, arXiv:1706.05587, section 3.3 and figure 5.
    """
    in_channels, classes, size = check.counts(in_channels=in_channels, classes=classes, size=size)
    rates = _rates(rates)
    return Network(Sequential(
        Concat(
            Sequential(*conv_norm(in_channels, 256, 1), name="1x1"),
            *(Sequential(*conv_norm(in_channels, 256, 3, padding=rate, dilation=rate),
                         name=f"rate {rate}") for rate in rates),
            Sequential(AdaptiveAvgPool2d(1), *conv_norm(in_channels, 256, 1),
                       Upsample(size, mode="bilinear"), name="mean"),
            name="aspp",
        ),
        *conv_norm(256 * (len(rates) + 2), 256, 1), Dropout(),
        *conv_norm(256, 256, 3, padding=1), Conv2d(256, classes, 1),
    ), (in_channels, size, size), "DeepLab v3, ASPP")


def _rates(rates):
    """Return the dilations of the branches."""
    if not isinstance(rates, (tuple, list)):
        raise TypeError(f"rates={rates!r} must be a tuple of whole numbers")
    if not rates:
        raise ValueError(f"rates={rates!r} makes no branches: give at least one dilation")
    return check.integers("the dilations rates", rates, len(rates), 1)
