"""The transposed convolution, cell by cell: stamps that add up, or zeros between the inputs."""

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.traits import rectangle, whole
from convlib.i18n import t

LONGEST, WIDEST_KERNEL, LARGEST = 4, 5, 99  # sides of the input and of the kernel; the values
MOST_STRIDE, MOST_PADDING = 3, WIDEST_KERNEL - 1
MOST_OUTPUTS = (MOST_STRIDE * (LONGEST - 1) + WIDEST_KERNEL + MOST_STRIDE - 1) ** 2


class TransposedGrid(Explorable):
    """One channel of the transposed convolution in two ways that give the same numbers.

    Either each input lays the whole kernel, multiplied by its value, on the output, and padding is
    cut off. Or zeros are put between and around the inputs, and the kernel, turned by 180 degrees,
    slides over them with stride 1. Choosing an input shows its stamp; choosing an output shows what
    it is the sum of, in both.

    Parameters
    ----------
    input : array_like, shape (H, W)
        Numbers from -99 to 99; each side from 1 to 4.
    kernel : array_like, shape (kH, kW)
        Numbers from -99 to 99; each side from 1 to 5.
    stride : int
        How far apart the inputs lay their kernels: from 1 to 3.
    padding : int
        How many rows and columns are cut off at each side: from 0 to 4, and less than each side of
        the kernel.
    output_padding : int
        How many rows and columns more are kept at the end: from 0 to 2, and less than the stride.
    by : {'stamp', 'window'}
        What one step is: the stamp of an input, or the window of an output.
    step : int
        The input or output that is shown, counted row by row from 0. One after the last shows the
        last.

    Examples
    --------
    >>> from convlib import functional
    >>> grid = TransposedGrid(padding=0)
    >>> grid.output.tolist()[0]
    [1.0, 2.0, 2.0, 4.0, 0.0]
    >>> turned = grid.weight[..., ::-1, ::-1]
    >>> (functional.conv2d(grid.expanded[None], turned)[0] == grid.output).all()
    np.True_

    References
    ----------
    Dumoulin and Visin (2016), arXiv:1603.07285, chapter 4: the transposed convolution as a
    convolution of an input with zeros in it.
    """

    name = "transposed_grid"
    space = (513, 646)
    input = rectangle([[1.0, 2], [3.0, 4]], (1, LONGEST), LARGEST)
    kernel = rectangle([[1.0, 2, 0], [0.0, 1, 3], [2.0, 0, 1]], (1, WIDEST_KERNEL), LARGEST)
    stride, padding = whole(2, 1, MOST_STRIDE), whole(1, 0, MOST_PADDING)
    output_padding = whole(0, 0, MOST_STRIDE - 1)
    by = traitlets.Enum(["stamp", "window"], "stamp").tag(sync=True, state=True)
    step = whole(0, 0, MOST_OUTPUTS - 1)

    @property
    def weight(self):
        """The kernel as `functional.conv_transpose2d` takes it, shape ``(1, 1, kH, kW)``."""
        import numpy as np

        return np.array(self.kernel)[None, None]

    @property
    def output(self):
        """The output, shape ``(H_out, W_out)``; a ValueError where the settings allow none."""
        return self._laid(self.padding, self.output_padding)

    @property
    def expanded(self):
        """The input with zeros between and around it, over which the turned kernel slides.

        ``stride - 1`` zeros stand between two inputs and ``k - 1 - padding`` at each side;
        ``output_padding`` more follow at the end. A ValueError where padding is not less than a
        side of the kernel.
        """
        import numpy as np

        border = [k - 1 - self.padding for k in np.shape(self.kernel)]
        if min(border) < 0:
            raise ValueError(f"padding={self.padding} must be less than each side of the kernel, "
                             f"which has shape {np.shape(self.kernel)}: else no border is left")
        sides = [self.stride * (n - 1) + 1 for n in np.shape(self.input)]
        spread = np.zeros(sides)
        spread[::self.stride, ::self.stride] = self.input
        return np.pad(spread, [(b, b + self.output_padding) for b in border])

    def _laid(self, padding, output_padding):
        import numpy as np

        from convlib import functional

        return functional.conv_transpose2d(np.array(self.input)[None], self.weight, None,
                                           self.stride, padding, output_padding)[0]

    def still(self):
        """Draw both ways, one below the other, and their common output."""
        import numpy as np

        from convlib.explorables import still

        stamps = still.beside(still.board("input", t("tensor.input"), self.input), still.text("·"),
                              still.board("kernel", t("tensor.kernel"), self.kernel))
        try:
            out, expanded = self.output, self.expanded
        except ValueError:  # settings that allow no output
            return still.svg(stamps, t("transposed_grid.title"))
        turned = np.rot90(self.kernel, 2)
        top, left = (k - 1 - self.padding for k in turned.shape)
        inputs = {(top + self.stride * row, left + self.stride * column)
                  for row, column in np.ndindex(np.shape(self.input))}
        zeros = set(np.ndindex(expanded.shape)) - inputs
        windows = still.beside(
            still.board("input", t("transposed_grid.expanded"), expanded, later=zeros),
            still.text("∗"),
            still.board("kernel", t("transposed_grid.turned"), turned))
        output = still.board("output", t("tensor.output"), out)
        return still.svg(still.beside(still.below(stamps, windows), still.text("="), output),
                         t("transposed_grid.title"))
