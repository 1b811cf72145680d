"""The transposed grid: in Python, and in a browser without a kernel."""

import types

import numpy as np
import pytest
from contrast import CONTRASTS
from reader import cell, check_phone, end_of_controls, marked, numbers, queries, settled

from convlib import functional, i18n, shapes
from convlib.explorables import TransposedGrid

INPUT, KERNEL = (f".cv-transposed-stamps .cv-board-{kind}" for kind in ("input", "kernel"))
EXPANDED, TURNED = (f".cv-transposed-windows .cv-board-{kind}" for kind in ("input", "kernel"))
SHEET = ".cv-transposed-sheet .cv-board-output"
LAST = 99  # a step after the last shows the last
STATES = [
    dict(), dict(padding=0), dict(padding=0, stride=1), dict(output_padding=1),
    dict(stride=3, padding=0, output_padding=2),
    dict(input=np.arange(8).reshape(2, 4) - 3, kernel=np.arange(10).reshape(2, 5) / 2),
    dict(input=[[1], [2], [-3]], kernel=[[5]], stride=3, padding=0),
]
LARGEST = dict(input=np.full((4, 4), 9), kernel=np.full((5, 5), -9), stride=3, padding=0,
               output_padding=2)


def kept(sheet, grid):
    """What is left of the sheet when padding is cut off."""
    rows, columns = grid.output.shape
    return sheet[grid.padding:grid.padding + rows, grid.padding:grid.padding + columns]


def stamps(grid, count):
    """The output after the first so many stamps."""
    some = np.where(np.arange(np.size(grid.input)) < count, np.ravel(grid.input), 0)
    part = TransposedGrid(input=some.reshape(np.shape(grid.input)), kernel=grid.kernel,
                          stride=grid.stride, padding=grid.padding,
                          output_padding=grid.output_padding)
    return part.output


@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(dilation=2), TypeError, "has no dilation: it takes .*stride"),
    (dict(input=[[1, 2], [3]]), ValueError, "rectangle"),
    (dict(input=[[1] * 5]), ValueError, "from 1 to 4"),
    (dict(kernel=[[100]]), ValueError, "from -99 to 99"),
    (dict(stride=4), ValueError, "stride"),
    (dict(padding=-1), ValueError, "padding"),
    (dict(output_padding=3), ValueError, "output_padding"),
    (dict(by="row"), ValueError, "by"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        TransposedGrid(**state)


@pytest.mark.parametrize(("state", "name", "text"), [
    (dict(stride=1, output_padding=1), "output", "output_padding"),
    (dict(input=[[1]], padding=2), "output", "padding"),
    (dict(padding=3), "expanded", r"padding=3 must be less than each side .* \(3, 3\)"),
])
def test_what_is_not_there_is_said_so(state, name, text):
    with pytest.raises(ValueError, match=text):
        getattr(TransposedGrid(**state), name)
    assert "<svg" in TransposedGrid(**state).still()


@pytest.mark.parametrize("state", STATES)
def test_both_ways_are_equal_in_python(state):
    grid = TransposedGrid(**state)
    windows = functional.conv2d(grid.expanded[None], grid.weight[..., ::-1, ::-1])
    assert np.array_equal(windows[0], grid.output)


@pytest.mark.parametrize("state", STATES)
def test_the_still_picture_tells_inputs_from_zeros(state):
    grid = TransposedGrid(**state)
    zeros = np.size(grid.expanded) - np.size(grid.input)
    assert grid.still().count("cv-board-later") == zeros


def test_the_articles_cases():
    assert TransposedGrid(stride=1, padding=0).output.shape == (4, 4)
    assert TransposedGrid(stride=2, padding=0).output.shape == (5, 5)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("by", ["stamp", "window"])
def test_the_page_shows_what_convlib_computes(mount, state, by):
    grid = TransposedGrid(**state, by=by, step=LAST)
    page = mount(grid)
    assert np.array_equal(numbers(page, INPUT), grid.input)
    assert np.array_equal(numbers(page, KERNEL), grid.kernel)
    assert np.array_equal(numbers(page, EXPANDED), grid.expanded)
    assert np.array_equal(numbers(page, TURNED), np.rot90(grid.kernel, 2))
    out = kept(numbers(page, SHEET), grid)
    assert np.array_equal(np.nan_to_num(out), grid.output)  # where nothing was laid, it is empty


def test_stamps_add_up(mount):
    grid = TransposedGrid(padding=0)
    page = mount(grid)
    for count in range(1, 5):
        assert np.array_equal(np.nan_to_num(numbers(page, SHEET)), stamps(grid, count))
        row, column = divmod(count - 1, 2)
        assert marked(page, INPUT, "cv-board-chosen") == [f"{row},{column}"]
        assert marked(page, EXPANDED, "cv-board-chosen") == [f"{2 * row + 2},{2 * column + 2}"]
        assert marked(page, SHEET) == [f"{2 * row + i},{2 * column + j}"
                                       for i in range(3) for j in range(3)]
        if count < 4:
            page.click("[data-action=forward]")
            settled(page)


def test_play_lays_all_stamps(mount):
    page = mount(TransposedGrid(step=2))
    page.click("[data-action=play]")
    page.get_by_text("x[1, 1] = 4 times the whole kernel").wait_for()
    settled(page)
    assert np.array_equal(kept(numbers(page, SHEET), TransposedGrid()), TransposedGrid().output)


@pytest.mark.parametrize("touch", [False, True])
def test_an_output_shows_what_it_is_the_sum_of(mount, touch):
    page = mount(TransposedGrid(), touch=touch)
    target = cell(page, SHEET, 2, 2)  # padding cuts a row and a column before it
    target.tap() if touch else target.click()
    page.mouse.move(2, 2)
    settled(page)
    assert "by=window" in page.url and "step=4" in page.url
    assert marked(page, INPUT) == ["0,0", "0,1", "1,0", "1,1"]
    assert marked(page, EXPANDED) == ["1,1", "1,3", "3,1", "3,3"]
    assert marked(page, KERNEL, "cv-board-chosen") == ["0,0", "0,2", "2,0", "2,2"]
    assert marked(page, TURNED, "cv-board-chosen") == ["0,0", "0,2", "2,0", "2,2"]
    first, second = page.inner_text(".cv-transposed-sum").splitlines()
    grid = TransposedGrid()
    assert first == f"y[1, 1] = 1·1 + 2·2 + 3·0 + 4·1 = {grid.output[1, 1]:g}"
    assert "9 products, and 5 of them" in second
    assert np.array_equal(kept(numbers(page, SHEET), grid), grid.output)


@pytest.mark.parametrize("touch", [False, True])
def test_an_input_of_either_way_shows_its_stamp(mount, touch):
    page = mount(TransposedGrid(by="window", step=4), touch=touch)
    for board, at in ((EXPANDED, (1, 3)), (INPUT, (0, 1))):
        target = cell(page, board, *at)
        target.tap() if touch else target.click()
        settled(page)
        assert "by=window" not in page.url and page.inner_text(".cv-transposed-sum").startswith(
            "x[0, 1] = 2 times the whole kernel")
        assert "5 of these 9 lie in what padding 1 cuts off" in (
            page.inner_text(".cv-transposed-sum"))
        cell(page, SHEET, 2, 2).click()


def test_pointing_shows_and_changes_nothing(mount):
    page = mount(TransposedGrid())
    cell(page, SHEET, 0, 0).hover()
    page.get_by_text("cut off: 1·1 = 1").wait_for()
    cell(page, INPUT, 1, 1).hover()
    page.get_by_text("x[1, 1] = 4").wait_for()
    cell(page, EXPANDED, 0, 0).hover()  # a zero is nobody's: what is chosen stays
    page.get_by_text("x[0, 0] = 1").wait_for()
    cell(page, KERNEL, 0, 1).hover()
    settled(page)
    assert marked(page, TURNED, "cv-board-chosen") == ["2,1"]
    assert marked(page, SHEET, "cv-board-chosen") == ["0,1"]
    assert "?" not in page.url


def test_what_is_cut_off_is_no_output(mount):
    page = mount(TransposedGrid())
    cell(page, SHEET, 0, 4).click()
    assert "padding 1 cuts it off" in page.inner_text(".cv-status")
    assert page.locator(f"{SHEET} .cv-transposed-cut").count() == 25 - 9


def test_keyboard(mount):
    page = mount(TransposedGrid())
    page.focus(f"{INPUT} [tabindex='0']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    settled(page)
    assert "transposed_grid.step=2" in page.url
    page.keyboard.type("-7")
    page.keyboard.press("Enter")
    settled(page)
    wanted = TransposedGrid(input=[[1, 2], [-7, 4]])
    assert np.array_equal(numbers(page, INPUT), wanted.input)
    page.focus(f"{SHEET} [tabindex='0']")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", " "):
        page.keyboard.press(key)
    settled(page)
    assert "by=window" in page.url and "step=3" in page.url
    assert np.array_equal(kept(numbers(page, SHEET), wanted), wanted.output)


def test_a_weight_is_edited_by_touch(mount):
    page = mount(TransposedGrid(), touch=True)
    for _ in range(2):
        cell(page, KERNEL, 1, 1).tap()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    settled(page)
    kernel = np.array(TransposedGrid().kernel)
    kernel[1, 1] = 5
    assert np.array_equal(numbers(page, TURNED), np.rot90(kernel, 2))


def test_controls_presets_and_reset(mount):
    page = mount(TransposedGrid())
    for name, value in (("input-rows", "4"), ("kernel-columns", "2"), ("stride", "3")):
        page.select_option(f"[data-state={name}]", value)
    page.click("[data-action=output-padding-2]")
    page.click("[data-state=by][data-value=window]")
    settled(page)
    grid = TransposedGrid(input=numbers(page, INPUT), kernel=numbers(page, KERNEL), stride=3,
                          output_padding=2)
    assert np.shape(grid.input) == (4, 2) and np.shape(grid.kernel) == (3, 2)
    assert np.array_equal(kept(numbers(page, SHEET), grid), grid.output)
    lines = page.inner_text(".cv-transposed-sizes").splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "3·(4 − 1) + 3 − 2·1 + 2 = 12", "3·(2 − 1) + 2 − 2·1 + 2 = 5"]
    assert grid.output.shape == (12, 5)
    for side in (4, 5):
        page.click(f"[data-action=example-{side}]")
        settled(page)
        assert numbers(page, SHEET).shape == (side, side)
    page.click("[data-action=reset]")
    settled(page)
    assert "?" not in page.url and np.array_equal(numbers(page, INPUT), TransposedGrid().input)


@pytest.mark.parametrize("state", STATES)
def test_the_sizes_that_a_convolution_makes_equal(mount, state):
    grid = TransposedGrid(**state)
    page = mount(grid)
    offered = page.locator(".cv-transposed-meant button").all_inner_texts()
    found = [(rows, columns) for rows in range(1, 40) for columns in range(1, 40)
             if rows + 2 * grid.padding >= np.shape(grid.kernel)[0]
             and columns + 2 * grid.padding >= np.shape(grid.kernel)[1]
             and all(shapes.conv_output_size(side, k, stride=grid.stride, padding=grid.padding) == n
                     for side, k, n in zip((rows, columns), np.shape(grid.kernel),
                                           np.shape(grid.input), strict=True))]
    sides = [tuple(map(int, text.split(": ")[1].split("×"))) for text in offered]
    assert set(sides) <= set(found) and len(found) == len(offered) ** 2
    for a, side in enumerate(sides):
        page.click(f"[data-action=output-padding-{a}]")
        settled(page)
        caption = page.inner_text(".cv-transposed-sheet .cv-board-caption")
        assert caption == f"output {side[0]}×{side[1]}"


@pytest.mark.parametrize(("state", "name", "value", "reason"), [
    (dict(), "padding", "3", "Padding 3 is not possible here"),
    (dict(output_padding=1), "stride", "1", "output_padding 1 is not possible here"),
    (dict(padding=2, stride=1, input=[[1, 2, 3]] * 3), "input-rows", "1", "cuts off everything"),
    (dict(), "kernel-rows", "1", "The shortest side is 1"),
])
def test_what_is_impossible_is_refused_and_said_why(mount, state, name, value, reason):
    page = mount(TransposedGrid(**state))
    before = page.input_value(f"[data-state={name}]")
    page.select_option(f"[data-state={name}]", value)
    settled(page)
    assert reason in page.inner_text(".cv-status")
    assert page.input_value(f"[data-state={name}]") == before and "?" not in page.url


def test_settings_without_an_output_are_explained(mount):
    page = mount(TransposedGrid(stride=1, output_padding=1))
    assert "less than the stride, which is 1" in page.inner_text(".cv-grid-problem")
    assert not page.is_visible(SHEET)
    page.select_option("[data-state=stride]", "2")
    settled(page)
    assert page.is_visible(SHEET) and not page.is_visible(".cv-grid-problem")


@pytest.mark.parametrize("state", STATES)
def test_the_pytorch_code_computes_the_same(mount, state):
    page = mount(TransposedGrid(**state))
    page.click(".cv-code-panel summary")
    code = page.inner_text(".cv-code-panel pre")
    # PyTorch's names, carried by NumPy and convlib: the arguments are the same.
    shown = []
    body = "\n".join(line for line in code.splitlines() if not line.startswith("import"))
    exec(body, {"torch": types.SimpleNamespace(tensor=np.array), "F": functional,
                "print": shown.append})
    assert np.array_equal(shown[0][0, 0], TransposedGrid(**state).output)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_question(mount, language):
    i18n.use(language)
    page = mount(TransposedGrid(ask="border"), width=760, more=False)
    assert not page.is_visible(EXPANDED) and page.inner_text(".cv-ask-answer") == ""
    page.eval_on_selector(".cv-more", "more => (more.open = true)")
    assert not page.is_visible(".cv-transposed-zeros")
    cell(page, SHEET, 2, 2).hover()  # pointing is not acting
    settled(page)
    assert not page.is_visible(EXPANDED)
    page.eval_on_selector(".cv-more", "more => (more.open = false)")
    page.click("[data-choice='2']")
    settled(page)
    grid = TransposedGrid()
    border, between = grid.expanded.shape[0] - 3, grid.stride - 1
    answer = page.inner_text(".cv-ask-answer")
    assert f"s − 1 = {between}" in answer and f"k − 1 − p = {border // 2}" in answer
    assert page.is_visible(EXPANDED) and "transposed_grid." not in page.inner_text(".cv")
    # In a book's column the whole stays within its height, the answer included.
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


def test_the_column_of_a_page_holds_it(mount):
    page = mount(TransposedGrid(ask="border"), width=760, more=False)
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


def test_a_phone_shows_control_and_effect_on_one_screen(mount):
    page = mount(TransposedGrid(), width=390, more=False)
    assert end_of_controls(page, ".cv-body") <= 640


@pytest.mark.parametrize("width", [390, 640, 760, 1280])
def test_the_largest_boards_fit(mount, width):
    page = mount(TransposedGrid(**LARGEST), width=width)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    edge = page.locator(".cv").first.bounding_box()
    for board in (EXPANDED, SHEET):
        box = page.locator(board).bounding_box()
        assert box["x"] + box["width"] <= edge["x"] + edge["width"]


@pytest.mark.parametrize("dark", [False, True])
def test_all_its_cells_can_be_read(mount, dark):
    for state in (dict(by="window", step=4), dict(padding=0, output_padding=1, step=2)):
        page = mount(TransposedGrid(**state), dark=dark, reduced=True)
        assert [text for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []


@pytest.mark.parametrize("query", queries("transposed_grid", [
    "input=<img src=x onerror=alert(1)>", "input=1,2;3", "kernel=;;", "stride=0", "stride=1.5",
    "padding=5", "output_padding=3", "by=row", "step=-1", "step=1e9",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(TransposedGrid(by="window"), query)
    assert np.array_equal(kept(numbers(page, SHEET), TransposedGrid()), TransposedGrid().output)
    assert page.locator("img").count() == 0


def test_a_link_restores_the_state(mount):
    page = mount(TransposedGrid(), "?transposed_grid.input=1,2;3,4;5,6&transposed_grid.stride=1"
                                   "&transposed_grid.by=window&transposed_grid.step=2")
    wanted = TransposedGrid(input=[[1, 2], [3, 4], [5, 6]], stride=1)
    assert np.array_equal(kept(numbers(page, SHEET), wanted), wanted.output)
    assert page.inner_text(".cv-transposed-sum").startswith("y[1, 0]")


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    page = mount(TransposedGrid(output_padding=1), width=390, dark=dark, reduced=True)
    check_phone(page, "transposed_grid", language)
