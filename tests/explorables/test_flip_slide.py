"""Flip and slide: in Python, and in a browser without a kernel."""

import re

import numpy as np
import pytest

from convlib import i18n
from convlib.explorables import FlipAndSlide


def shown(page):
    return [float(v) for v in page.eval_on_selector_all(
        ".cv-flip-out", "bars => bars.map(bar => bar.dataset.value)")]


def settled(page):
    """Wait until the picture and the address have followed the state."""
    page.evaluate("new Promise((done) => setTimeout(() =>"
                  " requestAnimationFrame(() => requestAnimationFrame(done)), 200))")


@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(shift=1), TypeError, "has no shift"),
    (dict(f=[]), ValueError, "f has length 0"),
    (dict(f=[9]), ValueError, "from -4 to 4"),
    (dict(f=["1"]), ValueError, "numbers only"),
    (dict(f=[float("nan")]), ValueError, "from -4 to 4"),
    (dict(g=3), ValueError, "list or an array"),
    (dict(operation="other"), ValueError, "operation"),
    (dict(step=-1), ValueError, "step"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        FlipAndSlide(**state)


def test_python_side():
    explorable = FlipAndSlide(f=np.array([1, 2]), g=[3, 4, 2])
    assert repr(explorable) == "FlipAndSlide(f=[1.0, 2.0], g=[3.0, 4.0, 2.0])"
    assert explorable.result.tolist() == np.convolve([1, 2], [3, 4, 2]).tolist()
    explorable.operation = "cross-correlation"
    assert explorable.result.tolist() == np.correlate([1, 2], [3, 4, 2], "full").tolist()
    assert explorable.lags.tolist() == [-2, -1, 0, 1]
    content = re.search(r'json">(.*?)</script>', explorable.page_html())[1]
    assert "<" not in content  # no text of it can end the element


def test_switch_step_play_and_reset(mount):
    page = mount(FlipAndSlide(f=[1, 2, 0.5], g=[1, -2, 3]))
    full = np.convolve([1, 2, 0.5], [1, -2, 3])
    assert shown(page) == full.tolist()
    page.click("[data-action=back]")
    settled(page)
    assert "flip_slide.step=3" in page.url
    assert f"= {full[3]:g}".replace("-", "−") in page.inner_text(".cv-flip-sum")
    page.click("[data-value='cross-correlation']")
    settled(page)
    assert shown(page) == np.correlate([1, 2, 0.5], [1, -2, 3], "full").tolist()
    assert "operation=cross-correlation" in page.url
    page.click("[data-action=play]")
    page.wait_for_function("document.querySelector('.cv-flip-grip').ariaValueNow === '4'")
    page.click("[data-action=reset]")
    settled(page)
    assert shown(page) == full.tolist() and "operation" not in page.url


def test_keyboard(mount):
    page = mount(FlipAndSlide())
    page.focus(".cv-flip-grip")
    page.keyboard.press("ArrowRight")
    settled(page)
    assert page.get_attribute(".cv-flip-grip", "aria-valuenow") == "5"
    bar = page.locator(".cv-flip-draw [data-bar='0']").first
    bar.focus()
    page.keyboard.press("ArrowUp")
    settled(page)
    assert bar.get_attribute("aria-valuenow") == "0.5"
    assert shown(page) == np.convolve([0.5, 1, 2, 1, 0], [1, 2, 3, 4]).tolist()
    assert page.evaluate("document.activeElement.dataset.bar") == "0"


def test_drag_moves_g(mount):
    page = mount(FlipAndSlide())
    box = page.locator(".cv-flip-stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - box["width"] / 11 * 2, box["y"] + 80, steps=5)
    page.mouse.up()
    settled(page)
    assert page.get_attribute(".cv-flip-grip", "aria-valuenow") == "2"


def test_touch_sets_a_bar(mount):
    page = mount(FlipAndSlide(), width=390, touch=True)
    box = page.locator(".cv-flip-draw [data-bar='0'] .cv-flip-hit").first.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
    settled(page)
    assert float(page.get_attribute(".cv-flip-draw [data-bar='0']", "aria-valuenow")) > 2


def test_a_link_restores_the_state(mount):
    query = "?flip_slide.f=1,-0.5&flip_slide.g=2,3&flip_slide.operation=cross-correlation"
    page = mount(FlipAndSlide(), query)
    assert shown(page) == np.correlate([1, -0.5], [2, 3], "full").tolist()


@pytest.mark.parametrize("value", [
    "<img src=x onerror=alert(1)>", "1,2,", "9,9", "1e3", "NaN", "", "1," * 3000, "1,1" + ",1" * 20,
])
def test_an_invalid_link_is_passed_over(mount, value):
    page = mount(FlipAndSlide(), f"?flip_slide.f={value}&flip_slide.step=-1&flip_slide.operation=x")
    assert shown(page) == np.convolve([0, 1, 2, 1, 0], [1, 2, 3, 4]).tolist()
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    page = mount(FlipAndSlide(), width=390, dark=dark, reduced=True)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    text = page.inner_text(".cv")
    assert bool(re.search(r"[\u4e00-\u9fff]", text)) == (language == "zh")
    assert "flip_slide." not in text and "explorable." not in text
