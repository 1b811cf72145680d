"""Sections are found under the same names in both books, and the names outlive the headings.

Sphinx makes a section's anchor out of the words of its heading, or out of nothing ("id3") where
they are Chinese. A section that opens a cell is called by the cell's id instead, which is the same
in both languages: cell ``definition`` of ``01_convolution`` is ``#ch01-definition``. An author's
own ``(sec-flip)=`` above the heading goes first.
"""

import json
import re
from pathlib import PurePosixPath

from docutils import nodes
from sphinx.transforms import SphinxTransform

_HEADING = re.compile(r"#+ ")


def prefix(docname):
    """Return what a page's anchors begin with.

    >>> [prefix(f"chapters/en/{name}") for name in ("01_convolution", "05b_x", "A1_computing")]
    ['ch01', 'ch05b', 'a1']
    """
    start = PurePosixPath(docname).name.split("_")[0].lower()
    return f"ch{start}" if start[0].isdigit() else start


def name_sections(app, docname, source):
    """Write MyST's ``(name)=`` above each heading that opens a cell."""
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and _HEADING.match(text):
            cell["source"] = f"({prefix(docname)}-{cell['id']})=\n{text}"
    source[0] = json.dumps(notebook)


class NamedSections(SphinxTransform):
    """Puts the given names of a section before those made of its heading."""

    default_priority = 300  # when docutils has handed the targets' names to the sections (260)

    def apply(self, **kwargs):
        for section in self.document.findall(nodes.section):
            given = {id for name, id in self.document.nameids.items()
                     if self.document.nametypes.get(name)}
            section["ids"].sort(key=lambda id: id not in given)
