"""Tissue of a brain, told voxel by voxel: kernels of 3x3x3 against kernels of 1x3x3.

    make train NAME=tissue

Writes `tissue_volume`, `tissue_slices` and `tissue_wide`: three layers each, without padding. The
first has 3x3x3 kernels; the second has 1x3x3 kernels and the same width, so that it works slice by
slice; the third is as the second and so wide that it has as many weights as the first. They learn
and are tested under noise. Each network's start and learning rate are chosen on a part of the brain
that is neither learned from nor tested on. The cards hold what was tried, and what all seeds
reached at all levels of noise.
"""

from concurrent.futures import ProcessPoolExecutor
from itertools import product

import card
import numpy as np
from threadpoolctl import threadpool_limits

from convlib import data
from convlib.networks.layers import Conv3d, LeakyReLU
from convlib.networks.network import Sequential
from convlib.networks.table import times
from convlib.nn import Adam, Model, cosine, cross_entropy, fit

NETWORKS = {"volume": ((3, 3, 3), 8), "slices": ((1, 3, 3), 8), "wide": ((1, 3, 3), 15)}
NOISES, SEEDS, KEPT = (0, 0.1, 0.2), range(5), (0.1, 0)
SIDE, PATCHES, EPOCHS, BATCH = 16, 256, 40, 2
# What is chosen, by other seeds than those that are tested, and at the noise of the kept networks.
STARTS = {"PyTorch": (1, 1), "He": (6**0.5, 0)}  # factors of weights and of biases
RATES, TRIAL_SEEDS = (3e-3, 1e-2, 3e-2), (5, 6)
MARGIN = 3  # what three layers take from each side
INSIDE = (slice(MARGIN, -MARGIN),) * 3
# The template is its own mirror image, left to right: the back is learned from, the front tests,
# and what lies behind both chooses. Of the voxels that are classified, seven lie between two parts:
# a receptive field.
CHOOSE, TRAIN, TEST = (np.s_[:160, back:front, 22:176]
                       for back, front in ((24, 62), (63, 128), (129, 212)))
FILES = [f"datasets/data/mni_icbm152_{name}_tal_nlin_sym_09a_converted.nii.gz"
         for name in ("t1", "gm", "wm")]


def scan(box):
    """Return brightness and labels, axes head, front, right: 0 neither, 1 grey, 2 white matter.

    A voxel's label is the likeliest of the three by the template's own maps.
    """
    t1, grey, white = (data.brain(shows).transpose(2, 1, 0)[box]
                       for shows in ("t1", "grey", "white"))
    return t1, np.argmax([1 - grey - white, grey, white], axis=0)


def network(kernel_size, width):
    """Return a network for (1, D, H, W): three layers, and a score for each tissue."""
    return Sequential(Conv3d(1, width, kernel_size), LeakyReLU(0.1),
                      Conv3d(width, width, kernel_size), LeakyReLU(0.1),
                      Conv3d(width, 3, kernel_size))


def begin(name, start, seed):
    """Return a model at its start: PyTorch's, or the one of He et al. (2015).

    Theirs is uniform between ±sqrt(6/fan_in), sqrt(6) times as wide, and has biases of 0.
    """
    model = Model(network(*NETWORKS[name]), seed=seed)
    for key, weight in model.weights.items():
        weight *= np.float32(STARTS[start][key.endswith("bias")])
    return model


def noisy(rng, x, noise):
    """Return brightness with normal noise."""
    return x + np.float32(noise) * rng.standard_normal(x.shape, dtype=np.float32)


def seen(x, kernel_size):
    """Return what leads to the same voxels: a network of slices takes no margin in depth."""
    return x if kernel_size[0] == 3 else x[:, :, MARGIN:-MARGIN]


def patches(t1, labels, rng):
    """Return cubes around voxels of the brain, with a margin, and the labels inside."""
    size = SIDE + 2 * MARGIN
    first = rng.choice(np.argwhere(t1 > 0), PATCHES) - size // 2
    first = np.clip(first, 0, np.array(t1.shape) - size)
    cubes = [tuple(slice(at, at + size) for at in corner) for corner in first]
    return (np.stack([t1[cube][None] for cube in cubes]),
            np.stack([labels[cube][INSIDE] for cube in cubes]))


def scores(told, labels):
    """Return the share of voxels told right, and the Dice coefficient of each tissue."""
    table = np.bincount(3 * labels + told, minlength=9).reshape(3, 3)
    right = table.diagonal()
    return {"accuracy": round(float(right.sum() / table.sum()), 4),
            "Dice": (2 * right / (table.sum(0) + table.sum(1))).round(4).tolist()}


def evaluate(model, noise, seed, box=TEST):
    """Return a model's scores in a part of the brain; what lies outside it does not count."""
    t1, labels = scan(box)
    brain = t1[INSIDE] > 0
    x = noisy(np.random.default_rng([seed, 1]), t1, noise)[None, None]
    told = model(seen(x, model.layers.layers[0].kernel_size)).argmax(1)[0]
    return scores(told[brain], labels[INSIDE][brain])


def learn(name, start, rate, noise, seed, box=TEST):
    """Train one network; return it, and its scores."""
    kernel_size, _ = NETWORKS[name]
    model = begin(name, start, seed)
    x, labels = patches(*scan(TRAIN), np.random.default_rng(seed))

    def augment(rng, x, labels):
        return seen(noisy(rng, x, noise), kernel_size), labels

    with threadpool_limits(1):  # the others run beside it
        fit(model, x, labels, cross_entropy, Adam(model.weights, rate), epochs=EPOCHS,
            batch_size=BATCH, schedule=cosine, augment=augment, seed=seed)
        found = evaluate(model, noise, seed, box)
    print(f"{name}, {start}, {rate}, noise {noise}, seed {seed}: {found}", flush=True)
    return model, found


def choose(pool):
    """Return what was tried: for each network, start and rate the mean accuracy in CHOOSE."""
    tried = list(product(NETWORKS, STARTS, RATES))
    jobs = [(*each, KEPT[0], seed, CHOOSE) for each in tried for seed in TRIAL_SEEDS]
    found = [each["accuracy"] for _, each in pool.map(learn, *zip(*jobs, strict=True))]
    means = np.reshape(found, (-1, len(TRIAL_SEEDS))).mean(axis=1).round(4).tolist()
    return {name: {each[1:]: mean for each, mean in zip(tried, means, strict=True)
                   if each[0] == name} for name in NETWORKS}


def main():
    """Choose, train all, and keep one of each kind."""
    with ProcessPoolExecutor() as pool:
        tried = choose(pool)
        best = {name: max(each, key=each.get) for name, each in tried.items()}
        jobs = [(name, *best[name], noise, seed)
                for noise in NOISES for seed in SEEDS for name in NETWORKS]
        found = dict(zip(jobs, pool.map(learn, *zip(*jobs, strict=True)), strict=True))
    for name, (kernel_size, width) in NETWORKS.items():
        more = {"noise": KEPT[0], "start": best[name][0], "rate": best[name][1],
                "tried": [[*each, mean] for each, mean in tried[name].items()],
                "seeds": {str(noise): [found[name, *best[name], noise, seed][1] for seed in SEEDS]
                          for noise in NOISES}}

        def metrics(model, more=more):
            return evaluate(model, *KEPT) | more

        card.keep(f"tissue_{name}", found[name, *best[name], *KEPT][0], metrics, script=__file__,
                  seed=KEPT[1],
                  title=f"Tissue of a brain under noise: three layers {times(kernel_size)} of "
                        f"width {width}, {PATCHES} cubes, {EPOCHS} epochs",
                  package="nilearn", files=FILES)


if __name__ == "__main__":
    main()
