"""Network in Network: 1 x 1 convolutions, and no fully connected layer."""

from convlib.networks.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv2d,
    Dropout,
    Flatten,
    MaxPool2d,
    ReLU,
)
from convlib.networks.network import Network, Sequential


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
