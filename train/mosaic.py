"""Brick, grass and gravel told pixel by pixel: the same seven layers with and without dilation.

    make train NAME=mosaic

Writes `mosaic_plain`, `mosaic_doubling` and `mosaic_constant`: the three differ in their rates
alone. A mosaic puts pieces of three photographs side by side; each photograph is cut into a part to
learn from, one to choose the learning rate on, and one to test on. The cards hold what was tried,
and what all seeds reached.
"""

from concurrent.futures import ProcessPoolExecutor
from itertools import product

import card
import numpy as np
from threadpoolctl import threadpool_limits

from convlib import data
from convlib.networks.layers import BatchNorm2d, Conv2d, ReLU
from convlib.networks.network import Sequential
from convlib.nn import Adam, Model, cosine, cross_entropy, fit

RATES = {"plain": (1,) * 7, "doubling": (1, 1, 2, 4, 8, 1, 1), "constant": (1, 4, 4, 4, 4, 1, 1)}
PHOTOS, SIDE, PIECES, WIDTH = ("brick", "grass", "gravel"), 64, 8, 12
STEPS, BATCH, SEEDS, KEPT = 600, 4, range(10), 0
LRS, TRIAL_SEEDS = (3e-3, 1e-2), (5,)  # chosen by another seed than those that are tested
TRAIN, CHOOSE, TEST = np.s_[:, :256], np.s_[:, 256:384], np.s_[:, 384:]  # columns of each photo


def network(rates):
    """Return a network for (1, H, W): scores of the three textures for every pixel."""
    layers, before = [], 1
    for rate in rates:
        layers += [Conv2d(before, WIDTH, 3, padding=rate, dilation=rate, bias=False),
                   BatchNorm2d(WIDTH), ReLU()]
        before = WIDTH
    return Sequential(*layers, Conv2d(WIDTH, len(PHOTOS), 1))


def textures(part):
    """Return a part of each photograph, by the mean and spread of what is learned from.

    Without this step brightness alone would tell a good deal.
    """
    photos = [data.photo(name) for name in PHOTOS]
    return [(each[part] - each[TRAIN].mean()) / each[TRAIN].std() for each in photos]


def mosaics(part, count, seed):
    """Return mosaics (count, 1, 64, 64) and their labels: each pixel goes with the nearest point.

    The points are drawn at random, and so are their textures and the place in the photograph.
    """
    rng, photos = np.random.default_rng(seed), textures(part)
    pixels = np.stack(np.indices((SIDE, SIDE)), -1)[..., None, :]
    x, labels = np.empty((count, 1, SIDE, SIDE), np.float32), np.empty((count, SIDE, SIDE), int)
    for picture, label in zip(x[:, 0], labels, strict=True):
        points, kinds = rng.uniform(0, SIDE, (PIECES, 2)), rng.integers(len(photos), size=PIECES)
        label[...] = kinds[((pixels - points) ** 2).sum(-1).argmin(-1)]
        for kind, photo in enumerate(photos):
            r, c = rng.integers(0, np.array(photo.shape) - SIDE + 1)
            crop = photo[r : r + SIDE, c : c + SIDE]
            picture[label == kind] = crop[label == kind]
    return x, labels


def overlap(told, labels):
    """Return the intersection over union, as the mean of the three textures."""
    pairs = [(told == kind, labels == kind) for kind in range(len(PHOTOS))]
    return round(float(np.mean([(a & b).sum() / (a | b).sum() for a, b in pairs])), 4)


def evaluate(model, part=TEST):
    """Return the intersection over union on 40 mosaics, the same for all."""
    x, labels = mosaics(part, 40, 1000)
    return overlap(model(x, batch_size=8).argmax(1), labels)


def learn(name, lr, seed, part=TEST):
    """Train one network; return it, and its score in a part."""
    model = Model(network(RATES[name]), seed=seed)
    x, labels = mosaics(TRAIN, STEPS * BATCH, seed)
    with threadpool_limits(1):  # another runs beside it
        fit(model, x, labels, cross_entropy, Adam(model.weights, lr), epochs=1, batch_size=BATCH,
            schedule=cosine, seed=seed)
        found = evaluate(model, part)
    print(f"{name}, rate {lr}, seed {seed}: {found}", flush=True)
    return model, found


def choose(pool):
    """Return {network: {learning rate: mean score where it is chosen}}."""
    jobs = [(*each, CHOOSE) for each in product(RATES, LRS, TRIAL_SEEDS)]
    found = [score for _, score in pool.map(learn, *zip(*jobs, strict=True))]
    means = np.reshape(found, (len(RATES), len(LRS), -1)).mean(-1).round(4)
    return {name: dict(zip(LRS, each.tolist(), strict=True))
            for name, each in zip(RATES, means, strict=True)}


def main():
    """Choose the learning rates, train all, and keep one network of each kind."""
    with ProcessPoolExecutor(2) as pool:
        tried = choose(pool)
        best = {name: max(each, key=each.get) for name, each in tried.items()}
        jobs = [(name, best[name], seed) for seed in SEEDS for name in RATES]
        found = dict(zip(jobs, pool.map(learn, *zip(*jobs, strict=True)), strict=True))
    seeds = {name: [found[name, best[name], seed][1] for seed in SEEDS] for name in RATES}
    for name, rates in RATES.items():

        def metrics(model, name=name):
            return {"IoU": evaluate(model), "learning rate": best[name],
                    "tried": [list(each) for each in tried[name].items()], "all seeds": seeds}

        card.keep(f"mosaic_{name}", found[name, best[name], KEPT][0], metrics, script=__file__,
                  seed=KEPT, package="skimage", files=[f"data/{each}.png" for each in PHOTOS],
                  title=f"Brick, grass and gravel: 3x3 at rates {', '.join(map(str, rates))}, "
                        f"{STEPS} steps")


if __name__ == "__main__":
    main()
