"""ConvVolume: in Python, and in a browser without a kernel."""

import re

import numpy as np
import pytest
from contrast import CONTRASTS
from reader import check_phone, queries, settled, swipe

from convlib import data, i18n
from convlib.explorables import ConvVolume
from convlib.explorables.conv_volume import KERNELS, volume_kernel


def state(page):
    """What the address says of the state."""
    settled(page)
    return dict(re.findall(r"conv_volume\.(\w+)=([\w.-]+)", page.url))


def value(page):
    """The sum that is spelled out, as (index, value)."""
    settled(page)
    text = page.inner_text(".cv-vol-value").replace("−", "-")
    return re.match(r"y\[(.*)\] = ([-\d.]+)", text).groups()


def slices(page, kind):
    """The pixels of all slices of a kind: arrays (rows, columns, 4)."""
    settled(page)
    shown = f".cv-vol-{kind}s .cv-vol-slice:not([style*=none]) canvas"
    found = page.eval_on_selector_all(shown, """
      all => all.map((c) => ({ shape: [c.height, c.width, 4],
        data: [...c.getContext("2d").getImageData(0, 0, c.width, c.height).data] }))""")
    return [np.reshape(each["data"], each["shape"]) for each in found]


def painted(volume, axis, at):
    """A slice of the output as it should be painted: blue, white, orange; depth goes up."""
    output = volume.output.reshape(-1, *volume.output.shape[-2:])
    signed = np.take(output, at, axis)[::-1 if axis else 1]
    full = np.where(signed[..., None] < 0, (59, 130, 196), (217, 116, 43))
    return 255 + (full - 255) * np.abs(signed)[..., None] / np.abs(output).max()


# ---- Python --------------------------------------------------------------------------------------

@pytest.mark.parametrize(("settings", "error", "text"), [
    (dict(channels=3), TypeError, "has no channels"),
    (dict(axes=1), ValueError, "axes"),
    (dict(kernel="sobel"), ValueError, "kernel"),
    (dict(kernel_size=8), ValueError, "kernel_size"),
    (dict(kernel_depth=15), ValueError, "kernel_depth"),
    (dict(in_channels=0), ValueError, "in_channels"),
    (dict(out_channels=17), ValueError, "out_channels"),
    (dict(step=2745), ValueError, "step"),
    (dict(ask="shape"), ValueError, "none of its questions: directions"),
])
def test_bad_state_is_named(settings, error, text):
    with pytest.raises(error, match=text):
        ConvVolume(**settings)


def test_depth_is_not_channels():
    flat, deep = ConvVolume(axes=2), ConvVolume(axes=3)
    assert (flat.weight_shape, flat.output_shape) == ((16, 14, 5, 5), (16, 10, 10))
    assert (deep.weight_shape, deep.output_shape) == ((16, 1, 5, 5, 5), (16, 10, 10, 10))
    more = ConvVolume(axes=3, in_channels=16, out_channels=8)
    assert (more.weight_shape, more.output_shape) == ((8, 16, 5, 5, 5), (8, 10, 10, 10))


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_as_deep_as_the_volume_gives_what_2d_gives(kernel):
    deep, flat = ConvVolume(kernel=kernel, kernel_depth=14), ConvVolume(kernel=kernel, axes=2)
    assert deep.output_shape == (16, 1, 10, 10)
    np.testing.assert_allclose(deep.output[:, 0], flat.output, atol=1e-9)


def test_kernels_find_what_their_names_say():
    ramp = np.broadcast_to(np.arange(5.0)[:, None, None], (5, 5, 5))
    sums = {name: [float(np.sum(volume_kernel(name, (5, 5, 5)) * np.moveaxis(ramp, 0, axis)))
                   for axis in range(3)] for name in KERNELS}
    assert sums["mean"] == pytest.approx([2, 2, 2])
    assert sums["blob"] == pytest.approx([0, 0, 0])
    for axis, name in enumerate(("edge_depth", "edge_height", "edge_width")):
        assert [abs(each) > 1e-9 for each in sums[name]] == [axis == i for i in range(3)]
    dot = np.zeros((5, 5, 5))
    dot[2, 2, 2] = 1
    assert np.sum(dot * volume_kernel("blob", (5, 5, 5))) > 0
    assert not volume_kernel("edge_depth", (1, 5, 5)).any()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("axes", "pictures"), [(2, 4), (3, 6)])
def test_still_shows_a_map_or_a_volume(language, axes, pictures):
    i18n.use(language)
    still = ConvVolume(axes=axes).still()
    assert still.count("<image") == pictures and "conv_volume." not in still
    assert str(ConvVolume(axes=axes).output_shape) in still


# ---- what the page computes ----------------------------------------------------------------------

@pytest.mark.parametrize("settings", [
    dict(), dict(axes=2), dict(kernel="blob", kernel_size=4, kernel_depth=9),
    dict(axes=2, kernel="edge_depth", kernel_size=7), dict(kernel_depth=14),
])
def test_the_page_shows_what_convlib_computes(mount, settings):
    volume = ConvVolume(step=2744, **settings)
    page = mount(volume)
    shape = volume.output.reshape(-1, *volume.output.shape[-2:]).shape
    place = [min(4, n - 1) for n in shape]
    shown = slices(page, "output")
    assert len(shown) == (3 if volume.axes == 3 else 1)
    for axis, pixels in enumerate(shown):
        assert np.abs(pixels[..., :3] - painted(volume, axis, place[axis])).max() <= 1
        assert (pixels[..., 3] == 255).all()
    at = place[3 - volume.axes:]
    assert value(page) == (", ".join(map(str, (0, *at))),
                           f"{round(volume.output[(0, *at)], 4):g}" if abs(
                               volume.output[(0, *at)]) >= 1e-4 else "0")
    sizes = page.inner_text(".cv-vol-sizes")
    assert f"{volume.input_shape} ∗ {volume.weight_shape} → {volume.output_shape}" in sizes
    costs = page.inner_text(".cv-vol-costs")
    assert f"= {volume.layer.parameters:,};" in costs
    assert costs.endswith(f"= {volume.layer.macs(volume.input_shape):,}")


def test_the_input_is_the_brain(mount):
    brain = np.rint(data.small_brain() * 255)
    lying, facing, sideways = slices(mount(ConvVolume()), "input")
    for pixels, wanted in ((lying, brain[6]), (facing, brain[::-1, 6]),
                           (sideways, brain[::-1, :, 6])):
        assert np.array_equal(pixels[..., 0], wanted)


def test_it_opens_undecided(mount):
    page = mount(ConvVolume(ask="directions"), more=False)
    for hidden in (".cv-vol-outputs", ".cv-vol-out", ".cv-vol-sizes", ".cv-vol-value",
                   ".cv-vol-costs"):
        assert not page.locator(hidden).is_visible()
    arrows = page.eval_on_selector_all(".cv-vol-block tspan.cv-answer",
                                       "all => all.map(e => getComputedStyle(e).visibility)")
    assert set(arrows) == {"hidden"}
    assert page.inner_text(".cv-ask-answer") == ""


def test_the_question_is_answered_by_choosing(mount):
    page = mount(ConvVolume(ask="directions"))
    page.click("[data-choice='2']")
    assert page.locator(".cv-vol-outputs").is_visible()
    assert "16 volumes in 3D" in page.inner_text(".cv-ask-answer")


# ---- growing -------------------------------------------------------------------------------------

def test_the_output_grows_place_by_place(mount):
    page = mount(ConvVolume())
    lying, facing, _ = slices(page, "output")
    assert (lying[..., 3] > 0).sum() == 1  # where the kernel stands
    for _ in range(12):
        page.click("[data-action=forward]")
    lying, facing, _ = slices(page, "output")
    assert (lying[..., 3] > 0).sum() == 12 and (facing[..., 3] > 0).sum() == 2
    assert value(page)[0] == "0, 0, 1, 1" and state(page)["step"] == "12"
    page.click("[data-action=end]")
    assert all((each[..., 3] == 255).all() for each in slices(page, "output"))
    assert value(page)[0] == "0, 9, 9, 9"
    page.click("[data-action=start]")
    assert value(page)[0] == "0, 0, 0, 0"


def test_play_runs_to_the_end(mount):
    page = mount(ConvVolume(axes=2, kernel_size=7))
    page.click("[data-action=play]")
    page.wait_for_function("document.querySelector('[data-action=play]').textContent === '▶'")
    assert state(page)["step"] == "64"


def test_a_complete_output_stays_complete(mount):
    page = mount(ConvVolume(step=1000))
    page.click("[data-state=axes][data-value='2']")
    assert state(page)["step"] == "100"
    page.click("[data-state=axes][data-value='3']")
    page.focus("[data-state=kernel_depth]")
    page.keyboard.press("ArrowLeft")
    settled(page)
    assert state(page).get("step") == "1100"
    assert all((each[..., 3] == 255).all() for each in slices(page, "output"))


# ---- moving --------------------------------------------------------------------------------------

@pytest.mark.parametrize(("axis", "keys", "index"), [
    (0, ["ArrowUp", "ArrowRight", "PageUp"], "0, 5, 3, 5"),
    (1, ["ArrowUp", "ArrowRight", "PageDown"], "0, 5, 5, 5"),
    (2, ["ArrowDown", "ArrowRight", "PageDown"], "0, 3, 5, 5"),
])
def test_keys_move_the_kernel_in_three_directions(mount, axis, keys, index):
    page = mount(ConvVolume())
    page.locator("[data-slice=input]").nth(axis).focus()
    for key in keys:
        page.keyboard.press(key)
    assert value(page)[0] == index


def test_in_2d_the_kernel_does_not_move_along_depth(mount):
    page = mount(ConvVolume(axes=2))
    page.locator("[data-slice=input]").nth(0).focus()
    page.keyboard.press("PageUp")
    assert "does not move along depth" in page.inner_text(".cv-status")
    page.keyboard.press("ArrowDown")
    assert value(page)[0] == "0, 5, 4" and page.inner_text(".cv-status") == ""


def test_the_mouse_drags_in_every_slice(mount):
    page = mount(ConvVolume())
    for axis, index in enumerate(("0, 4, 0, 9", "0, 9, 0, 9", "0, 9, 9, 9")):
        box = page.locator("[data-slice=input]").nth(axis).bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        right = box["x"] + box["width"] - 3
        page.mouse.move(right, box["y"] + 3, steps=4)
        page.mouse.up()
        assert value(page)[0] == index
    output = page.locator("[data-slice=output]").nth(0)
    output.click(position={"x": 5, "y": 5})
    assert value(page)[0] == "0, 9, 0, 0"


def test_a_finger_taps_or_drags_the_handle(mount):
    page = mount(ConvVolume(), width=390, touch=True)
    box = page.locator("[data-slice=input]").nth(1).bounding_box()
    page.touchscreen.tap(box["x"] + 3, box["y"] + 3)
    assert value(page)[0] == "0, 9, 4, 0"
    knob = page.locator(".cv-vol-touch").nth(0).bounding_box()
    x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
    cell = box["width"] / 14
    swipe(page, x, y, right=4 * cell)
    assert value(page)[0] == "0, 9, 4, 4"


# ---- controls and links --------------------------------------------------------------------------

def test_channels_change_shapes_and_not_the_directions(mount):
    page = mount(ConvVolume())
    for name, number in (("in_channels", "3"), ("out_channels", "8")):
        field = page.locator(f"[data-field={name}]")
        field.fill(number)
        field.press("Enter")
    settled(page)
    volume = ConvVolume(in_channels=3, out_channels=8)
    sizes = page.inner_text(".cv-vol-sizes")
    assert f"{volume.input_shape} ∗ {volume.weight_shape} → {volume.output_shape}" in sizes
    assert "3 directions: 10·10·10 = 1,000 places" in sizes
    assert "channel 0's part" in page.inner_text(".cv-vol-value")
    page.click("[data-state=axes][data-value='2']")
    settled(page)
    assert "(8, 42, 5, 5)" in page.inner_text(".cv-vol-sizes")
    assert "2 directions: 10·10 = 100 places" in page.inner_text(".cv-vol-sizes")
    page.click("[data-action=reset]")
    settled(page)
    assert str(ConvVolume().weight_shape) in page.inner_text(".cv-vol-sizes")


def test_a_kernel_that_can_see_no_change_says_so(mount):
    page = mount(ConvVolume(kernel="edge_depth", kernel_depth=1))
    assert "All weights are 0" in page.inner_text(".cv-more")
    page.locator("[data-state=kernel]").select_option(index=0)
    settled(page)
    assert "All weights are 0" not in page.inner_text(".cv-more")
    assert page.locator(".cv-vol-weights canvas").count() == 1


def test_a_place_that_goes_shows_the_last(mount):
    page = mount(ConvVolume(depth=9, row=9, column=9))
    page.focus("[data-state=kernel_size]")
    page.keyboard.press("End")
    assert value(page)[0] == "0, 9, 7, 7"


@pytest.mark.parametrize("query", queries("conv_volume", [
    "axes=4", "kernel=<img src=x>", "kernel_size=0", "step=2745", "depth=-1", "voxels=AAAA",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(ConvVolume(), query)
    assert value(page)[0] == "0, 4, 4, 4" and page.locator("img").count() == 0
    assert len(slices(page, "output")) == 3


def test_a_link_restores_the_state(mount):
    page = mount(ConvVolume(ask="directions"), "?conv_volume.axes=2&conv_volume.kernel=mean"
                 "&conv_volume.row=7&conv_volume.step=50")
    assert value(page) == ("0, 7, 4", f"{ConvVolume(axes=2, kernel='mean').output[0, 7, 4]:.4f}")
    shown, = slices(page, "output")
    assert (shown[..., 3] > 0).sum() == 51 and page.locator(".cv-vol-outputs").is_visible()


# ---- to be read ----------------------------------------------------------------------------------

@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    page = mount(ConvVolume(step=300, in_channels=2), width=390, dark=dark, reduced=True)
    check_phone(page, "conv_volume", language)
    assert [text for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []


def test_on_a_phone_the_player_and_what_it_does_are_on_one_screen(mount):
    page = mount(ConvVolume(), width=390, touch=True, more=False)
    top = page.locator(".cv-vol-stage").bounding_box()["y"]
    player = page.locator(".cv-player").bounding_box()
    assert player["y"] + player["height"] - top <= 700


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_column_of_a_page_holds_it(mount, language):
    i18n.use(language)
    page = mount(ConvVolume(ask="directions"), width=760, more=False)
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600
    boxes = [page.locator(place).bounding_box() for place in
             (".cv-player", "[data-value='2']", "[data-state=kernel]")]
    middles = [box["y"] + box["height"] / 2 for box in boxes]
    assert max(middles) - min(middles) < 10  # one row of controls


@pytest.mark.parametrize("width", [760, 390])
def test_neither_steps_nor_2d_move_the_buttons(mount, width):
    page = mount(ConvVolume(), width=width)
    places = []
    for action in ("[data-action=forward]", "[data-action=end]", "[data-value='2']",
                   "[data-action=start]"):
        page.click(action)
        settled(page)
        places.append(page.locator(".cv-player").bounding_box()["y"])
    assert max(places) - min(places) < 1


def test_the_still_of_a_question_leaves_its_answer_out():
    shown = ConvVolume(ask="directions").still()
    assert "(16, 1, 5, 5, 5)" in shown and "→" not in shown
    assert "→" in ConvVolume().still()
