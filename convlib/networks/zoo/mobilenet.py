"""MobileNet: depthwise separable convolutions all the way."""

from convlib import _check as check
from convlib.networks.layers import AdaptiveAvgPool2d, Dropout, Flatten, Linear
from convlib.networks.network import Network, Sequential
from convlib.networks.zoo._parts import conv_norm

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
    layers = conv_norm(3, channels(32), 3, stride=2, padding=1)
    before = channels(32)
    for count, stride in MOBILENET_STEPS:
        after = channels(count)
        if separable:
            layers += [*conv_norm(before, before, 3, stride=stride, padding=1, groups=before),
                       *conv_norm(before, after, 1)]
        else:
            layers += conv_norm(before, after, 3, stride=stride, padding=1)
        before = after
    return Network(Sequential(
        Sequential(*layers, name="features"),
        Sequential(AdaptiveAvgPool2d(1), Flatten(), Dropout(0.001), Linear(before, 1000),
                   name="classifier"),
    ), (3, resolution, resolution),
        f"MobileNet V1 {width}-{resolution}" + ("" if separable else ", full convolutions"))
