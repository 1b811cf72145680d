"""Receptive fields of networks: in Python, and in a browser without a kernel."""

import re

import numpy as np
import pytest
from contrast import CONTRASTS
from PIL import Image
from reader import check_phone, end_of_controls, pixels, queries, settled, swipe

from convlib import i18n, receptive
from convlib.explorables import ReceptiveFields
from convlib.explorables.field_tables import NETWORKS, layer_table
from convlib.explorables.receptive_fields import LAST, SIDE
from convlib.networks import zoo
from convlib.networks.network import Sequential, measure

PLAIN = ("alexnet", "vgg16", "mobilenet", "context")  # without branches


def texts(fields):
    """Return the numbers as the page should show them."""
    layers, index = fields.layers, min(fields.layer, len(fields.layers) - 1)
    before = layers[layers[index]["after"]]["size"] if index else fields.size

    def percent(share):
        return "< 0.1 %" if 1e-9 < share < 0.0005 else f"{round(100 * share, 1):g} %"

    return {
        "field": f"{fields.size}×{fields.size}", "adds": str(fields.size - before),
        "jump": str(fields.jump), "map": f"{fields.output_size}×{fields.output_size}",
        "output": "{}, {}".format(*fields.output), "padding": percent(fields.padding_share),
        "std": f"{fields.std:.1f}", "middle": percent(fields.middle_share),
        "lost": percent(fields.lost_share)}


def shown(page):
    settled(page)
    return dict(page.eval_on_selector_all(
        "[data-value]", "all => all.map(one => [one.dataset.value, one.textContent])"))


def check_shown(page, **state):
    """Check the numbers and the shading of a state."""
    fields = ReceptiveFields(**state)
    assert shown(page) == texts(fields)
    opacity = pixels(page, ".cv-fields-view canvas.cv-answer")[..., 3]
    weights = fields.weights
    assert abs(opacity - 255 * 0.8 * weights / weights.max()).max() <= 0.51


# ---- in Python -----------------------------------------------------------------------------------

@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(stride=2), TypeError, "has no stride"),
    (dict(network="vgg19"), ValueError, "network"),
    (dict(layer=LAST + 1), ValueError, "layer"),
    (dict(row=SIDE), ValueError, "row"),
    (dict(photo="lena"), ValueError, "photo"),
    (dict(ask="none"), ValueError, "none of its questions: centre"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        ReceptiveFields(**state)


def test_the_tables_are_the_networks_own():
    assert max(len(layer_table(name)) for name in NETWORKS) == LAST + 1
    sizes = {name: [layer["size"] for layer in layer_table(name)] for name in NETWORKS}
    for name, network, block in (("vgg16", zoo.vgg16(), "conv5"),
                                 ("resnet50", zoo.resnet(), "conv5"),
                                 ("mobilenet", zoo.mobilenet_v1(), "features"),
                                 ("alexnet", zoo.alexnet_torchvision(), "features")):
        row, last = network[block], layer_table(name)[-1]
        assert network.input_shape[1] == NETWORKS[name]
        assert (last["size"], last["count"]) == (row.receptive_field, row.shape[1])
        assert (last["jump"], last["centre"]) == (row.fields[0].jump, row.fields[0].offset)
    assert sizes["context"] == [1, 3, 5, 9, 17, 33, 65, 67]
    assert sizes["alexnet"] == [1, 11, 19, 51, 67, 99, 131, 163, 195]
    assert sizes["deeplab"][-4:] == [427 + 16 * 2 * rate for rate in (6, 12, 18, 18)]


def test_the_spread_of_branches_is_the_networks_own():
    parts = zoo.resnet().layers.layers
    for blocks, layer in ((3, 5), (4, 9), (6, 18)):  # up to conv2, conv3, conv5
        row = measure(Sequential(*parts[:blocks]), (3, 224, 224))
        assert layer_table("resnet50")[layer]["std"] == pytest.approx(row.effective_field().std)


def test_dilation_in_place_of_strides_keeps_the_field():
    for strided, dilated in zip(*map(layer_table, ("resnet50", "resnet50_os8")), strict=True):
        assert dilated["jump"] == min(strided["jump"], 8)
        assert (dilated["size"], dilated["first"]) == (strided["size"], strided["first"])
        assert dilated["std"] == pytest.approx(strided["std"])
    # Where nothing is lost in padding, both weigh every input alike.
    one, other = (ReceptiveFields(network=name, layer=12, row=96, column=96)
                  for name in ("resnet50", "resnet50_os8"))
    assert one.span == other.span and max(one.lost_share, other.lost_share) < 1e-12
    assert np.allclose(one.weights, other.weights, atol=1e-12)


@pytest.mark.parametrize("network", PLAIN)
def test_weights_inside_are_convlibs_effective_field(network):
    fields = ReceptiveFields(network=network, layer=5)
    assert fields.lost_share < 1e-12
    windows = [receptive.conv_window(k, stride=s, padding=p, dilation=d)
               for layer in fields.layers[1:6] for (k, s, p, d), in layer["branches"]]
    line = receptive.effective_receptive_field(windows, fields.output[0])
    assert (line.first, len(line.weights)) == (fields.span[0][0], fields.size)
    (top, bottom), (left, right) = fields.span
    assert np.allclose(fields.weights[top:bottom + 1, left:right + 1],
                       np.outer(line.weights, line.weights), atol=1e-15)
    assert fields.weights.sum() == pytest.approx(1) and fields.std == pytest.approx(line.std)
    # Half the width: on either side a quarter of the size.
    if fields.size % 4 == 0:
        assert fields.middle_share == pytest.approx(line.share(fields.size / 4) ** 2)


def test_padding_takes_area_and_weight():
    corner = ReceptiveFields(network="vgg16", row=0, column=0)
    assert corner.output == (0, 0) and corner.span == ((-90, 121), (-90, 121))
    assert corner.padding_share == 1 - (122 / 212) ** 2
    assert corner.lost_share + corner.weights.sum() == pytest.approx(1)
    assert corner.lost_share > 0.5


def test_the_answer_is_what_convlib_computes():
    fields, labels = ReceptiveFields(ask="centre"), ReceptiveFields().labels
    assert (fields.size, fields.padding_share) == (212, 0) and "212×212" in labels[
        "receptive_fields.ask.centre"]
    choices = [int(labels[f"receptive_fields.ask.centre.{i}"].split()[0]) for i in (1, 2, 3, 4)]
    nearest = min(choices, key=lambda choice: abs(choice - 100 * fields.middle_share))
    assert abs(nearest - 100 * fields.middle_share) < 0.5
    assert f"About {nearest} %" in labels["receptive_fields.ask.centre.answer"]


def test_the_still_shows_the_frame_and_the_page_stays_small():
    for network in NETWORKS:
        picture = ReceptiveFields(network=network, row=0, column=200).still()
        frame = re.search(r'<rect x="(.*?)" y="(.*?)" width="(.*?)" height="(.*?)"', picture)
        x, y, width, height = map(float, frame.groups())
        assert x + width <= 260.1 and y + height <= 278.1 and width == height
    assert len(ReceptiveFields().page_html()) < 140_000


# ---- in a browser --------------------------------------------------------------------------------

def click(page, row, column, size=224):
    """Press on a place of the photograph, given in inputs."""
    box = page.locator(".cv-fields-view canvas").first.bounding_box()
    unit = box["width"] / size
    page.mouse.click(box["x"] + (column + 0.5) * unit, box["y"] + (row + 0.5) * unit)


def test_mouse_keyboard_player_and_reset(mount):
    page = mount(ReceptiveFields())
    photograph = pixels(page, ".cv-fields-view canvas")[..., 0]
    assert np.array_equal(photograph, ReceptiveFields().image)
    check_shown(page)
    click(page, 5, 218)
    check_shown(page, row=5, column=218)
    page.focus(".cv-fields-view svg")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    assert shown(page)["output"] == "1, 5"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert shown(page)["output"] == "0, 5"  # there is no row above
    for network in NETWORKS:
        page.select_option("[data-state=network]", index=list(NETWORKS).index(network))
        settled(page)
        place = {name: int(page.input_value(f"[data-field={name}]")) for name in ("row", "column")}
        assert int(page.input_value("[data-field=layer]")) == len(layer_table(network)) - 1
        check_shown(page, network=network, **place)
    assert "network=context" in page.url and "layer=7" in page.url
    page.click("[data-action=start]")
    assert shown(page)["field"] == "1×1"
    page.click("[data-action=forward]")
    check_shown(page, network="context", layer=1, **place)
    page.fill("[data-field=layer]", "8")
    page.press("[data-field=layer]", "Enter")
    assert "from 0 to 7" in page.inner_text(".cv-status")
    page.fill("[data-field=row]", "224")
    page.press("[data-field=row]", "Enter")
    assert "from 0 to 223" in page.inner_text(".cv-status")
    page.click("[data-action=reset]")
    check_shown(page)
    assert "?" not in page.url


@pytest.mark.parametrize("network", ["deeplab", "context"])
def test_keys_never_stick_where_outputs_lie_closer_than_pixels_or_farther(mount, network):
    page = mount(ReceptiveFields(network=network, layer=1))
    page.focus(".cv-fields-view svg")
    before = [int(v) for v in shown(page)["output"].split(", ")]
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    row, column = (int(v) for v in shown(page)["output"].split(", "))
    assert row == before[0] and 6 <= column - before[1] <= 12
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    assert abs(int(shown(page)["output"].split(", ")[1]) - before[1]) <= 3


@pytest.mark.parametrize("query", queries("receptive_fields", [
    "network=vgg19", "layer=-1", "row=224", "photo=coffee", "networks=1",
    "column=<img src=x onerror=alert(1)>",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(ReceptiveFields(), query)
    check_shown(page)
    assert page.locator("img").count() == 0


def test_a_link_beyond_the_last_layer_shows_the_last(mount):
    page = mount(ReceptiveFields(), "?receptive_fields.network=alexnet&receptive_fields.layer=22")
    check_shown(page, network="alexnet")
    assert page.input_value("[data-field=layer]") == "8"


def test_an_own_photograph_stays_and_reset_lets_it_go(mount, tmp_path):
    Image.new("RGB", (300, 260), (90, 90, 90)).save(tmp_path / "own.png")
    page = mount(ReceptiveFields())  # which fails if anything is sent
    page.set_input_files("input[type=file]", tmp_path / "own.png")
    page.wait_for_timeout(300)
    settled(page)
    assert np.all(pixels(page, ".cv-fields-view canvas")[..., 0] == 90)
    page.click("[data-action=reset]")
    settled(page)
    assert np.array_equal(pixels(page, ".cv-fields-view canvas")[..., 0], ReceptiveFields().image)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_question(mount, language):
    i18n.use(language)
    page = mount(ReceptiveFields(ask="centre"), width=752, more=False)
    hidden = ["[data-value=middle]", "[data-value=std]", ".cv-fields-profile",
              ".cv-fields-middle", ".cv-fields-view canvas.cv-answer"]
    assert not any(page.is_visible(part) for part in hidden)
    assert page.inner_text(".cv-ask-answer") == ""
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600
    page.click("[data-choice='4']")
    settled(page)
    assert all(page.is_visible(part) for part in hidden)
    assert "90" in page.inner_text(".cv-ask-answer")
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages_by_touch(mount, language, dark):
    i18n.use(language)
    page = mount(ReceptiveFields(network="deeplab", layer=19), width=390, dark=dark, reduced=True,
                 touch=True, more=False)
    assert end_of_controls(page, ".cv-body") <= 720
    box = page.locator(".cv-fields-view canvas").first.bounding_box()
    page.touchscreen.tap(box["x"] + 20, box["y"] + 30)
    settled(page)
    state = {name: int(re.search(rf"\.{name}=(\d+)", page.url)[1]) for name in ("row", "column")}
    unit = box["width"] / SIDE
    assert abs(state["column"] - 20 / unit) <= 1.5 and abs(state["row"] - 30 / unit) <= 1.5
    handle = page.locator(".cv-fields-knob").bounding_box()
    swipe(page, handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2, right=60)
    settled(page)
    moved = int(re.search(r"\.column=(\d+)", page.url)[1])
    assert abs(moved - state["column"] - 60 / unit) <= 16  # the dot stands on an output's centre
    page.locator(".cv-more > summary").tap()
    check_phone(page, "receptive_fields", language)
    assert [text for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []
