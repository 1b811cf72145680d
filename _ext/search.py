"""Search in the prose itself, section by section, with the glossary's other names.

Sphinx's index holds single words, which Chinese does not separate and which say nothing of a
phrase. A book is small: its prose goes to the reader's browser whole (search_prose.js), and
search.js looks there for the query as it was typed. Sphinx keeps the form, the page and the
stemmer.
"""

import json
import re
from pathlib import Path

import glossary
from docutils import nodes
from sphinx import addnodes
from sphinx.search.en import SearchEnglish

SCRIPT = Path(__file__).with_name("search.js")
PROSE = "search_prose.js"
_SILENT = (nodes.literal_block, nodes.math_block, nodes.comment, nodes.raw, nodes.image,
           nodes.thead, addnodes.index, addnodes.toctree)
_PLAIN = re.compile(r"[^\\{}^_$]+")


class NoWords(SearchEnglish):
    """Sphinx's index without words: they would be loaded for nothing."""

    def split(self, input):
        """Return no words."""
        return []


class NoChineseWords(NoWords):
    """The same for the Chinese book."""

    lang = "zh"
    language_name = "Chinese"


def prose(node):
    """Return what a node says, without its code, formulas and deeper sections."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, _SILENT) or "cell" in node.get("classes", ()) or heading(node):
        return ""
    if isinstance(node, nodes.math):  # a letter reads well; a formula does not
        formula = node.astext().replace("^2", "²").replace(r"\times", "×")
        return formula if _PLAIN.fullmatch(formula) else "…"
    between = " · " if isinstance(node, nodes.row) else node.child_text_separator
    return between.join(map(prose, node.children))


def heading(node):
    """Return the title of a section of the page; exercises are sections without one."""
    title = isinstance(node, nodes.section) and node.children and node.children[0]
    return title if isinstance(title, nodes.title) else None


def _tidy(text):
    """Return a text in one line, with no spaces after Chinese stops."""
    return re.sub(r"(?<=[。，；：！？）”]) ", "", re.sub(r"\s+", " ", text)).strip()


def entries(docname, doctree, lang):
    """Yield what can be found on a page: its sections, and the terms of a glossary."""
    for section in doctree.findall(nodes.section):
        title = heading(section)
        if title is None:
            continue
        if any(isinstance(child, addnodes.glossary) for child in section.children):
            yield from _terms(docname, lang)
            continue
        # The page's own heading needs no anchor: a link to it leads to the page's top.
        anchor = "" if isinstance(section.parent, nodes.document) else section["ids"][0]
        yield {"page": docname, "anchor": anchor, "title": _tidy(title.astext()),
               "text": _tidy(" ".join(map(prose, section.children[1:])))}


def _terms(docname, lang):
    for term in glossary.terms():
        other = term.name[glossary.OTHER[lang]]
        yield {"page": docname, "anchor": term.anchor, "title": f"{term.name[lang]} ({other})",
               "text": _tidy(f"{term.sentence[lang]} {glossary.also(term, lang)}"),
               "names": all_names(term, lang)}


def all_names(term, lang):
    """Return a term's names, those of the page's language first."""
    other = glossary.OTHER[lang]
    return [term.name[lang], *term.synonyms[lang], term.name[other], *term.synonyms[other]]


def write(app, exception):
    """Write the prose of all pages beside the site's other scripts."""
    if exception or app.builder.name != "html":
        return
    lang = glossary.language(app.config)
    book = {
        "titles": {name: title.astext() for name, title in app.env.titles.items()},
        "terms": [all_names(term, lang) for term in glossary.terms()],
        "entries": [entry for name in sorted(app.env.found_docs)
                    for entry in entries(
                        name, app.env.get_and_resolve_doctree(name, app.builder), lang)],
    }
    script = "Search.book = " + json.dumps(book, ensure_ascii=False, separators=(",", ":"))
    (Path(app.outdir) / "_static" / PROSE).write_text(script + ";\n", encoding="utf-8")


def load(app, pagename, templatename, context, doctree):
    """Load the search's scripts where it is, and nowhere else."""
    if pagename == "search":
        for name in (PROSE, SCRIPT.name):
            app.add_js_file(name, loading_method="defer")


def setup(app):
    """Register what search needs."""
    app.setup_extension("glossary")
    for language in (NoWords, NoChineseWords):
        app.add_search_language(language)
    app.connect("config-inited", lambda app, config: config.html_static_path.append(str(SCRIPT)))
    app.connect("html-page-context", load)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
