"""A stack of 1D layers: in Python, and in a browser without a kernel."""

import re

import numpy as np
import pytest
from contrast import CONTRASTS
from reader import check_phone, end_of_controls, queries, settled, swipe
from stack_cases import depends, each_layer, outputs, random_stack

from convlib import functional, i18n
from convlib.explorables import Stack1d

WAVENET = dict(layers=4, kernel_size=[2], dilation=[1, 2, 4, 8], padding="causal", output=20)
STATES = [
    dict(), WAVENET, dict(stride=[2], signal="speech", output=1),
    dict(kernel_size=[5], layers=2, length=14, weights="difference"),
    dict(padding="centred", kernel_size=[4, 3], dilation=[2], weights="own", own=[2, -1, 0, 1, 2],
         signal="impulse", output=1),
]


def rows(page):
    """The values of the input and of each layer, as the page draws them."""
    settled(page)
    return page.eval_on_selector_all(
        ".cv-stack-row", "rows => rows.map(row => [...row.querySelectorAll('[data-value]')]"
        ".map(value => Number(value.dataset.value)))")


def seen(page):
    """The places that are marked in the input and in each layer, the chosen output last."""
    settled(page)
    places = page.eval_on_selector_all(".cv-stack-seen, .cv-stack-chosen",
                                       "marks => marks.map(({ dataset: d }) => d.seen ?? d.chosen)")
    found = {}
    for place in places:
        level, at = map(int, place.split(","))
        found.setdefault(level, []).append(at)
    return [sorted(found[level]) for level in sorted(found)]


def chosen(page):
    settled(page)
    return int(page.get_attribute(".cv-stack-handle", "aria-valuenow"))


def spelled(page):
    settled(page)
    return " ".join(page.inner_text(".cv-stack-spelled").split()).replace("−", "-")


# ---- Python --------------------------------------------------------------------------------------

@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(kernel=[3]), TypeError, "has no kernel: it takes .*kernel_size"),
    (dict(kernel_size=3), ValueError, "list or an array"),
    (dict(kernel_size=[6]), ValueError, "from 1 to 5"),
    (dict(stride=[1.5]), ValueError, "whole numbers"),
    (dict(dilation=[1] * 5), ValueError, "dilation has length 5"),
    (dict(layers=0), ValueError, "layers"),
    (dict(length=7), ValueError, "length"),
    (dict(padding="same"), ValueError, "padding"),
    (dict(own=[1, 2]), ValueError, "own has length 2"),
    (dict(ask="size"), ValueError, "causal, reach"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        Stack1d(**state)


def test_values_and_reach_are_convlibs():
    fitting = 0
    for i in range(100):
        stack = random_stack(np.random.default_rng(i))
        weights = [stack.weight(k) for k, _, _ in each_layer(stack)]
        wanted = outputs(stack, stack.input, weights)
        if len(wanted) <= stack.layers:
            with pytest.raises(ValueError, match="kernel"):
                _ = stack.values
            continue
        fitting += 1
        assert all(map(np.allclose, stack.values, wanted))
        stack.output = len(wanted[-1]) // 2
        assert stack.seen == depends(stack, [len(row) for row in wanted], stack.output)
    assert 20 < fitting < 100  # both kinds are drawn


@pytest.mark.parametrize("kind", ["heartbeat", "speech", "impulse"])
def test_a_shorter_input_is_the_middle_of_the_longest(kind):
    longest = Stack1d(signal=kind, length=40).input
    assert np.abs(longest).max() == 1 and np.abs(longest).argmax() in (19, 20, 21)
    for length in range(8, 41):
        start = (40 - length) // 2
        assert np.array_equal(Stack1d(signal=kind, length=length).input,
                              longest[start:start + length])


def test_the_question_is_about_the_opening_stack():
    stack = Stack1d(ask="reach")
    assert list(each_layer(stack)) == [(3, 1, 1)] * 3 and stack.field.size == 7
    answer = stack.labels["stack1d.ask.reach.answer"]
    assert answer.startswith("7") and stack.labels["stack1d.ask.reach.2"] == "7"
    # What the answer asks next: both reach equally far, and only one keeps its outputs.
    strides, dilations = Stack1d(stride=[2]), Stack1d(dilation=[1, 2, 4])
    assert strides.field.size == dilations.field.size == 15
    assert (len(strides.values[-1]), len(dilations.values[-1])) == (3, 18)


def test_a_causal_stack_uses_no_later_sample():
    stack = Stack1d(**WAVENET)
    stack.weights = "difference"
    before = stack.values[-1]
    x = stack.input
    x[21:] = 9
    for k, _, d in each_layer(stack):
        x = functional.causal_conv1d(x[None], stack.weight(k)[None, None], dilation=d)[0]
    assert np.array_equal(x[:21], before[:21]) and x[21] != before[21]
    assert stack.seen[0] == list(range(5, 21)) and stack.field.of(20) == (5, 20)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_still_picture_has_every_value_and_link(state, language):
    i18n.use(language)
    stack = Stack1d(**state)
    picture = stack.still()
    links = sum(place in below for level, window in enumerate(stack.windows)
                for below in [stack.seen[level]]
                for output in stack.seen[level + 1] for place in window.of(output))
    bars = len(re.findall(r'cv-still-(?:input|output)"', picture))
    assert bars == sum(map(len, stack.values))
    assert picture.count("cv-still-link") == links
    assert picture.count("cv-still-kernel") == sum(map(len, stack.seen))
    first, last = stack.field.of(stack.seen[-1][0])
    words = i18n.t("stack1d.reaches", first=first, last=last, size=stack.field.size)
    assert words.replace("-", "−") in picture


def test_a_stack_that_does_not_fit_has_a_still_picture_of_its_input():
    stack = Stack1d(kernel_size=[5], dilation=[8])
    assert stack.still().count("cv-still-input") == len(stack.input)
    assert "cv-still-output" not in stack.still()


# ---- the page ------------------------------------------------------------------------------------

@pytest.mark.parametrize("state", STATES)
def test_the_page_shows_what_convlib_computes(mount, state):
    stack = Stack1d(**state)
    page = mount(stack)
    for ours, theirs in zip(rows(page), stack.values, strict=True):
        assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-15)
    assert seen(page) == stack.seen
    output = stack.seen[-1][0]
    first, last = stack.field.of(output)
    text = spelled(page)
    assert f"from x[{first}] to x[{last}]: {stack.field.size} samples" in text
    assert text.endswith(f"= {stack.field.size}")
    count = len(stack.seen[0])
    assert (f"depends on {count} of them" in text) == (count < stack.field.size)
    assert " → ".join(str(len(values)) for values in stack.values) in text


def test_the_formula_has_the_numbers_of_each_layer(mount):
    page = mount(Stack1d(kernel_size=[3, 5, 2], stride=[2, 3, 1], dilation=[2, 1, 1], length=40))
    assert spelled(page).endswith("= 1 + (3 - 1)·2·1 + (5 - 1)·1·2 + (2 - 1)·1·6 = 19")


def test_each_value_stands_in_the_middle_of_what_it_reaches(mount):
    """Read from the picture: a link's ends are the middles of its two values."""
    page = mount(Stack1d(stride=[2], kernel_size=[3, 2, 3], output=1))
    links = page.eval_on_selector_all(".cv-stack-link", "links => links.map(link =>"
                                      " ['x1', 'x2', 'y1'].map(end => +link.getAttribute(end)))")
    assert len(links) == 3 + 3 * 2 + 6 * 3
    ends = {}
    for above, below, y in links:
        ends.setdefault((above, y), []).append(below)
    assert all(np.isclose(np.mean(below), above) for (above, _), below in ends.items())


def test_it_opens_undecided(mount):
    page = mount(Stack1d(ask="reach"), more=False)
    for part in (".cv-stack-link", ".cv-stack-seen", ".cv-stack-spelled"):
        assert page.locator(part).count() and not page.locator(part).first.is_visible()
    page.click("[data-choice='3']")
    assert page.locator(".cv-stack-link").first.is_visible()
    assert page.inner_text(".cv-ask-answer").startswith("7: each layer adds")
    assert spelled(page).endswith("= 7")
    page.click("[data-action=reset]")
    assert not page.locator(".cv-stack-seen").first.is_visible()


def test_the_future_is_marked_where_the_stack_is_causal(mount):
    page = mount(Stack1d(ask="causal", **WAVENET), more=False)
    assert not page.locator(".cv-stack-future").is_visible()  # it would answer
    page.click("[data-choice='1']")
    future = page.locator(".cv-stack-future").bounding_box()
    marks = [mark.bounding_box() for mark in page.locator(".cv-stack-seen").all()]
    assert max(mark["x"] + mark["width"] for mark in marks) <= future["x"] + 1.5
    assert max(seen(page)[0]) == 20
    page.select_option("[data-state=padding]", "centred")
    settled(page)
    assert page.locator(".cv-stack-future").count() == 0


def test_the_mouse_chooses_and_drags(mount):
    page = mount(Stack1d())
    row = page.locator("[data-row='3'] [data-value]")

    def middle(n):
        box = row.nth(n).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    page.mouse.click(*middle(5))
    assert chosen(page) == 5 and seen(page)[0] == list(range(5, 12))
    x, y = middle(9)
    page.mouse.click(x, y + 150)  # the column counts, not the row
    assert chosen(page) == 9
    page.mouse.down()
    page.mouse.move(*middle(2), steps=4)
    page.mouse.up()
    assert chosen(page) == 2
    handle = page.locator(".cv-stack-handle").bounding_box()
    page.mouse.move(handle["x"] + 20, handle["y"] + 10)
    page.mouse.down()
    page.mouse.move(handle["x"] + 20 + middle(6)[0] - middle(2)[0], handle["y"] + 10, steps=4)
    page.mouse.up()
    assert chosen(page) == 6
    page.mouse.click(middle(25)[0] + 60, y)  # beyond the last output: the last
    assert chosen(page) == 25 and "stack1d.output=25" in page.url


def test_arrow_keys_choose(mount):
    page = mount(Stack1d())
    page.focus(".cv-stack-handle")
    for key, output in (("ArrowRight", 13), ("ArrowLeft", 12), ("PageUp", 16), ("End", 25),
                        ("ArrowRight", 25), ("Home", 0), ("ArrowDown", 0), ("ArrowUp", 1)):
        page.keyboard.press(key)
        assert chosen(page) == output
    assert page.get_attribute(".cv-stack-handle", "aria-valuetext").startswith("y[1] = ")


def test_a_finger_taps_and_drags_the_handle(mount):
    page = mount(Stack1d(), width=390, touch=True)
    page.locator("[data-row='0'] [data-value]").nth(8).tap(force=True)
    assert chosen(page) == 5  # output 5 of three valid layers stands over input 8
    handle = page.locator(".cv-stack-handle").bounding_box()
    boxes = [page.locator("[data-row='0'] [data-value]").nth(n).bounding_box() for n in (0, 10)]
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    swipe(page, x, y, right=boxes[1]["x"] - boxes[0]["x"])
    assert chosen(page) == 15


def test_play_runs_through_the_outputs(mount):
    page = mount(Stack1d(stride=[2], output=0))
    assert chosen(page) == 0
    page.click("[data-action=play]")
    page.wait_for_function("document.querySelector('[data-action=play]').textContent === '▶'")
    assert chosen(page) == 2 and seen(page)[0] == list(range(16, 31))


def test_the_controls_set_the_chosen_layer(mount):
    page = mount(Stack1d())
    page.click("[data-layer='2']")
    settled(page)
    assert page.locator("[data-state=layer]").input_value() == "2"
    page.fill("[data-field=stride]", "2")
    page.press("[data-field=stride]", "Enter")
    page.focus("[data-layer='3']")
    page.keyboard.press("Enter")
    page.fill("[data-field=dilation]", "3")
    page.press("[data-field=dilation]", "Enter")
    settled(page)
    wanted = Stack1d(stride=[1, 2, 1], dilation=[1, 1, 3])
    assert seen(page) == wanted.seen
    assert {"stack1d.stride=1,2,1", "stack1d.dilation=1,1,3"} <= set(
        page.url.split("?")[1].split("&"))
    page.select_option("[data-state=layer]", "1")
    settled(page)
    assert page.input_value("[data-field=stride]") == "1"
    page.click("[data-action=reset]")
    assert seen(page) == Stack1d().seen


@pytest.mark.parametrize(("preset", "state"), [
    ("three", dict()), ("strides", dict(stride=[2])), ("dilations", dict(dilation=[1, 2, 4])),
    ("five", dict(layers=2, kernel_size=[5], length=14)),
    ("causal", WAVENET | dict(output=12)),
])
def test_presets(mount, preset, state):
    page = mount(Stack1d(layers=1, kernel_size=[1]))
    assert page.locator("[data-action=preset]").input_value() not in ("three", "strides")
    page.select_option("[data-action=preset]", preset)
    stack = Stack1d(**state)
    assert [len(row) for row in rows(page)] == [len(values) for values in stack.values]
    assert seen(page) == stack.seen
    assert page.input_value("[data-action=preset]") == preset


def test_what_does_not_fit_is_refused_and_said_why(mount):
    page = mount(Stack1d(layers=2, kernel_size=[5], length=10))
    before = rows(page)
    page.fill("[data-field=dilation]", "3")
    page.press("[data-field=dilation]", "Enter")
    assert page.inner_text(".cv-status") == (
        "Layer 1 does not fit: its kernel spans 13 values, and its input has only 10.")
    assert page.input_value("[data-field=dilation]") == "1" and rows(page) == before
    page.fill("[data-field=length]", "8")
    page.press("[data-field=length]", "Enter")
    assert "Layer 2 does not fit: its kernel spans 5 values, and its input has only 4" in (
        page.inner_text(".cv-status"))
    assert rows(page) == before
    page.select_option("[data-state=padding]", "causal")
    page.fill("[data-field=dilation]", "3")
    page.press("[data-field=dilation]", "Enter")
    assert page.inner_text(".cv-status") == ""
    settled(page)
    page.select_option("[data-state=padding]", "valid")
    assert "spans 13 values" in page.inner_text(".cv-status")
    settled(page)
    assert page.locator("[data-state=padding]").input_value() == "causal"


def test_a_stack_that_does_not_fit_is_explained(mount):
    page = mount(Stack1d(kernel_size=[5], dilation=[8]))
    assert "Layer 1 does not fit: its kernel spans 33 values" in spelled(page)
    assert len(rows(page)) == 1
    page.select_option("[data-state=padding]", "centred")
    settled(page)
    assert len(rows(page)) == 4 and page.locator(".cv-stack-problem").count() == 0


def test_own_weights_are_typed(mount):
    page = mount(Stack1d())
    page.fill("[data-field=own]", "1， −1 0.5; 0 2")
    page.press("[data-field=own]", "Enter")
    stack = Stack1d(weights="own", own=[1, -1, 0.5, 0, 2])
    assert np.allclose(rows(page)[-1], stack.values[-1])
    assert page.locator("[data-state=weights]").input_value() == "my own"
    page.fill("[data-field=own]", "1, 3, 0, 0, 0")
    page.press("[data-field=own]", "Enter")
    assert "from -2 to 2" in page.inner_text(".cv-status").replace("−", "-")
    assert np.allclose(rows(page)[-1], stack.values[-1])


@pytest.mark.parametrize("query", queries("stack1d", [
    "kernel_size=<img src=x onerror=alert(1)>", "kernel_size=9", "stride=1,2,3,1,1", "layers=5",
    "dilation=1.5", "length=99", "output=-1", "padding=same", "own=1", "signal=x", "layer=0",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(Stack1d(), query)
    assert seen(page) == Stack1d().seen and page.locator("img").count() == 0


def test_a_link_restores_the_state(mount):
    page = mount(Stack1d(ask="reach"), "?stack1d.kernel_size=2&stack1d.dilation=1,2,4,8"
                 "&stack1d.layers=4&stack1d.padding=causal&stack1d.output=20")
    assert seen(page) == Stack1d(**WAVENET).seen
    assert page.locator(".cv-stack-link").first.is_visible()  # it has been asked already


@pytest.mark.parametrize("ask", ["reach", "causal"])
def test_the_column_of_a_page_holds_it(mount, ask):
    page = mount(Stack1d(ask=ask), width=760, more=False)
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600
    page.click("[data-choice='1']")
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600
    places = ("[data-action=play]", "[data-action=preset]", "[data-state=layer]",
              "[data-field=kernel_size]", "[data-field=dilation]", "[data-state=padding]")
    boxes = [page.locator(place).bounding_box() for place in places]
    bottoms = [box["y"] + box["height"] for box in boxes]
    assert max(bottoms) - min(bottoms) < 4  # one row of controls


def test_on_a_phone_the_picture_and_the_controls_are_on_one_screen(mount):
    page = mount(Stack1d(), width=390, touch=True, more=False)
    assert end_of_controls(page, ".cv-stack-stage") <= 700


@pytest.mark.parametrize("width", [760, 390])
def test_steps_and_presets_do_not_move_the_buttons(mount, width):
    page = mount(Stack1d(), width=width)
    places = []
    for act in (lambda: page.click("[data-action=forward]"),
                lambda: page.select_option("[data-action=preset]", "strides"),
                lambda: page.select_option("[data-action=preset]", "causal"),
                lambda: page.click("[data-action=start]"),
                lambda: page.click("[data-action=end]")):
        act()
        settled(page)
        places.append(page.locator(".cv-player").bounding_box()["y"])
    assert len(set(places)) == 1


@pytest.mark.parametrize("dark", [False, True])
def test_a_causal_stack_can_be_read(mount, dark):
    page = mount(Stack1d(**WAVENET), dark=dark, reduced=True)
    assert [text for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5] == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    page = mount(Stack1d(length=40, ask="reach"), width=390, dark=dark, reduced=True)
    check_phone(page, "stack1d", language)
