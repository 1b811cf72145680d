"""A convolution as a matrix C, the transposed one as its transpose, and their product."""

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.traits import rectangle, whole
from convlib.i18n import t

LONGEST, WIDEST_KERNEL, LARGEST = 4, 3, 9  # sides of the input and of the kernel; the values
MOST_OUTPUTS = LONGEST**2  # of which there is a picture


class TransposedMatrix(Explorable):
    r"""What a convolution and its transpose do to all numbers at once: two matrices.

    A row of C is the window of an output; the same numbers as a column of C^T are the stamp of that
    output. C^T brings back the shape of the input. It is no inverse: C^T C shows it.

    Parameters
    ----------
    input : array_like, shape (H, W)
        Numbers from -9 to 9; each side from 2 to 4.
    kernel : array_like, shape (kH, kW)
        Numbers from -9 to 9; each side from 1 to 3. It is not flipped.
    stride, padding : int
        As in `functional.conv2d`: 1 or 2, and 0 or 1.
    view : {'forward', 'back', 'product'}
        Which matrix is shown: C, its transpose, or C^T C.
    step : int
        The output that is shown, counted row by row from 0; with C^T C the input cell. One after
        the last shows the last.
    source : int
        The input cell that is shown instead, row by row from 0; -1 for none.

    Examples
    --------
    >>> import numpy as np
    >>> picture = TransposedMatrix()
    >>> picture.matrix.shape, picture.output.shape, picture.returned.shape
    ((4, 16), (2, 2), (4, 4))
    >>> int(np.linalg.matrix_rank(picture.matrix.T @ picture.matrix))
    4

    References
    ----------
    Dumoulin and Visin (2016), arXiv:1603.07285, section 4.1: the convolution as a matrix.
    """

    name = "transposed_matrix"
    space = (465, 605)
    input = rectangle([[1.0, 0, 2, 1], [0.0, 3, 1, 0], [2.0, 1, 0, 1], [1.0, 0, 1, 2]],
                      (2, LONGEST), LARGEST)
    kernel = rectangle([[1.0, 2, 0], [0.0, 1, 3], [2.0, 0, 1]], (1, WIDEST_KERNEL), LARGEST)
    stride, padding = whole(1, 1, 2), whole(0, 0, 1)
    view = traitlets.Enum(["forward", "back", "product"], "forward").tag(sync=True, state=True)
    step = whole(0, 0, MOST_OUTPUTS - 1)
    source = whole(-1, -1, LONGEST**2 - 1)

    @property
    def weight(self):
        """The kernel as `functional.conv2d` takes it, shape ``(1, 1, kH, kW)``."""
        import numpy as np

        return np.array(self.kernel)[None, None]

    @property
    def matrix(self):
        """The matrix C, shape ``(outputs, inputs)``; a ValueError where the kernel does not fit."""
        import numpy as np

        from convlib.matrix import conv_matrix

        return conv_matrix(self.weight, np.shape(self.input), stride=self.stride,
                           padding=self.padding).toarray()

    @property
    def output(self):
        """The output of the convolution, shape ``(H_out, W_out)``: C times the input, ravelled."""
        import numpy as np

        from convlib import functional

        return functional.conv2d(np.array(self.input)[None], self.weight, stride=self.stride,
                                 padding=self.padding)[0]

    @property
    def returned(self):
        """C^T times the output: the transposed convolution of it, with the shape of the input."""
        import numpy as np

        return (self.matrix.T @ self.output.ravel()).reshape(np.shape(self.input))

    def still(self):
        """Draw the convolution, and below it the matrix that is shown and what it gives."""
        import numpy as np

        from convlib.explorables import still

        grids = [still.board("input", f"{t('tensor.input')} x", self.input, cell=22),
                 still.text("∗"),
                 still.board("kernel", f"{t('tensor.kernel')} w", self.kernel, cell=22)]
        try:
            matrix = self.matrix
        except ValueError:  # the kernel does not fit: there is no matrix
            return still.svg(still.beside(*grids), t("transposed_matrix.title"))
        grids += [still.text("="),
                  still.board("output", f"{t('tensor.output')} y", self.output, cell=22)]
        shown = {"forward": matrix, "back": matrix.T, "product": matrix.T @ matrix}[self.view]
        rows, columns = shown.shape
        board = still.board("kernel", f"{t(f'transposed_matrix.{self.view}')} {rows}×{columns}",
                            shown, cell=22, later=set(zip(*np.nonzero(shown == 0), strict=True)))
        if self.view != "forward":
            board = still.beside(board, still.board("input", t("transposed_matrix.z"),
                                                    self.returned, cell=22))
        return still.svg(still.below(still.beside(*grids), board), t("transposed_matrix.title"))
