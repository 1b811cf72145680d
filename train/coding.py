"""Convolutional sparse coding of a photograph, after Zeiler et al. (2010), and a second layer.

    make train NAME=coding

Writes `sparse_filters`, 16 filters that are learned with their maps from a real photograph whose
contrast was evened out; and `sparse_second`, 24 filters on the pooled maps of the first, learned
through the switches from how well the photograph comes back (Zeiler et al. 2011). Both are kernels
of a transposed convolution. The cards hold what all seeds gave, beside filters left at random.
"""

import card
import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter

from convlib import data, functional, grad, sparse_coding
from convlib.networks.layers import ConvTranspose2d
from convlib.networks.network import Sequential
from convlib.nn import Model
from convlib.pooling import max_pool2d, max_unpool2d

FILTERS, PENALTY, STEPS, SIZE, SEEDS, KEPT = (16, 9, 9), 1.0, 1500, 128, range(5), 0
SIGMA = 3.0  # of the neighbourhood in which contrast is evened out, in pixels
SECOND, ROUNDS, EACH = (24, 16, 7, 7), 60, 5


def photograph():
    """Return a photograph of 128 x 128 pixels: less the mean around each, over the spread there.

    Contrast counts as at least its mean, so that a plain sky does not become noise.
    """
    picture = data.photo("camera").reshape(SIZE, 4, SIZE, 4).mean((1, 3))
    detail = picture - gaussian_filter(picture, SIGMA)
    spread = np.sqrt(gaussian_filter(detail**2, SIGMA))
    return np.float32(detail / np.maximum(spread, spread.mean()))


def random_filters(seed, shape=FILTERS):
    """Return filters of normal numbers, of unit norm: what learning starts from."""
    filters = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    return filters / np.sqrt((filters**2).sum(tuple(range(1, len(shape))), keepdims=True))


def coherence(filters):
    """Return for each filter how far its gradients agree in orientation: 1 for a line, else less.

    With the structure tensor's eigenvalues a ≥ b it is (a - b) / (a + b).
    """
    down, right = np.gradient(filters, axis=(1, 2))
    xx, yy, xy = ((one * two).sum((1, 2)) for one, two in
                  ((right, right), (down, down), (right, down)))
    return np.hypot(xx - yy, 2 * xy) / (xx + yy)


def unexplained(y, model):
    """Return the share of a picture's energy that a model of it leaves."""
    return ((y - model) ** 2).sum() / (y**2).sum()


def pooled(maps):
    """Return the number of largest size in each 2 x 2 places of a map, and where it stood."""
    _, switches = max_pool2d(np.abs(maps)[None], 2, return_indices=True)
    return taken(maps[None], switches), switches


def taken(maps, switches):
    """Return what stands at the switches: the adjoint of unpooling."""
    flat = maps.reshape(*maps.shape[:2], -1)
    return np.take_along_axis(flat, switches.reshape(*switches.shape[:2], -1), 2).reshape(
        switches.shape)


def corners(switches):
    """Return the switches of which each says the upper left place: what is left without them."""
    rows, columns = np.indices(switches.shape[2:])
    return np.broadcast_to(2 * rows * SIZE + 2 * columns, switches.shape).copy()


class Second:
    """The second layer on a picture: maps to pooled maps, to the first layer's maps, to pixels."""

    def __init__(self, y, filters):
        self.y, self.filters = y, filters
        self.first, _ = sparse_coding.fista(y, filters, PENALTY, num_iter=200)
        self.pooled, self.switches = pooled(self.first)
        self.bound = sparse_coding.lipschitz(filters, y.shape)

    def unpooled(self, given, switches=None):
        """Return the picture that pooled maps give."""
        switches = self.switches if switches is None else switches
        return sparse_coding.synthesize(max_unpool2d(given, switches, 2)[0], self.filters)

    def picture(self, maps, weight):
        """Return the picture that the second layer's maps give."""
        return self.unpooled(functional.conv_transpose2d(maps, weight, padding=3))

    def back(self, error):
        """Return what an error in the picture says of the pooled maps."""
        return taken(sparse_coding.analyze(error, self.filters)[None], self.switches)

    def solve(self, weight, learned):
        """Return maps and filters: some steps of the maps, then one of the filters, in turn."""
        maps = np.zeros((1, len(weight), SIZE // 2, SIZE // 2), np.float32)
        for _ in range(ROUNDS):
            step = np.float32(1 / (self.bound * norm(weight)))
            for _ in range(EACH):
                error = self.back(self.y - self.picture(maps, weight))
                maps = sparse_coding.soft_threshold(
                    maps + step * functional.conv2d(error, weight, padding=3),
                    step * PENALTY).astype(np.float32)
            if learned and maps.any():
                error = self.back(self.y - self.picture(maps, weight))
                weight = weight + grad.conv_transpose2d_weight(
                    maps, weight.shape, error, padding=3) / np.float32(self.bound * reach(maps))
                size = np.sqrt((weight**2).sum((1, 2, 3), keepdims=True))
                weight = weight / np.maximum(1, size)
        return maps, weight


def norm(weight):
    """Return the squared norm of a layer: of its strongest frequency, over all channels."""
    spectra = fft.rfftn(weight, (SIZE // 2, SIZE // 2), axes=(2, 3)).transpose(2, 3, 0, 1)
    return np.linalg.eigvalsh(spectra.conj().swapaxes(2, 3) @ spectra).max()


def reach(maps):
    """Return the squared norm of what filters are multiplied by: of its strongest frequency."""
    spectra = fft.rfftn(maps[0], (SIZE, SIZE), axes=(1, 2))
    return (np.abs(spectra) ** 2).sum(0).max()


def short(**found):
    """Return numbers to four figures."""
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def marks(filters, y):
    """Return what a bank of the first layer is: lines, and what it leaves of the photograph."""
    maps, objective = sparse_coding.fista(y, filters, PENALTY, num_iter=200)
    lines = coherence(filters)
    return short(coherence=lines.mean(), oriented=(lines > 0.5).sum(), objective=objective[-1],
                 unexplained=unexplained(y, sparse_coding.synthesize(maps, filters)),
                 active=np.count_nonzero(maps))


def second_marks(layer, maps, weight):
    """Return what the second layer leaves, with its switches and without."""
    flat = corners(layer.switches)
    return short(
        objective=((layer.y - layer.picture(maps, weight)) ** 2).sum() / 2
        + PENALTY * np.abs(maps).sum(),
        unexplained=unexplained(layer.y, layer.picture(maps, weight)),
        active=np.count_nonzero(maps),
        pooled_first=unexplained(layer.y, layer.unpooled(layer.pooled)),
        pooled_first_without_switches=unexplained(layer.y, layer.unpooled(layer.pooled, flat)))


def kept(weight):
    """Return a model that is one transposed convolution with these kernels (K, C, kH, kW)."""
    before, after, side, _ = weight.shape
    model = Model(Sequential(ConvTranspose2d(before, after, side, padding=side // 2, bias=False)))
    model.weights["0.weight"][...] = weight
    return model


def kernels(model):
    """Return the filters of such a model."""
    return model.weights["0.weight"]


def main():
    """Learn both layers from all seeds, and keep those of one."""
    y, banks, seconds, found = photograph(), [], [], []
    for seed in SEEDS:
        start = random_filters(seed)
        filters, _, _ = sparse_coding.learn(y, start, PENALTY, num_iter=STEPS)
        layer = Second(y, filters)
        start_2 = random_filters([seed, 2], SECOND)
        maps, weight = layer.solve(start_2, learned=True)
        banks.append(filters)
        seconds.append(weight)
        found.append({
            "first": {"learned": marks(filters, y), "random": marks(start, y)},
            "second": {"learned": second_marks(layer, maps, weight),
                       "random": second_marks(layer, *layer.solve(start_2, learned=False))}})
        print(f"seed {seed}: {found[-1]}", flush=True)

    def first_metrics(model):
        return marks(kernels(model)[:, 0], y) | {"all seeds": [each["first"] for each in found]}

    def second_metrics(model):
        layer = Second(y, banks[KEPT])
        maps, weight = layer.solve(kernels(model), learned=False)
        return second_marks(layer, maps, weight) | {
            "all seeds": [each["second"] for each in found]}

    options = {"script": __file__, "seed": KEPT, "package": "skimage",
               "files": ["data/camera.png"]}
    card.keep("sparse_filters", kept(banks[KEPT][:, None]), first_metrics, **options,
              title=f"Filters of a photograph by convolutional sparse coding: {STEPS} steps")
    card.keep("sparse_second", kept(seconds[KEPT]), second_metrics, **options,
              title="Filters of a second layer, on the pooled maps of sparse_filters")


if __name__ == "__main__":
    main()
