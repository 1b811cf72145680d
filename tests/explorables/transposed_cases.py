"""Random transposed convolutions, and what convlib says of each, for `test_core`."""

import numpy as np

from convlib import functional, shapes
from convlib.explorables import TransposedGrid
from convlib.matrix import conv_matrix


def laid(grid, x, w, padding=0, output_padding=0):
    """A transposed convolution with the grid's stride."""
    return functional.conv_transpose2d(x[None], w[None, None], None, grid.stride, padding,
                                       output_padding)[0]


def random_grid(rng):
    """Return an explorable with settings that allow an output, and sides that differ."""
    while True:
        stride = int(rng.integers(1, 4))
        kernel = rng.integers(-9, 9, rng.integers(1, 6, 2))
        grid = TransposedGrid(
            input=rng.integers(-9, 9, rng.integers(1, 5, 2)), kernel=kernel, stride=stride,
            padding=int(rng.integers(min(kernel.shape))),
            output_padding=int(rng.integers(stride)))
        sides = [output_side(grid, axis) for axis in (0, 1)]
        if min(sides) > 0:
            return grid


def output_side(grid, axis):
    """The formula of Dumoulin and Visin, for settings with which convlib refuses to compute."""
    return (grid.stride * (np.shape(grid.input)[axis] - 1) + np.shape(grid.kernel)[axis]
            - 2 * grid.padding + grid.output_padding)


def options_of(grid):
    height, width = np.shape(grid.input)
    return {"height": height, "width": width, "kernel": list(np.shape(grid.kernel)),
            "stride": grid.stride, "padding": grid.padding, "outputPadding": grid.output_padding}


def transposed_cases(rng):
    """Yield the cases of the transposed convolution in both of its ways."""
    grid = random_grid(rng)
    options, p = options_of(grid), grid.padding
    x, w = np.array(grid.input), np.array(grid.kernel)
    yield "transposedProblem", [options], None
    yield "convTranspose2d", [grid.input, grid.kernel, options], grid.output.tolist()
    full = laid(grid, x, w)
    sheet = np.maximum(full.shape, np.array(grid.output.shape) + p)
    yield "transposedAxes", [options], [
        {"size": x.shape[axis], "k": w.shape[axis], "full": full.shape[axis],
         "out": grid.output.shape[axis], "sheet": int(sheet[axis]),
         "border": w.shape[axis] - 1 - p, "expanded": grid.expanded.shape[axis]}
        for axis in (0, 1)]
    numbered = TransposedGrid(**{name: getattr(grid, name) for name in (
        "kernel", "stride", "padding", "output_padding")},
        input=np.arange(1, x.size + 1).reshape(x.shape))
    yield "expandedSources", [options], (numbered.expanded - 1).tolist()
    yield from stamp_cases(rng, grid, sheet)
    size, k, s = x.shape[0], w.shape[0], grid.stride
    sizes = [side for side in range(40) if side + 2 * p >= k
             and shapes.conv_output_size(max(side, 1), k, stride=s, padding=p) == size]
    if 0 not in sizes and len(sizes) == s:
        yield "sizesLeadingTo", [size, k, s, p], sizes


def stamp_cases(rng, grid, sheet):
    """Yield where an input's stamp lies, what reaches a cell, and the sum of some stamps."""
    options, p = options_of(grid), grid.padding
    x, w = np.array(grid.input), np.array(grid.kernel)
    row, column = (int(v) for v in rng.integers(0, x.shape))
    # Each weight has a power of two of its own, and so tells where it lies.
    powers = 2.0 ** np.arange(w.size).reshape(w.shape)
    probe = np.zeros(x.shape)
    probe[row, column] = 1
    stamp = laid(grid, probe, powers)
    kept = laid(grid, probe, powers, p, grid.output_padding)
    yield "stampCells", [row, column, options], [
        {"i": i, "j": j, "y": int(y), "x": int(x), "kept": bool((kept == powers[i, j]).any())}
        for i, j in np.ndindex(w.shape) for y, x in np.argwhere(stamp == powers[i, j])]
    y, c = (int(v) for v in rng.integers(0, sheet))
    reaching = []
    for at in np.ndindex(x.shape):
        probe = np.zeros(x.shape)
        probe[at] = 1
        reached = laid(grid, probe, powers)
        value = reached[y, c] if y < len(reached) and c < reached.shape[1] else 0
        reaching += [{"row": at[0], "column": at[1], "i": int(i), "j": int(j)}
                     for i, j in np.argwhere(powers == value)]
    yield "inputsReaching", [y, c, options], reaching
    count = int(rng.integers(x.size + 1))
    some = np.where(np.arange(x.size).reshape(x.shape) < count, 1.0, 0.0)
    laid_on = laid(grid, some, np.ones(w.shape)) > 0
    sums = np.full(sheet, None, object)
    part = laid(grid, some * x, w)
    for place in np.argwhere(laid_on):
        sums[tuple(place)] = float(part[tuple(place)])
    yield "stampSum", [grid.input, grid.kernel, options, count], sums.tolist()


def unfit_transposed_cases():
    """Yield settings that allow no output: the numbers are those of the refusals."""
    base = {"height": 2, "width": 1, "kernel": [3, 5], "stride": 2, "padding": 0,
            "outputPadding": 0}
    for changed, problem in (
        ({"outputPadding": 2}, {"key": "output_padding", "a": 2, "s": 2}),
        ({"padding": 3}, {"key": "border", "p": 3, "k": 3}),
        ({"height": 1, "padding": 2}, {"key": "cut_off", "full": 3, "p": 2}),
    ):
        yield "transposedProblem", [base | changed], problem
    for values, rows, columns in (([[1, 2], [3, 4]], 1, 2), ([[5, 6]], 1, 1)):
        yield "reshaped", [values, rows, columns], np.array(values)[:rows, :columns].tolist()
    yield "reshaped", [[[9]], 3, 3], [[9, 2, 0], [3, 2, 1], [2, 2, 2]]


def matrix_cases(rng):
    """Yield the cases of a convolution's matrix."""
    kernel = rng.integers(1, 4, 2)
    stride, padding, dilation = ([int(v) for v in rng.integers(low, high, 2)]
                                 for low, high in ((1, 4), (0, 3), (1, 3)))
    height, width = (int(v) for v in rng.integers(5, 8, 2))
    taps = conv_matrix(1 + np.arange(kernel.prod()).reshape(1, 1, *kernel), (height, width),
                       stride=tuple(stride), padding=tuple(padding), dilation=tuple(dilation))
    yield "convMatrixTaps", [{"height": height, "width": width, "kernel": kernel.tolist(),
                              "stride": stride, "padding": padding, "dilation": dilation}], (
        taps.toarray() - 1).tolist()
    few = rng.integers(-3, 4, (int(rng.integers(1, 6)), 3)) @ rng.integers(-3, 4, (3, 5))
    yield "transpose", [few.tolist()], few.T.tolist()
    yield "rank", [few.tolist()], int(np.linalg.matrix_rank(few))
