"""The explorables' mathematics against convlib: cases written by Python, computed in a browser."""

import itertools
import json

import numpy as np
import pytest
import scipy.ndimage
from atrous_cases import atrous_cases
from dilated_cases import dilated_cases
from enlarging_cases import enlarging_cases
from generator_cases import generator_cases
from reach_cases import reach_cases
from restoring_cases import restoring_cases
from skimage.color import rgb2gray
from stack_cases import stack_cases
from transposed_cases import matrix_cases, transposed_cases, unfit_transposed_cases

from convlib import functional, shapes, signal
from convlib.explorables import (
    HOMES,
    Channels,
    ConvVolume,
    FlipAndSlide,
    SizeCalculator,
    bundle,
)
from convlib.explorables.conv_volume import KERNELS, volume_kernel
from convlib.explorables.random import normals, permutation, random_tensors
from convlib.explorables.traits import describe
from convlib.networks import torch_text

# The mathematics: all of shared/core, and what an explorable's own script exports.
FILES = [*sorted(path.relative_to(bundle.STATIC).as_posix()
                 for path in bundle.STATIC.glob("shared/core/*.js")),
         *(f"{name}.js" for name in HOMES.values())]
# To the page and back as one text each: the driver would look at every one of a million numbers.
# A number that JSON does not know is named; a whole one of any size is written out.
EVALUATE = """cases => {
  const found = JSON.parse(cases).map(([file, name, args]) => {
    const value = convlib[file][name](...args);
    return ArrayBuffer.isView(value) ? [...value] : value;
  });
  return JSON.stringify(found, (key, value) => {
    if (typeof value === "bigint") return JSON.rawJSON(String(value));
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  });
}"""


@pytest.fixture(scope="module")
def run(browser):
    """Compute [function, arguments], ... as the page does, from whichever file exports them."""
    home = {name: file for file in FILES for name in bundle.exports(file)}
    page = browser.new_page()
    page.set_content("<!doctype html>")
    for script in (bundle.shared_script(), *map(bundle.own_script, HOMES.values())):
        page.add_script_tag(content=script)
    yield lambda cases: json.loads(page.evaluate(EVALUATE, json.dumps(
        [[home[name], name, args] for name, args in cases])))
    page.close()


def cases():
    """Yield (function, arguments, what Python says) for all the mathematics."""
    yield from itertools.chain.from_iterable(
        make(np.random.default_rng(7 + i)) for i in range(100)
        for make in (
            signal_cases,
            window_cases,
            image_cases,
            mixing_cases,
            layer_cases,
            stack_cases,
            volume_cases,
            transposed_cases,
            matrix_cases,
            restoring_cases,
            generator_cases,
            enlarging_cases,
            reach_cases,
            atrous_cases,
            dilated_cases,
        ))
    yield from unfit_layer_cases()
    yield from unfit_transposed_cases()
    yield from torch_text_cases()
    yield from number_cases()
    yield from field_cases()
    for seed in (0, 1, 77, 9999):
        yield from channel_cases(seed)


def signal_cases(rng):
    """Yield the cases of one dimension."""
    f, g = (rng.integers(-9, 9, n).tolist() for n in rng.integers(1, 9, 2))
    yield "convolve1d", [f, g], signal.convolve(f, g).tolist()
    yield "correlate1d", [f, g], signal.correlate(f, g).tolist()
    for operation, whole in (("convolution", signal.convolve(f, g)),
                             ("cross-correlation", signal.correlate(f, g))):
        explorable = FlipAndSlide(f=np.clip(f, -4, 4), g=np.clip(g, -4, 4), operation=operation)
        step = int(rng.integers(0, len(whole)))
        n = int(explorable.lags[step])
        yield "slideShift", [operation, step, len(g)], n
        index = (lambda k, n=n: n - k) if operation == "convolution" else (lambda k, n=n: k - n)
        terms = [{"k": k, "j": index(k), "f": f[k], "g": g[index(k)], "product": f[k] * g[index(k)]}
                 for k in range(len(f)) if 0 <= index(k) < len(g)]
        assert sum(term["product"] for term in terms) == whole[step]
        yield "slideTerms", [f, g, operation, n], terms


def window_cases(rng):
    """Yield the cases of a kernel's windows: sizes, sums, what a cell touches, the unfolding."""
    k, s, d = (int(v) for v in rng.integers(1, 5, 3))
    p = int(rng.integers(0, 4))
    size = max(1, d * (k - 1) + 1 - 2 * p) + int(rng.integers(0, 9))
    yield "convOutputSize", [size, k, s, p, d], shapes.conv_output_size(
        size, k, stride=s, padding=p, dilation=d)
    options = {n: [int(v) for v in rng.integers(low, high, 2)]
               for n, low, high in (("stride", 1, 4), ("padding", 0, 3), ("dilation", 1, 3))}
    pairs = {n: tuple(v) for n, v in options.items()}
    x, w = rng.integers(-9, 9, (7, 9)), rng.integers(-9, 9, rng.integers(1, 4, 2))
    out = functional.conv2d(x[None], w[None, None], **pairs)[0]
    yield "conv2d", [x.tolist(), w.tolist(), options], out.tolist()
    yield "rotateKernel", [w.tolist()], np.rot90(w, 2).tolist()
    shape = {"height": 7, "width": 9, "kernel": list(w.shape)} | options
    y, x = (int(v) for v in rng.integers(0, (7, 9)))
    yield "outputsTouched", [y, x, shape], touched(y, x, w.shape, pairs)
    sources = unfolded(2, w.shape, pairs)
    yield "unfoldSources", [2, shape], sources.tolist()
    row, column = (int(v) for v in rng.integers(0, out.shape))
    column_of = sources[:w.size, row * out.shape[1] + column]
    yield "windowCells", [row, column, shape], window_of(row, column, w.shape, options, column_of)
    a, b = rng.integers(-9, 9, (3, 5)), rng.integers(-9, 9, (5, 4))
    yield "matmul", [a.tolist(), b.tolist()], (a @ b).tolist()


def image_cases(rng):
    """Yield the cases of a photograph through a kernel."""
    image, w = rng.integers(0, 255, (6, 11)), rng.integers(-9, 9, rng.integers(1, 6, 2))
    pixels = image.ravel().tolist()
    yield ("filterImage", [pixels, 6, 11, w.tolist()],
           scipy.ndimage.correlate(image, w, mode="nearest").ravel().tolist())
    rgba = rng.integers(0, 255, (4, 5, 4))
    yield "grayValues", [rgba.ravel().tolist()], rgb2gray(rgba[..., :3] * 1.0).ravel().tolist()
    colours = np.moveaxis(rgba[..., :3], -1, 0)
    yield "colorValues", [rgba.ravel().tolist()], colours.ravel().tolist()
    yield "extremes", [pixels], [int(image.min()), int(image.max())]
    row, column = (int(v) for v in rng.integers(0, (6, 11)))
    yield ("imageWindow", [pixels, 6, 11, 5, 3, row, column],
           np.pad(image, [(2, 2), (1, 1)], mode="edge")[row:row + 5, column:column + 3].tolist())


def mixing_cases(rng):
    """Yield the cases of a 1x1 convolution and of pixels in another order."""
    image, w = rng.integers(0, 255, (3, 4, 5)), rng.integers(-9, 9, (int(rng.integers(1, 4)), 3))
    b = rng.integers(-9, 9, len(w))
    yield ("mixChannels", [image.ravel().tolist(), w.tolist(), b.tolist()],
           functional.conv2d(image, w[:, :, None, None], b).ravel().tolist())
    matrices, factors = rng.normal(size=(3, *w.shape)), rng.normal(size=3)
    yield ("sumMatrices", [matrices.tolist(), factors.tolist()],
           np.tensordot(factors, matrices, 1).tolist())
    order = rng.permutation(20)
    yield ("reorder", [image.ravel().tolist(), order.tolist()],
           image.reshape(3, 20)[:, order].ravel().tolist())
    yield "inverseOrder", [order.tolist()], np.argsort(order).tolist()
    values = rng.choice([-0.2, -1e-7, 0, 0.5, 1, 1 + 1e-7, 1.1], 30)
    yield "outsideShare", [values.tolist()], float((np.abs(values - 0.5) > 0.51).mean())


def layer_cases(rng):
    """Yield the cases of a layer by its settings: sizes, costs, PyTorch text."""
    i, k, s, p, d = (int(v) for v in rng.integers((9, 1, 1, 0, 1), (300, 8, 5, 5, 4)))
    a = int(rng.integers(max(s, d)))
    yield "convTransposeOutputSize", [i, k, s, p, a, d], shapes.conv_transpose_output_size(
        i, k, stride=s, padding=p, output_padding=a, dilation=d)
    groups, axes = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    sizes = {name: rng.integers(low, high, int(rng.integers(1, 4))).tolist() for name, low, high in
             (("size", 40, 9999), ("kernel_size", 1, 9), ("stride", 2, 5), ("padding", 0, 4),
              ("output_padding", 0, 2), ("dilation", 1, 4))}
    kind = str(rng.choice(["numbers", "valid", "same"]))
    if kind == "same":
        sizes["stride"] = [1]
        sizes["output_padding"] = [0]
    yield from fitting(SizeCalculator(
        transposed=bool(rng.integers(2)), axes=axes, padding_kind=kind, groups=groups,
        in_channels=groups * int(rng.integers(1, 3000)), bias=bool(rng.integers(2)),
        out_channels=groups * int(rng.integers(1, 3000)), **sizes))


def settings(calculator):
    return {name: getattr(calculator, name) for name in calculator.state_names()}


def fitting(calculator):
    """Yield the cases of a layer that fits its input."""
    state, layer = settings(calculator), calculator.layer
    shape = calculator.output_shape
    yield "filled", [state["size"], state["axes"]], list(calculator.input_shape[1:])
    yield "layerProblem", [state], None
    yield "torchLayer", [state], f"nn.{layer}"
    yield "layerCosts", [state], {"weights": layer.weights, "parameters": layer.parameters,
                                  "macs": layer.macs(calculator.input_shape)}
    axes = []
    for axis, size in enumerate(calculator.input_shape[1:]):
        k, s, d = layer.kernel_size[axis], layer.stride[axis], layer.dilation[axis]
        pads = shapes.pad_width(layer.padding, layer.kernel_size, stride=layer.stride,
                                dilation=layer.dilation)[axis]
        a = state["output_padding"][min(axis, len(state["output_padding"]) - 1)]
        axes.append({"size": size, "k": k, "s": s, "p": sum(pads) / 2, "a": a, "d": d,
                     "span": shapes.dilated_size(k, d), "pads": list(pads),
                     "out": shape[1 + axis]})
    yield "layerAxes", [state], axes
    known = {name: value for name, value in vars(layer).items() if name != "padding_mode"}
    padding = "numbers" if isinstance(layer.padding, tuple) else layer.padding
    wanted = {"transposed": state["transposed"], "axes": state["axes"], "padding_kind": padding,
              "output_padding": [0] * state["axes"]} | {
        name: list(value) if isinstance(value, tuple) else value for name, value in known.items()}
    if padding != "numbers":
        wanted["padding"] = [0] * state["axes"]
    yield "readLayer", [f"nn.{layer}"], wanted


def unfit_layer_cases():
    """Yield layers that cannot be: convlib refuses each, and its message has the same numbers."""
    for state, problem in (
        (dict(groups=2), {"key": "groups", "groups": 2, "in_channels": 3, "out_channels": 64}),
        (dict(size=[224, 4], padding=[0], dilation=[1]),
         {"key": "too_large", "axis": 1, "span": 7, "room": 4}),
        (dict(padding_kind="same"), {"key": "same_stride", "axis": 0, "s": 2}),
        (dict(transposed=True, output_padding=[0, 2]),
         {"key": "output_padding", "axis": 1, "a": 2, "most": 1}),
        (dict(transposed=True, size=[2], padding=[7]),
         {"key": "cut_off", "axis": 0, "p": 7, "most": 4}),
    ):
        calculator = SizeCalculator(**state)
        with pytest.raises(ValueError) as refusal:
            _ = calculator.output_shape
        numbers = [value for name, value in problem.items()
                   if name not in ("key", "axis", "out_channels")]
        assert all(str(number) in str(refusal.value) for number in numbers), refusal.value
        yield "layerProblem", [settings(calculator)], problem


def torch_text_cases():
    """Yield texts that describe a layer in other ways, and texts that describe none."""
    for text in ("Conv2d(3, 64, (7, 7), 2, 3)", "self.conv1 = nn.Conv1d(3, 6, kernel_size=5, "
                 "groups=3, bias=False)", "torch.nn.ConvTranspose2d(8, 4, 4, 2, 1, 1, 2, True, 3),",
                 "nn.Conv3d(in_channels=1, out_channels=2, kernel_size=[1, 2, 3])",
                 "nn.Conv2d(3, 8, 3, padding=\"same\", padding_mode='zeros')"):
        (layer,) = torch_text.read(text).layers
        named = isinstance(layer.padding, str)
        yield "readLayer", [text], {
            "transposed": "Transpose" in type(layer).__name__, "axes": layer.axes,
            "padding_kind": layer.padding if named else "numbers",
            "output_padding": [0] * layer.axes} | {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(layer).items() if name != "padding_mode"} | (
            {"padding": [0] * layer.axes} if named else {})
    for text in ("", "Conv2d", "nn.Linear(3, 4)", "nn.Conv2d(3, 4)", "nn.Conv2d(3, 4, k)",
                 "nn.Conv4d(3, 4, 5)", "nn.Conv2d(3, 4, (1, 2, 3))", "nn.Conv2d(3, 4, 5, size=2)",
                 "nn.Conv2d(3, 4, -5)", "alert(1)", "nn.Conv2d(3, 4, 'same')",
                 "nn.Conv2d(3, 4, 5, bias=2)", "nn.Conv2d(3, 4, 5, padding='full')"):
        yield "readLayer", [text], None


def channel_cases(seed):
    """Yield the cases of pseudo-random tensors and of the filters of "channels"."""
    channels = Channels(in_channels=3, out_channels=3, seed=seed, bias=[2, -1, 0.5])
    kinds = [[[2, 3], -4, 4], [[4], 0, 99]]
    yield "randomTensors", [seed, kinds], [each.tolist() for each in random_tensors(seed, *kinds)]
    yield "permutation", [seed, 50], permutation(seed, 50).tolist()
    yield "normals", [seed, 32], normals(seed, 32).tolist()
    x, w = channels.input.tolist(), channels.weight.tolist()
    yield "channelTensors", [seed], {"input": x, "weight": w}
    for i, bias in enumerate(channels.bias):
        partials = [functional.conv2d(channels.input[[c]], channels.weight[[i], c:c + 1])[0]
                    .tolist() for c in range(3)]
        yield ("filterChannels", [x, w[i], bias],
               {"partials": partials, "output": channels.output[i].tolist()})
        for stage in range(5):
            some = slice(0, min(stage, 3))
            sums = functional.conv2d(channels.input[some], channels.weight[[i], some])[0] + (
                bias if stage == 4 else 0) if stage else np.zeros((3, 3))
            yield "sumToStage", [partials, bias, stage], sums.tolist()
    for step in (0, 1, 5, 8):  # two filters of three channels: four steps each
        yield "channelStages", [step, 3, 2], [min(step, 4), max(step - 4, 0)]


def volume_cases(rng):
    """Yield the cases of volumes: places and slices, kernels, sums, and a layer's shapes."""
    kernel = [int(n) for n in rng.integers(1, 5, 3)]
    size = [k + int(n) for k, n in zip(kernel, rng.integers(0, 5, 3), strict=True)]
    x = rng.integers(0, 255, size)
    at = int(rng.integers(x.size))
    place = [int(i) for i in np.unravel_index(at, size)]
    yield "placeAt", [at, size], place
    yield "placeIndex", [place, size], at
    axis = int(rng.integers(3))
    yield ("sliceOf", [x.ravel().tolist(), size, axis, place[axis]],
           np.take(x, place[axis], axis).ravel().tolist())
    name = str(rng.choice(KERNELS))
    w = volume_kernel(name, kernel)
    yield "volumeKernel", [name, kernel], w.ravel().tolist()
    yield ("conv3d", [x.ravel().tolist(), size, w.ravel().tolist(), kernel],
           functional.conv3d(x[None].astype(float), w[None, None]).ravel().tolist())
    volume = ConvVolume(**{name: int(rng.integers(field["min"], field["max"] + 1))
                           for name, field in ConvVolume().fields.items() if "max" in field})
    layer, flat = volume.layer, volume.axes == 2
    yield "volumeLayer", [settings(volume), [14, 14, 14]], {
        "kernel": [14] * flat + list(layer.kernel_size), "input": list(volume.input_shape),
        "places": [1] * flat + list(volume.output_shape[1:]), "weight": list(volume.weight_shape),
        "output": list(volume.output_shape), "parameters": layer.parameters,
        "macs": layer.macs(volume.input_shape)}


def number_cases():
    """Yield the cases of numbers and of how they are written."""
    for value, low, high in ((3, 0, 5), (-1, 0, 5), (9, 0, 5), (2.5, 2.5, 2.5)):
        yield "clamp", [value, low, high], float(np.clip(value, low, high))
    for value in (0, -0.0, 2, -3, 0.5, -1.25, 1 / 3, 1e-7, 123456.789):
        text = f"{round(value, 4) + 0:.4f}".rstrip("0").rstrip(".")
        minus = text.replace("-", "−")
        yield "formatNumber", [value], text
        yield "shown", [value], minus
        yield "factor", [value], f"({minus})" if value < 0 else minus
    for value in (0, 999, 1000, 57_600, -1_234_567):
        yield "grouped", [value], f"{value:,}".replace("-", "−")


def field_cases():
    """Yield a value of each type of field, as text and back, and texts that stand for none."""
    flip, grid = FlipAndSlide.class_traits(), {"type": "grid", "rows": [1, 2], "columns": [1, 3],
                                               "value": [-9, 9]}
    for field, value, text in (
        (describe(flip["f"]), [0.5, -1, 4], "0.5,-1,4"),
        (describe(flip["n"]), 7, "7"),
        (describe(flip["operation"]), "cross-correlation", "cross-correlation"),
        ({"type": "bool"}, True, "true"),
        (describe(SizeCalculator.class_traits()["size"]), [224, 320], "224,320"),
        ({"type": "float", "min": 1, "max": 9}, 2.25, "2.25"),
        (grid, [[1, 2], [-3, 0.5]], "1,2;-3,0.5"),
    ):
        yield "formatField", [field, value], text
        yield "parseField", [field, text], value
    for field, text in ((describe(flip["f"]), "9"), (grid, "1,2;3"), (grid, "1;2;3"),
                        (describe(SizeCalculator.class_traits()["size"]), "1.5"),
                        ({"type": "int", "min": 0, "max": 9}, "1.5"), ({"type": "bool"}, "1")):
        yield "parseField", [field, text], None


def touched(y, x, kernel, options):
    """The outputs that an input cell reaches, found by giving each weight its own power of two."""
    weight = 2.0 ** np.arange(np.prod(kernel)).reshape(1, 1, *kernel)
    probe = np.zeros((1, 7, 9))
    probe[0, y, x] = 1
    out = functional.conv2d(probe, weight, **options)[0]
    found = []
    for row, column in np.argwhere(out):
        i, j = np.argwhere(weight[0, 0] == out[row, column])[0]
        found.append({"row": int(row), "column": int(column), "i": int(i), "j": int(j)})
    return found


def unfolded(channels, kernel, options):
    """The input cell behind each cell of the unfolded matrix: one-hot kernels copy its number."""
    taps = channels * np.prod(kernel)
    copiers = np.eye(taps).reshape(taps, channels, *kernel)
    cells = 1 + np.arange(channels * 7 * 9).reshape(channels, 7, 9)  # the padding's 0 becomes -1
    return functional.conv2d(cells, copiers, **options).reshape(taps, -1) - 1


def window_of(row, column, kernel, options, column_of):
    """The cells of one window; those that unfold copies are inside, where it says they are."""
    cells = []
    for (i, j), source in zip(np.ndindex(*kernel), column_of, strict=True):
        y, x = (at * s - p + tap * d for at, tap, s, p, d in zip(
            (row, column), (i, j), options["stride"], options["padding"], options["dilation"],
            strict=True))
        inside = bool(source >= 0)
        assert not inside or (y, x) == divmod(int(source), 9)
        cells.append({"i": i, "j": j, "y": y, "x": x, "inside": inside})
    return cells


def wrong(results, golden):
    """Return the functions whose results are not Python's, to float32's precision."""
    def near(ours, theirs):
        if isinstance(theirs, list):  # of one length, or not
            return (isinstance(ours, list) and len(ours) == len(theirs)
                    and all(map(near, ours, theirs)))
        return ours == theirs or (isinstance(theirs, float) and isinstance(ours, (int, float))
                                  and abs(ours - theirs) <= 1e-8 + 1e-6 * abs(theirs))

    return [name for ours, (name, _, theirs) in zip(results, golden, strict=True)
            if ours != theirs and not near(ours, theirs)]


@pytest.fixture(scope="module")
def golden():
    return list(cases())


def test_every_function_is_convlibs(run, golden):
    assert wrong(run([case[:2] for case in golden]), golden) == []


def test_every_exported_function_has_a_case(golden):
    exported = {name for file in FILES for name in bundle.exports(file)}
    assert exported == {name for name, _, _ in golden}


def test_a_wrong_case_is_found(run):
    case = ("convolve1d", [[1, 2], [3, 4]], [3, 10, 9])
    assert wrong(run([case[:2]]), [case]) == ["convolve1d"]
