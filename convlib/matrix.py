"""A convolution as a matrix: sparse, with the same few weights again and again."""

from math import prod

import numpy as np
from scipy import sparse

from convlib import _check as check
from convlib import shapes
from convlib.compute.tiles import Geometry, as_volume, taps


def conv_matrix(weight, input_size, *, stride=1, padding=0, dilation=1, groups=1):
    r"""Return the matrix C with ``C @ x.ravel()`` equal to the convolution of x, ravelled.

    Its transpose is the transposed convolution, and so the gradient with respect to the input. It
    is not the inverse: C^T C is not the identity.

    Parameters
    ----------
    weight : array_like, shape (C_out, C_in/groups, k…)
        Kernels of one, two or three axes.
    input_size : int or tuple of int
        Sizes of the input's axes, without channels: L, (H, W) or (D, H, W).
    stride, padding, dilation, groups
        As in `functional.conv2d`.

    Returns
    -------
    scipy.sparse.csr_array, shape (C_out * positions out, C_in * positions in)
        In the weight's dtype (whole numbers: int64).

    Raises
    ------
    TypeError, ValueError
        As in `functional.conv2d`.

    Examples
    --------
    >>> import numpy as np
    >>> C = conv_matrix(np.ones((1, 1, 3, 3)), (4, 4))
    >>> C.shape, C.nnz
    ((4, 16), 36)

    References
    ----------
    Dumoulin and Visin (2016), arXiv:1603.07285, section 4.1.
    """
    w = check.numbers("weight", weight)
    axes = w.ndim - 2
    if axes not in check.AXES:
        raise ValueError(f"weight has shape {w.shape}: it needs (C_out, C_in/groups, kernel…) with "
                         "one to three axes of kernel")
    size = check.integers("input_size", input_size, axes, 1)
    (groups,) = check.counts(groups=groups)
    c_in = w.shape[1] * groups
    shape, stride, pads, dilation = shapes.conv_layout(
        (c_in, *size), w.shape, stride, padding, dilation, groups, input="input_size")
    # An entry is a value, a row and a column; places in the input and the output are listed too.
    numbers = 3 * w.size * prod(shape[1:]) + c_in * prod(size) + prod(shape)
    check.affordable("the matrix's numbers", (numbers,), "weight, input_size or padding",
                     np.dtype(np.int64))
    geometry = Geometry.of(stride, pads, dilation, groups)
    w = as_volume(w.astype(check.sum_type(w), copy=False))
    sizes_in, sizes_out = ((1,) * (3 - axes) + tuple(s) for s in (size, shape[1:]))
    place_in = np.arange(c_in * prod(size)).reshape(groups, 1, -1, *sizes_in)
    place_out = np.arange(prod(shape)).reshape(groups, -1, 1, *sizes_out)
    entries = []
    box = tuple((0, side) for side in sizes_out)
    for tap, here, there in taps(w.shape[2:], sizes_in, box, geometry):
        rows, columns = np.broadcast_arrays(place_out[(..., *here)], place_in[(..., *there)])
        weights = w[(..., *tap)].reshape(*rows.shape[:3], 1, 1, 1)
        entries.append((np.broadcast_to(weights, rows.shape).ravel(), rows.ravel(),
                        columns.ravel()))
    values, rows, columns = map(np.concatenate, zip(*entries, strict=True))
    return sparse.csr_array((values, (rows, columns)), shape=(place_out.size, place_in.size))
