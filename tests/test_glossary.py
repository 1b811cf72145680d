"""The table of terms, and the links that a page gets from it: on a small book of its own."""

import csv
import re
import sys

import pytest
from languages import ROOT

TABLE = ROOT / "glossary.csv"
COLUMNS = ["en", "zh", "synonyms_en", "synonyms_zh", "sentence_en", "sentence_zh"]
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def rows():
    with open(TABLE, encoding="utf-8", newline="") as table:
        reader = csv.DictReader(table)
        assert reader.fieldnames == COLUMNS
        return list(reader)


def test_table_is_whole(rows):
    for row in rows:
        assert row["en"] and HAN.search(row["zh"]), row
        assert not HAN.search(row["sentence_en"]) and row["sentence_en"].endswith("."), row
        assert HAN.search(row["sentence_zh"]) and row["sentence_zh"].endswith("。"), row
        assert row["sentence_zh"].count("。") == 1, row
        for lang in ("en", "zh"):
            names = [row[lang], *filter(None, row[f"synonyms_{lang}"].split(";"))]
            assert names == list(dict.fromkeys(name.strip() for name in names)), row


def test_a_name_means_one_term_and_terms_are_sorted(rows):
    for lang in ("en", "zh"):
        assert len({row[lang].casefold() for row in rows}) == len(rows)
    names = [row["en"] for row in rows]
    assert names == sorted(names, key=str.casefold)


PAGE = {
    "en": """# About a kernel

A **kernel** is no convolution kernel. Strides: `stride`, $stride$, [padding](https://x.org).

```python
stride = 1
```

```{figure} none.png
The bias of a figure.

A legend on feature maps.
```

Depthwise separable convolution is no convolution with words before it. Deconvolution is
another. A kernel again, the stride again, a filter-like thing, padding by an FFT, and the bias.
""",
    "zh": """# 卷积核

一个**卷积核**与 `步幅`、$步幅$、[填充](https://x.org)。转置卷积层又称反卷积，也用 FFT 来算。

```python
x = "步幅"
```

深度可分离卷积的步幅与填充。卷积核的步幅。一批。
""",
}
FIRST = {
    "en": ["kernel", "Strides", "Depthwise separable convolution", "convolution", "Deconvolution",
           "padding", "FFT", "bias"],
    "zh": ["卷积核", "转置卷积", "FFT", "深度可分离卷积", "步幅", "填充"],
}


@pytest.fixture(scope="module", params=["en", "zh"])
def book(request, tmp_path_factory):
    """Build a page and the glossary; return the language and the folder of its pages."""
    from sphinx.testing.util import SphinxTestApp

    lang = request.param
    source = tmp_path_factory.mktemp(lang)
    (source / "conf.py").write_text(
        "extensions = ['myst_parser', 'glossary']\nmyst_enable_extensions = ['dollarmath']\n"
        f"language = '{'zh_CN' if lang == 'zh' else 'en'}'\nsuppress_warnings = ['image']\n")
    (source / "index.md").write_text(
        "# Book\n\n```{toctree}\npage\nterms\n```\n\n{term}`" + FIRST[lang][0] + "`\n",
        encoding="utf-8")
    (source / "page.md").write_text(PAGE[lang], encoding="utf-8")
    (source / "terms.md").write_text("# Terms\n\n```{terms}\n```\n", encoding="utf-8")
    sys.path.insert(0, str(ROOT / "_ext"))
    try:
        app = SphinxTestApp("html", srcdir=source)
        app.build()
    finally:
        sys.path.remove(str(ROOT / "_ext"))
    yield lang, source / "_build" / "html", app.warning.getvalue()
    app.cleanup()


def test_first_uses_are_linked_and_nothing_else(book):
    lang, pages, _ = book
    html = (pages / "page.html").read_text(encoding="utf-8")
    assert re.findall(r'glossary-link">([^<]*)<', html) == FIRST[lang]


def test_links_lead_to_entries_and_say_what_they_mean(book, rows):
    lang, pages, warnings = book
    html = (pages / "page.html").read_text(encoding="utf-8")
    terms = (pages / "terms.html").read_text(encoding="utf-8")
    for target, title in re.findall(r'href="terms.html#([^"]*)" title="([^"]*)"', html):
        assert f'id="{target}"' in terms
        assert title in {row[f"sentence_{lang}"] for row in rows}
    assert "not in glossary" not in warnings


def test_term_role_finds_the_entry(book):
    lang, pages, _ = book
    html = (pages / "index.html").read_text(encoding="utf-8")
    assert 'href="terms.html#term-kernel"' in html


def test_glossary_page_is_in_its_own_language(book, rows):
    lang, pages, _ = book
    html = (pages / "terms.html").read_text(encoding="utf-8")
    for row in rows:
        assert row[f"sentence_{lang}"].split("'")[0] in html
    other = {"en": "zh", "zh": "en"}[lang]
    assert not any(row[f"sentence_{other}"] in html for row in rows)
    assert {"en": "Also: ", "zh": "又称："}[lang] in html
    anchors = re.findall(r'<dt id="(term-[^"]*)"', html)
    assert len(anchors) == len(set(anchors)) == len(rows)
