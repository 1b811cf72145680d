"""Larger than memory: the convolutions of `convlib.functional` over the chunks of a Dask array."""

import math

import numpy as np

from convlib import _check as check
from convlib import functional, shapes

try:
    import dask.array as da
    from dask.array.overlap import ensure_minimum_chunksize
except ImportError as error:
    raise ImportError("convlib.chunked needs Dask: pip install convlib[dask]") from error


def conv(input, weight, bias=None, *, padding=0, dilation=1, groups=1):
    r"""Convolve an array that need not fit into memory, chunk by chunk, at stride 1.

    The number of axes of ``weight`` decides between `functional.conv1d`, `functional.conv2d` and
    `functional.conv3d`, whose formula this is. Each chunk is given the d(k - 1) rows (columns,
    slices) of the next one that its windows reach into, its halo, and is convolved by itself.

    Parameters
    ----------
    input : dask.array.Array, shape (N, C_in, …) or (C_in, …)
        Signals, images or volumes, in chunks of any size.
    weight : array_like, shape (C_out, C_in/groups, k, …)
        Kernels, in memory.
    bias : array_like, shape (C_out,), optional
        A number added to every position of an output channel.
    padding, dilation, groups
        As in `functional.conv2d`.

    Returns
    -------
    dask.array.Array, shape (N, C_out, …) or (C_out, …)
        Nothing is computed yet: ``.compute()`` brings the result into memory, and `da.store`,
        ``.to_zarr`` or `da.to_npy_stack` write it chunk by chunk.

    Raises
    ------
    TypeError, ValueError
        As in `functional.conv2d`; and if ``input`` is no Dask array or does not know its shape.

    Notes
    -----
    A task holds a few copies of one chunk: with its halo, and with all channels, since every
    output channel sums over them. With ``padding='same'`` the chunks of the result are those of
    the input; other padding is added to the last chunk of an axis or taken from it. Chunks that
    are smaller than the kernel's span are joined to their neighbours first.

    Examples
    --------
    >>> import dask.array as da
    >>> x = da.ones((1, 6, 4), chunks=(1, 3, 4))
    >>> y = conv(x, np.ones((1, 1, 3, 3)), padding="same")
    >>> y.chunks
    ((1,), (3, 3), (4,))
    >>> y[0].compute()
    array([[4., 6., 6., 4.],
           [6., 9., 9., 6.],
           [6., 9., 9., 6.],
           [6., 9., 9., 6.],
           [6., 9., 9., 6.],
           [4., 6., 6., 4.]])

    References
    ----------
    Rocklin (2015), Dask: parallel computation with blocked algorithms and task scheduling,
    Proceedings of the 14th Python in Science Conference.
    """
    if not isinstance(input, da.Array):
        raise TypeError(
            f"input is a {type(input).__name__}: give a Dask array, dask.array.from_array(input, …)"
        )
    if any(math.isnan(size) for size in input.shape):
        raise ValueError(
            f"input has shape {input.shape}: call its compute_chunk_sizes() to make it known"
        )
    weight = check.numbers("weight", weight)
    axes = weight.ndim - 2
    shape, _, pads, dilation = shapes.conv_layout(
        input.shape, weight.shape, 1, padding, dilation, groups
    )
    options = dict(weight=weight, bias=bias, dilation=dilation, groups=groups)
    operation = getattr(functional, f"conv{axes}d")
    spans = tuple(map(shapes.dilated_size, weight.shape[2:], dilation))
    # An empty batch tells the result's dtype, and refuses what the operation would refuse later.
    empty = operation(np.zeros((0, input.shape[-axes - 1], *spans), input.dtype), **options)

    outer = input.ndim - axes
    ends = [0] * outer + [sum(pad) for pad in pads]  # the last chunks take all the padding
    largest = [max(*cuts, cuts[-1] + more) for cuts, more in zip(input.chunks, ends, strict=True)]
    largest[outer - 1] = input.shape[outer - 1]
    check.affordable("a chunk", largest, "chunks of input, or padding", empty.dtype)
    x = da.pad(input, ((0, 0),) * outer + pads)
    # The padded axis is cut where the input is, so that only its last chunk differs in size.
    chunks = [
        ensure_minimum_chunksize(span, (*cuts[:-1], cuts[-1] + sum(pad)))
        for span, cuts, pad in zip(spans, input.chunks[outer:], pads, strict=True)
    ]
    x = x.rechunk((*input.chunks[: outer - 1], -1, *chunks))
    # Each chunk looks ahead into the next; the last one has none, and gives fewer outputs.
    return da.map_overlap(
        operation, x, **options, trim=False, boundary="none", dtype=empty.dtype,
        depth={outer + axis: (0, span - 1) for axis, span in enumerate(spans)},
        chunks=(
            *x.chunks[: outer - 1], shape[outer - 1],
            *((*cuts[:-1], cuts[-1] - span + 1) for cuts, span in zip(chunks, spans, strict=True)),
        ),
        meta=np.empty((0,) * input.ndim, empty.dtype),
    )
