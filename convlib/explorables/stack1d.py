"""A stack of one-dimensional layers, and the input samples on which one of its outputs depends."""

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.traits import Numbers, filled
from convlib.i18n import t

MOST, LONGEST, SHORTEST = 4, 40, 8  # layers; samples of the input
WIDEST, BLOCK = 5, 4  # weights of a kernel; recorded samples that are averaged to one
WIDTH, GUTTER, ROW, CELL = 640, 80, 58, 30  # pixels of the still picture
SIGNALS = ("heartbeat", "speech", "impulse")


def _around_the_peak(recording):
    """Return the samples around the largest one: block averages from -1 to 1, two decimals.

    They are counted from the median, which is where a recording rests.
    """
    import numpy as np

    x = recording - np.median(recording)
    start = int(np.abs(x).argmax()) - LONGEST * BLOCK // 2 - BLOCK // 2
    means = x[start:start + LONGEST * BLOCK].reshape(LONGEST, BLOCK).mean(axis=1)
    return np.round(means / np.abs(means).max(), 2)


def _signal(name):
    """Return the longest input of a name, shape (40,); shorter ones are its middle."""
    import numpy as np

    from convlib import data

    if name == "impulse":
        return np.eye(LONGEST)[LONGEST // 2]
    return _around_the_peak(data.ecg() if name == "heartbeat" else data.speech().astype(float))


def _settings(low, high, default=1):
    return Numbers([default], size=(1, MOST), value=(low, high), whole=True).tag(
        sync=True, state=True)


class Stack1d(Explorable):
    """One to four layers of one-dimensional convolution, one channel, and what one output reaches.

    ``kernel_size``, ``stride`` and ``dilation`` are lists, the input's side first: where a list is
    shorter than the stack, its last number stands for the layers behind it.

    Parameters
    ----------
    signal : {'heartbeat', 'speech', 'impulse'}
        The input: 40 averages of four samples of `convlib.data.ecg` or `convlib.data.speech`, or a
        single 1.
    length : int
        How many samples of it are taken, from its middle: from 8 to 40.
    layers : int
        From 1 to 4.
    kernel_size, stride, dilation : sequence of int
        Of each layer: from 1 to 5, from 1 to 3, from 1 to 8.
    padding : {'valid', 'centred', 'causal'}
        No zeros; d(k - 1) zeros shared by both ends, so that stride 1 keeps the size; or all of
        them before the first sample, so that no output depends on a later input.
    weights : {'mean', 'difference', 'own'}
        What every layer's kernel is: k times 1/k; -1, zeros and 1 (for k = 1 the 1 alone); or the
        first k numbers of ``own``.
    own : sequence of float
        Five numbers from -2 to 2.
    output : int
        Which output of the last layer is followed, from 0. One after the last shows the last.
    layer : int
        Which layer the controls set, from 1. One after the last is the last.

    Examples
    --------
    >>> stack = Stack1d(layers=2, kernel_size=[5], length=14)
    >>> [len(values) for values in stack.values]
    [14, 10, 6]
    >>> stack.field.size, stack.field.of(0)
    (9, (0, 8))
    >>> wavenet = Stack1d(layers=4, kernel_size=[2], dilation=[1, 2, 4, 8], padding="causal")
    >>> wavenet.field.of(20)
    (5, 20)

    References
    ----------
    van den Oord et al. (2016), WaveNet, arXiv:1609.03499: causal layers with doubled dilations.
    """

    name = "stack1d"
    space = (540, 680)
    signal = traitlets.Enum(SIGNALS, "heartbeat").tag(sync=True, state=True)
    length = traitlets.Int(32, min=SHORTEST, max=LONGEST).tag(sync=True, state=True)
    layers = traitlets.Int(3, min=1, max=MOST).tag(sync=True, state=True)
    kernel_size = _settings(1, WIDEST, 3)
    stride, dilation = _settings(1, 3), _settings(1, 8)
    padding = traitlets.Enum(("valid", "centred", "causal"), "valid").tag(sync=True, state=True)
    weights = traitlets.Enum(("mean", "difference", "own"), "mean").tag(sync=True, state=True)
    own = Numbers([1.0, 0.5, 0.0, -0.5, -1.0], size=(WIDEST, WIDEST), value=(-2, 2)).tag(
        sync=True, state=True)
    output = traitlets.Int(12, min=0, max=LONGEST - 1).tag(sync=True, state=True)
    layer = traitlets.Int(1, min=1, max=MOST).tag(sync=True, state=True)
    samples = traitlets.Dict(read_only=True).tag(sync=True, state=False)

    @traitlets.default("samples")
    def _samples(self):
        return {name: _signal(name).tolist() for name in SIGNALS}

    @property
    def input(self):
        """The input signal, shape ``(length,)``."""
        start = (LONGEST - self.length) // 2
        return _signal(self.signal)[start:start + self.length]

    @property
    def settings(self):
        """(k, s, d, (before, after)) of each layer, the zeros last."""
        lists = (filled(values, self.layers) for values in
                 (self.kernel_size, self.stride, self.dilation))
        return [(k, s, d, self._pads(k, d)) for k, s, d in zip(*lists, strict=True)]

    def _pads(self, kernel_size, dilation):
        from convlib import shapes

        if self.padding == "centred":
            return shapes.same_padding(kernel_size, dilation)
        return (dilation * (kernel_size - 1) if self.padding == "causal" else 0), 0

    def weight(self, kernel_size):
        """Return the kernel of a layer of this size, shape ``(kernel_size,)``."""
        import numpy as np

        if self.weights == "mean":
            return np.full(kernel_size, 1 / kernel_size)
        if self.weights == "own":
            return np.array(self.own[:kernel_size])
        difference = np.zeros(kernel_size)
        difference[0], difference[-1] = -1, 1
        return difference

    @property
    def values(self):
        """The input and the output of each layer: a list of signals.

        A ValueError where a kernel does not fit its layer's input.
        """
        from convlib import functional

        values = [self.input]
        for k, s, d, pads in self.settings:
            values.append(functional.conv1d(
                values[-1][None], self.weight(k)[None, None], stride=s, padding=(pads,),
                dilation=d)[0])
        return values

    @property
    def windows(self):
        """The `receptive.Window` of each layer."""
        from convlib import receptive

        return [receptive.conv_window(k, stride=s, padding=before, dilation=d)
                for k, s, d, (before, _) in self.settings]

    @property
    def field(self):
        """The `receptive.ReceptiveField` of the last layer's outputs."""
        from convlib import receptive

        return receptive.receptive_field(self.windows)

    @property
    def seen(self):
        """On what the chosen output depends: for the input and each layer, a sorted list of places.

        Zeros of the padding are left out, so the first list holds input samples alone.
        """
        sizes = [len(values) for values in self.values]
        seen = [[min(self.output, sizes[-1] - 1)]]
        for window, size in zip(self.windows[::-1], sizes[-2::-1], strict=True):
            below = {place for output in seen[0] for place in window.of(output)}
            seen.insert(0, sorted(place for place in below if 0 <= place < size))
        return seen

    @property
    def places(self):
        """(start, jump) of the input and each layer: value n stands over input start + n jump.

        That is the middle of what it reaches; where the padding is causal, it is the last of it.
        """
        from convlib import receptive

        field, places = receptive.ReceptiveField(), [(0.0, 1.0)]
        for window in self.windows:
            field = field.through(window)
            start = field.of(0)[1] if self.padding == "causal" else field.offset
            places.append((float(start), float(field.jump)))
        return places

    def still(self):
        """Draw the rows of values with the links of the chosen output, and what it reaches."""
        from convlib.explorables import still

        try:
            values, seen = self.values, self.seen
        except ValueError:  # a kernel does not fit: there is the input alone
            return still.svg(self._picture([self.input], [[]]), t("stack1d.title"))
        place = min(self.output, len(values[-1]) - 1)
        first, last = map(still.number, self.field.of(place))
        reached = t("stack1d.reaches", first=first, last=last, size=self.field.size)
        words = still.text(f"y[{place}] = {still.number(values[-1][place])}   {reached}")
        return still.svg(still.below(self._picture(values, seen), words), t("stack1d.title"))

    def _picture(self, values, seen):
        """Return the rows as a picture, the input at the bottom."""
        import numpy as np

        from convlib.explorables import still

        names = [t(f"stack1d.{self.signal}"),
                 *(t("stack1d.layer_name", layer=i) for i in range(1, len(values)))]
        unit, parts, spots = (WIDTH - GUTTER) / self.length, [], []
        for level, (start, jump) in enumerate(self.places[:len(values)]):
            xs = GUTTER + (start + jump * np.arange(len(values[level])) + 0.5) * unit
            y, kind = (len(values) - 1 - level) * ROW, "output" if level else "input"
            spots.append((xs, y))
            parts += [f'<text class="cv-swatch-{kind}" x="0" y="{y + CELL / 2 + 4:g}" '
                      f'font-size="12">{names[level]}</text>',
                      *(_mark(xs[n], y, unit) for n in seen[level]),
                      *_bars(kind, values[level], xs, y, unit)]
        return still.Picture(self._links(spots, seen) + "".join(parts), WIDTH,
                             ROW * (len(values) - 1) + CELL)

    def _links(self, spots, seen):
        """Return the lines from each value that counts to those below on which it depends."""
        lines = []
        for level, window in enumerate(self.windows[:len(spots) - 1]):
            (below, bottom), (above, top) = spots[level:level + 2]
            lines += [f'<line class="cv-still-link" x1="{above[n]:.4g}" y1="{top + CELL:g}" '
                      f'x2="{below[m]:.4g}" y2="{bottom:g}"/>'
                      for n in seen[level + 1] for m in window.of(n) if m in seen[level]]
        return "".join(lines)


def _mark(x, y, unit):
    return (f'<rect class="cv-still-kernel" x="{x - unit / 2:.4g}" y="{y:g}" width="{unit:.4g}" '
            f'height="{CELL}" fill-opacity="0.22"/>')


def _bars(kind, values, xs, y, unit):
    """Yield a bar for each value, from the row's own line of zero."""
    high, low = max(values.max(), 0), min(values.min(), 0)
    scale = CELL / ((high - low) or 1)
    zero = y + high * scale
    for value, x in zip(values, xs, strict=True):
        yield (f'<rect class="cv-still-{kind}" x="{x - unit * 0.35:.4g}" '
               f'y="{min(zero, zero - value * scale):.4g}" width="{unit * 0.7:.4g}" '
               f'height="{max(abs(value) * scale, 1):.4g}"/>')
