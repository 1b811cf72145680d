"""The named networks as lists of layers: their sizes and costs are computed, none is written down.

Every function returns a `network.Network`. Multiply-adds are weights times output positions of
convolutions and fully connected layers, without bias and batch normalisation; parameters are all
that is learned. Where authors differ on a layer, an argument or the text says which is meant.
"""

from convlib import _check as check
from convlib.networks.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    ChannelShuffle,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    Identity,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Tanh,
    Upsample,
    ZeroPad1d,
    one_of,
)
from convlib.networks.network import Add, Concat, Multiply, Network, Sequential

IMAGE = (3, 224, 224)


def _conv_norm(*arguments, relu=True, **options):
    """Return a convolution without bias, batch normalisation and, most often, a ReLU."""
    layer = Conv2d(*arguments, bias=False, **options)
    return [layer, BatchNorm2d(layer.out_channels), *([ReLU()] if relu else [])]


def _dense(*sizes):
    """Return fully connected layers with ReLU and dropout, the last one without."""
    layers = [Flatten()]
    for before, after in zip(sizes, sizes[1:], strict=False):
        layers += [Linear(before, after), ReLU(), Dropout()]
    return layers[:-2]


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
        Sequential(*_dense(256 * 6 * 6, 4096, 4096, 1000), name="classifier"),
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


def _vgg16_stages():
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
        *_vgg16_stages(), Sequential(*_dense(512 * 7 * 7, 4096, 4096, 1000), name="classifier")
    ), IMAGE, "VGG-16")


RESNET_BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}


def _resnet(depth, width, groups, stride_on, name):
    """Return a network of bottlenecks; ``width`` is that of their 3 x 3 in the first stage."""
    depth = one_of("depth", depth, tuple(RESNET_BLOCKS))
    stride_on = one_of("stride_on", stride_on, ("3x3", "1x1"))
    layers = [Sequential(*_conv_norm(3, 64, 7, stride=2, padding=3), name="conv1"),
              MaxPool2d(3, stride=2, padding=1)]
    channels = 64
    for stage, blocks in enumerate(RESNET_BLOCKS[depth]):
        inner, outer = width * 2**stage, 256 * 2**stage
        units = []
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            first, second = (stride, 1) if stride_on == "1x1" else (1, stride)
            shortcut = [Identity()] if channels == outer else [
                Sequential(*_conv_norm(channels, outer, 1, stride=stride, relu=False),
                           name="shortcut")]
            units += [Add(Sequential(
                *_conv_norm(channels, inner, 1, stride=first),
                *_conv_norm(inner, inner, 3, stride=second, padding=1, groups=groups),
                *_conv_norm(inner, outer, 1, relu=False), name="bottleneck",
            ), *shortcut), ReLU()]
            channels = outer
        layers.append(Sequential(*units, name=f"conv{stage + 2}"))
    head = Sequential(AdaptiveAvgPool2d(1), Flatten(), Linear(channels, 1000), name="fc")
    return Network(Sequential(*layers, head), IMAGE, name)


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


# Input channels and size; 1x1; before and in the 3x3; before and in the 5x5; behind the pooling.
INCEPTION = {
    "3a": (192, 28, 64, 96, 128, 16, 32, 32),
    "3b": (256, 28, 128, 128, 192, 32, 96, 64),
    "4a": (480, 14, 192, 96, 208, 16, 48, 64),
    "4b": (512, 14, 160, 112, 224, 24, 64, 64),
    "4c": (512, 14, 128, 128, 256, 24, 64, 64),
    "4d": (512, 14, 112, 144, 288, 32, 64, 64),
    "4e": (528, 14, 256, 160, 320, 32, 128, 128),
    "5a": (832, 7, 256, 160, 320, 32, 128, 128),
    "5b": (832, 7, 384, 192, 384, 48, 128, 128),
}


def inception_v1(module="3a", reduce=True):
    """Return one Inception module of GoogLeNet: four branches, their channels side by side.

    Parameters
    ----------
    module : {'3a', '3b', '4a', '4b', '4c', '4d', '4e', '5a', '5b'}
        Which one.
    reduce : bool
        Whether 1 x 1 convolutions make the input thinner before the 3 x 3 and the 5 x 5, as in the
        network, or these see all of it (the paper's "naive version").

    Returns
    -------
    Network

    Notes
    -----
    The table's operations are what its columns of channels give, but for 4a and 5a: 73 M and 54 M
    are printed, 73.6 M and 51.1 M follow. Its parameters come in units of 1024, without biases;
    behind 3a they are off by up to 7 %.

    Examples
    --------
    >>> net = inception_v1("3a")
    >>> net.layers.weights // 1024, net.macs, net.output_shape
    (159, 128049152, (256, 28, 28))
    >>> five = inception_v1("3a")["5x5"].macs
    >>> direct = inception_v1("3a", reduce=False)["5x5"].macs
    >>> five, direct
    (12443648, 120422400)

    References
    ----------
    Szegedy et al. (2015), Going deeper with convolutions, arXiv:1409.4842, figure 2 and table 1:
    159 K parameters and 128 M operations for 3a.
    """
    module = one_of("module", module, tuple(INCEPTION))
    reduce = check.flag("reduce", reduce)
    channels, size, one, before3, three, before5, five, pool = INCEPTION[module]

    def branch(before, out, kernel):
        thin = [Conv2d(channels, before, 1), ReLU()] if reduce else []
        wide = Conv2d(before if reduce else channels, out, kernel, padding=kernel // 2)
        return Sequential(*thin, wide, ReLU(), name=f"{kernel}x{kernel}")

    return Network(Sequential(Concat(
        Sequential(Conv2d(channels, one, 1), ReLU(), name="1x1"),
        branch(before3, three, 3),
        branch(before5, five, 5),
        Sequential(MaxPool2d(3, stride=1, padding=1), Conv2d(channels, pool, 1), ReLU(),
                   name="pool"),
    )), (channels, size, size), f"Inception {module}")


def nin():
    """Return Network in Network for CIFAR-10: after each convolution two of 1 x 1, then means.

    No layer is fully connected: the last map of each class is averaged. The paper names the
    structure; the numbers of channels are those of the authors' published configuration.

    Examples
    --------
    >>> net = nin()
    >>> net.parameters, net.macs, net.output_shape
    (966986, 222486528, (10,))
    >>> weights, macs = net.by_kind()["pointwise"]
    >>> round(macs / net.macs, 3)
    0.308

    References
    ----------
    Lin, Chen and Yan (2014), Network in network, arXiv:1312.4400, sections 3.1 and 4.1.
    """
    def block(channels, kernel, *widths):
        layers = [Conv2d(channels, widths[0], kernel, padding=kernel // 2), ReLU()]
        for before, after in zip(widths, widths[1:], strict=False):
            layers += [Conv2d(before, after, 1), ReLU()]
        return layers

    return Network(Sequential(
        *block(3, 5, 192, 160, 96), MaxPool2d(3, stride=2, ceil_mode=True), Dropout(),
        *block(96, 5, 192, 192, 192), AvgPool2d(3, stride=2, ceil_mode=True), Dropout(),
        *block(192, 3, 192, 192, 10), AdaptiveAvgPool2d(1), Flatten(),
    ), (3, 32, 32), "NiN")


# Output channels and stride of the 3 x 3 convolutions behind the first.
MOBILENET_STEPS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5,
                   (1024, 2), (1024, 1))


def mobilenet_v1(width=1.0, resolution=224, separable=True):
    """Return MobileNet V1 of any width and resolution, or its twin with full convolutions.

    Parameters
    ----------
    width : float
        The factor on all numbers of channels; the paper has 1, 0.75, 0.5 and 0.25.
    resolution : int
        Rows and columns of the input; the paper has 224, 192, 160 and 128.
    separable : bool
        Whether a 3 x 3 is a depthwise and a pointwise convolution, or a full one.

    Returns
    -------
    Network

    Notes
    -----
    The shares of the layers are those of table 2 but one: the paper prints 1.19 % of the
    multiply-adds for the first 3 x 3, where its own network gives 1.91 %, with which the column
    sums to 100. Its counts of parameters in that table leave out biases and batch normalisation.

    Examples
    --------
    >>> net = mobilenet_v1()
    >>> net.parameters, net.macs, net["features"].receptive_field
    (4231976, 568740352, 315)
    >>> net.parameters + net.layers.statistics  # as Keras counts
    4253864
    >>> for kind, (weights, macs) in net.by_kind().items():
    ...     print(f"{kind:10} {macs / net.macs:7.2%} {weights / net.layers.weights:7.2%}")
    standard     1.91%   0.02%
    depthwise    3.06%   1.06%
    pointwise   94.86%  74.59%
    linear       0.18%  24.33%
    >>> [round(mobilenet_v1(width).macs / 1e6, 1) for width in (0.75, 0.5, 0.25)]
    [325.4, 149.5, 41.0]
    >>> [round(mobilenet_v1(resolution=size).macs / 1e6, 1) for size in (192, 160, 128)]
    [418.1, 290.7, 186.4]
    >>> full = mobilenet_v1(separable=False)
    >>> full.layers.weights, full["features"].macs
    (29281120, 4866269184)

    References
    ----------
    Howard et al. (2017), MobileNets, arXiv:1704.04861, tables 1, 2, 4, 6 and 7: 4.2 million
    parameters and 569 million multiply-adds; with full convolutions 29.3 and 4866 million.
    """
    def channels(count):
        return max(1, int(count * width))

    if isinstance(width, bool) or not isinstance(width, (int, float)):
        raise TypeError(f"width={width!r} must be a number")
    if not 0 < width <= 16:
        raise ValueError(f"width={width!r} must be above 0 and at most 16")
    (resolution,) = check.integers("input_shape's resolution", resolution, 1, 1)
    separable = check.flag("separable", separable)
    layers = _conv_norm(3, channels(32), 3, stride=2, padding=1)
    before = channels(32)
    for count, stride in MOBILENET_STEPS:
        after = channels(count)
        if separable:
            layers += [*_conv_norm(before, before, 3, stride=stride, padding=1, groups=before),
                       *_conv_norm(before, after, 1)]
        else:
            layers += _conv_norm(before, after, 3, stride=stride, padding=1)
        before = after
    return Network(Sequential(
        Sequential(*layers, name="features"),
        Sequential(AdaptiveAvgPool2d(1), Flatten(), Dropout(0.001), Linear(before, 1000),
                   name="classifier"),
    ), (3, resolution, resolution),
        f"MobileNet V1 {width}-{resolution}" + ("" if separable else ", full convolutions"))


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
                *_conv_norm(before, after, 1, relu=False)]

    def down(before, middle, after, relu=True):
        """Two separable convolutions and a pooling, beside a strided 1 x 1."""
        return Add(
            Sequential(*([ReLU()] if relu else []), *separable(before, middle), ReLU(),
                       *separable(middle, after), MaxPool2d(3, stride=2, padding=1)),
            Sequential(*_conv_norm(before, after, 1, stride=2, relu=False), name="shortcut"),
        )

    middle = Add(Sequential(*[ReLU(), *separable(728, 728)] * 3), Identity())
    return Network(Sequential(
        Sequential(*_conv_norm(3, 32, 3, stride=2), *_conv_norm(32, 64, 3),
                   down(64, 128, 128, relu=False), down(128, 256, 256), down(256, 728, 728),
                   name="entry flow"),
        Sequential(*[middle] * 8, name="middle flow"),
        Sequential(down(728, 728, 1024), *separable(1024, 1536), ReLU(), *separable(1536, 2048),
                   ReLU(), name="exit flow"),
        Sequential(AdaptiveAvgPool2d(1), Flatten(), Linear(2048, 1000), name="classifier"),
    ), (3, 299, 299), "Xception")


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
            *_conv_norm(before, inner, 1, groups=first), ChannelShuffle(groups),
            *_conv_norm(inner, inner, 3, stride=stride, padding=1, groups=inner, relu=False),
            *_conv_norm(inner, out, 1, groups=groups, relu=False),
        )
        if stride == 2:
            return [Concat(main, AvgPool2d(3, stride=2, padding=1)), ReLU()]
        return [Add(main, Identity()), ReLU()]

    layers = [*_conv_norm(3, 24, 3, stride=2, padding=1), MaxPool2d(3, stride=2, padding=1)]
    before = 24
    for stage, repeats in ((2, 3), (3, 7), (4, 3)):
        after = SHUFFLENET_CHANNELS[groups] * 2 ** (stage - 2)
        units = unit(before, after, 2) + unit(after, after, 1) * repeats
        layers.append(Sequential(*units, name=f"stage{stage}"))
        before = after
    head = Sequential(AdaptiveAvgPool2d(1), Flatten(), Linear(before, 1000), name="classifier")
    return Network(Sequential(*layers, head), IMAGE, f"ShuffleNet 1x, g = {groups}")


def _rates(rates):
    """Return the dilations of the branches."""
    if not isinstance(rates, (tuple, list)):
        raise TypeError(f"rates={rates!r} must be a tuple of whole numbers")
    if not rates:
        raise ValueError(f"rates={rates!r} makes no branches: give at least one dilation")
    return check.integers("the dilations rates", rates, len(rates), 1)


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
            Sequential(*_conv_norm(in_channels, 256, 1), name="1x1"),
            *(Sequential(*_conv_norm(in_channels, 256, 3, padding=rate, dilation=rate),
                         name=f"rate {rate}") for rate in rates),
            Sequential(AdaptiveAvgPool2d(1), *_conv_norm(in_channels, 256, 1),
                       Upsample(size, mode="bilinear"), name="mean"),
            name="aspp",
        ),
        *_conv_norm(256 * (len(rates) + 2), 256, 1), Dropout(),
        *_conv_norm(256, 256, 3, padding=1), Conv2d(256, classes, 1),
    ), (in_channels, size, size), "DeepLab v3, ASPP")


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
        *_conv_norm(in_channels, inner, 3, padding=1), Dropout(0.1), Conv2d(inner, classes, 1),
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

    stages = _vgg16_stages()
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


def dcgan_generator(channels=1024, kernel_size=5):
    """Return DCGAN's generator: a vector of 100 numbers, doubled in size up to 64 x 64 pixels.

    Parameters
    ----------
    channels : int
        Channels of the 4 x 4 map, halved at each step; PyTorch's example has 512.
    kernel_size : {5, 4}
        The paper's 5 overlaps unevenly at stride 2; PyTorch's example has 4.

    Returns
    -------
    Network

    Examples
    --------
    >>> net = dcgan_generator()
    >>> net.parameters, net.macs, net.output_shape
    (18855040, 640614400, (3, 64, 64))
    >>> dcgan_generator(512, 4).parameters
    3576704

    References
    ----------
    Radford, Metz and Chintala (2016), arXiv:1511.06434, figure 1. The "project and reshape" of the
    vector is written as a transposed convolution of one position, which is the same.
    """
    (channels,) = check.counts(8, channels=channels)
    kernel_size = one_of("kernel_size", kernel_size, (5, 4))
    step = {5: {"padding": 2, "output_padding": 1}, 4: {"padding": 1}}[kernel_size]
    layers = [ConvTranspose2d(100, channels, 4, bias=False), BatchNorm2d(channels), ReLU()]
    for _ in range(3):
        layers += [ConvTranspose2d(channels, channels // 2, kernel_size, stride=2, bias=False,
                                   **step), BatchNorm2d(channels // 2), ReLU()]
        channels //= 2
    layers += [ConvTranspose2d(channels, 3, kernel_size, stride=2, bias=False, **step), Tanh()]
    return Network(Sequential(*layers), (100, 1, 1), "DCGAN generator")


def context_module(channels=21, large=False, size=64):
    """Return the context module of Yu and Koltun: dilations 1, 1, 2, 4, 8, 16, 1, at one size.

    Parameters
    ----------
    channels : int
        Channels C of the input and the output.
    large : bool
        Whether the layers between have 2, 2, 4, 8, 16, 32 and 32 times C.
    size : int
        Rows and columns.

    Returns
    -------
    Network

    Examples
    --------
    >>> net = context_module()
    >>> [row.receptive_field for row in net.rows if row.macs]
    [3, 5, 9, 17, 33, 65, 67, 67]
    >>> net.layers.weights == 64 * 21**2
    True

    References
    ----------
    Yu and Koltun (2016), Multi-scale context aggregation by dilated convolutions, arXiv:1511.07122,
    table 1; section 3: about 64 C^2 parameters.
    """
    channels, size = check.counts(channels=channels, size=size)
    large = check.flag("large", large)
    widths = [channels * factor for factor in (2, 2, 4, 8, 16, 32, 32)] if large else [channels] * 7
    layers, before = [], channels
    for width, dilation in zip(widths, (1, 1, 2, 4, 8, 16, 1), strict=True):
        layers += [Conv2d(before, width, 3, padding=dilation, dilation=dilation), ReLU()]
        before = width
    return Network(Sequential(*layers, Conv2d(before, channels, 1)), (channels, size, size),
                   "context module, large" if large else "context module")


BLOCKS = 1000  # more than anyone has stacked, few enough to list


def wavenet_stack(repeats=1, channels=32, depth=10, length=16000):
    """Return WaveNet's stack of causal convolutions: dilations 1, 2, 4, …, again and again.

    Each block is a gate, tanh of one convolution times the sigmoid of another, then a 1 x 1 and the
    shortcut. Zeros stand before the sound only, so that no output sees what comes later. The 1 x 1
    that leads from each block to the network's output is not part of the stack.

    Parameters
    ----------
    repeats, depth : int
        How often the dilations start again at 1, and how many there are: up to 2^(depth - 1).
    channels : int
        Channels inside.
    length : int
        Samples.

    Returns
    -------
    Network

    Examples
    --------
    >>> wavenet_stack().total.receptive_field
    1024
    >>> net = wavenet_stack(repeats=3)
    >>> net.total.receptive_field, net.total.fields[0].of(0)
    (3070, (-3069, 0))

    References
    ----------
    van den Oord et al. (2016), WaveNet, arXiv:1609.03499, section 2.1 (1, 2, 4, …, 512 see 1024
    samples) and figure 4.
    """
    repeats, channels, depth, length = check.counts(
        repeats=repeats, channels=channels, depth=depth, length=length)
    if repeats * depth > BLOCKS:
        raise ValueError(f"repeats={repeats} times depth={depth} is over {BLOCKS} blocks: use less")

    def block(dilation):
        conv = Conv1d(channels, channels, 2, dilation=dilation)
        gated = Multiply(Sequential(conv, Tanh(), name="filter"),
                         Sequential(conv, Sigmoid(), name="gate"))
        return Add(Sequential(ZeroPad1d((dilation, 0)), gated, Conv1d(channels, channels, 1)),
                   Identity())

    blocks = [block(2**n) for n in range(depth)]
    return Network(Sequential(*blocks * repeats), (channels, length), "WaveNet stack")
