"""The table of a network's layers: plain where it is printed, rich in a notebook."""

import textwrap

from tabulate import SEPARATING_LINE, tabulate

from convlib.i18n import t
from convlib.receptive import ListedField

LABEL = 56  # characters of a layer's text in a printed table, before it goes on in the next line
COLUMNS = ("layer", "output", "parameters", "macs", "receptive_field")


def layer_table(total, depth):
    """Return the `Table` of a measured network, its headings in the language in use.

    Parameters
    ----------
    total : network.Row
        The row of the whole network, with all rows inside it.
    depth : int
        How many levels of blocks to open.
    """
    lines = [line for row in total.children for line in _lines(row, 1, depth)]
    lines.append([t("zoo.total"), "", f"{total.parameters:,}", f"{total.macs:,}", ""])
    return Table([t(f"zoo.{column}") for column in COLUMNS], lines)


def _lines(row, level, depth):
    """Return a row's lines in a table: one, or those of the rows inside it under a heading."""
    opened = row.children and level < depth
    counts = ["", ""] if opened else [f"{row.parameters:,}", f"{row.macs:,}"]
    label = "· " * (level - 1) + row.layer.title
    lines = [[label, times(row.shape), *counts, reach(row.fields)]]
    if opened:
        for child in row.children:
            lines += _lines(child, level + 1, depth)
    return lines


def times(sizes):
    """Return a shape as text, or one number with its thousands set apart."""
    return "×".join(map(str, sizes)) if isinstance(sizes, tuple) else f"{sizes:,}"


def reach(fields):
    """Return receptive fields as text: a number, or a smallest and a largest; one an axis."""
    texts = []
    for field in fields:
        if isinstance(field, ListedField):
            ends = dict.fromkeys(field.sizes or ())
            texts.append("–".join(f"{size:,}" for size in ends) or t("zoo.irregular"))
        else:
            texts.append(f"{field.size:,}")
    return texts[0] if len(set(texts)) == 1 else "×".join(texts)


class Table:
    """A network's layers under headings: plain where it is printed, rich in a notebook.

    Parameters
    ----------
    headings : list of str
        One a column.
    rows : list of list of str
        The cells: text in the first column, numbers in the others, totals in the last row.
    """

    def __init__(self, headings, rows):
        self.headings, self.rows = headings, rows

    def _format(self, headings, rows, style):
        align = ["left"] + ["right"] * (len(headings) - 1)
        return tabulate(rows, headings, style, colalign=align, disable_numparse=True)

    def __repr__(self):
        """Return the table as plain text, headings and labels broken where they are long."""
        headings = [textwrap.fill(heading, 10) for heading in self.headings]
        *rows, totals = ([_broken(label), *numbers] for label, *numbers in self.rows)
        return self._format(headings, [*rows, SEPARATING_LINE, totals], "simple")

    def _repr_html_(self):
        """Return the table as HTML: numbers kept apart, and scrolled by itself on a phone."""
        table = self._format(self.headings, self.rows, "html").replace("· ", "·&nbsp;")
        table = table.replace("text-align: right;", "text-align: right; padding-left: 1em;")
        return f'<div style="overflow-x: auto">{table}</div>'


def _broken(label):
    """Return a label in lines of LABEL characters, the further ones set in."""
    return textwrap.fill(label, LABEL, subsequent_indent="  " * (label.count("· ") + 2))
