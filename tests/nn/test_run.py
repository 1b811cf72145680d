"""Each layer as it runs: its sizes, its weights' number, and its gradients by differences."""

from math import inf

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from random_layers import SINGLE, leaves
from torch_modules import modules

from convlib.networks import layers as kinds
from convlib.networks.network import measure
from convlib.networks.torch_text import read
from convlib.nn import run
from convlib.nn.run import Mode

RUNNABLE = [name for name in SINGLE if name != "LocalResponseNorm"]
BLOCKS = {  # text, and an input without its batch axis
    "stem": ("Conv2d(2, 4, 3, padding=1), BatchNorm2d(4), ReLU(), MaxPool2d(2)", (2, 6, 6)),
    "residual": ("Add(Sequential(Conv2d(3, 3, 3, padding=1), BatchNorm2d(3), ReLU()), Identity())",
                 (3, 5, 5)),
    "inception": ("Concat(Conv2d(2, 3, 1), Sequential(Conv2d(2, 1, 1), Conv2d(1, 4, 3, padding=1)),"
                  " MaxPool2d(3, 1, 1))", (2, 5, 5)),
    "gate": ("ZeroPad1d((2, 0)), Multiply(Sequential(Conv1d(2, 3, 3, dilation=1), Tanh()),"
             " Sequential(Conv1d(2, 3, 3), Sigmoid()))", (2, 7)),
    "U": ("Concat(Sequential(MaxPool2d(2), Conv2d(2, 4, 3, padding=1), LeakyReLU(),"
          " Upsample(scale_factor=2, mode='bilinear')), Identity()), Conv2d(6, 2, 1)", (2, 6, 4)),
    "encoder": ("Conv2d(1, 4, 3, stride=2, padding=1), PReLU(4), Flatten(), Linear(16, 5)",
                (1, 4, 4)),
    "sub-pixel": ("Conv2d(1, 8, 3, padding=1), PixelShuffle(2), Softmax(1)", (1, 4, 3)),
    "pairs": ("Conv2d(2, 3, 3, stride=2, padding='SAME_LOWER'), ConvTranspose2d(3, 1, 3, stride=2,"
              " padding=((1, 0), (0, 2)))", (2, 4, 5)),
    "volumes": ("Conv3d(1, 2, 2), ConvTranspose3d(2, 1, 3, stride=2, padding=1), ReLU6()",
                (1, 3, 4, 3)),
}


def fitting(layer):
    """Return the smallest input (C, …) that a layer takes, at least 2 along each axis, or None."""
    if isinstance(layer, kinds.Linear):
        return (layer.in_features,)
    names = ("in_channels", "num_features", "num_channels", "groups", "num_parameters")
    channels = next((getattr(layer, name) for name in names if hasattr(layer, name)), 2)
    if isinstance(layer, kinds.LayerNorm):
        return (2, *layer.normalized_shape)
    if isinstance(layer, kinds.PixelShuffle):
        channels = layer.upscale_factor**2
    axes = getattr(layer, "axes", 1 if getattr(layer, "mode", "") == "linear" else 2)
    for size in range(2, 12):
        try:
            measure(layer, shape := (channels, *range(size, size + axes)))
        except ValueError:
            continue
        return shape
    return None


@st.composite
def running(draw):
    """Draw a layer that can be run, and numbers for it."""
    layer = draw(leaves(RUNNABLE, most=3))
    shape = fitting(layer)
    assume(shape is not None)
    if isinstance(layer, kinds.Softmax):
        layer = kinds.Softmax(draw(st.sampled_from([None, 1, 2, -1])))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.standard_normal((3, *shape))
    # A dilated window of a maximum may see padding alone, and is -inf then.
    assume(np.isfinite(results(built(layer, rng), x, training=True)[0]).all())
    return layer, x, rng


def built(layer, rng):
    """Return a module whose weights are all random numbers of about 1."""
    module = run.build(layer, rng, np.float64)
    for _, array in module.state():
        if array.dtype.kind == "f":
            array[...] = rng.uniform(0.5, 1.5, array.shape)
    return module


def results(module, x, training, dy=None):
    """Return y, dx and the gradients, with the same chance each time."""
    y, cache = run.forward(module, x, Mode(training, np.random.default_rng(5)))
    dx, gradients = run.backward(module, cache, np.ones_like(y) if dy is None else dy)
    return y, dx, gradients


def check_by_differences(module, x, rng, training):
    """Compare gradients with differences of the loss Σ r y, along a direction in each array."""
    r = rng.standard_normal(results(module, x, training)[0].shape)

    def loss():
        return (r * run.forward(module, x, Mode(training, np.random.default_rng(5)))[0]).sum()

    kept = x.copy(), r.copy()
    _, dx, gradients = results(module, x, training, r)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(r, kept[1])
    weights = dict(module.state(("weights",)))
    assert set(gradients) == set(weights)
    for array, gradient in [(x, dx), *((weights[name], gradients[name]) for name in weights)]:
        assert gradient.shape == array.shape
        step, at = rng.standard_normal(array.shape), array.copy()
        ends = []
        for epsilon in (1e-6, -1e-6):
            array[...] = at + epsilon * step
            ends.append(loss())
        array[...] = at
        difference, product = (ends[0] - ends[1]) / 2e-6, (gradient * step).sum()
        scale = np.abs(gradient * step).sum() + np.abs(r).sum() * 1e-3
        assert abs(difference - product) <= 1e-5 * scale


@given(running(), st.booleans())
def test_each_layer_by_differences(drawn, training):
    layer, x, rng = drawn
    module = built(layer, rng)
    y, _, _ = results(module, x, training)
    assert y.shape == (len(x), *layer.output_shape(x.shape[1:]))
    assert sum(array.size for _, array in module.state(("weights",))) == layer.parameters
    counted = sum(array.size for name, array in module.state(("buffers",)) if "track" not in name)
    assert counted == layer.statistics
    check_by_differences(module, x, rng, training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", BLOCKS)
def test_each_block_by_differences(name, training):
    (text, shape), rng = BLOCKS[name], np.random.default_rng(1)
    module = built(read(text), rng)
    check_by_differences(module, rng.standard_normal((3, *shape)), rng, training)


@given(running())
def test_float32_stays(drawn):
    layer, x, rng = drawn
    module = run.build(layer, rng, np.float32)
    y, dx, gradients = results(module, x.astype(np.float32), training=True)
    assert {array.dtype for array in (y, dx, *gradients.values())} == {np.dtype(np.float32)}
    assert {a.dtype for _, a in module.state() if a.dtype.kind == "f"} <= {np.dtype(np.float32)}


def compare_with_pytorch(layer, x, rng, training):
    """Compare outputs, gradients and running statistics with PyTorch's."""
    torch = pytest.importorskip("torch")
    module = built(layer, rng)
    theirs = modules(torch, layer, "cpu").double().train(training)
    theirs.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in module.state()})
    x_torch = torch.from_numpy(x.copy()).requires_grad_()
    y_torch = theirs(x_torch * 1)  # what works in place must not on the input itself
    y, cache = run.forward(module, x, Mode(training, rng))
    r = rng.standard_normal(y.shape)
    dx, gradients = run.backward(module, cache, r)
    (y_torch * torch.from_numpy(r)).sum().backward()
    pairs = [(y, y_torch.detach()), (dx, x_torch.grad)]
    pairs += [(gradients[name], weight.grad) for name, weight in theirs.named_parameters()]
    pairs += list(zip((array for _, array in module.state(("buffers",))), theirs.buffers(),
                      strict=True))
    # PyTorch's sixth in these two is a float32.
    close = 1e-7 if isinstance(layer, kinds.Hardsigmoid | kinds.Hardswish) else 1e-9
    for ours, expected in pairs:
        np.testing.assert_allclose(ours, expected.numpy(), rtol=close, atol=close)


@given(running(), st.booleans())
def test_each_layer_by_pytorch(drawn, training):
    layer, x, rng = drawn
    training &= not isinstance(layer, kinds.Dropout)  # which leaves out others than PyTorch does
    if isinstance(layer, kinds.Softmax):
        assume(layer.dim is not None)  # PyTorch takes the batch's axis for signals
    if isinstance(layer, kinds.MaxPool | kinds.AvgPool) and layer.axes == 3:
        assume(min(x.shape[2:]) >= max(layer.kernel_size))  # AvgPool3d wants it so
    assume(not getattr(layer, "return_indices", False))
    assume(getattr(layer, "eps", 1) > 0)  # PyTorch wants it so
    compare_with_pytorch(layer, x, rng, training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", [name for name in BLOCKS if name != "pairs"])  # has none
def test_each_block_by_pytorch(name, training):
    (text, shape), rng = BLOCKS[name], np.random.default_rng(1)
    compare_with_pytorch(read(text), rng.standard_normal((3, *shape)), rng, training)


def test_of_equal_numbers_the_first_wins():
    layer = kinds.MaxPool2d(2, stride=1)
    module = run.build(layer, np.random.default_rng(0), np.float64)
    _, dx, _ = results(module, np.zeros((1, 1, 3, 3)), training=True)
    np.testing.assert_array_equal(dx[0, 0], [[1, 1, 0], [1, 1, 0], [0, 0, 0]])


def test_dropout_keeps_the_mean_and_leaves_out_whole_channels():
    rng, x = np.random.default_rng(0), np.ones((200, 8, 5, 5))
    for kind in (kinds.Dropout, kinds.Dropout2d):
        module = run.build(kind(0.3), rng, np.float64)
        y, mask = run.forward(module, x, Mode(True, rng))
        assert set(np.unique(y.round(6))) == {0, round(1 / 0.7, 6)}
        assert abs(y.mean() - 1) < 0.05
        np.testing.assert_array_equal(run.backward(module, mask, x)[0], y)
        assert (np.ptp(y, axis=(2, 3)) == 0).all() == (kind is kinds.Dropout2d)
        assert run.forward(module, x, Mode(False, rng))[0] is x


def test_what_nobody_needs_is_not_computed(monkeypatch):
    asked = []

    def spied(module, cache, dy, to_input):
        asked.append((module.layer, to_input))
        return plain(module, cache, dy, to_input)

    plain = run.RUNS[kinds.Conv].backward
    monkeypatch.setitem(run.RUNS, kinds.Conv, run.RUNS[kinds.Conv]._replace(backward=spied))
    rng = np.random.default_rng(0)
    module = run.build(read("ReLU(), Conv1d(1, 1, 1), Add(Conv1d(1, 1, 2), Conv1d(1, 1, 2))"), rng,
                       np.float64)
    y, cache = run.forward(module, np.ones((1, 1, 4)), Mode(True, rng))
    dx, gradients = run.backward(module, cache, y, to_input=False)
    assert dx is None and len(gradients) == 6
    assert [needed for _, needed in asked] == [True, True, False]
    assert run.backward(module, cache, y, to_input=True)[0].shape == (1, 1, 4)


@pytest.mark.parametrize(("text", "message"), [
    ("LocalResponseNorm(5)", "LocalResponseNorm.* can be described, but not run"),
    ("Sequential(ReLU(), name='a'), Sequential(ReLU(), name='a')", "'a' of a block in Sequential"),
    ("Sequential(ReLU(), name='1'), ReLU()", "name='1' of a block"),
    ("Sequential(ReLU(), name='a.b')", "without a dot"),
])
def test_what_cannot_be_run_is_named(text, message):
    with pytest.raises(ValueError, match=message):
        run.build(read(f"Sequential({text}), ReLU()"), np.random.default_rng(0), np.float64)


def test_one_number_is_too_few_to_normalise():
    module = run.build(kinds.BatchNorm1d(2), np.random.default_rng(0), np.float64)
    with pytest.raises(ValueError, match="BatchNorm1d.* one number a channel .* larger batch"):
        run.forward(module, np.ones((1, 2)), Mode(True, None))


def test_extreme_numbers_do_not_overflow():
    x = np.array([[-1e4, -50.0, 0.0, 50.0, 1e4]])
    with np.errstate(all="raise", under="ignore"):
        for kind, low, high in ((kinds.Sigmoid(), 0, 1), (kinds.Tanh(), -1, 1),
                                (kinds.Softmax(1), 0, 1)):
            module = run.build(kind, np.random.default_rng(0), np.float64)
            y, dx, _ = results(module, x, training=True)
            assert low <= y.min() <= y.max() <= high and np.abs(dx).max() < inf
