"""The checkerboard: how often each output is reached, and ways to enlarge that reach it evenly."""

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.traits import whole
from convlib.i18n import t

INPUTS, LARGEST = 6, 3  # the inputs along an axis; random weights are from -3 to 3
WIDEST, MOST_STRIDE, MOST_SEED = 7, 4, 9999
MIDDLE = 4 * WIDEST  # an input far from both ends, of twice as many
SHUFFLES = ("shuffle", "icnr")


class Checkerboard(Explorable):
    r"""What four ways to enlarge make of a flat input, in one and in two dimensions.

    All six inputs along an axis are 1. In a transposed convolution of stride :math:`s`, output
    :math:`o` gets the weights whose index has the same remainder, so that inside

    .. math:: y[o] = \sum_{j \equiv o \pmod s} w[j]

    and the outputs are even where these phase sums are equal. If all weights are 1, they count how
    many inputs reach an output.

    Parameters
    ----------
    kernel_size : int
        From 1 to 7, alike on both axes.
    stride : int
        How many times larger the output is, along each axis: from 1 to 4.
    upsampling : {'transposed', 'nearest', 'bilinear', 'shuffle', 'icnr'}
        A transposed convolution without padding; or a resized input and then a convolution that
        keeps the size; or a convolution to stride² channels and a pixel shuffle, of which 'icnr'
        starts with the same kernel for all channels.
    weights : {'ones', 'random'}
        All 1, or whole numbers from -3 to 3.
    seed : int
        Of the random weights, from 0 to 9999.

    Examples
    --------
    >>> Checkerboard(kernel_size=3, stride=2).counts.tolist()
    [1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1]
    >>> Checkerboard(kernel_size=4, stride=2).phases.tolist()
    [[4.0, 4.0], [4.0, 4.0]]

    References
    ----------
    Odena, Dumoulin and Olah (2016), doi:10.23915/distill.00003: why unequal counts make a
    checkerboard, and resizing before a convolution. Shi et al. (2016), arXiv:1609.05158: the pixel
    shuffle. Aitken et al. (2017), arXiv:1707.02937: its start with equal kernels.
    """

    name = "checkerboard"
    space = (455, 700)
    kernel_size, stride = whole(3, 1, WIDEST), whole(1, 1, MOST_STRIDE)
    upsampling = traitlets.Enum(["transposed", "nearest", "bilinear", *SHUFFLES],
                                "transposed").tag(sync=True, state=True)
    weights = traitlets.Enum(["ones", "random"], "ones").tag(sync=True, state=True)
    seed = whole(0, 0, MOST_SEED)

    @property
    def kernels(self):
        """The weights for one axis, shape ``(P, 1, 1, k)``, and for two, ``(P², 1, k, k)``.

        The pixel shuffle has P = stride kernels along an axis; the other ways have one.
        """
        import numpy as np

        from convlib.explorables.random import random_tensors

        k, phases = self.kernel_size, self.stride if self.upsampling in SHUFFLES else 1
        line, square = random_tensors(
            self.seed, ((MOST_STRIDE, WIDEST), -LARGEST, LARGEST),
            ((MOST_STRIDE**2, WIDEST, WIDEST), -LARGEST, LARGEST))
        line, square = line[:phases, None, None, :k], square[:phases**2, None, :k, :k]
        if self.weights == "ones":
            return np.ones_like(line), np.ones_like(square)
        if self.upsampling == "icnr":
            return np.repeat(line[:1], phases, axis=0), np.repeat(square[:1], phases**2, axis=0)
        return line, square

    @property
    def counts(self):
        """How many inputs reach each output of the transposed convolution, along one axis."""
        import numpy as np

        from convlib import functional

        x, w = np.ones((1, INPUTS), int), np.ones((1, 1, self.kernel_size), int)
        return functional.conv_transpose1d(x, w, stride=self.stride)[0]

    @property
    def stamps(self):
        """What each of the six inputs adds along one axis, shape ``(6, outputs)``."""
        import numpy as np

        return self._along(np.eye(INPUTS))

    @property
    def output(self):
        """The output of 6×6 inputs of 1, shape ``(H_out, W_out)``."""
        return self._across(INPUTS)

    @property
    def line_phases(self):
        """The outputs that repeat inside, along one axis, shape ``(stride,)``."""
        import numpy as np

        return self._along(np.ones((1, 2 * MIDDLE)))[0, self._middle]

    @property
    def phases(self):
        """The outputs that repeat inside, in two dimensions, shape ``(stride, stride)``."""
        return self._across(2 * MIDDLE)[self._middle, self._middle]

    @property
    def _middle(self):
        return slice(MIDDLE * self.stride, (MIDDLE + 1) * self.stride)

    def _along(self, signals):
        """Enlarge each of some signals, shape ``(signals, n)``, along its one axis."""
        from convlib import functional, resampling

        x, (w, _), s = signals[:, None, None], self.kernels, self.stride
        if self.upsampling == "transposed":
            return functional.conv_transpose2d(x, w, stride=(1, s))[:, 0, 0]
        if self.upsampling in SHUFFLES:  # channel after channel at each place
            y = functional.conv2d(x, w, padding="same")
            return y[:, :, 0].transpose(0, 2, 1).reshape(len(signals), -1)
        wide = resampling.interpolate(x, scale_factor=(1, s), mode=self.upsampling)
        return functional.conv2d(wide, w, padding="same")[:, 0, 0]

    def _across(self, size):
        """Enlarge size × size inputs of 1."""
        import numpy as np

        from convlib import functional, resampling

        x, (_, w), s = np.ones((1, size, size)), self.kernels, self.stride
        if self.upsampling == "transposed":
            return functional.conv_transpose2d(x, w, stride=s)[0]
        if self.upsampling in SHUFFLES:
            return resampling.pixel_shuffle(functional.conv2d(x, w, padding="same"), s)[0]
        wide = resampling.interpolate(x, scale_factor=s, mode=self.upsampling)
        return functional.conv2d(wide, w, padding="same")[0]

    def still(self):
        """Draw the outputs along one axis as bars, and those of two dimensions as a picture."""
        import numpy as np

        from convlib.explorables import still

        output = self.output
        low, high = output.min(), output.max()
        grey = np.uint8(np.round(255 * (output - low) / ((high - low) or 1)))
        picture = np.kron(grey, np.ones((12, 12), np.uint8))  # halved, a cell has 6 pixels
        return still.svg(still.below(
            still.bars("output", t("checkerboard.line"), self.stamps.sum(axis=0), width=24),
            still.image("output", t("checkerboard.map"), picture, side=180),
        ), t("checkerboard.title"))
