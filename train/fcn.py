"""Nuclei told from background by fully convolutional networks, after Long et al. (2015).

    make train NAME=fcn

Writes `fcn_16`, `fcn_8`, `fcn_4` and `fcn_2`: four stages halve the image four times, and scores
are enlarged by transposed convolutions; the number is the stride of the finest features that are
added to them (16: none are). Up-sampling starts as bilinear interpolation and is learned. Writes
`fcn_2_random` too, where it starts at random. The cards hold what all seeds reached, also where
the bilinear kernels stay as they are, where training takes smaller steps, and where it takes more.
"""

import card
import numpy as np
from skimage.filters import threshold_otsu

from convlib import data
from convlib.networks.layers import Conv2d, ConvTranspose2d, MaxPool2d, ReLU
from convlib.networks.network import Add, Sequential
from convlib.nn import Adam, Model, cosine, cross_entropy, fit

SEEDS, KEPT, STRIDES = range(5), 0, (16, 8, 4, 2)
WIDTHS, BATCH, CROP, LR, STEPS = (8, 16, 24, 32), 8, 64, 5e-3, 200
TRAIN, TEST = np.s_[:, :320], np.s_[:, 320:]  # one image: columns to learn from, and to test
# Start of the up-sampling, is it learned, learning rate, steps: and at which strides.
RUNS = {("bilinear", True, LR, STEPS): STRIDES, ("bilinear", False, LR, STEPS): (2, 16),
        ("random", True, LR, STEPS): (2, 16), ("bilinear", True, LR / 5, STEPS): (2, 16),
        ("random", True, LR / 5, STEPS): (2, 16), ("bilinear", True, LR, 4 * STEPS): (2,),
        ("random", True, LR, 4 * STEPS): (2,)}


def up(factor):
    """Return a layer that enlarges both scores."""
    return ConvTranspose2d(2, 2, 2 * factor, stride=factor, padding=factor // 2, bias=False)


def network(stride):
    """Return a network for (1, H, W): scores of background and nucleus for every pixel."""
    stages = [[Conv2d(before, after, 3, padding=1), ReLU(), MaxPool2d(2)]
              for before, after in zip((1, *WIDTHS), WIDTHS, strict=False)]
    path = [*stages.pop(), Conv2d(WIDTHS[-1], 2, 1)]
    for _ in range(STRIDES.index(stride)):  # each finer one that is added
        score = Conv2d(WIDTHS[len(stages) - 1], 2, 1)
        path = [*stages.pop(), Add(Sequential(*path, up(2)), score)]
    return Sequential(*sum(stages, []), *path, up(stride))


def bilinear(kernel_size):
    """Return the kernel (k, k) by which a transposed convolution of stride k/2 interpolates."""
    line = 1 - np.abs(np.arange(kernel_size) - (kernel_size - 1) / 2) * 2 / kernel_size
    return np.outer(line, line)


def is_up(weight):
    """Return whether a weight is one of an up-sampling: no other kernel is of even size."""
    return weight.ndim == 4 and weight.shape[-1] % 2 == 0


def start(stride, how, seed):
    """Return a model before training: each score is interpolated by itself, or all is random."""
    model = Model(network(stride), seed=seed)
    if how == "bilinear":
        for weight in filter(is_up, model.weights.values()):
            weight[...] = np.eye(2)[:, :, None, None] * bilinear(weight.shape[-1])
    return model


def micrograph(part):
    """Return brightness (H, W), by the training part's mean and spread, and 1 for nuclei."""
    image, masks = data.nuclei()
    seen = image[TRAIN]
    return np.float32((image[part] - seen.mean()) / seen.std()), (masks[part] > 0).astype(int)


def crops(count, seed):
    """Return crops from random places, turned and mirrored at random, and their labels."""
    rng, found = np.random.default_rng(seed), []
    both = np.stack(micrograph(TRAIN))
    for r, c in rng.integers(0, np.array(both.shape[1:]) - CROP + 1, (count, 2)):
        crop = np.rot90(both[:, r : r + CROP, c : c + CROP], rng.integers(4), (1, 2))
        found.append(crop[:, ::-1] if rng.integers(2) else crop)
    found = np.stack(found)
    return np.float32(found[:, :1]), found[:, 1].astype(int)


def overlap(told, labels):
    """Return the intersection over union of two masks."""
    return round(float((told & labels).sum() / (told | labels).sum()), 4)


def evaluate(model):
    """Return the intersection over union of the nuclei in the test part."""
    image, labels = micrograph(TEST)
    return overlap(model(image[None, None]).argmax(1)[0], labels)


def thresholds():
    """Return what thresholds reach in the test part; both are chosen on the training part."""
    (seen, labels), (image, wanted) = micrograph(TRAIN), micrograph(TEST)
    levels = np.linspace(seen.min(), seen.max(), 257)[1:-1]
    best = max(levels, key=lambda level: overlap(seen > level, labels == 1))
    return {name: overlap(image > level, wanted == 1)
            for name, level in (("Otsu", threshold_otsu(seen)), ("best on train", best))}


def learn(stride, how, learned, lr, steps, seed):
    """Train one network, and return it."""
    model = start(stride, how, seed)
    weights = {name: weight for name, weight in model.weights.items()
               if learned or not is_up(weight)}
    x, labels = crops(steps * BATCH, seed)
    fit(model, x, labels, cross_entropy, Adam(weights, lr), epochs=1, batch_size=BATCH,
        schedule=cosine, seed=seed)
    return model


def main():
    """Train all, and keep those of one seed whose up-sampling is learned."""
    kept, found = {}, []
    for (how, learned, lr, steps), strides in RUNS.items():
        for stride in strides:
            models = [learn(stride, how, learned, lr, steps, seed) for seed in SEEDS]
            if learned and (lr, steps) == (LR, STEPS):
                kept[stride, how] = models[KEPT]
            found.append({"stride": stride, "start": how, "learned": learned, "rate": lr,
                          "steps": steps, "IoU": [evaluate(each) for each in models]})
            print(found[-1], flush=True)

    def metrics(model):
        return {"IoU": evaluate(model), "all seeds": found, "thresholds": thresholds()}

    for stride, how in (*((stride, "bilinear") for stride in STRIDES), (2, "random")):
        name = f"fcn_{stride}" + ("_random" if how == "random" else "")
        card.keep(name, kept[stride, how], metrics, script=__file__, seed=KEPT,
                  package="convlib", files=["data/samples/nuclei.npz"],
                  title=f"Nuclei and background, finest features at stride {stride}, {how} start "
                        f"of the up-sampling: {STEPS} steps")


if __name__ == "__main__":
    main()
