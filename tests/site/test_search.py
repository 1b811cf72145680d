"""What a reader types into the search, and what must be found: in both books, in a browser."""

import re
from urllib.parse import unquote

import pytest
from book import SITE

pytestmark = pytest.mark.xdist_group("search")  # one worker loads each book's index

# The book, the query, the glossary's entries that must come first, and a page that uses the term.
QUERIES = [
    ("zh", "步长", ["stride"], "02_deep_learning"),
    ("zh", "反卷积", ["deconvolution", "transposed-convolution"], "01_convolution"),
    ("zh", "感受野", ["receptive-field"], None),
    ("zh", "权值共享", ["weight-sharing"], "02_deep_learning"),
    ("zh", "膨胀卷积", ["dilated-convolution"], None),
    ("zh", "扩张卷积", ["dilated-convolution"], None),
    ("zh", "逐通道卷积", ["depthwise-convolution"], "A1_computing"),
    ("zh", "池化", ["pooling"], None),
    ("zh", "核", ["kernel"], "02_deep_learning"),
    ("zh", "步", ["stride"], "02_deep_learning"),
    ("zh", "stride", ["stride"], "02_deep_learning"),
    ("zh", "卷积的步长", ["convolution", "stride"], "02_deep_learning"),
    ("zh", "一维卷积", ["1d-convolution"], "03_one_and_three_dimensions"),
    ("zh", "因果卷积", ["causal-convolution"], "03_one_and_three_dimensions"),
    ("zh", "三维卷积", ["3d-convolution"], "03_one_and_three_dimensions"),
    ("zh", "体素", ["voxel"], "03_one_and_three_dimensions"),
    ("zh", "1×1 卷积", ["1x1-convolution"], "04_pointwise"),
    ("zh", "1*1卷积", ["1x1-convolution"], "04_pointwise"),
    ("zh", "逐点卷积", ["1x1-convolution"], "04_pointwise"),
    ("zh", "网络中的网络", ["mlpconv"], "04_pointwise"),
    ("zh", "瓶颈", ["bottleneck"], "04_pointwise"),
    ("zh", "全卷积网络", ["fully-convolutional-network"], "04_pointwise"),
    ("zh", "上采样", ["upsampling"], "05_transposed"),
    ("zh", "棋盘效应", ["checkerboard-artifact"], "05_transposed"),
    ("zh", "像素重排", ["pixel-shuffle"], "05_transposed"),
    ("zh", "反卷积", ["deconvolution", "transposed-convolution"], "05_transposed"),
    ("zh", "去模糊", ["deconvolution"], "05b_deconvolution"),
    ("zh", "自编码器", ["autoencoder"], "05b_deconvolution"),
    ("en", "output size", ["output-size"], "02_deep_learning"),
    ("en", "receptive field", ["receptive-field"], None),
    ("en", "deconvolution", ["deconvolution", "transposed-convolution"], "01_convolution"),
    ("en", "atrous", ["dilated-convolution"], None),
    ("en", "cross correlation", ["cross-correlation"], "01_convolution"),
    ("en", "1x1", ["1x1-convolution"], "A1_computing"),
    ("en", "步长", ["stride"], "02_deep_learning"),
    ("en", "conv1d", ["1d-convolution"], "03_one_and_three_dimensions"),
    ("en", "causal", ["causal-convolution"], "03_one_and_three_dimensions"),
    ("en", "Conv3d", ["3d-convolution"], "03_one_and_three_dimensions"),
    ("en", "1*1 convolution", ["1x1-convolution"], "04_pointwise"),
    ("en", "pointwise", ["1x1-convolution"], "04_pointwise"),
    ("en", "network in network", ["mlpconv"], "04_pointwise"),
    ("en", "bottleneck", ["bottleneck"], "04_pointwise"),
    ("en", "upsampling", ["upsampling"], "05_transposed"),
    ("en", "pixel shuffle", ["pixel-shuffle"], "05_transposed"),
    ("en", "checkerboard", ["checkerboard-artifact"], "05_transposed"),
    ("en", "deblurring", ["deconvolution"], "05b_deconvolution"),
    ("en", "autoencoder", ["autoencoder"], "05b_deconvolution"),
]


def results(page):
    """Return the results shown: (address, excerpt, marked parts)."""
    page.wait_for_function("document.querySelector('.search-summary')?.innerText")
    return page.eval_on_selector_all("#search-results li", """all => all.map(item => [
        item.querySelector('a').href, item.querySelector('p').innerText,
        [...item.querySelectorAll('.highlighted')].map(mark => mark.innerText)])""")


@pytest.fixture(scope="module")
def ask(chromium, origin):
    """Search one book for many queries without loading the page anew for each."""
    pages = {}

    def ask(lang, query):
        if lang not in pages:
            pages[lang] = chromium.new_page()
            pages[lang].goto(f"{origin}/{lang}/search.html")
        pages[lang].evaluate("""query => {
            document.getElementById("search-results").replaceChildren();
            Search.performSearch(query);
        }""", query)
        return results(pages[lang])

    yield ask
    for page in pages.values():
        page.close()


@pytest.mark.parametrize(("lang", "query", "terms", "name"), QUERIES)
def test_query_finds_the_term_and_a_page(ask, lang, query, terms, name):
    found = ask(lang, query)
    first = {address.rpartition("#")[2] for address, _, _ in found[: len(terms)]}
    assert first == {f"term-{term}" for term in terms}
    assert not name or any(f"/{lang}/{name}.html" in address for address, _, _ in found)
    for _, excerpt, _ in found:  # prose: no code, no TeX
        assert excerpt and not re.search(r"import |\\|\$|[\w)] = np\.", excerpt)


@pytest.mark.parametrize(("lang", "query"), [("en", "output size"), ("zh", "互相关")])
def test_excerpt_shows_the_whole_query(ask, lang, query):
    pages = [item for item in ask(lang, query) if "glossary" not in item[0]]
    _, excerpt, marks = next(item for item in pages if "#" in item[0])
    assert query in excerpt and query in marks


def test_phrase_comes_before_its_words(ask):
    found = ask("en", "output size")
    whole = ["output size" in [mark.lower() for mark in marks]
             for address, _, marks in found if "glossary" not in address]
    assert True in whole and whole == sorted(whole, reverse=True)


@pytest.mark.parametrize("query", ["figsize", "lfloor", "恐龙化石"])
def test_code_and_tex_are_not_searched(ask, query):
    assert ask("zh", query) == []


@pytest.mark.parametrize(("lang", "query"), [("en", "stride"), ("zh", "卷积核")])
def test_results_lead_to_places_that_exist(ask, origin, lang, query):
    for address, _, _ in ask(lang, query):
        path, _, anchor = address.removeprefix(f"{origin}/").partition("#")
        html = (SITE / path).read_text(encoding="utf-8")
        assert not anchor or html.count(f'id="{unquote(anchor)}"') == 1


def test_the_field_in_the_side_bar_searches(visit):
    page = visit("en/chapters/en/01_convolution.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("atrous")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/search.html?q=atrous*")
    assert "#term-dilated-convolution" in results(page)[0][0]


def test_search_works_from_disk(chromium):
    page = chromium.new_page()
    page.goto((SITE / "zh" / "search.html").as_uri() + "?q=步长")
    assert results(page)[0][2] == ["步长"]
    page.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_only_the_search_page_loads_the_prose(lang):
    for path in (SITE / lang).rglob("*.html"):
        assert ("search_prose.js" in path.read_text(encoding="utf-8")) == (
            path.name == "search.html")
