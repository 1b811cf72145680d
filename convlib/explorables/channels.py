"""Channels: one filter is a stack of kernels, and what they find is summed."""

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.random import random_tensors
from convlib.explorables.traits import Numbers
from convlib.i18n import t

MOST, SIZE, KERNEL = 3, 5, 3  # channels and filters; the side of an input; the side of a kernel


def _tensors(seed):
    """Return the largest input (0 to 4) and weight (-1 to 1); fewer channels are a part of them."""
    return random_tensors(seed, ((MOST, SIZE, SIZE), 0, 4), ((MOST, MOST, KERNEL, KERNEL), -1, 1))


class Channels(Explorable):
    """Convolution over channels: a kernel for each input channel, summed, one map for each filter.

    Parameters
    ----------
    in_channels, out_channels : int
        How many input channels and how many filters there are: from 1 to 3.
    filter : int
        Which filter is shown, from 0. One after the last shows the last.
    row, column : int
        The output cell whose sum is spelled out.
    step : int
        How far the sums have come: for one filter after the other, each channel's part is a step,
        and the bias is one more. 0 shows no output yet; one after the last shows all.
    seed : int
        Which whole numbers fill the inputs and kernels: from 0 to 9999.
    bias : sequence of float
        One number for each of three filters, from -5 to 5; those not in use are passed over.

    Examples
    --------
    >>> channels = Channels(in_channels=3, out_channels=2)
    >>> channels.input.shape, channels.weight.shape, channels.output.shape
    ((3, 5, 5), (2, 3, 3, 3), (2, 3, 3))
    """

    name = "channels"
    space = (560, 860)
    in_channels = traitlets.Int(3, min=1, max=MOST).tag(sync=True, state=True)
    out_channels = traitlets.Int(2, min=1, max=MOST).tag(sync=True, state=True)
    filter = traitlets.Int(0, min=0, max=MOST - 1).tag(sync=True, state=True)
    row = traitlets.Int(0, min=0, max=SIZE - KERNEL).tag(sync=True, state=True)
    column = traitlets.Int(0, min=0, max=SIZE - KERNEL).tag(sync=True, state=True)
    step = traitlets.Int(0, min=0, max=MOST * (MOST + 1)).tag(sync=True, state=True)
    seed = traitlets.Int(0, min=0, max=9999).tag(sync=True, state=True)
    bias = Numbers([1.0, 0.0, -2.0], size=(MOST, MOST), value=(-5, 5)).tag(sync=True, state=True)

    @property
    def input(self):
        """The input channels, shape ``(in_channels, 5, 5)``."""
        return _tensors(self.seed)[0][:self.in_channels]

    @property
    def weight(self):
        """The kernels, shape ``(out_channels, in_channels, 3, 3)``."""
        return _tensors(self.seed)[1][:self.out_channels, :self.in_channels]

    @property
    def output(self):
        """The output maps, shape ``(out_channels, 3, 3)``."""
        import numpy as np

        from convlib import functional

        return functional.conv2d(self.input, self.weight, np.array(self.bias[:self.out_channels]))

    def still(self):
        """Draw each input channel with its kernel and its part, and the sums of all filters.

        The sums are complete whatever ``step`` is: paper cannot be played.
        """
        import numpy as np

        from convlib import functional
        from convlib.explorables import still

        x, shown = self.input, min(self.filter, self.out_channels - 1)
        rows = []
        for c, kernel in enumerate(self.weight[shown]):
            part = functional.conv2d(x[[c]], kernel[np.newaxis, np.newaxis])[0]
            rows.append(still.beside(
                still.board("input", t("channels.channel", c=c), x[c], cell=22), still.text("∗"),
                still.board("kernel", t("channels.slice", c=c), kernel, cell=22), still.text("="),
                still.board("output", t("channels.partial"), part, cell=22)))
        maps = [still.board("output", t("channels.filter", i=i), out, cell=22)
                for i, out in enumerate(self.output)]
        return still.svg(still.beside(still.below(*rows), still.below(*maps), gap=50),
                         t("channels.title"))
