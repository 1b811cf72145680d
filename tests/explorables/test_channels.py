"""Channels: in Python, and in a browser without a kernel."""


import numpy as np
import pytest
from contrast import CONTRASTS
from reader import check_phone, queries, settled

from convlib import functional, i18n
from convlib.explorables import Channels


def outputs(page):
    """The maps of all filters as the page shows them."""
    maps = page.eval_on_selector_all(
        ".cv-chan-map:not([style*=none])",
        "maps => maps.map(map => [...map.querySelectorAll('[data-cell]')]"
        ".map(cell => cell.children[1].textContent))")
    return np.array([[float(v.replace("−", "-")) for v in one] for one in maps]).reshape(-1, 3, 3)


def played(page):
    """The text of the last line that the sum's steps have brought, and how many maps there are."""
    settled(page)
    return page.inner_text(".cv-chan-sum"), page.locator(".cv-chan-map:not([style*=none])").count()


def cell(page, i, row, column):
    return page.locator(f"[data-filter='{i}'] [data-cell='{row},{column}']")


@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(channels=3), TypeError, "has no channels"),
    (dict(in_channels=4), ValueError, "in_channels"),
    (dict(out_channels=0), ValueError, "out_channels"),
    (dict(row=3), ValueError, "row"),
    (dict(seed=-1), ValueError, "seed"),
    (dict(step=13), ValueError, "step"),
    (dict(bias=[1]), ValueError, "bias has length 1"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        Channels(**state)


@pytest.mark.parametrize("state", [
    dict(), dict(in_channels=1, out_channels=3, seed=12), dict(out_channels=1, bias=[-4, 0, 0]),
])
def test_the_page_shows_what_convlib_computes(mount, state):
    page = mount(Channels(step=12, **state))
    assert np.array_equal(outputs(page), Channels(**state).output)
    assert page.locator(".cv-chan-row:not([style*=none])").count() == Channels(**state).in_channels


def test_choosing_a_cell_spells_its_sum(mount):
    page = mount(Channels(step=8))
    cell(page, 1, 2, 1).click()
    page.mouse.move(2, 2)
    settled(page)
    channels = Channels()
    parts = [np.sum(channels.input[c, 2:5, 1:4] * channels.weight[1, c]) for c in range(3)]
    text = page.inner_text(".cv-chan-sum").replace("−", "-")
    products = page.inner_text(".cv-chan-outputs .cv-chan-products").replace("−", "-")
    wanted = " + ".join(f"({part:g})" if part < 0 else f"{part:g}" for part in parts)
    assert text == (f"y[1, 2, 1] = {wanted} + bias {channels.bias[1]:g} = "
                    f"{channels.output[1, 2, 1]:g}")
    assert [float(line.rsplit("= ")[1]) for line in products.splitlines()] == parts
    assert {"channels.row=2", "channels.column=1", "channels.filter=1"} <= set(
        page.url.split("?")[1].split("&"))


def test_it_opens_undecided(mount):
    page = mount(Channels(), more=False)
    assert played(page) == ("", 0)  # neither a sum nor how many maps there will be
    numbers = page.locator(".cv-chan-row [aria-label*=part] text:not(.cv-board-small)")
    assert set(numbers.all_text_contents()) == {""}
    assert not page.locator(".cv-chan-shapes").is_visible()


def test_steps_build_the_sum_channel_by_channel(mount):
    page = mount(Channels())
    channels = Channels()
    seen = []
    for _ in range(8):
        page.click("[data-action=forward]")
        seen.append((*played(page), outputs(page)[-1]))
    for filter, steps in enumerate((seen[:4], seen[4:])):
        for count, (text, maps, values) in enumerate(steps, 1):
            assert maps == filter + 1 and text.startswith(f"y[{filter}, 0, 0] = ")
            assert text.endswith(" + …") == (count < 4)
            some = slice(0, min(count, 3))
            sums = functional.conv2d(channels.input[some], channels.weight[[filter], some])[0]
            assert np.array_equal(values, sums if count < 4 else channels.output[filter])
    page.click("[data-action=start]")
    assert played(page) == ("", 0)


def test_play_runs_to_the_end(mount):
    page = mount(Channels(in_channels=1, out_channels=1), reduced=False)
    page.click("[data-action=play]")
    page.wait_for_function("document.querySelector('[data-action=play]').textContent === '▶'")
    assert np.array_equal(outputs(page), Channels(in_channels=1, out_channels=1).output)


def test_the_question_is_answered_by_choosing(mount):
    page = mount(Channels(ask="maps", step=8))
    assert not page.locator(".cv-chan-maps").is_visible()
    assert not page.locator(".cv-chan-shapes").is_visible()
    page.click("[data-choice='2']")
    assert page.locator(".cv-chan-maps").is_visible()
    assert "One per filter" in page.inner_text(".cv-ask-answer")


@pytest.mark.parametrize("dark", [False, True])
def test_half_a_sum_can_be_read(mount, dark):
    page = mount(Channels(step=6), dark=dark, reduced=True)
    assert [text for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []


def test_complete_sums_stay_complete(mount):
    page = mount(Channels(step=8))
    page.focus("[data-state=out_channels]")
    page.keyboard.press("End")
    settled(page)
    assert np.array_equal(outputs(page), Channels(out_channels=3).output)


def test_on_a_phone_the_player_and_what_it_does_are_on_one_screen(mount):
    page = mount(Channels(ask="maps"), width=390, touch=True, more=False)
    page.set_viewport_size({"width": 390, "height": 844})
    player = page.locator(".cv-player").bounding_box()
    assert player["y"] + player["height"] <= 844  # with the title at the top, and nothing answered
    for _ in range(5):
        page.tap("[data-action=forward]")
    settled(page)
    top = page.locator(".cv-player").bounding_box()["y"]
    effect = page.locator(".cv-chan-sum").bounding_box()
    assert 0 < effect["y"] + effect["height"] - top <= 700
    controls = page.locator("[data-state=in_channels]").bounding_box()
    assert effect["y"] + effect["height"] <= controls["y"]


def test_a_screen_reader_hears_of_which_board_a_cell_is(mount):
    page = mount(Channels(step=8), more=False)
    names = page.eval_on_selector_all(
        "[data-cell]", "all => all.filter(e => e.checkVisibility()).map(e => e.ariaLabel)")
    assert len(names) == (3 + 2) * 9 == len(set(names))
    channels = Channels()
    value = f"{channels.output[1, 2, 0]:g}".replace("-", "−")
    assert f"output of filter 1 [2, 0] = {value}" in names
    part = np.sum(channels.input[2, :3, 1:4] * channels.weight[0, 2])
    assert f"part of channel 2 [0, 1] = {part:g}".replace("-", "−") in names


def test_the_column_of_a_page_holds_it(mount):
    page = mount(Channels(ask="maps"), width=760, more=False)
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600
    boxes = [page.locator(place).bounding_box() for place in
             (".cv-player", "[data-state=in_channels]", "[data-state=out_channels]")]
    middles = [box["y"] + box["height"] / 2 for box in boxes]
    assert max(middles) - min(middles) < 10  # one row of controls


def test_steps_do_not_move_the_buttons(mount):
    page = mount(Channels(), width=390)
    places = []
    for action in ("forward", "forward", "end", "start"):
        page.click(f"[data-action={action}]")
        settled(page)
        places.append(page.locator(".cv-player").bounding_box()["y"])
    assert len(set(places)) == 1


def test_controls(mount):
    page = mount(Channels(step=8))
    page.focus("[data-state=in_channels]")
    page.keyboard.press("ArrowLeft")
    page.focus("[data-state=bias]")
    page.keyboard.press("ArrowRight")
    page.click("[data-action=new-numbers]")
    settled(page)
    wanted = Channels(in_channels=2, seed=1, bias=[2, 0, -2])
    assert np.array_equal(outputs(page), wanted.output)
    assert "(2, 5, 5) ∗ (2, 2, 3, 3) + (2) = (2, 3, 3)" in page.inner_text(".cv-chan-shapes")
    assert f"= {wanted.weight.size + 2};" in page.inner_text(".cv-chan-shapes")
    page.click("[data-action=reset]")
    settled(page)
    assert np.array_equal(outputs(page), Channels().output)


def test_a_filter_that_goes_is_not_shown(mount):
    page = mount(Channels(out_channels=3, filter=2, step=12))
    page.focus("[data-state=out_channels]")
    page.keyboard.press("Home")
    settled(page)
    assert np.array_equal(outputs(page), Channels(out_channels=1).output)
    assert page.inner_text(".cv-chan-sum").startswith("y[0, ")


def test_keyboard_and_touch_choose(mount):
    page = mount(Channels(step=8), touch=True)
    page.focus("[data-filter='0'] [tabindex='0']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    settled(page)
    assert page.inner_text(".cv-chan-sum").startswith("y[0, 1, 2]")
    cell(page, 1, 0, 0).tap()
    settled(page)
    assert page.inner_text(".cv-chan-sum").startswith("y[1, 0, 0]")


@pytest.mark.parametrize("query", queries("channels", [
    "seed=<img src=x onerror=alert(1)>", "bias=1,2", "row=9", "in_channels=0", "filter=x",
    "seed=10000", "step=13",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(Channels(step=8), query)
    assert np.array_equal(outputs(page), Channels().output)
    assert page.locator("img").count() == 0


def test_a_link_restores_the_state(mount):
    page = mount(Channels(), "?channels.seed=5&channels.in_channels=1&channels.filter=1"
                 "&channels.step=12")
    assert np.array_equal(outputs(page), Channels(seed=5, in_channels=1).output)
    assert page.inner_text(".cv-chan-sum").startswith("y[1, ")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    page = mount(Channels(out_channels=3), width=390, dark=dark, reduced=True)
    check_phone(page, "channels", language)
