"""The context module: dilations that grow and shrink at one size."""

from convlib import _check as check
from convlib.networks.layers import Conv2d, ReLU
from convlib.networks.network import Network, Sequential


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
