"""The appendix on computing: what it times is what it shows, and no output of it is passed over."""

import importlib.util

import numpy as np
import pytest
from languages import ROOT, read

from convlib import functional

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
