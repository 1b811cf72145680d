"""What every page says about itself: numbers, names, hints, links between the languages."""

import re

import pytest
from built import address, soup
from languages import ROOT

pytestmark = pytest.mark.xdist_group("soup")  # one worker parses the pages, not each of four
LANGS = ("en", "zh")
NAMES = sorted(path.stem for path in (ROOT / "chapters" / "en").glob("*.ipynb"))
CHAPTERS = [name for name in NAMES if re.match(r"\d|A\d", name)]
# Names stay as they are; "Read this page in English" is for those who read English.
LATIN = {"Binder", "Colab", "PDF", "English", "GitHub", "im", "col"}


def key(name):
    """Return a chapter's number, or its letter: '2' of 02_x, '5b' of 05b_x, 'A' of A1_x."""
    return "A" if name.startswith("A") else name.split("_")[0].lstrip("0")


def label(lang, name):
    if name.startswith("A"):
        return {"en": "Appendix A", "zh": "附录 A"}[lang]
    return {"en": f"Chapter {key(name)}", "zh": f"第 {key(name)} 章"}[lang]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", CHAPTERS)
def test_chapters_are_numbered(lang, name):
    page, number = soup(lang, name), label(lang, name)
    assert page.title.string.startswith(number)
    assert page.select_one("article h1").get_text().startswith(number)
    assert page.select_one("#jb-print-docs-body h1").get_text().startswith(number)
    here = page.select_one(".bd-sidebar-primary li.current.active > a").get_text().strip()
    assert here.startswith(f"{key(name)}. ")
    exercises = [title.get_text() for title in page.select(".exercise .admonition-title")]
    prefix = {"en": "Exercise", "zh": "练习"}[lang]
    for i, title in enumerate(exercises, start=1):
        assert title.startswith(f"{prefix} {key(name)}.{i} ")
    if lang == "zh":
        solutions = [title.get_text() for title in page.select(".solution > .admonition-title")]
        assert solutions == [f"练习 {key(name)}.{i} 的解答" for i in range(1, len(solutions) + 1)]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", NAMES)
def test_figures_are_numbered_by_chapter(lang, name):
    captions = [c.get_text() for c in soup(lang, name).select("figcaption .caption-number")]
    prefix = {"en": "Figure", "zh": "图"}[lang]
    assert captions == [f"{prefix} {key(name)}.{i} " for i in range(1, len(captions) + 1)]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", NAMES)
def test_description_is_the_first_paragraph(lang, name):
    page = soup(lang, name)
    described = page.select_one("meta[name=description]")["content"]
    assert described == page.select_one("meta[property='og:description']")["content"]
    assert not re.search(r",,|\bnote\b|\.\.\.$", described)
    first = page.select_one("article h1 ~ p")
    if first:
        assert described == " ".join(first.get_text().split())


@pytest.mark.parametrize("lang", LANGS)
def test_folds_say_what_they_hold(lang):
    """Code, or, where a prediction comes first, its output."""
    said = {"en": {"Show code", "Show output"}, "zh": {"显示代码", "显示输出"}}[lang]
    found = {}
    for name in CHAPTERS:
        for fold in soup(lang, name).select("details.hide"):
            holds = fold.select_one(".cell_input, .cell_output")["class"][0]
            found.setdefault(fold.select_one(".collapsed").text, set()).add(holds)
    assert found.keys() == said and all(len(kinds) == 1 for kinds in found.values())


@pytest.mark.parametrize("lang", LANGS)
def test_book_names_itself_once(lang):
    title = soup(lang, "index").title.string
    assert title == {"en": "N Kinds of Convolution", "zh": "N 种卷积"}[lang]


@pytest.mark.parametrize("lang", LANGS)
def test_footer_names_the_licence(lang):
    footer = soup(lang, "01_convolution").select_one(".bd-footer-content")
    assert "2026" in footer.get_text() and "MIT" in footer.get_text()
    assert footer.a["href"].endswith("/LICENSE")
    if lang == "zh":
        assert not re.search("Copyright|Text|By ", footer.get_text())


def english(hints):
    """Return the hints that hold English words other than names."""
    return {hint for hint in hints if set(re.findall(r"[A-Za-z]{2,}", hint)) - LATIN}


@pytest.mark.parametrize("name", NAMES)
def test_chinese_page_hints_in_chinese(name):
    """Buttons, links and pictures: what a pointer shows and a screen reader says."""
    attributes = ("title", "aria-label", "data-bs-title")
    page = soup("zh", name)
    citations = set(page.select("a.reference.internal[title]"))
    hints = {tag[a] for tag in page.find_all(True) for a in attributes
             if tag.has_attr(a) and tag not in citations}
    assert english(hints) == {"Read this page in English"}


@pytest.mark.parametrize("lang", LANGS)
def test_buttons_made_by_scripts_speak_the_pages_language(visit, lang):
    page = visit(address(lang, "01_convolution"))
    page.wait_for_load_state("load")
    hints = page.evaluate("""() => [...document.querySelectorAll(".toggle-button, .copybtn")]
        .map((e) => e.getAttribute("aria-label") ?? e.dataset.tooltip)""")
    assert len(hints) > 5
    assert all(hints) and "Toggle hidden content" not in hints
    assert english(hints) == (set() if lang == "zh" else set(hints))


@pytest.mark.parametrize("lang", LANGS)
def test_language_switch_keeps_the_place(visit, lang):
    """The section that is being read is on the screen again in the other language."""
    page = visit(address(lang, "index") + "?flip_slide.operation=cross-correlation")
    page.evaluate("document.querySelector('#index-chapters').scrollIntoView({behavior: 'instant'})")
    box = page.locator("[data-language-switch]").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    other = {"en": "zh", "zh": "en"}[lang]
    page.wait_for_url(f"**/{address(other, 'index')}?*operation=cross-correlation#index-chapters")
    page.wait_for_load_state("load")
    page.wait_for_timeout(500)  # until what comes to life has its height
    assert abs(page.locator("#index-chapters").bounding_box()["y"]) < 450


def test_links_to_a_named_section_use_its_name():
    page = soup("zh", "index")
    assert page.select_one("section#index-how > h2 a.headerlink")["href"] == "#index-how"
    contents = [a["href"] for a in page.select("#pst-page-toc-nav a")]
    assert "#index-how" in contents


@pytest.mark.parametrize("name", NAMES)
def test_sections_have_the_same_names_in_both_languages(name):
    en, zh = ([section["id"] for section in soup(lang, name).select("article section[id]")
               if section["id"] != "solution-content"] for lang in LANGS)
    assert en == zh
    assert not any(id.startswith("id") for id in en)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_line_begins_with_the_comma_behind_a_formula(visit, lang):
    page = visit(f"{lang}/chapters/{lang}/01_convolution.html",
                 viewport={"width": 390, "height": 844})
    apart = page.evaluate("""() => 
      [...document.querySelectorAll("mjx-container")].filter((formula) => {
      const next = formula.closest(".math").nextSibling;
      if (!/^[,.;:，。；：、！？）]/.test(next?.data ?? "")) return false;
      const sign = document.createRange();
      sign.setStart(next, 0);
      sign.setEnd(next, 1);
      return sign.getBoundingClientRect().top > formula.getBoundingClientRect().bottom;
    }).map((formula) => formula.parentElement.textContent)""")
    assert apart == []
