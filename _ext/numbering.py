"""Chapters, figures, tables and exercises bear numbers, said in each book's own words.

The table of contents numbers the chapters (and letters the appendix); Sphinx numbers the rest by
chapter. Here stands only what the numbers are called.
"""

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


def label(number, lang):
    """Return what a chapter is called.

    >>> label((2,), "zh"), label(("A",), "en")
    ('第 2 章', 'Appendix A')
    """
    words = APPENDIX if isinstance(number[0], str) else CHAPTER
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
