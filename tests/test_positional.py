"""Calls as PyTorch's documentation has them, with every argument by position.

The orders are those of torch.nn.functional, torch.nn.grad and torchvision.ops; where PyTorch is
installed, its functions are called with the same arguments.
"""

import inspect

import numpy as np
import pytest
from cases import close

from convlib import deformable, functional, grad, grouped, pooling, reference, resampling, separable

CONV = "input weight bias stride padding dilation groups"
TRANSPOSED = "input weight bias stride padding output_padding groups dilation"
INPUT = "input_size weight grad_output stride padding dilation groups"
WEIGHT = "input weight_size grad_output stride padding dilation groups"
DEFORM = "input offset weight bias stride padding dilation mask"
POOL = "input kernel_size stride padding dilation ceil_mode"


def numbers(*shape):
    """Return numbers that differ from each other."""
    return np.random.default_rng(shape).permutation(np.prod(shape)).reshape(shape) / 8


CALLS = []  # (our function, PyTorch's module or None, documented order, values)
for axes in (1, 2, 3):
    size, back = (7, 6, 5)[:axes], (4, 3, 3)[:axes]
    x, w, b, y = numbers(2, 4, *size), numbers(8, 1, *[2] * axes), numbers(8), numbers(2, 8, *back)
    wide = tuple(2 * n - 1 for n in back)  # of y, transposed
    options = (2, 1, 2, 4)
    y = numbers(2, 8, *((n + 2 - 3) // 2 + 1 for n in size))
    for module in (functional, reference):
        CALLS += [
            (getattr(module, f"conv{axes}d"), "nn.functional", CONV, (x, w, b, *options)),
            (getattr(module, f"conv_transpose{axes}d"), "nn.functional", TRANSPOSED,
             (y, w, numbers(4), 2, 1, 1, 4, 2)),
        ]
    CALLS += [
        (getattr(grad, f"conv{axes}d_input"), "nn.grad", INPUT, (x.shape, w, y, *options)),
        (getattr(grad, f"conv{axes}d_weight"), "nn.grad", WEIGHT, (x, w.shape, y, *options)),
    ]
IMAGE = numbers(2, 4, 6, 8)
CALLS += [
    (functional.unfold, "nn.functional", "input kernel_size dilation padding stride",
     (IMAGE, (3, 2), 2, 1, 3)),
    (functional.fold, "nn.functional", "input output_size kernel_size dilation padding stride",
     (numbers(1, 8, 6), (5, 6), 2, 2, 1, (2, 3))),
    (pooling.max_pool2d, "nn.functional", POOL + " return_indices",
     (IMAGE, 2, 3, 1, 2, True, True)),
    (pooling.avg_pool2d, "nn.functional",
     "input kernel_size stride padding ceil_mode count_include_pad divisor_override",
     (IMAGE, 3, 2, 1, True, False, None)),
    (reference.max_pool2d, None, POOL, (IMAGE, 2, 3, 1, 2, True)),
    (pooling.max_unpool2d, "nn.functional", "input indices kernel_size stride padding output_size",
     (numbers(1, 1, 2, 2), np.array([[[[0, 3], [8, 14]]]]), 2, 2, 0, (4, 5))),
    (resampling.pixel_shuffle, "nn.functional", "input upscale_factor", (IMAGE, 2)),
    (resampling.pixel_unshuffle, "nn.functional", "input downscale_factor", (IMAGE, 2)),
    (resampling.interpolate, "nn.functional", "input size scale_factor mode align_corners",
     (IMAGE, None, (2, 1.5), "bilinear", True)),
    (resampling.interpolate, "nn.functional", "input size scale_factor mode align_corners",
     (IMAGE, (9, 9), None, "nearest", None)),
    (grouped.channel_shuffle, "nn.functional", "input groups", (IMAGE, 2)),
    (separable.depthwise_conv2d, None, "input weight bias stride padding dilation",
     (IMAGE, numbers(8, 1, 3, 2), numbers(8), 2, 1, 2)),
] + [
    (module.deform_conv2d, "ops", DEFORM,
     (IMAGE, numbers(2, 8, 4, 5) / 8, numbers(6, 2, 2, 2), numbers(6), 2, 1, 1,
      numbers(2, 4, 4, 5)))
    for module in (deformable, reference)
]
TABLE = pytest.mark.parametrize(("call", "module", "order", "values"), CALLS, ids=[
    f"{call.__module__.rpartition('.')[2]}.{call.__name__}" for call, *_ in CALLS])


@TABLE
def test_arguments_have_pytorchs_order(call, module, order, values):
    parameters = inspect.signature(call).parameters.values()
    assert [each.name for each in parameters if each.kind != each.KEYWORD_ONLY] == order.split()
    by_position, by_name = call(*values), call(**dict(zip(order.split(), values, strict=True)))
    np.testing.assert_array_equal(by_position, by_name)


@TABLE
def test_pytorch_takes_the_same_arguments(call, module, order, values):
    if module is None:
        pytest.skip("PyTorch has no such function")
    package = pytest.importorskip("torchvision" if module == "ops" else "torch")
    torch = pytest.importorskip("torch")
    for part in module.split("."):
        package = getattr(package, part)
    given = [torch.from_numpy(each.copy()) if isinstance(each, np.ndarray) else each
             for each in values]
    theirs = getattr(package, call.__name__)(*given)
    ours = call(*values)
    for mine, other in zip(*((each if isinstance(each, tuple) else (each,))
                             for each in (ours, theirs)), strict=True):
        close(mine, other.numpy())
