"""Every page of both books, as a reader meets it."""

import re

import numpy as np
import pytest
from book import SITE
from built import address
from languages import ROOT

LANGS = {"en": "en", "zh": "zh-CN"}
NAMES = sorted(path.stem for path in (ROOT / "chapters" / "en").glob("*.ipynb"))
PAGES = [(lang, name) for lang in LANGS for name in NAMES]


def come_near(page):
    """Bring the page's first explorable on the screen: it comes to life there."""
    page.locator(".convlib").first.scroll_into_view_if_needed()
    page.wait_for_selector(".convlib[data-live] .cv:not(.cv-still)")


def explorables_come_to_life(page):
    """Bring every explorable on the screen: each comes to life where it is read."""
    for explorable in page.locator(".convlib").all():
        explorable.scroll_into_view_if_needed()
        explorable.locator(".cv:not(.cv-still)").wait_for()


def fits_a_phone(page):
    """Check that nothing of the page is wider than a phone, in light and in dark."""
    assert page.evaluate("matchMedia('(pointer: coarse) and (width: 390px)').matches")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_selector(f"html[data-theme={scheme}]")
        # Explorables draw themselves anew in the frame after the one that gave them their width.
        page.evaluate("""async () => { for (let i = 0; i < 3; i++)
          await new Promise(requestAnimationFrame); }""")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


@pytest.mark.parametrize(("lang", "name"), PAGES)
def test_every_page_stands_alone_and_fits_laptop_and_phone(visit, lang, name):
    """All in one visit: to load a page and set its formulas costs more than what is asked of it."""
    page = visit(address(lang, name))
    assert page.get_attribute("html", "lang") == LANGS[lang]
    codes = page.eval_on_selector_all(
        "link[rel=alternate][hreflang]", "links => links.map(link => link.hreflang)")
    assert sorted(codes) == ["en", "x-default", "zh-Hans"]
    for selector in ("meta[name=description]", "meta[property='og:title']"):
        assert page.get_attribute(selector, "content")
    assert page.locator("mjx-merror").count() == 0
    # Emphasis beside full-width punctuation is easily left as bare asterisks.
    prose = page.eval_on_selector_all("article p, article li", "all => all.map(e => e.innerText)")
    assert [text for text in prose if "**" in text] == []
    explorables_come_to_life(page)
    # Code and formulas fit beside the page's contents: nobody has to scroll on a laptop.
    assert page.eval_on_selector_all(
        "article pre, article div.math, article mjx-container[display=true]",
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)") == []
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.set_viewport_size({"width": 390, "height": 844})
    fits_a_phone(page)


@pytest.mark.parametrize("lang", LANGS)
def test_page_loaded_on_a_phone(visit, lang):
    """Narrow and touched from the start, before its explorables are alive and after."""
    page = visit(address(lang, "02_deep_learning"), viewport={"width": 390, "height": 844},
                 has_touch=True)
    fits_a_phone(page)
    explorables_come_to_life(page)
    fits_a_phone(page)


@pytest.mark.parametrize("lang", LANGS)
def test_language_switch_keeps_the_explorables_state(visit, lang):
    other = {"en": "zh", "zh": "en"}[lang]
    page = visit(address(lang, "01_convolution"))
    come_near(page)
    page.click("[data-value='cross-correlation']")
    page.wait_for_url("**operation=cross-correlation*")
    page.click("[data-language-switch]")
    page.wait_for_url(f"**/{address(other, '01_convolution')}*")
    assert "operation=cross-correlation" in page.url
    come_near(page)
    pressed = page.get_attribute("[data-value='cross-correlation']", "aria-pressed")
    assert pressed == "true"


def test_front_door_remembers(visit, origin):
    page = visit("index.html")
    page.click("[data-choice=zh]")
    page.wait_for_url("**/zh/**")
    page.goto(f"{origin}/index.html")
    page.wait_for_url("**/zh/**")
    page.goto(f"{origin}/index.html?choose")
    assert page.locator("[data-choice=en]").is_visible()


@pytest.mark.parametrize(("lang", "word", "name"), [
    ("zh", "互相关", "01_convolution"),
    ("zh", "匹配滤波器", "01_convolution"),
    ("en", "autocorrelation", "01_convolution"),
])
def test_search_finds_words(visit, lang, word, name):
    page = visit(f"{lang}/search.html?q={word}")
    page.wait_for_selector("#search-results li a")
    links = page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href)")
    assert any(name in link for link in links)


def test_search_finds_nothing_where_there_is_nothing(visit):
    page = visit("zh/search.html?q=恐龙化石")
    page.wait_for_selector("#search-results p")
    page.wait_for_timeout(500)
    assert page.locator("#search-results li").count() == 0


@pytest.mark.parametrize("lang", LANGS)
def test_explorable_computes_without_a_kernel(visit, lang):
    page = visit(address(lang, "01_convolution") + "?flip_slide.f=1,2&flip_slide.g=3,4,2")
    come_near(page)
    page.wait_for_selector(".cv-flip-out")
    def out():
        return [float(v) for v in page.eval_on_selector_all(
            ".cv-flip-out", "bars => bars.map(bar => bar.dataset.value)")]
    assert out() == np.convolve([1, 2], [3, 4, 2]).tolist()
    page.click("[data-value='cross-correlation']")
    page.wait_for_function("document.querySelector('.cv-flip-out').dataset.value === '2'")
    assert out() == np.correlate([1, 2], [3, 4, 2], "full").tolist()


@pytest.mark.parametrize("lang", LANGS)
def test_launch_buttons_open_the_pages_own_notebook(visit, lang):
    page = visit(address(lang, "01_convolution"))
    links = page.eval_on_selector_all(".dropdown-launch-buttons a", "all => all.map(a => a.href)")
    wanted = f"chapters/{lang}/01_convolution.ipynb"
    for host in ("colab.research.google.com", "mybinder.org"):
        assert any(host in link and link.endswith(wanted) for link in links)


def test_opened_from_disk(chromium):
    page = chromium.new_page()
    page.goto((SITE / address("zh", "01_convolution")).as_uri())
    come_near(page)
    page.wait_for_selector("mjx-container svg")
    page.close()


@pytest.mark.parametrize(("lang", "name"), PAGES)
def test_no_page_names_another_hosts_asset(lang, name):
    html = (SITE / address(lang, name)).read_text(encoding="utf-8")
    loaded = re.findall(r'<(?:script|img|iframe|source)[^>]+src="(https?:)?//', html)
    links = r'<link[^>]+rel="(?:stylesheet|preload|icon)"[^>]+href="(https?:)?//'
    loaded += re.findall(links, html)
    assert loaded == []
