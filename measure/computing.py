"""Times and memory that the appendix "How a convolution is computed" shows.

The programs are those of the chapter: its cells are run here, so that what is timed is what a
reader sees. Everything runs on one core. Each figure is the best of several runs, in processor
time, and programs that are compared take turns: what disturbs the machine meets them all.
"""

import tracemalloc
from functools import partial
from pathlib import Path
from threading import Thread
from time import process_time

import nbformat
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.linalg.blas import saxpy
from threadpoolctl import threadpool_limits

from convlib import costs, data, engine
from convlib.compute import tiles, ways
from convlib.functional import conv2d

CHAPTER = Path(__file__).parents[1] / "chapters" / "en" / "A1_computing.ipynb"
PROGRAMS = ("imports", "loops", "by-taps", "by-rows", "im2col", "by-product", "by-fft",
            "winograd-matrices", "by-winograd", "layers")


def measure():
    """Return all figures of the chapter: milliseconds, GFLOP/s and megabytes."""
    chapter, rng = programs(), np.random.default_rng(0)
    x, w = normal(rng, 256, 58, 58), normal(rng, 256, 256, 3, 3)
    with threadpool_limits(1):
        return {
            "layer_ms": layer(chapter, x, w),
            "rates": rates(rng),
            "roofline_gflops": {name: reached(rng, *each)
                                for name, each in chapter["layers"].items()},
            "depthwise_ms": depthwise(x, w),
            "memory_mb": {n: memory(np.stack([x] * n), w) for n in (1, 4, 16)},
            "kernels": kernels(data.photo("camera").astype(np.float32)),
            "growth": growth(rng),
        }


def programs():
    """Return what the chapter's cells define."""
    cells = {cell.id: cell.source for cell in nbformat.read(CHAPTER, as_version=4).cells}
    names = {}
    for cell in PROGRAMS:
        exec(compile(cells[cell], cell, "exec"), names)
    return names


def normal(rng, *shape):
    """Return numbers as a layer's are."""
    return rng.standard_normal(shape, dtype=np.float32)


def best(calls, times=15):
    """Return {name: milliseconds} of {name: function}; the functions take turns."""
    spent = {name: [] for name in calls}
    for _ in range(times):
        for name, call in calls.items():
            start = process_time()
            call()
            spent[name].append(1e3 * (process_time() - start))
    return {name: min(each) for name, each in spent.items()}


def rate(flops, call):
    """Return the GFLOP/s of a call."""
    return flops / best({"call": call})["call"] / 1e6


def layer(chapter, x, w):
    """Time all programs on one layer; slow ones on a part of it, scaled up."""
    windows = sliding_window_view(x, (3, 3), axis=(1, 2))
    times = best({
        "taps": partial(chapter["by_taps"], x, w),
        "rows": partial(chapter["by_rows"], x, w),
        "product": partial(chapter["by_product"], x, w),
        "winograd": partial(chapter["by_winograd"], x, w, chapter["F2"]),
        "convlib": partial(conv2d, x, w),
        "onnxruntime": engine.prepare("Conv", [x[None], w], optimize=True),
    })
    parts = best({
        "loops": partial(chapter["loops"], x[:, :5, :5], w[:4]),
        "compiled": partial(np.einsum, "omij,mrcij->orc", w[:8], windows, optimize=False),
        "spectra": partial(chapter["by_spectra"], x, w[:16]),
    }, 5)
    scale = {"loops": 256 * 56 * 56 / (4 * 3 * 3), "compiled": 256 / 8, "spectra": 256 / 16}
    return times | {name: scale[name] * part for name, part in parts.items()}


def rates(rng):
    """Measure how fast square matrices are multiplied, and long arrays added."""
    sides = [8, 16, 32, 64, 128, 256, 512, 1024]
    numbers, total = normal(rng, 2, 2**24)
    return {
        "sides": sides,
        "product_gflops": [matmul_rate(rng, side) for side in sides],
        "axpy_gflops": rate(2 * numbers.size, partial(saxpy, numbers, total, a=0.5)),
    }


def matmul_rate(rng, side):
    """Return the GFLOP/s of a product of square matrices, often enough to be timed."""
    left, right = normal(rng, 2, side, side)
    out, repeat = np.empty_like(left), range(max(1, 2**22 // side**3))
    return rate(2 * side**3 * len(repeat),
                lambda: [np.matmul(left, right, out=out) for _ in repeat])


def reached(rng, size, weight, how):
    """Return the GFLOP/s that `convlib` reaches on a layer."""
    flops = costs.flops(costs.conv_macs(size, weight[0], weight[2:], **how))
    return rate(flops, partial(conv2d, normal(rng, *size), normal(rng, *weight), **how))


def depthwise(x, w):
    """Time the layer with all channels summed, and with a kernel of its own for each channel."""
    return best({"standard": partial(conv2d, x, w),
                 "depthwise": partial(conv2d, x, w[:, :1].copy(), groups=len(w))})


def memory(x, w):
    """Return the megabytes that a convolution takes beside its result."""
    found = []

    def convolve():
        tracemalloc.start()
        result = conv2d(x, w)
        found.append((tracemalloc.get_traced_memory()[1] - result.nbytes) / 1e6)
        tracemalloc.stop()

    thread = Thread(target=convolve)  # a thread keeps its workspace: a new one has none yet
    thread.start()
    thread.join()
    return found[0]


def kernels(photo):
    """Time products of unfolded rows and spectra on one channel, for growing kernels."""
    sides = [3, 5, 7, 9, 11, 15, 21, 31, 47, 63]
    times = [both(photo, side) for side in sides]
    return {"sides": sides} | {name: [each[name] for each in times] for name in times[0]}


def both(photo, side):
    """Time the two algorithms on one image of one channel."""
    x, w = photo[None, None, None], np.ones((1, 1, 1, side, side), np.float32)
    y = np.empty((1, 1, 1, *(n - side + 1 for n in photo.shape)), np.float32)
    geometry = tiles.Geometry((1, 1, 1), (0, 0, 0), (1, 1, 1))
    return best({f"{name}_ms": partial(algorithm, x, w, y, geometry)
                 for name, algorithm in (("rows", ways.rows), ("fourier", ways.fourier))})


def growth(rng):
    """Time a layer while one of its sizes grows: kernel, channels, side of the image, batch."""
    sizes = {"k": [1, 3, 5, 7, 9, 11], "C": [8, 16, 32, 64, 128, 256],
             "H": [8, 16, 32, 64, 128, 256], "N": [1, 2, 4, 8, 16, 32]}
    start = {"k": 3, "C": 32, "H": 64, "N": 1}
    return {name: {"values": values, "ms": [one(rng, **start | {name: value}) for value in values]}
            for name, values in sizes.items()}


def one(rng, k, C, H, N):
    """Time one layer."""
    x, w = normal(rng, N, C, H, H), normal(rng, C, C, k, k)
    return best({"layer": partial(conv2d, x, w, padding=k // 2)})["layer"]
