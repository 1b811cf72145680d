"""im2col: in Python, and in a browser without a kernel."""

import types
from itertools import product

import numpy as np
import pytest
from reader import cell, check_phone, end_of_controls, numbers, queries, settled

from convlib import functional, i18n
from convlib.explorables import Im2col


def maps(page):
    """The output maps as the page shows them."""
    count = page.locator(".cv-im2col-maps > :not([style*=none])").count()
    return np.array([numbers(page, f".cv-im2col-maps > :nth-child({i + 1})")
                     for i in range(count)])


def unfold(x, kernel, dilation=1, padding=0, stride=1):
    """PyTorch's F.unfold of one square kernel, window by window."""
    x = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    span = dilation * (kernel - 1) + 1
    starts = product(*(range(0, side - span + 1, stride) for side in x.shape[2:]))
    windows = [x[:, :, r:r + span:dilation, c:c + span:dilation] for r, c in starts]
    return np.stack([window.reshape(len(x), -1) for window in windows], axis=-1)


def unfolded(state):
    options = {name: getattr(state, name) for name in ("dilation", "padding", "stride")}
    return unfold(state.input[None], state.kernel, **options)[0]


MATRIX, PRODUCT, WEIGHTS = ".cv-im2col-matrix", ".cv-im2col-product", ".cv-im2col-weights"
FIRST_INPUT, SECOND_INPUT = (f".cv-im2col-inputs > :nth-child({i})" for i in (1, 2))
FIRST_MAP = ".cv-im2col-maps > :nth-child(1)"
LAST = 99  # a step after the last shows the last: everything is filled
STATES = [
    dict(), dict(kernel=3, padding=1, filters=1), dict(channels=1, stride=3, padding=2, height=6),
    dict(kernel=3, dilation=2, padding=2, width=6, stride=2, seed=4), dict(kernel=1, height=3),
]


@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(rows=4), TypeError, "has no rows: it takes .*height"),
    (dict(channels=3), ValueError, "channels"),
    (dict(kernel=0), ValueError, "kernel"),
    (dict(height=2), ValueError, "height"),
    (dict(dilation=1.5), ValueError, "dilation"),
    (dict(by_row="no"), ValueError, "by_row"),
    (dict(source=-2), ValueError, "source"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        Im2col(**state)


def test_a_matrix_that_is_not_there_is_said_so():
    im2col = Im2col(kernel=3, dilation=2)
    for name in ("unfolded", "output"):
        with pytest.raises(ValueError, match="the padded input has 4"):
            getattr(im2col, name)


@pytest.mark.parametrize("state", STATES)
def test_python_unfolds_and_multiplies(state):
    im2col = Im2col(**state)
    assert np.array_equal(im2col.unfolded, unfolded(im2col))
    rows = im2col.weight.reshape(im2col.filters, -1)
    assert np.array_equal((rows @ im2col.unfolded).reshape(im2col.output.shape), im2col.output)


@pytest.mark.parametrize("state", STATES)
def test_the_page_shows_what_convlib_computes(mount, state):
    im2col = Im2col(step=LAST, **state)
    page = mount(im2col)
    assert np.array_equal(numbers(page, FIRST_INPUT), im2col.input[0])
    assert np.array_equal(numbers(page, WEIGHTS), im2col.weight.reshape(im2col.filters, -1))
    assert np.array_equal(numbers(page, MATRIX), im2col.unfolded)
    assert np.array_equal(numbers(page, PRODUCT), im2col.output.reshape(im2col.filters, -1))
    assert np.array_equal(maps(page), im2col.output)


def test_columns_fill_one_by_one(mount):
    im2col = Im2col(step=5)
    page = mount(im2col)
    wanted = im2col.unfolded.copy()
    wanted[:, 6:] = np.nan
    assert np.array_equal(numbers(page, MATRIX), wanted, equal_nan=True)
    page.click("[data-action=forward]")
    settled(page)
    wanted[:, 6] = im2col.unfolded[:, 6]
    assert np.array_equal(numbers(page, MATRIX), wanted, equal_nan=True)
    assert np.isnan(maps(page)).sum() == 2 * 5
    assert "im2col.step=6" in page.url


def test_play_fills_all(mount):
    page = mount(Im2col(step=9))
    page.click("[data-action=play]")
    page.get_by_text("Column 11, counted from 0, is the window of output cell [2, 3]").wait_for()
    settled(page)
    assert np.array_equal(maps(page), Im2col().output)


def test_the_sum_behind_a_column(mount):
    page = mount(Im2col())
    cell(page, FIRST_MAP, 2, 1).click()
    page.mouse.move(2, 2)
    settled(page)
    assert "im2col.step=9" in page.url
    im2col = Im2col()
    lines = page.inner_text(".cv-im2col-sums").replace("−", "-").splitlines()
    assert lines[0] == "Column 9, counted from 0, is the window of output cell [2, 1]:"
    for f, line in enumerate(lines[1:]):
        name, products, result = line.split(" = ")
        pairs = [[float(v.strip(" ()")) for v in term.split("·")] for term in products.split("+")]
        assert name == f"out[{f}, 2, 1]" and float(result) == im2col.output[f, 2, 1]
        assert np.array_equal(pairs, np.stack([im2col.weight[f].ravel(), im2col.unfolded[:, 9]], 1))


def test_pointing_at_a_product_shows_its_column(mount):
    page = mount(Im2col(step=6))
    cell(page, PRODUCT, 1, 10).hover()
    page.get_by_text("Column 10,").wait_for()
    page.mouse.move(2, 2)
    page.get_by_text("Column 6,").wait_for()
    settled(page)
    assert "?" not in page.url


@pytest.mark.parametrize("touch", [False, True])
def test_an_input_cell_shows_all_its_copies(mount, touch):
    im2col = Im2col(kernel=3, padding=1)
    page = mount(im2col, touch=touch)
    target = cell(page, SECOND_INPUT, 1, 1)
    for kept in (True, False):  # the second time lets go
        target.tap() if touch else target.click()
        page.mouse.move(2, 2)
        settled(page)
        copies = page.eval_on_selector_all(
            f"{MATRIX} .cv-im2col-copy", "cells => cells.map(cell => cell.dataset.cell)")
        wanted = np.argwhere(im2col.unfolded == im2col.input[1, 1, 1]) if kept else []
        assert copies == [f"{row},{column}" for row, column in wanted]
        assert ("im2col.source=26" in page.url) == kept
        assert ("Copies of input[1, 1, 1] = 27 in the unfolded matrix: 9," in page.inner_text(
            ".cv-im2col-copies")) == kept


def test_a_copy_leads_to_its_source(mount):
    page = mount(Im2col(step=6))
    cell(page, MATRIX, 5, 2).click()
    page.mouse.move(2, 2)
    settled(page)
    chosen = page.locator(".cv-im2col-inputs .cv-im2col-copy text:first-of-type")
    assert chosen.all_text_contents() == [f"{Im2col().unfolded[5, 2]:g}"]
    page.select_option("[data-state=padding]", "1")
    cell(page, MATRIX, 0, 0).focus()  # the padding is nobody's copy
    page.keyboard.press("Enter")
    settled(page)
    assert chosen.count() == 1
    page.keyboard.press("Escape")
    settled(page)
    assert chosen.count() == 0 and "source" not in page.url


@pytest.mark.parametrize("touch", [False, True])
def test_a_weight_meets_a_row(mount, touch):
    page = mount(Im2col(step=6), touch=touch)
    target = cell(page, WEIGHTS, 0, 6)
    target.tap() if touch else target.hover()
    settled(page)
    marked = page.eval_on_selector_all(
        f"{MATRIX} .cv-board-in", "cells => cells.map(cell => cell.dataset.cell)")
    row, column = {f"6,{at}" for at in range(7)}, {f"{at},6" for at in range(8)}
    assert set(marked) == row | column
    for board in (MATRIX, ".cv-im2col-inputs"):
        chosen = page.locator(f"{board} .cv-board-chosen text:first-of-type")
        assert chosen.all_text_contents() == [f"{Im2col().unfolded[6, 6]:g}"]


def test_memory_of_all_and_of_one_row(mount):
    page = mount(Im2col(kernel=3, padding=1, step=6))
    def counts():
        settled(page)
        return [text.replace("\n", "") for text in
                page.locator(".cv-im2col-count").all_inner_texts()]
    assert counts() == ["2·4·5 = 40", "18·20 = 360, 9× the input", "18·20 = 360, 9× the input"]
    assert page.locator(".cv-im2col-gone").count() == 0
    page.click("[data-state=by_row][data-value=true]")
    assert counts()[2] == "18·5 = 90, 2.25× the input"
    gone = page.eval_on_selector_all(
        ".cv-im2col-gone", "cells => cells.map(cell => Number(cell.dataset.cell.split(',')[1]))")
    assert sorted(set(gone)) == [*range(5), *range(10, 20)]  # the second row's columns are held
    assert "im2col.by_row=true" in page.url
    page.select_option("[data-state=stride]", "2")
    settled(page)
    text = page.inner_text(".cv-im2col-memory")
    assert "k²/s² = 3²/2² = 2.25× the input" in text
    shapes = page.inner_text(".cv-im2col-shapes")
    assert "(2, 18) · unfolded (18, 6) = product (2, 6) → output (2, 2, 3)" in shapes
    assert "2·18·6 = 216" in shapes


def test_keyboard(mount):
    page = mount(Im2col(step=0))
    page.focus(f"{FIRST_MAP} [tabindex='0']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    settled(page)
    assert "im2col.step=7" in page.url
    page.focus(f"{FIRST_INPUT} [tabindex='0']")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    settled(page)
    assert "im2col.source=1" in page.url
    page.focus("[data-state=step]")
    page.keyboard.press("ArrowLeft")
    settled(page)
    assert "im2col.step=6" in page.url
    assert page.inner_text(".cv-im2col-sums").startswith("Column 6,")


def test_controls_and_reset(mount):
    page = mount(Im2col())
    cell(page, FIRST_INPUT, 1, 1).click()
    for name, value in (("channels", "1"), ("height", "6"), ("filters", "1"), ("dilation", "2")):
        page.select_option(f"[data-state={name}]", value)
    page.select_option("[data-state=kernel]", "3×3")
    page.click("[data-action=new-weights]")
    page.focus("[data-state=step]")
    page.keyboard.press("End")
    settled(page)
    assert "source" not in page.url  # cells numbered anew let go of the one that was kept
    wanted = Im2col(channels=1, height=6, filters=1, dilation=2, kernel=3, seed=29)
    assert np.array_equal(numbers(page, MATRIX), wanted.unfolded)
    assert np.array_equal(maps(page), wanted.output)
    page.click("[data-action=reset]")
    settled(page)
    assert "?" not in page.url and numbers(page, MATRIX).shape == (8, 12)


def test_a_kernel_that_does_not_fit_is_explained(mount):
    page = mount(Im2col(kernel=3, dilation=2))
    assert "spans 5×5" in page.inner_text(".cv-grid-problem")
    assert not page.is_visible(MATRIX)
    page.select_option("[data-state=padding]", "1")
    settled(page)
    assert page.is_visible(MATRIX) and not page.is_visible(".cv-grid-problem")
    assert numbers(page, MATRIX).shape == Im2col(kernel=3, dilation=2, padding=1).unfolded.shape


def test_a_size_that_leaves_no_output_is_refused(mount):
    page = mount(Im2col(kernel=3))
    page.select_option("[data-state=dilation]", "2")
    settled(page)
    assert "spans 5×5" in page.inner_text(".cv-status")
    assert page.input_value("[data-state=dilation]") == "1" and "?" not in page.url
    assert page.is_visible(MATRIX)
    page.select_option("[data-state=padding]", "1")
    page.select_option("[data-state=dilation]", "2")
    settled(page)
    assert page.inner_text(".cv-status") == "" and "dilation=2" in page.url


def test_nothing_is_answered_on_opening(mount):
    page = mount(Im2col(ask="copies"))
    assert page.locator(".cv-im2col-copy").count() == 0
    assert np.isnan(numbers(page, MATRIX)[:, 1:]).all()
    assert not page.is_visible(".cv-im2col-memory") and not page.is_visible(".cv-im2col-copies")
    cell(page, FIRST_INPUT, 1, 2).hover()  # pointing is not acting
    settled(page)
    def looks(cells):
        return page.eval_on_selector_all(f"{MATRIX} {cells}", """cells => cells.map((cell) => {
          const { fill, fillOpacity, stroke } = getComputedStyle(cell.querySelector("rect"));
          const text = cell.querySelector("text"), { visibility } = getComputedStyle(text);
          const seen = visibility === "hidden" ? "" : text.textContent;
          return [fill, fillOpacity, stroke, seen].join();
        })""")
    plain = set(looks(".cv-board-later:not(.cv-im2col-copy):not(.cv-im2col-second)"))
    assert len(looks(".cv-im2col-copy")) == 4 and set(looks(".cv-im2col-copy")) == plain
    cell(page, FIRST_INPUT, 1, 2).click()
    settled(page)
    assert not plain & set(looks(".cv-im2col-copy")) and page.inner_text(".cv-ask-answer")
    assert page.is_visible(".cv-im2col-memory")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_question(mount, language):
    i18n.use(language)
    page = mount(Im2col(ask="copies"), width=720, more=False)
    page.click("[data-choice='3']")
    settled(page)
    assert "4" in page.inner_text(".cv-ask-answer") and "im2col." not in page.inner_text(".cv")
    # In a book's column the whole stays within its height, the answer included.
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


def test_a_phone_shows_control_and_effect_on_one_screen(mount):
    page = mount(Im2col(), width=390, more=False)
    assert end_of_controls(page, ".cv-body") <= 640


def test_the_matrix_has_the_inputs_colour(mount):
    page = mount(Im2col(kernel=3, padding=1))
    fills = page.evaluate("""([matrix, input]) => [matrix, input].map((board) => [...new Set(
      [...document.querySelectorAll(`${board} .cv-board-cell:not(.cv-board-zero)`)]
        .filter((cell) => board === matrix || !cell.matches(".cv-board-in"))
        .map((cell) => getComputedStyle(cell.querySelector("rect")).fill))])""",
        [MATRIX, FIRST_INPUT])
    assert fills[0] == fills[1] and len(fills[0]) == 1


@pytest.mark.parametrize("state", STATES)
def test_the_pytorch_code_computes_the_same(mount, state):
    page = mount(Im2col(**state))
    page.click(".cv-code-panel summary")
    code = page.inner_text(".cv-code-panel pre")
    # PyTorch's names, carried by NumPy and convlib: the arguments are the same.
    torch = types.SimpleNamespace(tensor=np.array, arange=np.arange, equal=np.array_equal)
    functions = types.SimpleNamespace(unfold=unfold, conv2d=functional.conv2d)
    shown = []
    body = "\n".join(line for line in code.splitlines() if not line.startswith("import"))
    exec(body, {"torch": torch, "F": functions, "print": lambda *values: shown.extend(values)})
    assert np.array_equal(shown[0][0], Im2col(**state).unfolded)
    assert np.array_equal(shown[1][0], Im2col(**state).output)
    assert shown[2] is True


def test_a_step_scrolls_the_matrix_and_not_the_page(mount):
    page = mount(Im2col(kernel=3, padding=1, step=0), width=390)
    box = page.locator(".cv-im2col-right")
    assert box.evaluate("box => box.scrollLeft") == 0
    page.focus("[data-state=step]")
    page.keyboard.press("End")
    settled(page)
    inside = page.evaluate("""() => {
      const box = document.querySelector(".cv-im2col-right").getBoundingClientRect();
      const last = document.querySelector(".cv-im2col-matrix [data-cell='0,19']");
      const { left, right } = last.getBoundingClientRect();
      return left >= box.left && right <= box.right;
    }""")
    assert inside and page.evaluate("scrollX") == 0


@pytest.mark.parametrize("query", queries("im2col", [
    "channels=<img src=x onerror=alert(1)>", "channels=3", "height=7", "kernel=0", "stride=1.5",
    "padding=-1", "dilation=3", "by_row=maybe", "step=-1", "source=72", "seed=1e9",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(Im2col(step=LAST), query)
    assert np.array_equal(numbers(page, MATRIX), Im2col().unfolded)
    assert page.locator("img").count() == 0


def test_a_link_restores_the_state(mount):
    page = mount(Im2col(), "?im2col.channels=1&im2col.kernel=3&im2col.step=5&im2col.source=60")
    wanted = Im2col(channels=1, kernel=3)
    assert np.array_equal(numbers(page, MATRIX), wanted.unfolded)
    assert page.locator(".cv-im2col-copy").count() == 0  # cell 60 is not there


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    im2col = Im2col(kernel=3, height=6, width=6, padding=2)
    page = mount(im2col, width=390, dark=dark, reduced=True)
    check_phone(page, "im2col", language)
