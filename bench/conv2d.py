"""convlib beside onnxruntime, layer by layer, in one run, taking turns.

    python bench/conv2d.py      (make bench)
"""

import sys
import time
import tracemalloc
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).parents[1]))
from convlib import functional  # noqa: E402

# name, input, weight, stride, padding, groups
LAYERS = [
    ("ResNet conv1 7x7 s2", (3, 224, 224), (64, 3, 7, 7), 2, 3, 1),
    ("3x3 64->64 @56", (64, 56, 56), (64, 64, 3, 3), 1, 1, 1),
    ("3x3 256->256 @14", (256, 14, 14), (256, 256, 3, 3), 1, 1, 1),
    ("1x1 256->1024 @14", (256, 14, 14), (1024, 256, 1, 1), 1, 0, 1),
    ("grouped 3x3 128 g=32 @56", (128, 56, 56), (128, 4, 3, 3), 1, 1, 32),
    ("depthwise 3x3 512 @14", (512, 14, 14), (512, 1, 3, 3), 1, 1, 512),
]
RUNS, THREADS = 9, 2


def engine(x, w, stride, padding, groups):
    """Return a function that runs the layer in onnxruntime."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], strides=[stride] * 2, pads=[padding] * 4,
                            group=groups)
    infos = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
             for n, s in (("x", x.shape), ("y", None))]
    graph = helper.make_graph([node], "g", infos[:1], infos[1:],
                              [helper.make_tensor("w", TensorProto.FLOAT, w.shape, w.ravel())])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return lambda: session.run(None, {"x": x})


def seconds(call):
    """Return how long one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def temporary(call):
    """Return the peak of memory during a call, its result not counted, in MB."""
    tracemalloc.start()
    result = call()
    peak = tracemalloc.get_traced_memory()[1] - result.nbytes
    tracemalloc.stop()
    return peak / 2**20


def row(name, shape, weight, stride, padding, groups, batch):
    """Measure one layer."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, *shape), dtype=np.float32)
    w = rng.standard_normal(weight, dtype=np.float32)
    calls = [lambda: functional.conv2d(x, w, stride=stride, padding=padding, groups=groups),
             engine(x, w, stride, padding, groups)]
    np.testing.assert_allclose(calls[0](), calls[1]()[0], rtol=1e-3, atol=1e-3)
    times = [[seconds(call) * 1e3 for call in calls] for _ in range(RUNS)]
    ours, theirs = (median(column) for column in zip(*times, strict=True))
    return name, batch, ours, theirs, ours / theirs, temporary(calls[0])


def main():
    """Print the table."""
    rows = [row(*layer, batch) for layer in LAYERS for batch in (1, 8)]
    headers = ["layer", "N", "convlib ms", "onnxruntime ms", "ratio", "extra MB"]
    print(tabulate(rows, headers, floatfmt=("", "", ".2f", ".2f", ".2f", ".1f")))


if __name__ == "__main__":
    main()
