"""Colours turned from red, green and blue to L*a*b*, pixel by pixel: with a ReLU and without one.

    make train NAME=lab

Writes `lab_relu` and `lab_linear`, which chapter 4 compares: two 1x1 convolutions, the one with a
ReLU between them, the other with nothing. Each holds eight networks that differ in their start
alone, side by side as groups.
"""

import card
import numpy as np
import skimage.color

from convlib import data
from convlib.networks.layers import Conv2d, ReLU
from convlib.networks.network import Sequential
from convlib.nn import Adam, Model, cosine, fit, mse_loss

STARTS, HIDDEN, EPOCHS, COLOURS, SEED = 8, 16, 60, 14_400, 0
PHOTOS = ("astronaut", "chelsea", "coffee", "retina")


def colours():
    """Return colours drawn evenly from all that red, green and blue can make, (3, N)."""
    return np.random.default_rng(SEED).random((3, COLOURS))


def pixels(name):
    """Return every fourth pixel along each axis of a photograph, (3, N)."""
    return data.photo(name)[:, ::4, ::4].reshape(3, -1)


def network(*between):
    """Return eight networks in one: they share the pixel, and from then on nothing."""
    return Sequential(Conv2d(3, STARTS * HIDDEN, 1), *between,
                      Conv2d(STARTS * HIDDEN, STARTS * 3, 1, groups=STARTS))


def differences(model, rgb):
    """Return each network's mean colour difference (CIE 1976), in units of L*a*b*."""
    lab = skimage.color.rgb2lab(rgb, channel_axis=0)
    found = 100 * model(rgb[None, :, None])[0, :, 0].reshape(STARTS, 3, -1)
    return np.linalg.norm(found - lab, axis=1).mean(axis=1)


def main():
    """Train both, and keep them with their cards."""
    def as_images(values):
        """Return (C, N) as images of 10 x 30 pixels, (N / 300, C, 10, 30)."""
        return values.reshape(len(values), -1, 10, 30).swapaxes(0, 1)

    rgb = colours()
    lab = np.tile(skimage.color.rgb2lab(rgb, channel_axis=0) / 100, (STARTS, 1))
    sets = {"training": rgb, **{name: pixels(name) for name in PHOTOS}}

    def evaluate(model):
        return {name: differences(model, rgb).tolist() for name, rgb in sets.items()}

    for kind, between in (("relu", [ReLU()]), ("linear", [])):
        model = Model(network(*between), seed=SEED)
        fit(model, as_images(rgb), as_images(lab), mse_loss, Adam(model.weights, 1e-2),
            epochs=EPOCHS, batch_size=1, schedule=cosine, seed=SEED)
        card.keep(f"lab_{kind}", model, evaluate, script=__file__, seed=SEED,
                  package="skimage", files=["color/colorconv.py"],
                  title=f"Colours from RGB to L*a*b* by two 1x1 convolutions, {kind}: "
                        f"{STARTS} starts side by side, {EPOCHS} epochs")


if __name__ == "__main__":
    main()
