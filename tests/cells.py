"""What the code of a notebook's cells says: which names it sets, and which it uses."""

import ast

from IPython.core.inputtransformer2 import TransformerManager

HIDING = {"remove-cell", "remove-input", "hide-input", "hide-cell"}


def parse(cell):
    """Return a code cell as Python, with its magics made calls."""
    return ast.parse(TransformerManager().transform_cell(cell.source))


def hidden(cell):
    """Tell whether a reader does not see a cell's code at first."""
    return bool(HIDING & set(cell.metadata.get("tags", [])))


def imported(tree):
    """Return the names that imports give."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)


def bound(tree):
    """Return the names that a cell gives something: by assignment, import, def, class or loop."""
    yield from imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name


def used(tree):
    """Return the names that a cell reads and that are not parameters of its own functions."""
    own = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return {node.id for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)} - own
