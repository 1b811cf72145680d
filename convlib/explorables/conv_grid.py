"""The convolution grid: cells, a window that moves over them, and the sums that it gives."""

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.traits import rectangle, whole
from convlib.i18n import t

LONGEST, WIDEST_KERNEL, LARGEST = 12, 5, 99  # sides of the input and of the kernel; the values
STRIDE, PADDING, DILATION = (1, 4), (0, 4), (1, 3)
MOST_OUTPUTS = (LONGEST + 2 * PADDING[1]) ** 2


class ConvGrid(Explorable):
    """One channel of deep learning's convolution, cell by cell; every number can be changed.

    Choosing an output cell shows its window and its sum. Choosing an input cell shows the outputs
    that it touches, and through which weights.

    Parameters
    ----------
    input : array_like, shape (H, W)
        Numbers from -99 to 99; each side from 1 to 12.
    kernel : array_like, shape (kH, kW)
        Numbers from -99 to 99; each side from 1 to 5. It is not flipped.
    stride_y, stride_x : int
        From 1 to 4.
    padding_y, padding_x : int
        Zeros on each side, from 0 to 4.
    dilation_y, dilation_x : int
        From 1 to 3.
    separate : bool
        Whether rows and columns have controls of their own.
    step : int
        The output cell that is shown, counted row by row from 0. One after the last shows the last.
    source : int
        The input cell whose outputs are shown instead, row by row from 0; -1 for none.

    Examples
    --------
    >>> grid = ConvGrid(padding_y=1, padding_x=1, stride_y=2, stride_x=2)
    >>> grid.output.tolist()
    [[6.0, 17.0, 3.0], [8.0, 17.0, 13.0], [6.0, 4.0, 4.0]]
    """

    name = "conv_grid"
    space = (395, 690)
    input = rectangle([[3.0, 3, 2, 1, 0], [0.0, 0, 1, 3, 1], [3.0, 1, 2, 2, 3], [2.0, 0, 0, 2, 2],
                   [2.0, 0, 0, 0, 1]], (1, LONGEST), LARGEST)
    kernel = rectangle([[0.0, 1, 2], [2.0, 2, 0], [0.0, 1, 2]], (1, WIDEST_KERNEL), LARGEST)
    stride_y, stride_x = whole(1, *STRIDE), whole(1, *STRIDE)
    padding_y, padding_x = whole(0, *PADDING), whole(0, *PADDING)
    dilation_y, dilation_x = whole(1, *DILATION), whole(1, *DILATION)
    separate = traitlets.Bool(False).tag(sync=True, state=True)
    step = whole(4, 0, MOST_OUTPUTS - 1)
    source = whole(-1, -1, LONGEST**2 - 1)

    @property
    def output(self):
        """The output, shape ``(H_out, W_out)``; a ValueError where the kernel does not fit."""
        import numpy as np

        from convlib import functional

        pair = {name: (getattr(self, f"{name}_y"), getattr(self, f"{name}_x"))
                for name in ("stride", "padding", "dilation")}
        kernel = np.array(self.kernel)[None, None]
        return functional.conv2d(np.array(self.input)[None], kernel, **pair)[0]

    def still(self):
        """Draw the input with the window of the output cell, the kernel and the output."""
        import numpy as np

        from convlib.explorables import still

        try:
            out = self.output
        except ValueError:  # the kernel does not fit: there is no output to show
            boards = [still.board("input", t("tensor.input"), self.input),
                      still.board("kernel", t("tensor.kernel"), self.kernel)]
            return still.svg(still.beside(*boards), t("conv_grid.title"))
        row, column = divmod(min(self.step, out.size - 1), out.shape[1])
        taps = np.ndindex(np.shape(self.kernel))
        window = {(row * self.stride_y - self.padding_y + i * self.dilation_y,
                   column * self.stride_x - self.padding_x + j * self.dilation_x) for i, j in taps}
        boards = [
            still.board("input", t("tensor.input"), self.input, inside=window,
                        padding=(self.padding_y, self.padding_x)),
            still.text("∗"),
            still.board("kernel", t("tensor.kernel"), self.kernel),
            still.text("="),
            still.board("output", t("tensor.output"), out, chosen={(row, column)}),
        ]
        return still.svg(still.beside(*boards), t("conv_grid.title"))
