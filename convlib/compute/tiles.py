"""How work is cut into blocks, where their memory is, and which numbers of a block belong together.

Everything is a volume here, with depth, height and width (`as_volume`), and a `Geometry` says how
windows lie in it. A box is a range of outputs along each of
them, ((first, last), (first, last), (first, last)): whole rows and planes, or a part of one. Where
numbers lie depends on shapes alone, and a network meets the same shapes again and again: it is
found once (`lru_cache`).
"""

import threading
from functools import lru_cache
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from convlib.shapes import kernel_span

BLOCK = 3 * 2**20  # bytes unfolded at a time: about what a processor's cache holds


class Workspace(threading.local):
    """Memory that a thread keeps from block to block, and from call to call.

    New pages from the system cost more than what is done with them.
    """

    def __init__(self):
        self._memory, self._used, self._blocks = np.empty(4 * BLOCK, np.uint8), 0, []

    def empty(self, shape, dtype):
        """Return an array that is good until its block, ``with workspace``, ends."""
        start, size = self._used, prod(shape) * dtype.itemsize
        if start + size > self._memory.size:
            return np.empty(shape, dtype)
        self._used += -(-size // 64) * 64  # cache lines
        return np.ndarray(shape, dtype, self._memory, start)

    def __enter__(self):
        """Begin a block."""
        self._blocks.append(self._used)

    def __exit__(self, *error):
        """Take back the memory of all arrays that were made in the block."""
        self._used = self._blocks.pop()


workspace = Workspace()


class Geometry(NamedTuple):
    """How windows lie: three numbers each, for depth, height and width, and the groups."""

    stride: tuple
    before: tuple  # zeros before the first number; negative where numbers are passed over
    dilation: tuple
    groups: int = 1

    @classmethod
    def of(cls, stride, pads, dilation, groups=1):
        """Return the geometry of a volume from that of a signal, an image or a volume."""
        more = 3 - len(stride)
        return cls((1,) * more + stride, (0,) * more + tuple(before for before, _ in pads),
                   (1,) * more + dilation, groups)


def as_volume(array):
    """Return a view of (N, C, …) with depth and height of 1 before the axes that are there."""
    return array.reshape(*array.shape[:2], *(1,) * (5 - array.ndim), *array.shape[2:])


def by_groups(x, w, y, geometry, cost):
    """Cut a convolution into some of some groups each, if an image does not fit in a block.

    Whole images are then unfolded in longer runs than parts of one with all their groups are. The
    cost is in bytes a position of y.
    """
    image = cost * prod(y.shape[2:])
    step = -(-geometry.groups // max(1, min(geometry.groups, -(-image // BLOCK))))
    for first, last in cut(geometry.groups, step):
        some = [slice(first * size // geometry.groups, last * size // geometry.groups)
                for size in (x.shape[1], w.shape[0], y.shape[1])]
        yield x[:, some[0]], w[some[1]], y[:, some[2]], geometry._replace(groups=last - first)


def pieces(x, y, sizes, cost):
    """Cut a batch into pieces of at most about BLOCK bytes: some images, or a box of one.

    Yields images of x, those of y, and the box of positions; cost is in bytes a position.
    """
    together = max(1, BLOCK // (cost * prod(sizes)))
    for first in range(0, len(x), together):
        images, outs = x[first : first + together], y[first : first + together]
        for box in boxes(sizes, cost * len(images)):
            with workspace:
                yield images, outs, box


def boxes(sizes, cost):
    """Cut positions into boxes of at most about BLOCK bytes: whole rows and planes where they fit.

    Returns [((first, last), …), …] for depth, height and width; cost is in bytes a position.
    """
    return _boxes(tuple(sizes), max(1, BLOCK // cost))


@lru_cache(maxsize=256)
def _boxes(sizes, room):
    cuts = []
    for size in reversed(sizes):
        count = -(-size // max(1, min(size, room)))
        step = -(-size // count)
        cuts.insert(0, cut(size, step))
        room //= size
    return list(product(*cuts))


def cut(size, step):
    """Return ranges of a step, the last of which may be shorter."""
    return [(first, min(first + step, size)) for first in range(0, size, step)]


def inside(box):
    """Return what takes a box out of an array."""
    return (..., *(slice(first, last) for first, last in box))


def part_of(outs, box, groups):
    """Return a box of outputs as (N, depths, groups, C_out/groups, positions).

    Of an array whose numbers lie in order it is a view, since a box is whole rows or a part of one.
    """
    part = outs[inside(box)].swapaxes(1, 2)
    return part.reshape(*part.shape[:2], groups, part.shape[2] // groups, -1)


class Joint(NamedTuple):
    """What a tap of the kernel joins along one axis: some outputs of a box, and as many inputs."""

    first: int  # outputs, counted from the box's first
    last: int
    start: int  # inputs, in steps of the stride
    stop: int

    @property
    def outputs(self):
        """First and last, as a slice takes them."""
        return self.first, self.last


@lru_cache(maxsize=256)
def joints(axis, kernel, size, span, geometry):
    """Return what each tap of the kernel joins along an axis: outputs t, inputs s t + d k - p.

    Of the numbers of taps and inputs, and of a box, ``kernel``, ``size`` and ``span`` are those of
    this axis.
    """
    (lo, hi), s = span, geometry.stride[axis]
    found = []
    for k in range(kernel):
        shift = geometry.dilation[axis] * k - geometry.before[axis]
        first = max(lo, -(shift // s))
        last = max(first, min(hi, (size - 1 - shift) // s + 1))
        start = s * first + shift
        found.append(Joint(first - lo, last - lo, start, start + s * (last - first)))
    return found


def _seen(axis, kernel, size, span, geometry):
    """Return (start, stop) of the inputs along an axis that the windows of a box see."""
    (lo, hi), s, p = span, geometry.stride[axis], geometry.before[axis]
    start = max(0, s * lo - p)
    stop = s * (hi - 1) - p + kernel_span(kernel, geometry.dilation[axis])
    return start, max(start, min(size, stop))


@lru_cache(maxsize=256)
def taps(kernel, sizes, box, geometry):
    """Return, for each tap of the kernel, (tap, slices of a box's outputs, slices of inputs)."""
    lines = [[(k, slice(*joint.outputs), slice(joint.start, joint.stop, geometry.stride[axis]))
              for k, joint in enumerate(joints(axis, *one, geometry))]
             for axis, one in enumerate(zip(kernel, sizes, box, strict=True))]
    return [tuple(zip(*tap, strict=True)) for tap in product(*lines)]


@lru_cache(maxsize=256)
def row_places(kernel, sizes, box, geometry, apart):
    """Return [(slices to unfold, [(row, slices of outputs, slices of what was unfolded)])].

    Rows of the kernel share what is unfolded, unless they shall be kept apart to save memory.
    """
    depths, rows, (bottom, top), (above, below) = (
        find(axis, kernel[axis], sizes[axis], box[axis], geometry)
        for find in (joints, _seen) for axis in (0, 1))
    columns, (depth_step, step, _) = box[2][1] - box[2][0], geometry.stride
    apart = apart or step * (box[1][1] - box[1][0]) <= geometry.dilation[1]
    found = []
    for (a, depth), (i, row) in product(enumerate(depths), enumerate(rows)):
        if depth.first == depth.last or row.first == row.last:
            continue
        if apart:
            bottom, top, above, below = depth.start, depth.stop, row.start, row.stop
        # Where the window steps, it meets rows of one phase, which then lie next to each other.
        first, phase = divmod(row.start - above, step)
        here = (slice(None), slice(*depth.outputs), ..., slice(*(columns * r for r in row.outputs)))
        there = (slice(None), slice(depth.start - bottom, depth.stop - bottom, depth_step), ...,
                 slice(columns * first, columns * (first + row.last - row.first)))
        found.append(((bottom, top, above + phase, below), ((a, i), here, there)))
    found.sort(key=lambda each: area(each[1][1]), reverse=True)
    sources = {}
    for source, place in found:
        sources.setdefault(source, []).append(place)
    return [((..., slice(bottom, top), slice(first, last, step), slice(None)), places)
            for (bottom, top, first, last), places in sources.items()]


def area(here):
    """Return how many outputs of a channel slices hold."""
    return (here[1].stop - here[1].start) * (here[3].stop - here[3].start)


@lru_cache(maxsize=256)
def fold_places(kernel, sizes, box, geometry):
    """Return how wide the windows of a box reach, and what is added to what, for columns and rows.

    The columns of `add_columns`'s windows belong into wide rows, and these into the outputs.
    """
    across, every = (2, kernel[2], sizes[2], box[2], geometry), slice(None)
    left, right = _seen(*across)
    columns = [((..., slice(start - left, stop - left, geometry.stride[2])),
                (every, every, every, every, j, every, every, slice(first, last)))
               for j, (first, last, start, stop) in enumerate(joints(*across))]
    rows = [((..., *there, slice(left, right)), (every, every, *tap, *here))
            for tap, here, there in taps(kernel[:2], sizes[:2], box[:2], geometry)]
    return right - left, columns, rows
