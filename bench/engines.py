"""The engines and the other NumPy implementations that convlib is measured beside.

onnxruntime is always there; PyTorch, SciPy, OpenCV and onnx.reference take part where they are
installed and can do the layer (`pip install -r bench/requirements.txt`).
"""

from importlib.util import find_spec

import numpy as np
import onnx.reference
import onnxruntime
import scipy.signal
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper

from convlib import functional, grad

PRODUCTION = ("onnxruntime", "PyTorch")
NUMPY = ("windows + tensordot", "index im2col", "onnx.reference")


def contestants(layer, x, w, dy, threads):
    """Return {name: function without arguments} for all that can do a layer."""
    makers = {"convlib": ours, "onnxruntime": ort, "PyTorch": torch, "SciPy": scipy_correlate,
              "OpenCV": opencv, "windows + tensordot": windows, "index im2col": indices,
              "onnx.reference": onnx_reference}
    calls = {name: make(layer, x, w, dy, threads) for name, make in makers.items()}
    return {name: call for name, call in calls.items() if call is not None}


def ours(layer, x, w, dy, threads):
    how = layer.options
    if layer.kind == "conv":
        conv = getattr(functional, f"conv{layer.axes}d")
        return lambda: conv(x, w, **how)
    if layer.kind == "transposed":
        return lambda: functional.conv_transpose2d(x, w, **how)
    if layer.kind == "input gradient":
        return lambda: grad.conv2d_input(x.shape, w, dy, **how)
    return lambda: grad.conv2d_weight(x, w.shape, dy, **how)


def model(layer, x, w, dy):
    """Return a model of one node and what to feed it."""
    how, axes = layer.options, layer.axes
    attributes = {"strides": [how.get("stride", 1)] * axes,
                  "pads": [how.get("padding", 0)] * 2 * axes,
                  "dilations": [how.get("dilation", 1)] * axes, "group": how.get("groups", 1)}
    op, first, second = "Conv", x, w
    if layer.kind == "transposed":
        op = "ConvTranspose"
    elif layer.kind == "input gradient":  # exact where the stride is 1
        op, first = "ConvTranspose", dy
    elif layer.kind == "weight gradient":  # batch and channels exchanged
        first, second = (np.ascontiguousarray(each.swapaxes(0, 1)) for each in (x, dy))
    node = helper.make_node(op, ["x", "w"], ["y"], **attributes)
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, first.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [helper.make_tensor("w", TensorProto.FLOAT, second.shape, second.ravel())])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return made, {"x": first}


def ort(layer, x, w, dy, threads):
    made, feed = model(layer, x, w, dy)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(made.SerializeToString(), options)
    if layer.kind == "weight gradient":
        return lambda: session.run(None, feed)[0].swapaxes(0, 1)
    return lambda: session.run(None, feed)[0]


def onnx_reference(layer, x, w, dy, threads):
    if layer.kind != "conv" or layer.huge or len(x) > 1:
        return None  # a minute and more
    made, feed = model(layer, x, w, dy)
    evaluator = onnx.reference.ReferenceEvaluator(made)
    return lambda: evaluator.run(None, feed)[0]


def torch(layer, x, w, dy, threads):
    if find_spec("torch") is None or layer.huge and len(x) > 1:
        return None  # its direct 63x63 takes half a minute at N = 8
    import torch
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    how = dict(layer.options)
    a, b, c = (torch.from_numpy(each) for each in (x, w, dy))
    if layer.kind == "conv":
        conv = getattr(torch.nn.functional, f"conv{layer.axes}d")
        return lambda: conv(a, b, **how).numpy()
    if layer.kind == "transposed":
        return lambda: torch.nn.functional.conv_transpose2d(a, b, **how).numpy()
    wanted = layer.kind == "input gradient"

    def back():
        pair = [how.get(k, d) for k, d in (("stride", 1), ("padding", 0), ("dilation", 1))]
        return torch.ops.aten.convolution_backward(
            c, a, b, None, *([each] * 2 for each in pair), False, [0, 0], how.get("groups", 1),
            [wanted, not wanted, False])[0 if wanted else 1].numpy()
    return back


def scipy_correlate(layer, x, w, dy, threads):
    if layer.kind != "conv" or w.shape[:2] != (1, 1):
        return None
    correlate = scipy.signal.correlate  # chooses between loops and FFT by itself
    return lambda: np.stack([correlate(each[0], w[0, 0], "same") for each in x])[:, None]


def opencv(layer, x, w, dy, threads):
    if find_spec("cv2") is None or layer.kind != "conv" or w.shape[:2] != (1, 1):
        return None
    import cv2
    cv2.setNumThreads(threads)
    return lambda: np.stack([cv2.filter2D(each[0], -1, w[0, 0], borderType=cv2.BORDER_CONSTANT)
                             for each in x])[:, None]


def _patches(layer, x, w):
    """Return the windows of x, a view: (N, C, spatial…, kernel…)."""
    how, axes = layer.options, layer.axes
    p, s, d = how.get("padding", 0), how.get("stride", 1), how.get("dilation", 1)
    x = np.pad(x, ((0, 0), (0, 0), *((p, p),) * axes))
    span = [d * (k - 1) + 1 for k in w.shape[2:]]
    view = sliding_window_view(x, span, tuple(range(2, 2 + axes)))
    return view[(..., *(slice(None, None, s),) * axes, *(slice(None, None, d),) * axes)]


def windows(layer, x, w, dy, threads):
    """The textbook: every window at once, one tensordot."""
    if layer.kind != "conv" or layer.options.get("groups", 1) > 1 or layer.huge:
        return None

    def conv():
        patches = _patches(layer, x, w)
        axes = [1, *range(2 + layer.axes, 2 + 2 * layer.axes)]
        y = np.tensordot(patches, w, (axes, [1, *range(2, 2 + layer.axes)]))
        return np.ascontiguousarray(np.moveaxis(y, -1, 1))
    return conv


def indices(layer, x, w, dy, threads):
    """The course assignment: gather by an index array, one matrix product for the whole batch."""
    if layer.kind != "conv" or layer.options.get("groups", 1) > 1 or layer.axes != 2 or layer.huge:
        return None
    where = _patches(layer, np.arange(1, x[0].size + 1).reshape(1, *x.shape[1:]), w)[0]
    sizes = where.shape[1:3]
    where = where.transpose(0, 3, 4, 1, 2).reshape(w[0].size, -1)

    def conv():
        flat = np.concatenate([np.zeros((len(x), 1), x.dtype), x.reshape(len(x), -1)], axis=1)
        columns = flat[:, where].transpose(1, 2, 0).reshape(w[0].size, -1)
        y = w.reshape(len(w), -1) @ columns
        return y.reshape(len(w), *sizes, len(x)).transpose(3, 0, 1, 2)
    return conv
