"""Deconvolution: in Python, and in a browser without a kernel."""

import re

import numpy as np
import pytest
from PIL import Image
from reader import check_phone, end_of_controls, pixels, settled, swipe

from convlib import data, i18n
from convlib.explorables import Deconvolution
from convlib.explorables.deconvolution import FRAME, METHODS, SIDE, noise_field


def shown(page, kind="output"):
    """The grey values of a canvas."""
    settled(page)
    return pixels(page, f"[data-screen={kind}]")[..., 0]


def assert_same(ours, picture):
    """A canvas holds the nearest whole number, where rounding may decide which one is nearer."""
    assert abs(ours - 255 * np.clip(picture, 0, 1)).max() <= 0.5001


def ratios(page):
    """The PSNR of the blurred picture and of the result, as the page says them."""
    text = " ".join(page.locator("figcaption").all_inner_texts()).replace("−", "-")
    return [float(value) for value in re.findall(r"(-?[\d.]+) dB", text)]


def typed(page, name, value):
    page.fill(f"[data-field={name}]", value)
    page.press(f"[data-field={name}]", "Enter")


# ---- in Python -----------------------------------------------------------------------------------

@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(image="camera"), TypeError, "has no image"),
    (dict(photo="retina"), ValueError, "photo"),
    (dict(method="other"), ValueError, "method"),
    (dict(log_balance=1), ValueError, "log_balance"),
    (dict(steps=0), ValueError, "steps"),
    (dict(noise=0.06), ValueError, "noise"),
    (dict(blur="motion"), ValueError, "blur"),
    (dict(sigma=0), ValueError, "sigma"),
    (dict(reach=8), ValueError, "reach"),
    (dict(ask="none"), ValueError, "none of its questions: noise"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        Deconvolution(**state)


def test_the_photograph_is_the_data_s_own_in_a_dark_frame():
    blocks = data.photo("camera")[16:496, 16:496].reshape(96, 5, 96, 5)
    image = Deconvolution().image
    assert abs(image[FRAME:-FRAME, FRAME:-FRAME] - blocks.mean(axis=(1, 3))).max() <= 0.5001 / 255
    assert image.shape == (SIDE, SIDE) and image.sum() == pytest.approx(
        image[FRAME:-FRAME, FRAME:-FRAME].sum())
    restoring = Deconvolution()
    before = restoring.pixels
    restoring.photo = "coins"
    assert restoring.pixels != before and "photo='coins'" in repr(restoring)


@pytest.mark.parametrize("kernel", [dict(sigma=3.0), dict(blur="box", reach=7)], ids=str)
def test_the_frame_is_wider_than_the_kernels_reach(kernel):
    from convlib.signal import convolve

    still = Deconvolution(noise=0.0, **kernel)
    assert still.kernel.sum() == pytest.approx(1) and len(still.kernel) // 2 <= FRAME
    circular = convolve(still.image, still.kernel, "same", "wrap")
    assert np.allclose(still.blurred, circular, rtol=0, atol=1e-14)


def test_the_noise_is_nearly_normal():
    noise = noise_field(3, SIDE)
    assert abs(noise.mean()) < 0.03 and abs(noise.std() - 1) < 0.03
    assert (abs(noise) < 1).mean() == pytest.approx(0.683, abs=0.03)
    with pytest.raises(ValueError, match="seed=-1"):
        noise_field(-1, 4)


def test_without_noise_the_inverse_filter_undoes_the_blur():
    restoring = Deconvolution(noise=0.0, method="inverse")
    assert np.allclose(restoring.restored, restoring.image, rtol=0, atol=1e-4)


def test_the_first_correction_is_the_transposed_convolution():
    first = Deconvolution(method="richardson", steps=1, noise=0.0).restored
    transposed = Deconvolution(noise=0.0).restored
    inside = (slice(FRAME, -FRAME),) * 2
    assert np.allclose(first[inside], transposed[inside], rtol=0, atol=1e-9)


@pytest.mark.parametrize("photo", ["astronaut", "camera", "chelsea", "coins"])
def test_the_answer_holds(photo):
    wiener, inverse = (Deconvolution(photo=photo, method=name) for name in ("wiener", "inverse"))
    blurred = wiener.peak_ratio(wiener.blurred)
    assert wiener.peak_ratio(wiener.restored) > blurred + 3
    assert inverse.peak_ratio(inverse.restored) < 0 < blurred
    transposed = Deconvolution(photo=photo)
    assert transposed.peak_ratio(transposed.restored) < blurred - 1


# ---- on the page ---------------------------------------------------------------------------------

@pytest.mark.parametrize("state", [
    dict(photo="chelsea", seed=5, noise=0.03),
    dict(method="wiener", log_balance=-2.5, sigma=1.3),
    dict(method="inverse", blur="box", reach=2),
    dict(method="richardson", steps=9, photo="coins", noise=0.01),
], ids=str)
def test_the_page_shows_what_convlib_computes(mount, state):
    restoring = Deconvolution(**state)
    page = mount(restoring)
    assert_same(shown(page), restoring.restored)
    assert_same(shown(page, "input"), restoring.blurred)
    assert_same(shown(page, "original"), restoring.image)
    expected = [restoring.peak_ratio(each) for each in (restoring.blurred, restoring.restored)]
    assert np.allclose(ratios(page), expected, rtol=0, atol=0.0501)


def test_methods_and_sliders_by_mouse_and_keyboard(mount):
    page = mount(Deconvolution(ask="noise"))
    assert page.inner_text(".cv-ask-answer") == ""
    assert not page.is_visible("[data-state=steps]")
    page.click("[data-value=wiener]")
    settled(page)
    assert "Wiener filter" in page.inner_text(".cv-ask-answer")  # acting answers
    assert page.is_visible("[data-state=log_balance]") and "λ = 0.0001." in page.inner_text(".cv")
    page.focus("[data-state=log_balance]")
    page.keyboard.press("ArrowRight")
    assert_same(shown(page), Deconvolution(method="wiener", log_balance=-3.9).restored)
    assert "method=wiener" in page.url and "log_balance=-3.9" in page.url
    typed(page, "noise", "0.0105")
    wanted = Deconvolution(method="wiener", log_balance=-3.9, noise=0.0105)
    assert_same(shown(page), wanted.restored)
    limit = 0.5 * 10 ** (3.9 / 2)  # of H/(H² + λ), where H² = λ
    assert f"multiplied by {limit:.2g} at most" in page.inner_text(".cv-dec-about")
    page.click("[data-value=box]")
    settled(page)
    assert page.is_visible("[data-state=reach]") and not page.is_visible("[data-state=sigma]")
    typed(page, "reach", "1")
    page.click("[data-value=richardson]")
    wanted = Deconvolution(method="richardson", noise=0.0105, blur="box", reach=1, steps=100)
    typed(page, "steps", "100")  # in parts, and then back
    page.locator(".cv-dec-about", has_text="made: 100").wait_for()
    assert_same(shown(page), wanted.restored)
    typed(page, "steps", "3")
    wanted.steps = 3
    assert_same(shown(page), wanted.restored)
    assert not page.is_visible(".cv-dec-plot .cv-swatch-output")
    typed(page, "noise", "1")
    assert "give a number from 0 to 0.05" in page.inner_text(".cv-status")
    page.click("[data-action=reset]")
    assert_same(shown(page), Deconvolution().restored)
    assert "?" not in page.url and page.inner_text(".cv-ask-answer") == ""


def test_the_gain_and_the_curves(mount):
    page = mount(Deconvolution(method="inverse", blur="box", reach=1, noise=0.0))
    settled(page)
    transfer = np.fft.fft(np.pad([1 / 3] * 3, (0, SIDE - 3)))
    largest = float(abs(1 / np.outer(transfer, transfer)).max())
    text = page.inner_text(".cv-dec-about").replace(",", "")
    said = float(re.search(r"multiplied by ([\d.]+\d)", text).group(1))
    assert said == pytest.approx(largest, rel=0.05)
    assert ratios(page)[1:] == [100] and "> 100 dB" in page.inner_text(".cv")
    heights = [[float(y) for y in re.findall(r" ([\d.]+)", page.get_attribute(path, "d"))]
               for path in (".cv-dec-blur", ".cv-dec-gain")]
    # |H| and 1/|H| mirror each other about the line of 1.
    assert np.ptp(np.sum(heights, axis=0)) <= 0.21 and len(heights[0]) == SIDE // 2 + 1
    worst = int(np.argmax(heights[0]))
    assert worst == int(np.argmin(abs(transfer[:SIDE // 2 + 1])))


def test_an_own_photograph_and_reset(mount, tmp_path):
    Image.fromarray(np.full((200, 300), 200, np.uint8)).save(tmp_path / "own.png")
    page = mount(Deconvolution(noise=0.0))  # which fails if anything is sent
    page.set_input_files("input[type=file]", tmp_path / "own.png")
    page.wait_for_timeout(300)
    original = shown(page, "original")
    assert np.all(abs(original[FRAME:-FRAME, FRAME:-FRAME] - 200) <= 1)
    assert np.all(original[:FRAME] == 0)
    page.click("[data-action=reset]")
    assert_same(shown(page, "original"), Deconvolution().image)


def test_an_invalid_link_is_passed_over(mount):
    queries = ["method=<img src=x onerror=alert(1)>", "log_balance=3", "steps=0", "noise=-1",
               "blur=other", "sigma=9", "reach=8.5", "pixels=AAAA", "photo=coins", "seed=3"]
    page = mount(Deconvolution(), "?" + "&".join(f"deconvolution.{query}" for query in queries))
    assert_same(shown(page), Deconvolution().restored)
    assert page.locator("img").count() == 0
    for name in ("log_balance", "steps", "noise", "sigma", "reach"):
        value = page.eval_on_selector(f"[data-field={name}]", "field => field.value")
        assert float(value) == getattr(Deconvolution(), name)


# ---- phones, both languages ----------------------------------------------------------------------

@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_question_within_a_book_s_column(mount, language):
    i18n.use(language)
    page = mount(Deconvolution(ask="noise"), width=752, more=False)
    page.click("[data-choice='1']")
    for method in METHODS:
        page.click(f"[data-value={method}]")
        settled(page)
        assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600
    assert page.inner_text(".cv-ask-answer") and "deconvolution." not in page.inner_text(".cv")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    page = mount(Deconvolution(method="wiener"), width=390, dark=dark, reduced=True, touch=True,
                 more=False)
    assert end_of_controls(page, ".cv-body") <= 700
    edge = page.eval_on_selector(".cv", "element => element.getBoundingClientRect().right")
    for control in page.locator(".cv button:visible, .cv input.cv-number:visible").all():
        box = control.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 32
        assert box["x"] + box["width"] <= edge - 12
    before = shown(page)
    box = page.locator("[data-screen=output]").bounding_box()
    swipe(page, box["x"] + 60, box["y"] + 60, down=-120)
    assert np.array_equal(shown(page), before) and "?" not in page.url
    page.tap("[data-value=inverse]")
    assert not np.array_equal(shown(page), before)
    page.eval_on_selector_all(".cv-more", "all => all.forEach(one => (one.open = true))")
    check_phone(page, "deconvolution", language)


def test_the_still_has_three_pictures():
    text = Deconvolution(method="wiener").still()
    assert text.count("<image") == 3 and "Wiener" in text
    assert len(Deconvolution().page_html()) < 100_000
