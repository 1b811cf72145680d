"""A section that the author has named is found under that name, equal in both books.

MyST's ``(sec-flip)=`` above a heading adds a name to those that Sphinx makes out of the heading's
words, or out of nothing ("id3") where the words are Chinese. Here the author's name comes first,
so that the page's contents, its links and the language switch use it.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform


class NamedSections(SphinxTransform):
    """Puts the explicit names of a section before the derived ones."""

    default_priority = 300  # when docutils has handed the targets' names to the sections (260)

    def apply(self, **kwargs):
        for section in self.document.findall(nodes.section):
            named = {id for name, id in self.document.nameids.items()
                     if self.document.nametypes.get(name)}
            section["ids"].sort(key=lambda id: id not in named)
