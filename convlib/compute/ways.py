"""How a convolution is computed: one function for each algorithm, told in the appendix.

`choose` says which of them is used; nothing is checked here. Signals, images and volumes are all
volumes (`tiles.as_volume`): x is (N, C_in, D, H, W), w is (C_out, C_in/groups, kD, kH, kW), and y,
(N, C_out, D', H', W'), is there already, to be filled. They have y's dtype, but for x, which is
cast where it is copied. How windows lie is told by a `tiles.Geometry`. How the work is cut, and
where numbers lie, is found in `tiles`.
"""

from itertools import product
from math import gcd, prod

import numpy as np
from scipy import fft as _fft

from convlib.compute import tiles
from convlib.shapes import kernel_span


def matmul(x, w, y, geometry):
    """Multiply every position's channels by one matrix: a 1x1 convolution is nothing else."""
    matrix = w.reshape(geometry.groups, -1, w.shape[1])
    for image, out in zip(x, y, strict=True):
        flat = (geometry.groups, -1, image[0].size)
        _multiply(matrix, image.reshape(flat), out=out.reshape(flat))


def rows(x, w, y, geometry):
    """Unfold along the width only; each row of the kernel is then one product (im2col by rows).

    ::

        for each block of outputs:
            sums = 0
            for each row (a, i) of the kernel:
                unfolded = the kW numbers under that row, for every output of the block
                sums += w[:, :, a, i, :] @ unfolded

    The unfolded numbers are kW times the input, not kD kH kW times: rows of the kernel that meet
    the same rows of the image share them. Rows that lie in the padding cost nothing.
    """
    kernel = w.shape[2:]
    matrices = _row_matrices(w, geometry.groups)
    for images, outs, box in tiles.pieces(x, y, y.shape[2:], rows_cost(x, w, y)):
        sums = target = tiles.part_of(outs, box, geometry.groups)
        if target.shape[1] > 1:  # a channel's planes lie apart from the next's: add elsewhere
            sums = tiles.workspace.empty(target.shape, y.dtype)
        products = tiles.workspace.empty(sums.shape, y.dtype)
        started = False  # whether the sums hold numbers yet
        for row, here, unfolded in _rows_of(images, kernel, box, geometry, y.dtype):
            if started:
                _multiply(matrices[row], unfolded, out=products[here])
                _add(sums, products, here)
            else:
                _start(sums, matrices[row], unfolded, here)
                started = True
        if not started:  # the whole block lies in the padding
            sums[...] = 0
        if sums is not target:
            target[...] = sums


def rows_cost(x, w, y):
    """Return how many bytes a position takes in `rows`: what is unfolded, and the products."""
    return _row_cost(x, w.shape[2:], y.dtype) + y.shape[1] * y.itemsize


def unfold(x, w, y, geometry):
    """Unfold every window into a column (im2col), a block of them at a time: one product each.

    The kernels are used as they lie in memory. `rows` must put them in another order first, which
    costs more than it gains where the outputs of a channel are few; and it adds kD kH products,
    which costs more than copying where the inputs to an output are few.
    """
    matrix = w.reshape(geometry.groups, w.shape[0] // geometry.groups, -1)
    cost = _window_cost(x, w.shape[2:], y.dtype)
    for images, outs, box in tiles.pieces(x, y, y.shape[2:], cost):
        windows = _windows(images, w.shape[2:], box, geometry, y.dtype)
        _multiply(matrix, windows, out=tiles.part_of(outs, box, geometry.groups))


def im2col(x, y, kernel, geometry):
    """Fill y, (N, C_in kD kH kW, D', H', W'), with the windows of x."""
    for images, outs, box in tiles.pieces(x, y, y.shape[2:], y.shape[1] * y.itemsize):
        tiles.part_of(outs, box, 1)[...] = _windows(images, kernel, box, geometry, y.dtype)


def col2im(x, y, kernel, geometry):
    """Add windows, (N, C kD kH kW, D', H', W'), to y, (N, C, D, H, W), where they lie."""
    windows = x.reshape(*y.shape[:2], *kernel, *x.shape[2:])
    cost = y.shape[1] * kernel[0] * kernel[1] * geometry.stride[2] * y.itemsize
    for images, outs, box in tiles.pieces(windows, y, x.shape[2:], cost):
        _add_windows(images[tiles.inside(box)], outs, box, geometry)


def scatter(x, w, y, geometry):
    """Transposed convolution: one product, then every number is added where it belongs (col2im).

    Here x is (N, C_in, D, H, W), w is (C_in, C_out/groups, kD, kH, kW) and y the larger output,
    full of zeros; the geometry is that of the convolution that leads from y's shape to x's.
    """
    groups, kernel = geometry.groups, w.shape[2:]
    matrix = w.reshape(groups, w.shape[0] // groups, -1).swapaxes(1, 2)
    added = groups * matrix.shape[1] * (kernel[2] + geometry.stride[2]) // kernel[2]
    cost = (added + x.shape[1]) * y.itemsize
    for images, outs, box in tiles.pieces(x, y, x.shape[2:], cost):
        sizes = [hi - lo for lo, hi in box]
        part = images[tiles.inside(box)].reshape(len(images), groups, -1, prod(sizes))
        shape = len(images), groups, matrix.shape[1], prod(sizes)
        products = tiles.workspace.empty(shape, y.dtype)
        _multiply(matrix, part, out=products)
        _add_windows(products.reshape(*outs.shape[:2], *kernel, *sizes), outs, box, geometry)


def weight_gradient(x, dy, dw, geometry):
    """Add to dw what correlating x with dy, (N, C_out, D', H', W'), gives: the weight's gradient.

    The products are those of `rows`, the other way: unfolded rows times outputs, transposed.
    """
    groups, kernel, (c_out, per_in) = geometry.groups, dw.shape[2:], dw.shape[:2]
    sums = np.zeros((*kernel[:2], groups, per_in * kernel[2], c_out // groups), dw.dtype)
    cost = _row_cost(x, kernel, dw.dtype)
    for images, outs, box in tiles.pieces(x, dy, dy.shape[2:], cost):
        outputs = tiles.part_of(outs, box, groups).swapaxes(3, 4)
        for row, (image, depth, _, positions), unfolded in _rows_of(
                images, kernel, box, geometry, dw.dtype):
            mine = outputs[image, depth, :, positions]
            for place in np.ndindex(unfolded.shape[:2]):  # images and depths
                sums[row] += np.matmul(unfolded[place], mine[place])
    parts = sums.reshape(*kernel[:2], groups, per_in, kernel[2], -1)
    dw += parts.transpose(2, 5, 3, 0, 1, 4).reshape(dw.shape)


def weight_gradient_unfolded(x, dy, dw, geometry):
    """Add to dw the weight's gradient, as outputs times windows (`unfold`), transposed.

    No more than a part of dw is computed at a time: for weights too large to be held twice.
    """
    per_out, kernel = dw.shape[0] // geometry.groups, dw.shape[2:]
    sums = dw.reshape(geometry.groups, per_out, -1)
    step = max(1, tiles.BLOCK // sums[:, 0].nbytes)
    cost = _window_cost(x, kernel, dw.dtype)
    for images, outs, box in tiles.pieces(x, dy, dy.shape[2:], cost):
        outputs = tiles.part_of(outs, box, geometry.groups)
        unfolded = _windows(images, kernel, box, geometry, dw.dtype)
        for place in np.ndindex(unfolded.shape[:2]):  # images and depths
            windows = unfolded[place].swapaxes(1, 2)
            for first in range(0, per_out, step):
                part = slice(first, first + step)
                sums[:, part] += np.matmul(outputs[place][:, part], windows)


def fourier(x, w, y, geometry):
    """Multiply spectra: the cost does not grow with the kernel. For stride 1.

    Computed in double precision: the error of an FFT is measured by the largest number, and would
    else show where small numbers lie beside large ones.
    """
    span = _spans(w.shape[2:], geometry)
    kernels = np.zeros((*w.shape[:2], *span))
    kernels[(..., *(slice(None, None, d) for d in geometry.dilation))] = w
    boxes, size = _transforms(y.shape[2:], span, 2 * w.shape[1] * (w.shape[0] + 2))
    spectra = _spectrum_of(kernels, size)
    np.conj(spectra, out=spectra)
    for o, spectrum, out in _input_spectra(x, y, w.shape, geometry, boxes, size):
        total = (spectrum * spectra[o]).sum(0)
        out[...] = _fft.irfftn(total, size)[tuple(map(slice, out.shape))]


def fourier_weight_gradient(x, dy, dw, geometry):
    """Add to dw the weight's gradient: spectra of inputs and outputs, multiplied and summed.

    A sum of spectra is the spectrum of the sum, so that one transform at the end leads back.
    """
    span = _spans(dw.shape[2:], geometry)
    boxes, size = _transforms(dy.shape[2:], span, 2 * dw.shape[1] * (dw.shape[0] + 2))
    total = np.zeros((*dw.shape[:2], *size[:2], size[2] // 2 + 1), complex)
    for o, spectrum, back in _input_spectra(x, dy, dw.shape, geometry, boxes, size):
        total[o] += spectrum * _spectrum_of(back.astype(float), size).conj()
    taps = tuple(slice(0, each, d) for each, d in zip(span, geometry.dilation, strict=True))
    for gradient, sums in zip(dw, total, strict=True):
        gradient += _fft.irfftn(sums, size, (-3, -2, -1))[(..., *taps)]


def winograd(x, w, y, geometry):
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
            down, across = -(-(bottom - top) // 2), -(-(right - left) // 2)
            box = ((0, 1), (top, top + 2 * down), (left, left + 2 * across))
            part = _padded(image, box, (1, 3, 3), geometry, y.dtype)[:, 0]
            corners = np.stack([part[:, a : a + 2 * down : 2, b : b + 2 * across : 2]
                                for a, b in np.ndindex(4, 4)])
            corners = np.matmul(to_input, corners.reshape(16, -1)).reshape(16, c_in, -1)
            sums = np.matmul(to_output, np.matmul(kernels, corners).reshape(16, -1))
            for (a, b), part in zip(np.ndindex(2, 2), sums, strict=True):
                target = out[:, 0, top + a : bottom : 2, left + b : right : 2]
                target[...] = part.reshape(c_out, down, across)[:, : target.shape[1],
                                                              : target.shape[2]]


WINOGRAD = (
    np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]),
    np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]),
    np.array([[1, 1, 1, 0], [0, 1, -1, -1]]),
)


def _multiply(matrix, numbers, out):
    """Multiply matrices: where every sum has one term only, NumPy does it without BLAS, slowly."""
    product_of = np.multiply if matrix.shape[-1] == 1 else np.matmul
    product_of(matrix, numbers, out=out)


def _row_matrices(w, groups):
    """Return a matrix for each row of the kernel, (…, groups, C_out/groups, C_in/groups kW)."""
    parts = w.reshape(groups, -1, *w.shape[1:]).transpose(3, 4, 0, 1, 2, 5)
    return np.ascontiguousarray(parts).reshape(*parts.shape[:4], -1)


def _start(sums, matrix, unfolded, here):
    """Begin the sums with the products of a row that meets the outputs here."""
    if sums[here].shape != sums.shape:
        sums[...] = 0
    _multiply(matrix, unfolded, out=sums[here])


def _add(sums, products, here):
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


def _rows_of(images, kernel, box, geometry, dtype):
    """Yield what each row of the kernel meets in a box of outputs, one that touches most first.

    Yields ``(a, i), here, unfolded``: the row's place in the kernel, the slices of the box's
    outputs that it touches, and the numbers under it, (N, depths, groups, C_in/groups kW,
    positions), which are gone when others are unfolded. Rows that touch nothing are passed over.
    """
    sizes, (left, right) = images.shape[2:], box[2]
    tall = prod(map(min, sizes[:2], _spans(kernel, geometry)[:2]))
    apart = tall * (right - left) * _row_cost(images, kernel, dtype) > 3 * tiles.BLOCK
    for source, places in tiles.row_places(kernel, sizes, box, geometry, apart):
        with tiles.workspace:
            unfolded = _unfold_width(images[source], kernel[2], box[2], geometry, dtype)
            for row, here, there in places:
                yield row, here, unfolded[there]


def _row_cost(x, kernel, dtype):
    """Return how many bytes a position takes where the width is unfolded."""
    return x.shape[1] * kernel[2] * dtype.itemsize


def _unfold_width(part, kernel, span, geometry, dtype):
    """Unfold part of an image along its width: the numbers under each tap of a kernel's row.

    From (N, C_in, depths, height, width) to (N, depths, groups, C_in/groups kW, height outputs):
    tap j of output t meets number s t + d j - p, or the padding, which is 0.
    """
    part = part.swapaxes(1, 2)
    *lead, height, width = part.shape
    size = height * (span[1] - span[0])
    unfolded = tiles.workspace.empty((*lead, kernel, size), dtype)
    grid = unfolded.reshape(*lead, kernel, height, -1)
    s, d = geometry.stride[2], geometry.dilation[2]
    # At stride 1, rows that lie behind each other are one long run: it is copied at once, and the
    # ends, where a row has run into the next one, are put right.
    behind = part.strides[-2] == width * part.strides[-1]
    run = part.reshape(*lead, size) if s == 1 and span == (0, width) and behind else None
    # At other strides, tap j - back met the same numbers, some outputs later.
    back = s // gcd(s, d)
    later = d * back // s
    places = tiles.joints(2, kernel, width, span, geometry)
    for j, (first, last, start, stop) in enumerate(places):
        done = first
        if run is not None and first < last:
            unfolded[..., j, first : size - start] = run[..., start : size - first]
            done = last
        elif s > 1 and j >= back and later < size:
            unfolded[..., j, : size - later] = unfolded[..., j - back, later:]
            done = max(first, min(last, places[j - back].last - later))
        if done < last:
            grid[..., j, :, done:last] = part[..., start + s * (done - first) : stop : s]
        if first > 0:
            grid[..., j, :, :first] = 0
        if last < grid.shape[-1]:
            grid[..., j, :, last:] = 0
    return unfolded.reshape(*lead[:2], geometry.groups, -1, size)


def _windows(images, kernel, box, geometry, dtype):
    """Return the windows of a box, (N, depths, groups, C_in/groups kD kH kW, positions)."""
    depths, height, width = (hi - lo for lo, hi in box)
    shape = len(images), depths, geometry.groups
    windows = tiles.workspace.empty(
        (*shape, images.shape[1] // geometry.groups, *kernel, height * width), dtype)
    untouched = set(np.ndindex(kernel[:2]))
    for (a, i), here, unfolded in _rows_of(images, kernel, box, geometry, dtype):
        untouched.remove((a, i))
        target = windows[:, :, :, :, a, i]
        if tiles.area(here) < depths * height * width:
            target[...] = 0
        target[here] = unfolded.reshape(*unfolded.shape[:3], *target.shape[3:5], -1)
    for a, i in untouched:
        windows[:, :, :, :, a, i] = 0
    return windows.reshape(*shape, -1, height * width)


def _window_cost(x, kernel, dtype):
    """Return how many bytes a position takes in windows, and in the rows they come from."""
    return _row_cost(x, kernel, dtype) * (prod(kernel[:2]) + 1)


def _add_windows(windows, outs, box, geometry):
    """Add windows (N, C, kD, kH, kW, depths, rows, columns) where they overlap: unfolding undone.

    Adding is the adjoint of copying, so this is the adjoint of `_windows`: as there, the width
    comes first, then the rows.
    """
    width, along, down = tiles.fold_places(windows.shape[2:5], outs.shape[2:], box, geometry)
    wide = tiles.workspace.empty((*windows.shape[:4], *windows.shape[5:7], width), outs.dtype)
    wide[...] = 0
    for into, source in along:
        target = wide[into]
        target += windows[source]
    for into, source in down:
        target = outs[into]
        target += wide[source]


def _input_spectra(x, y, w_shape, geometry, boxes, size):
    """Yield (output channel, spectra of its inputs, its part of y) for all boxes and images.

    The spectra are made once for all output channels of a group.
    """
    per_in, per_out = w_shape[1], w_shape[0] // geometry.groups
    span = _spans(w_shape[2:], geometry)
    for box, (image, outs) in product(boxes, zip(x, y, strict=True)):
        for group in range(geometry.groups):
            inputs = image[group * per_in :][:per_in]
            spectrum = _spectrum_of(_padded(inputs, box, span, geometry), size)
            for o in range(group * per_out, (group + 1) * per_out):
                yield o, spectrum, outs[o][tiles.inside(box)]


def _spectrum_of(numbers, size):
    """Return the transform over the last three axes, filled up with zeros to a size."""
    return _fft.rfftn(numbers, size, (-3, -2, -1))


def _spans(kernel, geometry):
    """Return how far a kernel reaches along each axis."""
    return tuple(map(kernel_span, kernel, geometry.dilation))


def _transforms(sizes, span, arrays):
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


def _padded(image, box, span, geometry, dtype=float):
    """Return the part of an image that a box of outputs needs at stride 1, zeros included."""
    part = np.zeros((image.shape[0], *(hi - lo + k - 1 for (lo, hi), k in
                                       zip(box, span, strict=True))), dtype)
    here, there = [slice(None)], [slice(None)]
    for (lo, hi), k, p, size in zip(box, span, geometry.before, image.shape[1:], strict=True):
        first, last = max(0, lo - p), max(0, min(size, hi - 1 - p + k))
        last = max(first, last)
        there.append(slice(first, last))
        here.append(slice(first - lo + p, last - lo + p))
    part[tuple(here)] = image[tuple(there)]
    return part
