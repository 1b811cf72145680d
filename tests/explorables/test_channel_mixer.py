"""The channel mixer: in Python, and in a browser without a kernel."""

import re

import numpy as np
import pytest
from PIL import Image
from reader import check_phone, decoded, end_of_controls, queries, settled

from convlib import data, i18n
from convlib.explorables import ChannelMixer
from convlib.explorables.channel_mixer import PRESETS, SIDE
from convlib.explorables.photo import ABOVE, BELOW
from convlib.explorables.random import permutation

FILTERED = """([kind, filter]) => {
  const canvas = document.querySelector(`.cv-photo-frame:has([data-screen=${kind}]) canvas`);
  const copy = Object.assign(document.createElement("canvas"), { width: 170, height: 170 });
  const pen = copy.getContext("2d");
  pen.filter = filter;
  pen.drawImage(canvas, 0, 0);
  return copy.toDataURL();
}"""


def picture(page, kind="output", filter="none"):
    """The red, green and blue of a canvas, after one of the browser's own filters."""
    settled(page)
    return decoded(page.evaluate(FILTERED, [kind, filter]))[..., :3]


def displayed(mixer):
    """What the page should show, from 0 to 255, before it is rounded to whole numbers."""
    output = np.moveaxis(mixer.output, 0, -1)
    if len(mixer.output) == 1 and output.min() < 0:
        full = np.where(output < 0, BELOW, ABOVE)
        return 255 + (full - 255) * abs(output) / abs(output).max()
    shown = 255 * np.clip(output, 0, 1)
    if len(mixer.output) == 1:
        return np.repeat(shown, 3, axis=2)
    return np.pad(shown, [(0, 0), (0, 0), (0, 3 - len(mixer.output))])


def assert_same(ours, exact):
    """A canvas holds the nearest whole number, where float32 may not know which one is nearer."""
    assert abs(ours - exact).max() <= 0.5001


def at(mixer, row, column):
    return mixer.output[:, row, column]


def spelled(page):
    """The numbers of each line: weights and inputs in turn, the bias, the sum."""
    settled(page)
    lines = page.inner_text(".cv-mix-sums").replace("−", "-").splitlines()
    return [[float(v) for v in re.findall(r"-?\d+\.?\d*", line)] for line in lines]


# ---- in Python -----------------------------------------------------------------------------------

@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(image="camera"), TypeError, "has no image"),
    (dict(photo="camera"), ValueError, "photo"),
    (dict(preset="other"), ValueError, "preset"),
    (dict(matrix=np.ones((4, 3))), ValueError, "from 1 to 3"),
    (dict(matrix=np.ones((2, 2))), ValueError, "from 3 to 3"),
    (dict(matrix=[[0, 0, 5]]), ValueError, "from -4 to 4"),
    (dict(offset=[0]), ValueError, "offset"),
    (dict(angle=361), ValueError, "angle"),
    (dict(amount=-1), ValueError, "amount"),
    (dict(order="other"), ValueError, "order"),
    (dict(row=SIDE), ValueError, "row"),
    (dict(ask="none"), ValueError, "none of its questions: grey, shuffle"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        ChannelMixer(**state)


def test_the_photograph_is_the_data_s_own():
    blocks = data.photo("astronaut")[:, 1:511, 1:511].reshape(3, SIDE, 3, SIDE, 3)
    means = blocks.mean(axis=(2, 4))
    assert abs(ChannelMixer().input - means).max() <= 0.5001 / 255
    mixer = ChannelMixer()
    before = mixer.pixels
    mixer.photo = "coffee"
    assert mixer.pixels != before and "photo='coffee'" in repr(mixer)


def test_the_output_is_a_matrix_times_each_pixel():
    mixer = ChannelMixer(matrix=[[1, -2, 0.5], [0, 1, 3]], offset=[0.25, -1, 4])
    assert mixer.preset == "own" and mixer.weight.shape == (2, 3, 1, 1)
    expected = np.einsum("om,mrc->orc", mixer.matrix, mixer.input) + [[[0.25]], [[-1]]]
    assert np.allclose(mixer.output, expected, rtol=0, atol=1e-12)
    assert mixer.outside == np.mean(abs(expected - 0.5) > 0.5 + 1e-6)


def test_an_own_bias_keeps_a_preset_that_is_asked_for():
    assert ChannelMixer(preset="grey", offset=[1, 1, 1]).preset == "grey"


def test_presets_are_what_they_are_called():
    x = ChannelMixer(preset="identity").output
    assert np.array_equal(x, ChannelMixer().input)
    assert np.array_equal(ChannelMixer(preset="swap").output, x[::-1])
    assert np.allclose(ChannelMixer(preset="negative").output, 1 - x, atol=1e-15)
    assert np.allclose(ChannelMixer(preset="mean").output[0], x.mean(axis=0), atol=1e-15)
    assert np.allclose(ChannelMixer(preset="saturation", amount=1).output, x, atol=1e-15)
    assert np.ptp(ChannelMixer(preset="saturation", amount=0).output, axis=0).max() < 1e-15
    for angle in (0, 360):
        assert np.allclose(ChannelMixer(preset="hue", angle=angle).output, x, atol=1e-15)
    assert ChannelMixer(preset="grey").weight.sum() == pytest.approx(1, abs=1e-15)
    assert ChannelMixer(preset="redness").weight.sum() == 0


def test_a_random_order_is_one_order_of_all():
    order = permutation(3, SIDE * SIDE)
    assert np.array_equal(np.sort(order), np.arange(SIDE * SIDE))
    assert (order == np.arange(SIDE * SIDE)).sum() < 10
    assert np.array_equal(permutation(3, 1), [0])
    with pytest.raises(ValueError, match="seed=-1"):
        permutation(-1, 5)


def test_a_1x1_kernel_sees_no_neighbours():
    plain, shuffled, restored = (ChannelMixer(preset="hue", order=order, seed=5)
                                 for order in ("kept", "shuffled", "restored"))
    assert not np.array_equal(shuffled.input, plain.input)
    assert np.allclose(restored.output, plain.output, rtol=0, atol=1e-15)
    order = permutation(5, SIDE * SIDE)
    assert np.allclose(shuffled.output.reshape(3, -1), plain.output.reshape(3, -1)[:, order],
                       rtol=0, atol=1e-15)


# ---- on the page ---------------------------------------------------------------------------------

@pytest.mark.parametrize("state", [
    *(dict(preset=name) for name in PRESETS),
    dict(preset="hue", angle=250, photo="coffee", order="shuffled"),
    dict(preset="saturation", amount=0.3, photo="chelsea", order="restored", seed=9),
    dict(matrix=[[1, 0, 0.5], [0, -1, 0]], offset=[0, 1, 2], photo="retina"),
    dict(matrix=[[-1, 0, 0]], offset=[0.5, 0, 0], order="restored"),
], ids=str)
def test_the_page_shows_what_convlib_computes(mount, state):
    mixer = ChannelMixer(**state)
    page = mount(mixer)
    assert np.array_equal(picture(page, "input"),
                          np.rint(np.moveaxis(mixer.input, 0, -1) * 255))
    assert_same(picture(page), displayed(mixer))
    if mixer.order == "restored":
        assert "at most 0." in page.inner_text(".cv-mix-about")


@pytest.mark.parametrize(("state", "filter"), [
    (dict(preset="sepia"), "sepia(1)"),
    (dict(preset="saturation", amount=2.5), "saturate(2.5)"),
    (dict(preset="hue", angle=75), "hue-rotate(75deg)"),
    (dict(preset="hue", angle=210), "hue-rotate(210deg)"),
    (dict(preset="negative"), "invert(1)"),
])
def test_the_browsers_own_filters_agree(mount, state, filter):
    page = mount(ChannelMixer(**state))
    assert abs(picture(page) - picture(page, "input", filter)).max() <= 2


def test_presets_sliders_and_reset(mount):
    page = mount(ChannelMixer(), more=False)
    page.select_option("[data-state=preset]", label="hue rotation")
    settled(page)
    assert page.is_visible("[data-state=angle]") and not page.is_visible("[data-state=amount]")
    page.fill("[data-field=angle]", "30")
    page.press("[data-field=angle]", "Enter")
    assert_same(picture(page), displayed(ChannelMixer(preset="hue", angle=30)))
    assert "preset=hue" in page.url and "angle=30" in page.url
    page.select_option("[data-state=preset]", label="saturation")
    page.fill("[data-field=amount]", "0.25")
    page.press("[data-field=amount]", "Enter")
    assert_same(picture(page), displayed(ChannelMixer(preset="saturation", amount=0.25)))
    assert not page.is_visible("[data-state=angle]")
    page.focus("[data-state=amount]")
    page.keyboard.press("ArrowRight")
    settled(page)
    assert "amount=0.3" in page.url
    page.click("[data-action=reset]")
    settled(page)
    assert "?" not in page.url
    assert page.eval_on_selector("[data-state=preset]", "list => list.value") == "sepia"


def test_a_weight_and_a_bias_by_keyboard(mount):
    page = mount(ChannelMixer(preset="identity"))
    page.locator("[aria-label='weight'] [data-cell='0,1']").focus()
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("-.25")
    page.keyboard.press("Enter")
    page.locator("[aria-label='bias'] [data-cell='2,0']").focus()
    page.keyboard.type("0.125")
    page.keyboard.press("Enter")
    wanted = ChannelMixer(matrix=[[1, 0.5, 0], [0, -0.25, 0], [0, 0, 1]], offset=[0, 0, 0.125])
    assert_same(picture(page), displayed(wanted))
    assert "matrix=1,0.5,0;0,-0.25,0;0,0,1" in page.url and "offset=0,0,0.125" in page.url
    assert page.eval_on_selector("[data-state=preset]", "list => list.value") == "your own"
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    assert "bias of B′: give a number from -4 to 4" in page.inner_text(".cv-status")


def test_the_slider_holds_the_chosen_cell(mount):
    page = mount(ChannelMixer(preset="grey"))
    page.click("[aria-label='weight'] [data-cell='0,2']")
    settled(page)
    assert "B → y" in page.inner_text(".cv-row")
    assert page.input_value("[data-field=cell]") == "0.114"
    page.fill("[data-field=cell]", "-3")
    page.press("[data-field=cell]", "Enter")
    settled(page)
    assert "matrix=0.299,0.587,-3" in page.url
    assert "(blue)" in page.inner_text(".cv-mix-about")  # a sign has a colour
    page.focus("[data-state=cell]")
    page.keyboard.press("ArrowRight")
    settled(page)
    assert "matrix=0.299,0.587,-2.95" in page.url
    page.click("[aria-label='bias'] [data-cell='0,0']")
    page.fill("[data-field=cell]", "4")
    page.press("[data-field=cell]", "Enter")
    assert_same(picture(page), displayed(ChannelMixer(matrix=[[0.299, 0.587, -2.95]],
                                                      offset=[4, 0, 0])))


def test_channels_are_added_and_left_out(mount):
    page = mount(ChannelMixer(matrix=[[1, 1, 0]]))
    page.click("[data-state=count][data-value='3']")
    wanted = ChannelMixer(matrix=[[1, 1, 0], [0, 1, 0], [0, 0, 1]])
    assert_same(picture(page), displayed(wanted))
    page.click("[aria-label='weight'] [data-cell='2,2']")
    page.click("[data-state=count][data-value='1']")
    settled(page)  # the chosen cell is gone: the one above it is chosen
    assert "B → y" in page.inner_text(".cv-row") and "1×3×1×1" in page.inner_text(".cv")


def test_what_lies_outside_is_said(mount):
    mixer = ChannelMixer()
    about = mount(mixer).inner_text(".cv-mix-about")
    assert f"{100 * mixer.outside:.1f} % lie outside" in about
    assert f"0 to {mixer.output.max():.3f}" in about
    assert "All lie within 0 to 1" in mount(ChannelMixer(preset="grey")).inner_text(
        ".cv-mix-about")
    rare = ChannelMixer(photo="chelsea", preset="saturation", amount=1.06)
    assert 0 < rare.outside < 0.001
    assert "less than 0.1 %" in mount(rare).inner_text(".cv-mix-about")


# ---- one pixel -----------------------------------------------------------------------------------

def test_the_sum_behind_a_pixel(mount):
    mixer = ChannelMixer(preset="hue", row=0, column=169)
    page = mount(mixer, touch=True)

    def assert_spelled(row, column):
        x, w = mixer.input[:, row, column], mixer.weight[:, :, 0, 0]
        wanted = [[*np.ravel(list(zip(line, x, strict=True))), 0, y]
                  for line, y in zip(w, at(mixer, row, column), strict=True)]
        assert np.allclose(spelled(page), wanted, rtol=0, atol=0.00051)
        assert f"row {row}, column {column}" in page.inner_text(".cv-mix-pixel")

    assert_spelled(0, 169)
    page.focus("[data-screen=output]")
    page.keyboard.press("ArrowUp")  # there is no row above
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert_spelled(10, 168)
    assert "row=10" in page.url and "column=168" in page.url
    box = page.locator("[data-screen=output]").bounding_box()
    pixel = box["width"] / SIDE
    page.touchscreen.tap(box["x"] + 100.5 * pixel, box["y"] + 60.5 * pixel)
    assert_spelled(60, 100)
    page.fill("[data-field=row]", "7")
    page.press("[data-field=row]", "Enter")
    assert_spelled(7, 100)
    box = page.locator("[data-screen=output]").bounding_box()  # typing has scrolled the page
    page.mouse.move(box["x"] + 20.5 * pixel, box["y"] + 30.5 * pixel)
    assert_spelled(30, 20)  # a look, which is not kept
    assert "row=7" in page.url
    page.mouse.down()
    page.mouse.move(box["x"] + 25.5 * pixel, box["y"] + 33.5 * pixel)
    page.mouse.up()
    assert_spelled(33, 25)
    assert "row=33" in page.url and "column=25" in page.url


def test_a_shuffled_pixel_keeps_its_numbers_and_can_be_chosen(mount):
    page = mount(ChannelMixer(row=33, column=25))
    before = spelled(page)
    assert not page.is_visible("[data-value=restored]")  # it would give the answer away
    page.click("[data-value=shuffled]")
    assert spelled(page) == before
    place = int(np.argsort(permutation(0, SIDE * SIDE))[33 * SIDE + 25])
    mark = page.locator("[data-screen=input] .cv-photo-mark rect")
    assert (float(mark.get_attribute("y")), float(mark.get_attribute("x"))) == (
        place // SIDE - 0.5, place % SIDE - 0.5)
    page.focus("[data-screen=input]")
    page.keyboard.press("ArrowRight" if place % SIDE < SIDE - 1 else "ArrowLeft")
    settled(page)
    beside = place + (1 if place % SIDE < SIDE - 1 else -1)
    row, column = divmod(int(permutation(0, SIDE * SIDE)[beside]), SIDE)
    assert f"row={row}" in page.url and f"column={column}" in page.url
    page.click("[data-value=restored]")
    settled(page)
    marks = [page.locator(f"[data-screen={kind}] .cv-photo-mark rect").get_attribute("y")
             for kind in ("input", "output")]
    assert [float(y) for y in marks] == [beside // SIDE - 0.5, row - 0.5]


def test_the_swatches_have_the_pixels_colours(mount):
    page = mount(ChannelMixer(preset="redness"))
    for kind, swatch in zip(("input", "output"), page.locator(".cv-mix-swatch").all(), strict=True):
        colour = swatch.evaluate("node => getComputedStyle(node).backgroundColor")
        assert [int(v) for v in re.findall(r"\d+", colour)] == (
            picture(page, kind)[120, 60].tolist())


# ---- the reader's own, links, phones -------------------------------------------------------------

def test_an_own_photograph_in_colour_and_reset(mount, tmp_path):
    colours = np.zeros((300, 400, 3), np.uint8)
    colours[:, 200:] = 200, 100, 50
    Image.fromarray(colours).save(tmp_path / "own.png")
    page = mount(ChannelMixer(preset="swap"))  # which fails if anything is sent
    page.set_input_files("input[type=file]", tmp_path / "own.png")
    page.wait_for_timeout(300)
    assert np.all(picture(page, "input")[:, 100:] == [200, 100, 50])
    assert np.all(picture(page)[:, 100:] == [50, 100, 200])
    assert np.all(picture(page)[:, :70] == 0)
    page.click("[data-action=reset]")
    assert_same(picture(page), displayed(ChannelMixer(preset="swap")))


@pytest.mark.parametrize("query", queries("channel_mixer", [
    "matrix=<img src=x onerror=alert(1)>", "matrix=1,2", "matrix=5,0,0", "offset=1", "preset=other",
    "angle=-1", "amount=9", "order=other", "row=-1", "pixels=AAAA", "photo=coffee", "seed=3",
    "presets=1",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(ChannelMixer(), query)
    assert_same(picture(page), displayed(ChannelMixer()))
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("key", ["shuffle", "grey"])
def test_the_questions(mount, language, key):
    i18n.use(language)
    page = mount(ChannelMixer(ask=key), width=752, more=False)
    assert page.inner_text(".cv-ask-answer") == ""
    page.click("[data-choice='1']")
    settled(page)
    assert page.inner_text(".cv-ask-answer") and "channel_mixer" not in page.inner_text(".cv")
    # In a book's column the whole stays within its height, the answer included.
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


def test_acting_answers_the_question(mount):
    page = mount(ChannelMixer(ask="shuffle"), more=False)
    page.click("[data-value=shuffled]")
    settled(page)
    assert "Only the order" in page.inner_text(".cv-ask-answer")


@pytest.mark.parametrize("key", ["shuffle", "grey"])
def test_the_answers_hold(key):
    if key == "shuffle":
        restored, plain = (ChannelMixer(order=order).output for order in ("restored", "kept"))
        assert np.allclose(restored, plain, rtol=0, atol=1e-15)
    else:
        sums = [np.sum(row) for row in ([1 / 3] * 3, [1, -0.5, -0.5], [1, 0, 0])]
        assert [total == 0 for total in sums] == [False, True, False]


def test_a_phone_shows_controls_and_effect_on_one_screen(mount):
    page = mount(ChannelMixer(), width=390, more=False)
    assert end_of_controls(page, ".cv-body") <= 700


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    page = mount(ChannelMixer(preset="hue", order="restored"), width=390, dark=dark, reduced=True)
    check_phone(page, "channel_mixer", language)


def test_the_still_has_photograph_matrix_and_output():
    text = ChannelMixer(preset="redness").still()
    assert text.count("<image") == 2 and text.count("cv-board-cell") == 4 and "−0.5" in text
    assert len(ChannelMixer().page_html()) < 180_000
