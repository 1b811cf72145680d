"""The checkerboard: in Python, and in a browser without a kernel."""

import types

import numpy as np
import pytest
from contrast import CONTRASTS
from enlarging_cases import WAYS
from reader import check_phone, decoded, end_of_controls, queries, settled

from convlib import functional, i18n, resampling
from convlib.explorables import Checkerboard
from convlib.explorables.checkerboard import INPUTS, LARGEST, MOST_STRIDE, WIDEST

SETTINGS = [(k, s) for k in range(1, WIDEST + 1) for s in range(1, MOST_STRIDE + 1)]


def sums(page):
    """Return the bars' numbers, to two decimals."""
    texts = page.eval_on_selector_all("[data-sum]", "bars => bars.map(bar => bar.dataset.sum)")
    return [float(text.replace("−", "-")) for text in texts]


def check_shown(page, board):
    """Check that the page shows the bars, the picture and the words of a state."""
    assert np.allclose(sums(page), board.stamps.sum(axis=0), atol=0.0051)
    grey = decoded(page.evaluate("document.querySelector('canvas').toDataURL()"))[..., 0]
    low, high = board.output.min(), board.output.max()
    assert np.abs(grey - 255 * (board.output - low) / ((high - low) or 1)).max() <= 0.51
    words = page.inner_text("[data-words=line]").replace("−", "-")
    shown = [float(text) for text in words.split(":")[1].split(",")]
    assert np.allclose(shown, board.line_phases, atol=0.0051)
    spread = page.inner_text("[data-words=spread]")
    if board.stride > 1 and np.ptp(board.phases) > 1e-9:
        assert spread.startswith("Uneven") and f"of {board.phases.std():.2f}." in spread
    else:
        assert spread.startswith("Even" if board.stride > 1 else "Stride 1")


@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(padding=2), TypeError, "has no padding: it takes .*kernel_size"),
    (dict(kernel_size=8), ValueError, "kernel_size"),
    (dict(stride=0), ValueError, "stride"),
    (dict(upsampling="bicubic"), ValueError, "upsampling"),
    (dict(weights="zeros"), ValueError, "weights"),
    (dict(seed=-1), ValueError, "seed"),
    (dict(ask="odd"), ValueError, "none of its questions: even"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        Checkerboard(**state)


@pytest.mark.parametrize(("k", "s"), SETTINGS)
def test_counts_are_even_where_the_stride_divides_the_kernel_size(k, s):
    board = Checkerboard(kernel_size=k, stride=s)
    assert (np.ptp(board.phases) == 0) == (k % s == 0)
    by_hand = np.zeros((INPUTS - 1) * s + k, int)
    for i in range(INPUTS):
        by_hand[i * s:i * s + k] += 1
    assert board.counts.tolist() == by_hand.tolist() == board.stamps.sum(axis=0).tolist()
    assert np.array_equal(board.output, np.outer(by_hand, by_hand))
    random = Checkerboard(kernel_size=k, stride=s, weights="random", seed=3)
    assert random.counts.tolist() == by_hand.tolist()  # of inputs, whatever the weights


def test_the_answer_is_what_convlib_counts():
    even = [str(k) for k in range(1, WIDEST + 1)
            if np.ptp(Checkerboard(kernel_size=k, stride=2).phases) == 0]
    labels = Checkerboard().labels
    assert labels["checkerboard.ask.even.2"].split(", ") == even
    assert Checkerboard().stride != 2  # what it opens on answers nothing


@pytest.mark.parametrize(("k", "s"), SETTINGS)
def test_which_ways_are_even_whatever_the_weights(k, s):
    spread = {way: max(np.ptp(Checkerboard(kernel_size=k, stride=s, upsampling=way,
                                           weights="random", seed=seed).phases)
                       for seed in range(3)) for way in WAYS}
    assert max(spread[way] for way in ("nearest", "bilinear", "icnr")) < 1e-9
    assert (min(spread["transposed"], spread["shuffle"]) > 0) == (s > 1)


@pytest.mark.parametrize("way", WAYS)
def test_weights_lie_within_their_limits_and_the_still_shows_all_bars(way):
    board = Checkerboard(kernel_size=7, stride=4, upsampling=way, weights="random", seed=9)
    for kernel in board.kernels:
        assert np.abs(kernel).max() == LARGEST and np.array_equal(kernel, kernel.round())
    picture = board.still()
    assert picture.count('class="cv-still-output"') == board.stamps.shape[1]
    assert "data:image/png" in picture


def test_mouse_keyboard_and_reset(mount):
    page = mount(Checkerboard())
    state = {}
    for way in WAYS:
        for weights in ("random", "ones"):
            page.select_option("[data-state=upsampling]", index=WAYS.index(way))
            page.click(f"[data-state=weights][data-value={weights}]")
            page.focus("[data-state=stride]")
            page.keyboard.press("ArrowRight" if state.get("stride", 1) < 3 else "Home")
            state = dict(stride=int(page.input_value("[data-state=stride]")), upsampling=way,
                         weights=weights)
            settled(page)
            check_shown(page, Checkerboard(**state))
    assert f"upsampling={way}" in page.url
    page.fill("[data-field=kernel_size]", "8")
    page.keyboard.press("Enter")
    settled(page)
    assert "1" in page.inner_text(".cv-status") and "7" in page.inner_text(".cv-status")
    assert page.input_value("[data-field=kernel_size]") == "3"
    page.click("[data-action=new-weights]")
    settled(page)
    seed = int(page.input_value("[data-field=seed]"))
    check_shown(page, Checkerboard(**state | {"weights": "random", "seed": seed}))
    page.click("[data-action=reset]")
    settled(page)
    assert "?" not in page.url
    check_shown(page, Checkerboard())


@pytest.mark.parametrize("way", WAYS)
def test_a_link_restores_the_state_and_the_pytorch_code_computes_it(mount, way):
    board = Checkerboard(kernel_size=4, stride=3, upsampling=way, weights="random", seed=77)
    page = mount(Checkerboard(), "?" + "&".join(
        f"checkerboard.{name}={getattr(board, name)}" for name in board.state_names()))
    check_shown(page, board)
    page.click(".cv-code-panel summary")
    body = "\n".join(line for line in page.inner_text(".cv-code-panel pre").splitlines()
                     if not line.startswith("import"))
    # PyTorch's names, carried by NumPy and convlib: the arguments are the same.
    tensor = type("tensor", (np.ndarray,), {
        "repeat": lambda self, count, *ones: np.concatenate([self] * count)})
    printed = []
    exec(body, {"print": printed.append, "torch": types.SimpleNamespace(
        ones=lambda *shape: np.ones(shape), tensor=lambda values: np.array(values).view(tensor)),
        "F": types.SimpleNamespace(
            conv2d=functional.conv2d, conv_transpose2d=functional.conv_transpose2d,
            interpolate=resampling.interpolate, pixel_shuffle=resampling.pixel_shuffle)})
    assert np.allclose(printed[0][0, 0], board.output)


@pytest.mark.parametrize("query", queries("checkerboard", [
    "kernel_size=0", "stride=1e9", "upsampling=<img src=x>", "weights=", "seed=0.5",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(Checkerboard(stride=2), query)
    check_shown(page, Checkerboard(stride=2))
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_question(mount, language):
    i18n.use(language)
    page = mount(Checkerboard(ask="even"), width=760, more=False)
    assert not page.is_visible("[data-words=way]") and page.inner_text(".cv-ask-answer") == ""
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600
    page.click("[data-choice='2']")
    settled(page)
    even = [k for k in range(2, WIDEST + 1) if k % 2 == 0]
    assert all(str(k) in page.inner_text(".cv-ask-answer") for k in even)
    assert page.is_visible("[data-words=way]") and "checkerboard." not in page.inner_text(".cv")
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages_by_touch(mount, language, dark):
    i18n.use(language)
    page = mount(Checkerboard(stride=2), width=390, dark=dark, reduced=True, touch=True,
                 more=False)
    assert end_of_controls(page, ".cv-body") <= 640
    for weights in ("random", "ones"):
        page.locator(f"[data-state=weights][data-value={weights}]").tap()
        settled(page)
        assert f"weights={weights}" in page.url or weights == "ones" and "?" not in page.url
        board = Checkerboard(stride=2, weights=weights)
        assert np.allclose(sums(page), board.stamps.sum(axis=0), atol=0.0051)
    page.locator(".cv-more > summary").tap()
    check_phone(page, "checkerboard", language)
    assert [text for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []
    small = page.eval_on_selector_all(
        ".cv-row button, .cv-row select, .cv-row input:not([type=range])",
        "all => all.map(one => one.getBoundingClientRect()).filter(box => box.width"
        " && (box.height < 44 || box.width < 32)).length")
    assert small == 0


@pytest.mark.parametrize("width", [390, 640, 1280])
def test_the_largest_fits(mount, width):
    for way in WAYS:
        page = mount(Checkerboard(kernel_size=7, stride=4, upsampling=way, weights="random"),
                     width=width)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        box = page.locator(".cv-checker-line").bounding_box()
        bars = page.locator("[data-sum]").last.bounding_box()
        assert bars["x"] + bars["width"] <= box["x"] + box["width"] + 1
