"""Checkerboards: small autoencoders that differ in how they up-sample, on real photographs.

    make train NAME=checkerboard

Writes `checkerboard_k3`, `_k4`, `_k2` (transposed convolutions with a kernel of 3, 4 and 2, stride
2), `_resize` (nearest neighbour, then a convolution), `_shuffle` (convolution and pixel shuffle)
and `_icnr` (the same, started so that the four pixels of a shuffle are equal). The encoder is the
same in all. Their cards hold what all seeds gave, at the start and trained.
"""

import card
import numpy as np

from convlib import data
from convlib.networks.layers import Conv2d, ConvTranspose2d, PixelShuffle, ReLU, Upsample
from convlib.networks.network import Network, Sequential
from convlib.nn import Adam, Model, cosine, fit, mse_loss

SEEDS, KEPT = range(5), 0
PATCH, PATCHES, EPOCHS, BATCH, LR = 32, 1920, 10, 32, 2e-3  # 600 steps
TRAIN, TEST = ("camera", "chelsea", "coffee"), "astronaut"
MARGIN, PERIOD = 16, 4  # what borders reach; two up-samplings by 2 repeat after 4 pixels
GREYS = (0.25, 0.5, 0.75)


def transposed(kernel_size, padding, output_padding=0):
    """Return a function that makes a transposed layer which doubles the size."""
    def layers(before, after):
        return [ConvTranspose2d(before, after, kernel_size, stride=2, padding=padding,
                                output_padding=output_padding)]
    return layers


def resize(before, after):
    """Return a layer that repeats pixels, and a convolution."""
    return [Upsample(scale_factor=2), Conv2d(before, after, 3, padding=1)]


def shuffle(before, after):
    """Return a convolution that makes four channels of each, and their shuffle."""
    return [Conv2d(before, 4 * after, 3, padding=1), PixelShuffle(2)]


KINDS = {"k3": transposed(3, 1, 1), "k4": transposed(4, 1), "k2": transposed(2, 0),
         "resize": resize, "shuffle": shuffle, "icnr": shuffle}


def network(kind):
    """Return an autoencoder for (1, H, W): 4 x 4 pixels become 32 numbers, and pixels again."""
    up = KINDS[kind]
    return Sequential(
        Conv2d(1, 16, 3, stride=2, padding=1), ReLU(),
        Conv2d(16, 32, 3, stride=2, padding=1), ReLU(),
        *up(32, 16), ReLU(), *up(16, 1),
    )


def start(kind, seed):
    """Return a model before training; ICNR gives the four channels of a pixel equal kernels.

    Aitken et al. (2017), arXiv:1707.02937.
    """
    model = Model(network(kind), seed=seed)
    if kind == "icnr":
        shuffled = [place - 1 for place, layer in enumerate(model.layers.layers)
                    if isinstance(layer, PixelShuffle)]
        for place in shuffled:
            for name in ("weight", "bias"):
                weight = model.weights[f"{place}.{name}"]
                weight[...] = np.repeat(weight[::4], 4, axis=0)
    return model


def grey(name):
    """Return a photograph in grey, (H, W), from -0.5 to 0.5."""
    picture = data.photo(name)
    return np.float32((picture if picture.ndim == 2 else picture.mean(0)) - 0.5)


def patches(seed):
    """Return patches from random places of the photographs to learn from."""
    rng, found = np.random.default_rng(seed), []
    for picture in map(grey, TRAIN):
        corners = rng.integers(0, np.array(picture.shape) - PATCH + 1,
                               (PATCHES // len(TRAIN), 2))
        found += [picture[r : r + PATCH, c : c + PATCH] for r, c in corners]
    return np.stack(found)[:, None]


def inside(images):
    """Return what lies so far from the border that padding does not reach it."""
    return images[..., MARGIN:-MARGIN, MARGIN:-MARGIN]


def period_2(image):
    """Return how far the spectrum stands out at period 2: 1 where it does not.

    The mean power of squares of 32 x 32 pixels at three frequencies, each divided by what lies
    beside it: period 2 from row to row (the two frequencies below), from column to column
    (likewise), and along both, the checkerboard itself (the eight around it).
    """
    rows, columns = (size // PATCH for size in image.shape)
    squares = image.reshape(rows, PATCH, columns, PATCH).swapaxes(1, 2)
    power = (np.abs(np.fft.fft2(squares)) ** 2).mean((0, 1))
    around = power[15:18, 15:18]
    return np.array([power[16, 0] / power[14:16, 0].mean(), power[0, 16] / power[0, 14:16].mean(),
                     8 * power[16, 16] / (around.sum() - power[16, 16])])


def phases(image):
    """Return the means of the 16 pixels of a period, each over all periods."""
    rows, columns = (size // PERIOD for size in image.shape)
    return image.reshape(rows, PERIOD, columns, PERIOD).mean((0, 2))


def evaluate(model):
    """Return what a model makes of flat grey, and of a photograph that it has not seen."""
    flat = inside(model(np.float32(GREYS).reshape(-1, 1, 1, 1) - 0.5 + np.zeros((64, 64))))[:, 0]
    picture = grey(TEST)
    restored = model(picture[None, None])[0, 0]
    square = inside((restored - picture) ** 2)
    means = phases(square)
    found = {
        "period 2": period_2(inside(restored)),
        "spread on flat grey": np.mean([phases(each).std() for each in flat]),
        "error": square.mean(),
        "spread of the error": means.std() / means.mean(),
    }
    return {name: short(value) for name, value in found.items()}


def short(value):
    """Return a number, or several, to four figures."""
    return float(f"{value:.4g}") if np.ndim(value) == 0 else [short(each) for each in value]


def learn(kind, seed):
    """Train one autoencoder; return it, and what it gave at the start and trained."""
    model, x = start(kind, seed), patches(seed)
    before = evaluate(model)
    fit(model, x, x, mse_loss, Adam(model.weights, LR), epochs=EPOCHS, batch_size=BATCH,
        schedule=cosine, seed=seed)
    found = {"start": before, "trained": evaluate(model)}
    print(f"{kind}, seed {seed}: {found}", flush=True)
    return model, found


def main():
    """Train all, and keep one of each kind."""
    photograph = short(period_2(inside(grey(TEST))))
    for kind in KINDS:
        models, found = zip(*(learn(kind, seed) for seed in SEEDS), strict=True)
        cost = Network(network(kind), (1, PATCH, PATCH)).total

        def metrics(model, found=found, cost=cost):
            return evaluate(model) | {
                "period 2 of the photograph": photograph, "multiply-adds": cost.macs,
                "parameters": cost.parameters, "all seeds": found}

        card.keep(f"checkerboard_{kind}", models[KEPT], metrics, script=__file__, seed=KEPT,
                  package="skimage", files=[f"data/{name}.png" for name in (*TRAIN, TEST)],
                  title=f"Autoencoder of photographs, up-sampled by '{kind}': {PATCHES} patches, "
                        f"{EPOCHS} epochs")


if __name__ == "__main__":
    main()
