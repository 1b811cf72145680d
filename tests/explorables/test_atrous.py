"""Atrous convolution: in Python, and in a browser without a kernel."""

import itertools
import re
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.ndimage
from contrast import CONTRASTS
from PIL import Image
from reader import check_phone, end_of_controls, pixels, settled, swipe

from convlib import functional, i18n
from convlib.explorables import Atrous
from convlib.explorables.atrous import BETWEEN, KERNELS, MOST_RATE, PHOTOS, SIDE
from convlib.explorables.photo import ABOVE, BELOW

RATES = range(1, MOST_RATE + 1)
SOME = dict(rate=6, kernel="gaussian", output_stride=3, between="nearest", step=4, row=7, column=59)


def canvas(page, kind):
    return pixels(page, f".cv-photo-frame:has([data-screen={kind}]) canvas")[..., :3]


def displayed(atrous, features):
    """The colours of features as the page is to show them, not yet rounded."""
    if atrous.weight.min() >= 0:
        return np.repeat(np.clip(features, 0, 255)[..., None], 3, axis=2)
    part = np.minimum(abs(features) / atrous.limit, 1)[..., None]
    return 255 + (np.where(features[..., None] < 0, BELOW, ABOVE) - 255) * part


def line(page, way):
    """What the page says of one way, with a real minus sign made Python's."""
    return page.inner_text(f"[data-way={way}]").replace("−", "-").replace(",", "")


def check_shown(page, atrous):
    """Check that the page shows the pictures, the sums and the numbers of a state."""
    settled(page)
    assert np.array_equal(canvas(page, "input")[..., 0], atrous.image)
    for kind, features in (("sparse", atrous.sparse), ("dense", atrous.dense)):
        assert abs(canvas(page, kind) - displayed(atrous, features)).max() <= 0.5001
    at, span = (atrous.row, atrous.column), len(atrous.filled_kernel)
    ending = {way: line(page, way).rsplit(" = ")[-1] for way in ("sparse", "dense", "filled")}
    assert float(ending["dense"]) == pytest.approx(atrous.dense[at], abs=5e-5)
    assert float(ending["filled"]) == pytest.approx(atrous.filled[at], abs=5e-5)
    if atrous.exists[at]:
        assert float(ending["sparse"]) == pytest.approx(atrous.sparse[at], abs=5e-5)
    else:
        phase = tuple(n % atrous.stride for n in at)
        assert line(page, "sparse").endswith(f"phase {phase}".replace(",", ""))
    terms = re.findall(r"\(?(-?\d+)\)?·(\d+)", line(page, "dense"))
    padded = np.pad(atrous.image, MOST_RATE)
    window = padded[tuple(slice(n + MOST_RATE - atrous.rate, n + MOST_RATE + atrous.rate + 1,
                                atrous.rate) for n in at)]
    assert [[int(n) for n in term] for term in terms] == [
        list(pair) for pair in zip(atrous.weight.ravel(), window.ravel(), strict=True)]
    assert line(page, "difference") == (
        f"Largest difference: 0 between (a) and (b) at {atrous.exists.sum()} of {SIDE**2} places;"
        " 0 between (b) and (c).")
    captions = " ".join(page.locator("figcaption").all_inner_texts()).replace(",", "")
    costs = [int(text) for text in re.findall(r"(\d+) MACs", captions)]
    assert costs == [atrous.macs[way] for way in ("sparse", "dense", "filled")]
    assert f"{len(atrous.phases)}/{atrous.stride**2} phases" in captions
    assert f"+ 1 = {span}. Weights: 9, in (c) {span**2}." in page.inner_text(".cv-atr-where")
    kernel = page.locator("[data-screen=kernel]")
    weights = kernel.locator(".cv-atr-weight").all_text_contents()
    assert [float(text.replace("−", "-")) for text in weights] == atrous.weight.ravel().tolist()
    assert kernel.locator(".cv-atr-zero").count() == span**2 - 9


def check_code(text):
    """Check what PyTorch's code prints; its names are carried by NumPy and convlib."""
    array = type("array", (np.ndarray,), {"float": lambda self: self.astype(float),
                                          "abs": np.ndarray.__abs__})
    torch = SimpleNamespace(tensor=lambda values: np.array(values).view(array), randint=lambda
                            high, shape: np.random.default_rng(0).integers(high, size=shape)
                            .view(array))
    names = {"torch": torch, "F": SimpleNamespace(conv2d=lambda x, *args, **kwargs:
             functional.conv2d(x, *args, **kwargs).view(array)), "print": lambda value: value}
    exec("\n".join(row for row in text.splitlines() if not row.startswith("import")), names)
    assert names["a"].shape == names["b"][..., ::3, ::3].shape and names["b"].any()
    assert np.array_equal(names["a"], names["b"][..., ::3, ::3])


# ---- in Python -----------------------------------------------------------------------------------

@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(stride=2), TypeError, "has no stride: it takes .*output_stride"),
    (dict(photo="retina"), ValueError, "photo"),
    (dict(rate=9), ValueError, "rate"),
    (dict(kernel="own"), ValueError, "kernel"),
    (dict(output_stride=0), ValueError, "output_stride"),
    (dict(between="cubic"), ValueError, "between"),
    (dict(step=64), ValueError, "step"),
    (dict(row=60), ValueError, "row"),
    (dict(ask="none"), ValueError, "none of its questions: equal"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        Atrous(**state)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("rate", RATES)
def test_the_three_ways_are_equal_where_they_exist_and_are_scipys(kernel, rate):
    atrous = Atrous(rate=rate, kernel=kernel, photo=PHOTOS[rate % 4])
    expected = scipy.ndimage.correlate(atrous.image.astype(float), atrous.filled_kernel,
                                       mode="constant") / atrous.divisor
    assert np.allclose(atrous.dense, expected, rtol=0, atol=1e-9)
    # Larger kernels go by way of Fourier transforms, which round.
    assert np.allclose(atrous.dense, atrous.filled, rtol=0, atol=1e-9)
    for stride in (s for s in RATES if rate % s == 0):
        atrous.output_stride = stride
        assert atrous.stride == stride and atrous.difference == 0


def test_the_stride_is_the_greatest_divisor_that_is_allowed():
    assert [[Atrous(rate=rate, output_stride=most).stride for most in (3, 4, 8)]
            for rate in (6, 7, 8)] == [[3, 3, 6], [1, 1, 7], [2, 4, 8]]


@pytest.mark.parametrize("rate", [2, 4, 7])  # the last does not divide the side
def test_each_phase_is_the_first_of_a_shifted_photograph(rate, monkeypatch):
    whole = Atrous(rate=rate, step=MOST_RATE**2 - 1)
    assert whole.exists.all() and np.array_equal(whole.sparse, whole.dense)
    assert whole.macs["sparse"] == whole.macs["dense"]
    image, s = whole.image, whole.stride
    for m, n in whole.phases:
        shifted = np.zeros_like(image)
        shifted[:SIDE - m, :SIDE - n] = image[m:, n:]
        monkeypatch.setattr(Atrous, "image", shifted)
        first = Atrous(rate=rate).sparse[::s, ::s]
        monkeypatch.undo()
        features = whole.dense[m::s, n::s]
        assert np.array_equal(first[:len(features), :len(features[0])], features)


def test_one_phase_exists_at_one_place_in_stride_squared():
    for rate in (1, 2, 3, 4, 5, 6):  # those that divide the side
        atrous = Atrous(rate=rate)
        assert atrous.exists.sum() * rate**2 == SIDE**2
        assert atrous.macs["sparse"] * rate**2 == atrous.macs["dense"]


def test_copies_between_are_those_of_a_block():
    atrous = Atrous(rate=7, between="nearest")
    blocks = np.arange(SIDE) // 7 * 7
    assert np.array_equal(atrous.sparse, atrous.dense[np.ix_(blocks, blocks)])


def test_the_still_has_three_pictures_and_the_kernel():
    text = Atrous(rate=3, kernel="blob").still()
    assert text.count("<image") == 3 and text.count("cv-board-cell") == 7**2
    assert text.count("cv-board-later") == 7**2 - 9
    assert len(Atrous(rate=8).page_html()) < 100_000
    other = Atrous(photo="coins")
    assert other.pixels != Atrous().pixels and "photo='coins'" in repr(other)


# ---- on the page ---------------------------------------------------------------------------------

def test_mouse_keyboard_and_reset(mount, tmp_path):
    page = mount(Atrous())  # which fails if anything is sent
    check_shown(page, Atrous())
    page.focus("[data-state=rate]")
    for key, rate in (("End", 8), ("ArrowLeft", 7), ("Home", 1)):
        page.keyboard.press(key)
        check_shown(page, Atrous(rate=rate))
    page.fill("[data-field=rate]", "9")
    page.press("[data-field=rate]", "Enter")
    assert "whole number from 1 to 8" in page.inner_text(".cv-status")
    page.fill("[data-field=rate]", "6")
    page.press("[data-field=rate]", "Enter")
    settled(page)
    strides = page.locator("button[data-state=output_stride]")
    assert strides.all_inner_texts() == ["1", "2", "3", "6"]  # none that does not divide the rate
    page.click("[data-action=forward]")
    for kernel, (stride, between) in zip(KERNELS, itertools.product((3, 1, 2), BETWEEN),
                                         strict=False):
        page.select_option("[data-state=kernel]", index=list(KERNELS).index(kernel))
        page.click(f"[data-state=output_stride][data-value='{stride}']")
        page.click(f"[data-value={between}]")
        check_shown(page, Atrous(rate=6, kernel=kernel, output_stride=stride, between=between,
                                 step=1))
    page.click("[data-value='6']")  # the whole rate: from now on the stride follows it
    page.click("[data-action=end]")
    settled(page)
    assert "output_stride" not in page.url and "step=35" in page.url
    box = page.locator("[data-screen=dense]").bounding_box()
    place = [box[name] + box["width"] * (n + 0.5) / SIDE for name, n in (("x", 12), ("y", 3))]
    page.mouse.move(*place)
    at = dict(row=3, column=12, rate=6, kernel="mean", step=35)
    check_shown(page, Atrous(**at))
    assert "row" not in page.url  # a look, which is not kept
    page.mouse.click(*place)
    page.keyboard.press("Shift+ArrowDown")
    page.mouse.move(1, 1)
    check_shown(page, Atrous(**at | {"row": 13}))
    assert "row=13" in page.url and "column=12" in page.url
    Image.fromarray(np.full((200, 300), 200, np.uint8)).save(tmp_path / "own.png")
    page.set_input_files("input[type=file]", tmp_path / "own.png")
    page.wait_for_function("""() => document.querySelector("[data-screen=input]").parentElement
      .querySelector("canvas").getContext("2d").getImageData(9, 9, 1, 1).data[0] === 200""")
    assert line(page, "difference").startswith("Largest difference: 0 ")
    page.click("[data-action=reset]")
    check_shown(page, Atrous())
    assert "?" not in page.url


def test_a_link_restores_the_state_and_an_invalid_one_is_passed_over(mount):
    atrous = Atrous(**SOME)
    page = mount(Atrous(), "?" + "&".join(
        f"atrous.{name}={getattr(atrous, name)}" for name in atrous.state_names()))
    check_shown(page, atrous)
    page.click(".cv-code-panel summary")
    check_code(page.inner_text(".cv-code-panel pre"))
    queries = ["rate=9", "kernel=<img src=x onerror=alert(1)>", "output_stride=0", "between=1",
               "step=64", "row=-1", "column=1.5", "pixels=AAAA", "photo=coins"]
    page = mount(atrous, "?" + "&".join(f"atrous.{query}" for query in queries))
    check_shown(page, atrous)
    assert page.locator("img").count() == 0


# ---- the question, phones, both languages --------------------------------------------------------

@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_question_within_a_book_s_column(mount, language):
    i18n.use(language)
    page = mount(Atrous(ask="equal"), width=752, more=False)
    height = "element => element.offsetHeight"
    assert page.inner_text(".cv-ask-answer") == "" and page.eval_on_selector(".cv", height) <= 600
    answers = page.locator(".cv-answer")
    assert answers.count() == 3 and not any(one.is_visible() for one in answers.all())
    page.click("[data-choice='2']")
    settled(page)
    assert page.inner_text(".cv-ask-answer") and page.eval_on_selector(".cv", height) <= 600
    assert all(one.is_visible() for one in answers.all())
    assert "atrous." not in page.inner_text(".cv")


@pytest.mark.parametrize(("language", "dark"), [("en", True), ("zh", False)])
def test_phone_in_both_languages_by_touch(mount, language, dark):
    i18n.use(language)
    page = mount(Atrous(), width=390, dark=dark, reduced=True, touch=True, more=False)
    assert end_of_controls(page, ".cv-body") <= 720
    box = page.locator("[data-screen=sparse]").bounding_box()
    swipe(page, box["x"] + 60, box["y"] + 60, down=-50)
    settled(page)
    assert "?" not in page.url
    page.evaluate("scrollTo(0, 0)")
    pixel = box["width"] / SIDE
    page.touchscreen.tap(box["x"] + 20.5 * pixel, box["y"] + 9.5 * pixel)
    before = page.locator(".cv-row").first.bounding_box()
    page.locator("[data-action=end]").tap()
    settled(page)
    assert page.locator(".cv-row").first.bounding_box() == before  # nothing jumps
    assert all(part in page.url for part in ("step=3", "row=9", "column=20"))
    assert line(page, "sparse").endswith(f"= {Atrous().dense[9, 20]:g}")
    page.locator(".cv-more > summary").tap()
    for rate in ("8", "1"):
        page.fill("[data-field=rate]", rate)
        page.press("[data-field=rate]", "Enter")
        settled(page)
        check_phone(page, "atrous", language)
        assert [text for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []
