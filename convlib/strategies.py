"""How a convolution is computed: each function is one way, told in the chapter on computing.

`functional` checks the arguments and chooses; nothing is checked here. Signals, images and volumes
are all volumes here, with depth, height and width: x is (N, C_in, D, H, W), w is
(C_out, C_in/groups, kD, kH, kW), and y (N, C_out, D', H', W') is there already, to be filled.
"""

from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np
from scipy import fft as _fft

BLOCK = 2 * 2**20  # bytes unfolded at a time: about what a processor's cache holds


class Layer(NamedTuple):
    """How windows lie: three numbers each, for depth, height and width, and the groups."""

    stride: tuple
    before: tuple  # zeros before the first number; negative where numbers are passed over
    dilation: tuple
    groups: int


def matmul(x, w, y, layer):
    """Multiply every position's channels by one matrix: a 1x1 convolution is nothing else."""
    matrix = w.reshape(layer.groups, -1, w.shape[1])
    for image, out in zip(x, y, strict=True):
        flat = (layer.groups, -1, image[0].size)
        np.matmul(matrix, image.reshape(flat), out=out.reshape(flat))


def rows(x, w, y, layer):
    """Unfold along the width only; each row of the kernel is then one product, added up.

    The unfolded numbers are kW times the input, not kD kH kW times, and the rows that lie in the
    padding cost nothing.
    """
    kernel = w.shape[2:]
    parts = w.reshape(layer.groups, -1, *w.shape[1:]).transpose(3, 4, 0, 1, 2, 5)
    matrices = np.ascontiguousarray(parts).reshape(*parts.shape[:4], -1)
    cost = (x.shape[1] * kernel[2] * layer.stride[1] + w.shape[0]) * x.itemsize
    for images, outs, box in pieces(x, y, y.shape[2:], cost):
        sums = part_of(outs, box, layer.groups)
        terms = sorted(row_terms(images, kernel, box, layer), key=outputs_of, reverse=True)
        if terms and outputs_of(terms[0]) == outputs_of((..., ..., sums)):
            index, _, unfolded = terms.pop(0)
            np.matmul(matrices[index], unfolded, out=sums)
        else:
            sums[...] = 0  # no row of the kernel touches every output
        if terms:
            products = np.empty(sums.shape, sums.dtype)
        for index, here, unfolded in terms:
            np.matmul(matrices[index], unfolded, out=products[here])
            sums[here] += products[here]


def row_terms(images, kernel, box, layer):
    """Yield what each row of the kernel meets in a box of outputs.

    Yields ``(a, i), here, unfolded``: the row's place in the kernel, the slices of the box's
    outputs that it touches, and the numbers under it, (N, depths, groups, C_in/groups kW,
    positions). Rows that touch nothing are passed over.
    """
    span = [(max(0, s * lo - p), min(size, s * (hi - 1) - p + d * (k - 1) + 1))
            for (lo, hi), size, k, s, p, d in
            zip(box, images.shape[2:], kernel, layer.stride, layer.before, layer.dilation,
                strict=True)]
    (bottom, top), (above, below), _ = span
    (z0, _), (r0, _), (x0, x1) = box
    depth_step, step, _ = layer.stride
    columns = x1 - x0
    depths, rows = (touched(kernel, images.shape[2:], box, layer, axis) for axis in (0, 1))
    unfolded = {}  # by the row's place in a stride, so that the rows of one kernel row are adjacent
    for (a, (zs, ze)), (i, (rs, re)) in product(enumerate(depths), enumerate(rows)):
        if zs == ze or rs == re:
            continue
        row, phase = divmod(step * rs + layer.dilation[1] * i - layer.before[1] - above, step)
        if phase not in unfolded:
            part = images[:, :, bottom:top, above + phase : below : step]
            unfolded[phase] = unfold_width(part, kernel[2], (x0, x1), layer)
        first = depth_step * zs + layer.dilation[0] * a - layer.before[0] - bottom
        part = unfolded[phase][:, first : first + depth_step * (ze - zs - 1) + 1 : depth_step]
        here = (slice(None), slice(zs - z0, ze - z0), slice(None), slice(None),
                slice((rs - r0) * columns, (re - r0) * columns))
        yield (a, i), here, part[..., row * columns : (row + re - rs) * columns]


def outputs_of(term):
    """Return how many outputs of one channel a row of the kernel touches."""
    images, depths, _, _, positions = term[2].shape
    return images * depths * positions


def unfold_width(part, kernel, columns, layer):
    """Return (N, depths, groups, C_in/groups kW, rows columns) from (N, C_in, depths, rows, W)."""
    (lo, hi), s, p, d = columns, layer.stride[2], layer.before[2], layer.dilation[2]
    part = part.swapaxes(1, 2)
    width, size = part.shape[4], part.shape[3] * part.shape[4]
    unfolded = np.empty((*part.shape[:3], kernel, part.shape[3], hi - lo), part.dtype)
    whole = s == 1 and (lo, hi) == (0, width)
    if whole:  # rows follow each other in both: long copies, whose wrapped ends are zeroed below
        source = part.reshape(*part.shape[:3], size)
        target = unfolded.reshape(*part.shape[:3], kernel, size)
    for j in range(kernel):
        first, last = touching(width, lo, hi, s, d * j - p)
        start = s * first + d * j - p
        if first < last and whole:
            target[..., j, first : size - start] = source[..., start : size - first]
        elif first < last:
            unfolded[..., j, :, first - lo : last - lo] = part[
                ..., start : start + s * (last - first - 1) + 1 : s]
        unfolded[..., j, :, : first - lo] = 0
        unfolded[..., j, :, last - lo :] = 0
    return unfolded.reshape(*part.shape[:2], layer.groups, -1, unfolded[0, 0, 0, 0].size)


def unfold(x, w, y, layer):
    """Unfold every window into a column (im2col), a block of them at a time: one product each.

    The kernels are used as they lie in memory. `rows` must put them in another order first, which
    costs more than it gains where the outputs of a channel are few; and it adds kD kH products,
    which costs more than copying where the inputs to an output are few.
    """
    matrix = w.reshape(layer.groups, w.shape[0] // layer.groups, -1)
    cost = x.shape[1] * (w[0, 0].size + w.shape[4]) * x.itemsize
    for images, outs, box in pieces(x, y, y.shape[2:], cost):
        unfolded = columns(images, w.shape[2:], box, layer)
        np.matmul(matrix, unfolded, out=part_of(outs, box, layer.groups))


def columns(images, kernel, box, layer):
    """Return the windows of a box, (N, depths, groups, C_in/groups kD kH kW, positions)."""
    depths, rows, width = (hi - lo for lo, hi in box)
    shape = len(images), depths, layer.groups
    stacked = np.empty((*shape, images.shape[1] // layer.groups, *kernel, rows * width),
                       images.dtype)
    untouched = set(np.ndindex(kernel[:2]))
    for term in row_terms(images, kernel, box, layer):
        (a, i), (_, where, _, _, positions), unfolded = term
        untouched.remove((a, i))
        target = stacked[:, :, :, :, a, i]
        if outputs_of(term) < shape[0] * depths * rows * width:
            target[...] = 0
        target[:, where, ..., positions] = unfolded.reshape(
            *unfolded.shape[:3], *target.shape[3:5], -1)
    for a, i in untouched:
        stacked[:, :, :, :, a, i] = 0
    return stacked.reshape(*shape, -1, rows * width)


def scatter(x, w, y, layer):
    """Transposed convolution: one product, then every number is added where it belongs (col2im).

    Here x is (N, C_in, D, H, W), w is (C_in, C_out/groups, kD, kH, kW) and y the larger output,
    full of zeros; the layer is that of the convolution that leads from y's shape to x's.
    """
    groups, kernel = layer.groups, w.shape[2:]
    matrix = w.reshape(groups, w.shape[0] // groups, -1).swapaxes(1, 2)
    cost = groups * matrix.shape[1] * x.itemsize
    for images, outs, box in pieces(x, y, x.shape[2:], cost):
        sizes = [hi - lo for lo, hi in box]
        part = images[(..., *(slice(lo, hi) for lo, hi in box))]
        products = np.matmul(matrix, part.reshape(len(images), groups, -1, prod(sizes)))
        add_columns(products.reshape(*outs.shape[:2], *kernel, *sizes), outs, box, layer)


def add_columns(unfolded, outs, box, layer):
    """Add windows (N, C, kD, kH, kW, depths, rows, columns) where they overlap: unfolding undone.

    Adding is the adjoint of copying, so this is the adjoint of `columns`.
    """
    for tap, here, there in taps(unfolded.shape[2:5], outs.shape[2:], box, layer):
        outs[(..., *there)] += unfolded[(slice(None), slice(None), *tap, *here)]


def weight_gradient(x, dy, shape, layer):
    """Return what correlating x with dy, (N, C_out, D', H', W'), gives: the weight's gradient.

    The product is that of `unfold`, the other way: outputs times columns, transposed.
    """
    sums = np.zeros((layer.groups, shape[0] // layer.groups, prod(shape[1:])), x.dtype)
    cost = x.shape[1] * (prod(shape[2:]) + shape[4]) * x.itemsize
    for image, back in zip(x, dy, strict=True):
        back = np.ascontiguousarray(back)[None]
        for box in boxes(dy.shape[2:], cost):
            unfolded = columns(image[None], shape[2:], box, layer)[0]
            for outputs, windows in zip(part_of(back, box, layer.groups)[0], unfolded, strict=True):
                sums += np.matmul(outputs, windows.swapaxes(1, 2))
    return sums.reshape(shape)


def fourier(x, w, y, layer):
    """Multiply spectra: the cost does not grow with the kernel. For stride 1.

    Computed in double precision: the error of an FFT is measured by the largest number, and would
    else show where small numbers lie beside large ones.
    """
    span = [d * (k - 1) + 1 for d, k in zip(layer.dilation, w.shape[2:], strict=True)]
    sparse = np.zeros((*w.shape[:2], *span))
    sparse[(..., *(slice(None, None, d) for d in layer.dilation))] = w
    per_in, per_out = w.shape[1], w.shape[0] // layer.groups
    spectra, axes = {}, (-3, -2, -1)
    # Transforms like to be large: what they hold may be six blocks.
    for box in boxes(y.shape[2:], 8 * (2 * w.shape[0] * per_in + 3 * per_in + 2) // 6):
        size = tuple(_fft.next_fast_len(hi - lo + k - 1, real=True)
                     for (lo, hi), k in zip(box, span, strict=True))
        if size not in spectra:  # boxes have one size, or another at an end
            spectra = {size: _fft.rfftn(sparse, size, axes).conj()}
        here = tuple(slice(0, hi - lo) for lo, hi in box)
        there = tuple(slice(lo, hi) for lo, hi in box)
        for image, out in zip(x, y, strict=True):
            for group in range(layer.groups):
                part = padded(image[group * per_in :][:per_in], box, span, layer)
                spectrum = _fft.rfftn(part, size, axes)
                for o in range(group * per_out, (group + 1) * per_out):
                    total = (spectrum * spectra[size][o]).sum(0)
                    out[(o, *there)] = _fft.irfftn(total, size)[here]


def winograd(x, w, y, layer):
    """Compute 2x2 outputs of a 3x3 kernel with 16 products in place of 36: F(2x2, 3x3).

    For images, kernels of 3x3, stride 1 and dilation 1, one group. Sums and differences take the
    place of products, and a little accuracy goes with them.

    References
    ----------
    Lavin and Gray (2016), Fast algorithms for convolutional neural networks, section 4.1.
    """
    to_input, to_kernel, to_output = (np.kron(m, m).astype(x.dtype) for m in WINOGRAD)
    c_out, c_in = w.shape[:2]
    kernels = np.matmul(to_kernel, w.reshape(c_out * c_in, 9).T).reshape(16, c_out, c_in)
    for image, out in zip(x, y, strict=True):
        for _, (top, bottom), (left, right) in boxes(y.shape[2:], 20 * (c_in + c_out)):
            rows, columns = -(-(bottom - top) // 2), -(-(right - left) // 2)
            box = ((0, 1), (top, top + 2 * rows), (left, left + 2 * columns))
            part = padded(image, box, (1, 3, 3), layer, x.dtype)[:, 0]
            tiles = np.stack([part[:, a : a + 2 * rows : 2, b : b + 2 * columns : 2]
                              for a, b in np.ndindex(4, 4)])
            tiles = np.matmul(to_input, tiles.reshape(16, -1)).reshape(16, c_in, -1)
            sums = np.matmul(to_output, np.matmul(kernels, tiles).reshape(16, -1))
            for (a, b), part in zip(np.ndindex(2, 2), sums, strict=True):
                target = out[:, 0, top + a : bottom : 2, left + b : right : 2]
                target[...] = part.reshape(c_out, rows, columns)[:, : target.shape[1],
                                                                 : target.shape[2]]


WINOGRAD = (
    np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]),
    np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]),
    np.array([[1, 1, 1, 0], [0, 1, -1, -1]]),
)


def padded(image, box, span, layer, dtype=float):
    """Return the part of an image that a box of outputs needs at stride 1, zeros included."""
    part = np.zeros((image.shape[0], *(hi - lo + k - 1 for (lo, hi), k in
                                       zip(box, span, strict=True))), dtype)
    here, there = [slice(None)], [slice(None)]
    for (lo, hi), k, p, size in zip(box, span, layer.before, image.shape[1:], strict=True):
        first, last = max(0, lo - p), max(0, min(size, hi - 1 - p + k))
        last = max(first, last)
        there.append(slice(first, last))
        here.append(slice(first - lo + p, last - lo + p))
    part[tuple(here)] = image[tuple(there)]
    return part


def pieces(x, y, sizes, cost):
    """Cut a batch into pieces of at most about BLOCK bytes: some images, or a box of one.

    Yields images of x, those of y, and the box of positions; cost is in bytes a position.
    """
    together = max(1, BLOCK // (cost * prod(sizes)))
    for first in range(0, len(x), together):
        images, outs = x[first : first + together], y[first : first + together]
        for box in boxes(sizes, cost * len(images)):
            yield images, outs, box


def boxes(sizes, cost):
    """Cut positions into boxes of at most about BLOCK bytes: whole rows and planes where they fit.

    Yields ((first, last), …) for depth, height and width; cost is in bytes a position.
    """
    room = max(1, BLOCK // cost)
    cuts = []
    for size in reversed(sizes):
        count = -(-size // max(1, min(size, room)))
        step = -(-size // count)
        cuts.insert(0, [(first, min(first + step, size)) for first in range(0, size, step)])
        room //= size
    return product(*cuts)


def taps(kernel, sizes, box, layer):
    """Yield each cell of the kernel with the outputs in a box, and the inputs, that it joins."""
    joined = []  # for each axis and each place in the kernel: the slices of outputs and of inputs
    for axis, (s, p, d) in enumerate(zip(layer.stride, layer.before, layer.dilation, strict=True)):
        ranges = touched(kernel, sizes, box, layer, axis)
        joined.append([_slices(first, last, s, d * k - p, box[axis][0])
                       for k, (first, last) in enumerate(ranges)])
    for tap in np.ndindex(kernel):
        here, there = zip(*(each[k] for each, k in zip(joined, tap, strict=True)), strict=True)
        yield tap, here, there


def _slices(first, last, stride, shift, origin):
    """Return the slice of a box's outputs, and that of the inputs, which stride and shift join."""
    if first == last:
        return slice(0, 0), slice(0, 0)
    start = stride * first + shift
    return (slice(first - origin, last - origin),
            slice(start, start + stride * (last - first - 1) + 1, stride))


def touched(kernel, sizes, box, layer, axis):
    """Return (first, last) of the outputs in a box that each cell of the kernel touches."""
    (lo, hi), s = box[axis], layer.stride[axis]
    shift, d = -layer.before[axis], layer.dilation[axis]
    return [touching(sizes[axis], lo, hi, s, shift + d * k) for k in range(kernel[axis])]


def touching(size, lo, hi, stride, shift):
    """Return (first, last) of the outputs t from lo to hi with 0 <= stride t + shift < size."""
    first = max(lo, -(shift // stride))
    return first, max(first, min(hi, (size - 1 - shift) // stride + 1))


def part_of(outs, box, groups):
    """Return a box of outputs as (N, depths, groups, C_out/groups, positions), a view."""
    (z0, z1), (r0, r1), (x0, x1) = box
    images, _, depths, height, width = outs.shape
    flat = outs.reshape(images, groups, -1, depths, height * width).transpose(0, 3, 1, 2, 4)
    # A box is whole rows, or a part of one.
    return flat[:, z0:z1, ..., r0 * width + x0 : (r1 - 1) * width + x1]
