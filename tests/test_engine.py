"""The helper that compares with onnxruntime: what it prints, what it refuses, and what without."""

import sys

import numpy as np
import pytest

from convlib import engine, functional, i18n

NOISE = np.random.default_rng(0)
X, W, B = (NOISE.standard_normal(shape) for shape in ((3, 11, 14), (4, 3, 3, 5), (4,)))
HOW = dict(strides=[2, 2], pads=[1, 1, 1, 1])


def result(x=X):
    return functional.conv2d(x, W, B, stride=2, padding=1)


@pytest.fixture(autouse=True)
def english():
    i18n.use("en")
    yield
    i18n.use("en")


def test_one_line_in_the_readers_language(capsys):
    engine.compare("Conv", result(), X, W, B, **HOW)
    i18n.use("zh")
    engine.compare("Conv", result(X[None]), X[None], W, B, **HOW)
    english, chinese = capsys.readouterr().out.splitlines()
    assert english == "onnxruntime agrees: largest difference below 1e-05 of the largest value"
    assert "一致" in chinese and "1e-05" in chinese


@pytest.mark.parametrize(("error", "told"), [(3e-6, "1e-05"), (2e-5, "1e-04"), (2e-3, "1e-02")])
def test_the_difference_is_rounded_up(capsys, error, told):
    y = result()
    y[0, 0, 0] += error * np.abs(y).max()
    engine.compare("Conv", y, X, W, B, tolerance=0.1, **HOW)
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("spoilt", [2e-4, -2e-4, np.nan])
def test_a_wrong_number_fails(spoilt):
    y = result()
    y[1, 2, 3] += spoilt * np.abs(y).max()
    with pytest.raises(AssertionError, match="differs from Conv of onnxruntime by"):
        engine.compare("Conv", y, X, W, B, **HOW)


def test_a_wrong_shape_fails_though_it_would_broadcast():
    with pytest.raises(AssertionError, match=r"y has the shape \(4, 6, 1\).*gives \(4, 6, 6\)"):
        engine.compare("Conv", result()[..., :1], X, W, B, **HOW)
    with pytest.raises(AssertionError, match="y has the shape"):
        engine.compare("Conv", result()[None], X, W, B, **HOW)


def test_inputs_left_out_and_whole_numbers(capsys):
    y = np.array([[3.0, 1], [2, 0]])
    engine.compare("Clip", np.minimum(y, 2), y, None, np.float32(2))
    engine.compare("Reshape", y.ravel(), y, np.array([4]))
    engine.compare("Relu", np.zeros((2, 0)), np.zeros((2, 0)))
    engine.compare("Relu", np.zeros(2), -np.ones(2))
    assert capsys.readouterr().out.count("agrees") == 4


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_without_the_engine_it_says_so_and_goes_on(capsys, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    assert not engine.available()
    engine.compare("Conv", np.zeros(1), X, W)  # wrong, but nobody can tell
    assert capsys.readouterr().out == ("onnxruntime is not installed here: this comparison is left"
                                       " out\n")
    with pytest.raises(ModuleNotFoundError):
        engine.run("Relu", [np.ones(1, np.float32)])


def test_it_runs_again_on_the_same_inputs():
    x = np.array([-1, 2], np.float32)
    relu = engine.prepare("Relu", [x], optimize=True)
    assert relu()[0].tolist() == relu()[0].tolist() == [0, 2]
