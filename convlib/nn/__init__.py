"""Networks run and trained: `networks.layers` describes them, this runs the same descriptions.

There is no automatic differentiation: each layer's backward pass is written out in `run` (those of
pooling and resizing in `pooling`), and `model` walks through them::

    from convlib.networks.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU
    from convlib.networks.network import Sequential
    from convlib.nn import Adam, Model, cosine, cross_entropy, fit

    model = Model(Sequential(Conv2d(1, 8, 3), ReLU(), MaxPool2d(2), Flatten(), Linear(72, 10)))
    history = fit(model, images, labels, cross_entropy, Adam(model.weights), schedule=cosine)
    scores = model(images)
"""

from convlib.nn.fit import fit
from convlib.nn.losses import binary_cross_entropy_with_logits, cross_entropy, mse_loss
from convlib.nn.model import Model, trained
from convlib.nn.optim import SGD, Adam, constant, cosine
from convlib.nn.rbm import RBM

__all__ = [
    "RBM",
    "SGD",
    "Adam",
    "Model",
    "binary_cross_entropy_with_logits",
    "constant",
    "cosine",
    "cross_entropy",
    "fit",
    "mse_loss",
    "trained",
]
