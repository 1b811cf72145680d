"""Scripts out of modules: what a notebook and a static page load.

The front end is written as plain ES modules in ``static/``, with imports between them. A notebook
(anywidget) takes one self-contained module per explorable. A page opened from disk cannot load
modules at all, so it takes classic scripts: one that all explorables share, and one for each
explorable that it has. Both are the same files; each becomes a function of its own, whose imports
are read from the functions before it, so that no file's names meet another's.
"""

import json
import posixpath
import re
from collections import Counter
from functools import cache
from pathlib import Path

from convlib import i18n

STATIC = Path(__file__).with_name("static")
MOUNT = "shared/mount.js"

# What a page need not load: lines of comment, comments behind code, and the indentation.
_COMMENT = re.compile(r"^ *// .*\n| +// .*$|^ +", re.MULTILINE)
_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.MULTILINE)


@cache
def source(file):
    """Return a file of ``static/`` as text."""
    return (STATIC / file).read_text(encoding="utf-8")


def exports(file):
    """Return the names that a script of ``static/`` exports, ``default`` aside."""
    return _EXPORT.findall(source(file))


def imports(file):
    """Return the files that a script of ``static/`` imports itself."""
    folder = posixpath.dirname(file)
    return [posixpath.normpath(posixpath.join(folder, path)) for _, path in
            _IMPORT.findall(source(file))]


def _with_imports(files):
    """Return the files and all that they import, each after those that it needs."""
    found = {}

    def visit(file):
        if file not in found:
            for needed in imports(file):
                visit(needed)
            found[file] = None

    for file in files:
        visit(file)
    return list(found)


def _as_function(file):
    """Return one module as a function that puts what it exports into ``modules``."""
    folder = posixpath.dirname(file)

    def read(match):
        names, path = match.groups()
        needed = posixpath.normpath(posixpath.join(folder, path))
        return f"const {{{names}}} = modules[{json.dumps(needed)}];\n"

    names = exports(file)
    text = _IMPORT.sub(read, _COMMENT.sub("", source(file)))
    if "\nexport default " in text:
        text = text.replace("\nexport default ", "\nconst widget = ")
        names = ["default: widget", *names]
    text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
    return (f"modules[{json.dumps(file)}] = (() => {{\n{text}return {{ {', '.join(names)} }};\n"
            "})();\n")


def _joined(files):
    return "".join(map(_as_function, files))


@cache
def module(name):
    """Return the ES module of one explorable, complete in itself, as anywidget wants it."""
    files = _with_imports([f"{name}.js"])
    return f"const modules = {{}};\n{_joined(files)}export default modules['{name}.js'].default;\n"


@cache
def _shared():
    """Return the files that every page loads: what a third of the explorables need.

    What fewer need comes with each of them: no page carries what only others use.
    """
    explorables = [path.name for path in STATIC.glob("*.js")]
    needed = Counter(file for name in explorables for file in _with_imports([name]))
    common = [file for file, count in sorted(needed.items()) if 3 * count > len(explorables)]
    return _with_imports([*common, MOUNT])


@cache
def shared_script():
    """Return the classic script that every page with explorables loads first."""
    return (f'(() => {{\n"use strict";\nconst modules = window.convlib = {{}};\n'
            f"{_joined(_shared())}}})();\n")


@cache
def own_script(name):
    """Return the classic script of one explorable: it brings to life those on the page."""
    files = [file for file in _with_imports([f"{name}.js"]) if file not in _shared()]
    return (f'(() => {{\n"use strict";\nconst modules = window.convlib;\n{_joined(files)}'
            f"modules['{MOUNT}'].mount('{name}', modules['{name}.js'].default);\n}})();\n")


@cache
def styles(name):
    """Return the style sheet of one explorable in a notebook: what all share, and its own."""
    return source("shared/style.css") + source(f"{name}.css")


def assets(names):
    """Return the files that a book offers its pages: file name to text.

    Parameters
    ----------
    names : iterable of str
        The explorables' names, such as ``'conv_grid'``.
    """
    files = {"explorables.js": shared_script(), "explorables.css": source("shared/style.css")}
    for name in names:
        files |= {f"explorables-{name}.js": own_script(name),
                  f"explorables-{name}.css": source(f"{name}.css")}
    return files


def names_in(html):
    """Return the names of the explorables in a page's HTML, each once, in order."""
    return list(dict.fromkeys(re.findall(r'data-explorable="(\w+)"', html)))


def page(*explorables, style=""):
    """Return a whole HTML page with explorables on it, live without a kernel.

    Parameters
    ----------
    *explorables : Explorable
        What the page shows, from top to bottom.
    style : str
        The style of the page's root element, such as ``'color-scheme: dark'``.

    Returns
    -------
    str
        HTML that asks for nothing else: it can be saved, opened and sent.
    """
    html = "\n".join(explorable.page_html() for explorable in explorables)
    names = names_in(html)
    sheets = [source("shared/style.css"), *(source(f"{name}.css") for name in names)]
    scripts = [shared_script(), *map(own_script, names)]
    return (
        f'<!doctype html><html lang="{i18n.language()}" style="{style}"><head>'
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        "<style>body{font-family:system-ui,sans-serif;margin:16px}</style>"
        f"<style>{''.join(sheets)}</style></head><body>{html}"
        f"{''.join(f'<script>{script}</script>' for script in scripts)}</body></html>"
    )
