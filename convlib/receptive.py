"""Receptive fields, exact through any layers: the only position where they are computed.

Everything is along one axis. Which inputs a layer's outputs see is a `Window`; a
`ReceptiveField` is the range that is left of the windows of a whole stack, a `ListedField` the same
where no pattern repeats, an `EffectiveField` how much each input counts in it.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd, inf, lcm

import numpy as np

from convlib import _check as check
from convlib import shapes

PERIOD = 2**16  # different outputs in a row: more than any network has, few enough to list
REACH = 2**24  # inputs to weigh one by one
LISTED = 2**20  # inputs to go through for all outputs of one map


class IrregularError(ValueError):
    """What outputs see repeats in no pattern, or in one too long to list."""


@dataclass(frozen=True)
class Window:
    """Which inputs a layer's outputs see, along one axis.

    The pattern repeats: P outputs on (P is 1 for a convolution, s for a transposed one), the
    inputs are the same ones, ``advance`` further. Borders play no part: inputs before 0 are
    padding.

    Parameters
    ----------
    inputs : tuple of range
        For each of the first P outputs, the inputs that it sees, in rising order; a range can
        be empty.
    advance : int
        How many inputs further the pattern starts again.

    Examples
    --------
    >>> conv_window(3, stride=2, padding=1)
    Window(inputs=(range(-1, 2),), advance=2)
    >>> conv_window(3, stride=2, padding=1).of(5)
    range(9, 12)
    """

    inputs: tuple
    advance: int

    def of(self, output):
        """Return the inputs that an output sees, as a range."""
        (output,) = check.counts(-inf, output=output)
        turn, phase = divmod(output, len(self.inputs))
        seen, moved = self.inputs[phase], turn * self.advance
        return range(seen.start + moved, seen.stop + moved, seen.step)

    @property
    def jump(self):
        """How many inputs the window moves from one output to the next, as a fraction."""
        return Fraction(self.advance, len(self.inputs))

    @property
    def offset(self):
        """Where output 0 stands among the inputs: the mean distance of what outputs see."""
        distances = sum(
            len(seen) * (Fraction(seen[0] + seen[-1], 2) - output * self.jump)
            for output, seen in enumerate(self.inputs) if seen
        )
        return distances / sum(map(len, self.inputs))


def conv_window(kernel_size, *, stride=1, padding=0, dilation=1):
    """Return the window of a convolution or a pooling: inputs s·o - p + d·m, m from 0 to k - 1.

    Parameters
    ----------
    kernel_size, stride, dilation : int
        k, s and d.
    padding : int
        p: the zeros before the input. Those behind it move no window.

    Examples
    --------
    >>> conv_window(3, dilation=2)
    Window(inputs=(range(0, 5, 2),), advance=1)
    """
    k, s, d = check.counts(kernel_size=kernel_size, stride=stride, dilation=dilation)
    (p,) = check.counts(0, padding=padding)
    return Window((range(-p, shapes.dilated_size(k, d) - p, d),), s)


def conv_transpose_window(kernel_size, *, stride=1, padding=0, dilation=1):
    """Return the window of a transposed convolution: inputs i with s·i + d·m = o + p for some m.

    Where s does not divide k the outputs do not see equally many: the checkerboard.

    Parameters
    ----------
    kernel_size, stride, dilation : int
        k, s and d.
    padding : int
        p: how many outputs are cut off at the start.

    Examples
    --------
    >>> conv_transpose_window(3, stride=2).inputs
    (range(-1, 1), range(0, 1))
    """
    k, s, d = check.counts(kernel_size=kernel_size, stride=stride, dilation=dilation)
    (p,) = check.counts(0, padding=padding)
    _countable(s, f"stride={s}")
    common = gcd(s, d)
    apart, step = s // common, d // common  # of the cells that meet an input, and of those inputs
    inputs = []
    for position in range(p, p + s):
        cells = range(0)
        if position % common == 0:
            cells = range(position // common * pow(step, -1, apart) % apart, k, apart)
        # The last cell meets the first input.
        first = (position - d * cells[-1]) // s if cells else 0
        inputs.append(range(first, first + (len(cells) - 1) * step + 1 if cells else 0, step))
    return Window(tuple(inputs), 1)


def adaptive_pool_window(size, output_size):
    """Return the window of an adaptive pooling: from floor(o·i/n) up to ceil((o + 1)·i/n).

    Parameters
    ----------
    size, output_size : int
        Input size i and output size n.

    Examples
    --------
    >>> adaptive_pool_window(7, 1)
    Window(inputs=(range(0, 7),), advance=7)
    >>> adaptive_pool_window(5, 2).inputs
    (range(0, 3), range(2, 5))
    """
    i, n = check.counts(size=size, output_size=output_size)
    _countable(n, f"output_size={n}")
    return Window(tuple(range(o * i // n, -(-(o + 1) * i // n)) for o in range(n)), i)


def upsample_window(size, output_size, mode="nearest", align_corners=False, scale_factor=None):
    """Return the window of an interpolation: the nearest input, or the two around the position.

    Output o of n stands at (o + 1/2)/f - 1/2 among the i inputs, and with ``align_corners`` at
    o·(i - 1)/(n - 1). Nearest takes floor(o/f). The factor f is n/i where none is given: where one
    is, n is rounded and f is not, as in `torch.nn.Upsample` and `resampling.interpolate`.

    Parameters
    ----------
    size, output_size : int
        Input size i and output size n.
    mode : {'nearest', 'linear'}
        How many inputs are mixed.
    align_corners : bool
        Whether the first and last outputs stand on the first and last inputs.
    scale_factor : float, optional
        f. An axis that keeps its size is copied whatever f says, and 'nearest' repeats each input
        twice along one that doubles.

    Examples
    --------
    >>> upsample_window(4, 8).inputs
    (range(0, 1), range(0, 1))
    >>> upsample_window(4, 8, "linear").inputs
    (range(-1, 1), range(0, 2))
    >>> upsample_window(3, 4).jump, upsample_window(3, 4, scale_factor=1.5).jump
    (Fraction(3, 4), Fraction(2, 3))
    """
    i, n = check.counts(size=size, output_size=output_size)
    align_corners = check.flag("align_corners", align_corners)
    if not check.among(mode, ("nearest", "linear")):
        raise ValueError(f"mode={mode!r} is unknown: use 'nearest' or 'linear'")
    if scale_factor is not None and not 0 < check.number("scale_factor", scale_factor) < inf:
        raise ValueError(f"scale_factor={scale_factor!r} must be above 0 and finite")
    step, half = Fraction(i, n), Fraction(1, 2)
    if mode == "linear" and align_corners and i > 1:
        step, half = Fraction(i - 1, max(n - 1, 1)), 0
    elif not (scale_factor is None or n == i or mode == "nearest" and n == 2 * i):
        step = 1 / _simple(scale_factor)
    # A step that is no simple fraction makes no pattern: its outputs are listed up to the last.
    period, advance = min((step.denominator, step.numerator), (n, i))
    _countable(period, f"output_size={n}")
    if mode == "nearest" or i == 1:
        positions = [floor(o * step) for o in range(period)]
    else:
        positions = [(o + half) * step - half for o in range(period)]
    # A position on an input reads that one alone.
    return Window(tuple(range(floor(at), ceil(at) + 1) for at in positions), advance)


def _simple(factor):
    """Return the simplest fraction that is this float: 11/10 for 1.1, whose bits say another."""
    simple = Fraction(factor).limit_denominator(PERIOD)
    return simple if float(simple) == factor else Fraction(factor)


def _countable(period, cause):
    """Refuse a pattern that would take long to write down."""
    if period > PERIOD:
        raise IrregularError(f"{cause} makes a pattern of {period} different outputs, over the "
                             f"{PERIOD} that are listed: use a smaller stride or output size")


class Field:
    """What outputs see of a network's input: a `ReceptiveField` or a `ListedField`."""


@dataclass(frozen=True)
class ReceptiveField(Field):
    """Which range of the network's input the outputs of a stack see, along one axis.

    ``ReceptiveField()`` is that of the input itself: every input sees itself. The ranges are
    exact for any order of layers, borders left aside: like a `Window`'s they repeat, and where a
    transposed layer makes neighbours see more and less they are listed one by one.

    Parameters
    ----------
    spans : tuple of (int, int) or None
        First and last input that outputs 0, 1, … see; None for an output that sees none.
    advance : int
        How many inputs further the pattern starts again.
    offset : Fraction
        Where the first output's centre stands among the inputs, whose own centres are 0, 1, ….

    Examples
    --------
    >>> field = ReceptiveField().through(conv_window(3)).through(conv_window(3, dilation=2))
    >>> field.size
    7
    """

    spans: tuple = ((0, 0),)
    advance: int = 1
    offset: Fraction = Fraction(0)

    @property
    def size(self):
        """How many inputs in a row one output reaches over; the most, where outputs differ."""
        return max((last - first + 1 for first, last in filter(None, self.spans)), default=0)

    @property
    def jump(self):
        """How many inputs lie between the centres of neighbouring outputs, as a fraction."""
        return Fraction(self.advance, len(self.spans))

    def of(self, output):
        """Return the first and last input that an output sees, or None if it sees none."""
        (output,) = check.counts(-inf, output=output)
        turn, phase = divmod(output, len(self.spans))
        if self.spans[phase] is None:
            return None
        first, last = self.spans[phase]
        return first + turn * self.advance, last + turn * self.advance

    def through(self, window):
        """Return the receptive field behind one more layer, with this `Window`."""
        check.made_of("window", [window], Window)
        period = len(self.spans)
        turns = period // gcd(period, window.advance)
        _countable(turns * len(window.inputs), "this stack of windows")
        spans = []
        for output in range(turns * len(window.inputs)):
            seen = window.of(output)
            # A period of them at either end holds the outermost: those between lie within.
            spans.append(_hull(map(self.of, (*seen[:period], *seen[-period:]))))
        return ReceptiveField(
            tuple(spans), self.advance * turns * window.advance // period,
            self.offset + self.jump * window.offset,
        )

    def join(self, *others):
        """Return what an output sees that is the sum of branches, or one of them beside others.

        Its centre is the mean of the branches' centres.

        Raises
        ------
        ValueError
            If the outputs of the branches stand at different distances.
        """
        check.made_of("others", others, ReceptiveField)
        fields = (self, *others)
        if len({field.jump for field in fields}) > 1:
            jumps = ", ".join(str(field.jump) for field in fields)
            raise IrregularError(f"the branches' outputs lie {jumps} inputs apart: "
                                 f"they do not line up")
        period = lcm(*(len(field.spans) for field in fields))
        _countable(period, "the join of these branches")
        return ReceptiveField(
            tuple(_hull(field.of(output) for field in fields) for output in range(period)),
            int(period * self.jump), sum(field.offset for field in fields) / len(fields),
        )


@dataclass(frozen=True)
class ListedField(Field):
    """Which range of the network's input each output of one map sees, along one axis.

    It stands where a `ReceptiveField` cannot: branches whose outputs lie at different distances
    meet, or a pattern is too long. The ranges are exact, for the outputs of this map alone.

    Parameters
    ----------
    spans : tuple of (int, int) or None, or None
        First and last input that each output sees, None for one that sees none; None in place of
        the whole where they are too many to list.

    Examples
    --------
    >>> up = ReceptiveField().through(upsample_window(4, 7, "linear", align_corners=True))
    >>> field = field_of_join([up, ReceptiveField()], 4)
    >>> field.spans, field.sizes
    (((0, 0), (0, 1), (1, 2), (1, 3)), (1, 3))
    """

    spans: tuple | None

    @property
    def sizes(self):
        """The smallest and the largest number of inputs in a row that one output reaches over."""
        sizes = [last - first + 1 for first, last in filter(None, self.spans or ())]
        return (min(sizes), max(sizes)) if sizes else None

    @property
    def size(self):
        """How many inputs in a row one output reaches over, at most; None where not listed."""
        return self.sizes and self.sizes[1]

    def of(self, output):
        """Return the first and last input that an output sees, or None if it sees none."""
        (output,) = check.counts(-inf, output=output)
        return self.spans[output] if self.spans and 0 <= output < len(self.spans) else None


def field_behind(field, window, count):
    """Return the field behind one more layer: a pattern if there is one, or listed.

    Parameters
    ----------
    field : ReceptiveField or ListedField
        What the layer's inputs see.
    window : Window
        Which of them its outputs see.
    count : int
        How many outputs there are.

    Returns
    -------
    ReceptiveField or ListedField

    Examples
    --------
    >>> field_behind(ReceptiveField(), conv_window(3), 5).size
    3
    >>> listed = ListedField(((0, 0), (0, 4), (2, 4)))
    >>> field_behind(listed, conv_window(2), 2).spans
    ((0, 4), (0, 4))
    """
    check.made_of("field", [field], Field)
    check.made_of("window", [window], Window)
    (count,) = check.counts(count=count)
    if isinstance(field, ReceptiveField):
        try:
            return field.through(window)
        except IrregularError:
            pass
    elif field.spans is None:
        return field
    if count * max(map(len, window.inputs)) > LISTED:
        return ListedField(None)
    return ListedField(tuple(_hull(map(field.of, window.of(o))) for o in range(count)))


def field_of_join(fields, count):
    """Return what outputs see that are the sum of branches, or one of them beside others.

    Parameters
    ----------
    fields : sequence of ReceptiveField or ListedField
        One a branch.
    count : int
        How many outputs there are.

    Returns
    -------
    ReceptiveField or ListedField
    """
    fields = check.made_of("fields", fields, Field)
    if not fields:
        raise ValueError("fields is empty: it needs one a branch")
    (count,) = check.counts(count=count)
    if all(isinstance(field, ReceptiveField) for field in fields):
        try:
            return fields[0].join(*fields[1:])
        except IrregularError:
            pass
    if count * len(fields) > LISTED or ListedField(None) in fields:
        return ListedField(None)
    return ListedField(tuple(_hull(field.of(o) for field in fields) for o in range(count)))


def _hull(spans):
    """Return the smallest range that holds all of these, or None if there are none."""
    spans = [span for span in spans if span]
    return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else None


def receptive_field(windows):
    r"""Return the receptive field of a stack of layers, along one axis.

    For convolutions alone it is the textbook's sum, with the jump j of the layers before each:

    .. math:: r = 1 + \sum_l j_l\, d_l (k_l - 1), \qquad j_l = s_1 s_2 \cdots s_{l-1}

    A transposed layer divides the jump by its stride. There the sum is a bound which some or all
    outputs stay below, so that what they see is followed exactly instead.

    Parameters
    ----------
    windows : iterable of Window
        One a layer, the input's side first.

    Returns
    -------
    ReceptiveField

    Raises
    ------
    ValueError
        If transposed layers make a pattern too long to list.

    Examples
    --------
    >>> receptive_field(conv_window(3, dilation=d) for d in (1, 2, 4)).size
    15
    >>> field = receptive_field([conv_window(7, stride=2, padding=3), conv_window(2, stride=2)])
    >>> field.size, field.jump, field.offset
    (9, Fraction(4, 1), Fraction(1, 1))
    >>> receptive_field([conv_transpose_window(4, stride=2, padding=1)]).jump
    Fraction(1, 2)

    References
    ----------
    Araujo, Norris and Sim (2019), Computing receptive fields of convolutional neural networks,
    Distill, doi:10.23915/distill.00021.
    """
    field = ReceptiveField()
    for window in check.made_of("windows", windows, Window):
        field = field.through(window)
    return field


@dataclass(frozen=True, eq=False)
class EffectiveField:
    """How much each input counts in one output, along one axis.

    Parameters
    ----------
    first : int
        The first input that counts.
    weights : ndarray
        How much it and those behind it count.
    """

    first: int
    weights: np.ndarray

    def through(self, window):
        """Return the weights one layer nearer to the input, each output's spread over its inputs.

        Every cell of the kernel weighs the same, and those of an average output 1 together.
        """
        check.made_of("window", [window], Window)
        seen = [(window.of(self.first + n), w) for n, w in enumerate(self.weights) if w]
        ends = [end for inputs, _ in seen if inputs for end in (inputs[0], inputs[-1])]
        if not ends:
            raise ValueError("no input counts: this output falls between the kernel's cells")
        first, length = min(ends), max(ends) - min(ends) + 1
        if length > REACH:
            raise ValueError(f"the effective field would span {length} inputs, over the {REACH} "
                             f"that are weighed: use smaller kernels")
        weights = np.zeros(length)
        cell = len(window.inputs) / sum(map(len, window.inputs))
        for inputs, weight in seen:
            if inputs:
                weights[inputs[0] - first : inputs[-1] - first + 1 : inputs.step] += cell * weight
        return EffectiveField(first, weights)

    def join(self, *others):
        """Return the sum of the weights that lead to one output through several branches."""
        check.made_of("others", others, EffectiveField)
        fields = (self, *others)
        first = min(field.first for field in fields)
        weights = np.zeros(max(field.first + len(field.weights) for field in fields) - first)
        for field in fields:
            start = field.first - first
            weights[start : start + len(field.weights)] += field.weights
        return EffectiveField(first, weights)

    @property
    def mean(self):
        """The weights' centre."""
        positions = self.first + np.arange(len(self.weights))
        return float(np.average(positions, weights=self.weights))

    @property
    def std(self):
        """The weights' standard deviation about their centre, in inputs."""
        positions = self.first + np.arange(len(self.weights))
        return float(np.sqrt(np.average((positions - self.mean) ** 2, weights=self.weights)))

    @property
    def size(self):
        """How many inputs count at least 4.55 % (1 - 95.45 %) of the one that counts most."""
        return int(np.count_nonzero(self.weights >= (1 - 0.9545) * self.weights.max()))

    def share(self, radius):
        """Return the share of the weight that lies within ``radius`` inputs of the centre."""
        if not check.number("radius", radius) >= 0:
            raise ValueError(f"radius={radius!r} must be at least 0")
        positions = self.first + np.arange(len(self.weights))
        # The centre is a rounded number; an input that stands on the edge counts as within.
        inside = np.abs(positions - self.mean) <= radius + 1e-9 * len(self.weights)
        return float(self.weights[inside].sum() / self.weights.sum())


def effective_receptive_field(windows, output=0):
    r"""Return how much each input counts in one output of a stack of layers, along one axis.

    Every kernel is taken as uniform, so that the weights are those of a stack of averages: exact,
    by composing the layers from the output back to the input. With n layers of k cells at stride 1
    they come close to a Gaussian with

    .. math:: \sigma = \sqrt{n (k^2 - 1) / 12}

    while the receptive field is n(k - 1) + 1: the share that counts shrinks as :math:`1/\sqrt n`.
    In two dimensions the weights are the product of those along the axes.

    Parameters
    ----------
    windows : sequence of Window
        One a layer, the input's side first.
    output : int
        Which output; where a transposed layer is in the stack they differ.

    Returns
    -------
    EffectiveField

    Examples
    --------
    >>> field = effective_receptive_field([conv_window(3, padding=1)] * 2)
    >>> (9 * field.weights).round(12), field.first
    (array([1., 2., 3., 2., 1.]), -2)
    >>> effective_receptive_field([conv_window(3)] * 6).std
    2.0

    References
    ----------
    Luo, Li, Urtasun and Zemel (2016), Understanding the effective receptive field in deep
    convolutional neural networks, arXiv:1701.04128, sections 2 and 3.
    """
    (output,) = check.counts(0, output=output)
    field = EffectiveField(output, np.ones(1))
    for window in reversed(check.made_of("windows", windows, Window)):
        field = field.through(window)
    return field
