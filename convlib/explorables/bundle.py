"""One script out of several files: what a notebook and a static page load.

The front end is written as plain ES modules in ``static/``, with imports between them. A notebook
(anywidget) takes one self-contained module per explorable. A page opened from disk cannot load
modules at all, so it takes one classic script with every explorable in it. Both are the same files,
joined: imports of our own files go, and ``export`` goes.
"""

import re
from functools import cache
from pathlib import Path

from convlib import i18n

STATIC = Path(__file__).with_name("static")
SHARED = ("shared/core.js", "shared/ui.js", "shared/board.js")  # in the order of their imports

_IMPORT = re.compile(r'^import [^;]*? from "\.\.?/[\w./]+";\n', re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|function|class)\b)", re.MULTILINE)


def _source(filename):
    text = (STATIC / filename).read_text(encoding="utf-8")
    return _EXPORT.sub("", _IMPORT.sub("", text))


@cache
def module(name):
    """Return the ES module of one explorable, complete in itself, as anywidget wants it."""
    return "\n".join(_source(file) for file in (*SHARED, f"{name}.js"))


@cache
def styles(*names):
    """Return the style sheet of these explorables: what all share, and their own."""
    files = ("shared/style.css", *(f"{name}.css" for name in names))
    return "\n".join((STATIC / file).read_text(encoding="utf-8") for file in files)


def page_script(names):
    """Return the classic script that brings every explorable on a static page to life.

    Parameters
    ----------
    names : iterable of str
        The explorables' names, such as ``'conv_grid'``.

    Returns
    -------
    str
        JavaScript with nothing left in the global scope.
    """
    widgets = "\n".join(
        "(() => {\n"
        + _source(f"{name}.js").replace("export default", f'widgets["{name}"] =')
        + "\n})();"
        for name in names
    )
    shared = "\n".join(_source(file) for file in SHARED)
    return (
        f'(() => {{\n"use strict";\n{shared}\nconst widgets = {{}};\n'
        f"{widgets}\n{_source('shared/mount.js')}\n}})();\n"
    )


def page(explorable, style=""):
    """Return a whole HTML page with one explorable on it, live without a kernel.

    Parameters
    ----------
    explorable : Explorable
        What the page shows.
    style : str
        The style of the page's root element, such as ``'color-scheme: dark'``.

    Returns
    -------
    str
        HTML that asks for nothing else: it can be saved, opened and sent.
    """
    return (
        f'<!doctype html><html lang="{i18n.language()}" style="{style}"><head>'
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        "<style>body{font-family:system-ui,sans-serif;margin:16px}</style>"
        f"<style>{styles(explorable.name)}</style></head><body>{explorable.page_html()}"
        f"<script>{page_script([explorable.name])}</script></body></html>"
    )
