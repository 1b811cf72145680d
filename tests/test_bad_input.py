"""Bad input: every argument of every public function, replaced by everything that it is not.

A table holds good calls. Each argument in turn is then given values of the wrong kind, sign, rank
and size: what comes back is a ValueError or a TypeError that the library itself raised and that
names the argument, no memory is taken, and the other arguments are as they were. The same table
shows that arrays of any layout do, that no result shares memory with them, and that a NaN goes
where it touches and no further.
"""

import inspect
import linecache
import re
import traceback
import tracemalloc
import warnings
from functools import partial
from math import inf, nan
from pathlib import Path
from typing import NamedTuple

import dask.array as da
import numpy as np
import pytest
from scipy import sparse

import convlib
from convlib import (
    _check,
    chunked,
    costs,
    data,
    deconvolution,
    deformable,
    functional,
    grad,
    grouped,
    matrix,
    nn,
    pooling,
    receptive,
    reference,
    resampling,
    separable,
    shapes,
    signal,
    sparse_coding,
)
from convlib.networks import layers, network, torch_text, zoo

MODULES = [functional, reference, grad, matrix, separable, grouped, deformable, pooling, resampling,
         signal, deconvolution,
         sparse_coding, chunked, shapes, costs, receptive, layers, network, torch_text, zoo, data,
         nn]
INSIDE = {
    # Steps of an operation, behind its checks, that other modules use too.
    separable.split_window, deformable.deform_operands, pooling.plane_indices, resampling.upscaled,
    shapes.conv_layout, shapes.conv_transpose_layout, shapes.output_paddings, shapes.cut_width,
    shapes.kernel_span, layers.one_of,
    # What only functions make, and what layers are made from.
    separable.Separation, deformable.DeformGradients, receptive.Window,
    receptive.ReceptiveField, receptive.ListedField, receptive.EffectiveField, network.Row,
    layers.Layer, layers.Spatial, layers.InPlace, network.Block, network.Branches,
    layers.Conv, layers.ConvTranspose, layers.MaxPool, layers.AvgPool, layers.AdaptiveAvgPool,
    layers.AdaptiveMaxPool, layers.BatchNorm, layers.InstanceNorm, layers.Pad, layers.ZeroPad,
    layers.ConstantPad, layers.ReflectionPad, layers.ReplicationPad, layers.CircularPad,
    # … these are made as Conv1d, Conv2d, Conv3d and so on
    nn.Model.save, nn.Model.load, nn.fit,  # a path is NumPy's to judge; functions: tests/nn
}
# What layers say of a shape when `network.measure`, which checks it, asks them.
ASKED = {"output_shape", "joined_shape", "windows", "macs"}


class Case(NamedTuple):
    """A good call, and where it differs from what is bad in general."""

    call: callable
    good: dict  # every argument, but those that have a default to stand for their kind
    fine: dict  # {argument: kinds of value that are bad elsewhere and good here}
    also: list  # [(changes, what the message must say)]: bad only for this call
    local: bool  # whether a NaN goes where a number other than 0 does
    image: str  # the argument whose borders are padded, if any
    skip: dict  # {argument: kinds of value that are not tried}

    def __str__(self):
        call = self.call
        if isinstance(call, partial):  # a block has layers
            return f"{call.func.__name__}{call.args[0]}"
        return f"{call.__module__.rpartition('.')[2]}.{call.__qualname__}"

    @property
    def arguments(self):
        """Every argument with a good value."""
        parameters = inspect.signature(self.call).parameters
        defaults = {name: each.default for name, each in parameters.items()
                    if each.default is not inspect.Parameter.empty}
        return defaults | self.good


TABLE = []


def case(call, *also, fine=(), local=True, image="input", skip=(), **good):
    """Enter a good call into the table."""
    TABLE.append(Case(call, good, dict(fine), list(also), local, image, dict(skip)))


def a(*shape, seed=0):
    """Return numbers of some shape, none of them 0."""
    rng = np.random.default_rng([seed, *shape])
    return rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape)


# What is bad for a good value of some type: {kind: value}.

HUGE = {"huge": 2**62, "vast": 10**9}


def no_array(good):
    flat = {} if good.ndim == 1 else {"flat": good.ravel()}
    return flat | {
        "None": None, "text": "text", "ragged": [[1, 2], [3]], "bytes": b"1", "set": {1},
        "objects": np.full(good.shape, None), "complex": good.astype(complex),
        "scalar": good.flat[0], "axes": good.reshape(good.shape + (1,) * 5),
        **{f"empty[{n}]": good.take([], axis=n) for n in range(good.ndim)},
        # int8, so that a conversion before the check would take memory
        "huge": np.broadcast_to(np.int8(1), (*good.shape[:-1], 10**9)),
        "vast": np.broadcast_to(np.int8(1), (2**40, *good.shape[1:])),
    }


def no_dask(good):
    lazy = {kind: da.from_array(value, -1) for kind, value in no_array(good.compute()).items()
            if isinstance(value, np.ndarray) and kind not in HUGE}
    shapes = {"huge": (*good.shape[:-1], 10**9), "vast": (2**40, *good.shape[1:])}
    lazy |= {kind: da.ones(shape, np.int8, chunks=-1) for kind, shape in shapes.items()}
    return lazy | {"None": None, "text": "text", "memory": good.compute()}


def no_count(good, least):
    return HUGE | ({"zero": 0} if least > 0 else {}) | {
        "None": None, "text": "text", "bool": True, "float": 2.0, "nan": nan, "complex": 2j,
        "negative": -1, "tuple": (1,) * 7, "none": (), "array": np.ones(2), "object": object(),
        "mixed": (1, None),
    }


def no_sizes(good, least):
    """Return what is bad for a tuple: too long or short, and wrong at each place in turn."""
    wrong = {"None": None, "text": "text", "nan": nan, "float": 2.0, "bool": True,
             "long": good + (1,) * 5, "none": (), "object": object()}
    for kind, each in no_count(1, least).items():
        wrong |= {f"{kind}[{n}]": good[:n] + (each,) + good[n + 1 :] for n in range(len(good))}
    return wrong


def no_flag(good):
    return {"None": None, "zero": 0, "one": 1, "text": "yes", "float": 1.0, "long": (True, False),
            "array": np.array([True, False])}


def no_choice(good):
    return {"None": None, "text": "text", "one": 1, "bool": True, "long": (good,),
            "bytes": good.encode(), "array": np.array([good, good])}


def no_number(good):
    return {"None": None, "text": "text", "bool": True, "nan": nan, "inf": inf, "complex": 1j,
            "negative": -0.5, "long": (good, good), "array": np.ones((2, 2)), "object": object(),
            "huge": 10**400}


def no_list(good):
    """Return what is bad for a list of things of one kind."""
    return {"None": None, "text": "text", "one": 1, "mixed": [*good, 1], "object": object()}


def nothing(good):
    """Return what is bad for a thing of the library's own, or a type."""
    return {"None": None, "text": "text", "one": 1, "object": object(), "long": (good, good),
            "type": object}


def bad_values(each, argument):
    """Return {kind: value} of what an argument of a case cannot be."""
    good = each.arguments[argument]
    default = inspect.signature(each.call).parameters[argument].default
    least = 0 if default == 0 or type(good) is int and good == 0 else 1
    kinds = {bool: no_flag, int: partial(no_count, least=least), float: no_number, str: no_choice,
             tuple: partial(no_sizes, least=least), list: no_list, np.ndarray: no_array,
             da.Array: no_dask}
    values = kinds.get(type(good), nothing)(good)
    skipped = {*each.skip.get(argument, ()), *(["None"] if default is None else [])}
    return {kind: value for kind, value in values.items() if kind not in skipped}


def kept(value):
    """Return a copy of an argument, to compare with."""
    return value.copy() if isinstance(value, np.ndarray) and value.size < 10**6 else value


TAKEN = "taken without a word"


def refused(call, arguments, word):
    """Return what is wrong with the way in which a call is refused, or None."""
    before = {name: kept(value) for name, value in arguments.items()}
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            call(**arguments)
        fault = TAKEN
    except (TypeError, ValueError) as error:
        message = "\n".join([str(error), *getattr(error, "__notes__", ())])
        frame = traceback.extract_tb(error.__traceback__)[-1]
        fault = None
        if not re.search(word, message):
            fault = f"not named: {message}"
        elif (Path(convlib.__file__).parent not in Path(frame.filename).parents
              or not linecache.getline(frame.filename, frame.lineno).strip().startswith("raise")):
            fault = f"raised in {frame.filename}, {frame.lineno}: {message}"
    except Exception as error:
        fault = repr(error)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    if peak > 2**24:
        fault = f"{peak} bytes taken, {fault}"
    for name, value in before.items():
        if value is not arguments[name]:
            np.testing.assert_array_equal(arguments[name], value)
    return fault


@pytest.fixture(autouse=True)
def small_machine(monkeypatch):
    """Make this a machine on which 10**9 numbers are too many."""
    monkeypatch.setattr(_check, "MEMORY", 2**28)


WINDOW = {"stride": HUGE}  # a step, be it huge, is no size: the window stands once


# ---- functional and its definitions

def convolutions(module, axes):
    kernel, size = (3, 2, 2)[:axes], (7, 6, 5)[:axes]
    x, w, b = a(2, 4, *size), a(6, 2, *kernel), a(6)
    case(getattr(module, f"conv{axes}d"),
         (dict(input=a(2, 3, *size)), "input|C_in=3"), (dict(input=a(2, 8, *size)), "input"),
         (dict(weight=a(6, 3, *kernel)), "weight"),
         (dict(weight=a(5, 2, *kernel), bias=None), "C_out=5"),
         (dict(weight=a(6, 2, *[10] * axes)), "weight spans 10.*add padding"),
         (dict(bias=a(5)), "bias"), (dict(bias=a(6, 1)), "bias"),
         (dict(groups=3), "groups=3 must divide C_in=4: use one of 1, 2, 4"),
         (dict(groups=4), "groups=4 must divide C_out=6: use one of 1, 2, 3, 6"),
         (dict(groups=1), "weight"), (dict(dilation=7), "dilation=7.*add padding"),
         (dict(padding="same"), "padding='same' needs stride=1"),
         (dict(padding="causal"), "padding"), (dict(padding=("same",) * axes), "padding"),
         fine=WINDOW, input=x, weight=w, bias=b, stride=2, padding=1, dilation=1, groups=2)
    case(getattr(module, f"conv_transpose{axes}d"),
         (dict(input=a(2, 8, *size)), "input"), (dict(weight=a(4, 2, *kernel)), "weight"),
         (dict(bias=a(5)), "bias"), (dict(groups=4), "groups=4 must divide C_in=6"),
         (dict(groups=3), "groups"), (dict(output_padding=2), "output_padding=2 must be smaller"),
         (dict(padding=9), "padding=9 cuts off all"), (dict(padding="same"), "padding"),
         input=a(2, 6, *size), weight=w, bias=a(4), stride=2, padding=1, output_padding=1,
         groups=2, dilation=1)


for axes in (1, 2, 3):
    for module in (functional, reference):
        convolutions(module, axes)
case(functional.causal_conv1d, (dict(groups=4), "C_out=6"), fine=WINDOW | {"dilation": HUGE},
     input=a(2, 4, 7), weight=a(6, 2, 3), bias=a(6), stride=2, dilation=2, groups=2)
# Other ways of computing: by spectra, one product, unfolding, and a convolution for a transposed.
for size, window in (((1, 20, 18), (1, 1, 13, 14)), ((4, 7, 6), (3, 4, 1, 1)),
                     ((2, 3, 3), (8, 2, 3, 3))):
    point = {"dilation": HUGE} if window[2:] == (1, 1) else {}
    case(functional.conv2d, fine=WINDOW | point, input=a(*size), weight=a(*window),
         bias=a(window[0]))
case(functional.conv_transpose2d, input=a(2, 6, 7, 6), weight=a(6, 2, 3, 2), bias=a(4), padding=1,
     groups=2)
for axes in (1, 2, 3):
    case(getattr(functional, f"conv_transpose{axes}d"), (dict(output_size=99), "output_size"),
         (dict(output_padding=1), "output_padding"),
         input=a(2, 4, *(4, 3, 2)[:axes]), weight=a(4, 2, *(3, 2, 2)[:axes]), stride=2,
         output_size=(10, 7, 5)[:axes])
case(functional.pad, (dict(mode="reflect", value=1.0), "value"), (dict(pad=(1, 2, 3)), "pad"),
     fine=dict(value={*HUGE, "negative", "zero", "nan", "inf", "float", "None"},
               pad={f"{kind}[{n}]" for kind in ("negative", "zero") for n in range(4)},
               input={"axes", "empty"}),
     input=a(2, 3, 6, 5), pad=(1, 2, 2, 1), mode="constant", value=3)
case(functional.unfold, (dict(kernel_size=9), "kernel_size"), (dict(padding="same"), "padding"),
     fine=WINDOW, input=a(2, 3, 6, 5), kernel_size=(3, 2), dilation=1, padding=1, stride=2)
case(functional.fold, (dict(kernel_size=9), "kernel_size"), (dict(output_size=7), "output_size"),
     (dict(input=a(2, 17, 9)), "input"), (dict(input=a(2, 18, 8)), "input"),
     input=a(2, 18, 9), output_size=(6, 5), kernel_size=(3, 2), dilation=1, padding=1, stride=2)


# ---- gradients, the matrix

for axes in (1, 2, 3):
    kernel, size = (3, 2, 2)[:axes], (7, 6, 5)[:axes]
    out = tuple((i + 2 - k) // 2 + 1 for i, k in zip(size, kernel, strict=True))
    up = tuple(2 * (i - 1) + k - 2 for i, k in zip(size, kernel, strict=True))
    options = dict(stride=2, padding=1, dilation=1, groups=2)
    x, w, dy = a(2, 4, *size), a(6, 2, *kernel), a(2, 6, *out)
    case(getattr(grad, f"conv{axes}d_input"), (dict(grad_output=dy[..., 1:]), "grad_output"),
         (dict(grad_output=dy[:, 1:]), "grad_output"),
         (dict(grad_output=dy[1:]), "grad_output"), (dict(weight=w[:, :1]), "weight"),
         (dict(input_size=(2, 3, *size)), "input_size|groups"),
         (dict(input_size=(4, *size)), "input_size"), (dict(groups=4), "groups"),
         image="grad_output", input_size=x.shape, weight=w, grad_output=dy, **options)
    case(getattr(grad, f"conv{axes}d_weight"), (dict(grad_output=dy[..., 1:]), "grad_output"),
         (dict(grad_output=dy[:, 1:]), "grad_output"),
         (dict(input=x[:, 1:]), "groups|input"), (dict(input=x[0]), "input"),
         (dict(weight_size=(6, 3, *kernel)), "weight_size"), (dict(groups=4), "groups"),
         input=x, weight_size=w.shape, grad_output=dy, **options)
    case(getattr(grad, f"conv_transpose{axes}d_input"),
         (dict(grad_output=a(2, 3, *up)), "grad_output|groups"), (dict(padding="same"), "padding"),
         (dict(weight=w[:, :1]), "weight"), (dict(groups=4), "groups"),
         (dict(output_padding=2), "output_padding=2 must be smaller"),
         (dict(output_padding=98, dilation=99, padding=97), "output_padding=98 leaves no input"),
         fine=WINDOW, image="grad_output", weight=w, grad_output=a(2, 4, *up), **options)
    case(getattr(grad, f"conv_transpose{axes}d_weight"),
         (dict(grad_output=a(2, 4, *size)), "grad_output"), (dict(input=a(2, 5, *size)), "input"),
         (dict(weight_size=(6, 3, *kernel)), "weight_size"), (dict(padding="same"), "padding"),
         image="grad_output", input=a(2, 6, *size), weight_size=w.shape,
         grad_output=a(2, 4, *up), **options)
case(matrix.conv_matrix, (dict(groups=4), "groups"), (dict(input_size=1, padding=0), "input_size"),
     (dict(weight=a(6, 2, 9, 9)), "weight spans"), (dict(padding="same"), "padding"),
     fine=WINDOW, weight=a(6, 2, 3, 2), input_size=(7, 6), stride=2, padding=1, dilation=1,
     groups=2)


# ---- convolutions taken apart

IMAGE = a(2, 4, 7, 6)
case(separable.depthwise_conv2d, (dict(weight=a(6, 1, 3, 2)), "weight"),
     (dict(weight=a(8, 2, 3, 2)), "weight"), (dict(weight=a(8, 1, 9, 9)), "weight"),
     (dict(input=a(2, 3, 7, 6)), "weight.*C_in=3"), (dict(padding="same"), "padding"),
     fine=WINDOW, input=IMAGE, weight=a(8, 1, 3, 2), bias=a(8), stride=2, padding=1, dilation=1)
case(separable.depthwise_separable_conv2d,
     (dict(depthwise_weight=a(6, 1, 3, 2)), "depthwise_weight"),
     (dict(depthwise_weight=a(8, 1, 9, 9)), "depthwise_weight"),
     (dict(pointwise_weight=a(5, 4, 1, 1)), "pointwise_weight"),
     (dict(pointwise_weight=a(5, 8, 1, 2)), "pointwise_weight"),
     fine=WINDOW, input=IMAGE, depthwise_weight=a(8, 1, 3, 2), pointwise_weight=a(5, 8, 1, 1),
     bias=a(5), stride=2, padding=1, dilation=1)
case(separable.separate, (dict(kernel=[[1, nan]]), "kernel"), (dict(rank=3), "rank"),
     fine={"kernel": {"axes", "empty[0]"}}, local=False, kernel=a(5, 3, 2), rank=1)
case(separable.kernel_rank, (dict(kernel=[[1, inf]]), "kernel"), (dict(tolerance=1), "tolerance"),
     fine={"kernel": {"axes", "empty[0]"}}, local=False, kernel=a(5, 3, 2), tolerance=0.5)
case(separable.separable_conv2d, (dict(column=a(3, 3)), "column"), (dict(row=a(3, 2)), "row"),
     (dict(column=a(10, 2)), "column"), (dict(row=a(2, 9)), "row"),
     (dict(padding="same"), "padding"), fine=WINDOW, input=IMAGE, column=a(3, 2), row=a(2, 2),
     bias=a(4), stride=2, padding=1, dilation=1)
case(separable.separable_macs, (dict(kernel_size=9), "kernel_size"),
     (dict(input_shape=(3, 1, 6)), "input"),
     fine=WINDOW | {"input_shape": {"huge", "vast"}, "rank": HUGE, "padding": HUGE},
     input_shape=(3, 7, 6), kernel_size=(3, 2), rank=2, stride=2, padding=0, dilation=1)
case(separable.separable_parameters, fine={"rank": HUGE, "kernel_size": {"huge", "vast"}},
     kernel_size=(3, 2), rank=2)
case(separable.depthwise_separable_macs, (dict(kernel_size=9), "kernel_size"),
     fine=WINDOW | {"input_shape": {"huge", "vast"}, "out_channels": HUGE, "multiplier": HUGE,
                    "padding": HUGE},
     input_shape=(3, 7, 6), out_channels=5, kernel_size=(3, 2), multiplier=2, stride=2, padding=0,
     dilation=1)
case(separable.depthwise_separable_parameters,
     fine={"in_channels": HUGE, "out_channels": HUGE, "kernel_size": {"huge", "vast"},
           "multiplier": HUGE},
     in_channels=3, out_channels=5, kernel_size=(3, 2), multiplier=2)
case(grouped.block_diagonal_weight, (dict(groups=4), "groups=4 must divide C_out=6"),
     fine={"weight": {"axes", "empty"}}, weight=a(6, 2, 3, 2), groups=2)
case(grouped.pointwise_grouped_conv2d, (dict(weight=a(6, 2, 3, 1)), "weight"),
     (dict(groups=4), "groups"), (dict(input=a(2, 6, 7, 6)), "input"),
     fine=WINDOW, input=IMAGE, weight=a(6, 2, 1, 1), bias=a(6), stride=2, groups=2)
case(grouped.channel_shuffle, (dict(groups=3), "groups=3 must divide C=4: use one of 1, 2, 4"),
     fine={"input": {"axes", "empty"}}, input=IMAGE, groups=2)
case(grouped.flattened_conv2d,
     (dict(lateral=a(5, 3)), "lateral"), (dict(lateral=a(6, 4)), "lateral"),
     (dict(vertical=a(4, 3)), "vertical"), (dict(vertical=a(5, 10)), "vertical"),
     (dict(horizontal=a(4, 3)), "horizontal"), (dict(horizontal=a(5, 9)), "horizontal"),
     (dict(padding="same"), "padding"), fine=WINDOW, input=IMAGE, lateral=a(5, 4),
     vertical=a(5, 3), horizontal=a(5, 2), bias=a(5), stride=2, padding=1, dilation=1)
for module in (deformable, reference):
    case(module.deform_conv2d,
         (dict(offset=a(2, 24, 4, 3)), "offset"), (dict(mask=a(2, 6, 4, 4)), "mask"),
         (dict(offset=a(2, 23, 4, 4)), "offset"), (dict(offset=a(2, 36, 4, 4)), "offset"),
         (dict(weight=a(6, 3, 3, 2)), "weight"), (dict(weight=a(5, 2, 3, 2), bias=None), "C_out=5"),
         local=False,  # a point reads neighbours whose share is 0
         input=IMAGE, offset=a(2, 24, 4, 4), weight=a(6, 2, 3, 2), bias=a(6), stride=2, padding=1,
         dilation=1, mask=a(2, 12, 4, 4))
case(deformable.deform_conv2d_gradients,
     (dict(offset=a(2, 24, 4, 3)), "offset"), (dict(mask=a(2, 6, 4, 4)), "mask"),
     (dict(grad_output=a(2, 6, 4, 3)), "grad_output"), (dict(weight=a(5, 2, 3, 2)), "C_out=5"),
     local=False, input=IMAGE, offset=a(2, 24, 4, 4), weight=a(6, 2, 3, 2),
     grad_output=a(2, 6, 4, 4), stride=2, padding=1, dilation=1, mask=a(2, 12, 4, 4))


# ---- resampling

INDICES = np.arange(12).reshape(1, 2, 2, 3) % 6
pool = dict(fine=WINDOW, input=a(2, 3, 7, 6), kernel_size=(3, 2), stride=2, padding=1, dilation=1)
oversized = [(dict(kernel_size=9), "kernel_size"),
             (dict(padding=2), "padding=2 must be at most half of kernel_size=")]
case(pooling.max_pool2d, *oversized, return_indices=True, **pool)
case(reference.max_pool2d, *oversized, local=False, **pool)
case(pooling.avg_pool2d, *oversized, fine=WINDOW, input=a(2, 3, 7, 6), kernel_size=(3, 2),
     stride=2, padding=1, count_include_pad=False, local=False)  # each counts for little
case(pooling.avg_pool2d, input=a(2, 3, 7, 6), kernel_size=2, ceil_mode=True, divisor_override=1,
     fine=WINDOW | dict(divisor_override=HUGE, kernel_size=HUGE))  # it is kept, being cut off
case(pooling.max_unpool2d, (dict(indices=INDICES[..., 1:]), "indices"),
     (dict(indices=INDICES + 30), "indices"), (dict(indices=INDICES * 1.0), "indices"),
     (dict(padding=6), "padding"), (dict(output_size=(9, 6)), "output_size"),
     input=a(1, 2, 2, 3), indices=INDICES, kernel_size=2, stride=2, padding=0, output_size=(4, 6))
case(reference.max_unpool2d, (dict(indices=INDICES[..., 1:]), "indices"),
     (dict(indices=INDICES + 30), "indices"), (dict(output_size=1), "indices"),
     input=a(1, 2, 2, 3), indices=INDICES, output_size=(4, 6))
for module in (resampling, reference):
    case(module.pixel_shuffle, (dict(upscale_factor=3), "upscale_factor"),
         fine={"input": {"empty"}} if module is resampling else {}, input=a(2, 8, 3, 2),
         upscale_factor=2)
case(resampling.pixel_unshuffle, (dict(downscale_factor=4), "downscale_factor"),
     fine={"input": {"empty"}}, input=a(2, 3, 6, 4), downscale_factor=2)
case(resampling.interpolate, (dict(scale_factor=2), "scale_factor"), (dict(size=None), "size"),
     (dict(align_corners=True), "align_corners"),
     fine={"input": {"huge"}},  # few of its pixels are looked at
     input=a(2, 3, 6, 4), size=(9, 7), scale_factor=None)
case(resampling.interpolate, (dict(scale_factor=1e308), "scale_factor"),
     (dict(scale_factor=0.1), "scale_factor"), (dict(scale_factor=(1, nan)), "scale_factor"),
     fine={"scale_factor": {"long"}}, local=False,
     input=a(2, 3, 6, 4), size=None, scale_factor=1.5, mode="bilinear", align_corners=True)
case(reference.interpolate, local=False, input=a(2, 3, 6, 4), size=(9, 7), mode="bilinear")


# ---- signals

for axes in (1, 2):
    shape, kernel = (9, 8)[:axes], (3, 4)[:axes]
    y, h = a(*shape), a(*kernel)
    case(signal.correlation_lags, (dict(mode="valid", in2_len=9), "in2_len"),
         fine=dict(in2_len=HUGE), in1_len=8, in2_len=3, mode="same")
    for call in (signal.convolve, signal.correlate):
        case(call, (dict(in1=a(2, 2, 2)), "in1"), (dict(in2=a(*kernel, 2)), "in2"),
             (dict(in1=h, in2=y, mode="valid"), "in2"),
             fine={"fillvalue": {*HUGE, "negative", "float", "nan"}}, image="in1", in1=y, in2=h)
    big = (dict(h=a(*[10] * axes)), "h has shape"), (dict(h=a(2, 2, 2)), "h has shape")
    case(deconvolution.transfer_function, (dict(shape=2), "shape"), (dict(shape=(9,) * 3), "shape"),
         local=False, h=h, shape=shape)
    case(deconvolution.inverse_filter, *big, (dict(cutoff=2), "cutoff"), local=False,
         y=y, h=h, cutoff=0.1)
    case(deconvolution.wiener, *big, (dict(balance=0), "balance"), (dict(balance=y[1:]), "balance"),
         fine={"balance": {"inf"}}, local=False, y=y, h=h, balance=0.1)
    case(deconvolution.wiener, *big, fine={"balance": {"scalar"}}, local=False,
         y=y, h=h, balance=abs(y))
    case(deconvolution.richardson_lucy, *big,
         (dict(y=-abs(y)), "y goes down"), (dict(h=0 * h), "h is all 0"),
         (dict(h=-abs(h)), "h goes down"), local=False,
         skip={"num_iter": HUGE},  # which take no memory, but all the time there is
         y=abs(y), h=abs(h), num_iter=2)
case(deconvolution.deconvolve, (dict(h=[0, 1]), "h"), (dict(h=a(10)), "h"), (dict(y=a(3, 3)), "y"),
     local=False, y=a(9), h=a(3))
for call in (reference.convolve, reference.correlate):
    case(call, image="f", f=a(9), g=a(3))
filters, y, maps = a(3, 2, 2), a(6, 5), a(3, 6, 5)
problem = dict(y=y, filters=filters, penalty=0.1)
case(sparse_coding.synthesize, (dict(maps=maps[1:]), "maps"), (dict(filters=a(3, 7, 7)), "filters"),
     local=False, maps=maps, filters=filters)
case(sparse_coding.analyze, (dict(filters=a(3, 7, 7)), "filters"), (dict(y=a(6)), "y"),
     local=False, y=y, filters=filters)
case(sparse_coding.lipschitz, (dict(shape=1), "shape"), local=False, filters=filters, shape=(6, 5))
case(sparse_coding.soft_threshold, fine={"x": {"flat", "axes", "scalar", "empty"}},
     x=maps, threshold=0.1)
case(sparse_coding.objective, (dict(maps=a(3, 6, 6)), "maps"), local=False,
     maps=maps, **problem)
for solver in (sparse_coding.ista, sparse_coding.fista, sparse_coding.learn):
    case(solver, (dict(filters=0 * filters), "filters"), (dict(filters=a(3, 7, 7)), "filters"),
         local=False, num_iter=3, **problem)


# ---- and the rest

for axes in (1, 2, 3):
    size = (7, 6, 5)[:axes]
    case(chunked.conv, (dict(bias=a(5)), "bias"), (dict(groups=3), "groups=3 must divide C_in=4"),
         (dict(weight=a(6, 3, *[2] * axes)), "weight"), local=False,
         input=da.from_array(a(2, 4, *size)), weight=a(6, 2, *[2] * axes), bias=a(6), padding=1,
         dilation=1, groups=2)
case(data.photo)
case(data.vessel_tree, skip=dict(seed=HUGE, noise={"inf", "nan"}), seed=0)
case(data.brain)
case(data.trained, name="pnet")
case(data.card, name="pnet")
case(data.mnist, skip={"seed": HUGE}, seed=0)  # which are good, and read the file once more each
case(partial(data.split, a(9, 2)), (dict(test=9), "test=9 leaves a part empty"), test=3)
case(data.brain)
case(data.trained, name="pnet")
case(data.card, name="pnet")


# ---- sizes, costs and fields: whole numbers without end, so that a huge one is as good as another

sizes = {"huge", "vast"}
step = dict(stride=2, padding=1, dilation=1)
endless = dict.fromkeys(("kernel_size", "stride", "padding", "dilation", "size"), HUGE)
case(shapes.dilated_size, fine=endless, kernel_size=3)
case(shapes.conv_output_size,
     (dict(kernel_size=9), "kernel_size"), (dict(size=1, padding=0), r"\bsize"),
     (dict(padding="same"), "padding"), (dict(padding="causal"), "padding"),
     fine=dict(size=HUGE, stride=HUGE, padding=HUGE), size=6, kernel_size=3, **step)
case(shapes.conv_output_size, (dict(size=(5, 6, 7)), "kernel_size"),
     fine=dict(size=sizes, stride=HUGE, padding=HUGE), size=(6, 5), kernel_size=(3, 2), **step)
case(shapes.conv_input_sizes, (dict(padding="same"), "padding"),
     fine=endless | dict(output_size=HUGE), output_size=6, kernel_size=3, **step)
case(shapes.conv_transpose_output_size, (dict(output_padding=2), "output_padding"),
     (dict(padding=9), "padding=9 cuts off all"), (dict(padding="same"), "padding"),
     fine=dict(size=HUGE, kernel_size=HUGE, stride=HUGE, dilation=HUGE),
     size=6, kernel_size=3, output_padding=1, **step)
case(shapes.conv_transpose_output_padding, (dict(output_size=99), "output_size"),
     size=6, kernel_size=3, output_size=12, **step)
case(shapes.onnx_same_padding, fine=dict.fromkeys(("size", "kernel_size", "stride", "dilation"),
                                                  HUGE), size=6, kernel_size=3, stride=2,
     dilation=1, auto_pad="SAME_LOWER")
case(shapes.pool_output_size, (dict(padding=2), "padding"), (dict(size=1, padding=0), r"\bsize"),
     fine=dict(size=HUGE, stride=HUGE), size=6, kernel_size=3, **step)
case(shapes.pad_width, fine=dict(kernel_size=HUGE, stride=HUGE, dilation=HUGE, size=HUGE,
                                padding={"one"}),
     padding="SAME_UPPER", kernel_size=(3, 2), stride=2, dilation=1, size=(6, 5))
case(shapes.pad_width, (dict(padding=((1, 2),)), "padding"),
     (dict(padding=((1, 2), (1,))), "padding"),
     (dict(padding=((1, 2), (1, -1))), "padding"), (dict(padding=((1, 2), 1)), "padding"),
     (dict(padding="same"), "padding='same' needs stride=1"), (dict(padding="causal"), "padding"),
     fine=endless | dict(kernel_size=sizes, padding={*HUGE, "zero"}),
     kernel_size=(3, 2), **step)
case(shapes.same_padding, fine=endless, kernel_size=3)
case(shapes.tensorflow_same_padding, fine=endless, size=6, kernel_size=3)
case(shapes.full_padding, fine=endless, kernel_size=3)
case(shapes.conv_output_shape, (dict(weight_shape=(6, 3, 3, 3)), "weight_shape"),
     (dict(groups=3), "groups"), (dict(input_shape=(2, 0, 7, 6)), "input_shape"),
     (dict(weight_shape=(6, 2, 9, 9)), "weight_shape"),
     (dict(input_shape=(2, 4, 7)), "input_shape"),
     fine=dict(stride=HUGE, padding=HUGE, input_shape={"zero[0]", "huge[0]", "vast[0]", "huge[2]",
               "vast[2]", "huge[3]", "vast[3]"}, weight_shape={"huge[0]", "vast[0]"}),
     input_shape=(2, 4, 7, 6), weight_shape=(6, 2, 3, 2), groups=2, **step)
case(costs.conv_parameters,
     (dict(groups=3), "groups=3 must divide in_channels=4: use one of 1, 2, 4"),
     (dict(groups=4), "groups=4 must divide out_channels=6"),
     fine=dict(in_channels=HUGE, out_channels=HUGE, kernel_size=sizes),
     in_channels=4, out_channels=6, kernel_size=(3, 2), groups=2)
case(costs.conv_macs, (dict(groups=3), "groups"), (dict(kernel_size=(9, 9)), "kernel_size"),
     (dict(input_shape=(4, 7)), "input_shape"), (dict(padding="same"), "padding"),
     fine=dict(input_shape=sizes, out_channels=HUGE, stride=HUGE, padding=HUGE),
     input_shape=(4, 7, 6), out_channels=6, kernel_size=(3, 2), groups=2, **step)
case(costs.conv_transpose_macs,
     (dict(groups=3), "groups"), (dict(input_shape=(4, 7)), "input_shape"),
     fine=dict(input_shape=sizes, out_channels=HUGE, kernel_size=sizes),
     input_shape=(4, 7, 6), out_channels=6, kernel_size=(3, 2), groups=2)
features = dict(in_features=HUGE, out_features=HUGE)
case(costs.dense_parameters, fine=features, in_features=5, out_features=4)
case(costs.dense_macs, fine=features, in_features=5, out_features=4)
case(costs.batch_norm_parameters, fine=dict(channels=HUGE), channels=4)
case(costs.flops, fine=dict(macs={*HUGE, "zero"}), macs=5)
case(costs.activation_bytes, fine=dict(shape={"long", *sizes}, batch={*HUGE, "zero"}),
     shape=(3, 4, 5))

case(receptive.conv_window, fine=endless, kernel_size=3)
case(receptive.conv_transpose_window, fine=endless | dict(stride=()), kernel_size=3)
case(receptive.adaptive_pool_window, fine=endless, size=7, output_size=5)
case(receptive.upsample_window, fine=endless, size=7, output_size=5)
case(receptive.upsample_window, fine=endless | dict(output_size=HUGE), size=7, output_size=5,
     scale_factor=0.8)
stack = [receptive.conv_window(3), receptive.conv_transpose_window(3, stride=2)]
case(receptive.receptive_field, windows=stack)
case(receptive.effective_receptive_field, fine=dict(output=HUGE),
     windows=stack)
field, effective = receptive.receptive_field(stack), receptive.effective_receptive_field(stack)
anywhere = dict(fine=dict(output={*HUGE, "negative", "zero"}), output=3)
case(stack[0].of, **anywhere)
case(field.of, **anywhere)
case(field.through, window=stack[0])
case(effective.through, window=stack[0])
listed = receptive.ListedField(((0, 0), (0, 4)))
case(listed.of, **anywhere)
case(receptive.field_behind, fine=dict(count=HUGE), field=listed, window=stack[0], count=2)
case(receptive.field_of_join, fine=dict(count=HUGE), fields=[listed, field], count=2)
case(effective.share, fine=dict(radius={"inf"}), radius=2.0)


# ---- layers and networks

for axes in (1, 2, 3):
    def layer(name, *also, axes=axes, skip=(), **good):
        fine = dict.fromkeys(("in_channels", "out_channels", "kernel_size", "stride", "padding",
                              "dilation", "output_size", "num_features", "output_padding"), HUGE)
        fine |= dict(eps={"nan", "inf", "negative"}, momentum={"nan", "inf", "negative", "None"})
        case(getattr(layers, f"{name}{axes}d"), *also, fine=fine, skip=skip, **good)

    window = dict(kernel_size=3, stride=2, padding=1)
    layer("Conv", (dict(groups=3), "groups"), (dict(padding="same"), "padding"),
          in_channels=4, out_channels=6, groups=2, **window)
    layer("ConvTranspose", (dict(groups=3), "groups"), (dict(padding="same"), "padding"),
          in_channels=4, out_channels=6, groups=2, **window)
    layer("MaxPool", **window)
    layer("AvgPool", **window)
    for pool in ("AdaptiveAvgPool", "AdaptiveMaxPool"):
        layer(pool, skip=dict(output_size={"None", "mixed"}), output_size=3)
    for norm in ("BatchNorm", "InstanceNorm"):
        layer(norm, num_features=4)
    for pad in ("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad"):
        layer(pad, padding=0)
    layer("ConstantPad", skip=dict(value={"nan", "inf", "negative"}), padding=0, value=1.5)
case(layers.Linear, fine=features, in_features=5, out_features=4)
case(layers.Flatten, fine=dict(end_dim={"negative"}))  # -1 is the last
case(layers.Upsample, (dict(scale_factor=2), "scale_factor"), (dict(size=None), "size"),
     fine=dict(size=HUGE), size=4, mode="bilinear", align_corners=True)
case(layers.Upsample, (dict(scale_factor=(2, -1)), "scale_factor"),
     fine=dict(scale_factor={"long"}), scale_factor=1.5)
case(layers.PixelShuffle, fine=dict(upscale_factor=HUGE), upscale_factor=2)
case(layers.ChannelShuffle, fine=dict(groups=HUGE), groups=2)
real = {"nan", "inf", "negative"}
case(layers.LocalResponseNorm, fine=dict(size=HUGE, alpha=real, beta=real, k=real), size=3)
case(layers.GroupNorm, (dict(num_groups=3), "num_groups"), fine=dict(eps=real, num_channels=HUGE),
     num_groups=2, num_channels=4)
case(layers.LayerNorm, fine=dict(eps=real, normalized_shape={*sizes, *HUGE, "tuple"}),
     normalized_shape=4)
case(layers.GELU)
case(layers.ELU, fine=dict(alpha=real))
for plain in (layers.Identity, layers.Sigmoid, layers.Tanh, layers.ReLU, layers.ReLU6,
              layers.SiLU, layers.Mish, layers.Hardswish, layers.Hardsigmoid):
    case(plain)
case(layers.Softmax, fine=dict(dim={*HUGE, "negative", "zero"}), dim=1)
case(layers.LeakyReLU, fine=dict(negative_slope=real))
case(layers.PReLU, fine=dict(num_parameters=HUGE, init=real), num_parameters=3)
for dropout in (layers.Dropout, layers.Dropout2d):
    case(dropout)
stem = network.Sequential(layers.Conv2d(3, 8, 3), layers.ReLU(), name="stem")
net = network.Network(network.Sequential(stem), (3, 9, 9))
case(network.Network, (dict(layers=stem, input_shape=(4, 9, 9)), "shape"),
     fine=dict(input_shape=sizes, name={"text"}), layers=network.Sequential(layers.ReLU()),
     input_shape=(3, 9, 9), name="small")
for block in (network.Sequential, network.Add, network.Multiply, network.Concat):
    case(partial(block, layers.ReLU()), fine=dict(name={"text"}), name="block")
case(network.measure, (dict(shape=(4, 9, 9)), "shape"), (dict(fields=(field,) * 3), "fields"),
     fine=dict(shape={"huge[1]", "vast[1]", "huge[2]", "vast[2]"}), layer=stem, shape=(3, 9, 9),
     fields=[field, field])
case(net.__getitem__, name="stem")
case(net.activation_bytes, fine=dict(batch={*HUGE, "zero"}), dtype="float32")
case(net.table, fine=dict(depth=HUGE), depth=1)
case(net.total.effective_field, (dict(axis=2), "axis"), fine=dict(output=HUGE))
case(layers.Conv2d(3, 4, 3).pads, fine=dict(size=HUGE), size=(6, 5))
case(torch_text.read, text="ReLU()")
case(torch_text.write, block=stem)

case(zoo.alexnet)
case(zoo.resnet)
case(zoo.resnext, fine=dict(groups=HUGE, width=HUGE))
case(zoo.inception_v1)
case(zoo.mobilenet_v1, (dict(width=17), "width"), fine=dict(resolution=HUGE))
case(zoo.shufflenet_v1)
head = dict(fine=dict(in_channels=HUGE, classes=HUGE, size=HUGE, rates={"long", *sizes}))
case(zoo.deeplab_v2_head, **head)
case(zoo.deeplab_v3_head, fine=head["fine"] | dict(size=HUGE))
case(zoo.fcn_head, (dict(in_channels=3), "in_channels"), **head)
case(zoo.fcn_vgg16, **head)
case(zoo.dcgan_generator, (dict(channels=7), "channels"), fine=dict(channels=HUGE))
case(zoo.context_module, fine=dict(channels=HUGE, size=HUGE))
case(zoo.wavenet_stack, (dict(depth=1001), "depth"), fine=dict(channels=HUGE, length=HUGE))

# ---- networks run and trained

scores = dict(local=False, input=a(2, 3, 4))
case(nn.mse_loss, **scores, target=a(2, 3, 4, seed=1))
case(nn.binary_cross_entropy_with_logits, (dict(target=np.full((2, 3, 4), 1.5)), "target"),
     **scores, target=a(2, 3, 4, seed=1) > 0)
case(nn.cross_entropy, (dict(target=np.full((2, 4), 3)), "target"), **scores,
     target=np.array([[0, 1, 2, 0], [1, 1, 0, 2]]))
case(nn.Model, fine=dict(seed={*HUGE, "zero"}), skip=dict(dtype=["type"]), layers=stem, seed=0,
     dtype="float32")
model = nn.Model(layers.Linear(3, 2), dtype="float64")
_, kept_by_it = model.forward(a(4, 3))
case(model.__call__, fine=dict(batch_size=HUGE), local=False, input=a(4, 3))
case(model.forward, local=False, input=a(4, 3))
case(model.backward, local=False, cache=kept_by_it, grad_output=a(4, 2))
case(model.load_state_dict, state=model.state_dict())
case(nn.SGD, weights=model.weights)
case(nn.Adam, fine=dict(betas={"zero"}), weights=model.weights)
case(nn.SGD(model.weights).step, fine=dict(share={"nan", "inf", "negative"}), share=1.0,
     gradients=model.state_dict())
for schedule in (nn.cosine, nn.constant):
    case(schedule, progress=0.5)
case(nn.RBM, fine=dict(seed={*HUGE, "zero"}), visible=3, hidden=2)
rbm = nn.RBM(3, 2)
for up in (rbm.hidden, rbm.reconstruct, rbm.free_energy):
    case(up, local=False, visible=a(4, 3))
case(rbm.visible, local=False, hidden=a(4, 2))
case(rbm.learn, fine=dict(lr={"nan", "inf", "negative"}), local=False, visible=a(4, 3))
case(nn.trained, name="mnist_standard")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("each", TABLE, ids=str)
def test_good_calls_are_good(each):
    each.call(**each.good)


@pytest.mark.parametrize(("each", "argument"), [
    pytest.param(each, argument, id=f"{each}-{argument}")
    for each in TABLE for argument, good in each.arguments.items() if good is not None
])
def test_every_argument(each, argument):
    faults, fine = [], each.fine.get(argument, ())
    for kind, value in bad_values(each, argument).items():
        fault = refused(each.call, each.arguments | {argument: value}, rf"\b{argument}\b")
        if kind == "empty[0]" and argument == each.image and fault == TAKEN:
            continue  # an empty batch will do where no other argument has one
        if kind in fine or kind.partition("[")[0] in fine:
            fault = None if fault == TAKEN else f"refused, or {fault}"
        faults += [f"{kind}: {fault}"] * bool(fault)
    if faults:
        pytest.fail("\n".join([f"{each}: {argument}", *faults]), pytrace=False)


@pytest.mark.parametrize("each", TABLE, ids=str)
def test_what_does_not_fit(each):
    faults = []
    for changes, word in each.also:
        fault = refused(each.call, each.arguments | changes, word)
        faults += [f"{word}: {fault}"] * bool(fault)
    if faults:
        pytest.fail("\n".join([f"{each}", *faults]), pytrace=False)


def public(module):
    """Yield the functions, classes and methods of a module that readers are given."""
    for name, value in vars(module).items():
        # What a package gives its readers stands in modules of its own.
        if name[0] != "_" and str(getattr(value, "__module__", "")).startswith(module.__name__):
            raised = inspect.isclass(value) and issubclass(value, Exception)
            if (inspect.isfunction(value) or inspect.isclass(value)) and not raised:
                yield value
            for inner, method in vars(value).items() if inspect.isclass(value) else ():
                if inner[0] != "_" and inner not in ASKED and inspect.isfunction(method):
                    yield method


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_public_function_is_in_the_table(module):
    tried = {}
    for each in TABLE:
        call = each.call.func if isinstance(each.call, partial) else each.call
        named = {name for name, good in each.arguments.items() if good is not None}
        tried.setdefault(getattr(call, "__func__", call), set()).update(named)
    for each in public(module):
        parameters = {name: value for name, value in inspect.signature(each).parameters.items()
                      if name != "self" and value.kind is not value.VAR_POSITIONAL}
        if parameters and each not in INSIDE:
            assert each in tried, f"{each.__qualname__} has no good call"
            assert set(parameters) == tried[each], each.__qualname__


def awkward(array):
    """Return a read-only array with the same numbers, that go backwards through wider memory."""
    memory = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    view = memory[..., ::-2]
    view[...] = array
    view.flags.writeable = False
    return view


def arrays(result):
    """Return the arrays that a result is made of."""
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in arrays(part)]
    if isinstance(result, da.Array):
        return [result.compute()]
    if isinstance(result, sparse.sparray):
        return [result.data, result.indices]
    return [result] if isinstance(result, np.ndarray) else []


def with_arrays(table):
    """Return the cases with an array among their arguments."""
    return [each for each in table
            if any(isinstance(good, np.ndarray) for good in each.arguments.values())]


@pytest.mark.parametrize("each", with_arrays(TABLE), ids=str)
def test_layout_does_not_matter(each):
    given = {name: awkward(good) if isinstance(good, np.ndarray) else good
             for name, good in each.arguments.items()}
    lists = {name: good.tolist() if isinstance(good, np.ndarray) else good
             for name, good in each.arguments.items()}
    ours = arrays(each.call(**given))
    for expected in (each.call(**each.arguments), each.call(**lists)):
        for array, same in zip(ours, arrays(expected), strict=True):
            assert array.dtype == same.dtype
            np.testing.assert_allclose(array, same, rtol=1e-12, atol=1e-12)
    for name, array in given.items():
        if isinstance(array, np.ndarray):
            np.testing.assert_array_equal(array, each.arguments[name])
            assert not any(np.shares_memory(array, result) for result in ours), name
    assert all(array.flags.writeable for array in ours)


def floats(each):
    """Return the names of the arguments in which a NaN can stand."""
    return [name for name, good in each.arguments.items()
            if isinstance(good, np.ndarray) and good.dtype.kind == "f"]


def spoiled(array, value):
    """Return a copy with a value in the middle."""
    array = array.copy()
    array.flat[array.size // 2] = value
    return array


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [nan, inf])
@pytest.mark.parametrize(("each", "name"), [
    pytest.param(each, name, id=f"{each}-{name}")
    for each in with_arrays(TABLE) if each.local for name in floats(each)
])
def test_nan_goes_where_it_touches(each, name, value):
    def result(**changes):
        found = each.call(**each.arguments | changes)
        return arrays(found.toarray() if isinstance(found, sparse.sparray) else found)
    got = result(**{name: spoiled(each.arguments[name], value)})
    ones = {other: np.ones_like(each.arguments[other]) for other in floats(each)}
    zeros = np.zeros_like(ones[name])
    without, touched = (result(**ones | {name: array}) for array in (zeros, spoiled(zeros, 1)))
    assert got
    for array, before, after in zip(got, without, touched, strict=True):
        if array.dtype.kind == "f":
            must = may = abs(after - before) > 0.5
            if name != each.image:  # a kernel meets the zeros of the padding too
                may = must.any(axis=tuple(range(2, must.ndim)) or None, keepdims=True)
            assert not np.isfinite(array[must]).any()
            assert np.isfinite(array[~np.broadcast_to(may, array.shape)]).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [nan, inf])
@pytest.mark.parametrize(("each", "name"), [
    pytest.param(each, name, id=f"{each}-{name}")
    for each in with_arrays(TABLE) if not each.local for name in floats(each)
])
def test_nan_is_taken_or_refused_by_name(each, name, value):
    try:
        arrays(each.call(**each.arguments | {name: spoiled(each.arguments[name], value)}))
    except ValueError as error:
        assert re.search(rf"\b{name}\b", str(error))


@pytest.mark.parametrize("call", [
    lambda x: functional.conv2d(x, np.eye(3)[:, :, None, None]),
    lambda x: functional.conv_transpose2d(x, np.eye(3)[:, :, None, None]),
    lambda x: functional.fold(x.reshape(2, 3, -1), x.shape[2:], 1),
    lambda x: functional.unfold(x, 1).reshape(x.shape),
    lambda x: grouped.block_diagonal_weight(x, 1),
    lambda x: grouped.channel_shuffle(x, 1),
    lambda x: resampling.interpolate(x, scale_factor=1),
    lambda x: resampling.interpolate(x, scale_factor=1, mode="bilinear"),
    lambda x: pooling.max_pool2d(x, 1),
    lambda x: resampling.pixel_shuffle(x, 1),
    lambda x: resampling.pixel_unshuffle(x, 1),
    lambda x: reference.pixel_shuffle(x, 1),
    lambda x: sparse_coding.soft_threshold(x, 0),
])
def test_what_changes_nothing_is_a_copy(call):
    x = a(2, 3, 4, 5)
    y = call(x)
    np.testing.assert_array_equal(y, x)
    assert not np.shares_memory(x, y)
