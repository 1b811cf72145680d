"""Channels: in Python, and in a browser without a kernel."""

import re

import numpy as np
import pytest

from convlib import i18n
from convlib.explorables import Channels


def settled(page):
    """Wait until the picture and the address have followed the state."""
    page.evaluate("new Promise((done) => setTimeout(() =>"
                  " requestAnimationFrame(() => requestAnimationFrame(done)), 200))")


def outputs(page):
    """The maps of all filters as the page shows them."""
    maps = page.eval_on_selector_all(
        ".cv-chan-map:not([style*=none])",
        "maps => maps.map(map => [...map.querySelectorAll('[data-cell]')]"
        ".map(cell => cell.children[1].textContent))")
    return np.array([[float(v.replace("−", "-")) for v in one] for one in maps]).reshape(-1, 3, 3)


def cell(page, i, row, column):
    return page.locator(f"[data-filter='{i}'] [data-cell='{row},{column}']")


@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(channels=3), TypeError, "has no channels"),
    (dict(in_channels=4), ValueError, "in_channels"),
    (dict(out_channels=0), ValueError, "out_channels"),
    (dict(row=3), ValueError, "row"),
    (dict(seed=-1), ValueError, "seed"),
    (dict(bias=[1]), ValueError, "bias has length 1"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        Channels(**state)


@pytest.mark.parametrize("state", [
    dict(), dict(in_channels=1, out_channels=3, seed=12), dict(out_channels=1, bias=[-4, 0, 0]),
])
def test_the_page_shows_what_convlib_computes(mount, state):
    page = mount(Channels(**state))
    assert np.array_equal(outputs(page), Channels(**state).output)
    assert page.locator(".cv-chan-row:not([style*=none])").count() == Channels(**state).in_channels


def test_choosing_a_cell_spells_its_sum(mount):
    page = mount(Channels())
    cell(page, 1, 2, 1).click()
    page.mouse.move(2, 2)
    settled(page)
    channels = Channels()
    parts = [np.sum(channels.input[c, 2:5, 1:4] * channels.weight[1, c]) for c in range(3)]
    text = page.inner_text(".cv-chan-sum").replace("−", "-")
    wanted = " + ".join(f"({part:g})" if part < 0 else f"{part:g}" for part in parts)
    assert text.startswith(f"out[1, 2, 1] = {wanted} + bias {channels.bias[1]:g} = ")
    assert text.splitlines()[0].endswith(f"= {channels.output[1, 2, 1]:g}")
    assert [float(line.rsplit("= ")[1]) for line in text.splitlines()[1:]] == parts
    assert {"channels.row=2", "channels.column=1", "channels.filter=1"} <= set(
        page.url.split("?")[1].split("&"))


def test_controls(mount):
    page = mount(Channels())
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
    page = mount(Channels(out_channels=3, filter=2))
    page.focus("[data-state=out_channels]")
    page.keyboard.press("Home")
    settled(page)
    assert np.array_equal(outputs(page), Channels(out_channels=1).output)
    assert page.inner_text(".cv-chan-sum").startswith("out[0, ")


def test_keyboard_and_touch_choose(mount):
    page = mount(Channels(), touch=True)
    page.focus("[data-filter='0'] [tabindex='0']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    settled(page)
    assert page.inner_text(".cv-chan-sum").startswith("out[0, 1, 2]")
    cell(page, 1, 0, 0).tap()
    settled(page)
    assert page.inner_text(".cv-chan-sum").startswith("out[1, 0, 0]")


@pytest.mark.parametrize("query", ["seed=<img src=x onerror=alert(1)>", "bias=1,2", "row=9",
                                   "in_channels=0", "filter=x", "seed=10000"])
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(Channels(), f"?channels.{query}")
    assert np.array_equal(outputs(page), Channels().output)
    assert page.locator("img").count() == 0


def test_a_link_restores_the_state(mount):
    page = mount(Channels(), "?channels.seed=5&channels.in_channels=1&channels.filter=1")
    assert np.array_equal(outputs(page), Channels(seed=5, in_channels=1).output)
    assert page.inner_text(".cv-chan-sum").startswith("out[1, ")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    page = mount(Channels(out_channels=3), width=390, dark=dark, reduced=True)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    text = page.inner_text(".cv")
    assert bool(re.search(r"[\u4e00-\u9fff]", text)) == (language == "zh")
    assert "channels." not in text and "explorable." not in text
