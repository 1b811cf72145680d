"""Channel mixer: a 1x1 convolution is one small matrix, applied to every pixel alike."""

import traitlets

from convlib.explorables.photo import OfPhoto, middle_square, signed_colours
from convlib.explorables.traits import Grid, Numbers
from convlib.i18n import t

SIDE = 170  # of the photograph as it is shown: a third of the astronaut's 512
LARGEST = 4  # of a weight and of a bias
NAMES = "RGB"
TOLERANCE = 1e-6  # below it a value counts as within 0 to 1: sums of weights round
PHOTOS = ("astronaut", "chelsea", "coffee", "retina")

_IDENTITY = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
_LUMINANCE = ((0.213, 0.715, 0.072),) * 3
_COLOUR = tuple(tuple(one - grey for one, grey in zip(*rows, strict=True))
                for rows in zip(_IDENTITY, _LUMINANCE, strict=True))
_TURN = ((-0.213, -0.715, 0.928), (0.143, 0.140, -0.283), (-0.787, 0.715, 0.072))

# Each preset's weight is a sum of matrices, the first as it is, the others times a factor; and its
# bias. Only `hue` (cosine and sine of the angle) and `saturation` (the amount) have factors.
PRESETS = {
    "identity": ((_IDENTITY,), 0),
    "grey": ((((0.299, 0.587, 0.114),),), 0),
    "mean": ((((1 / 3, 1 / 3, 1 / 3),),), 0),
    "redness": ((((1, -0.5, -0.5),),), 0),
    "swap": ((_IDENTITY[::-1],), 0),
    "negative": ((((-1, 0, 0), (0, -1, 0), (0, 0, -1)),), 1),
    "sepia": ((((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131)),), 0),
    "saturation": ((_LUMINANCE, _COLOUR), 0),
    "hue": ((_LUMINANCE, _COLOUR, _TURN), 0),
}


class ChannelMixer(OfPhoto):
    r"""A 1x1 convolution of a colour photograph: each output channel is a mix of the three inputs.

    .. math:: y[o, r, c] = b[o] + \sum_m w[o, m]\, x[m, r, c]

    Values run from 0 to 1. Three output channels are shown as a colour, two as red and green, one
    as a grey, or, where it has negative values, by the diverging map of signed values.

    Parameters
    ----------
    photo : {'astronaut', 'chelsea', 'coffee', 'retina'}
        A photograph of `convlib.data.photo`, 170 x 170 pixels of it.
    preset : {'identity', 'grey', 'mean', 'redness', 'swap', 'negative', 'sepia', 'saturation', \
'hue', 'own'}
        Which weights and bias are used; ``'own'`` if ``matrix`` or ``offset`` is given.
    matrix : array_like, shape (C_out, 3)
        One's own weights, from -4 to 4: a row for each of one to three output channels, the columns
        red, green and blue.
    offset : array_like, shape (3,)
        One's own bias, from -4 to 4; numbers behind the last output channel are passed over.
    angle : int
        By how many degrees ``'hue'`` turns the hue: from 0 to 360.
    amount : float
        Of ``'saturation'``: from 0 (grey) over 1 (unchanged) to 3.
    order : {'kept', 'shuffled', 'restored'}
        Whether the pixels are put in a random order first, and whether those of the output are
        put back to their places.
    seed : int
        Of the random order.
    row, column : int
        The pixel whose sums are spelled out, by its place in the photograph.

    Notes
    -----
    ``'grey'`` is the luma E'_Y of Rec. ITU-R BT.601. ``'sepia'``, ``'saturation'`` and ``'hue'``
    are the matrices of the CSS filters sepia(), saturate() and hue-rotate().

    References
    ----------
    Rec. ITU-R BT.601-7 (2011), section 2.5.1, https://www.itu.int/rec/R-REC-BT.601.
    W3C, Filter Effects Module Level 1, sections "feColorMatrix" and "sepia()",
    https://www.w3.org/TR/filter-effects-1/.

    Examples
    --------
    >>> mixer = ChannelMixer(preset="grey")
    >>> mixer.input.shape, mixer.weight.shape, mixer.output.shape
    ((3, 170, 170), (1, 3, 1, 1), (1, 170, 170))
    >>> ChannelMixer(matrix=[[0, 0, 1], [0, 1, 0], [1, 0, 0]]).bias
    array([0., 0., 0.])
    """

    name = "channel_mixer"
    space = (485, 735)
    photo = traitlets.Enum(PHOTOS, "astronaut").tag(sync=True, state=False)
    presets = traitlets.Dict(PRESETS, read_only=True).tag(sync=True, state=False)
    seed = traitlets.Int(0, min=0, max=9999).tag(sync=True, state=False)
    preset = traitlets.Enum([*PRESETS, "own"], "sepia").tag(sync=True, state=True)
    matrix = Grid(_IDENTITY, rows=(1, 3), columns=(3, 3),
                  value=(-LARGEST, LARGEST)).tag(sync=True, state=True)
    offset = Numbers([0.0, 0.0, 0.0], size=(3, 3),
                     value=(-LARGEST, LARGEST)).tag(sync=True, state=True)
    angle = traitlets.Int(120, min=0, max=360).tag(sync=True, state=True)
    amount = traitlets.Float(2.0, min=0, max=3).tag(sync=True, state=True)
    order = traitlets.Enum(["kept", "shuffled", "restored"], "kept").tag(sync=True, state=True)
    row = traitlets.Int(120, min=0, max=SIDE - 1).tag(sync=True, state=True)
    column = traitlets.Int(60, min=0, max=SIDE - 1).tag(sync=True, state=True)

    def __init__(self, **state):
        if {"matrix", "offset"} & state.keys():
            state = {"preset": "own"} | state
        super().__init__(**state)

    @property
    def _square(self):
        """The middle of the photograph, shape (3, 170, 170), uint8."""
        from convlib import data

        return middle_square(data.photo(self.photo), SIDE)

    @property
    def _places(self):
        """The random order: the index in the photograph of each shuffled pixel."""
        from convlib.explorables.random import permutation

        return permutation(self.seed, SIDE * SIDE)

    @property
    def input(self):
        """What is convolved: the photograph, shuffled or not; shape (3, 170, 170), float64."""
        pixels = self._square / 255
        if self.order == "kept":
            return pixels
        return pixels.reshape(3, -1)[:, self._places].reshape(pixels.shape)

    @property
    def weight(self):
        """The weights: shape (C_out, 3, 1, 1)."""
        import numpy as np

        if self.preset == "own":
            weight = np.array(self.matrix)
        else:
            turn = np.deg2rad(self.angle)
            factors = {"saturation": [1, self.amount], "hue": [1, np.cos(turn), np.sin(turn)]}
            weight = np.tensordot(factors.get(self.preset, [1.0]), PRESETS[self.preset][0], 1)
        return weight[:, :, np.newaxis, np.newaxis]

    @property
    def bias(self):
        """The bias: shape (C_out,)."""
        import numpy as np

        own = self.preset == "own"
        bias = self.offset if own else [PRESETS[self.preset][1]] * 3
        return np.array(bias[:len(self.weight)], dtype=float)

    @property
    def output(self):
        """The output before any display: shape (C_out, 170, 170), float64."""
        import numpy as np

        from convlib import functional

        mixed = functional.conv2d(self.input, self.weight, self.bias)
        if self.order != "restored":
            return mixed
        restored = np.empty_like(mixed).reshape(len(mixed), -1)
        restored[:, self._places] = mixed.reshape(len(mixed), -1)
        return restored.reshape(mixed.shape)

    @property
    def outside(self):
        """The share of the output's values below 0 or above 1: a display has to cut them off."""
        output = self.output
        return float(((output < -TOLERANCE) | (output > 1 + TOLERANCE)).mean())

    def still(self):
        """Draw the photograph, the weights and the bias, and the output as it is displayed."""
        import numpy as np

        from convlib.explorables import still

        pictures = [
            still.image("input", t("tensor.input"),
                        np.rint(np.moveaxis(self.input, 0, -1) * 255).astype(np.uint8), side=150),
            still.board("kernel", t("channel_mixer.weight"), self.weight[:, :, 0, 0].round(3),
                        cell=40),
            still.board("kernel", t("channel_mixer.bias"), self.bias[:, np.newaxis].round(3),
                        cell=40),
            still.image("output", t("tensor.output"), self._displayed(), side=150),
        ]
        return still.svg(still.beside(*pictures), t("channel_mixer.title"))

    def _displayed(self):
        """Return the output as pixels, uint8: grey (170, 170), or colours (170, 170, 3)."""
        import numpy as np

        output = self.output.round(9)  # the same pixels, in whatever order a machine sums
        if len(output) == 1 and output.min() < -TOLERANCE:
            return signed_colours(output[0])
        shown = np.rint(np.clip(output, 0, 1) * 255).astype(np.uint8)
        if len(output) == 1:
            return shown[0]
        colours = np.zeros((*output.shape[1:], 3), np.uint8)
        colours[..., :len(output)] = np.moveaxis(shown, 0, -1)
        return colours
