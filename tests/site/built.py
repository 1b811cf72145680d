"""The built pages as text, each read once for all tests of a worker."""

from functools import cache

from book import SITE
from bs4 import BeautifulSoup


def address(lang, name):
    return f"{lang}/chapters/{lang}/{name}.html"


@cache
def soup(lang, name):
    return BeautifulSoup((SITE / address(lang, name)).read_text(encoding="utf-8"), "html.parser")
