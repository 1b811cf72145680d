"""Figures: the same input gives the same bytes, and Chinese labels are really drawn."""

import io
import subprocess
import sys
import warnings

import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")

from matplotlib import pyplot as plt  # noqa: E402

from convlib import plot  # noqa: E402

SCRIPT = """
import sys, matplotlib; matplotlib.use("agg")
from convlib import plot
ax = plot.stems([1, 2, 1], title="卷积 f * g")
ax.figure.savefig(sys.stdout.buffer, format="svg", metadata={"Date": None})
"""


def test_same_bytes_in_two_processes():
    first, second = (subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True)
                     for _ in range(2))
    assert first.stdout == second.stdout and first.stdout.startswith(b"<?xml")


def test_chinese_is_drawn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of every glyph it has not
        figure = plot.stems([1, 2], title="互相关：翻转与滑动").figure
        figure.savefig(io.BytesIO(), format="svg")
        plt.close(figure)


@pytest.mark.parametrize("draw", [
    lambda bad: plot.stems(bad),
    lambda bad: plot.lines([bad]),
    lambda bad: plot.overlap(bad, bad, bad, x=[0]),
])
def test_wrong_shapes_are_named(draw):
    with pytest.raises(ValueError, match=r"shape \(2, 2\)"):
        draw(np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"pictures\[0\]"):
        plot.images([np.zeros(3)])
    plt.close("all")
