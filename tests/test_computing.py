"""The appendix on computing: what it times is what it shows, and no output of it is passed over."""

import importlib.util

import numpy as np
import pytest
from languages import ROOT, read

from convlib import functional
from convlib.compute import ways

PAGES = [ROOT / "chapters" / lang / "A1_computing.ipynb" for lang in ("en", "zh")]


def programs():
    """Return the chapter's programs as the measurement finds them."""
    spec = importlib.util.spec_from_file_location("computing", ROOT / "measure" / "computing.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.programs()


def test_the_programs_that_are_timed_compute_the_layer():
    chapter, rng = programs(), np.random.default_rng(1)
    x, w = rng.standard_normal((3, 10, 14)), rng.standard_normal((5, 3, 3, 3))
    expected = functional.conv2d(x, w)
    for name in ("loops", "by_taps", "by_rows", "by_product", "by_spectra"):
        np.testing.assert_allclose(chapter[name](x, w), expected, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(chapter["by_winograd"](x, w, chapter["F2"]), expected, atol=1e-12)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_no_output_depends_on_the_machine(path):
    """Times stand in one file for both languages: every output is compared, none passed over."""
    tags = [tag for cell in read(path).cells for tag in cell.metadata.get("tags", [])]
    assert "nbval-ignore-output" not in tags


@pytest.mark.parametrize("chosen, size, weight, how", [
    ("matmul", (4, 8, 8), (6, 4, 1, 1), {}),
    ("rows", (4, 8, 8), (6, 4, 1, 1), {"padding": 1}),
    ("fourier", (1, 40, 40), (4, 1, 15, 15), {}),
    ("rows", (1, 40, 40), (4, 1, 14, 16), {}),
    ("rows", (1, 40, 40), (5, 1, 15, 15), {}),
    ("rows", (1, 40, 40), (4, 1, 15, 15), {"stride": 2}),
    ("rows", (1, 40, 40), (4, 1, 15, 15), {"dilation": 2}),
    ("fourier", (16, 40, 40), (16, 16, 20, 20), {}),
    ("rows", (16, 40, 40), (17, 16, 20, 20), {}),
    ("unfold", (300, 40, 40), (300, 300, 3, 3), {}),  # 3.09 MiB of weights
    ("rows", (290, 40, 40), (290, 290, 3, 3), {}),  # 2.89 MiB
    ("unfold", (64, 5, 5), (64, 64, 3, 3), {}),
    ("unfold", (3, 40, 40), (64, 3, 3, 3), {}),
    ("rows", (64, 40, 40), (64, 1, 3, 3), {"groups": 64}),
])
def test_the_library_chooses_as_the_appendix_says(monkeypatch, chosen, size, weight, how):
    taken = []
    for name in ("matmul", "fourier", "rows", "unfold", "winograd"):
        monkeypatch.setattr(ways, name, lambda *_, name=name: taken.append(name))
    functional.conv2d(np.ones(size, np.float32), np.ones(weight, np.float32), **how)
    assert set(taken) == {chosen}


def test_spectra_are_not_multiplied_where_one_number_would_spoil_all():
    x = np.ones((1, 40, 40))
    x[0, 20, 20] = np.nan
    y = functional.conv2d(x, np.ones((1, 1, 15, 15)))
    assert np.isnan(y).any() and np.isfinite(y).any()
