"""What all explorables share on a page: scripts, limits, links, touch, contrast, paper."""

import gzip
import json
import re
from types import SimpleNamespace

import explorable_files
import pytest
from contrast import CONTRASTS
from reader import end_glides, settled, swipe

from convlib import explorables, i18n
from convlib.explorables import HOMES, ConvGrid, bundle

ALL = [getattr(explorables, name) for name in HOMES]
named = pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)


# ---- scripts: what is shared, and what a page loads ----------------------------------------------

@named
def test_limits_and_names_are_pythons_alone(kind):
    source = bundle.source(f"{kind.name}.js")
    assert kind().fields.keys() == set(kind.state_names())
    assert not re.search(r"\b(LIMITS|LARGEST|LONGEST|MOST)\b", source)
    for limits in (field for field in kind().fields.values() if "max" in field):
        assert f"[{limits['min']}, {limits['max']}]" not in source


def test_no_modules_names_meet_another_s(mount):
    page = mount(ConvGrid())
    names = page.evaluate("""() => {
      const frame = document.createElement("iframe");
      document.body.append(frame);
      const usual = new Set(Object.getOwnPropertyNames(frame.contentWindow));
      return Object.getOwnPropertyNames(window).filter((name) => !usual.has(name));
    }""")
    ours = [name for name in names if not name.isdigit() and not name.startswith("__playwright")]
    assert ours == ["convlib"]


def test_a_page_gets_the_scripts_of_its_own_explorables():
    added = []
    app = SimpleNamespace(add_css_file=added.append,
                          add_js_file=lambda name, loading_method: added.append(name))
    explorable_files.add(app, "a", "page.html", {"body": "<p>none</p>"}, None)
    assert added == []
    html = ConvGrid().page_html() * 2
    explorable_files.add(app, "b", "page.html", {"body": html}, None)
    assert added == [f"explorables{own}.{end}" for own in ("", "-conv_grid")
                     for end in ("css", "js")]
    assert set(added) <= set(bundle.assets(HOMES.values()))


def test_what_one_explorable_alone_needs_is_not_loaded_with_the_others():
    file = '"shared/core/layers.js"] ='
    assert file not in bundle.shared_script() and file in bundle.own_script("size_calculator")
    assert '"shared/core/fields.js"] =' in bundle.shared_script()  # mount needs it too


def test_chapter_2_loads_at_most_30_kb_of_scripts():
    scripts = [bundle.shared_script(), *map(bundle.own_script, ("conv_grid", "size_calculator",
                                                                "channels", "image_kernels"))]
    assert sum(len(gzip.compress(script.encode())) for script in scripts) <= 30_000


def test_far_explorables_wait_and_keep_their_room(mount):
    page = mount(*(kind() for kind in ALL), ConvGrid())
    live = "document.querySelectorAll('.convlib[data-live]').length"
    assert page.evaluate(live) < len(ALL) + 1
    assert page.locator("#explorable-conv_grid-2").count() == 1
    page.locator("#explorable-conv_grid-2").scroll_into_view_if_needed()
    page.wait_for_selector("#explorable-conv_grid-2[data-live]")


@named
@pytest.mark.parametrize("width", [1280, 390])
def test_room_and_height(mount, kind, width):
    page = mount(kind(), width=width, more=False)
    high = page.eval_on_selector(".convlib", "element => element.offsetHeight")
    assert width == 390 or page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert abs(high - kind.space[width == 390]) <= 40  # what is kept free is what it takes


# ---- controls ------------------------------------------------------------------------------------

@named
def test_every_slider_has_a_field_and_refuses_with_a_reason(mount, kind):
    page = mount(kind())
    sliders = page.locator(".cv input[type=range]")
    assert page.locator(".cv-control:has(input[type=range]) input[type=number]").count() == (
        sliders.count())
    field = page.locator(".cv input[type=number]").first
    low, high, before = (field.get_attribute("min"), field.get_attribute("max"),
                         field.input_value())
    field.fill("100000")
    field.press("Enter")
    assert field.input_value() == before
    reason = page.inner_text(".cv-status")
    assert low in reason and high in reason
    field.fill(high)
    field.press("Enter")
    assert field.input_value() == high and page.inner_text(".cv-status") == ""


def test_the_player_does_what_its_signs_say(mount):
    page = mount(ConvGrid(step=4), reduced=True)
    field = page.locator("[data-field=step]")
    for action, sign, step in (("forward", "›", 5), ("back", "‹", 4), ("end", "▶|", 8),
                               ("forward", "›", 8), ("start", "|◀", 0), ("back", "‹", 0)):
        button = page.locator(f"[data-action={action}]")
        assert button.inner_text() == sign and button.get_attribute("title")
        button.click(force=True)
        page.wait_for_function("step => document.querySelector('[data-field=step]').value == step",
                               arg=step)
    assert field.input_value() == "0"
    page.click("[data-action=end]")
    page.click("[data-action=play]")  # from the end it plays from the start
    assert page.inner_text("[data-action=play]") == "❚❚"
    page.wait_for_function("document.querySelector('[data-field=step]').value === '1'")
    page.click("[data-action=play]")
    assert page.inner_text("[data-action=play]") == "▶"


# ---- predictions ---------------------------------------------------------------------------------

def asking(**state):
    """A grid with a question; what would answer it is the sum, hidden by a class of its own."""
    grid = ConvGrid(**state)
    texts = {"conv_grid.ask.size": "How large?", "conv_grid.ask.size.1": "3",
             "conv_grid.ask.size.2": "5", "conv_grid.ask.size.answer": "It is 3."}
    grid.set_trait("labels", grid.labels | texts)
    grid.ask = "size"
    return grid


def shown(page):
    settled(page)
    hides = "document.querySelector('.cv').classList.contains('cv-asking')"
    return not page.evaluate(hides), page.inner_text(".cv-ask-answer")


def test_a_choice_shows_the_answer_and_reset_asks_again(mount):
    page = mount(asking())
    assert shown(page) == (False, "")
    page.click("[data-choice='2']")
    assert shown(page) == (True, "It is 3.")
    assert page.get_attribute("[data-choice='2']", "aria-pressed") == "true"
    page.click("[data-action=reset]")
    assert shown(page) == (False, "")


def test_acting_shows_the_answer_and_so_does_a_link(mount):
    page = mount(asking())
    page.click("[data-action=forward]")
    assert shown(page) == (True, "It is 3.")
    assert shown(mount(asking(), "?conv_grid.step=2"))[0]


@pytest.mark.parametrize(("state", "text"), [
    (dict(ask="none"), "ask='none' is none of its questions"),
    (dict(anchor='x" onload="'), "anchor=.* must be small letters"),
])
def test_questions_and_anchors_are_checked(state, text):
    with pytest.raises(ValueError, match=text):
        ConvGrid(**state)


# ---- links ---------------------------------------------------------------------------------------

def test_a_copied_link_leads_to_the_explorable_in_its_state(mount):
    page = mount(ConvGrid(), ConvGrid(anchor="stride-two"), "?x=1")
    second = page.locator("#stride-two")
    second.locator("[data-action=forward]").click()
    second.locator("[data-action=share]").click()
    page.wait_for_url("**#stride-two")
    assert "conv_grid-2.step=5" in page.url and "x=1" in page.url
    assert second.locator(".cv-status").inner_text() != ""


# ---- touch ---------------------------------------------------------------------------------------

@named
def test_a_swipe_scrolls_and_changes_nothing_and_fingers_hit_the_buttons(mount, kind):
    page = mount(kind(), width=390, touch=True, more=False)
    page.add_style_tag(content="body { padding-bottom: 2000px }")
    before = page.url, page.inner_text(".cv")
    box = page.locator(".cv-body").bounding_box()
    for part in (0.15, 0.5, 0.85):
        page.evaluate("scrollTo(0, 0)")
        swipe(page, box["x"] + box["width"] / 2, box["y"] + box["height"] * part, down=-150)
        page.wait_for_function("scrollY > 100")
    settled(page)
    assert (page.url, page.inner_text(".cv")) == before
    # And its fingers hit the buttons, those behind "more" too.
    page.evaluate("document.querySelectorAll('.cv-more').forEach(one => (one.open = true))")
    end_glides(page)
    sizes = page.eval_on_selector_all(".cv button", """all => all
        .filter((button) => button.checkVisibility())
        .map((button) => [button.textContent, button.offsetWidth, button.offsetHeight])""")
    assert sizes and [size for size in sizes if size[1] < 32 or size[2] < 44] == []


def test_a_tap_chooses(mount):
    page = mount(explorables.ImageKernels(), width=390, touch=True)
    box = page.locator("[data-screen=input]").bounding_box()
    page.touchscreen.tap(box["x"] + 20, box["y"] + 30)
    page.wait_for_url("**image_kernels.row=*")


# ---- to be read ----------------------------------------------------------------------------------

@named
@pytest.mark.parametrize("dark", [False, True])
def test_text_reaches_a_contrast_of_4_5(mount, kind, dark):
    page = mount(kind(), dark=dark, reduced=True)
    poor = [(text, round(ratio, 2)) for text, ratio in page.evaluate(CONTRASTS) if ratio < 4.5]
    assert poor == []


@pytest.fixture(scope="module")
def unscripted(browser):
    """Return a page that runs no script; all that it shows is set anew."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@named
@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_without_javascript_and_on_paper_a_still_picture(unscripted, kind, language):
    i18n.use(language)
    page = unscripted
    page.emulate_media(media="screen")
    page.set_content(bundle.page(kind()))
    picture = page.locator(".cv-still svg")
    assert picture.bounding_box()["width"] > 100 and picture.get_attribute("aria-label")
    assert page.locator("noscript").is_visible()
    page.emulate_media(media="print")
    assert picture.is_visible() and not page.locator("noscript").is_visible()


@named
def test_paper_shows_the_still_picture_a_notebook_s_and_a_screen_the_live_one(mount, kind):
    page = mount(kind())
    live, still = page.locator(".cv:not(.cv-still)"), page.locator(".cv-still")
    assert live.is_visible() and not still.is_visible()  # hidden from screen readers too
    assert page.evaluate("[...document.querySelectorAll('[id]')].every(e =>"
                         " document.querySelectorAll(`#${CSS.escape(e.id)}`).length === 1)")
    page.emulate_media(media="print")
    assert still.locator("svg").is_visible() and not live.is_visible()
    # A notebook has no still picture: it prints the live one, without its controls.
    page.evaluate("document.body.append(document.querySelector('.cv:not(.cv-still)'))")
    assert page.is_visible("body > .cv .cv-body")
    assert page.eval_on_selector_all(
        "body > .cv :is(button, input, .cv-row, .cv-more)",
        "all => all.filter((one) => one.checkVisibility({ visibilityProperty: true }))"
        ".map((one) => one.outerHTML)") == []


@named
def test_the_page_carries_state_limits_and_labels(kind):
    content = json.loads(re.search(r'json">(.*?)</script>', kind().page_html())[1])
    assert content["state"].keys() == set(kind.shown_names())
    assert content["fields"] == json.loads(json.dumps(kind().fields))
    assert f"{kind.name}.title" in content["labels"]
