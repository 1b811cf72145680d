"""A formula keeps the punctuation that follows it: no line begins with a comma.

A browser may break a line on either side of a formula, since it is a picture to it.
"""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

_CLOSING = re.compile(r"[,.;:!?)\]，。；：、！？）》”’]+")


class KeepPunctuation(SphinxPostTransform):
    """Puts a formula and the closing signs behind it into one element that does not break."""

    default_priority = 400

    def run(self, **kwargs):
        """Wrap every formula that a closing sign follows."""
        for formula in list(self.document.findall(nodes.math)):
            parent, place = formula.parent, formula.parent.index(formula)
            after = parent[place + 1] if place + 1 < len(parent) else None
            closing = _CLOSING.match(after) if isinstance(after, nodes.Text) else None
            if closing:
                kept = nodes.inline("", "", formula, nodes.Text(closing[0]), classes=["unbroken"])
                parent[place : place + 2] = [kept, nodes.Text(after[closing.end() :])]
