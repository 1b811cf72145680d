"""A chapter's number is what its file's name says, in every number that Sphinx has counted."""

from types import SimpleNamespace

import numbering
import pytest
from docutils import nodes


@pytest.mark.parametrize("name, number", [
    ("01_a", "1"), ("05b_a", "5b"), ("10_a", "10"), ("A1_a", "A"), ("index", None)])
def test_names_give_numbers(name, number):
    assert numbering.of_page(f"chapters/en/{name}") == number


def counted():
    """Return what Sphinx knows when it has counted 05b as the sixth file."""
    page, link = "chapters/en/05b_a", nodes.reference(secnumber=[6])
    return page, SimpleNamespace(
        toc_secnumbers={page: {"": (6,), "#part": (6, 2), "#none": ()}},
        toc_fignumbers={page: {"figure": {"fig-a": (6, 1)}, "exercise": {"ex-a": (6, 3)}}},
        titles={page: nodes.title(secnumber=[6])}, tocs={page: nodes.bullet_list("", link)})


def test_all_numbers_follow_the_name():
    page, env = counted()
    numbering.by_name(None, env)
    assert env.toc_secnumbers[page] == {"": ("5b",), "#part": ("5b", 2), "#none": ()}
    assert env.toc_fignumbers[page] == {"figure": {"fig-a": ("5b", 1)},
                                        "exercise": {"ex-a": ("5b", 3)}}
    assert env.titles[page]["secnumber"] == env.tocs[page][0]["secnumber"] == ["5b"]


@pytest.mark.parametrize("number, words", [(("5b",), "第 5b 章"), (("A",), "附录 A")])
def test_chapters_and_appendices_have_their_words(number, words):
    assert numbering.label(number, "zh") == words
