"""Deconvolution: a photograph, blurred and noisy, and four ways that are said to undo that."""

import traitlets

from convlib.explorables.photo import OfPhoto, grey_square
from convlib.explorables.traits import whole
from convlib.i18n import t

INNER, FRAME = 96, 16  # of the photograph as it is shown, and the dark frame around it
SIDE = INNER + 2 * FRAME  # a power of 2, for the page's Fourier transform
PHOTOS = ("astronaut", "camera", "chelsea", "coins")
METHODS = ("transposed", "inverse", "wiener", "richardson")
DRAWS, LARGEST = 4, 1000  # a pixel's noise is a sum of so many whole numbers, at most that large


def _number(default, low, high):
    return traitlets.Float(default, min=low, max=high).tag(sync=True, state=True)


class Deconvolution(OfPhoto):
    r"""A blurred, noisy photograph, and its restorations beside a transposed convolution.

    .. math:: y = h * x + \sigma_n\, n, \qquad \hat X[u] = G[u]\, Y[u]

    with :math:`G = 1/H` (inverse filter), :math:`H / (H^2 + \lambda)` (Wiener) or :math:`H`
    (transposed convolution). Richardson and Lucy's corrections are no such product.

    Grey values run from 0 to 1. The photograph has a dark frame that is wider than the kernel's
    reach: beyond the border there is nothing, whether convolution takes it as circular or as 0.

    Parameters
    ----------
    photo : {'astronaut', 'camera', 'chelsea', 'coins'}
        A photograph of `convlib.data.photo`, 96 x 96 pixels of it in grey, framed to 128 x 128.
    method : {'transposed', 'inverse', 'wiener', 'richardson'}
        What is done with the blurred picture.
    log_balance : float
        Wiener's :math:`\lambda` as its decimal logarithm: from -8 to 0.
    steps : int
        Number of Richardson and Lucy's corrections: from 1 to 100.
    noise : float
        Standard deviation of the noise: from 0 to 0.05.
    blur : {'gaussian', 'box'}
        The kernel.
    sigma : float
        Of the Gaussian, in pixels: from 0.5 to 3. It is cut off at 4 sigma.
    reach : int
        The box has 2 reach + 1 pixels a side: from 1 to 7.
    seed : int
        Of the noise: from 0 to 9999.

    References
    ----------
    Gonzalez and Woods, Digital Image Processing, sections 5.7 and 5.8.

    Examples
    --------
    >>> restoring = Deconvolution(method="wiener", log_balance=-3)
    >>> restoring.image.shape, restoring.kernel.shape, restoring.restored.shape
    ((128, 128), (17, 17), (128, 128))
    >>> restoring.peak_ratio(restoring.restored) > restoring.peak_ratio(restoring.blurred)
    True
    """

    name = "deconvolution"
    space = (450, 705)
    photo = traitlets.Enum(PHOTOS, "camera").tag(sync=True, state=False)
    seed = traitlets.Int(0, min=0, max=9999).tag(sync=True, state=False)
    method = traitlets.Enum(METHODS, "transposed").tag(sync=True, state=True)
    log_balance = _number(-4.0, -8, 0)
    steps = whole(20, 1, 100)
    noise = _number(0.001, 0, 0.05)
    blur = traitlets.Enum(["gaussian", "box"], "gaussian").tag(sync=True, state=True)
    sigma = _number(2.0, 0.5, 3)
    reach = whole(3, 1, 7)

    @property
    def _square(self):
        return grey_square(self.photo, INNER)

    @property
    def image(self):
        """The photograph in its frame: shape (128, 128), float64, from 0 to 1."""
        import numpy as np

        return np.pad(self._square / 255, FRAME)

    @property
    def kernel(self):
        """What blurs it: shape (k, k), its sum 1."""
        import numpy as np

        return np.outer(self._taps, self._taps)

    @property
    def _taps(self):
        import numpy as np

        if self.blur == "box":
            return np.full(2 * self.reach + 1, 1 / (2 * self.reach + 1))
        end = int(np.ceil(4 * self.sigma))
        taps = np.exp(-np.arange(-end, end + 1) ** 2 / (2 * self.sigma**2))
        return taps / taps.sum()

    @property
    def blurred(self):
        """The blurred picture with its noise: shape (128, 128), float64."""
        from convlib.signal import convolve

        return convolve(self.image, self.kernel, "same") + self.noise * noise_field(self.seed, SIDE)

    @property
    def restored(self):
        """What the method makes of the blurred picture: shape (128, 128), before any display."""
        import numpy as np

        from convlib import deconvolution, functional

        y, h = self.blurred, self.kernel
        match self.method:
            case "transposed":
                return functional.conv_transpose2d(y[None], h[None, None], None, 1, len(h) // 2)[0]
            case "inverse":
                return deconvolution.inverse_filter(y, h)
            case "wiener":
                return deconvolution.wiener(y, h, 10**self.log_balance)
        return deconvolution.richardson_lucy(np.maximum(y, 0), h, self.steps)

    def peak_ratio(self, picture):
        """Return the peak signal-to-noise ratio of a picture, in dB, without the frame."""
        from skimage.metrics import peak_signal_noise_ratio

        inside = (slice(FRAME, -FRAME),) * 2
        return float(peak_signal_noise_ratio(self.image[inside], picture[inside], data_range=1))

    def still(self):
        """Draw the photograph, the blurred picture, and what the method makes of it."""
        import numpy as np

        from convlib.explorables import still

        def pixels(picture):  # rounded: the same ones, in whatever order a machine sums
            grey = np.rint(np.clip(picture.round(9), 0, 1) * 255).astype(np.uint8)
            return grey.repeat(2, axis=0).repeat(2, axis=1)  # which `image` halves

        pictures = [
            still.image(kind, caption, pixels(picture), side=190)
            for kind, caption, picture in (
                ("original", t("deconvolution.original"), self.image),
                ("input", t("deconvolution.blurred"), self.blurred),
                ("output", t(f"deconvolution.{self.method}"), self.restored))]
        return still.svg(still.beside(*pictures), t("deconvolution.title"))


def noise_field(seed, side):
    """Return noise of variance 1, nearly normal, that the page draws alike.

    Parameters
    ----------
    seed : int
        From 0 to 2147483645.
    side : int
        Height and width.

    Returns
    -------
    ndarray, shape (side, side), float64
        Sums of four whole numbers from -1000 to 1000, divided by their standard deviation.

    Raises
    ------
    ValueError
        If the seed is out of range.

    Examples
    --------
    >>> noise_field(7, 2).round(2).tolist()
    [[-0.06, 0.46], [-0.56, -0.12]]
    """
    import numpy as np

    from convlib.explorables.random import random_tensors

    (draws,) = random_tensors(seed, ((side, side, DRAWS), -LARGEST, LARGEST))
    return draws.sum(axis=2) / np.sqrt(DRAWS * ((2 * LARGEST + 1) ** 2 - 1) / 12)
