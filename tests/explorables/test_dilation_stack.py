"""The stack of dilated convolutions: in Python, and in a browser without a kernel."""

import types

import numpy as np
import pytest
from contrast import CONTRASTS
from dilated_cases import counts_by_level, links_to, random_dilated
from reader import check_phone, decoded, end_of_controls, queries, settled

from convlib import functional, i18n
from convlib.explorables import DilationStack
from convlib.explorables.dilation_stack import MOST, WIDEST
from convlib.networks import zoo

PRESETS = {
    "doubled": dict(), "even": dict(dilation=[2, 2, 2]), "hybrid": dict(dilation=[1, 2, 5]),
    "multiples": dict(dilation=[2, 4, 8]),
    "wavenet": dict(kernel_size=2, dilation=[1, 2, 4, 8], padding="causal"),
    "context": dict(dilation=[1, 1, 2, 4, 8, 16, 1]),
}
EVEN = PRESETS["even"]
TOO_WIDE = dict(kernel_size=5, dilation=[32])


def places(page, name):
    """Return the places that the picture marks with a shape, a list for each row that has some."""
    found = page.eval_on_selector_all(
        f".cv-dilation-{name}", "rows => rows.map(row => row.dataset.places)")
    return [list(map(int, row.split(","))) for row in found if row]


def links(page, name):
    return int(page.get_attribute(f".cv-dilation-{name}", "data-links"))


def words(page, which="paths"):
    return page.inner_text(f"[data-words={which}]").replace("−", "-")


def table(page):
    return [[cell.replace("\xa0", " ") for cell in row] for row in page.eval_on_selector_all(
        ".cv-dilation-table tbody tr",
        "rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => cell.innerText))")]


def check_numbers(page, stack):
    """Check the two rows of numbers, and the words on the input that is followed."""
    n, used, k = stack.size, stack.used, stack.kernel_size
    found, layers = stack.counts[stack.counts > 0], min(stack.step, len(stack.dilation))
    for axes, row in enumerate(table(page), 1):
        size = f"{n}" if axes == 1 else f"{n}×{n} = {n * n:,}"
        least, most = found.min()**axes, found.max()**axes
        share = f"{100 * (used / n)**axes:.1f}".removesuffix(".0")
        assert row == [size, f"{used**axes:,} ({share} %)", f"{layers * k**axes}",
                       f"{least}–{most:,}" if least < most else f"{least}"]
    assert words(page, "field").endswith(f"{n}")
    row, column = stack.chosen
    place = f"x[{row}, {column}]" if stack.axes == 2 else f"x[{column}]"
    if stack.paths:
        assert f"→ {place}: " in words(page) and words(page).endswith(f"{stack.paths:,}")
    else:
        assert f"→ {place}: no path" in words(page)


def check_stack(page, stack):
    """Check what the page shows of a state: dots, holes, links, bars, numbers."""
    levels = stack.places
    hidden = [*places(page, "input"), *places(page, "hidden"), *places(page, "output")]
    assert hidden == levels
    missed = [at for at in range(stack.first, stack.first + stack.size) if at not in levels[0]]
    assert places(page, "hole") == ([missed] if missed else [])
    counts = page.get_attribute(".cv-dilation-counts", "data-counts")
    assert list(map(int, counts.split(","))) == stack.counts.tolist()
    assert links(page, "link") == stack.kernel_size * sum(map(len, levels[1:]))
    column = stack.chosen[1]
    assert links(page, "path") == len(links_to(DilationStack(
        kernel_size=stack.kernel_size, dilation=stack.dilation, padding=stack.padding,
        step=stack.step, column=column), column))
    check_numbers(page, stack)


def check_map(page, stack):
    """Check the map, cell by cell: how dark what is used is, and that holes are crossed in red."""
    pixels = decoded(page.evaluate("document.querySelector('.cv-dilation-map canvas').toDataURL()"))
    n, counts = stack.size, np.outer(stack.counts, stack.counts)
    edges = np.floor(np.arange(n) * len(pixels) / n + 0.5).astype(int)
    middles = edges + len(pixels) // n // 2
    beside, inside = pixels[np.ix_(middles, edges)], pixels[np.ix_(middles, middles)]
    most = np.log(counts.max())
    shade = 0.22 + 0.78 * (np.log(np.maximum(counts, 1)) / most if most else 1)
    assert np.abs(beside[..., 3] / 255 - np.where(counts, shade, 0)).max() < 0.02
    red, green = inside[counts == 0][:, 0], inside[counts == 0][:, 1]
    assert (red > green + 60).all() and len(red) == n * n - stack.used**2


# ---- Python --------------------------------------------------------------------------------------

@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(rates=[1]), TypeError, "has no rates: it takes .*dilation"),
    (dict(kernel_size=1), ValueError, "kernel_size"),
    (dict(dilation=2), ValueError, "list or an array"),
    (dict(dilation=[]), ValueError, "dilation has length 0: give from 1 to 7"),
    (dict(dilation=[1.5]), ValueError, "whole numbers"),
    (dict(dilation=[33]), ValueError, "from 1 to 32"),
    (dict(padding="valid"), ValueError, "padding"),
    (dict(axes=3), ValueError, "axes"),
    (dict(step=8), ValueError, "step"),
    (dict(column=WIDEST), ValueError, "column"),
    (dict(ask="span"), ValueError, "none of its questions: holes"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        DilationStack(**state)


def test_what_is_too_wide_is_said_so_and_has_a_still_picture():
    stack = DilationStack(**TOO_WIDE)
    with pytest.raises(ValueError, match=r"dilation=\[32\] with kernel_size=5 .* of 129 inputs"):
        _ = stack.counts
    assert "32" in stack.still()
    assert DilationStack(kernel_size=4, dilation=[32, 10]).size == WIDEST


def test_counts_are_what_the_layers_compute():
    for i in range(60):
        stack = random_dilated(np.random.default_rng(i))
        first, counts = counts_by_level(stack)[0]
        assert stack.first == first and stack.counts.tolist() == counts.tolist()
        assert stack.places == [(at + np.flatnonzero(n)).tolist()
                                for at, n in counts_by_level(stack)]
        # Of a single 1 at each input in turn, the stack of ones makes the count of its paths.
        x, ones = np.eye(stack.size)[:, None], np.ones((1, 1, stack.kernel_size))
        for d in stack.dilation:
            x = functional.conv1d(x, ones, dilation=d)
        assert x[:, 0, 0].tolist() == counts.tolist()


def test_known_stacks():
    assert [DilationStack(step=step).size for step in range(4)] == [1, 3, 7, 15]
    rows = zoo.context_module().rows
    context = [DilationStack(**PRESETS["context"], step=step).size for step in range(1, 8)]
    assert context == [row.receptive_field for row in rows if row.macs][:7]
    wavenet = DilationStack(**PRESETS["wavenet"])
    assert wavenet.counts.tolist() == [1] * 16 and (wavenet.first, wavenet.size) == (-15, 16)
    assert [DilationStack(**PRESETS[name]).used for name in ("hybrid", "multiples")] == [17, 15]
    assert DilationStack(axes=2).parameters == 27 and DilationStack().parameters == 9


def test_the_answer_is_what_convlib_counts():
    x = np.zeros((169, 1, 13, 13))
    x.reshape(169, 169)[np.diag_indices(169)] = 1
    for d in EVEN["dilation"]:
        x = functional.conv2d(x, np.ones((1, 1, 3, 3)), dilation=d)
    used = np.count_nonzero(x)
    assert used == DilationStack(**EVEN).used**2 and x.shape == (169, 1, 1, 1)
    labels = DilationStack().labels
    assert labels["dilation_stack.ask.holes.2"] == str(used)
    answer = labels["dilation_stack.ask.holes.answer"]
    assert answer.startswith(f"{used}, or {used / 169:.0%}".replace("%", " %"))
    assert DilationStack().used == DilationStack().size  # what it opens on answers nothing


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("preset", PRESETS)
def test_the_still_picture_has_every_place_and_link(language, preset):
    i18n.use(language)
    stack = DilationStack(**PRESETS[preset], axes=2)
    picture = stack.still()
    assert picture.count("<circle") == sum(map(len, stack.places))
    assert picture.count("cv-dilation-link") == stack.kernel_size * sum(map(len, stack.places[1:]))
    assert picture.count("cv-dilation-hole") == stack.size - stack.used
    assert "data:image/png" in picture and f"{stack.used**2:,}" in picture


# ---- the page ------------------------------------------------------------------------------------

def test_presets_in_one_and_two_dimensions(mount):
    page = mount(DilationStack(dilation=[3]), width=760)
    assert page.locator("[data-action=preset]").input_value() not in PRESETS
    tops = set()
    for preset, state in PRESETS.items():
        page.select_option("[data-action=preset]", preset)
        settled(page)
        check_stack(page, DilationStack(**state))
        page.click("[data-state=axes][data-value='2']")
        settled(page)
        check_map(page, DilationStack(**state, axes=2))
        check_numbers(page, DilationStack(**state, axes=2))
        assert page.input_value("[data-action=preset]") == preset
        tops.add(page.locator(".cv-player").bounding_box()["y"])
        page.click("[data-state=axes][data-value='1']")
    assert len(tops) == 1  # the buttons stay under the pointer


def test_rates_layers_and_kernel_are_set_and_what_is_too_wide_is_refused(mount):
    page = mount(DilationStack())
    page.fill("[data-field=rate-2]", "5")
    page.press("[data-field=rate-2]", "Enter")
    page.select_option("[data-state=layers]", "4")
    page.select_option("[data-state=kernel_size]", "4")
    page.select_option("[data-state=padding]", "causal")
    settled(page)
    stack = DilationStack(kernel_size=4, dilation=[1, 5, 4, 4], padding="causal")
    check_stack(page, stack)
    assert "dilation_stack.dilation=1,5,4,4" in page.url and "padding=causal" in page.url
    assert page.locator(".cv-dilation-rates input:visible").count() == 4
    page.fill("[data-field=rate-1]", "30")
    page.press("[data-field=rate-1]", "Enter")
    settled(page)
    size = 1 + 3 * (30 + 5 + 4 + 4)
    assert f"receptive field of {size} inputs" in page.inner_text(".cv-status")
    assert f"room for {WIDEST}" in page.inner_text(".cv-status")
    assert page.input_value("[data-field=rate-1]") == "1"
    check_stack(page, stack)
    page.fill("[data-field=rate-1]", "33")
    page.press("[data-field=rate-1]", "Enter")
    assert "rate of layer 1" in page.inner_text(".cv-status")
    page.select_option("[data-state=layers]", "1")
    page.click("[data-action=reset]")
    settled(page)
    check_stack(page, DilationStack())
    assert "?" not in page.url


def test_play_adds_layers_and_the_field_grows(mount):
    page = mount(DilationStack(step=0))
    check_stack(page, DilationStack(step=0))
    page.click("[data-action=forward]")
    settled(page)
    check_stack(page, DilationStack(step=1))
    page.click("[data-action=play]")
    page.wait_for_function("document.querySelector('[data-action=play]').textContent === '▶'")
    settled(page)
    check_stack(page, DilationStack())
    assert "step=7" in page.url  # all, however many there will be
    page.select_option("[data-state=layers]", "5")
    settled(page)
    check_stack(page, DilationStack(dilation=[1, 2, 4, 4, 4]))


def test_mouse_and_keyboard_follow_an_input(mount):
    page = mount(DilationStack(**EVEN))
    box = page.locator(".cv-dilation-pick").bounding_box()
    numbers = page.locator(".cv-dilation-stack .cv-dilation-tick").filter(has_text="5")
    at = numbers.last.bounding_box()
    x = at["x"] + at["width"] / 2
    page.mouse.move(x, box["y"] + 40)  # the column counts, not the row
    settled(page)
    check_stack(page, DilationStack(**EVEN, column=5))
    assert "?" not in page.url  # pointing changes nothing
    page.mouse.click(x, box["y"] + 100)
    page.mouse.move(2, 2)
    settled(page)
    assert "dilation_stack.column=5" in page.url
    check_stack(page, DilationStack(**EVEN, column=5))
    page.mouse.move(x, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"], box["y"] + 100, steps=3)
    page.mouse.up()
    page.mouse.move(2, 2)
    settled(page)
    check_stack(page, DilationStack(**EVEN, column=6))
    page.focus(".cv-dilation-chosen")
    for key, column in (("ArrowLeft", 5), ("ArrowDown", 4), ("ArrowUp", 5), ("Home", -6),
                        ("ArrowLeft", -6), ("End", 6)):
        page.keyboard.press(key)
        settled(page)
        assert page.get_attribute(".cv-dilation-chosen", "aria-valuenow") == str(column)
        check_stack(page, DilationStack(**EVEN, column=column))


def test_mouse_and_keyboard_follow_an_input_of_the_map(mount):
    page = mount(DilationStack(**EVEN, axes=2))
    box = page.locator("[data-map]").bounding_box()
    cell = box["width"] / 13
    target = box["x"] + 3.5 * cell, box["y"] + 8.5 * cell  # column −3, row 2
    page.mouse.move(*target)
    settled(page)
    check_numbers(page, DilationStack(**EVEN, axes=2, column=-3, row=2))
    assert "?" not in page.url
    page.mouse.click(*target)
    page.mouse.move(2, 2)
    settled(page)
    assert {"column=-3", "row=2"} == {part.split(".")[1] for part in page.url.split("?")[1].split(
        "&")}
    page.focus("[data-map]")
    for key, row, column in (("ArrowRight", 2, -2), ("ArrowUp", 1, -2), ("ArrowDown", 2, -2),
                             ("End", 2, 6), ("Home", 2, -6)):
        page.keyboard.press(key)
        settled(page)
        check_numbers(page, DilationStack(**EVEN, axes=2, column=column, row=row))
    page.fill("[data-field=row]", "-4")
    page.press("[data-field=row]", "Enter")
    settled(page)
    check_numbers(page, DilationStack(**EVEN, axes=2, column=-6, row=-4))
    assert page.get_attribute("[data-map]", "aria-label").endswith(words(page).replace("-", "−"))


@pytest.mark.parametrize("query", queries("dilation_stack", [
    "dilation=<img src=x>", "dilation=0", "dilation=1.5", "dilation=1,1,1,1,1,1,1,1",
    "kernel_size=6", "padding=same", "axes=3", "step=-1", "column=127", "row=1e9",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(DilationStack(**EVEN), query)
    check_stack(page, DilationStack(**EVEN))
    assert page.locator("img").count() == 0


def test_links_restore_a_state_and_explain_one_that_is_too_wide(mount):
    state = dict(kernel_size=4, dilation=[3, 1], axes=2, column=-2, row=3, padding="causal")
    stack = DilationStack(**state)
    page = mount(DilationStack(ask="holes"), "?" + "&".join(
        f"dilation_stack.{name}={','.join(map(str, np.atleast_1d(value)))}"
        for name, value in state.items()))
    check_stack(page, stack)
    check_map(page, stack)
    page = mount(DilationStack(**TOO_WIDE))
    assert "receptive field of 129 inputs" in page.inner_text(".cv-dilation-problem")
    assert not page.is_visible(".cv-dilation-stack")
    page.fill("[data-field=rate-1]", "2")
    page.press("[data-field=rate-1]", "Enter")
    settled(page)
    check_stack(page, DilationStack(kernel_size=5, dilation=[2]))


@pytest.mark.parametrize("axes", [1, 2])
def test_the_pytorch_code_counts_the_paths(mount, axes):
    stack = DilationStack(dilation=[1, 2, 5], kernel_size=4, axes=axes, step=2)
    page = mount(stack)
    page.click(".cv-code-panel summary")
    body = "\n".join(line for line in page.inner_text(".cv-code-panel pre").splitlines()
                     if not line.startswith("import"))
    printed = []
    # PyTorch's names, carried by NumPy and convlib: the arguments are the same.
    exec(body, {"torch": types.SimpleNamespace(ones=lambda *shape: np.ones(shape)),
                "F": functional, "print": printed.append})
    counts = stack.counts if axes == 1 else np.outer(stack.counts, stack.counts)
    assert np.array_equal(printed[0][0, 0], counts)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_question(mount, language):
    i18n.use(language)
    page = mount(DilationStack(ask="holes"), width=760, more=False)
    assert page.inner_text(".cv-ask-answer") == ""
    assert "29" not in page.inner_text(".cv") and "49" not in page.inner_text(".cv-body")
    page.click("[data-choice='2']")
    page.select_option("[data-action=preset]", "context")
    page.click("[data-state=axes][data-value='2']")
    settled(page)
    assert page.inner_text(".cv-ask-answer").startswith("49")
    assert "dilation_stack." not in page.inner_text(".cv")
    # In a book's column the whole stays within its height, the answer included.
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages_by_touch(mount, language, dark):
    i18n.use(language)
    page = mount(DilationStack(ask="holes"), width=390, dark=dark, reduced=True, touch=True,
                 more=False)
    assert end_of_controls(page, ".cv-body") <= 640
    page.select_option("[data-action=preset]", "even")
    page.locator(".cv-dilation-pick").tap()  # its middle
    settled(page)
    assert places(page, "hole") == [[-5, -3, -1, 1, 3, 5]] and links(page, "path") > 0
    page.locator("[data-state=axes][data-value='2']").tap()
    page.locator("[data-map]").tap(position={"x": 3, "y": 3})
    settled(page)
    assert "column=-6" in page.url and "row=-6" in page.url
    check_map(page, DilationStack(**EVEN, axes=2))
    assert end_of_controls(page, ".cv-body") <= 700
    page.locator(".cv-more > summary").tap()
    check_phone(page, "dilation_stack", language)
    assert [text for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []
    small = page.eval_on_selector_all(
        ".cv button, .cv select, .cv input:not([type=range])",
        "all => all.map(one => one.getBoundingClientRect()).filter(box => box.width"
        " && (box.height < 44 || box.width < 32)).length")
    assert small == 0


@pytest.mark.parametrize("width", [390, 640, 1280])
def test_the_largest_fits(mount, width):
    page = mount(DilationStack(kernel_size=4, dilation=[32, 5, 1, 1, 1, 1, 1]), width=width)
    assert len(DilationStack().dilation) < MOST == page.locator(
        ".cv-dilation-rates input:visible").count()
    edge = page.locator(".cv").first.bounding_box()
    for axes in (1, 2):
        page.click(f"[data-state=axes][data-value='{axes}']")
        settled(page)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        for part in page.locator(".cv-dilation-stage > *").all():
            box = part.bounding_box()
            assert not box or box["x"] + box["width"] <= edge["x"] + edge["width"] - 8
    boxes = [field.bounding_box() for field in page.locator(".cv-dilation-rates input").all()]
    assert all(low["y"] >= high["y"] + high["height"] for low, high in
               zip(boxes, boxes[1:], strict=False))  # fields do not overlap
