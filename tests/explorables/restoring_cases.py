"""Random blurred pictures, and what convlib restores of them, for `test_core`."""

import numpy as np
from skimage.metrics import peak_signal_noise_ratio

from convlib import deconvolution, functional, signal
from convlib.explorables import Deconvolution
from convlib.explorables.deconvolution import noise_field

SIDES = (4, 8, 16)


def restoring_cases(rng):
    """Yield the cases of Fourier transforms, blurs and restorations."""
    side = int(rng.choice(SIDES))
    image = rng.random((side, side))
    flat = image.ravel().tolist()
    waves = np.fft.fft2(image)
    yield "spectrum", [flat, side], parts(waves)
    mixed = rng.normal(size=(side, side)) + 1j * image
    yield "fft2d", [parts(mixed), side], parts(np.fft.fft2(mixed))
    yield "fft2d", [parts(mixed), side, 1], parts(np.fft.ifft2(mixed))
    yield from kernel_cases(rng)
    yield from linear_cases(rng, side, flat, waves)
    yield from blur_cases(rng, image, flat)
    width = int(rng.integers(3))
    yield "framed", [flat, side, width], np.pad(image, width).ravel().tolist()
    other = image + rng.normal(size=image.shape)
    inside = (slice(1, -1),) * 2
    yield ("peakRatio", [flat, other.ravel().tolist(), side, 1],
           float(peak_signal_noise_ratio(image[inside], other[inside], data_range=1)))
    seed = int(rng.integers(9999))
    yield "noiseField", [seed, side], noise_field(seed, side).ravel().tolist()


def parts(values):
    """Return complex numbers as a list of real and imaginary parts in turn."""
    return values.astype(complex).ravel().view(float).tolist()


def kernel_cases(rng):
    sigma, reach = float(rng.uniform(0.5, 3)), int(rng.integers(1, 8))
    for name, size, blurring in (
        ("gaussianTaps", sigma, Deconvolution(sigma=sigma)),
        ("boxTaps", reach, Deconvolution(blur="box", reach=reach)),
    ):
        yield name, [size], blurring.kernel.sum(axis=0).tolist()


def linear_cases(rng, side, flat, waves):
    """Yield the cases of the filters, for symmetric taps that wipe nothing out."""
    outer = float(rng.uniform(0.05, 0.2))
    taps = [outer, 1 - 2 * outer, outer]
    transfer = deconvolution.transfer_function(taps, side).real
    yield "tapsTransfer", [taps, side], transfer.tolist()
    kernel, y = np.outer(taps, taps), np.reshape(flat, (side, side))
    balance = float(10 ** rng.uniform(-6, 0))
    delta = np.zeros((side, side))
    delta[0, 0] = 1
    for weight, restore in (
        (0, lambda y: deconvolution.inverse_filter(y, kernel)),
        (balance, lambda y: deconvolution.wiener(y, kernel, balance)),
    ):
        gains = np.fft.fft2(restore(delta)).real
        yield ("filterRestored", [parts(waves), side, transfer.tolist(), weight],
               restore(y).ravel().tolist())
        yield "restoringGain", [float(transfer[0] * transfer[1]), weight], float(gains[0, 1])
        yield "largestGain", [transfer.tolist(), weight], float(abs(gains).max())


def blur_cases(rng, image, flat):
    """Yield the cases of a convolution, its transpose, and corrections, for any taps that fit."""
    side = len(image)
    taps = rng.uniform(0.1, 1, int(rng.choice([1, 3])))
    kernel = np.outer(taps, taps)
    yield ("blurImage", [flat, side, taps.tolist()],
           signal.convolve(image, kernel, "same").ravel().tolist())
    # A convolution is conv2d with the turned kernel, and its transpose has the same kernel.
    turned = kernel[::-1, ::-1]
    yield ("transposedBlur", [flat, side, taps.tolist()],
           functional.conv_transpose2d(image[None], turned[None, None], None, 1,
                                       len(taps) // 2)[0].ravel().tolist())
    taps /= taps.sum()
    kernel = np.outer(taps, taps)
    count = int(rng.integers(1, 9))
    before, after = (deconvolution.richardson_lucy(image, kernel, n) for n in (count, count + 1))
    yield ("richardsonLucyStep", [before.ravel().tolist(), flat, side, taps.tolist()],
           after.ravel().tolist())
