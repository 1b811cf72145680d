"""Chapters, figures, tables and exercises bear numbers, said in each book's own words.

A chapter's number is in its file's name: 05 is 5, 05b is 5b, A1 is A. Sphinx counts the files of
the table of contents instead, and numbers figures and exercises by that count. So the count is
replaced by the name's number. The rest here is what the numbers are called.
"""

import re
from pathlib import PurePosixPath

from docutils import nodes
from languages import of_book
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_enumerable_node, solution_node

CHAPTER = {"en": "Chapter {}", "zh": "第 {} 章"}
APPENDIX = {"en": "Appendix {}", "zh": "附录 {}"}
BEFORE_TITLE = {"en": ": ", "zh": " "}
FORMATS = {
    "en": {"figure": "Figure %s", "table": "Table %s", "code-block": "Listing %s",
           "section": "Chapter %s", "exercise": "Exercise %s"},
    "zh": {"figure": "图 %s", "table": "表 %s", "code-block": "代码 %s",
           "section": "第 %s 章", "exercise": "练习 %s"},
}


def of_page(docname):
    """Return the number that a page's name gives it, or None.

    >>> [of_page(f"chapters/en/{name}") for name in ("05_a", "05b_a", "A1_a", "index")]
    ['5', '5b', 'A', None]
    """
    found = re.match(r"0*([1-9]\d*[a-z]?|[A-Z](?=\d))\d*_", PurePosixPath(docname).name)
    return found and found[1]


def by_name(app, env):
    """Replace the first part of each number by what the page's name says."""
    for docname in env.toc_secnumbers:
        if chapter := of_page(docname):
            _renumber(env, docname, chapter)
    return []


def _renumber(env, docname, chapter):
    """Give a page's title, sections and figures, and the links to them, the chapter's number."""
    for numbers in (env.toc_secnumbers[docname], *env.toc_fignumbers.get(docname, {}).values()):
        for anchor, number in numbers.items():
            numbers[anchor] = (chapter, *number[1:]) if number else number
    for node in (env.titles[docname], *env.tocs[docname].findall(nodes.reference)):
        if node.get("secnumber"):
            node["secnumber"] = [chapter, *node["secnumber"][1:]]


def label(number, lang):
    """Return what a chapter is called.

    >>> label(("2",), "zh"), label(("5b",), "en"), label(("A",), "en")
    ('第 2 章', 'Chapter 5b', 'Appendix A')
    """
    words = APPENDIX if number[0].isalpha() else CHAPTER
    return words[lang].format(".".join(map(str, number)))


class ChapterLabels:
    """Writes "Chapter 2" where Sphinx writes "2."."""

    def add_secnumber(self, node):
        """Write the chapter's label before its title."""
        number = self.get_secnumber(node)
        if number:
            lang = of_book(self.config)
            self.body.append(f'<span class="section-number">{label(number, lang)}'
                             f'<span class="colon">{BEFORE_TITLE[lang]}</span></span>')


def use_labels(app):
    """Give every HTML writer the chapters' labels."""
    for name, writer in list(app.registry.translators.items()):
        labelled = type("Labelled", (ChapterLabels, writer), {})
        app.set_translator(name, labelled, override=True)


class ChineseExercises(SphinxPostTransform):
    """练习 1.1 动笔算, 练习 1.1 的解答: where sphinx-exercise has English order and brackets.

    It runs when sphinx-exercise has put its titles together (priorities 20 and 21).
    """

    default_priority = 23

    def run(self, **kwargs):
        if of_book(self.config) != "zh":
            return
        for exercise in self.document.findall(exercise_enumerable_node):
            title = exercise[0]
            if len(title) > 2:  # " (", the exercise's name, ")"
                title.pop(0)
                title.pop()
        for solution in self.document.findall(solution_node):
            link = solution[0].next_node(nodes.reference)
            link.children = [nodes.Text(link[0].astext().strip())]
            solution[0].children = [link, nodes.Text(" 的解答")]
