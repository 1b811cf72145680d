"""What the appendix "How a convolution is computed" shows of times and memory.

The programs are those of the chapter: its cells are run here, so that what is timed is what a
reader sees. Everything runs on one core. Each figure is the best of several runs in processor time,
and programs that are compared take turns, so that whatever disturbs the machine meets them all.
"""

import tracemalloc
from threading import Thread
from time import process_time

import nbformat
import numpy as np
import onnxruntime
import scipy.linalg.blas
from numpy.lib.stride_tricks import sliding_window_view
from onnx import parser

from convlib import data, functional, shapes
from convlib.compute import tiles, ways
from convlib.measured import ROOT

CHAPTER = ROOT / "chapters" / "en" / "A1_computing.ipynb"
PROGRAMS = ("imports", "loops", "by-taps", "by-rows", "im2col", "by-fft", "winograd-matrices", "by-winograd", "layers")
ENGINE = """
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[1,256,58,58] x, float[256,256,3,3] w) => (float[1,256,56,56] y)
    { y = Conv(x, w) }"""


def measure():
    """Return all figures of the chapter: milliseconds, GFLOP/s and megabytes."""
    chapter = programs()
    rng = np.random.default_rng(0)
    x = rng.standard_normal((256, 58, 58), dtype=np.float32)
    w = rng.standard_normal((256, 256, 3, 3), dtype=np.float32)
    return {
        "layer_ms": layer(chapter, x, w),
        "rates": rates(rng),
        "roofline_gflops": roofline(chapter["layers"], rng),
        "depthwise_ms": depthwise(x, w),
        "memory_mb": memory(x, w),
        "kernels": kernels(data.photo("camera").astype(np.float32)),
        "growth": growth(rng),
    }


def programs():
    """Return the names that the chapter's programs define."""
    cells = {cell.id: cell.source for cell in nbformat.read(CHAPTER, as_version=4).cells}
    names = {}
    for cell in PROGRAMS:
        exec(compile(cells[cell], cell, "exec"), names)
    return names


def best(calls, times=7):
    """Return {name: milliseconds} for {name: function}, which take turns."""
    spent = {name: [] for name in calls}
    for _ in range(times):
        for name, call in calls.items():
            start = process_time()
            call()
            spent[name].append(1e3 * (process_time() - start))
    return {name: min(each) for name, each in spent.items()}


def layer(chapter, x, w):
    """Time all programs on one layer; slow ones on a part of it, scaled up."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = parser.parse_model(ENGINE).SerializeToString()
    session = onnxruntime.InferenceSession(model, options)
    windows = sliding_window_view(x, (3, 3), axis=(1, 2))
    times = best({
        "taps": lambda: chapter["by_taps"](x, w),
        "rows": lambda: chapter["by_rows"](x, w),
        "product": lambda: chapter["by_product"](x, w),
        "winograd": lambda: chapter["by_winograd"](x, w, chapter["F2"]),
        "convlib": lambda: functional.conv2d(x, w),
        "onnxruntime": lambda: session.run(None, {"x": x[None], "w": w}),
    }, 15)
    parts = best({
        "loops": lambda: chapter["loops"](x[:, :5, :5], w[:4]),
        "compiled": lambda: np.einsum("omij,mrcij->orc", w[:8], windows, optimize=False),
        "spectra": lambda: chapter["by_spectra"](x, w[:16]),
    }, 3)
    scale = {"loops": 256 * 56 * 56 / (4 * 3 * 3), "compiled": 256 / 8, "spectra": 256 / 16}
    return {name: scale[name] * parts[name] for name in parts} | times


def rates(rng):
    """Measure how fast matrices of growing size are multiplied, and long arrays added."""
    sides, gflops = [8, 16, 32, 64, 128, 256, 512, 1024], []
    for side in sides:
        left, right = rng.standard_normal((2, side, side), dtype=np.float32)
        out, repeat = np.empty_like(left), range(max(1, 2**22 // side**3))
        flops = 2 * side**3 * len(repeat)
        gflops.append(rate(flops, lambda: [np.matmul(left, right, out=out) for _ in repeat]))
    numbers, total = rng.standard_normal((2, 2**24), dtype=np.float32)
    added = rate(2 * numbers.size, lambda: scipy.linalg.blas.saxpy(numbers, total, a=0.5))
    return {"sides": sides, "product_gflops": gflops, "axpy_gflops": added}


def rate(flops, call):
    """Return GFLOP/s of a call."""
    return flops / best({"": call}, 15)[""] / 1e6


def roofline(layers, rng):
    """Return the rate that `convlib` reaches on each of the chapter's layers."""
    reached = {}
    for name, (size, weight, how) in layers.items():
        x = rng.standard_normal(size, dtype=np.float32)
        w = rng.standard_normal(weight, dtype=np.float32)
        flops = shapes.flops(shapes.conv_macs(size, weight[0], weight[2:], **how))
        reached[name] = rate(flops, lambda: functional.conv2d(x, w, **how))
    return reached


def depthwise(x, w):
    """Time the layer with all channels summed, and with a kernel of its own for each channel."""
    deep = w[:, :1].copy()
    return best({"standard": lambda: functional.conv2d(x, w),
                 "depthwise": lambda: functional.conv2d(x, deep, groups=256)}, 15)


def memory(x, w):
    """Return what a convolution takes beside its result, for batches of growing size."""
    taken = {}
    for n in (1, 4, 16):
        batch = np.stack([x] * n)
        # A thread keeps its workspace for the next call: a new one starts without.
        thread = Thread(target=lambda: taken.update({str(n): peak(batch, w)}))
        thread.start()
        thread.join()
    return taken


def peak(x, w):
    """Return the megabytes that one convolution takes beside its result."""
    tracemalloc.start()
    result = functional.conv2d(x, w)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (most - result.nbytes) / 1e6


def kernels(photo):
    """Time products of unfolded rows and spectra on one channel, for growing kernels."""
    sides = [3, 5, 7, 9, 11, 15, 21, 31, 47, 63]
    times = {"sides": sides, "rows_ms": [], "fourier_ms": []}
    for side in sides:
        size = [n - side + 1 for n in photo.shape]
        w = np.ones((1, 1, 1, side, side), np.float32)
        y = np.empty((1, 1, 1, *size), np.float32)
        geometry = tiles.Layer((1, 1, 1), (0, 0, 0), (1, 1, 1), groups=1)
        spent = best({name: lambda run=run: run(photo[None, None, None], w, y, geometry)
                      for name, run in (("rows", ways.rows), ("fourier", ways.fourier))})
        for name, each in spent.items():
            times[f"{name}_ms"].append(each)
    return times


def growth(rng):
    """Time a layer while one of its sizes grows: kernel, channels, side of the image, batch."""
    sizes = {"k": [1, 3, 5, 7, 9, 11], "C": [8, 16, 32, 64, 128, 256],
             "H": [8, 16, 32, 64, 128, 256], "N": [1, 2, 4, 8, 16, 32]}
    return {name: {"values": values, "ms": [one(rng, **{name: value}) for value in values]}
            for name, values in sizes.items()}


def one(rng, k=3, C=32, H=64, N=1):  # noqa: N803 - the book's names
    """Time one layer."""
    x = rng.standard_normal((N, C, H, H), dtype=np.float32)
    w = rng.standard_normal((C, C, k, k), dtype=np.float32)
    return best({"": lambda: functional.conv2d(x, w, padding=k // 2)}, 15)[""]
