"""Citations by author and year, in the manner of each language.

Titles stay in the language of the work; what joins names, years and pages is the book's.
"""

from dataclasses import dataclass, field
from pathlib import Path

import glossary
from docutils import nodes
from pybtex.plugin import register_plugin
from pybtex.style.formatting import toplevel, unsrt
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting.author_year_title import SortingStyle
from pybtex.style.template import (
    FieldIsMissing,
    href,
    join,
    node,
    optional,
    optional_field,
    sentence,
    tag,
    words,
)
from pybtex.style.template import field as bib_field
from sphinx import addnodes
from sphinxcontrib.bibtex.plugin import register_plugin as register_reference_style
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

STYLE = Path(__file__).with_name("bibliography.css")
ANCHOR = "cite-"
CITED = {"en": ("Cited in: ", ", "), "zh": ("引用处：", "、")}
ORDINAL = {"1": "1st", "2": "2nd", "3": "3rd"}


@dataclass
class EnglishReferences(AuthorYearReferenceStyle):
    """(Lee et al., 2019) and Lee et al. (2019)."""

    bracket_textual: BracketStyle = field(default_factory=lambda: BracketStyle("(", ")"))
    bracket_parenthetical: BracketStyle = field(
        default_factory=lambda: BracketStyle("(", ")", sep="; "))
    person: PersonStyle = field(default_factory=lambda: PersonStyle(other=" et al."))


@dataclass
class ChineseReferences(AuthorYearReferenceStyle):
    """（Lee 等，2019）与 Lee 等（2019）。"""

    bracket_textual: BracketStyle = field(default_factory=lambda: BracketStyle("（", "）"))
    bracket_parenthetical: BracketStyle = field(
        default_factory=lambda: BracketStyle("（", "）", sep="；"))
    person: PersonStyle = field(
        default_factory=lambda: PersonStyle(sep="、", sep2=" 和 ", last_sep=" 和 ", other=" 等"))
    author_year_sep: str = "，"
    text_reference_sep: str = ""


@node
def authors(children, context, sep, two, last, others):
    """Join an entry's authors; BibTeX's word for those not named is "and others"."""
    entry, style = context["entry"], context["style"]
    if "author" not in entry.persons:
        raise FieldIsMissing("author", entry)
    named = [person for person in entry.persons["author"] if str(person) != "others"]
    names = [style.format_name(person).format_data(context) for person in named]
    if len(named) < len(entry.persons["author"]):
        return join[join(sep=sep)[names], others].format_data(context)
    return join(sep=sep, sep2=two, last_sep=last)[names].format_data(context)


class EnglishLabels(BaseLabelStyle):
    """Lee et al., 2019: what the reader met in the text."""

    two, others, comma = " and ", " et al.", ", "

    def format_labels(self, sorted_entries):
        for entry in sorted_entries:
            family = [" ".join(p.prelast_names + p.last_names) for p in entry.persons["author"]]
            more = self.others if len(family) > 2 else "".join(self.two + f for f in family[1:])
            yield family[0].strip("{}") + more + self.comma + entry.fields["year"]


class ChineseLabels(EnglishLabels):
    """Lee 等，2019。"""

    two, others, comma = " 和 ", " 等", "，"


class ByAuthor(SortingStyle):
    """By author, year and title; braces, which keep a group's name whole, do not count."""

    def person_key(self, person):
        return super().person_key(person).strip("{}")


class EnglishEntries(unsrt.Style):
    """Pybtex's plain entries, sorted by author, with every address a link."""

    default_sorting_style = ByAuthor
    default_label_style = EnglishLabels
    join_names = {"sep": ", ", "two": " and ", "last": ", and ", "others": " et al."}
    word_in = "In"

    def format_names(self, role, as_sentence=True):
        return sentence[authors(**self.join_names)] if as_sentence else authors(**self.join_names)

    def format_edition(self, e):
        return optional[bib_field("edition", apply_func=self.edition)]

    def edition(self, number):
        return f"{ORDINAL.get(str(number), f'{number}th')} edition"

    def volume(self, number):
        return f"volume {number}"

    def format_volume_and_series(self, e, as_sentence=True):
        return optional[bib_field("volume", apply_func=self.volume)]

    def get_inproceedings_template(self, e):
        return toplevel[
            self.format_names("author"),
            self.format_title(e, "title"),
            words[self.word_in, sentence[
                tag("em")[bib_field("booktitle")],
                self.format_volume_and_series(e, as_sentence=False),
                optional[unsrt.pages],
                unsrt.date,
            ]],
            sentence[optional_field("note")],
            self.format_web_refs(e),
        ]

    def format_isbn(self, e):
        number = bib_field("isbn", raw=True)
        return href(join["https://openlibrary.org/isbn/", number])[join["ISBN ", number]]

    def format_url(self, e):
        url = bib_field("url", raw=True)
        return href(url)[url]


class ChineseEntries(EnglishEntries):
    """The same in Chinese; a Chinese edition is named where there is one."""

    default_label_style = ChineseLabels
    join_names = {"sep": "、", "two": " 和 ", "last": " 和 ", "others": " 等"}
    word_in = "载于"

    def edition(self, number):
        return f"第 {number} 版"

    def volume(self, number):
        return f"第 {number} 卷"

    def get_book_template(self, e):
        book = super().get_book_template(e)
        return toplevel[book, optional[join["中文版：", bib_field("chinese"), "。"]]]


def choose(app, config):
    """Use the styles of the book's language, and anchors that are the same in both."""
    name = "book-" + glossary.language(config)
    config.bibtex_reference_style = config.bibtex_default_style = name
    config.bibtex_cite_id = ANCHOR + "{key}"
    config.html_static_path.append(str(STYLE))


def close_up(app, doctree):
    """Chinese: no spaces beside a citation's full-width brackets."""
    if glossary.language(app.config) != "zh":
        return
    for cited in doctree.findall(addnodes.pending_xref):
        if cited["refdomain"] != "cite":
            continue
        at, around = cited.parent.index(cited), cited.parent
        if at and cited["reftype"] == "p" and isinstance(around[at - 1], nodes.Text):
            around[at - 1] = nodes.Text(around[at - 1].rstrip(" "))
        if at + 1 < len(around) and isinstance(around[at + 1], nodes.Text):
            around[at + 1] = nodes.Text(around[at + 1].lstrip(" "))


def say_where(app, doctree, docname):
    """Say under each entry on which pages it is cited, and lead back there."""
    label, comma = CITED[glossary.language(app.config)]
    places = {}
    for cited in app.env.get_domain("cite").citation_refs:
        for target in cited.targets:
            pages = places.setdefault(nodes.make_id(ANCHOR + target.key), {})
            pages.setdefault(cited.docname, cited.citation_ref_id)
    for citation in doctree.findall(nodes.citation):
        line = nodes.paragraph("", label, classes=["cited-in"])
        for number, (page, anchor) in enumerate(sorted(places[citation["ids"][0]].items())):
            uri = app.builder.get_relative_uri(docname, page) + "#" + anchor
            title = app.env.titles[page].astext()
            line += [nodes.Text(comma if number else ""),
                     nodes.reference("", title, refuri=uri, internal=True)]
        citation += line


def write_again(app, env):
    """Write the references anew with any page that changed: it may cite other works now."""
    return {key.docname for key in env.get_domain("cite").bibliographies}


def setup(app):
    """Register the styles of both languages."""
    app.setup_extension("sphinxcontrib.bibtex")
    for lang, references, entries in (("en", EnglishReferences, EnglishEntries),
                                      ("zh", ChineseReferences, ChineseEntries)):
        register_reference_style(
            "sphinxcontrib.bibtex.style.referencing", f"book-{lang}", references)
        register_plugin("pybtex.style.formatting", f"book-{lang}", entries)
    app.connect("config-inited", choose, priority=100)
    app.connect("doctree-read", close_up)
    app.connect("doctree-resolved", say_where)
    app.connect("env-updated", write_again)
    app.add_css_file(STYLE.name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
