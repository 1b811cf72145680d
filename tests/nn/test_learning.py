"""Losses, optimisers and the loop; and that real data are learned."""

from textwrap import dedent

import numpy as np
import pytest
from jupyter_client.manager import run_kernel
from sklearn.datasets import load_digits

from convlib.networks.layers import Linear
from convlib.networks.torch_text import read
from convlib.nn import (
    RBM,
    SGD,
    Adam,
    Model,
    binary_cross_entropy_with_logits,
    cosine,
    cross_entropy,
    fit,
    mse_loss,
)

rng = np.random.default_rng(0)
LOSSES = {
    "mse": (mse_loss, rng.standard_normal((4, 3, 5))),
    "class of an image": (cross_entropy, rng.integers(0, 3, 4)),
    "class of a pixel": (cross_entropy, rng.integers(0, 3, (4, 5))),
    "yes or no": (binary_cross_entropy_with_logits, rng.uniform(0, 1, (4, 3, 5))),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_by_differences(name):
    loss, target = LOSSES[name]
    y = rng.standard_normal((4, 3, 5) if target.shape != (4,) else (4, 3))
    step = rng.standard_normal(y.shape)
    value, gradient = loss(y, target)
    difference = (loss(y + 1e-6 * step, target)[0] - loss(y - 1e-6 * step, target)[0]) / 2e-6
    assert isinstance(value, float) and gradient.shape == y.shape
    assert difference == pytest.approx((gradient * step).sum(), rel=1e-6)
    assert loss(y.astype(np.float32), target)[1].dtype == np.float32


@pytest.mark.parametrize("name", LOSSES)
def test_losses_by_pytorch(name):
    torch = pytest.importorskip("torch")
    loss, target = LOSSES[name]
    y = rng.standard_normal((4, 3, 5) if target.shape != (4,) else (4, 3))
    theirs = torch.from_numpy(y).requires_grad_()
    expected = getattr(torch.nn.functional, loss.__name__)(theirs, torch.from_numpy(target))
    expected.backward()
    value, gradient = loss(y, target)
    assert value == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, theirs.grad.numpy(), rtol=1e-9, atol=1e-15)


def test_extreme_scores_do_not_overflow():
    scores = np.array([[1e4, -1e4]])
    with np.errstate(all="raise", under="ignore"):
        assert cross_entropy(scores, [0])[0] == 0
        assert cross_entropy(scores, [1])[0] == 2e4
        assert binary_cross_entropy_with_logits(scores, [[1, 0]])[0] == 0
        assert binary_cross_entropy_with_logits(scores, [[0, 1]])[0] == 1e4


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: mse_loss(np.ones((2, 3)), np.ones(3)), ValueError, r"target has shape \(3,\) and inp"),
    (lambda: mse_loss("a", [1]), TypeError, "input has dtype"),
    (lambda: cross_entropy(np.ones((2, 3)), [0, 3]), ValueError, "numbers from 0 to 3: .* 0 to 2"),
    (lambda: cross_entropy(np.ones((2, 3)), [0.0, 1.0]), TypeError, "target has dtype float64"),
    (lambda: cross_entropy(np.ones((2, 3)), [0]), ValueError, r"target has shape \(1,\): it must"),
    (lambda: cross_entropy(np.ones(3), [0]), ValueError, r"input has shape \(3,\): it needs"),
    (lambda: binary_cross_entropy_with_logits([1.0], [2]), ValueError, "from 2.0 to 2.0: they"),
    (lambda: SGD([1], 0.1), TypeError, "weights is of type list"),
    (lambda: SGD({}, -1), ValueError, "lr=-1 must be at least 0"),
    (lambda: SGD({}, 0.1, momentum=1), ValueError, "momentum=1 must be at least 0 and below 1"),
    (lambda: Adam({}, betas=0.9), ValueError, "betas=0.9 must be two numbers"),
    (lambda: Adam({}, betas=(0.9, 1)), ValueError, "betas=1 must be at least 0 and below 1"),
    (lambda: SGD({"w": np.ones(1)}).step({}), ValueError, "gradients has none for w"),
    (lambda: RBM(4, 2).learn(np.ones((2, 3))), ValueError, r"visible has shape \(2, 3\): it needs"),
    (lambda: RBM(0, 2), ValueError, "visible=0"),
])
def test_what_does_not_fit_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def line(epochs=1, **options):
    """Fit a line; return the model and its history."""
    x = np.linspace(-1, 1, 10)[:, None]
    model = Model(Linear(1, 1), dtype=np.float64)
    optimiser = options.pop("optimiser", SGD)(model.weights, options.pop("lr", 0.1))
    return model, fit(model, x, 2 * x, mse_loss, optimiser, epochs=epochs, batch_size=4, **options)


def test_the_loop():
    model, history = line(epochs=3, evaluate=lambda model: {"slope": model([[1.0]]).item()})
    assert set(history) == {"loss", "slope"} and all(len(v) == 3 for v in history.values())
    assert history["loss"][2] < history["loss"][0]
    again, other = line(epochs=3), line(epochs=3, seed=1)
    assert again[1]["loss"] == history["loss"] != other[1]["loss"]
    assert line(evaluate=lambda model: 5)[1]["metric"] == [5]
    seen = []
    line(augment=lambda rng, x, t: (seen.append(len(x)), (x, t))[1])
    assert seen == [4, 4, 2]
    shares = []
    line(epochs=2, schedule=lambda progress: shares.append(progress) or 1.0)
    assert shares == pytest.approx([0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6])
    assert line(schedule=lambda progress: 0.0)[0].weights == Model(Linear(1, 1),
                                                                   dtype=np.float64).weights


def test_the_loop_says_when_it_diverges():
    with pytest.raises(ValueError, match="the loss is .*: use a smaller learning rate than lr="), \
            np.errstate(over="ignore"):
        line(epochs=300, lr=1e3)
    with pytest.raises(ValueError, match=r"input has shape \(2,\) and target \(3,\): give"):
        model = Model(Linear(1, 1))
        fit(model, [1, 2], [1, 2, 3], mse_loss, SGD(model.weights))


def test_nothing_is_printed_where_nobody_looks(capsys, monkeypatch):
    line(epochs=2)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    line(epochs=2)
    assert "step" in capsys.readouterr().err


@pytest.mark.parametrize("live", [True, False])
def test_a_notebook_shows_progress_to_a_reader_and_not_to_a_tool(live):
    code = """
        import numpy as np
        from convlib.networks.layers import Linear
        from convlib.nn import SGD, Model, fit, mse_loss
        model = Model(Linear(1, 1))
        _ = fit(model, np.ones((4, 1)), np.ones((4, 1)), mse_loss, SGD(model.weights), epochs=2)"""
    messages = []
    with run_kernel(kernel_name="python3") as client:
        client.execute_interactive(dedent(code), allow_stdin=live, output_hook=messages.append)
    kinds = {each["msg_type"] for each in messages} - {"status", "execute_input"}
    assert "error" not in kinds, messages
    assert bool(kinds) == live


@pytest.fixture(scope="module")
def digits():
    """Return real handwritten digits of 8 x 8 pixels: 1,200 to learn from, 597 to test."""
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 1, 8, 8).astype(np.float32) / 16
    order = np.random.default_rng(0).permutation(len(images))
    train, test = order[:1200], order[1200:]
    return images[train], labels[train], images[test], labels[test]


def test_digits_are_learned(digits):
    x, t, x_test, t_test = digits
    model = Model(read("""
        Conv2d(1, 8, 3, padding=1, bias=False), BatchNorm2d(8), ReLU(), MaxPool2d(2)
        Conv2d(8, 16, 3, padding=1, bias=False), BatchNorm2d(16), ReLU(), MaxPool2d(2)
        Flatten(), Dropout(0.2), Linear(64, 10)"""))
    history = fit(model, x, t, cross_entropy, Adam(model.weights, 1e-2), epochs=6, schedule=cosine,
                  evaluate=lambda model: (model(x_test).argmax(1) == t_test).mean())
    assert history["loss"][0] > 5 * history["loss"][-1]
    assert history["metric"][-1] > 0.95


def test_a_few_digits_are_learned_by_heart(digits):
    x, t = digits[0][:50], digits[1][:50]
    model = Model(read("Conv2d(1, 16, 3, stride=2), LeakyReLU(), Flatten(), Linear(144, 10)"))
    history = fit(model, x, t, cross_entropy, SGD(model.weights, 0.1, momentum=0.9), epochs=100)
    assert history["loss"][-1] < 0.01 and (model(x).argmax(1) == t).all()


def test_an_autoencoder_keeps_more_than_the_mean(digits):
    x, _, x_test, _ = digits
    model = Model(read("""
        Conv2d(1, 8, 3, stride=2, padding=1), ReLU(), Flatten(), Linear(128, 12), ReLU()
        Linear(12, 64), Sigmoid()"""))
    fit(model, x, x.reshape(-1, 64), mse_loss, Adam(model.weights, 3e-3), epochs=20)
    error = mse_loss(model(x_test), x_test.reshape(-1, 64))[0]
    spread = x_test.var(0).mean()
    assert error < 0.6 * spread


def test_a_boltzmann_machine_prefers_digits_to_noise(digits):
    x = (digits[0].reshape(-1, 64) > 0.5).astype(np.float32)
    held = (digits[2].reshape(-1, 64) > 0.5).astype(np.float32)
    rbm, order = RBM(64, 32), np.random.default_rng(0)
    errors = [np.mean([rbm.learn(x[some]) for some in order.permutation(1200).reshape(-1, 40)])
              for _ in range(15)]
    assert errors[-1] < 0.6 * errors[0]
    noise = order.permuted(held, axis=1)  # as many ones, elsewhere
    assert (rbm.free_energy(held) < rbm.free_energy(noise)).mean() > 0.95
