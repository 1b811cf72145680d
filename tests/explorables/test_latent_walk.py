"""The latent walk: in Python, and in a browser without a kernel."""

import itertools

import numpy as np
import pytest
from reader import check_phone, end_of_controls, pixels, queries, settled

from convlib import i18n, nn
from convlib.explorables import LatentWalk
from convlib.explorables.latent_walk import STEPS
from convlib.explorables.random import normals


def shown(page, name):
    """The ink of a picture on the page, from -1 to 1."""
    settled(page)
    return pixels(page, f"[data-maps={name}]")[..., 0] / 127.5 - 1


def assert_shown(page, walk):
    """The page has each picture as Python computes it, to the nearest of 256 greys."""
    wanted = dict(zip(("first", "last"), walk.ends, strict=True)) | {
        "generated": walk.picture, "fade": walk.crossfade}
    for name, ink in wanted.items():
        assert abs(shown(page, name) - ink).max() <= 0.5001 / 127.5, name


def grey(pictures):
    """The share of pixels that are neither paper nor ink."""
    return float((abs(pictures) < 0.5).mean())


# ---- in Python -----------------------------------------------------------------------------------

@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(codes=1), TypeError, "has no codes"),
    (dict(start=-1), ValueError, "start"),
    (dict(end=10_000), ValueError, "end"),
    (dict(step=STEPS + 1), ValueError, "step"),
    (dict(path="other"), ValueError, "path"),
    (dict(ask="none"), ValueError, "none of its questions: between"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        LatentWalk(**state)


def test_the_pictures_are_those_of_the_trained_generator():
    walk = LatentWalk(start=1, end=2, step=7)
    model = nn.trained("dcgan")
    codes = np.stack([*walk.codes, walk.code]).astype(np.float32)
    assert np.allclose(model(codes)[:, 0], [*walk.ends, walk.picture], rtol=0, atol=1e-5)


def test_a_walk_goes_from_one_code_to_the_other():
    for path in ("arc", "line"):
        for step, place in ((0, 0), (STEPS, 1)):
            walk = LatentWalk(step=step, path=path)
            assert np.allclose(walk.code, walk.codes[place], rtol=0, atol=1e-12)
            assert np.allclose(walk.picture, walk.crossfade, rtol=0, atol=1e-12)
    still = LatentWalk(start=4, end=4, step=9)
    assert np.allclose(still.code, still.codes[0])


def test_a_straight_line_is_too_short():
    def length(path):
        walks = (LatentWalk(start=i, end=i + 1, step=10, path=path) for i in range(40))
        return np.mean([np.linalg.norm(walk.code) for walk in walks])

    ends = np.mean([np.linalg.norm(normals(seed, 32)) for seed in range(41)])
    assert abs(length("arc") / ends - 1) < 0.02
    assert abs(length("line") / ends - np.sqrt(0.5)) < 0.05


def test_codes_are_normal():
    numbers = normals(5, 20_000)
    assert abs(numbers.mean()) < 0.03 and abs(numbers.std() - 1) < 0.03
    assert abs((abs(numbers) < 1).mean() - 0.683) < 0.02
    with pytest.raises(ValueError, match="count=3"):
        normals(5, 3)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_answer_holds(language):
    i18n.use(language)
    model = nn.trained("dcgan")
    codes = [LatentWalk(start=seed).codes[0] for seed in range(40)]
    ends = model(np.stack(codes).astype(np.float32))
    pairs = list(itertools.combinations(range(40), 2))
    halves = {path: [] for path in ("arc", "line")}
    for a, b in pairs:
        straight = (codes[a] + codes[b]) / 2
        cosine = (codes[a] * codes[b]).sum() / (np.linalg.norm(codes[a]) * np.linalg.norm(codes[b]))
        halves["line"].append(straight)
        halves["arc"].append(straight / np.cos(np.arccos(cosine) / 2))
    a, b = LatentWalk(start=0, end=1, step=10), LatentWalk(start=0, end=1, step=10, path="line")
    assert np.allclose([a.code, b.code], [halves["arc"][0], halves["line"][0]])
    made = {path: model(np.stack(each).astype(np.float32)) for path, each in halves.items()}
    faded = np.stack([(ends[a] + ends[b]) / 2 for a, b in pairs])
    answer = LatentWalk().labels["latent_walk.ask.between.answer"]
    for number in (len(pairs), round(100 * grey(made["arc"])), round(100 * grey(faded))):
        assert str(number) in answer
    # The note: on the straight line, pictures are as sharp.
    assert abs(grey(made["arc"]) - grey(made["line"])) < 0.005


def test_the_still_has_pictures_and_maps():
    text = LatentWalk(step=10).still()
    assert text.count("<image") == 6 and "32×7×7" in text and "16×14×14" in text
    assert len(LatentWalk().page_html()) < 190_000


# ---- on the page ---------------------------------------------------------------------------------

def test_the_page_walks_as_convlib_does(mount):
    page = mount(LatentWalk())
    assert_shown(page, LatentWalk())
    page.click("[data-action=forward]")
    page.fill("[data-field=step]", "9")
    page.press("[data-field=step]", "Enter")
    page.click("[data-action=forward]")
    assert_shown(page, LatentWalk(step=10))
    page.click("[data-value=line]")
    walk = LatentWalk(step=10, path="line")
    assert_shown(page, walk)
    assert f"here {np.linalg.norm(walk.code):.2f}" in page.inner_text("[data-words=length]")
    assert (f"generated {100 * grey(walk.picture):.0f} %, pixels faded "
            f"{100 * grey(walk.crossfade):.0f} %") in page.inner_text("[data-words=grey]")
    maps = walk.activations[1]
    tile = pixels(page, "[data-maps=layer-1]")[15:29, 30:44, 0]  # the map of index 6
    assert abs(tile - 255 * maps[6] / maps.max()).max() <= 0.5001
    assert "step=10" in page.url and "path=line" in page.url
    page.fill("[data-field=start]", "12345")
    page.press("[data-field=start]", "Enter")
    assert "seed of the start: give a whole number" in page.inner_text(".cv-status")
    page.focus("[data-state=step]")
    page.keyboard.press("End")
    assert_shown(page, LatentWalk(step=STEPS, path="line"))


def test_new_codes_travel_by_link_and_reset_brings_the_old_ones(mount):
    page = mount(LatentWalk(ask="between"), more=False)
    page.click("[data-action=new-codes]")
    settled(page)
    link = page.url
    seeds = {name: int(value) for name, value in (
        part.removeprefix("latent_walk.").split("=") for part in link.split("?")[1].split("&"))}
    assert_shown(page, LatentWalk(**seeds))
    page.click("[data-action=reset]")
    assert_shown(page, LatentWalk())
    assert "?" not in page.url
    other = mount(LatentWalk(), "?" + link.split("?")[1])
    assert_shown(other, LatentWalk(**seeds))


def test_play_reaches_the_end_and_stops(mount):
    page = mount(LatentWalk(step=17), reduced=False)
    page.click("[data-action=play]")
    page.wait_for_selector("[data-action=forward][aria-disabled=true]")
    assert_shown(page, LatentWalk(step=STEPS))
    assert page.get_attribute("[data-action=play]", "aria-label") == "play"


@pytest.mark.parametrize("query", queries("latent_walk", [
    "start=-1", "end=10000", "step=21", "step=1.5", "path=<b>", "weights=AAAA", "layers=1"]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(LatentWalk(), query)
    assert_shown(page, LatentWalk())


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_question_and_the_height(mount, language):
    i18n.use(language)
    page = mount(LatentWalk(ask="between"), width=752, more=False)
    assert page.inner_text(".cv-ask-answer") == ""
    for hidden in (".cv-walk-fade", "[data-words=grey]"):
        assert not page.is_visible(hidden)
    page.click("[data-choice='2']")
    settled(page)
    assert page.inner_text(".cv-ask-answer") and page.is_visible(".cv-walk-fade")
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_a_phone(mount, language):
    i18n.use(language)
    page = mount(LatentWalk(step=10), width=390, dark=language == "zh", touch=True, more=False)
    check_phone(page, "latent_walk", language)
    assert end_of_controls(page, ".cv-body") <= 700
    for button in page.locator(".cv button").all():
        box = button.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 32
