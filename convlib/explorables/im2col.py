"""im2col: the windows of an input as the columns of one matrix, and convolution as its product."""

import math

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.traits import whole
from convlib.i18n import t

MOST_CHANNELS, LONGEST, WIDEST_KERNEL, MOST_PADDING = 2, 6, 3, 2
MOST_POSITIONS = (LONGEST + 2 * MOST_PADDING) ** 2


class Im2col(Explorable):
    """The unfolded matrix, filled column by column as the window slides, and what it is good for.

    Every window of the input becomes a column and every filter a row, so that one matrix product
    gives all outputs. The input's cells are numbered from 1, so that their copies are told apart.

    Parameters
    ----------
    channels, filters : int
        How many input channels and how many filters there are: 1 or 2.
    height, width : int
        The sides of the input: from 3 to 6.
    kernel : int
        The side of the kernel: from 1 to 3.
    stride, padding, dilation : int
        As in `functional.conv2d`: from 1 to 3, from 0 to 2, and 1 or 2.
    by_row : bool
        Whether only the columns of one output row are held at a time.
    step : int
        The column that is filled last, counted from 0. One after the last shows the last.
    source : int
        The input cell whose copies are shown, counted from 0 through all channels; -1 for none.
    seed : int
        Which whole numbers from -1 to 1 are the weights: from 0 to 9999, as in `Channels`.

    Examples
    --------
    >>> im2col = Im2col(channels=1, height=3, width=3)
    >>> im2col.unfolded.tolist()
    [[1.0, 2.0, 4.0, 5.0], [2.0, 3.0, 5.0, 6.0], [4.0, 5.0, 7.0, 8.0], [5.0, 6.0, 8.0, 9.0]]
    >>> (im2col.weight.reshape(2, 4) @ im2col.unfolded == im2col.output.reshape(2, 4)).all()
    np.True_

    References
    ----------
    Chellapilla, Puri and Simard (2006), High Performance Convolutional Neural Networks for Document
    Processing: the unfolding of convolution.
    """

    name = "im2col"
    space = (515, 730)
    channels, filters = whole(2, 1, MOST_CHANNELS), whole(2, 1, MOST_CHANNELS)
    height, width = whole(4, 3, LONGEST), whole(5, 3, LONGEST)
    kernel = whole(2, 1, WIDEST_KERNEL)
    stride, padding, dilation = whole(1, 1, 3), whole(0, 0, MOST_PADDING), whole(1, 1, 2)
    by_row = traitlets.Bool(False).tag(sync=True, state=True)
    step = whole(0, 0, MOST_POSITIONS - 1)
    source = whole(-1, -1, MOST_CHANNELS * LONGEST**2 - 1)
    seed = whole(28, 0, 9999)

    @property
    def input(self):
        """The input, shape ``(channels, height, width)``: its cells numbered from 1."""
        import numpy as np

        shape = self.channels, self.height, self.width
        return np.arange(1.0, math.prod(shape) + 1).reshape(shape)

    @property
    def weight(self):
        """The filters, shape ``(filters, channels, kernel, kernel)``."""
        from convlib.explorables.channels import Channels

        full = Channels(in_channels=self.channels, out_channels=self.filters, seed=self.seed)
        return full.weight[..., :self.kernel, :self.kernel]

    @property
    def unfolded(self):
        """The unfolded matrix, shape ``(channels * kernel**2, H_out * W_out)``.

        A ValueError where the kernel does not fit.
        """
        from convlib import functional

        return functional.unfold(self.input, self.kernel, stride=self.stride,
                                 padding=self.padding, dilation=self.dilation)

    @property
    def output(self):
        """The output, shape ``(filters, H_out, W_out)``; a ValueError where no kernel fits."""
        from convlib import functional

        return functional.conv2d(self.input, self.weight, stride=self.stride,
                                 padding=self.padding, dilation=self.dilation)

    def still(self):
        """Draw the input's channels, the weights, the unfolded matrix and the product."""
        from convlib.explorables import still

        inputs = [still.board("input", f"{t('tensor.input')}[{c}]", channel, cell=22)
                  for c, channel in enumerate(self.input)]
        weight = self.weight.reshape(self.filters, -1)
        try:
            unfolded = self.unfolded
        except ValueError:  # the kernel does not fit: there is nothing to unfold
            return still.svg(still.beside(*inputs), t("im2col.title"))
        column = {(k, min(self.step, unfolded.shape[1] - 1)) for k in range(len(unfolded))}
        boards = [
            still.board("kernel", t("im2col.weight"), weight, cell=22), still.text("·"),
            still.board("input", t("im2col.unfolded"), unfolded, cell=22, chosen=column),
            still.text("="), still.board("output", t("im2col.product"), weight @ unfolded, cell=22),
        ]
        return still.svg(still.below(still.beside(*inputs), still.beside(*boards)),
                         t("im2col.title"))
