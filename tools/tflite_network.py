"""Read a TensorFlow Lite network: arrays in PyTorch's layout, and its steps (see convlib.graph)."""

import numpy as np
import tflite

OPTIONS = {
    "CONV_2D": tflite.Conv2DOptions, "DEPTHWISE_CONV_2D": tflite.DepthwiseConv2DOptions,
    "AVERAGE_POOL_2D": tflite.Pool2DOptions, "MAX_POOL_2D": tflite.Pool2DOptions,
    "RESIZE_BILINEAR": tflite.ResizeBilinearOptions, "ADD": tflite.AddOptions,
    "MUL": tflite.MulOptions, "CONCATENATION": tflite.ConcatenationOptions,
}
PLAIN = {"RELU": "relu", "HARD_SWISH": "hardswish", "LOGISTIC": "sigmoid", "ADD": "add",
         "MUL": "mul"}
TYPES = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.FLOAT16: np.float16,
         tflite.TensorType.INT32: np.int32}
NAMES = {code: name for name, code in vars(tflite.BuiltinOperator).items()
         if isinstance(code, int)}


class Network:
    """The one subgraph of a file, as ``steps`` and ``arrays``."""

    def __init__(self, stored):
        self.model = tflite.Model.GetRootAs(stored, 0)
        self.graph = self.model.Subgraphs(0)
        self.steps, self.arrays, self.same = [], {}, {}  # same: a tensor that is another's copy
        for i in range(self.graph.OperatorsLength()):
            self.add(self.graph.Operators(i))

    def name(self, index):
        """Return how a tensor is called in the steps."""
        index = self.same.get(index, index)
        return "input" if index == self.graph.Inputs(0) else f"t{index}"

    def shape(self, index):
        """Return a tensor's shape as TensorFlow has it: N, H, W, C."""
        return self.graph.Tensors(index).ShapeAsNumpy().tolist()

    def constant(self, index):
        """Return a stored tensor."""
        tensor = self.graph.Tensors(self.same.get(index, index))
        stored = self.model.Buffers(tensor.Buffer()).DataAsNumpy()
        return np.frombuffer(stored.tobytes(), TYPES[tensor.Type()]).reshape(
            tensor.ShapeAsNumpy())

    def add(self, node):
        """Add what an operator does, in this book's words."""
        code = self.model.OperatorCodes(node.OpcodeIndex())
        kind = NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        ins, out = node.InputsAsNumpy().tolist(), int(node.Outputs(0))
        options = OPTIONS[kind]() if kind in OPTIONS else None
        if options:
            table = node.BuiltinOptions()
            options.Init(table.Bytes, table.Pos)
            if hasattr(options, "FusedActivationFunction"):
                assert options.FusedActivationFunction() == tflite.ActivationFunctionType.NONE
        if kind == "DEQUANTIZE":
            self.same[out] = ins[0]
        elif kind == "RESHAPE":
            self.step("rows", ins[:1], out, length=self.shape(out)[-1])
        elif kind == "CONCATENATION":
            assert options.Axis() == 1 and len(self.shape(out)) == 3
            self.step("concatenate", ins, out)
        elif kind in PLAIN:
            self.step(PLAIN[kind], ins, out)
        elif kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            self.conv(kind, options, ins, out)
        elif kind == "CUSTOM":
            assert code.CustomCode() == b"Convolution2DTransposeBias"
            _, *stride = np.frombuffer(node.CustomOptionsAsNumpy().tobytes(), np.int32).tolist()
            layer = self.layer(ins, self.constant(ins[1]).transpose(3, 0, 1, 2))
            self.step("conv_transpose2d", ins[:1], out, layer=layer, stride=stride)
        elif kind == "AVERAGE_POOL_2D":
            assert self.shape(out)[1:3] == [1, 1]
            self.step("mean", ins, out)
        elif kind == "MAX_POOL_2D":
            kernel = [options.FilterHeight(), options.FilterWidth()]
            assert kernel == [options.StrideH(), options.StrideW()]
            self.step("max_pool2d", ins, out, kernel_size=kernel)
        elif kind == "RESIZE_BILINEAR":
            assert options.AlignCorners() != options.HalfPixelCenters()
            self.step("interpolate", ins[:1], out, size=self.shape(out)[1:3],
                      align_corners=options.AlignCorners())
        elif kind == "PAD":
            width = self.constant(ins[1]).tolist()
            assert width[:3] == [[0, 0]] * 3
            self.step("pad_channels", ins[:1], out, width=width[3])
        else:
            raise SystemExit(f"no step is known for {kind}")

    def conv(self, kind, options, ins, out):
        """Add a convolution; 'same' padding is written out, its larger half after."""
        assert options.DilationHFactor() == options.DilationWFactor() == 1
        weight, groups = self.constant(ins[1]).transpose(0, 3, 1, 2), 1
        if kind == "DEPTHWISE_CONV_2D":
            assert options.DepthMultiplier() == 1
            weight, groups = weight.transpose(1, 0, 2, 3), weight.shape[1]
        stride = [options.StrideH(), options.StrideW()]
        padding = [[0, 0], [0, 0]]
        if options.Padding() == tflite.Padding.SAME:
            totals = [max((o - 1) * s + k - i, 0) for i, o, s, k in zip(
                self.shape(ins[0])[1:3], self.shape(out)[1:3], stride, weight.shape[2:],
                strict=True)]
            padding = [[total // 2, total - total // 2] for total in totals]
        self.step("conv2d", ins[:1], out, layer=self.layer(ins, weight), stride=stride,
                  padding=padding, groups=groups)

    def layer(self, ins, weight):
        """Keep a layer's weight and bias; return its name."""
        name = f"conv{len(self.arrays) // 2 + 1}"
        self.arrays[f"{name}.weight"] = np.ascontiguousarray(weight)
        self.arrays[f"{name}.bias"] = self.constant(ins[2])
        return name

    def step(self, op, ins, out, **how):
        """Add a step."""
        self.steps.append({"op": op, "in": [self.name(i) for i in ins], "out": self.name(out),
                           **how})
