"""How a convolution is computed: each function is one way, told in the chapter on computing.

`functional` checks the arguments and chooses; nothing is checked here. Signals, images and volumes
are all volumes here, with depth, height and width: x is (N, C_in, D, H, W), w is
(C_out, C_in/groups, kD, kH, kW), and y (N, C_out, D', H', W') is there already, to be filled.
"""

from itertools import product
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
    matrices = row_matrices(w, layer.groups)
    cost = (x.shape[1] * kernel[2] * layer.stride[1] + w.shape[0]) * x.itemsize
    for image, out in zip(x, y, strict=True):
        for box in boxes(y.shape[2:], cost):
            sums = part_of(out, box, layer.groups)
            terms = sorted(row_terms(image, kernel, box, layer), key=outputs_of, reverse=True)
            if terms and outputs_of(terms[0]) == sums.shape[0] * sums.shape[3]:
                index, _, unfolded = terms.pop(0)
                np.matmul(matrices[index], unfolded, out=sums)
            else:
                sums[...] = 0  # no row of the kernel touches every output
            if terms:
                products = np.empty(sums.shape, sums.dtype)
            for index, here, unfolded in terms:
                np.matmul(matrices[index], unfolded, out=products[here])
                sums[here] += products[here]


def outputs_of(term):
    """Return how many outputs a row of the kernel touches."""
    return term[2].shape[0] * term[2].shape[3]


def row_matrices(w, groups):
    """Return the kernel's rows as matrices, (kD, kH, groups, C_out/groups, C_in/groups kW)."""
    parts = w.reshape(groups, -1, *w.shape[1:]).transpose(3, 4, 0, 1, 2, 5)
    return np.ascontiguousarray(parts).reshape(*parts.shape[:4], -1)


def row_terms(image, kernel, box, layer):
    """Yield what each row of the kernel meets in a box of outputs.

    Yields ``(a, i), here, unfolded``: the row's place in the kernel, the slices of the box's
    outputs that it touches, and the numbers under it, (depths, groups, C_in/groups kW, positions).
    """
    span = [(max(0, s * lo - p), min(size, s * (hi - 1) - p + d * (k - 1) + 1))
            for (lo, hi), size, k, s, p, d in
            zip(box, image.shape[1:], kernel, layer.stride, layer.before, layer.dilation,
                strict=True)]
    (bottom, top), (above, below), _ = span
    (z0, z1), (r0, r1), (x0, x1) = box
    depth_step, step, _ = layer.stride
    columns = x1 - x0
    unfolded = {}  # by the row's place in a stride, so that the rows of one kernel row are adjacent
    for a, i in np.ndindex(kernel[:2]):
        (zs, ze), (rs, re) = (
            touching(size, lo, hi, s, d * k - p) for size, (lo, hi), s, d, k, p in
            zip(image.shape[1:], box[:2], layer.stride, layer.dilation, (a, i), layer.before,
                strict=False))
        if zs == ze or rs == re:
            continue
        row, phase = divmod(step * rs + layer.dilation[1] * i - layer.before[1] - above, step)
        if phase not in unfolded:
            part = image[:, bottom:top, above + phase : below : step]
            unfolded[phase] = unfold_width(part, kernel[2], (x0, x1), layer)
        first = depth_step * zs + layer.dilation[0] * a - layer.before[0] - bottom
        part = unfolded[phase][first : first + depth_step * (ze - zs - 1) + 1 : depth_step]
        here = (slice(zs - z0, ze - z0), slice(None), slice(None),
                slice((rs - r0) * columns, (re - r0) * columns))
        yield (a, i), here, part[..., row * columns : (row + re - rs) * columns]


def unfold_width(part, kernel, columns, layer):
    """Return (depths, groups, C_in/groups kW, rows columns) from (C_in, depths, rows, W)."""
    (lo, hi), s, p, d = columns, layer.stride[2], layer.before[2], layer.dilation[2]
    channels, depths, rows, width = part.shape
    unfolded = np.empty((depths, channels, kernel, rows, hi - lo), part.dtype)
    part = part.swapaxes(0, 1)
    for j in range(kernel):
        first, last = touching(width, lo, hi, s, d * j - p)
        unfolded[:, :, j, :, : first - lo] = 0
        unfolded[:, :, j, :, last - lo :] = 0
        if first < last:
            start = s * first + d * j - p
            unfolded[:, :, j, :, first - lo : last - lo] = part[
                ..., start : start + s * (last - first - 1) + 1 : s]
    return unfolded.reshape(depths, layer.groups, -1, rows * (hi - lo))


def unfold(x, w, y, layer):
    """Unfold every window into a column (im2col), a block of them at a time: one product each.

    The kernels are used as they lie in memory. `rows` must put them in another order first, which
    costs more than it gains where there are more weights than outputs.
    """
    matrix = w.reshape(layer.groups, w.shape[0] // layer.groups, -1)
    cost = x.shape[1] * w[0, 0].size * x.itemsize
    for image, out in zip(x, y, strict=True):
        for box in boxes(y.shape[2:], cost):
            unfolded = columns(image, w.shape[2:], box, layer)
            np.matmul(matrix, unfolded, out=part_of(out, box, layer.groups))


def columns(image, kernel, box, layer):
    """Return the windows of a box of outputs, (depths, groups, C_in/groups kD kH kW, positions)."""
    sizes = [hi - lo for lo, hi in box]
    unfolded = np.empty((image.shape[0], *kernel, *sizes), image.dtype)
    for tap, here, there in taps(kernel, image.shape[1:], box, layer):
        target = unfolded[(slice(None), *tap)]
        if target[(slice(None), *here)].size < target.size:
            target[...] = 0
        target[(slice(None), *here)] = image[(slice(None), *there)]
    depths = unfolded.reshape(layer.groups, -1, sizes[0], sizes[1] * sizes[2])
    return depths.transpose(2, 0, 1, 3)


def scatter(x, w, y, layer):
    """Transposed convolution: one product, then every number is added where it belongs (col2im).

    Here x is (N, C_in, D, H, W), w is (C_in, C_out/groups, kD, kH, kW) and y the larger output,
    full of zeros; the layer is that of the convolution that leads from y's shape to x's.
    """
    groups, kernel = layer.groups, w.shape[2:]
    matrix = w.reshape(groups, w.shape[0] // groups, -1).swapaxes(1, 2)
    cost = groups * matrix.shape[1] * x.itemsize
    for image, out in zip(x, y, strict=True):
        for box in boxes(x.shape[2:], cost):
            sizes = [hi - lo for lo, hi in box]
            part = image[(slice(None), *(slice(lo, hi) for lo, hi in box))]
            products = np.matmul(matrix, part.reshape(groups, -1, np.prod(sizes)))
            add_columns(products.reshape(out.shape[0], *kernel, *sizes), out, box, layer)


def add_columns(unfolded, out, box, layer):
    """Add windows (C, kD, kH, kW, depths, rows, columns) where they overlap: `columns` undone."""
    kernel = unfolded.shape[1:4]
    for tap, here, there in taps(kernel, out.shape[1:], box, layer):
        out[(slice(None), *there)] += unfolded[(slice(None), *tap, *here)]


def weight_gradient(x, dy, shape, layer):
    """Return what correlating x with dy, (N, C_out, D', H', W'), gives: the weight's gradient.

    The products are those of `rows`, the other way: outputs times unfolded inputs, transposed.
    """
    groups, kernel = layer.groups, shape[2:]
    sums = np.zeros((*kernel[:2], groups, shape[0] // groups, shape[1] * kernel[2]), x.dtype)
    cost = (x.shape[1] * kernel[2] * layer.stride[1] + shape[0]) * x.itemsize
    for image, back in zip(x, dy, strict=True):
        back = np.ascontiguousarray(back)
        for box in boxes(dy.shape[2:], cost):
            part = part_of(back, box, groups)
            for index, here, unfolded in row_terms(image, kernel, box, layer):
                sums[index] += np.matmul(part[here], unfolded.swapaxes(-1, -2)).sum(0)
    return sums.reshape(*kernel[:2], *shape[:2], kernel[2]).transpose(2, 3, 0, 1, 4).copy()


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
    for box in boxes(y.shape[2:], 8 * (per_in + 2)):
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
    for tap in np.ndindex(kernel):
        here, there = [], []
        for k, size, (lo, hi), s, p, d in zip(tap, sizes, box, layer.stride, layer.before,
                                              layer.dilation, strict=True):
            first, last = touching(size, lo, hi, s, d * k - p)
            start = s * first + d * k - p if first < last else 0
            here.append(slice(first - lo, last - lo))
            there.append(slice(start, start + max(0, s * (last - first - 1) + 1), s))
        yield tap, tuple(here), tuple(there)


def touching(size, lo, hi, stride, shift):
    """Return (first, last) of the outputs t from lo to hi with 0 <= stride t + shift < size."""
    first = max(lo, -(shift // stride))
    return first, max(first, min(hi, (size - 1 - shift) // stride + 1))


def part_of(out, box, groups):
    """Return a box of outputs as (depths, groups, C_out/groups, positions), a view."""
    (z0, z1), (r0, r1), (x0, x1) = box
    width = out.shape[3]
    flat = out.reshape(groups, -1, out.shape[1], out.shape[2] * width)
    # A box is whole rows, or a part of one.
    return flat.transpose(2, 0, 1, 3)[z0:z1, ..., r0 * width + x0 : (r1 - 1) * width + x1]
