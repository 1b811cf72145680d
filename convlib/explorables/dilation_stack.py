"""A stack of dilated convolutions: which inputs one output uses, and by how many paths."""

import traitlets

from convlib.explorables.base import Explorable
from convlib.explorables.traits import Numbers, whole
from convlib.i18n import t

MOST, HIGHEST = 7, 32  # layers, and the rate of one
WIDEST = 127  # inputs in a row for which the picture has room
WIDTH, GUTTER, ROW = 640, 62, 40  # pixels of the still picture


class DilationStack(Explorable):
    r"""Dilated convolutions on top of each other, stride 1, and the inputs that one output uses.

    All layers have kernels of k cells along an axis. With rates :math:`d_l` the receptive field is

    .. math:: r = 1 + (k - 1) \sum_l d_l

    and the paths from an output to the inputs are the coefficients of the layers' kernels of ones
    multiplied as polynomials, :math:`\prod_l \sum_i z^{i d_l}`. An input within the field whose
    coefficient is 0 is not used. In two dimensions the counts are products of those along the axes.

    Parameters
    ----------
    kernel_size : int
        k of every layer: from 2 to 5.
    dilation : sequence of int
        The rate of each layer, the input's side first: from 1 to 7 layers, rates from 1 to 32. A
        stack whose receptive field is larger than 127 is not drawn.
    padding : {'centred', 'causal'}
        Whether the output stands over the middle of its receptive field or over the last input.
    axes : int
        Whether the picture is that of one dimension, 1, or also that of two, 2.
    step : int
        How many layers are applied, from the input's side; more than there are means all.
    column, row : int
        The input that is followed, by its distance from the output, which is at 0. One outside the
        receptive field is the nearest within it; the row counts in two dimensions alone.

    Examples
    --------
    >>> stack = DilationStack(dilation=[2, 2, 2])
    >>> stack.counts.tolist()
    [1, 0, 3, 0, 6, 0, 7, 0, 6, 0, 3, 0, 1]
    >>> stack.size, stack.used
    (13, 7)
    >>> DilationStack(kernel_size=2, dilation=[1, 2, 4, 8], padding="causal").first
    -15

    References
    ----------
    Yu and Koltun (2016), arXiv:1511.07122: rates that double. Wang et al. (2018), Understanding
    convolution for semantic segmentation, arXiv:1702.08502: inputs that no path reaches
    ("gridding"), and rates that avoid them. van den Oord et al. (2016), arXiv:1609.03499: the
    causal stack of WaveNet.
    """

    name = "dilation_stack"
    space = (516, 640)
    kernel_size = whole(3, 2, 5)
    dilation = Numbers([1, 2, 4], size=(1, MOST), value=(1, HIGHEST), whole=True).tag(
        sync=True, state=True)
    padding = traitlets.Enum(("centred", "causal"), "centred").tag(sync=True, state=True)
    axes, step = whole(1, 1, 2), whole(MOST, 0, MOST)
    column, row = whole(0, 1 - WIDEST, WIDEST - 1), whole(0, 1 - WIDEST, WIDEST - 1)

    @property
    def windows(self):
        """The `receptive.Window` of each layer that is applied.

        A ValueError where the whole stack's receptive field has no room in the picture.
        """
        from convlib import receptive, shapes

        k, windows = self.kernel_size, []
        for d in self.dilation:
            reach = shapes.dilated_size(k, d) - 1
            before = reach if self.padding == "causal" else shapes.same_padding(k, d)[0]
            windows.append(receptive.conv_window(k, padding=before, dilation=d))
        size = receptive.receptive_field(windows).size
        if size > WIDEST:
            raise ValueError(f"dilation={self.dilation} with kernel_size={k} has a receptive field "
                             f"of {size} inputs, over the {WIDEST} that are drawn: use smaller "
                             f"rates, fewer layers or a smaller kernel")
        return windows[:self.step]

    @property
    def size(self):
        """The receptive field of the layers that are applied, along one axis."""
        return len(self.counts)

    @property
    def first(self):
        """The first input of the receptive field, as a distance from the output."""
        from convlib import receptive

        return receptive.receptive_field(self.windows).of(0)[0]

    @property
    def counts(self):
        """How many paths lead to each input of the receptive field, along one axis."""
        import numpy as np

        from convlib import receptive

        windows = self.windows
        shares = receptive.effective_receptive_field(windows).weights
        return np.rint(shares * self.kernel_size**len(windows)).astype(np.int64)

    @property
    def used(self):
        """How many inputs of the receptive field at least one path reaches, along one axis."""
        import numpy as np

        return int(np.count_nonzero(self.counts))

    @property
    def parameters(self):
        """Parameters of the layers that are applied: one channel, no bias, ``axes`` dimensions."""
        from convlib import costs

        return len(self.windows) * costs.conv_parameters(1, 1, (self.kernel_size,) * self.axes,
                                                         bias=False)

    @property
    def chosen(self):
        """The input that is followed, ``(row, column)``; the row is 0 in one dimension."""
        first = self.first
        row, column = (min(max(at, first), first + self.size - 1) for at in (self.row, self.column))
        return (row if self.axes == 2 else 0), column

    @property
    def paths(self):
        """How many paths lead to the input that is followed."""
        row, column = (int(self.counts[at - self.first]) for at in self.chosen)
        return row * column if self.axes == 2 else column

    @property
    def places(self):
        """For the input and each layer that is applied, on which places the output depends."""
        places = [[0]]
        for window in reversed(self.windows):
            places.insert(0, sorted({at for output in places[0] for at in window.of(output)}))
        return places

    def still(self):
        """Draw the paths of one output, the unused inputs crossed out, and the counts in words."""
        import numpy as np

        from convlib.explorables import still

        try:
            counts = self.counts
        except ValueError:  # too wide to be drawn: there are its rates alone
            rates = ", ".join(map(str, self.dilation))
            return still.svg(still.text(f"{t('dilation_stack.rate')}: {rates}"),
                             t("dilation_stack.title"))
        words = " · ".join(t("dilation_stack.summary", axes=axes, size=f"{len(counts)**axes:,}",
                             used=f"{self.used**axes:,}") for axes in (1, 2))
        parts = [self._picture(), still.text(words)]
        if self.axes == 2:
            grid = np.log1p(np.outer(counts, counts))
            grey = np.uint8(np.round(255 * (1 - grid / grid.max())))
            pixels = np.kron(grey, np.ones((12, 12), np.uint8))
            parts.append(still.image("input", t("dilation_stack.map"), pixels, side=220))
        return still.svg(still.below(*parts), t("dilation_stack.title"))

    def _picture(self):
        """Return the layers as a picture, the input at the bottom."""
        from convlib.explorables import still

        places, windows = self.places, self.windows
        first, top = places[0][0], len(windows) * ROW + 8
        unit = min((WIDTH - GUTTER) / self.size, 36)
        x = {at: GUTTER + (at - first + 0.5) * unit for at in range(first, first + self.size)}
        y = [top - level * ROW for level in range(len(places))]
        parts = [f'<line class="cv-dilation-link" x1="{x[n]:.4g}" y1="{y[level + 1]}" '
                 f'x2="{x[m]:.4g}" y2="{y[level]}"/>'
                 for level, window in enumerate(windows)
                 for n in places[level + 1] for m in window.of(n)]
        radius = min(max(unit * 0.3, 1), 5)
        for level, row in enumerate(places):
            label = (f"{t('dilation_stack.rate')} {self.dilation[level - 1]}" if level
                     else t("tensor.input"))
            kind = "output" if level else "input"
            parts.append(f'<text class="cv-swatch-{kind}" x="0" y="{y[level] + 4}" '
                         f'font-size="12">{label}</text>')
            parts += [f'<circle class="cv-still-{kind}" cx="{x[at]:.4g}" cy="{y[level]}" '
                      f'r="{radius:.4g}"/>' for at in row]
        parts += [_cross(x[at], top, radius) for at in x if at not in places[0]]
        return still.Picture("".join(parts), WIDTH, top + 8)


def _cross(x, y, r):
    return (f'<path class="cv-dilation-hole" d="M{x - r:.4g} {y - r:.4g}l{2 * r:.4g} {2 * r:.4g}'
            f'm0 {-2 * r:.4g}l{-2 * r:.4g} {2 * r:.4g}"/>')
