"""WaveNet's stack: causal convolutions with doubling dilations."""

from convlib import _check as check
from convlib.networks.layers import Conv1d, Identity, Sigmoid, Tanh, ZeroPad1d
from convlib.networks.network import Add, Multiply, Network, Sequential

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
