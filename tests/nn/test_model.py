"""Models: their names, files, input and what they refuse; PyTorch's own step beside ours."""

import numpy as np
import pytest
from scipy.stats import kstest
from torch_modules import modules

from convlib.networks import zoo
from convlib.networks.layers import BatchNorm1d, Conv2d, ConvTranspose2d, Dropout, Linear, ReLU
from convlib.networks.network import Add, Sequential
from convlib.networks.torch_text import read
from convlib.nn import SGD, Adam, Model, cross_entropy

NET = read("""
    Sequential(Conv2d(1, 4, 3, padding=1, bias=False), BatchNorm2d(4), ReLU(), name="stem")
    MaxPool2d(2)
    Add(Sequential(Conv2d(4, 4, 3, padding=1), BatchNorm2d(4), name="conv"), Identity(), name="res")
    AdaptiveAvgPool2d(1)
    Flatten()
    Linear(4, 3)
""")


def batch(n=6):
    rng = np.random.default_rng(1)
    return rng.standard_normal((n, 1, 8, 8)), rng.integers(0, 3, n)


def test_weights_have_pytorchs_names():
    model = Model(NET)
    assert list(model.weights) == [
        "stem.0.weight", "stem.1.weight", "stem.1.bias", "res.conv.0.weight", "res.conv.0.bias",
        "res.conv.1.weight", "res.conv.1.bias", "5.weight", "5.bias"]
    assert list(model.buffers)[:3] == [
        "stem.1.running_mean", "stem.1.running_var", "stem.1.num_batches_tracked"]
    assert sum(weight.size for weight in model.weights.values()) == NET.parameters
    assert set(model.state_dict()) == set(model.weights) | set(model.buffers)


def test_names_are_those_of_pytorchs_state_dict():
    torch = pytest.importorskip("torch")
    theirs = modules(torch, NET, "cpu")
    model = Model(NET)
    assert list(model.state_dict()) == list(theirs.state_dict())
    model.load_state_dict({name: each.numpy() for name, each in theirs.state_dict().items()})
    x, _ = batch()
    with torch.no_grad():
        expected = theirs.eval()(torch.from_numpy(x).float()).numpy()
    np.testing.assert_allclose(model(x), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("ours", [
    lambda w: SGD(w, 0.1), lambda w: SGD(w, 0.1, momentum=0.9), lambda w: Adam(w, 0.01)])
def test_learning_is_that_of_pytorch(ours):
    torch = pytest.importorskip("torch")
    model = Model(NET, dtype=np.float64)
    theirs = modules(torch, NET, "cpu").double().train()
    theirs.load_state_dict({name: torch.from_numpy(each) for name, each in
                            model.state_dict().items()})
    optimiser = ours(model.weights)
    kind = torch.optim.Adam if isinstance(optimiser, Adam) else torch.optim.SGD
    options = {"momentum": optimiser.momentum} if isinstance(optimiser, SGD) else {}
    beside = kind(theirs.parameters(), lr=optimiser.lr, **options)
    x, t = batch()
    for _ in range(5):
        y, cache = model.forward(x)
        value, dy = cross_entropy(y, t)
        optimiser.step(model.backward(cache, dy)[1])
        beside.zero_grad()
        loss = torch.nn.functional.cross_entropy(theirs(torch.from_numpy(x)), torch.from_numpy(t))
        loss.backward()
        beside.step()
        assert value == pytest.approx(loss.item(), rel=1e-9)
    for name, each in theirs.state_dict().items():
        np.testing.assert_allclose(model.state_dict()[name], each.numpy(), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("layer", "bound"), [
    (Conv2d(8, 400, 3, groups=2), 1 / 6), (ConvTranspose2d(400, 8, 3, groups=2), 1 / 6),
    (Linear(36, 400), 1 / 6)])
def test_it_begins_as_pytorch_does(layer, bound):
    weights = Model(layer).weights
    for array in weights.values():
        assert np.abs(array).max() <= bound
    assert kstest(weights["weight"].ravel() / bound, "uniform", (-1, 2)).pvalue > 0.01
    again, other = Model(layer), Model(layer, seed=1)
    assert (again.weights["weight"] == weights["weight"]).all()
    assert (other.weights["weight"] != weights["weight"]).any()


def test_it_begins_within_pytorchs_bounds():
    torch = pytest.importorskip("torch")
    for layer in (Conv2d(8, 400, 3, groups=2), ConvTranspose2d(400, 8, 3, groups=2),
                  Linear(36, 400)):
        theirs, ours = modules(torch, layer, "cpu").state_dict(), Model(layer).weights
        for name, each in theirs.items():
            assert abs(ours[name]).max() == pytest.approx(each.abs().max().item(), rel=0.3)


def test_saved_and_loaded(tmp_path):
    model, x = Model(NET, seed=3), batch()[0]
    model.forward(x)  # so that the running statistics differ from the start
    model.save(tmp_path / "net.npz")
    again = Model(NET).load(tmp_path / "net.npz")
    np.testing.assert_array_equal(again(x), model(x))
    model.save(tmp_path / "half.npz", dtype="float16")
    with np.load(tmp_path / "half.npz") as kept:
        assert kept["5.weight"].dtype == np.float16
        assert kept["stem.1.num_batches_tracked"] == 1
    half = Model(NET).load(tmp_path / "half.npz")
    assert half.weights["5.weight"].dtype == np.float32
    np.testing.assert_allclose(half(x), model(x), atol=0.02)


def test_state_is_a_copy():
    model = Model(NET)
    model.state_dict()["5.bias"][:] = 9
    assert not (model.weights["5.bias"] == 9).any()


def test_evaluation_is_the_same_in_parts_and_learns_nothing():
    model, (x, _) = Model(Sequential(NET, Dropout())), batch(7)
    before = model.state_dict()
    np.testing.assert_allclose(model(x, batch_size=2), model(x), rtol=1e-5)
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    model.forward(x)
    assert (model.buffers["0.stem.1.running_mean"] != 0).any()


def test_the_inputs_gradient_leads_through_two_networks():
    generator, critic = (Model(Linear(*sizes), dtype=np.float64) for sizes in ((2, 3), (3, 1)))
    z = np.random.default_rng(0).standard_normal((4, 2))
    x, first = generator.forward(z)
    y, second = critic.forward(x)
    dx, _ = critic.backward(second, np.ones_like(y), input_gradient=True)
    assert critic.backward(second, np.ones_like(y))[0] is None
    _, gradients = generator.backward(first, dx)
    weight = critic.weights["weight"]
    np.testing.assert_allclose(gradients["weight"], weight.T @ z.sum(0)[None])


def test_numbers_have_the_models_type():
    x, _ = batch()
    for dtype in (np.float32, np.float64):
        model = Model(NET, dtype=dtype)
        y, cache = model.forward(x.astype(np.float16))
        dx, gradients = model.backward(cache, np.ones(y.shape), input_gradient=True)
        assert {each.dtype for each in (y, dx, *gradients.values())} == {np.dtype(dtype)}


def test_networks_of_the_zoo_run():
    model = Model(zoo.dcgan_generator(8, 4))
    image, cache = model.forward(np.random.default_rng(0).standard_normal((2, 100, 1, 1)))
    assert image.shape == (2, 3, 64, 64) and np.abs(image).max() <= 1
    assert set(model.backward(cache, image)[1]) == set(model.weights)
    assert Model(zoo.wavenet_stack(depth=3, channels=2))(np.ones((1, 2, 20))).shape == (1, 2, 20)
    assert "parameters" in repr(model)


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: Model(3), TypeError, "layers=3 must be a layer"),
    (lambda: Model(ReLU(), seed=-1), ValueError, "seed=-1"),
    (lambda: Model(ReLU(), dtype="int8"), ValueError, "dtype='int8' must be float32 or float64"),
    (lambda: Model(NET)(np.ones((2, 3, 8, 8))), ValueError, "it needs 1 channels, not 3"),
    (lambda: Model(NET)(np.ones(8)), ValueError, r"input has shape \(8,\): it needs \(N, C, …\)"),
    (lambda: Model(NET)(np.ones((0, 1, 8, 8))), ValueError, "none of them empty"),
    (lambda: Model(NET)(np.ones((1, 1, 8, 8)), batch_size=0), ValueError, "batch_size=0"),
    (lambda: Model(NET).forward(np.ones((1, 1, 8, 8)), 1), TypeError, "training=1"),
    (lambda: Model(NET).forward("x"), TypeError, "input"),
    (lambda: Model(Add(Sequential(ReLU(), name="a"), Sequential(ReLU(), name="a"))), ValueError,
     "'a' of a block in Add"),
    (lambda: Model(Linear(2, 1)).load_state_dict({"weight": np.ones((1, 2)), "x": 1}), ValueError,
     r"state lacks \['bias'\] and has \['x'\] too many"),
    (lambda: Model(Linear(2, 1)).load_state_dict({"weight": np.ones((2, 2)), "bias": [0]}),
     ValueError, r"weight has shape \(2, 2\): it must be \(1, 2\)"),
])
def test_what_does_not_fit_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_gradient_must_fit_the_output():
    model = Model(BatchNorm1d(2))
    _, cache = model.forward(np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"grad_output has shape \(2, 2\): it must be \(3, 2\)"):
        model.backward(cache, np.ones((2, 2)))
