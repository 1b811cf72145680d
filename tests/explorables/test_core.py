"""core.js against convlib: golden cases written by Python, computed in a browser."""

import numpy as np
import pytest
import scipy.ndimage

from convlib import functional, shapes, signal
from convlib.explorables import Channels, FlipAndSlide
from convlib.explorables.bundle import _source
from convlib.explorables.traits import describe

EVALUATE = """([source, cases]) => {
  const core = new Function(source + "; return { convOutputSize, convolve1d, correlate1d, conv2d,"
    + " filterImage, rotateKernel, imageWindow, outputsTouched, channelTensors, filterChannels,"
    + " unfoldSources, matmul, parseField, formatField };")();
  return cases.map(([name, args]) => {
    const value = core[name](...args);
    return value instanceof Float32Array ? [...value] : value;
  });
}"""


@pytest.fixture(scope="module")
def run(browser):
    page = browser.new_page()
    yield lambda cases: page.evaluate(EVALUATE, [_source("shared/core.js"), cases])
    page.close()


def cases():
    """Yield (function, arguments, what convlib says)."""
    rng = np.random.default_rng(7)
    for _ in range(100):
        k, s, d = (int(v) for v in rng.integers(1, 5, 3))
        p = int(rng.integers(0, 4))
        size = max(1, d * (k - 1) + 1 - 2 * p) + int(rng.integers(0, 9))
        yield "convOutputSize", [size, k, s, p, d], shapes.conv_output_size(
            size, k, stride=s, padding=p, dilation=d)
        f, g = (rng.integers(-9, 9, n).tolist() for n in rng.integers(1, 9, 2))
        yield "convolve1d", [f, g], signal.convolve(f, g).tolist()
        yield "correlate1d", [f, g], signal.correlate(f, g).tolist()
        options = {n: [int(v) for v in rng.integers(low, high, 2)]
                   for n, low, high in (("stride", 1, 4), ("padding", 0, 3), ("dilation", 1, 3))}
        x, w = rng.integers(-9, 9, (7, 9)), rng.integers(-9, 9, rng.integers(1, 4, 2))
        yield "conv2d", [x.tolist(), w.tolist(), options], functional.conv2d(
            x[None], w[None, None], **{n: tuple(v) for n, v in options.items()})[0].tolist()
        y, x = (int(v) for v in rng.integers(0, (7, 9)))
        shape = {"height": 7, "width": 9, "kernel": list(w.shape)}
        yield "outputsTouched", [y, x, shape | options], touched(y, x, w.shape, options)
        yield "unfoldSources", [2, shape | options], unfolded(2, w.shape, options)
        image = rng.integers(0, 255, (6, 11))
        yield "matmul", [image.tolist(), image[:4].T.tolist()], (image @ image[:4].T).tolist()
        yield ("filterImage", [image.ravel().tolist(), 6, 11, w.tolist()],
               scipy.ndimage.correlate(image, w, mode="nearest").ravel().tolist())
        yield "rotateKernel", [w.tolist()], np.rot90(w, 2).tolist()
        row, column = (int(v) for v in rng.integers(0, (6, 11)))
        yield ("imageWindow", [image.ravel().tolist(), 6, 11, 5, 3, row, column],
               window(image, 5, 3, row, column))


def channel_cases():
    """Yield the same for the tensors of the explorable "channels" and what its filters give."""
    for seed in (0, 1, 77, 9999):
        channels = Channels(in_channels=3, out_channels=3, seed=seed, bias=[2, -1, 0.5])
        x, w = channels.input.tolist(), channels.weight.tolist()
        yield "channelTensors", [seed], {"input": x, "weight": w}
        for i, bias in enumerate(channels.bias):
            partials = [functional.conv2d(channels.input[[c]], channels.weight[[i], c:c + 1])[0]
                        .tolist() for c in range(3)]
            yield ("filterChannels", [x, w[i], bias],
                   {"partials": partials, "output": channels.output[i].tolist()})


def window(image, rows, columns, row, column):
    """What lies under a kernel that stands on a pixel: cut from the padded photograph."""
    pads = ((rows // 2,) * 2, (columns // 2,) * 2)
    return np.pad(image, pads, mode="edge")[row:row + rows, column:column + columns].tolist()


def touched(y, x, kernel, options):
    """The outputs that an input cell reaches, found by giving each weight its own power of two."""
    weight = 2.0 ** np.arange(np.prod(kernel)).reshape(1, 1, *kernel)
    probe = np.zeros((1, 7, 9))
    probe[0, y, x] = 1
    out = functional.conv2d(probe, weight, **{n: tuple(v) for n, v in options.items()})[0]
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
    out = functional.conv2d(cells, copiers, **{n: tuple(v) for n, v in options.items()})
    return (out.reshape(taps, -1) - 1).tolist()


def compare(results, expected):
    return [i for i, (ours, theirs) in enumerate(zip(results, expected, strict=True))
            if not np.array_equal(ours, theirs)]


def test_core_is_convlib(run):
    golden = [*cases(), *channel_cases()]
    results = run([[name, arguments] for name, arguments, _ in golden])
    wrong = compare(results, [expected for _, _, expected in golden])
    assert [golden[i][0] for i in wrong] == []


def test_a_wrong_case_is_found(run):
    assert compare(run([["convolve1d", [[1, 2], [3, 4]]]]), [[3, 10, 9]]) == [0]


def test_fields_come_back_from_their_text(run):
    state = {"f": [0.5, -1, 4], "step": 7, "operation": "cross-correlation"}
    fields = {name: describe(FlipAndSlide.class_traits()[name]) for name in state}
    texts = run([["formatField", [fields[n], v]] for n, v in state.items()])
    assert texts == ["0.5,-1,4", "7", "cross-correlation"]
    back = run([["parseField", [fields[n], text]] for n, text in zip(state, texts, strict=True)])
    assert back == list(state.values())
