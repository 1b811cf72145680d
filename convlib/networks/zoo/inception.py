"""GoogLeNet's Inception modules: kernels of several sizes side by side."""

from convlib import _check as check
from convlib.networks.layers import Conv2d, MaxPool2d, ReLU, one_of
from convlib.networks.network import Concat, Network, Sequential

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
