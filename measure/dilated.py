"""What dilation costs beside its two rivals, for chapter 6.

A 3x3 convolution at rate r spans 2r + 1 pixels. So does a dense kernel of 2r + 1; and a 3x3 on an
image made smaller by r, whose maps are then made larger again, sees about as far. Everything runs
on one core. The ways take turns, so that what disturbs the machine meets them all; a time is the
median of many runs, in processor time.
"""

import tracemalloc
from functools import partial
from statistics import median
from time import process_time

import numpy as np
from threadpoolctl import threadpool_limits

from convlib import costs
from convlib.functional import conv2d
from convlib.pooling import avg_pool2d
from convlib.resampling import interpolate

RATES, CHANNELS, SIDE, TIMES = (2, 4, 8), 16, 128, 41


def measure():
    """Return for each rate and way: milliseconds, and KiB of weights and of working memory.

    And the milliseconds that each step of the smaller way takes by itself.
    """
    with threadpool_limits(1):
        return {"channels": CHANNELS, "side": SIDE, "rates": list(RATES),
                "ways": {rate: at(rate) for rate in RATES},
                "steps": {rate: together(steps(rate)) for rate in RATES}}


def ways(rate):
    """Return {way: (function, its weights)}."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((CHANNELS, SIDE, SIDE), dtype=np.float32)
    small, large = (rng.standard_normal((CHANNELS, CHANNELS, k, k), dtype=np.float32)
                    for k in (3, 2 * rate + 1))
    return {"dilated": (partial(conv2d, x, small, padding=rate, dilation=rate), small),
            "dense": (partial(conv2d, x, large, padding=rate), large),
            "smaller": (partial(down_and_up, x, small, rate), small)}


def down_and_up(x, w, rate):
    """Return a 3x3 convolution of means over r x r pixels, enlarged to x's size."""
    y = conv2d(avg_pool2d(x, rate), w, padding=1)
    return interpolate(y, scale_factor=rate, mode="bilinear")


def steps(rate):
    """Return {step: function} of what `down_and_up` does, one after the other."""
    x, w, _ = ways(rate)["smaller"][0].args
    pooled = avg_pool2d(x, rate)
    filtered = conv2d(pooled, w, padding=1)
    return {"pool": partial(avg_pool2d, x, rate),
            "conv": partial(conv2d, pooled, w, padding=1),
            "enlarge": partial(interpolate, filtered, scale_factor=rate, mode="bilinear")}


def at(rate):
    """Return what the three ways cost at one rate."""
    found = ways(rate)
    times = together({name: call for name, (call, _) in found.items()})
    return {name: {"ms": times[name], "weights_kib": w.nbytes / 1024,
                   "macs": macs(name, w.shape, rate), "working_kib": working(call) / 1024}
            for name, (call, w) in found.items()}


def macs(name, shape, rate):
    """Return a way's multiply-adds in its convolution."""
    side = SIDE // rate if name == "smaller" else SIDE
    return costs.conv_macs((CHANNELS, side, side), CHANNELS, shape[2:], padding=shape[-1] // 2)


def together(calls):
    """Return {name: milliseconds} of {name: function}: medians of runs that take turns."""
    spent = {name: [] for name in calls}
    for _ in range(TIMES):
        for name, call in calls.items():
            start = process_time()
            call()
            spent[name].append(1e3 * (process_time() - start))
    return {name: median(each) for name, each in spent.items()}


def working(call):
    """Return the most bytes that a call holds at once, with its output and without its input.

    A thread has a workspace of one size for all convolutions and keeps it: the first call makes
    it, and only the second is counted, so that what the ways themselves need is not hidden by it.
    """
    call()
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
