"""The book's terms, kept in one table (glossary.csv): the page, the links to it, other names.

The ``terms`` directive writes the table as a glossary in the page's language, so that Sphinx's
own ``{term}`` finds its entries. On every other page the first use of each term is linked.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.domains.std import make_glossary_term
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "glossary.csv"
STYLE = Path(__file__).with_name("glossary.css")
OTHER = {"en": "zh", "zh": "en"}
HREFLANG = {"en": "en", "zh": "zh-Hans"}
ALSO = {"en": ("Also: ", ", "), "zh": ("又称：", "、")}
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ABBREVIATION = re.compile(r"[A-Z]{3,}")
# Words in these are no prose, or lead elsewhere already.
_UNLINKED = (nodes.literal, nodes.math, nodes.raw, nodes.reference, addnodes.pending_xref,
             nodes.figure, nodes.term, nodes.citation, addnodes.glossary)


@dataclass(frozen=True)
class Term:
    """One term: its name, other names and a sentence, each in both languages."""

    name: dict
    synonyms: dict
    sentence: dict

    @property
    def anchor(self):
        """Its place on the glossary page, the same in both languages."""
        return nodes.make_id("term-" + self.name["en"].replace("×", "x"))


def read(path=TABLE):
    """Return the terms of a table."""
    with open(path, encoding="utf-8", newline="") as table:
        return [
            Term({lang: row[lang] for lang in OTHER},
                 {lang: tuple(filter(None, row[f"synonyms_{lang}"].split(";"))) for lang in OTHER},
                 {lang: row[f"sentence_{lang}"] for lang in OTHER})
            for row in csv.DictReader(table)
        ]


terms = cache(read)


def language(config):
    """Return the language of the book that is being built: 'en' or 'zh'."""
    return config.language.split("_")[0]


def in_order(lang):
    """Return the terms as a dictionary of that language orders them."""
    # GB 18030 keeps its common characters in the order of their pronunciation (pinyin).
    key = (lambda name: name.casefold().encode("gb18030")) if lang == "zh" else str.casefold
    return sorted(terms(), key=lambda term: key(term.name[lang]))


def also(term, lang):
    """Return a line with a term's other names in a language, if it has any."""
    label, comma = ALSO[lang]
    return label + comma.join(term.synonyms[lang]) if term.synonyms[lang] else ""


class Terms(SphinxDirective):
    """All terms as a glossary in the page's language."""

    def run(self):
        lang = language(self.config)
        entries = nodes.definition_list("", classes=["glossary"])
        entries += [self.entry(term, lang) for term in in_order(lang)]
        return [addnodes.glossary("", entries, sorted=False)]

    def entry(self, term, lang):
        source, line = self.get_source_info()
        heading = make_glossary_term(self.env, [nodes.Text(term.name[lang])], None, source, line,
                                     term.anchor, self.state.document)
        other = OTHER[lang]
        heading.insert(1, [nodes.Text(" "), nodes.inline(
            "", term.name[other], classes=["glossary-other", f"language-{HREFLANG[other]}"])])
        meaning = nodes.definition("", nodes.paragraph("", term.sentence[lang]))
        if names := also(term, lang):
            meaning += nodes.paragraph("", names, classes=["glossary-also"])
        return nodes.definition_list_item("", heading, meaning)


def _pattern(name, lang):
    """Return what finds a name in prose, whole and with a plural."""
    escaped = r"\s+".join(map(re.escape, name.split()))
    if _HAN.search(name):
        return escaped
    plural = "(?:e?s)?" if lang == "en" else "s?"
    case = "" if _ABBREVIATION.fullmatch(name) else "i"
    return rf"(?<![A-Za-z0-9-])(?{case}:{escaped}{plural})(?![A-Za-z0-9-])"


@cache
def names(lang):
    """Return one pattern for all names, the longest first, and for each the term that it means.

    A term's own name is linked, and so is an abbreviation such as FFT. Other names are found too,
    with no term: 反卷积 must not be linked as 卷积 with a word before it.
    """
    meaning = {}
    for term in terms():
        for name in term.synonyms[lang]:
            meaning.setdefault(name, term if _ABBREVIATION.fullmatch(name) else None)
    # A single Chinese character is a part of too many other words.
    meaning |= {t.name[lang]: t for t in terms() if not re.fullmatch(_HAN, t.name[lang])}
    longest = sorted(meaning, key=len, reverse=True)
    pattern = re.compile("|".join(f"({_pattern(name, lang)})" for name in longest))
    return pattern, [meaning[name] for name in longest]


def first_uses(text, lang, used):
    """Cut a text into pairs (piece, term): a term where it is used first, else None."""
    pattern, meaning = names(lang)
    start = 0
    for match in pattern.finditer(text):
        term = meaning[match.lastindex - 1]
        if term is None or term.anchor in used:
            continue
        used.add(term.anchor)
        yield text[start : match.start()], None
        yield match.group(), term
        start = match.end()
    yield text[start:], None


class LinkTerms(SphinxTransform):
    """Link the first use of each term in a page's prose to the glossary."""

    default_priority = 500

    def apply(self, **kwargs):
        if not any(self.document.findall(addnodes.glossary)):
            used = set()
            for text in [t for t in self.document.findall(nodes.Text) if is_prose(t)]:
                pieces = list(first_uses(text.astext(), language(self.config), used))
                if len(pieces) > 1:
                    text.parent.replace(text, [self.node(*piece) for piece in pieces if piece[0]])

    def node(self, text, term):
        if term is None:
            return nodes.Text(text)
        target = term.name[language(self.config)]
        return addnodes.pending_xref(
            "", nodes.inline("", text, classes=["xref", "std", "std-term", "glossary-link"]),
            refdomain="std", reftype="term", reftarget=target, refdoc=self.env.docname,
            refexplicit=True, refwarn=True)


def is_prose(text):
    """Tell whether a text stands in a paragraph, outside code, formulas, links and figures."""
    above, node = [], text.parent
    while node is not None:
        above.append(node)
        node = node.parent
    return (any(isinstance(node, nodes.paragraph) for node in above)
            and not any(isinstance(node, _UNLINKED) or "cell" in node.get("classes", ())
                        for node in above))


def say_what_it_means(app, doctree, docname):
    """Give each link to the glossary the term's sentence, shown where the pointer rests."""
    lang = language(app.config)
    sentences = {term.anchor: term.sentence[lang] for term in terms()}
    for link in doctree.findall(nodes.reference):
        anchor = link.get("refuri", "").rpartition("#")[2]
        if anchor in sentences:
            link["reftitle"] = sentences[anchor]


def read_again(app, env, added, changed, removed):
    """Read every page again where the table has changed since the last build."""
    now = TABLE.stat().st_mtime
    before, env.glossary_read = getattr(env, "glossary_read", now), now
    return env.found_docs if before != now else []


def setup(app):
    """Register the directive, the transform and their style."""
    app.add_directive("terms", Terms)
    app.add_transform(LinkTerms)
    app.connect("doctree-resolved", say_what_it_means)
    app.connect("env-get-outdated", read_again)
    app.connect("config-inited", lambda app, config: config.html_static_path.append(str(STYLE)))
    app.add_css_file(STYLE.name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
