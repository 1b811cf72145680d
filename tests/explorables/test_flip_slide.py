"""Flip and slide: in Python, and in a browser without a kernel."""

import re

import numpy as np
import pytest
from reader import check_phone, end_of_controls, settled, swipe

from convlib import i18n
from convlib.explorables import FlipAndSlide


def shown(page):
    return [float(v) for v in page.eval_on_selector_all(
        ".cv-flip-out", "bars => bars.map(bar => bar.dataset.value)")]


@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(shift=1), TypeError, "has no shift"),
    (dict(f=[]), ValueError, "f has length 0"),
    (dict(f=[9]), ValueError, "from -4 to 4"),
    (dict(f=["1"]), ValueError, "numbers only"),
    (dict(f=[float("nan")]), ValueError, "from -4 to 4"),
    (dict(g=3), ValueError, "list or an array"),
    (dict(operation="other"), ValueError, "operation"),
    (dict(n=-16), ValueError, "n"),
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


@pytest.mark.parametrize("operation", ["convolution", "cross-correlation"])
def test_the_still_picture_speaks_the_pages_language(operation):
    i18n.use("zh")
    picture = FlipAndSlide(operation=operation).still()
    assert i18n.t(f"flip_slide.{operation.replace('-', '_')}") in picture
    assert operation not in picture


def test_switch_step_play_and_reset(mount):
    page = mount(FlipAndSlide(f=[1, 2, 0.5], g=[1, -2, 3]))
    full = np.convolve([1, 2, 0.5], [1, -2, 3])
    assert shown(page) == full.tolist()
    page.click("[data-action=back]")
    settled(page)
    assert "flip_slide.n=2" in page.url
    assert f"= {full[2]:g}".replace("-", "−") in page.inner_text(".cv-flip-sum")
    page.click("[data-value='cross-correlation']")
    settled(page)
    assert shown(page) == np.correlate([1, 2, 0.5], [1, -2, 3], "full").tolist()
    assert "operation=cross-correlation" in page.url
    page.click("[data-action=play]")
    page.wait_for_function("document.querySelector('.cv-flip-handle').ariaValueNow === '0'")
    page.click("[data-action=reset]")
    settled(page)
    assert shown(page) == full.tolist() and "operation" not in page.url


def ghosts(page):
    return [float(v) for v in page.eval_on_selector_all(
        ".cv-flip-ghost", "ghosts => ghosts.map(ghost => ghost.dataset.value)")]


def at(page):
    """The n that is shown, as the handle says it."""
    settled(page)
    return int(page.get_attribute(".cv-flip-handle", "aria-valuenow"))


def test_switching_keeps_n_and_leaves_the_other_output_to_compare(mount):
    f, g = [0, 1, 2, 1, 0], [1, 2, 3, 4]
    page = mount(FlipAndSlide(n=6), more=False)
    assert ghosts(page) == [] and at(page) == 6  # nothing is answered on opening
    page.click("[data-value='cross-correlation']")
    assert at(page) == 4  # the last n of this operation
    assert ghosts(page) == np.convolve(f, g).tolist()
    page.click("[data-value=convolution]")
    assert at(page) == 6 and ghosts(page) == np.correlate(f, g, "full").tolist()
    page.click("[data-action=reset]")
    settled(page)
    assert ghosts(page) == []


@pytest.mark.parametrize("operation", ["convolution", "cross-correlation"])
def test_every_n_shows_its_value(mount, operation):
    explorable = FlipAndSlide(f=[1, -2, 0.5], g=[1, 0, 2, 3], operation=operation)
    page = mount(explorable)
    for n, value in zip(explorable.lags, explorable.result, strict=True):
        page.fill("[data-field=n]", str(n))
        page.press("[data-field=n]", "Enter")
        assert at(page) == n
        sum_ = page.inner_text(".cv-flip-sum").replace("−", "-")
        assert sum_.startswith(f"out[{n}] =") and sum_.endswith(f"= {value:g}")
    page.fill("[data-field=n]", str(n + 1))
    page.press("[data-field=n]", "Enter")
    assert at(page) == n
    reason = page.inner_text(".cv-status")
    assert f"from {explorable.lags[0]} to {n}" in reason


def test_a_shift_by_2_is_seen(mount):
    page = mount(FlipAndSlide())
    page.select_option("[data-preset=g]", label="shift by 2")
    settled(page)
    assert shown(page) == [0, 0, 0, 1, 2, 1, 0]


def test_signals_are_typed(mount):
    page = mount(FlipAndSlide())
    field = page.locator("[data-field=f]")
    field.fill("1， −2 0.5")
    field.press("Enter")
    settled(page)
    assert shown(page) == np.convolve([1, -2, 0.5], [1, 2, 3, 4]).tolist()
    for refused in ("9", "one", "", "1," * 17):
        field.fill(refused)
        field.press("Enter")
        assert "1 to 16 numbers from −4 to 4" in page.inner_text(".cv-status")
        assert field.input_value() == "1,-2,0.5"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_question(mount, language):
    i18n.use(language)
    page = mount(FlipAndSlide(ask="flip"), width=720, more=False)
    assert page.locator(".cv-ask [data-choice]").count() == 3
    page.click("[data-choice='2']")
    settled(page)
    assert page.inner_text(".cv-ask-answer") and "flip_slide" not in page.inner_text(".cv")
    # In a book's column the whole stays within its height, the answer included.
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


def test_a_phone_shows_control_and_effect_on_one_screen(mount):
    page = mount(FlipAndSlide(), width=390, more=False)
    assert end_of_controls(page, ".cv-body") <= 600


def test_keyboard(mount):
    page = mount(FlipAndSlide())
    page.focus(".cv-flip-handle")
    page.keyboard.press("ArrowRight")
    assert at(page) == 4
    page.keyboard.press("End")
    assert at(page) == 7
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
    assert at(page) == 1


def test_a_finger_drags_the_handle_alone(mount):
    page = mount(FlipAndSlide(), width=390, touch=True)
    page.add_style_tag(content="body { padding-bottom: 2000px }")
    handle = page.locator(".cv-flip-handle").bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    cell = page.locator(".cv-flip-stage").bounding_box()["width"] / 11
    swipe(page, x, y, right=2 * cell)
    assert at(page) == 5 and page.evaluate("scrollY") == 0
    swipe(page, x - 2 * cell, y - 60, right=2 * cell)  # over the bars: no handle
    assert at(page) == 5
    for editor in page.locator(".cv-flip-draw").all():  # a swipe there scrolls and draws nothing
        editor.scroll_into_view_if_needed()
        before, box = page.evaluate("scrollY"), editor.bounding_box()
        swipe(page, box["x"] + 130, box["y"] + 60, down=-150)
        page.wait_for_function("before => scrollY > before + 100", arg=before)
    settled(page)
    assert shown(page) == FlipAndSlide().result.tolist() and "flip_slide.n=5" in page.url


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
    page = mount(FlipAndSlide(), f"?flip_slide.f={value}&flip_slide.n=99&flip_slide.operation=x")
    assert shown(page) == np.convolve([0, 1, 2, 1, 0], [1, 2, 3, 4]).tolist()
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    page = mount(FlipAndSlide(), width=390, dark=dark, reduced=True)
    check_phone(page, "flip_slide", language)
