"""Real data: shapes, ranges, and none of it fetched."""

import numpy as np
import pytest

from convlib import data


@pytest.mark.parametrize("name", data.PHOTOS)
def test_photos_are_real_pictures(name):
    picture = data.photo(name)
    assert picture.dtype == np.float64 and picture.ndim in (2, 3)
    assert picture.ndim == 2 or picture.shape[0] == 3
    assert 0 <= picture.min() < 0.3 < 0.7 < picture.max() <= 1
    picture[:] = 0  # a copy: the next reader gets the photograph
    assert data.photo(name).max() > 0.7


def test_an_unknown_photo_is_named():
    with pytest.raises(ValueError, match="'lena' is not a photograph: choose from astronaut"):
        data.photo("lena")


def test_ecg():
    assert data.ecg().shape == (1024,) and data.ecg().dtype == np.float64


def test_pnet_is_whole_and_a_copy():
    weights = data.pnet()
    sizes = {name: array.shape for name, array in weights.items() if name.endswith(".weight")}
    assert sizes == {
        "conv1.weight": (10, 3, 3, 3), "conv2.weight": (16, 10, 3, 3),
        "conv3.weight": (32, 16, 3, 3), "conv4_1.weight": (2, 32, 1, 1),
        "conv4_2.weight": (4, 32, 1, 1), "prelu1.weight": (10,), "prelu2.weight": (16,),
        "prelu3.weight": (32,),
    }
    assert {array.dtype for array in weights.values()} == {np.dtype("float32")}
    weights["conv1.weight"][:] = 0
    assert data.pnet()["conv1.weight"].any()
