"""Flip and slide: one-dimensional convolution as an overlap of two signals."""

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.traits import Numbers
from convlib.i18n import t

LONGEST = 16
LARGEST = 4


def _signal(default):
    return Numbers(default, size=(1, LONGEST), value=(-LARGEST, LARGEST)).tag(sync=True, state=True)


class FlipAndSlide(Explorable):
    """Two signals, one of which slides along the other: each overlap is one output value.

    Convolution flips g first, ``out[n] = sum of f[q] * g[n - q]`` for n from 0. Cross-correlation
    slides g as it is, ``out[n] = sum of f[q] * g[q - n]``, with the lags n from ``-(len(g) - 1)``.
    Both have ``len(f) + len(g) - 1`` values.

    Parameters
    ----------
    f, g : sequence of float
        The signals: from 1 to 16 numbers from -4 to 4.
    operation : {'convolution', 'cross-correlation'}
        Whether g is flipped.
    n : int
        Which output value is shown: the shift, the same in both operations. Where an operation has
        no such output, the nearest is shown.

    Examples
    --------
    >>> FlipAndSlide(f=[0, 1, 0], g=[1, 2, 3]).result.tolist()
    [0.0, 1.0, 2.0, 3.0, 0.0]
    >>> FlipAndSlide(f=[0, 1, 0], g=[1, 2, 3], operation="cross-correlation").result.tolist()
    [0.0, 3.0, 2.0, 1.0, 0.0]
    """

    name = "flip_slide"
    space = (540, 600)
    f = _signal([0.0, 1.0, 2.0, 1.0, 0.0])
    g = _signal([1.0, 2.0, 3.0, 4.0])
    operation = traitlets.Enum(["convolution", "cross-correlation"], "convolution").tag(
        sync=True, state=True)
    n = traitlets.Int(3, min=1 - LONGEST, max=2 * LONGEST - 2).tag(sync=True, state=True)

    @property
    def lags(self):
        """The n of each value of ``result``."""
        import numpy as np

        first = 0 if self.operation == "convolution" else 1 - len(self.g)
        return np.arange(first, first + len(self.f) + len(self.g) - 1)

    @property
    def result(self):
        """The whole output: the full convolution or cross-correlation of f and g."""
        import numpy as np

        from convlib import signal

        operation = signal.convolve if self.operation == "convolution" else signal.correlate
        return operation(np.array(self.f), np.array(self.g))

    def still(self):
        """Draw the two signals, and the whole output below them."""
        from convlib.explorables import still

        signals = still.beside(still.bars("input", "f", self.f), still.bars("kernel", "g", self.g),
                               gap=60)
        operation = t(f"flip_slide.{self.operation.replace('-', '_')}")
        out = still.bars("output", f"out[n]: {operation}", self.result, first=self.lags[0])
        return still.svg(still.below(signals, out), t("flip_slide.title"))
