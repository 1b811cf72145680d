"""What the convolutions and their gradients take besides their result, whatever the batch."""

import cases
import numpy as np
import pytest

from convlib import functional, grad

LAYERS = {  # input, weight, options
    "7x7 at stride 2": ((16, 3, 224, 224), (64, 3, 7, 7), dict(stride=2, padding=3)),
    "3x3": ((16, 64, 56, 56), (64, 64, 3, 3), dict(padding=1)),
    "3x3, many channels": ((16, 512, 14, 14), (512, 512, 3, 3), dict(padding=1)),
    "1x1": ((16, 256, 28, 28), (512, 256, 1, 1), {}),
    "1x1 at stride 2": ((16, 256, 28, 28), (512, 256, 1, 1), dict(stride=2)),
    "depthwise": ((16, 512, 28, 28), (512, 1, 3, 3), dict(padding=1, groups=512)),
    "grouped": ((16, 128, 56, 56), (128, 4, 3, 3), dict(padding=1, groups=32)),
    "atrous": ((4, 256, 33, 33), (256, 256, 3, 3), dict(padding=12, dilation=12)),
    "4x4 at stride 2": ((16, 256, 16, 16), (512, 256, 4, 4), dict(stride=2, padding=1)),
    "4x4 to an image": ((16, 3, 64, 64), (64, 3, 4, 4), dict(stride=2, padding=1)),
    "tall kernels": ((1, 512, 512), (8, 1, 63, 1), dict(padding=(31, 0))),
    "volumes": ((8, 16, 32, 32, 32), (32, 16, 3, 3, 3), dict(padding=1)),
    "films": ((2, 3, 16, 112, 112), (64, 3, 3, 7, 7),
              dict(stride=(1, 2, 2), padding=(1, 3, 3))),
    "signals": ((8, 64, 16_000), (64, 64, 9), dict(padding=4)),
    "a long signal": ((1, 1_000_000), (1, 1, 9), {}),
    "a long signal, a long kernel": ((1, 1_000_000), (1, 1, 1001), {}),
    "a long signal at stride 16": ((1, 1_000_000), (32, 1, 64), dict(stride=16)),
    "a large image": ((1, 2048, 2048), (1, 1, 5, 5), dict(padding=2)),
    "a large image and kernel": ((1, 2048, 2048), (1, 1, 31, 31), dict(padding=15)),
    "spectra of 3 groups": ((3, 1024, 1024), (3, 1, 31, 31), dict(padding=15, groups=3)),
    "16 kernels of 31x31": ((1, 512, 512), (16, 1, 31, 31), dict(padding=15)),
    "4x4 kernels of 31x31": ((4, 512, 512), (4, 4, 31, 31), dict(padding=15)),
    "a kernel that spans more than the image": ((1, 512, 512), (1, 1, 15, 15),
                                                dict(padding=448, dilation=64)),
    "weights of 19 MB": ((2, 1024, 32, 32), (512, 1024, 3, 3), dict(padding=1)),
    "weights of 34 MB": ((2, 512, 8, 8), (1024, 512, 4, 4), dict(stride=2, padding=1)),
}
SLOW = ("a large image and kernel", "a long signal, a long kernel", "spectra of 3 groups",
        "16 kernels of 31x31")  # to differentiate: minutes


def operations(image, weight, options):
    """Yield each operation of a layer, as the arguments of `cases.extra_memory`."""
    axes = len(weight) - 2
    x, w = np.ones(image, np.float32), np.ones(weight, np.float32)
    conv = getattr(functional, f"conv{axes}d")
    y = conv(x, w, **options)
    yield "forward", conv, (x, w)
    yield "transposed", getattr(functional, f"conv_transpose{axes}d"), (y, w)
    yield "input", getattr(grad, f"conv{axes}d_input"), (image, w, y)
    yield "weight", getattr(grad, f"conv{axes}d_weight"), (x, weight, y)


@pytest.mark.parametrize("name", LAYERS)
def test_memory_is_bounded(name):
    image, weight, options = LAYERS[name]
    for what, operation, arguments in operations(image, weight, options):
        if what != "weight" or name not in SLOW:
            assert cases.extra_memory(operation, *arguments, **options) < 16 * 2**20, what


@pytest.mark.parametrize("layout", [
    lambda a: a[..., ::-1], lambda a: a.repeat(2, -1)[..., ::2],
    lambda a: np.moveaxis(np.moveaxis(a, 1, -1).copy(), -1, 1),
])
def test_memory_is_bounded_for_any_layout(layout):
    x, plain = layout(np.ones((4, 64, 112, 112), np.float32)), dict(padding=1)
    for weight, options in (((8, 64, 3, 3), plain), ((64, 1, 3, 3), plain | dict(groups=64)),
                            ((8, 64, 1, 1), {}), ((8, 64, 3, 3), plain | dict(stride=2))):
        w = np.ones(weight, np.float32)
        assert cases.extra_memory(functional.conv2d, x, w, **options) < 16 * 2**20
    w = np.ones((64, 2, 2, 2), np.float32)
    assert cases.extra_memory(functional.conv_transpose2d, x, w, stride=2) < 16 * 2**20


def test_memory_of_unfold_and_fold():
    x = np.ones((64, 16, 56, 56), np.float32)
    y = functional.unfold(x, 3)
    assert cases.extra_memory(functional.unfold, x, 3) < 16 * 2**20
    assert cases.extra_memory(functional.fold, y, (56, 56), 3) < 16 * 2**20


def test_memory_of_unfolding_a_large_image():
    x = np.ones((64, 256, 256), np.float32)
    assert cases.extra_memory(functional.unfold, x, 3) < 16 * 2**20


@pytest.mark.parametrize("kinds", [(np.uint8, np.int64), (np.float32, np.float64)])
def test_memory_of_a_batch_that_is_cast(kinds):
    x, w = np.ones((4, 64, 112, 112), kinds[0]), np.ones((8, 64, 3, 3), kinds[1])
    assert cases.extra_memory(functional.conv2d, x, w) < 16 * 2**20
