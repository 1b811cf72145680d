"""The named networks: the published figures, and counts by ONNX and by PyTorch."""

import re
from itertools import count
from math import prod

import onnx
import pytest
from onnx import TensorProto, helper
from torch_modules import modules

from convlib.networks import network, torch_text, zoo
from convlib.networks.zoo.inception import INCEPTION

NETWORKS = {
    "AlexNet": zoo.alexnet(),
    "AlexNet, one group": zoo.alexnet(groups=1),
    "AlexNet, torchvision": zoo.alexnet_torchvision(),
    "VGG-16": zoo.vgg16(),
    **{f"ResNet-{depth}, {on}": zoo.resnet(depth, on)
       for depth in (50, 101, 152, 200) for on in ("1x1", "3x3")},
    "ResNeXt-50": zoo.resnext(50),
    "ResNeXt-101": zoo.resnext(101),
    "ResNeXt-101 64x4d": zoo.resnext(101, groups=64),
    **{f"Inception {name}": zoo.inception_v1(name) for name in INCEPTION},
    "Inception 3a, direct": zoo.inception_v1("3a", reduce=False),
    "NiN": zoo.nin(),
    **{f"MobileNet {width}": zoo.mobilenet_v1(width) for width in (1.0, 0.75, 0.5, 0.25)},
    **{f"MobileNet {size}": zoo.mobilenet_v1(resolution=size) for size in (192, 160, 128)},
    "MobileNet, full": zoo.mobilenet_v1(separable=False),
    "Xception": zoo.xception(),
    **{f"ShuffleNet {groups}": zoo.shufflenet_v1(groups) for groups in (1, 2, 3, 4, 8)},
    "ASPP v2": zoo.deeplab_v2_head(),
    "ASPP v3": zoo.deeplab_v3_head(rates=(12, 24, 36), size=65),
    "FCN head": zoo.fcn_head(),
    "FCN head, auxiliary": zoo.fcn_head(1024),
    **{f"FCN-{stride}s": zoo.fcn_vgg16(stride) for stride in (32, 16, 8)},
    "DCGAN": zoo.dcgan_generator(),
    "DCGAN, PyTorch": zoo.dcgan_generator(512, 4),
    "context": zoo.context_module(),
    "context, large": zoo.context_module(large=True),
    "WaveNet": zoo.wavenet_stack(),
    "WaveNet x 3": zoo.wavenet_stack(repeats=3),
}

# Network, what is counted, the published figure, and by how much it was divided before rounding.
PUBLISHED = [
    ("AlexNet", "parameters", 60_965_224, 1),
    ("AlexNet", "macs", 724_406_816, 1),
    ("AlexNet, one group", "parameters", 62_378_344, 1),
    ("AlexNet, one group", "macs", 1_135_256_096, 1),
    ("AlexNet, torchvision", "parameters", 61_100_840, 1),
    ("AlexNet, torchvision", "macs", 714_188_480, 1),
    ("VGG-16", "parameters", 138_357_544, 1),
    ("VGG-16", "macs", 15_470_264_320, 1),
    ("ResNet-50, 1x1", "parameters", 25_557_032, 1),
    ("ResNet-50, 3x3", "parameters", 25_557_032, 1),
    ("ResNet-50, 1x1", "macs", 3_857_973_248, 1),
    ("ResNet-50, 3x3", "macs", 4_089_184_256, 1),
    ("ResNet-101, 3x3", "parameters", 44_549_160, 1),
    ("ResNet-101, 3x3", "macs", 7_801_405_440, 1),
    ("ResNet-101, 1x1", "macs", 7.6, 1e9),
    ("ResNet-152, 1x1", "macs", 11.3, 1e9),
    ("ResNeXt-50", "parameters", 25_028_904, 1),
    ("ResNeXt-50", "macs", 4_230_479_872, 1),
    ("ResNeXt-101", "parameters", 44_177_704, 1),
    ("ResNeXt-101", "macs", 7_969_996_800, 1),
    ("ResNeXt-101 64x4d", "parameters", 83_455_272, 1),
    ("ResNeXt-101 64x4d", "macs", 15_460_270_080, 1),
    ("MobileNet 1.0", "parameters", 4_231_976, 1),
    ("MobileNet 1.0", "macs", 568_740_352, 1),
    ("MobileNet 0.75", "parameters", 2_585_560, 1),
    ("MobileNet 0.5", "parameters", 1_331_592, 1),
    ("MobileNet 0.25", "parameters", 470_072, 1),
    ("MobileNet 0.75", "macs", 325.4, 1e6),
    ("MobileNet 0.5", "macs", 149.5, 1e6),
    ("MobileNet 0.25", "macs", 41.0, 1e6),
    ("MobileNet 192", "macs", 418.1, 1e6),
    ("MobileNet 160", "macs", 290.7, 1e6),
    ("MobileNet 128", "macs", 186.4, 1e6),
    ("MobileNet 128", "parameters", 4_231_976, 1),
    ("MobileNet, full", "weights", 29.28, 1e6),
    ("MobileNet, full", "features macs", 4866.3, 1e6),
    ("MobileNet 1.0", "Keras parameters", 4_253_864, 1),
    ("Xception", "parameters", 22_855_952, 1),
    ("Xception", "macs", 8_357_403_496, 1),
    ("Xception", "Keras parameters", 22_910_480, 1),
    ("ShuffleNet 1", "macs without fc", 142.5, 1e6),
    ("ShuffleNet 2", "macs without fc", 140.0, 1e6),
    ("ShuffleNet 3", "macs without fc", 136.5, 1e6),
    ("ShuffleNet 4", "macs without fc", 133.3, 1e6),
    ("ShuffleNet 8", "macs without fc", 136.8, 1e6),
    ("ShuffleNet 1", "parameters", 1.53, 1e6),
    ("ShuffleNet 8", "parameters", 2.43, 1e6),
    ("Inception 3a", "macs", 128, 1e6),
    ("Inception 3b", "macs", 304, 1e6),
    ("Inception 4b", "macs", 88, 1e6),
    ("Inception 4c", "macs", 100, 1e6),
    ("Inception 4d", "macs", 119, 1e6),
    ("Inception 4e", "macs", 170, 1e6),
    ("Inception 5b", "macs", 71, 1e6),
    ("NiN", "parameters", 966_986, 1),
    ("FCN-32s", "parameters without up", 134, 1e6),
    ("DCGAN, PyTorch", "parameters", 3_576_704, 1),
    ("context", "weights", 64 * 21**2, 1),
]
COUNTS = {
    "parameters": lambda net: net.parameters,
    "weights": lambda net: net.layers.weights,
    "macs": lambda net: net.macs,
    "features macs": lambda net: net["features"].macs,
    "macs without fc": lambda net: net.macs - net["classifier"].macs,
    "Keras parameters": lambda net: net.parameters + net.layers.statistics,
    "parameters without up": lambda net: net.parameters - net["up"].parameters,
}


@pytest.mark.parametrize(("name", "what", "figure", "unit"), PUBLISHED)
def test_published_counts(name, what, figure, unit):
    found = COUNTS[what](NETWORKS[name])
    digits = len(f"{figure}".partition(".")[2])
    assert (found if unit == 1 else round(found / unit, digits)) == figure


def test_published_sums_and_shares():
    backbone = zoo.resnet(50).parameters - zoo.resnet(50)["fc"].parameters
    auxiliary = NETWORKS["FCN head, auxiliary"].parameters
    # torchvision's deeplabv3_resnet50 and fcn_resnet50, each with its auxiliary head.
    assert backbone + NETWORKS["ASPP v3"].parameters + auxiliary == 42_004_074
    assert backbone + NETWORKS["FCN head"].parameters + auxiliary == 35_322_218
    mobile = NETWORKS["MobileNet 1.0"]
    shares = {kind: (round(100 * macs / mobile.macs, 2),
                     round(100 * weights / mobile.layers.weights, 2))
              for kind, (weights, macs) in mobile.by_kind().items()}
    assert shares == {"pointwise": (94.86, 74.59), "depthwise": (3.06, 1.06),
                      "standard": (1.91, 0.02), "linear": (0.18, 24.33)}
    assert NETWORKS["Inception 3a"].layers.weights // 1024 == 159
    for name, followed in (("4a", 73.6), ("5a", 51.1)):  # the paper prints 73 and 54
        assert round(NETWORKS[f"Inception {name}"].macs / 1e6, 1) == followed
    assert (NETWORKS["Inception 3a"]["5x5"].macs,
            NETWORKS["Inception 3a, direct"]["5x5"].macs) == (12_443_648, 120_422_400)
    assert round(NETWORKS["ResNeXt-101"].macs / NETWORKS["ResNet-200, 3x3"].macs, 2) == 0.53


# Receptive field, jump and padding before the input, where the sources state them.
FIELDS = [
    ("AlexNet", "features", 195, 32, 64),
    ("AlexNet, torchvision", "features", 195, 32, None),
    ("VGG-16", "conv5", 212, 32, 90),
    ("MobileNet 1.0", "features", 315, 32, None),
    ("MobileNet 0.25", "features", 315, 32, None),
    ("ResNet-50, 1x1", "conv5", 483, 32, None),
    ("ResNet-101, 1x1", "conv5", 1027, 32, None),
    ("ResNet-152, 1x1", "conv5", 1507, 32, None),
    ("ResNet-200, 1x1", "conv5", 1763, 32, None),
    ("ResNet-50, 3x3", "conv5", 427, 32, None),
    ("ResNet-101, 3x3", "conv5", 971, 32, None),
    ("ResNet-152, 3x3", "conv5", 1451, 32, None),
    ("ResNet-200, 3x3", "conv5", 1707, 32, None),
    ("FCN-32s", "fc7", 404, 32, None),
    ("context", "", 67, 1, 33),
    ("WaveNet", "", 1024, 1, 1023),
    ("WaveNet x 3", "", 3070, 1, 3069),
]


@pytest.mark.parametrize(("name", "block", "size", "jump", "padding"), FIELDS)
def test_published_receptive_fields(name, block, size, jump, padding):
    row = NETWORKS[name][block] if block else NETWORKS[name].total
    assert row.receptive_field == size
    assert {field.jump for field in row.fields} == {jump}
    if padding is not None:
        assert row.fields[0].of(0)[0] == -padding


@pytest.mark.parametrize(("name", "fields"), [
    ("AlexNet", [11, 19, 51, 67, 99, 131, 163, 195]),
    ("context", [3, 5, 9, 17, 33, 65, 67, 67]),
    ("context, large", [3, 5, 9, 17, 33, 65, 67, 67]),
])
def test_receptive_fields_layer_by_layer(name, fields):
    rows = NETWORKS[name]["features"] if name == "AlexNet" else NETWORKS[name].total
    assert [row.receptive_field for row in rows.leaves if row.windows] == fields


class Graph:
    """The same layers as an ONNX graph: sizes by its inference, counts from its operands."""

    def __init__(self, net):
        self.names, self.nodes, self.inputs, self.checks = count(), [], [], []
        self.known, self.parameters = {}, 0
        x = self.operand((1, *net.input_shape), counts=False)
        row = net.total
        y = self.add(row, x)
        graph = helper.make_graph(self.nodes, "g", self.inputs, [
            helper.make_tensor_value_info(y, TensorProto.FLOAT, None)])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
        self.shapes = {
            value.name: tuple(side.dim_value for side in value.type.tensor_type.shape.dim)
            for value in (*inferred.graph.value_info, *inferred.graph.output, *inferred.graph.input)
        }
        self.macs = sum(self.products(node) for node in self.nodes)

    def operand(self, shape, counts=True):
        name = f"v{next(self.names)}"
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        self.known[name] = shape
        self.parameters += counts * prod(shape)
        return name

    def node(self, kind, *inputs, **attributes):
        name = f"v{next(self.names)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def products(self, node):
        """Weights that meet each position: of the output, and of the input where transposed."""
        if node.op_type not in ("Conv", "ConvTranspose", "Gemm"):
            return 0
        weight = prod(self.known[node.input[1]])
        places = node.input[0] if node.op_type == "ConvTranspose" else node.output[0]
        return weight * prod(self.shapes[places][2:])

    def add(self, row, x):
        layer = row.layer
        if isinstance(layer, network.Sequential):
            for child in row.children:
                x = self.add(child, x)
            y = x
        elif row.children:
            kind = {"Add": "Sum", "Multiply": "Mul", "Concat": "Concat"}[type(layer).__name__]
            extra = {"axis": 1} if kind == "Concat" else {}
            y = self.node(kind, *(self.add(child, x) for child in row.children), **extra)
        else:
            y = self.leaf(layer, x)
        self.checks.append((y, (1, *row.shape), layer))
        return y

    def leaf(self, layer, x):
        kind = re.sub("[123]d$", "", type(layer).__name__)
        if hasattr(layer, "kernel_size"):
            options = dict(kernel_shape=layer.kernel_size, pads=layer.padding * 2,
                           strides=layer.stride)
        if kind in ("Conv", "ConvTranspose"):
            transposed = kind == "ConvTranspose"
            sides = (layer.in_channels, layer.out_channels // layer.groups) if transposed else (
                layer.out_channels, layer.in_channels // layer.groups)
            operands = [self.operand((*sides, *layer.kernel_size))]
            operands += [self.operand((layer.out_channels,))] if layer.bias else []
            options |= dict(group=layer.groups, dilations=layer.dilation)
            if transposed:
                options |= dict(output_padding=layer.output_padding)
            return self.node(kind, x, *operands, **options)
        if kind in ("MaxPool", "AvgPool"):
            name = "MaxPool" if kind == "MaxPool" else "AveragePool"
            return self.node(name, x, ceil_mode=int(layer.ceil_mode), **options)
        if kind == "AdaptiveAvgPool":
            if layer.output_size == (1, 1):
                return self.node("GlobalAveragePool", x)
            return self.node("Identity", x)  # AlexNet's 6 x 6, which are there already
        if kind == "BatchNorm":
            n = (layer.num_features,)
            learned = [self.operand(n), self.operand(n)]
            kept = [self.operand(n, counts=False), self.operand(n, counts=False)]
            return self.node("BatchNormalization", x, *learned, *kept)
        if kind == "Linear":
            weight = self.operand((layer.out_features, layer.in_features))
            return self.node("Gemm", x, weight, self.operand((layer.out_features,)), transB=1)
        if kind == "Upsample":
            shape = self.node("Constant", value_ints=[1, 256, layer.size, layer.size])
            return self.node("Resize", x, "", "", shape)
        if kind == "ZeroPad":
            before, after = layer.padding
            ends = self.node("Constant", value_ints=[0, 0, before, 0, 0, after])
            return self.node("Pad", x, ends)
        return self.node({"Flatten": "Flatten"}.get(kind, "Identity"), x)


@pytest.mark.parametrize("name", NETWORKS)
def test_sizes_and_counts_by_onnx(name):
    net = NETWORKS[name]
    graph = Graph(net)
    for value, shape, layer in graph.checks:
        assert graph.shapes[value] == shape, layer
    assert graph.parameters == net.parameters
    assert graph.macs == net.macs


def test_activations():
    # CS231n's table of VGG-16 sums, without the input, 15.1 million numbers.
    assert zoo.vgg16().activation_bytes("float32") == 4 * 15_087_080
    assert zoo.vgg16().activation_bytes("float16", batch=3) == 6 * 15_087_080


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_are_read_back(name):
    net = NETWORKS[name]
    layers = torch_text.read(torch_text.write(net.layers))
    assert layers == net.layers
    assert network.measure(layers, net.input_shape) == net.total


@pytest.mark.parametrize("name", NETWORKS)
def test_totals_are_those_of_the_rows(name):
    net = NETWORKS[name]
    assert net.macs == sum(row.macs for row in net.rows)
    for what in ("weights", "parameters", "statistics"):
        assert getattr(net.layers, what) == sum(getattr(row.layer, what) for row in net.rows)
    assert net.rows[-1].shape[0] > 0 and net.flops == 2 * net.macs


@pytest.mark.parametrize("name", NETWORKS)
def test_counts_by_pytorch(name):
    torch = pytest.importorskip("torch")
    net = NETWORKS[name]
    model, macs = modules(torch, net.layers).eval(), []

    def products(module, inputs, output):
        if hasattr(module, "weight") and module.weight.dim() > 1:
            transposed = "Transpose" in type(module).__name__
            places = inputs[0] if transposed else output
            macs.append(module.weight.numel() * prod(places.shape[2:]))

    for module in model.modules():
        module.register_forward_hook(products)
    assert tuple(model(torch.empty(1, *net.input_shape, device="meta")).shape[1:]) \
        == net.output_shape
    assert sum(parameter.numel() for parameter in model.parameters()) == net.parameters
    assert sum(macs) == net.macs
