"""The references of both books: links, labels and the way from a citation and back."""

import re

import pytest
from book import SITE
from built import soup

pytestmark = pytest.mark.xdist_group("soup")  # with test_pages, which parses the same pages
FIELDS = re.compile(r"^  (?:doi|eprint|url|isbn) = ", re.MULTILINE)


@pytest.fixture(params=["en", "zh"])
def lang(request):
    return request.param


@pytest.fixture
def entries(lang):
    found = soup(lang, "references").select(".citation")
    assert found
    return found


def test_every_entry_has_an_address(entries):
    for entry in entries:
        links = [a["href"] for a in entry.select("a.external")]
        assert links and all(link.startswith("https://") for link in links), entry["id"]


def test_bibliography_itself_gives_each_an_address(pytestconfig):
    text = (pytestconfig.rootpath / "references.bib").read_text(encoding="utf-8")
    for entry in re.split(r"^(?=@)", text, flags=re.MULTILINE)[1:]:
        assert FIELDS.search(entry), entry.split(",")[0]


def test_labels_are_author_and_year_in_order(entries, lang):
    labels = [entry.select_one(".label").text.strip("[]") for entry in entries]
    year = {"en": r", \d{4}[a-z]?$", "zh": r"，\d{4}[a-z]?$"}[lang]
    assert all(re.search(year, label) for label in labels)
    assert labels == sorted(labels, key=lambda label: re.split(r"[ ,，]", label.lower())[0])


def test_citations_lead_to_entries_and_back(entries, lang):
    known, back = {entry["id"] for entry in entries}, set()
    for path in sorted((SITE / lang / "chapters" / lang).glob("*.html")):
        page = soup(lang, path.stem)
        for link in page.select("a[href*='#cite-']"):
            assert link["href"].partition("#")[2] in known
            back.add((path.name, link["href"].partition("#")[2]))
    said = {(a["href"].partition("#")[0], entry["id"])
            for entry in entries for a in entry.select(".cited-in a")}
    assert said == back
    for entry in entries:
        for link in entry.select(".cited-in a"):
            name, _, anchor = link["href"].partition("#")
            assert soup(lang, name.removesuffix(".html")).find(id=anchor), link["href"]


def test_chinese_book_joins_names_in_chinese():
    for path in sorted((SITE / "zh" / "chapters" / "zh").glob("*.html")):
        page = soup("zh", path.stem)
        for cited in page.select("span:has(> a[href*='#cite-'])"):
            assert not re.search(r"\band\b|et al|[\[\]()]", cited.text), cited.text
        text = page.select_one("article").text
        assert not re.search(r" （[A-Z][^（）]*，\d{4}[a-z]?|\d{4}[a-z]?） ", text)
    for label in soup("zh", "references").select(".citation .label"):
        assert not re.search(r"\band\b|et al", label.text)
