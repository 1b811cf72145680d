"""The site's root: what a stranger meets, and what finds the pages."""

import re
import xml.etree.ElementTree as ET
from io import BytesIO

import numpy as np
import pytest
from book import SITE
from languages import ROOT, read
from PIL import Image

from convlib import functional

NAMES = sorted(path.stem for path in (ROOT / "chapters" / "en").glob("*.ipynb"))


def test_says_what_it_is_in_both_languages(visit):
    page = visit("index.html?choose")
    text = page.inner_text("main")
    for words in ("textbook", "教科书", "Transposed convolution", "转置卷积", "1×1", "Grouped",
                  "可分离", "in the making", "撰写中"):
        assert words in text
    # All of it is said before a stranger scrolls: title, sentence, both doors, the picture.
    for selector in ("h1", "[data-choice=en]", "[data-choice=zh]", "#show svg"):
        box = page.locator(selector).bounding_box()
        assert box["y"] + box["height"] <= 700


@pytest.mark.parametrize("width", [390, 1280])
def test_fits(visit, width):
    page = visit("index.html?choose", viewport={"width": width, "height": 844})
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_lists_every_chapter_that_there_is(visit):
    page = visit("index.html?choose")
    links = page.eval_on_selector_all(
        "table a", "all => all.map(a => [a.getAttribute('href'), a.textContent])")
    titles = dict(links)
    for lang in ("en", "zh"):
        for name in (name for name in NAMES if re.match(r"\d|A\d", name)):
            notebook = read(ROOT / "chapters" / lang / f"{name}.ipynb")
            heading = re.search(r"^# (.*)$", notebook.cells[0].source, re.MULTILINE)[1]
            listed = titles.pop(f"{lang}/chapters/{lang}/{name}.html")
            assert heading.lower() in listed.lower()
    assert titles == {}


def test_picture_moves(visit):
    page = visit("index.html?choose")
    path = page.get_attribute("#window", "d")
    page.wait_for_function("old => document.querySelector('#window').getAttribute('d') !== old",
                           arg=path)
    page.click("#pause")
    page.wait_for_timeout(100)
    path = page.get_attribute("#window", "d")
    page.wait_for_timeout(300)
    assert page.get_attribute("#window", "d") == path


def test_picture_never_asks_for_what_is_no_number(visit):
    """A frame may begin before the moment at which a kind was chosen."""
    page = visit("index.html?choose")
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.evaluate("""() => { for (let i = 0; i < 40; i++) requestAnimationFrame(
      () => document.querySelectorAll(".choices button")[i % 4].click()); }""")
    page.evaluate("step(performance.now() - 1000)")
    page.wait_for_timeout(300)
    assert said == []


def test_picture_rests_for_those_who_want_it(visit):
    page = visit("index.html?choose", reduced_motion="reduce")
    page.wait_for_selector(".live")
    path = page.get_attribute("#window", "d")
    page.wait_for_timeout(300)
    assert page.get_attribute("#window", "d") == path
    page.click("text=转置卷积 >> nth=0")
    assert "16×16 → 32×32" in page.inner_text("figcaption")


def test_picture_stands_still_without_javascript(visit):
    page = visit("index.html?choose", java_script_enabled=False)
    for part in ("input", "output"):
        assert page.locator(f"#{part}").bounding_box()["width"] > 100
    assert not page.locator("#pause").is_visible()


def needed(kind, row, column):
    """Return the inputs that change an output, as convlib computes it."""
    run = functional.conv_transpose2d if kind["transposed"] else functional.conv2d
    ones = np.eye(kind["n"] ** 2).reshape(-1, 1, kind["n"], kind["n"])
    kernel = np.ones((1, 1, kind["k"], kind["k"]))
    y = run(ones, kernel, stride=kind["s"], padding=kind["p"], dilation=kind["d"])
    return {divmod(int(i), kind["n"]) for i in np.flatnonzero(y[:, 0, row, column])}


def test_window_covers_what_the_output_is_made_of(visit):
    page = visit("index.html?choose", reduced_motion="reduce")
    buttons = page.locator(".choices button").all()
    assert len(buttons) == 4
    for button in buttons:
        button.click()
        kind = page.evaluate("kind")
        row, column = kind["m"] // 2, kind["m"] // 3
        page.evaluate("position => show(position)", row * kind["m"] + column)
        cells = re.findall(r"M(\d+) (\d+)h1v1h-1z", page.get_attribute("#window", "d"))
        assert {(int(r), int(c)) for c, r in cells} == needed(kind, row, column)


def test_social_picture_and_icon():
    with Image.open(BytesIO((SITE / "social.png").read_bytes())) as picture:
        assert picture.size == (1200, 630)
    assert (SITE / "social.png").stat().st_size < 300_000
    assert ET.parse(SITE / "logo.svg").getroot().tag.endswith("svg")
    for page in ("en/chapters/en/01_convolution.html", "zh/chapters/zh/index.html", "index.html"):
        html = (SITE / page).read_text(encoding="utf-8")
        assert re.search(r'<meta property="og:image" content="https://[^"]+/social\.png"', html)
        icon = re.search(r'<link rel="icon" href="([^"]+)"', html)[1]
        assert (SITE / page).parent.joinpath(icon).exists()


def test_missing_page_leads_back(visit):
    """GitHub Pages shows it at any depth, so its links are whole addresses."""
    page = visit("404.html")
    assert "没有这一页" in page.inner_text("h1")
    links = page.eval_on_selector_all("nav a", "all => all.map(a => a.getAttribute('href'))")
    for link in links:
        path = re.fullmatch(r"https://[^/]+/[^/]+/(.+)", link)[1]
        assert (SITE / path).exists()
    assert len(links) == 2


def test_site_map_names_every_page():
    tree = ET.parse(SITE / "sitemap.xml")
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9",
             "x": "http://www.w3.org/1999/xhtml"}
    pages = {url.text.split("/", 4)[4] for url in tree.findall("s:url/s:loc", names)}
    wanted = {f"{lang}/chapters/{lang}/{name}.html" for lang in ("en", "zh") for name in NAMES}
    assert pages == wanted | {""}
    twins = {link.get("href").split("/", 4)[4] for link in tree.findall("s:url/x:link", names)}
    assert twins == wanted


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_books_first_page_leads_back(visit, lang):
    """The front door is shown again, though the reader has chosen a language before."""
    page = visit("index.html?choose")
    page.click(f"[data-choice={lang}]")
    page.wait_for_url(f"**/{lang}/**")
    assert page.locator(".left-prev").is_visible()
    page.click(".left-prev")
    page.wait_for_url("**/index.html?choose")
    assert page.locator("[data-choice=zh]").is_visible()
