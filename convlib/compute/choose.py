"""Which algorithm computes a convolution: chosen from shapes, and measured where they change over.

Arrays have the axes of signals, images or volumes; the algorithms of `ways` get volumes.
"""

from math import frexp, inf, prod
from sys import float_info

from convlib.compute import tiles, ways


def compute(x, w, y, geometry):
    """Fill y with a convolution, by the algorithm that suits its shapes."""
    x, w, y = map(tiles.as_volume, (x, w, y))
    if _is_product(x, w, y, geometry):
        ways.matmul(x, w, y, geometry)
    elif _fourier_pays(w, geometry, x, w):
        ways.fourier(x, w, y, geometry)
    else:
        whole = _large(w) or _few_outputs(w, y, geometry.groups) or _few_inputs(w, geometry.groups)
        algorithm = ways.unfold if whole else ways.rows
        for part in tiles.by_groups(x, w, y, geometry, ways.rows_cost(x, w, y)):
            algorithm(*part)


def compute_transposed(x, w, y, geometry):
    """Fill y, all zeros, with a transposed convolution.

    The weight is (C_in, C_out/groups, …); the geometry is that of the convolution from y to x.
    """
    x, w, y = map(tiles.as_volume, (x, w, y))
    if geometry.stride != (1, 1, 1) or _large(w) or _few_outputs(w, y):
        ways.scatter(x, w, y, geometry)
        return
    # At stride 1 it is a convolution with the kernels turned and the channels' roles exchanged.
    parts = w.reshape(geometry.groups, -1, *w.shape[1:])[..., ::-1, ::-1, ::-1].swapaxes(1, 2)
    before = tuple(d * (k - 1) - p for d, k, p in
                   zip(geometry.dilation, w.shape[2:], geometry.before, strict=True))
    compute(x, parts.reshape(-1, *parts.shape[2:]), y, geometry._replace(before=before))


def compute_weight_gradient(x, dy, dw, geometry):
    """Add to dw, all zeros, the weight's gradient."""
    x, dy, dw = map(tiles.as_volume, (x, dy, dw))
    if _fourier_pays(dw, geometry, x, dy):
        ways.fourier_weight_gradient(x, dy, dw, geometry)
    else:
        algorithm = ways.weight_gradient_unfolded if _large(dw) else ways.weight_gradient
        cost = ways.rows_cost(x, dw, dy)
        for images, gradient, outs, some in tiles.by_groups(x, dw, dy, geometry, cost):
            algorithm(images, outs, gradient, some)


def _is_product(x, w, y, geometry):
    """Tell whether the outputs are a matrix times the numbers of the input as they lie there."""
    return (w[0, 0].size == 1 and geometry.stride == (1, 1, 1) and not any(geometry.before)
            and x.shape[2:] == y.shape[2:] and x.dtype == y.dtype and x[:1].flags.c_contiguous)


def _large(w):
    """Tell whether a copy of the weights would take too much memory."""
    return w.nbytes > tiles.BLOCK


def _few_outputs(w, y, groups=1):
    """Tell whether putting the weights in another order costs more than it gains (measured)."""
    return 2 * w.shape[0] // groups > y.size // y.shape[1]  # the batch may be empty


def _few_inputs(w, groups):
    """Tell whether adding up the kernel's rows costs more than unfolding them all (measured)."""
    return 2 * w.shape[1] * w.shape[4] < w.shape[0] // groups


def _fourier_pays(w, geometry, *arrays):
    """Tell whether multiplying spectra is cheaper (measured: see the appendix)."""
    taps, pairs = prod(w.shape[2:]), w.shape[0] * w.shape[1]
    if not (taps >= 225 and pairs <= 4 or taps >= 400 and pairs <= 256):
        return False
    return (geometry.stride == geometry.dilation == (1, 1, 1) and w.dtype.kind == "f"
            and _spectra_stay_finite(*arrays))


def _spectra_stay_finite(*arrays):
    """Tell whether no number is so large, or none, that a spectrum spreads it over everything."""
    exponents = 0
    for array in arrays:
        largest = max(float(array.max(initial=0)), -float(array.min(initial=0)))
        if not largest < inf:  # NaN is not
            return False
        # A spectrum is at most the sum of all numbers; on the way back spectra are summed.
        exponents += frexp(largest)[1] + 2 * frexp(array.size)[1]
    return exponents < float_info.max_exp
