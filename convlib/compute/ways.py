"""How a convolution is computed: each function is one way, told in the chapter on computing.

`functional` checks the arguments and chooses; nothing is checked here. Signals, images and volumes
are all volumes here, with depth, height and width: x is (N, C_in, D, H, W), w is
(C_out, C_in/groups, kD, kH, kW), and y (N, C_out, D', H', W') is there already, to be filled. They
have y's dtype, but for x, which is cast where it is copied. The layer is a `tiles.Layer`; how the
work is cut, and where numbers lie, is found in `tiles`.
"""

from itertools import product
from math import gcd, prod

import numpy as np
from scipy import fft as _fft

from convlib._check import dilated_size
from convlib.compute import tiles


def matmul(x, w, y, layer):
    """Multiply every position's channels by one matrix: a 1x1 convolution is nothing else."""
    matrix = w.reshape(layer.groups, -1, w.shape[1])
    for image, out in zip(x, y, strict=True):
        flat = (layer.groups, -1, image[0].size)
        multiply(matrix, image.reshape(flat), out=out.reshape(flat))


def multiply(matrix, numbers, out):
    """Multiply matrices: where every sum has one term only, NumPy does it without BLAS, slowly."""
    way = np.multiply if matrix.shape[-1] == 1 else np.matmul
    way(matrix, numbers, out=out)


def rows(x, w, y, layer):
    """Unfold along the width only; each row of the kernel is then one product, added up.

    The unfolded numbers are kW times the input, not kD kH kW times, and the rows that lie in the
    padding cost nothing.
    """
    kernel = w.shape[2:]
    parts = w.reshape(layer.groups, -1, *w.shape[1:]).transpose(3, 4, 0, 1, 2, 5)
    matrices = np.ascontiguousarray(parts).reshape(*parts.shape[:4], -1)
    for images, outs, box in tiles.pieces(x, y, y.shape[2:], rows_cost(x, w, y)):
        sums = target = tiles.part_of(outs, box, layer.groups)
        if target.shape[1] > 1:  # a channel's planes lie apart from the next's: add elsewhere
            sums = tiles.workspace.empty(target.shape, y.dtype)
        products = tiles.workspace.empty(sums.shape, y.dtype)
        covered = False  # whether the sums hold numbers yet
        for row, here, unfolded in row_terms(images, kernel, box, layer, y.dtype):
            if covered:
                multiply(matrices[row], unfolded, out=products[here])
                add_part(sums, products, here)
                continue
            if sums[here].shape != sums.shape:
                sums[...] = 0
            multiply(matrices[row], unfolded, out=sums[here])
            covered = True
        if not covered:
            sums[...] = 0
        if sums is not target:
            target[...] = sums


def rows_cost(x, w, y):
    """Return how many bytes a position takes in `rows`: what is unfolded, and the products."""
    return row_cost(x, w.shape[2:], y.dtype) + y.shape[1] * y.itemsize


def add_part(sums, products, here):
    """Add to the sums what stands here in the products."""
    _, depths, _, positions = here
    missed = sums.shape[-1] - (positions.stop - positions.start)
    if 8 * missed <= sums.shape[-1]:
        # One long run is added faster than many of a few hundred numbers.
        products[:, depths, ..., : positions.start] = 0
        products[:, depths, ..., positions.stop :] = 0
        here = slice(None), depths
    target = sums[here]
    target += products[here]


def row_terms(images, kernel, box, layer, dtype):
    """Yield what each row of the kernel meets in a box of outputs, one that touches most first.

    Yields ``(a, i), here, unfolded``: the row's place in the kernel, the slices of the box's
    outputs that it touches, and the numbers under it, (N, depths, groups, C_in/groups kW,
    positions), which are gone when others are unfolded. Rows that touch nothing are passed over.
    """
    sizes, (left, right) = images.shape[2:], box[2]
    tall = prod(map(min, sizes[:2], spans(kernel, layer)[:2]))
    apart = tall * (right - left) * row_cost(images, kernel, dtype) > 3 * tiles.BLOCK
    mark = tiles.workspace.used
    for source, places in tiles.row_places(kernel, sizes, box, layer, apart):
        tiles.workspace.used = mark
        unfolded = unfold_width(images[source], kernel[2], box[2], layer, dtype)
        for row, here, there in places:
            yield row, here, unfolded[there]


def row_cost(x, kernel, dtype):
    """Return how many bytes a position takes where the width is unfolded."""
    return x.shape[1] * kernel[2] * dtype.itemsize


def unfold_width(part, kernel, columns, layer, dtype):
    """Return (N, depths, groups, C_in/groups kW, rows columns) from (N, C_in, depths, rows, W).

    Rows that follow each other are copied in one long run where they can be, and the ends that wrap
    are then put right: from the image itself or, where the window steps, from the cell of the
    kernel that has seen the same numbers some columns before.
    """
    part = part.swapaxes(1, 2)
    *lead, rows, width = part.shape
    size = rows * (columns[1] - columns[0])
    unfolded = tiles.workspace.empty((*lead, kernel, size), dtype)
    grid = unfolded.reshape(*lead, kernel, rows, -1)
    s, d = layer.stride[2], layer.dilation[2]
    adjacent = part.strides[-2] == width * part.strides[-1]
    flat = part.reshape(*lead, size) if s == 1 and columns == (0, width) and adjacent else None
    back = s // gcd(s, d)
    shift = d * back // s
    places = tiles.joints(2, kernel, width, columns, layer)
    for j, (first, last, start, stop) in enumerate(places):
        done = first
        if flat is not None and first < last:
            unfolded[..., j, first : size - start] = flat[..., start : size - first]
            done = last
        elif s > 1 and j >= back and shift < size:
            unfolded[..., j, : size - shift] = unfolded[..., j - back, shift:]
            done = max(first, min(last, places[j - back].last - shift))
        if done < last:
            grid[..., j, :, done:last] = part[..., start + s * (done - first) : stop : s]
        if first > 0:
            grid[..., j, :, :first] = 0
        if last < grid.shape[-1]:
            grid[..., j, :, last:] = 0
    return unfolded.reshape(*lead[:2], layer.groups, -1, size)


def unfold(x, w, y, layer):
    """Unfold every window into a column (im2col), a block of them at a time: one product each.

    The kernels are used as they lie in memory. `rows` must put them in another order first, which
    costs more than it gains where the outputs of a channel are few; and it adds kD kH products,
    which costs more than copying where the inputs to an output are few.
    """
    matrix = w.reshape(layer.groups, w.shape[0] // layer.groups, -1)
    cost = column_cost(x, w.shape[2:], y.dtype)
    for images, outs, box in tiles.pieces(x, y, y.shape[2:], cost):
        unfolded = columns(images, w.shape[2:], box, layer, y.dtype)
        multiply(matrix, unfolded, out=tiles.part_of(outs, box, layer.groups))


def columns(images, kernel, box, layer, dtype):
    """Return the windows of a box, (N, depths, groups, C_in/groups kD kH kW, positions)."""
    depths, rows, width = (hi - lo for lo, hi in box)
    shape = len(images), depths, layer.groups
    stacked = tiles.workspace.empty(
        (*shape, images.shape[1] // layer.groups, *kernel, rows * width), dtype)
    untouched = set(np.ndindex(kernel[:2]))
    for (a, i), here, unfolded in row_terms(images, kernel, box, layer, dtype):
        untouched.remove((a, i))
        target = stacked[:, :, :, :, a, i]
        if tiles.area(here) < depths * rows * width:
            target[...] = 0
        target[here] = unfolded.reshape(*unfolded.shape[:3], *target.shape[3:5], -1)
    for a, i in untouched:
        stacked[:, :, :, :, a, i] = 0
    return stacked.reshape(*shape, -1, rows * width)


def column_cost(x, kernel, dtype):
    """Return how many bytes a position takes in columns, and in the rows they come from."""
    return row_cost(x, kernel, dtype) * (prod(kernel[:2]) + 1)


def scatter(x, w, y, layer):
    """Transposed convolution: one product, then every number is added where it belongs (col2im).

    Here x is (N, C_in, D, H, W), w is (C_in, C_out/groups, kD, kH, kW) and y the larger output,
    full of zeros; the layer is that of the convolution that leads from y's shape to x's.
    """
    groups, kernel = layer.groups, w.shape[2:]
    matrix = w.reshape(groups, w.shape[0] // groups, -1).swapaxes(1, 2)
    added = groups * matrix.shape[1] * (kernel[2] + layer.stride[2]) // kernel[2]
    cost = (added + x.shape[1]) * y.itemsize
    for images, outs, box in tiles.pieces(x, y, x.shape[2:], cost):
        sizes = [hi - lo for lo, hi in box]
        part = images[tiles.inside(box)].reshape(len(images), groups, -1, prod(sizes))
        shape = len(images), groups, matrix.shape[1], prod(sizes)
        products = tiles.workspace.empty(shape, y.dtype)
        multiply(matrix, part, out=products)
        add_columns(products.reshape(*outs.shape[:2], *kernel, *sizes), outs, box, layer)


def add_columns(unfolded, outs, box, layer):
    """Add windows (N, C, kD, kH, kW, depths, rows, columns) where they overlap: unfolding undone.

    Adding is the adjoint of copying, so this is the adjoint of `columns`: as there, the windows'
    columns come first, then their rows.
    """
    width, columns, rows = tiles.fold_places(unfolded.shape[2:5], outs.shape[2:], box, layer)
    wide = tiles.workspace.empty((*unfolded.shape[:4], *unfolded.shape[5:7], width), outs.dtype)
    wide[...] = 0
    for into, source in columns:
        target = wide[into]
        target += unfolded[source]
    for into, source in rows:
        target = outs[into]
        target += wide[source]


def weight_gradient(x, dy, dw, layer):
    """Add to dw what correlating x with dy, (N, C_out, D', H', W'), gives: the weight's gradient.

    The products are those of `rows`, the other way: unfolded rows times outputs, transposed.
    """
    groups, kernel, (c_out, per_in) = layer.groups, dw.shape[2:], dw.shape[:2]
    sums = np.zeros((*kernel[:2], groups, per_in * kernel[2], c_out // groups), dw.dtype)
    cost = row_cost(x, kernel, dw.dtype)
    for images, outs, box in tiles.pieces(x, dy, dy.shape[2:], cost):
        outputs = tiles.part_of(outs, box, groups).swapaxes(3, 4)
        for row, (image, depth, _, positions), unfolded in row_terms(
                images, kernel, box, layer, dw.dtype):
            mine = outputs[image, depth, :, positions]
            for place in np.ndindex(unfolded.shape[:2]):  # images and depths
                sums[row] += np.matmul(unfolded[place], mine[place])
    parts = sums.reshape(*kernel[:2], groups, per_in, kernel[2], -1)
    dw += parts.transpose(2, 5, 3, 0, 1, 4).reshape(dw.shape)


def weight_gradient_unfolded(x, dy, dw, layer):
    """Add to dw the weight's gradient, as outputs times columns (`unfold`), transposed.

    No more than a part of dw is computed at a time: for weights too large to be held twice.
    """
    per_out, kernel = dw.shape[0] // layer.groups, dw.shape[2:]
    sums = dw.reshape(layer.groups, per_out, -1)
    step = max(1, tiles.BLOCK // sums[:, 0].nbytes)
    cost = column_cost(x, kernel, dw.dtype)
    for images, outs, box in tiles.pieces(x, dy, dy.shape[2:], cost):
        outputs = tiles.part_of(outs, box, layer.groups)
        unfolded = columns(images, kernel, box, layer, dw.dtype)
        for place in np.ndindex(unfolded.shape[:2]):  # images and depths
            windows = unfolded[place].swapaxes(1, 2)
            for first in range(0, per_out, step):
                part = slice(first, first + step)
                sums[:, part] += np.matmul(outputs[place][:, part], windows)


def fourier(x, w, y, layer):
    """Multiply spectra: the cost does not grow with the kernel. For stride 1.

    Computed in double precision: the error of an FFT is measured by the largest number, and would
    else show where small numbers lie beside large ones.
    """
    span = spans(w.shape[2:], layer)
    kernels = np.zeros((*w.shape[:2], *span))
    kernels[(..., *(slice(None, None, d) for d in layer.dilation))] = w
    boxes, size = transforms(y.shape[2:], span, 2 * w.shape[1] * (w.shape[0] + 2))
    spectra = spectrum_of(kernels, size)
    np.conj(spectra, out=spectra)
    for o, spectrum, out in input_spectra(x, y, w.shape, layer, boxes, size):
        total = (spectrum * spectra[o]).sum(0)
        out[...] = _fft.irfftn(total, size)[tuple(map(slice, out.shape))]


def fourier_weight_gradient(x, dy, dw, layer):
    """Add to dw the weight's gradient: spectra of inputs and outputs, multiplied and summed.

    A sum of spectra is the spectrum of the sum, so that one transform at the end leads back.
    """
    span = spans(dw.shape[2:], layer)
    boxes, size = transforms(dy.shape[2:], span, 2 * dw.shape[1] * (dw.shape[0] + 2))
    total = np.zeros((*dw.shape[:2], *size[:2], size[2] // 2 + 1), complex)
    for o, spectrum, back in input_spectra(x, dy, dw.shape, layer, boxes, size):
        total[o] += spectrum * spectrum_of(back.astype(float), size).conj()
    cells = tuple(slice(0, each, d) for each, d in zip(span, layer.dilation, strict=True))
    for gradient, sums in zip(dw, total, strict=True):
        gradient += _fft.irfftn(sums, size, (-3, -2, -1))[(..., *cells)]


def input_spectra(x, y, w_shape, layer, boxes, size):
    """Yield (output channel, spectra of its inputs, its part of y) for all boxes and images.

    The spectra are made once for all output channels of a group.
    """
    per_in, per_out = w_shape[1], w_shape[0] // layer.groups
    span = spans(w_shape[2:], layer)
    for box, (image, outs) in product(boxes, zip(x, y, strict=True)):
        for group in range(layer.groups):
            inputs = image[group * per_in :][:per_in]
            spectrum = spectrum_of(padded(inputs, box, span, layer), size)
            for o in range(group * per_out, (group + 1) * per_out):
                yield o, spectrum, outs[o][tiles.inside(box)]


def spectrum_of(numbers, size):
    """Return the transform over the last three axes, filled up with zeros to a size."""
    return _fft.rfftn(numbers, size, (-3, -2, -1))


def spans(kernel, layer):
    """Return how far a kernel reaches along each axis."""
    return tuple(map(dilated_size, kernel, layer.dilation))


def transforms(sizes, span, arrays):
    """Cut outputs into boxes; return them, and a size of transform that holds any of them.

    The transforms, that many arrays of them, shall take no more than four tiles.
    """
    sides = list(sizes)
    while True:
        size = tuple(_fft.next_fast_len(side + k - 1, real=True)
                     for side, k in zip(sides, span, strict=True))
        if 8 * arrays * prod(size) <= 4 * tiles.BLOCK or max(sides) == 1:
            break
        longest = sides.index(max(sides))
        sides[longest] = -(-sides[longest] // 2)
    return list(product(*map(tiles.cut, sizes, sides))), size


def winograd(x, w, y, layer):
    """Compute 2x2 outputs of a 3x3 kernel with 16 products in place of 36: F(2x2, 3x3).

    For images, kernels of 3x3, stride 1 and dilation 1, one group. Sums and differences take the
    place of products; with larger tiles accuracy would go with them.

    References
    ----------
    Lavin and Gray (2016), Fast algorithms for convolutional neural networks, section 4.1.
    """
    to_input, to_kernel, to_output = (np.kron(m, m).astype(y.dtype) for m in WINOGRAD)
    c_out, c_in = w.shape[:2]
    kernels = np.matmul(to_kernel, w.reshape(c_out * c_in, 9).T).reshape(16, c_out, c_in)
    for image, out in zip(x, y, strict=True):
        for _, (top, bottom), (left, right) in tiles.boxes(y.shape[2:], 20 * (c_in + c_out)):
            rows, columns = -(-(bottom - top) // 2), -(-(right - left) // 2)
            box = ((0, 1), (top, top + 2 * rows), (left, left + 2 * columns))
            part = padded(image, box, (1, 3, 3), layer, y.dtype)[:, 0]
            corners = np.stack([part[:, a : a + 2 * rows : 2, b : b + 2 * columns : 2]
                                for a, b in np.ndindex(4, 4)])
            corners = np.matmul(to_input, corners.reshape(16, -1)).reshape(16, c_in, -1)
            sums = np.matmul(to_output, np.matmul(kernels, corners).reshape(16, -1))
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
