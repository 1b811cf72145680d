"""Image kernels: a real photograph through a small kernel, at once."""

import traitlets

from convlib.explorables.photo import OfPhoto, grey_square, signed_colours
from convlib.explorables.traits import Grid
from convlib.i18n import t

SIDE = 256  # of the photograph as it is shown
WIDEST, LARGEST = 5, 40  # the kernel's sides and values
PHOTOS = ("astronaut", "brick", "camera", "chelsea", "coins")


class ImageKernels(OfPhoto):
    """A grey photograph through a kernel: well-known ones and one's own.

    Every output pixel is the sum of the weights times the grey values around it, divided by
    ``divisor``. Grey values run from 0 to 255; beyond the edge the last pixel is repeated.

    Parameters
    ----------
    photo : {'astronaut', 'brick', 'camera', 'chelsea', 'coins'}
        A photograph of `convlib.data.photo`, 256 x 256 pixels of it in grey.
    kernel : array_like, shape (kH, kW)
        Numbers from -40 to 40; each side from 1 to 5.
    divisor : float
        From 1 to 1000.
    flip : bool
        Whether the kernel is turned by 180 degrees first: convolution, not cross-correlation.
    display : {'clip', 'absolute', 'signed'}
        Values outside 0 to 255 are cut off, or their sign is, or a colour shows it.
    row, column : int
        The pixel whose sum is spelled out.

    Examples
    --------
    >>> blur = ImageKernels(kernel=[[1, 1, 1]] * 3, divisor=9)
    >>> blur.image.shape, blur.result.shape
    ((256, 256), (256, 256))
    """

    name = "image_kernels"
    space = (430, 550)
    photo = traitlets.Enum(PHOTOS, "camera").tag(sync=True, state=False)
    kernel = Grid([[-1.0, 0, 1], [-2.0, 0, 2], [-1.0, 0, 1]], rows=(1, WIDEST), columns=(1, WIDEST),
                  value=(-LARGEST, LARGEST)).tag(sync=True, state=True)
    divisor = traitlets.Float(1.0, min=1, max=1000).tag(sync=True, state=True)
    flip = traitlets.Bool(False).tag(sync=True, state=True)
    display = traitlets.Enum(["clip", "absolute", "signed"], "signed").tag(sync=True, state=True)
    row = traitlets.Int(92, min=0, max=SIDE - 1).tag(sync=True, state=True)
    column = traitlets.Int(148, min=0, max=SIDE - 1).tag(sync=True, state=True)

    @property
    def image(self):
        """The photograph: shape (256, 256), uint8."""
        return grey_square(self.photo, SIDE)

    @property
    def result(self):
        """What the kernel makes of it: shape (256, 256), float64, before any display."""
        import numpy as np

        from convlib import functional

        kernel = np.array(self.kernel)
        if self.flip:
            kernel = kernel[::-1, ::-1]
        around = [(size // 2, (size - 1) // 2) for size in kernel.shape]
        padded = np.pad(self.image.astype(float), around, mode="edge")
        return functional.conv2d(padded[None], kernel[None, None])[0] / self.divisor

    def still(self):
        """Draw the photograph, the kernel, and the result as it is displayed."""
        from convlib.explorables import still

        pictures = [
            still.image("input", t("image_kernels.photo_size", size=SIDE), self.image),
            still.board("kernel", t("tensor.kernel"), self.kernel),
            still.image("output", t("tensor.output"), self._displayed()),
        ]
        return still.svg(still.beside(*pictures), t("image_kernels.title"))

    def _displayed(self):
        """Return the result as pixels: grey, uint8 (256, 256), or with colours (256, 256, 3)."""
        import numpy as np

        result = self.result
        if self.display != "signed":
            shown = np.abs(result) if self.display == "absolute" else result
            return np.rint(np.clip(shown, 0, 255)).astype(np.uint8)
        return signed_colours(result)
