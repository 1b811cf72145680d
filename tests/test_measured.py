"""What was measured is kept with its conditions, and read back as it was."""

import datetime

import numpy as np
import pytest

import measure
from convlib import measured


def test_written_and_read_back(tmp_path, monkeypatch):
    monkeypatch.setattr(measured, "FOLDER", tmp_path)
    measure.write("sums", {"ms": np.array([1.23456, 1200.4]), "best": np.int64(3), 5: ("a", 2e-9)},
                  folder=tmp_path)
    found = measured.load("sums")
    assert found["results"] == {"ms": [1.23, 1200.0], "best": 3, "5": ["a", 2e-9]}
    assert found["processor"] and found["cores"] >= 1
    assert found["versions"]["numpy"] == np.__version__
    assert datetime.date.fromisoformat(found["date"]) <= datetime.date.today()


def test_each_result_has_its_script():
    results = {path.stem for path in measure.RESULTS.glob("*.json")}
    assert results == {path.stem for path in measure.SCRIPTS.glob("*.py")}


def test_what_was_not_measured_is_named():
    with pytest.raises(ValueError, match="name='weather' was not measured"):
        measured.load("weather")
