"""The convolution grid: in Python, and in a browser without a kernel."""

import types

import numpy as np
import pytest
import reader
from contrast import CONTRASTS
from reader import check_phone, end_of_controls, queries, settled

from convlib import functional, i18n
from convlib.explorables import ConvGrid


def numbers(page, kind="output"):
    """The numbers of a board, without the padding, as the page shows them."""
    return reader.numbers(page, f".cv-board-{kind}")


def cell(page, kind, row, column):
    return reader.cell(page, f".cv-board-{kind}", row, column)


@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(stride=2), TypeError, "has no stride: it takes .*stride_x"),
    (dict(input=[[1, 2], [3]]), ValueError, "rectangle"),
    (dict(input=[[1] * 13]), ValueError, "from 1 to 12"),
    (dict(kernel=[[100]]), ValueError, "from -99 to 99"),
    (dict(kernel=np.ones((6, 6))), ValueError, "from 1 to 5"),
    (dict(stride_y=0), ValueError, "stride_y"),
    (dict(padding_x=5), ValueError, "padding_x"),
    (dict(dilation_x=1.5), ValueError, "dilation_x"),
    (dict(source=-2), ValueError, "source"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        ConvGrid(**state)


def test_an_output_that_is_not_there_is_said_so():
    with pytest.raises(ValueError, match="kernel"):
        _ = ConvGrid(input=[[1, 2]], kernel=np.ones((3, 3))).output


@pytest.mark.parametrize("state", [
    dict(),
    dict(input=np.arange(28).reshape(4, 7), kernel=[[1, -2]], padding_y=1, padding_x=2, stride_x=3),
    dict(kernel=[[1, 0.5], [-1.5, 2]], dilation_y=2, dilation_x=3, stride_y=2, padding_x=4),
])
def test_the_page_shows_what_convlib_computes(mount, state):
    page = mount(ConvGrid(**state))
    assert np.array_equal(numbers(page), ConvGrid(**state).output)
    assert np.array_equal(numbers(page, "input"), ConvGrid(**state).input)


def test_choosing_an_output_spells_its_sum(mount):
    page = mount(ConvGrid())
    cell(page, "output", 2, 0).click()
    settled(page)
    grid = ConvGrid()
    window = np.array(grid.input)[2:5, 0:3]
    terms = " + ".join(f"{a:g}·{b:g}" for a, b in
                       zip(window.ravel(), np.ravel(grid.kernel), strict=True))
    text = " ".join(page.inner_text(".cv-grid-sum").split())
    assert text == f"y[2, 0] = {terms} = {grid.output[2, 0]:g}"
    assert "conv_grid.step=6" in page.url


def test_an_input_cell_shows_the_outputs_that_it_touches(mount):
    page = mount(ConvGrid())
    cell(page, "input", 1, 1).click()
    page.mouse.move(5, 5)
    settled(page)
    assert "conv_grid.source=6" in page.url
    touched = page.eval_on_selector_all(".cv-board-output .cv-board-in",
                                        "cells => cells.map(cell => cell.dataset.cell)")
    probe = np.zeros((1, 5, 5))
    probe[0, 1, 1] = 1
    reached = functional.conv2d(probe, np.ones((1, 1, 3, 3)))[0]
    assert touched == [f"{y},{x}" for y, x in np.argwhere(reached)]
    page.click("[data-action=forward]")  # a step lets go of the input cell
    settled(page)
    assert "source" not in page.url and page.locator(".cv-board-output .cv-board-in").count() == 0


def test_a_cell_is_edited_by_keyboard(mount):
    page = mount(ConvGrid())
    cell(page, "input", 0, 0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.type("-2.5")
    page.keyboard.press("Enter")
    settled(page)
    wanted = np.array(ConvGrid().input)
    wanted[0, 1] = -2.5
    assert np.array_equal(numbers(page, "input"), wanted)
    assert np.array_equal(numbers(page), ConvGrid(input=wanted).output)
    assert page.evaluate("document.activeElement.dataset.cell") == "0,1"
    page.keyboard.type("100")  # beyond the limits: nothing is changed
    page.keyboard.press("Enter")
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    settled(page)
    assert np.array_equal(numbers(page, "input"), wanted)


def test_a_cell_is_edited_by_mouse_and_by_touch(mount):
    for touch in (False, True):
        page = mount(ConvGrid(), touch=touch)
        target = cell(page, "kernel", 1, 1)
        for _ in range(2):
            target.tap() if touch else target.click()
        page.keyboard.type("5")
        target = cell(page, "output", 0, 0)  # leaving the field takes the number
        target.tap() if touch else target.click()
        settled(page)
        kernel = np.array(ConvGrid().kernel)
        kernel[1, 1] = 5
        assert np.array_equal(numbers(page), ConvGrid(kernel=kernel).output)


def test_arrow_keys_move_the_window(mount):
    page = mount(ConvGrid(step=0))
    page.focus(".cv-board-output [tabindex='0']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    settled(page)
    assert "conv_grid.step=5" in page.url
    assert page.inner_text(".cv-grid-sum").startswith("y[1, 2]")


def test_controls_and_the_shape_formula(mount):
    page = mount(ConvGrid())
    page.click("[data-action=stride-y-more]")
    page.click("[data-action=same]")
    page.click("[data-action=input-x-more]")
    settled(page)
    grid = ConvGrid(input=numbers(page, "input"), stride_y=2, stride_x=2, padding_y=1, padding_x=1)
    assert np.shape(grid.input) == (5, 6)
    assert np.array_equal(numbers(page), grid.output)
    text = page.inner_text(".cv-grid-sizes")
    assert "⌊(5 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = 3" in text
    assert "⌊(6 + 2·1 − 1·(3 − 1) − 1) / 2⌋ + 1 = 3" in text
    assert "a rest of 1" in text
    page.click(".cv-grid-check")
    page.click("[data-action=dilation-x-more]")
    settled(page)
    assert "separate=true" in page.url and "dilation_x=2" in page.url
    assert "dilation_y" not in page.url
    page.click("[data-action=reset]")
    settled(page)
    assert np.array_equal(numbers(page), ConvGrid().output)


def test_the_pytorch_call_computes_the_same(mount):
    state = dict(input=np.arange(30).reshape(5, 6) / 4, kernel=[[1, -1], [2, 0.5]], stride_y=2,
                 stride_x=1, padding_y=1, padding_x=1, dilation_x=2)
    page = mount(ConvGrid(**state))
    page.click(".cv-code-panel summary")
    code = page.inner_text(".cv-code-panel pre")
    assert "F.conv2d(x, w, stride=(2, 1), padding=1, dilation=(1, 2))" in code
    # PyTorch's names, carried by NumPy and convlib: the arguments are the same.
    torch = types.SimpleNamespace(tensor=np.array)
    shown = []
    body = "\n".join(line for line in code.splitlines() if not line.startswith("import"))
    exec(body, {"torch": torch, "F": functional, "print": shown.append})
    assert np.array_equal(shown[0][0, 0], ConvGrid(**state).output)


def test_play_runs_to_the_end(mount):
    page = mount(ConvGrid(step=6), reduced=False)
    page.click("[data-action=play]")
    page.get_by_text("y[2, 2] =").wait_for()


def test_a_setting_that_does_not_fit_is_refused_and_said_why(mount):
    page = mount(ConvGrid())
    for _ in range(2):  # the kernel spans 5 rows, and then would span 7
        page.click("[data-action=dilation-y-more]")
    settled(page)
    assert "dilation_y=2" in page.url
    reason = page.inner_text(".cv-status")
    assert reason.count("does not fit") == 1  # rows and columns are said together
    assert "spans 7×7, and the input with its padding has only 5×5" in reason
    page.click("[data-action=input-x-less]")
    settled(page)
    assert np.array_equal(numbers(page), ConvGrid(dilation_y=2, dilation_x=2).output)
    page.click("[data-action=padding-y-less]", force=True)  # there is none to take away
    assert "from 0 to 4" in page.inner_text(".cv-status")
    page.click("[data-action=padding-y-more]")
    assert page.inner_text(".cv-status") == ""


def test_a_padding_that_is_not_whole_is_refused_and_said_why(mount):
    page = mount(ConvGrid(kernel=np.ones((2, 3))))
    page.click("[data-action=same]", force=True)
    assert "0.5×1" in page.inner_text(".cv-status")
    settled(page)
    assert "padding" not in page.url


def test_unequal_settings_are_made_equal_only_where_the_kernel_fits(mount):
    grid = ConvGrid(input=np.ones((7, 4)), separate=True, dilation_y=3)
    page = mount(grid)
    page.click(".cv-grid-check")
    assert "spans 7×7, and" in page.inner_text(".cv-status")
    assert page.is_checked(".cv-grid-check input")
    assert np.array_equal(numbers(page), grid.output)


def test_the_question_is_answered_by_choosing_a_cell(mount):
    page = mount(ConvGrid(ask="touches"))
    assert page.locator(".cv-board-in.cv-board-output").count() == 0
    assert page.inner_text(".cv-ask-answer") == ""
    cell(page, "input", 0, 0).click()
    settled(page)
    assert "corners touch fewest" in page.inner_text(".cv-ask-answer")
    assert page.inner_text(".cv-grid-sum").startswith("x[0, 0] = 3 touches 1 output")


@pytest.mark.parametrize("dark", [False, True])
def test_padding_and_touched_cells_can_be_read(mount, dark):
    for state in (dict(padding_y=1, padding_x=1, step=0), dict(source=6)):
        page = mount(ConvGrid(**state), dark=dark, reduced=True)
        assert [text for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []


def test_on_a_phone_the_buttons_and_the_picture_are_on_one_screen(mount):
    page = mount(ConvGrid(), width=390, touch=True, more=False)
    assert end_of_controls(page, ".cv-grid-stage") <= 700


def test_the_column_of_a_page_holds_it(mount):
    page = mount(ConvGrid(ask="touches"), width=760, more=False)
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600
    rows = {page.locator(f"[data-action={name}]").bounding_box()["y"]
            for name in ("play", "stride-y-more", "padding-y-more", "dilation-y-more")}
    assert len(rows) == 1


def test_a_kernel_that_does_not_fit_is_explained(mount):
    page = mount(ConvGrid(input=[[1, 2, 3]], kernel=np.ones((3, 3))))
    assert "spans 3×3, and the input with its padding has only 1×3" in (
        page.inner_text(".cv-grid-problem"))
    assert page.locator(".cv-board-output [data-cell]").count() == 0
    page.click("[data-action=padding-y-more]")
    settled(page)
    assert page.locator(".cv-grid-problem").count() == 0
    assert np.array_equal(numbers(page), [[3, 6, 5]])


@pytest.mark.parametrize("query", queries("conv_grid", [
    "input=<img src=x onerror=alert(1)>", "input=1,2;3", "input=1e9", "kernel=;;", "stride_y=0",
    "padding_x=-1", "dilation_y=1.5", "step=999999", "source=abc", "separate=maybe",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(ConvGrid(), query)
    assert np.array_equal(numbers(page), ConvGrid().output)
    assert page.locator("img").count() == 0


def test_a_link_restores_the_state(mount):
    page = mount(ConvGrid(), "?conv_grid.input=1,2;3,4&conv_grid.kernel=1,-1&conv_grid.step=1")
    assert np.array_equal(numbers(page), [[-1], [-1]])
    assert page.inner_text(".cv-grid-sum").startswith("y[1, 0]")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    grid = ConvGrid(input=np.ones((12, 12)), padding_y=4, padding_x=4, separate=True)
    page = mount(grid, width=390, dark=dark, reduced=True)
    check_phone(page, "conv_grid", language)
