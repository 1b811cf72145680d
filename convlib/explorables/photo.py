"""Pixels: a photograph cut to a square, signed values as colours, and both as text for the page."""

import base64

import traitlets

from convlib.explorables.base import Explorable

# The colours of negative and of positive values, as `shared/pixels.js` has them.
BELOW, ABOVE = (59, 130, 196), (217, 116, 43)


class OfPhoto(Explorable):
    """An explorable of a photograph that its trait ``photo`` names; the page gets the pixels."""

    pixels = traitlets.Unicode(read_only=True).tag(sync=True, state=False)

    @traitlets.default("pixels")
    def _pixels(self):
        return as_text(self._square)

    @traitlets.observe("photo")
    def _other_photo(self, _):
        self.set_trait("pixels", self._pixels())

    @property
    def _square(self):
        """The pixels that the page gets, uint8: the image, if a subclass names no others."""
        return self.image


def middle_square(picture, side):
    """Return the middle of a picture, uint8: averaged over blocks, not resampled.

    Block averages of whole numbers are the same on every machine.

    Parameters
    ----------
    picture : ndarray, shape (…, H, W)
        Brightness from 0 to 1, channels first.
    side : int
        Height and width of the square.
    """
    import numpy as np

    block = min(picture.shape[-2:]) // side
    top, left = ((size - side * block) // 2 for size in picture.shape[-2:])
    middle = picture[..., top:top + side * block, left:left + side * block]
    blocks = middle.reshape(*picture.shape[:-2], side, block, side, block)
    return np.rint(blocks.mean(axis=(-3, -1)) * 255).astype(np.uint8)


def grey_square(name, side):
    """Return the middle of a photograph of `convlib.data.photo` in grey: (side, side), uint8."""
    import numpy as np
    from skimage.color import rgb2gray

    from convlib import data

    picture = data.photo(name)
    grey = picture if picture.ndim == 2 else rgb2gray(np.moveaxis(picture, 0, -1))
    return middle_square(grey, side)


def signed_colours(values):
    """Return values as colours, uint8 (…, 3): blue below 0, orange above, white where it is 0."""
    import numpy as np

    part = np.abs(values)[..., np.newaxis] / (np.abs(values).max() or 1)
    full = np.where(values[..., np.newaxis] < 0, BELOW, ABOVE)
    return np.rint(255 + (full - 255) * part).astype(np.uint8)


def as_text(pixels):
    """Return bytes, uint8 of any shape, as text that ``decodePixels`` of the page reads."""
    return base64.b64encode(pixels.tobytes()).decode("ascii")
