"""DCGAN's generator: transposed convolutions from a vector to an image."""

from convlib import _check as check
from convlib.networks.layers import BatchNorm2d, ConvTranspose2d, ReLU, Tanh, one_of
from convlib.networks.network import Network, Sequential


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
