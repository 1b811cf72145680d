"""Layers and networks: what fits and what does not, the text form, the table."""

import inspect
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_layers import SINGLE, layers, leaves
from torch_modules import modules

from convlib import functional, i18n, receptive, resampling
from convlib.networks import layers as kinds
from convlib.networks import zoo
from convlib.networks.layers import (
    AvgPool2d,
    AvgPool3d,
    BatchNorm1d,
    Conv1d,
    Conv2d,
    Flatten,
    Identity,
    LayerNorm,
    Linear,
    MaxPool2d,
    PReLU,
    ReLU,
    ReLU6,
    Upsample,
)
from convlib.networks.network import (
    Add,
    Block,
    Concat,
    Network,
    Sequential,
    measure,
)
from convlib.networks.table import Table
from convlib.networks.torch_text import LAYERS, read, write


@given(st.lists(layers, max_size=2), st.sampled_from(["", "whole"]), st.integers(0, 9))
def test_text_is_read_back(listed, name, first):
    net = Sequential(*listed, name=name)
    text = write(net)
    assert read(text) == net
    assert write(read(text)) == text
    assert read(repr(net)) == net
    # As it stands in a program: in order as far as one likes, the rest by name, and nn. in front.
    lines = ["nn.Sequential("]
    for layer in listed:
        if isinstance(layer, Block):
            lines.append(f"{layer!r},")
            continue
        name = repr(layer).partition("(")[0]
        named = [(key, getattr(layer, key)) for key in inspect.signature(LAYERS[name]).parameters]
        given = [repr(value) for _, value in named[:first]]
        given += [f"{key}={value!r}" for key, value in named[first:]]
        lines.append(f"    nn.{name}({', '.join(given)}),  # a comment")
    assert read("\n".join([*lines, ")"])) == Sequential(*listed)


CONV = Conv2d(3, 64, 7, stride=2, padding=3)

# What torch 2.14 prints of its VGG, with fewer channels; a byte order mark, a space that does not
# break, a comment and an empty line as they come from files and pages.
PRINTED = """\ufefffrom torch import nn
import torchvision

# print(model)
VGG(
  (features): Sequential(
    (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=same, padding_mode=reflect)
    (1): BatchNorm2d(8, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    (2-3):\xa02 x ReLU(inplace=True)
    (4): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)

    (5): Conv2dNormActivation(
      (0): Conv2d(8, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
      (1): GroupNorm(2, 16, eps=1e-05, affine=True, bias=False)
      (2): GELU(approximate='none')
    )
  )
  (avgpool): AdaptiveAvgPool2d(output_size=(None, 7))
  (classifier): Sequential(
    (0): Linear(in_features=784, out_features=10, bias=True)
    (1): PReLU(num_parameters=1)
    (2): Dropout(p=0.5, inplace=False)
  )
)"""


def test_printouts_are_read():
    net = Network(read(PRINTED), (3, 14, 14))
    assert [block.name for block in net.layers.layers] == ["features", "", "", "classifier"]
    assert isinstance(net.layers.layers[2], Flatten)  # as VGG's forward has it
    assert net["features"].shape == (16, 7, 7) and net.output_shape == (10,)
    assert net.parameters == (27 * 8 + 8) + 16 + 8 * 9 * 16 + 16 + 7850 + 1
    assert [type(row.layer) for row in net.rows].count(ReLU) == 2
    assert read(write(net.layers)) == net.layers
    repeated = "Sequential(\n  (0-2): 3 x Sequential(\n    (0): ReLU()\n  )\n)"
    assert read(repeated) == Sequential(*[Sequential(ReLU())] * 3)


def test_unknown_layers_are_passed_over_on_request():
    text = "Sequential(\n  (0): Conv2d(3, 8, 3)\n  (1): StochasticDepth(p=0.0, mode=row)\n)"
    with pytest.raises(ValueError, match="line 3: there is no layer 'StochasticDepth'"):
        read(text)
    assert read(text, unknown="identity") == Sequential(Conv2d(3, 8, 3), Identity())
    with pytest.raises(ValueError, match="unknown='skip' is unknown here"):
        read(text, unknown="skip")


@pytest.mark.parametrize(("name", "parameters", "macs"), [
    ("alexnet", 61_100_840, 714_188_480), ("vgg11", 132_863_336, 7_609_090_048),
    ("vgg16_bn", 138_365_992, 15_470_264_320), ("vgg19", 143_667_240, 19_632_062_464),
    ("resnet18", None, None), ("mobilenet_v2", None, None), ("densenet121", None, None),
    ("vit_b_16", None, None),
])
def test_printouts_of_torchvision(name, parameters, macs):
    models = pytest.importorskip("torchvision.models")
    text = str(models.get_model(name))
    if parameters is None:
        with pytest.raises(ValueError, match="is a module with a forward of its own"):
            read(text)
        return
    net = Network(read(text), (3, 224, 224))
    assert (net.parameters, net.macs) == (parameters, macs)


@pytest.mark.parametrize("text", [
    "Conv2d(3, 64, 7, stride=2, padding=3)",
    "nn.Conv2d(3, 64, (7, 7), (2, 2), 3)",
    "torch.nn.Conv2d(in_channels=3, out_channels=64, kernel_size=[7, 7], stride=2, padding=(3, 3))",
    "  nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3),  # 112",
    "self.conv1 = nn.Conv2d(3, 64, 7, 2, 3)",
    "nn.Sequential(\n    nn.Conv2d(3, 64, 7, 2, 3),\n)",
    "net = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, 1, 1, True, 'zeros'))",
])
def test_ways_to_write_a_layer(text):
    assert read(text) == Sequential(CONV)
    assert read(f"{text}\n{text}") in (
        Sequential(CONV, CONV), Sequential(Sequential(CONV), Sequential(CONV)))
    assert read("") == Sequential()


@pytest.mark.parametrize(("text", "message"), [
    ("Conv2d(3, 64, 3)\nConv4d(3, 64, 3)", r"line 2: there is no layer 'Conv4d': is it Conv"),
    ("LSTM(3, 4)", "line 1: there is no layer 'LSTM': there are Ad"),
    ("LogSoftmax(1)", "there is no layer 'LogSoftmax': there are Ad"),  # Softmax is another
    ("PReLu()", r"is it PReLU\?"), ("Relu()", r"is it ReLU\?"),
    ("Conv2D(3, 4, 3)", r"is it Conv2d\?"),
    ("BatchNorm(4)", r"is it BatchNorm1d or BatchNorm2d or BatchNorm3d\?"),
    ("MaxPol2d(2)", r"is it MaxPool2d\?"),
    ("tf.Conv2d(3, 4, 3)", "line 1: there is no layer 'tf.Conv2d'"),
    ("Conv2d(3, 64)", "line 1: Conv2d: missing a required argument: 'kernel_size'; it takes in_"),
    ("Conv2d(3, 64, 3, kernel=3)", "unexpected keyword argument 'kernel'; it takes in_channels"),
    ("ReLU(True, False)", "line 1: ReLU: too many positional arguments"),
    ("Conv2d(3, 64, 3, in_channels=3)", "multiple values for argument 'in_channels'"),
    ("\nConv2d(3, width, 3)", "line 2: 'width' is not written out"),
    ("Conv2d(3, 64, 2*2)", r"line 1: '2 \* 2' is not written out"),
    ("Conv2d(3, 64, *k)", "line 1: '\\*k' is not written out"),
    ("Conv2d(3, 64, **k)", "line 1: 'k' is not written out"),
    ("Conv2d(3, 64, 3, **{'a': 1})", "line 1: Conv2d: "),
    ("Conv2d(3, 64, 3", "line 1: '\\(' was never closed"),
    ("Conv2d 3", "line 1: invalid syntax"),
    ("del x", "line 1: 'del x' is not a layer"),
    ("Conv2d(3, 64, 3, stride=1, stride=2)", "line 1: Conv2d: stride is given twice"),
    ("ReLU()\nNet(\n  (conv): Conv2d(3, 8, 3)\n)", "line 2: 'Net' is a module with a forward of"),
    ("Sequential(\n  (0): ReLU()\n  (1): Foo(3)\n)", "line 3: there is no layer 'Foo': there are"),
    ("Sequential(\n  (0): Conv2d(3, 8, kernel_size=size)\n)", "line 2: 'size' is not written out"),
    ("Sequential(\n  (0): ReLU(\n", "line 2: '\\(' was never closed"),
    ("GroupNorm(3, 8)", "line 1: GroupNorm: num_groups=3 must divide num_channels=8"),
    ("LayerNorm(0)", "line 1: LayerNorm: normalized_shape"),
    ("GELU('sigmoid')", "approximate='sigmoid' is unknown here: use 'none' or 'tanh'"),
    ("x", "line 1: 'x' is not a layer"),
    ("'text'", "line 1: .* is not a layer"),
    ("__import__('os').system('true')", "line 1: there is no layer"),
    ("Sequential(3)", "line 1: '3' is not a layer"),
    ("Sequential(name=3)", "line 1: Sequential: name=3 must be a text"),
    ("Add()", "line 1: Add: it has no branches"),
    ("Sequential(\n  ReLU(),\n  Conv2d(3, 8, 0),\n)", "line 3: Conv2d: kernel_size=0"),
    ("Conv2d(3, 8, 3, groups=2)", "line 1: Conv2d: groups=2 must divide in_channels=3"),
    ("Conv2d(4, 9, 3, groups=2)", "line 1: Conv2d: groups=2 must divide out_channels=9"),
    ("Conv2d(3, 8, (3, 3, 3))", "line 1: Conv2d: kernel_size=.* give one, or 2"),
    ("Conv2d(3, 8, 3.0)", "line 1: Conv2d: kernel_size=3.0 must be made of whole numbers"),
    ("Conv2d(3, 8, 3, stride=2, padding='same')", "line 1: Conv2d: padding='same' needs stride=1"),
    ("Conv2d(3, 8, 3, padding='sane')", "line 1: Conv2d: padding"),
    ("Conv2d(3, 8, 3, bias=1)", "line 1: Conv2d: bias=1 must be True or False"),
    ("Conv2d(True, 8, 3)", "line 1: Conv2d: in_channels=True must be made of whole numbers"),
    ("ConvTranspose2d(3, 8, 3, padding_mode='reflect')", "padding_mode='reflect' is unknown here"),
    ("Upsample()", "line 1: Upsample: give either size or scale_factor"),
    ("Upsample(scale_factor=-2)", "line 1: Upsample: scale_factor=-2 must be above 0"),
    ("Upsample(size=2.5)", r"line 1: Upsample: size=\(2.5,\) must be made of whole"),
    ("Upsample(scale_factor='2')", "line 1: Upsample: scale_factor has dtype"),
    ("Upsample(scale_factor=1e400)", "line 1: Upsample: scale_factor=inf must be above 0"),
    ("Upsample(2, mode='bicubic')", "mode='bicubic' is unknown here: use 'nearest' or 'linear'"),
    ("Upsample(2, align_corners=True)", "align_corners=True is not for mode='nearest'"),
    ("Flatten(2)", "line 1: Flatten: start_dim=2 is unknown here: use 1"),
    ("Dropout('x')", "line 1: Dropout: p has dtype .* give real numbers"),
    ("AdaptiveAvgPool2d(7.0)", "line 1: AdaptiveAvgPool2d: output_size=.* must be made of"),
    ("AdaptiveAvgPool2d((1, 2, 3))", "line 1: AdaptiveAvgPool2d: output_size=.* give one, or 2"),
    ("Conv2d(3, 8, 3)\0", "null bytes|source code string"),
    ("(" * 300 + ")" * 300, "line 1: too many nested parentheses"),
    ("Add(" * 90 + "ReLU()" + ")" * 90 + "; Conv2D()", "line 1: there is no layer 'Conv2D'"),
])
def test_text_that_is_not_understood(text, message):
    with pytest.raises(ValueError, match=message):
        read(text)


@pytest.mark.parametrize("text", ["-" * 100_000 + "1", "x" + ".a" * 100_000], ids=["-", "."])
def test_text_that_is_nested_too_deeply(text):
    with pytest.raises(ValueError, match="nested too deeply|line 1"):
        read(text)


def test_text_must_be_text():
    with pytest.raises(TypeError, match="text is of type int"):
        read(3)


@pytest.mark.parametrize(("text", "shape", "message"), [
    ("Conv2d(3, 8, 3)", (4, 9, 9), r"Conv2d\(3, 8, 3\) .* \(4, 9, 9\): it needs 3 channels, not 4"),
    ("Conv2d(3, 8, 3)", (3, 9), r"shape \(3, 9\): it needs \(C, H, W\)"),
    ("Conv2d(3, 8, 5)", (3, 9, 4), "add padding or use a smaller kernel"),
    ("ConvTranspose2d(3, 8, 1, padding=1)", (3, 2, 2), "padding=1 cuts off all"),
    ("ConvTranspose2d(3, 8, 3, output_padding=1)", (3, 2, 2),
     r"output_padding=\(1, 1\) must be smaller"),
    ("ConvTranspose2d(3, 8, 3)", (4, 2, 2), "it needs 3 channels, not 4"),
    ("MaxPool2d(3)", (3, 2, 5), "kernel_size=3"),
    ("MaxPool2d(3, padding=2)", (3, 8, 8), "more than half"),
    ("BatchNorm2d(4)", (3, 8, 8), "it needs 4 channels, not 3"),
    ("BatchNorm1d(4)", (4, 8, 8), r"it needs \(C, L\)"),
    ("Linear(4, 2)", (4, 8, 8), r"a vector of 4, by Flatten\(\) before it"),
    ("Linear(4, 2)", (5,), r"a vector of 4, by Flatten\(\) before it"),
    ("ChannelShuffle(3)", (4, 8, 8), "groups=3 must divide its 4 channels"),
    ("ChannelShuffle(2)", (4,), "an axis or more behind the channels"),
    ("Softmax(dim=5)", (4, 4, 4), "dim=5 must be from -4 to 3: with its batch the input has 4"),
    ("Softmax(dim=-3)", (4,), "dim=-3 must be from -2 to 1"),
    ("PixelShuffle(2)", (6, 8, 8), "a multiple of 4 channels"),
    ("Upsample(scale_factor=2, mode='linear')", (3, 8, 8), "mode='linear' is not for 2 axes"),
    ("Upsample(scale_factor=(2, 2, 3))", (3, 8, 8), "is not one number an axis"),
    ("Upsample(scale_factor=0.01)", (3, 8, 8), "output_size=0"),
    ("Add(Conv2d(3, 3, 3), Identity())", (3, 8, 8),
     r"branches of Add give \(3, 6, 6\) and \(3, 8, 8\): their shapes must be the same"),
    ("Multiply(Conv2d(3, 4, 1), Identity())", (3, 8, 8), "branches of Multiply give"),
    ("Concat(Conv2d(3, 4, 3), Identity(), name='mix')", (3, 8, 8),
     "branches of mix give .* all but the channels must be the same"),
    ("Add(Sequential(Upsample(scale_factor=2), MaxPool2d(1, stride=2)), Identity())", (3, 1, 8),
     None),
])
def test_layers_that_do_not_fit(text, shape, message):
    if message is None:
        assert Network(read(text), shape).output_shape == shape
    else:
        with pytest.raises(ValueError, match=message):
            Network(read(text), shape)


def test_branches_that_do_not_line_up_are_listed():
    """Each output's range is that of the inputs which, made large, make it large."""
    up = "Upsample(scale_factor=2, mode='bilinear', align_corners=True)"
    net = read(f"Concat({up}, ConvTranspose2d(1, 1, 2, stride=2)), Conv2d(2, 1, 3)")
    net = Network(net, (1, 7, 7))
    assert (net.output_shape, net.macs) == ((1, 12, 12), 49 * 4 + 144 * 18)
    table = str(net.table())
    assert "1–2" in table and "2–3" in table and net.total.receptive_field == 3
    x = np.repeat(np.eye(7)[:, None, None], 7, axis=2)  # one column of 1 in each
    joined = np.concatenate([
        resampling.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True),
        functional.conv_transpose2d(x, np.ones((1, 1, 2, 2)), stride=2)], axis=1)
    reached = functional.conv2d(joined, np.ones((1, 2, 3, 3)))[:, 0, 0] > 1e-9
    for output, inputs in enumerate(reached.T):
        inside = np.flatnonzero(inputs)
        assert net.total.fields[1].of(output) == (inside[0], inside[-1])
    pooled = Network(read("Add(AdaptiveAvgPool2d(4), Conv2d(3, 3, 1, stride=2))"), (3, 7, 7))
    assert pooled.total.fields[0].spans == ((0, 1), (1, 3), (3, 5), (5, 6))


@pytest.mark.parametrize("layer",
                         ["ConvTranspose2d(1, 1, 1, stride={})", "Conv2d(1, 1, 1, stride={})"])
def test_strides_without_a_common_divisor(layer):
    text = ", ".join(layer.format(stride) for stride in (7, 11, 13, 17, 19))
    larger = math.prod((7, 11, 13, 17, 19))
    size = 2 if "Transpose" in layer else 1 + larger
    net = Network(read(text), (1, size, 1))
    assert net.output_shape == (1, larger + 1 if size == 2 else 2, 1)
    assert net.total.receptive_field == 1 and net.parameters == 10


def test_fields_too_long_to_list_leave_the_rest_of_the_table():
    net = Network(read("ConvTranspose2d(1, 1, 3, stride=70001), Conv2d(1, 1, 3)"), (1, 2, 2))
    assert net.output_shape == (1, 70002, 70002) and net.total.receptive_field is None
    assert str(net.table()).count("irregular") == 2
    both = Add(*net.layers.layers[:1], *net.layers.layers[:1])
    assert measure(both, (1, 2, 2)).fields == (receptive.ListedField(None),) * 2
    with pytest.raises(ValueError, match="too long to list: it has no effective field"):
        net.total.effective_field()
    with pytest.raises(ValueError, match="it needs 1 channels, not 2"):
        Network(net.layers, (2, 2, 2))


def test_where_it_does_not_fit_is_told():
    layers = Sequential(ReLU(), Sequential(Add(Identity(), Sequential(Conv2d(4, 8, 1))), name="b1"))
    with pytest.raises(ValueError, match="in layer 0 of Sequential\nin layer 1 of Add\n"
                                         "in layer 0 of b1\nin layer 1 of Sequential"):
        Network(layers, (3, 8, 8))


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: Network(CONV, (3, 8, 8)), TypeError, "must be a Sequential"),
    (lambda: Network(Sequential(), 3), TypeError, "input_shape=3"),
    (lambda: Network(Sequential(), (3, 0)), ValueError, "input_shape"),
    (lambda: Network(Sequential(), ()), ValueError, "input_shape"),
    (lambda: Network(Sequential(), (1,) * 5), ValueError, "up to three axes"),
    (lambda: Sequential(3), TypeError, "3 is not a layer"),
    (lambda: Concat(), ValueError, "no branches"),
    (lambda: zoo.nin()["conv1"], ValueError, "'conv1' is no block of NiN: it has none with names"),
    (lambda: zoo.vgg16()["x"], ValueError, "it has conv1, conv2, conv3, conv4, conv5, classifier"),
    (lambda: zoo.nin().table(depth=0), ValueError, "depth=0"),
    (lambda: zoo.alexnet(groups=3), ValueError, "groups=3 is unknown here: use 2 or 1"),
    (lambda: zoo.resnet(18), ValueError, "depth=18 is unknown here: use 50 or 101 or 152 or 200"),
    (lambda: zoo.resnet(50, "2x2"), ValueError, "stride_on='2x2'"),
    (lambda: zoo.resnext(50, groups=0), ValueError, "groups=0"),
    (lambda: zoo.resnext(50, width=1.5), TypeError, "width=1.5"),
    (lambda: zoo.inception_v1("6a"), ValueError, "module='6a'"),
    (lambda: zoo.mobilenet_v1("1"), TypeError, "width='1'"),
    (lambda: zoo.mobilenet_v1(0), ValueError, "width=0"),
    (lambda: zoo.mobilenet_v1(float("nan")), ValueError, "width=nan"),
    (lambda: zoo.mobilenet_v1(resolution=0), ValueError, "input_shape"),
    (lambda: zoo.shufflenet_v1(5), ValueError, "groups=5"),
    (lambda: zoo.deeplab_v2_head(rates=()), ValueError, "no branches"),
    (lambda: zoo.deeplab_v3_head(rates=(0,)), ValueError, "padding|dilation"),
    (lambda: zoo.fcn_vgg16(4), ValueError, "stride=4"),
    (lambda: zoo.dcgan_generator(4), ValueError, "channels=4"),
    (lambda: zoo.dcgan_generator(kernel_size=3), ValueError, "kernel_size=3"),
    (lambda: zoo.context_module(0), ValueError, "channels"),
    (lambda: zoo.wavenet_stack(repeats=0), ValueError, "repeats=0"),
    (lambda: zoo.wavenet_stack(depth=2.0), TypeError, "depth=2.0"),
])
def test_bad_networks_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_layers_are_values():
    assert Conv2d(3, 8, (3, 3)) == Conv2d(3, 8, 3) != Conv2d(3, 8, (3, 5))
    assert MaxPool2d(2, 2) == MaxPool2d(2) != AvgPool2d(2)
    assert Conv1d(3, 8, 3) != Conv2d(3, 8, 3)
    assert len({ReLU(), ReLU(), ReLU(inplace=True), ReLU6()}) == 3
    with pytest.raises(AttributeError):
        ReLU().inplace = True
    net = Network(read("Linear(4, 8), BatchNorm1d(8), ReLU()"), (4,))
    assert (net.parameters, net.layers.statistics, net.flops) == (40 + 16, 16, 64)
    assert measure(BatchNorm1d(4), (4, 9)).shape == (4, 9)
    assert repr(net) == "network: 4 → 8" and repr(zoo.nin()) == "NiN: 3×32×32 → 10"


def test_layers_of_each_rank_are_classes():
    conv = Conv2d(3, 8, 3)
    assert isinstance(conv, Conv2d) and isinstance(conv, kinds.Conv)
    assert not isinstance(conv, Conv1d) and conv.axes == 2 and Conv2d.__name__ == "Conv2d"
    assert pickle.loads(pickle.dumps(conv)) == conv
    assert list(inspect.signature(Conv2d).parameters)[:3] == [
        "in_channels", "out_channels", "kernel_size"]
    assert "images (C, H, W)" in Conv2d.__doc__
    with pytest.raises(TypeError, match="Conv has no number of axes: use Conv1d, Conv2d or Conv3d"):
        kinds.Conv(3, 8, 3)


def test_every_layer_is_read_from_text():
    made = {name for name, kind in vars(kinds).items() if isinstance(kind, type)
            and issubclass(kind, kinds.Layer) and name[0] != "_" and not kind.__subclasses__()}
    assert made | {"ReLU", "Dropout"} == set(SINGLE)  # ReLU6 and Dropout2d are kinds of these


def test_parametric_relu():
    assert PReLU(3).parameters == 3 and PReLU().parameters == 1
    with pytest.raises(ValueError, match="it needs 3 channels, not 4"):
        measure(PReLU(3), (4, 9, 9))


def test_fields_that_differ_by_axis():
    net = Network(read("Conv2d(1, 1, (3, 5), stride=(1, 2))"), (1, 9, 9))
    assert net.total.receptive_field == (3, 5)
    assert "3×5" in str(net.table())
    assert [field.jump for field in net.total.fields] == [1, 2]
    same = Network(read("Conv2d(1, 1, 4, padding='same')"), (1, 9, 9))
    assert same.output_shape == (1, 9, 9) and same.total.fields[0].of(0) == (-1, 2)
    padded = Network(read("ZeroPad2d((1, 2, 3, 4))"), (1, 9, 8))
    assert padded.output_shape == (1, 16, 11)
    assert [field.of(0)[0] for field in padded.total.fields] == [-3, -1]


def test_effective_fields_of_networks():
    plain = measure(Sequential(*[Conv2d(1, 1, 3, padding=1)] * 8), (1, 64, 64)).effective_field()
    block = Add(Conv2d(1, 1, 3, padding=1), Identity())
    skipped = measure(Sequential(*[block] * 8), (1, 64, 64)).effective_field()
    assert plain.std == pytest.approx((8 * 8 / 12) ** 0.5)
    assert skipped.std == pytest.approx((8 * 8 / 24) ** 0.5)  # half of the ways do not spread
    assert len(plain.weights) == len(skipped.weights) == 17
    whole = zoo.wavenet_stack(depth=4, length=64).total.effective_field(output=20)
    assert (whole.first, len(whole.weights)) == (5, 16)
    column = zoo.mobilenet_v1()["features"].effective_field(axis=1)
    assert len(column.weights) == 315 and column.weights.sum() == pytest.approx(1)


def test_tables():
    net = zoo.inception_v1()
    text = str(net.table()).splitlines()
    assert len(text) == 2 + 1 + len(net.rows) + 5 + 2  # headings, blocks, and the total set apart
    assert text[-1].split() == ["total", "163,696", "128,049,152"]
    assert text[3].split() == ["Concat", "256×28×28", "5"]
    assert text[5].split()[-4:] == ["64×28×28", "12,352", "9,633,792", "1"]
    assert str(net).splitlines() == ["Inception 3a: 192×28×28 → 256×28×28", *text]
    folded = str(zoo.resnet().table(depth=1)).splitlines()
    assert len(folded) == 3 + 7 + 2
    assert folded[-3].split() == ["fc", "1000", "2,049,000", "2,048,000", "619"]
    i18n.use("zh")
    try:
        assert "感受野" in str(net.table()) and "合计" in str(net.table())
    finally:
        i18n.use("en")


def test_long_labels_go_on_below():
    lines = str(zoo.mobilenet_v1()).splitlines()
    assert max(map(len, lines)) <= 110
    first = next(n for n, line in enumerate(lines) if "stride=2, padding=1, groups=64" in line)
    assert lines[first].split()[-4:] == ["64×56×56", "576", "1,806,336", "11"]
    assert lines[first + 1].strip() == "bias=False)"


def test_tables_in_a_notebook():
    net = zoo.inception_v1()
    html = net._repr_html_()
    assert html == net.table()._repr_html_()
    assert html.count("<tr>") == 1 + len(net.rows) + 5 + 1
    assert html.count("padding-left: 1em;") == 4 * html.count("<tr>")
    assert html.count("128,049,152") == 1
    assert "&#x27;&lt;b&gt;" in Table(["a"], [["'<b>"], ["c"]])._repr_html_()


@given(leaves().filter(lambda layer: not isinstance(layer, Upsample | Flatten)),
       st.tuples(*[st.integers(1, 12)] * 3))
def test_sizes_by_pytorch(layer, sides):
    torch = pytest.importorskip("torch")
    size = sides[: getattr(layer, "axes", 2)]
    kept = ("in_channels", "num_features", "num_channels", "groups", "num_parameters")
    count = next((getattr(layer, name) for name in kept if hasattr(layer, name)), 16)
    shape = (layer.in_features,) if isinstance(layer, Linear) else (count, *size)
    if isinstance(layer, LayerNorm):
        shape = (count, *layer.normalized_shape)
    module = modules(torch, layer, "cpu").eval()
    try:
        theirs = module(torch.zeros(1, *shape))
        theirs = theirs[0] if isinstance(theirs, tuple) else theirs
        if theirs.numel() == 0:
            raise ValueError("empty")
    except (RuntimeError, ValueError) as error:
        if "Padding size should be less" in str(error) or "wrap around" in str(error):
            return  # mirrored borders need an input: PyTorch refuses by the values, not the sizes
        if isinstance(layer, AvgPool3d) and "smaller than kernel size (kT" in str(error):
            return  # it alone refuses a kernel larger than the input, whatever the padding
        with pytest.raises(ValueError, match="does not take"):
            measure(layer, shape)
    else:
        row = measure(layer, shape)
        assert row.shape == tuple(theirs.shape[1:])
        assert row.parameters == sum(each.numel() for each in module.parameters())
