"""The matrix of a convolution and its transpose: in Python, and in a browser without a kernel."""

import types

import numpy as np
import pytest
from contrast import CONTRASTS
from reader import cell, check_phone, end_of_controls, marked, numbers, queries, settled

from convlib import functional, i18n
from convlib.explorables import TransposedMatrix

X, W, Y, Z = (f".cv-matrix-grids > :nth-child({i})" for i in (1, 2, 3, 4))
MATRIX = ".cv-matrix-row > .cv-board-place"
ABOVE, BESIDE = (f".cv-matrix-{side} > :not([style*=none])" for side in ("above", "beside"))
LAST = 15  # a step after the last shows the last: Cᵀ has added all its columns
STATES = [
    dict(), dict(padding=1), dict(stride=2), dict(stride=2, padding=1),
    dict(input=np.arange(6).reshape(2, 3) - 2, kernel=[[1, -2], [0.5, 3]]),
    dict(input=[[1, 2], [3, 4]], kernel=[[1]]),
    dict(kernel=[[3, -1]], input=np.ones((4, 2))),
]


def spelled(page):
    return page.inner_text(".cv-matrix-words").replace("−", "-").splitlines()


@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(dilation=2), TypeError, "has no dilation: it takes .*stride"),
    (dict(input=[[1] * 5] * 5), ValueError, "from 2 to 4"),
    (dict(kernel=[[10]]), ValueError, "from -9 to 9"),
    (dict(stride=3), ValueError, "stride"),
    (dict(padding=2), ValueError, "padding"),
    (dict(view="inverse"), ValueError, "view"),
    (dict(source=-2), ValueError, "source"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        TransposedMatrix(**state)


def test_a_matrix_that_is_not_there_is_said_so():
    picture = TransposedMatrix(input=[[1, 2], [3, 4]])
    for name in ("matrix", "output", "returned"):
        with pytest.raises(ValueError, match="spans 3"):
            getattr(picture, name)
    assert "<svg" in picture.still()


@pytest.mark.parametrize("state", STATES)
def test_the_transpose_is_the_transposed_convolution(state):
    picture = TransposedMatrix(**state)
    sides = zip(np.shape(picture.input), np.shape(picture.kernel), strict=True)
    rests = tuple((n + 2 * picture.padding - k) % picture.stride for n, k in sides)
    back = functional.conv_transpose2d(picture.output[None], picture.weight, None, picture.stride,
                                       picture.padding, rests)[0]
    assert np.allclose(picture.returned, back)
    assert np.allclose(picture.matrix @ np.ravel(picture.input), picture.output.ravel())


@pytest.mark.parametrize(("view", "cells"), [("forward", 64), ("back", 64 + 16),
                                             ("product", 256 + 16)])
def test_the_still_picture_shows_the_matrix(view, cells):
    assert TransposedMatrix(view=view).still().count("<rect") == 16 + 9 + 4 + cells


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("view", ["forward", "back", "product"])
def test_the_page_shows_what_convlib_computes(mount, state, view):
    picture = TransposedMatrix(**state, view=view, step=LAST)
    page = mount(picture)
    x, y, z = (np.ravel(v) for v in (picture.input, picture.output, picture.returned))
    assert np.array_equal(numbers(page, X).ravel(), x)
    assert np.array_equal(numbers(page, W), picture.kernel)
    assert np.allclose(numbers(page, Y), picture.output)
    C = picture.matrix
    matrix, above, beside = {"forward": (C, x, y), "back": (C.T, y, z),
                             "product": (C.T @ C, x, z)}[view]
    assert np.allclose(numbers(page, MATRIX), matrix)
    assert np.allclose(numbers(page, ABOVE), [above])
    assert np.allclose(numbers(page, BESIDE), beside[:, None])
    assert page.is_visible(Z) == (view != "forward")
    if view != "forward":
        assert np.allclose(numbers(page, Z).ravel(), z)


def test_a_row_of_c_is_a_window(mount):
    picture = TransposedMatrix()
    page = mount(picture)
    cell(page, MATRIX, 2, 7).click()
    page.mouse.move(2, 2)
    settled(page)
    assert "transposed_matrix.step=2" in page.url
    probe = TransposedMatrix(kernel=np.ones((3, 3))).matrix[2].reshape(4, 4)
    window = [f"{row},{column}" for row, column in np.argwhere(probe)]
    assert marked(page, X) == window == [f"{r},{c}" for r in (1, 2, 3) for c in (0, 1, 2)]
    first, second = spelled(page)
    assert first == "Row 2 of C (counted from 0) is the window of y[1, 0]:"
    products = [[float(v.strip("() ")) for v in term.split("·")]
                for term in second.split(" = ")[1].split("+")]
    x = np.array(picture.input)[1:4, :3].ravel()
    assert np.array_equal(products, np.stack([np.ravel(picture.kernel), x], 1))
    assert second.startswith("y[1, 0]") and second.endswith(f" = {picture.output[1, 0]:g}")
    text = page.inner_text(".cv-matrix-facts")
    assert "4·16 = 64 entries: 36 are weights, all taken from the same 9; 28 are" in text


@pytest.mark.parametrize("touch", [False, True])
def test_a_column_of_the_transpose_is_a_stamp(mount, touch):
    picture = TransposedMatrix(view="back")
    page = mount(picture, touch=touch)
    for target, step in ((cell(page, ABOVE, 0, 3), 3), (cell(page, Y, 0, 1), 1),
                         (cell(page, MATRIX, 5, 2), 2)):
        target.tap() if touch else target.click()
        page.mouse.move(2, 2)
        settled(page)
        assert f"transposed_matrix.step={step}" in page.url
        row, column = divmod(step, 2)
        assert marked(page, Z) == [f"{row + i},{column + j}" for i in range(3) for j in range(3)]
        assert marked(page, X) == []
        # Only the columns so far are added up.
        some = picture.matrix[:step + 1].T @ picture.output.ravel()[:step + 1]
        assert np.array_equal(numbers(page, Z).ravel(), some)
        assert spelled(page)[0].startswith(f"Column {step} of Cᵀ (counted from 0) is the stamp of "
                                           f"y[{row}, {column}] = {picture.output[row, column]:g}")


def test_play_adds_all_columns(mount):
    page = mount(TransposedMatrix(view="back", step=2))
    page.click("[data-action=play]")
    page.get_by_text("is the stamp of y[1, 1]").wait_for()
    settled(page)
    assert np.array_equal(numbers(page, Z), TransposedMatrix().returned)


def test_an_input_cell_is_a_column_of_c_and_a_row_of_the_transpose(mount):
    picture = TransposedMatrix()
    page = mount(picture)
    cell(page, X, 1, 2).click()
    page.mouse.move(2, 2)
    settled(page)
    assert "source=6" in page.url
    assert spelled(page) == ["Column 6 of C (counted from 0): x[1, 2] goes into 4 outputs."]
    assert marked(page, Y) == ["0,0", "0,1", "1,0", "1,1"]
    page.click("[data-action=forward]")  # a step lets go of the input cell
    settled(page)
    assert "source" not in page.url and spelled(page)[0].startswith("Row 1 of C")
    page.click("[data-state=view][data-value=back]")
    cell(page, Z, 1, 2).click()
    page.mouse.move(2, 2)
    settled(page)
    weights = picture.matrix[:, 6]
    sums = " + ".join(f"{w:g}·{y:g}" for w, y in zip(weights, picture.output.ravel(), strict=True))
    assert spelled(page)[1] == f"z[1, 2] = {sums} = {picture.returned[1, 2]:g}"
    cell(page, Z, 1, 2).click()  # the same cell once more lets go of it
    settled(page)
    assert "source" not in page.url


@pytest.mark.parametrize(("state", "said"), [
    (dict(), "not the identity. Rank 4 of 16: x cannot be told from 4 numbers."),
    (dict(padding=1), "not the identity. Its rank is full, 16 of 16"),
    (dict(input=[[1, 2], [3, 4]], kernel=[[1]]), "Here CᵀC is the identity."),
    (dict(input=[[1, 2], [3, 4]], kernel=[[2]]), "Its rank is full, 4 of 4"),
])
def test_the_product_and_its_rank(mount, state, said):
    picture = TransposedMatrix(**state, view="product")
    page = mount(picture)
    product = picture.matrix.T @ picture.matrix
    text = page.inner_text(".cv-matrix-facts")
    assert said in text
    assert ("Here" in text) == np.array_equal(product, np.eye(len(product)))
    assert f" {np.linalg.matrix_rank(product)} of {len(product)}" in text or "Here" in text
    assert np.array_equal(numbers(page, MATRIX), product)


def test_an_entry_of_the_product(mount):
    picture = TransposedMatrix(view="product")
    page = mount(picture)
    cell(page, MATRIX, 5, 6).hover()
    page.get_by_text("Entry [5, 6] of CᵀC: 4 windows hold both x[1, 1] and x[1, 2]").wait_for()
    value = (picture.matrix.T @ picture.matrix)[5, 6]
    assert spelled(page)[1].endswith(f" = {value:g}")
    assert set(marked(page, X, "cv-board-chosen")) == {"1,1", "1,2"}
    cell(page, MATRIX, 5, 6).click()
    page.mouse.move(2, 2)
    page.keyboard.press("Tab")
    settled(page)
    assert "step=5" in page.url and "the squares of the weights of x[1, 1]" in spelled(page)[0]


@pytest.mark.parametrize("touch", [False, True])
def test_a_weight_shows_everywhere_it_stands(mount, touch):
    page = mount(TransposedMatrix(), touch=touch)
    target = cell(page, W, 1, 2)
    target.tap() if touch else target.hover()
    settled(page)
    probe = TransposedMatrix(kernel=[[0, 0, 0], [0, 0, 1], [0, 0, 0]]).matrix
    assert marked(page, MATRIX, "cv-board-chosen") == [f"{r},{c}" for r, c in np.argwhere(probe)]
    assert "?" not in page.url


def test_keyboard(mount):
    page = mount(TransposedMatrix())
    page.focus(f"{Y} [tabindex='0']")
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    settled(page)
    assert "transposed_matrix.step=3" in page.url
    page.focus(f"{X} [tabindex='0']")
    for key in ("ArrowRight", "Enter"):
        page.keyboard.press(key)
    settled(page)
    assert "source=1" in page.url
    page.keyboard.press("Escape")
    settled(page)
    assert "source" not in page.url
    page.keyboard.type("-5")
    page.keyboard.press("Enter")
    settled(page)
    changed = np.array(TransposedMatrix().input)
    changed[0, 1] = -5
    assert np.array_equal(numbers(page, Y), TransposedMatrix(input=changed).output)


def test_a_weight_is_edited_by_touch(mount):
    page = mount(TransposedMatrix(), touch=True)
    for _ in range(2):
        cell(page, W, 1, 1).tap()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    settled(page)
    kernel = np.array(TransposedMatrix().kernel)
    kernel[1, 1] = 7
    assert np.array_equal(numbers(page, MATRIX), TransposedMatrix(kernel=kernel).matrix)


def test_controls_and_reset(mount):
    page = mount(TransposedMatrix())
    for name, value in (("input-rows", "3"), ("kernel-columns", "2"), ("stride", "2"),
                        ("padding", "1")):
        page.select_option(f"[data-state={name}]", value)
    settled(page)
    picture = TransposedMatrix(input=numbers(page, X), kernel=numbers(page, W), stride=2, padding=1)
    assert np.shape(picture.input) == (3, 4) and np.shape(picture.kernel) == (3, 2)
    assert np.array_equal(numbers(page, MATRIX), picture.matrix)
    page.click("[data-action=reset]")
    settled(page)
    assert "?" not in page.url and numbers(page, MATRIX).shape == (4, 16)


@pytest.mark.parametrize(("state", "name", "value", "reason"), [
    (dict(), "input-rows", "2", "does not fit"),
    (dict(kernel=[[1, 2], [3, 4]]), "padding", "1", "there are 25 outputs; the picture has room "
                                                     "for 16"),
])
def test_what_is_impossible_is_refused_and_said_why(mount, state, name, value, reason):
    page = mount(TransposedMatrix(**state))
    before = page.input_value(f"[data-state={name}]")
    page.select_option(f"[data-state={name}]", value)
    settled(page)
    assert reason in page.inner_text(".cv-status")
    assert page.input_value(f"[data-state={name}]") == before and "?" not in page.url


def test_settings_without_a_picture_are_explained(mount):
    page = mount(TransposedMatrix(input=[[1, 2], [3, 4]]))
    assert "does not fit" in page.inner_text(".cv-grid-problem")
    assert not page.is_visible(MATRIX)
    page.select_option("[data-state=padding]", "1")
    settled(page)
    assert page.is_visible(MATRIX) and not page.is_visible(".cv-grid-problem")


@pytest.mark.parametrize("state", STATES)
def test_the_pytorch_code_computes_the_same(mount, state):
    picture = TransposedMatrix(**state)
    page = mount(picture)
    page.click(".cv-code-panel summary")
    code = page.inner_text(".cv-code-panel pre")
    # PyTorch's names, carried by NumPy and convlib: the arguments are the same.
    torch = types.SimpleNamespace(tensor=np.array, eye=np.eye, equal=np.array_equal,
                                  linalg=np.linalg)
    shown = []
    body = "\n".join(line for line in code.splitlines() if not line.startswith("import"))
    exec(body, {"torch": torch, "F": functional, "print": lambda *values: shown.extend(values)})
    C, equal, returned, product, rank = shown
    assert np.array_equal(C, picture.matrix) and equal
    assert np.allclose(returned, picture.returned)
    assert np.allclose(product, C.T @ C) and rank == np.linalg.matrix_rank(C)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_question(mount, language):
    i18n.use(language)
    page = mount(TransposedMatrix(ask="inverse"), width=760, more=False)
    assert not page.is_visible(Z) and page.inner_text(".cv-ask-answer") == ""
    page.click("[data-choice='3']")
    settled(page)
    rank = np.linalg.matrix_rank(TransposedMatrix().matrix)
    answer = page.inner_text(".cv-ask-answer")
    assert str(rank) in answer and "16" in answer
    assert "transposed_matrix." not in page.inner_text(".cv")
    # In a book's column the whole stays within its height, the answer included.
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


@pytest.mark.parametrize("view", ["forward", "back", "product"])
def test_the_column_of_a_page_holds_it(mount, view):
    for padding in (0, 1):
        page = mount(TransposedMatrix(view=view, padding=padding), width=760, more=False)
        assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


@pytest.mark.parametrize("view", ["forward", "back", "product"])
@pytest.mark.parametrize("width", [390, 640, 1280])
def test_the_largest_boards_fit(mount, view, width):
    page = mount(TransposedMatrix(view=view, padding=1, kernel=np.full((3, 3), -9)), width=width)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    edge = page.locator(".cv").first.bounding_box()
    for board in (MATRIX, BESIDE):
        box = page.locator(board).bounding_box()
        assert box["x"] + box["width"] <= edge["x"] + edge["width"]


def test_a_phone_shows_control_and_effect_on_one_screen(mount):
    page = mount(TransposedMatrix(), width=390, more=False)
    assert end_of_controls(page, ".cv-body") <= 640


@pytest.mark.parametrize("dark", [False, True])
def test_all_its_cells_can_be_read(mount, dark):
    for state in (dict(view="back", step=1), dict(view="product"), dict(source=5)):
        page = mount(TransposedMatrix(**state), dark=dark, reduced=True)
        assert [text for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []


@pytest.mark.parametrize("query", queries("transposed_matrix", [
    "input=<img src=x onerror=alert(1)>", "input=1,2", "kernel=;;", "stride=3", "padding=0.5",
    "view=all", "step=-1", "source=16",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(TransposedMatrix(), query)
    assert np.array_equal(numbers(page, MATRIX), TransposedMatrix().matrix)
    assert page.locator("img").count() == 0


def test_a_link_restores_the_state(mount):
    page = mount(TransposedMatrix(), "?transposed_matrix.input=1,2;3,4;5,6"
                 "&transposed_matrix.kernel=1,-1&transposed_matrix.view=back"
                 "&transposed_matrix.source=15")
    wanted = TransposedMatrix(input=[[1, 2], [3, 4], [5, 6]], kernel=[[1, -1]])
    assert np.array_equal(numbers(page, MATRIX), wanted.matrix.T)
    assert spelled(page)[0].startswith("Column 0 of Cᵀ")  # input cell 15 is not there


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    page = mount(TransposedMatrix(view="product"), width=390, dark=dark, reduced=True)
    check_phone(page, "transposed_matrix", language)
