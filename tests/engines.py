"""An independent engine to compare with: onnxruntime."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper


def onnx_conv(x, w, b, stride, pads, dilation, groups):
    """Run one Conv node on float32 arrays; pads is ((before, after), …)."""
    names = ["x", "w"] + (["b"] if b is not None else [])
    node = helper.make_node(
        "Conv", names, ["y"], strides=list(stride), dilations=list(dilation), group=groups,
        pads=[p[0] for p in pads] + [p[1] for p in pads],
    )
    inputs = dict(zip(names, [x, w, b], strict=False))
    graph = helper.make_graph(
        [node], "g",
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, v.shape) for k, v in inputs.items()],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return session.run(None, {k: np.ascontiguousarray(v) for k, v in inputs.items()})[0]
