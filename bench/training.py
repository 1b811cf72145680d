"""A training step of convlib.nn beside PyTorch's: the same layers, weights and batch.

    python bench/training.py        (make bench)

Milliseconds of processor time for one step of Adam on 64 images of 28 x 28, float32, one thread:
the median of rounds in which both have their turn. Fails where convlib takes more than 3 times as
long. PyTorch takes part where it is installed (`pip install -r bench/requirements.txt`).
"""

import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).parents[1]
sys.path[:0] = map(str, (ROOT, ROOT / "tests", ROOT / "train"))

import mnist  # noqa: E402
import numpy as np  # noqa: E402
from tabulate import tabulate  # noqa: E402
from torch_modules import modules  # noqa: E402

from convlib.networks.torch_text import read  # noqa: E402
from convlib.nn import Adam, Model, cross_entropy  # noqa: E402

ROUNDS, ALLOWED = 15, 3
NETS = {
    "3 layers, max pooling": read("""
        Conv2d(1, 16, 3, padding=1), BatchNorm2d(16), ReLU(), MaxPool2d(2)
        Conv2d(16, 32, 3, padding=1), BatchNorm2d(32), ReLU(), MaxPool2d(2)
        Conv2d(32, 64, 3, padding=1), BatchNorm2d(64), ReLU(), MaxPool2d(2)
        Flatten(), Linear(576, 10)"""),
    "MNIST, standard": mnist.network(16, separable=False),
    "MNIST, separable": mnist.network(16, separable=True),
}


def ours(layers, x, labels):
    """Return a function that trains one step and returns the loss, and its model."""
    model = Model(layers)
    optimiser = Adam(model.weights)

    def step():
        y, cache = model.forward(x)
        loss, dy = cross_entropy(y, labels)
        optimiser.step(model.backward(cache, dy)[1])
        return loss
    return step, model


def pytorchs(layers, x, labels, model):
    """Return the same in PyTorch, from the same weights."""
    import torch

    torch.set_num_threads(1)
    module = modules(torch, layers, "cpu").train()
    module.load_state_dict({k: torch.from_numpy(v) for k, v in model.state_dict().items()})
    optimiser = torch.optim.Adam(module.parameters())
    x, labels = torch.from_numpy(x), torch.from_numpy(labels)

    def step():
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(module(x), labels)
        loss.backward()
        optimiser.step()
        return loss.item()
    return step


def milliseconds(step):
    """Return the processor time of one step."""
    start = time.process_time()
    step()
    return 1e3 * (time.process_time() - start)


def compare(layers):
    """Return the milliseconds of both; PyTorch's are NaN where it is not installed."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 1, 28, 28), dtype=np.float32)
    labels = rng.integers(0, 10, 64)
    step, model = ours(layers, x, labels)
    steps = [step]
    if find_spec("torch"):
        steps.append(pytorchs(layers, x, labels, model))
    for _ in range(3):  # to warm up, and to see that they learn the same
        losses = [each() for each in steps]
        np.testing.assert_allclose(losses, losses[0], rtol=1e-3)
    times = [[milliseconds(each) for each in steps] for _ in range(ROUNDS)]
    return [*map(median, zip(*times, strict=True)), float("nan")][:2]


def main():
    """Print a table, and fail if a ratio is too high."""
    rows = []
    for name, layers in NETS.items():
        mine, theirs = compare(layers)
        rows.append([name, mine, theirs, mine / theirs])
    headings = ["a training step, 64 images", "convlib ms", "PyTorch ms", "ratio"]
    print(tabulate(rows, headings, floatfmt=".1f"))
    if slow := [row[0] for row in rows if row[3] > ALLOWED]:
        sys.exit(f"more than {ALLOWED} times PyTorch's time: {', '.join(slow)}")


if __name__ == "__main__":
    main()
