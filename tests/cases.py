"""Random layers that fit, and how results are compared: what the tests of operations share.

A case comes from one seed and one bound on its numbers: it costs little to draw, and shrinks.
"""

import threading
import tracemalloc
from typing import NamedTuple

import engines
import numpy as np
from hypothesis import strategies as st

AXES = (1, 2, 3)
KERNEL, ROOM = {1: 5, 2: 4, 3: 3}, {1: 12, 2: 5, 3: 3}  # at most: all ranks cost about the same
WHOLE = (np.int8, np.uint8, np.int32, np.int64, np.bool_)


class Numbers:
    """Random numbers from a seed; ``most`` bounds the small ones."""

    def __init__(self, seed, most):
        self.rng, self.most = np.random.default_rng(seed), most

    def one(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def small(self):
        return self.one(1, self.most)

    def each(self, axes, low, high):
        return tuple(self.rng.integers(low, high + 1, axes).tolist())

    def normal(self, *shape):
        return self.rng.standard_normal(shape)


numbers = st.builds(Numbers, st.integers(0, 2**32 - 1), st.integers(1, 4))


class Case(NamedTuple):
    """Operands of a layer in float64, its options, and how the operands are given."""

    x: np.ndarray
    w: np.ndarray
    b: np.ndarray | None
    options: dict
    whole: tuple  # types of whole numbers for x and for w
    layout: int

    def operands(self, *kinds):
        """Return x, w and b in a type, or in one for x and one for the others."""
        return [None if a is None else laid(typed(a, kind), self.layout) for a, kind in
                zip((self.x, self.w, self.b), (kinds[0], kinds[-1], kinds[-1]), strict=True)]


def typed(array, kind):
    """Return an array in a type; whole numbers are small, but for those of 64 bits."""
    kind = np.dtype(kind)
    if kind.kind == "f":
        return array.astype(kind)
    if kind.kind in "bu":
        return np.round(2 * np.abs(array)).astype(kind)
    return np.round(array * (2.0**50 if kind.itemsize == 8 else 5)).astype(kind)


def laid(array, layout):
    """Return the same numbers, read-only, lying in memory in one of four ways."""
    if layout == 1:
        array = np.asfortranarray(array)
    elif layout == 2:
        array = array.repeat(2, axis=-1)[..., ::2]
    elif layout == 3:
        array = np.flip(np.flip(array).copy())
    array = array.view()
    array.flags.writeable = False
    return array


def convolution(axes, numbers, words=True):
    """Return a convolution that fits, with no two sizes tied to each other.

    Padding can be a word too, where words are understood.
    """
    kernel, stride, padding, dilation = window(axes, numbers)
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    word = {0: "same", 1: "valid"}.get(numbers.one(0, 9)) if words else None
    if word == "same":
        stride, least = (1,) * axes, [1] * axes
    elif word == "valid":
        least = spans
    else:
        least = [max(1, span - 2 * p) for span, p in zip(spans, padding, strict=True)]
    sizes = [size + numbers.one(0, ROOM[axes]) for size in least]
    groups, depth, per = numbers.small(), numbers.small(), numbers.small()
    options = dict(stride=loose(stride), padding=word or loose(padding), dilation=loose(dilation),
                   groups=groups)
    return case(numbers, (groups * depth, *sizes), (groups * per, depth, *kernel), groups * per,
                options)


def transposed(axes, numbers, below_stride=False):
    """Return a transposed convolution that leaves some output.

    An output_padding up to the dilation is allowed; below the stride, the output tells the input.
    """
    kernel, stride, padding, dilation = window(axes, numbers)
    more = tuple(numbers.one(0, (s if below_stride else max(s, d)) - 1)
                 for s, d in zip(stride, dilation, strict=True))
    sizes = [max(1, 1 - (d * (k - 1) - 2 * p + a) // s) + numbers.one(0, ROOM[axes] // 2)
             for k, s, p, d, a in zip(kernel, stride, padding, dilation, more, strict=True)]
    groups, depth, per = numbers.small(), numbers.small(), numbers.small()
    options = dict(stride=loose(stride), padding=loose(padding), output_padding=loose(more),
                   groups=groups, dilation=loose(dilation))
    return case(numbers, (groups * depth, *sizes), (groups * depth, per, *kernel), groups * per,
                options)


def window(axes, numbers):
    """Return kernel, stride, padding and dilation."""
    kernel = numbers.each(axes, 1, min(KERNEL[axes], numbers.most + 2))
    stride, dilation = numbers.each(axes, 1, numbers.most), numbers.each(axes, 1, numbers.most)
    return kernel, stride, numbers.each(axes, 0, numbers.most), dilation


def case(numbers, image, weight, c_out, options):
    """Return the case with operands of these shapes: a batch, none or an empty one; bias or not."""
    batch = ((), (1,), (2,), (3,))[numbers.one(0, 3)] if numbers.one(0, 15) else (0,)
    b = numbers.normal(c_out) if numbers.one(0, 1) else None
    whole = tuple(WHOLE[i] for i in numbers.each(2, 0, len(WHOLE) - 1))
    return Case(numbers.normal(*batch, *image), numbers.normal(*weight), b, options, whole,
                numbers.one(0, 3))


def loose(values):
    """Return one number for all axes where they are equal, as most people write it."""
    return values[0] if len(set(values)) == 1 else values


def close(ours, theirs):
    """Compare as tightly as the dtype allows: operands are about 1, and so are their products."""
    assert ours.dtype == theirs.dtype
    tolerance = 1e-5 if ours.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def narrow(*arrays):
    """Return arrays in float32."""
    return [a.astype(np.float32) for a in arrays]


def same(ours, theirs):
    """Compare exactly, types and shapes too."""
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs, strict=True)


def new(result, *arrays):
    """Check that a result can be written to, and that this changes none of the arrays."""
    assert result.flags.writeable
    assert not any(np.may_share_memory(result, a) for a in arrays if a is not None)


def adjoint(forward, backward, case, y):
    """Check <forward(x, w), y> = <x, backward(y, w)> in all types."""
    case = case._replace(b=y)  # to be cast with the others
    for kinds in (case.whole, [np.float32], [np.float64]):
        x, w, y = case.operands(*kinds)
        equal_products(forward, x, w, y, backward(y, w))


def equal_products(forward, x, w, y, back):
    """Check <forward(x, w), y> = <x, back>: exactly, where numbers are whole.

    Else to four roundings of the sum of all products' sizes.
    """
    there = forward(x, w)
    if there.dtype.kind == "f":
        bound = 4 * np.finfo(x.dtype).eps * np.vdot(forward(np.abs(x), np.abs(w)), np.abs(y))
        assert abs(np.vdot(there, y) - np.vdot(x, back)) <= bound
    else:
        there, y, x, back = (a.astype(np.int64) for a in (there, y, x, back))
        assert np.vdot(there, y) == np.vdot(x, back)


def weight_gradient(conv, x, size, dy, *, stride, padding, dilation, groups):
    """Compute a convolution's gradient with respect to a weight of this size by a convolution.

    The batch and the channels change places, and so do stride and dilation; dy is the weight.
    """
    axes = len(size) - 2
    x, dy = (a.reshape(-1, groups, a.shape[-axes - 1] // groups, *a.shape[-axes:]) for a in (x, dy))
    if len(x) == 0:  # gives as much as a batch of zeros
        x, dy = (np.zeros((1, *a.shape[1:]), a.dtype) for a in (x, dy))
    x = np.pad(x, [(0, 0)] * 3 + engines.pads(padding, np.empty(size), dilation)).swapaxes(0, 2)
    dy = np.moveaxis(dy, 0, 2)
    dw = conv(x.reshape(len(x), -1, *x.shape[3:]), dy.reshape(-1, *dy.shape[2:]),
              stride=dilation, dilation=stride, groups=groups)
    return dw.swapaxes(0, 1)[(..., *map(slice, size[2:]))]


def extra_memory(operation, *arguments, **options):
    """Return how many bytes an operation takes at most, besides its result."""
    def measure():
        tracemalloc.start()
        result = operation(*arguments, **options)
        results = result if isinstance(result, tuple) else (result,)
        kept = sum(each.nbytes for each in results if each is not None)
        peaks.append(tracemalloc.get_traced_memory()[1] - kept)
        tracemalloc.stop()

    peaks = []
    thread = threading.Thread(target=measure)  # a new one has not got its workspace yet
    thread.start()
    thread.join()
    return peaks[0]


def spoiling(operation, case, numbers):
    """Check that NaN and infinity reach the outputs of operation(x, w) that see them, no others."""
    x, marks = case.x.copy(), np.zeros(case.x.shape)
    if x.size:
        place = numbers.one(0, x.size - 1)
        x.flat[place], marks.flat[place] = (np.nan, np.inf, -np.inf)[numbers.one(0, 2)], 1
    touched = operation(marks, np.ones(case.w.shape)) > 0
    for kind in (np.float32, np.float64):
        with np.errstate(invalid="ignore"):
            y = operation(x.astype(kind), case.w.astype(kind))
        np.testing.assert_array_equal(np.isfinite(y), ~touched)


def fitting_window(draw, most=4):
    """Draw a kernel's sizes, an image's that it fits into, and options, none tied to another."""
    def pair(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(2))
    kernel, stride, dilation, padding = pair(1, most), pair(1, 3), pair(1, 3), pair(0, 3)
    sizes = tuple(
        max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 4))
        for k, d, p in zip(kernel, dilation, padding, strict=True)
    )
    return kernel, sizes, dict(stride=stride, padding=padding, dilation=dilation)
