"""What holds for every chapter: code without natural language, outputs that are committed."""

import ast
import io
import json
import re
import tokenize
from pathlib import Path
from statistics import median

import nbformat
import pytest
from anchors import prefix
from cells import bound, hidden, imported, parse, used
from languages import ROOT, read

NOTEBOOKS = sorted((ROOT / "chapters").glob("*/*.ipynb"))
LINES, COLUMNS = 15, 82  # of a visible cell: as many as a page shows at once
MEDIAN = 6  # lines of a chapter's visible cells: most of them are taken in at one look
HEAVIEST = 500_000  # bytes of a cell's outputs: a page is loaded on a phone, and Git keeps each one


def keys(value):
    """Yield the names under which something read from JSON holds its values."""
    if isinstance(value, dict):
        yield from value
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, (dict, list)):
            yield from keys(each)


# What trained weights are filed under is looked up, not read: "all seeds" is a name.
FILED = {f'"{key}"' for path in (ROOT / "convlib" / "weights").glob("*.json")
         for key in keys(json.loads(path.read_text(encoding="utf-8")))}


def words(source):
    """Return what a reader of another language would have to have translated."""
    plain = re.sub(r"^%.*$|^\s+%.*$", "pass", source, flags=re.MULTILINE)
    for token in tokenize.generate_tokens(io.StringIO(plain).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
        # Two words in a row in a string, unless it is a program in another language.
        elif (token.type == tokenize.STRING and not token.string.startswith('"""')
              and token.string not in FILED):
            if re.search(r"[A-Za-z]{3,} [A-Za-z]{3,}|[\u4e00-\u9fff]", token.string):
                yield token.string


def concealed(notebook):
    """Yield each name that a visible cell uses and that only a hidden one has set (or imported)."""
    seen, unseen = set(), set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            tree = parse(cell)
            if hidden(cell):
                unseen |= set(bound(tree))
                seen |= set(imported(tree))  # imports may be folded: they are no surprise
            else:
                seen |= set(bound(tree))
                yield from (f"{cell.id}: {name}" for name in sorted(used(tree) & unseen - seen))


def labels(cell):
    """Return where a cell looks up labels, or gets ready to: that belongs where it is not seen."""
    return [ast.unparse(node) for node in ast.walk(parse(cell))
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("t", "i18n.t")
            or isinstance(node, ast.ImportFrom) and node.module == "convlib.i18n"]


def lengths(notebook):
    """Return how many lines each visible cell has."""
    return [len(cell.source.splitlines()) for cell in notebook.cells
            if cell.cell_type == "code" and not hidden(cell)]


def too_large(cell):
    """Tell whether a cell has more lines, or longer ones, than a reader takes in."""
    lines = cell.source.splitlines()
    return len(lines) > LINES or max(map(len, lines), default=0) > COLUMNS


def weight(cell):
    """Return how many bytes a cell's outputs take in its notebook."""
    return len(json.dumps(cell.outputs, ensure_ascii=False).encode())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_code_says_nothing(path):
    for cell in read(path).cells:
        if cell.cell_type == "code" and cell.id not in ("setup", "language"):
            assert list(words(cell.source)) == [], cell.id


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_outputs_are_kept_and_tidy(path):
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert weight(cell) <= HEAVIEST, f"{cell.id}: {weight(cell):,} bytes of outputs"
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", f"{cell.id}: {output.text[:80]}"  # warnings
            text = str(output)
            assert " at 0x" not in text and "widget-view" not in text, cell.id
            assert str(Path.home()) + "/" not in text, cell.id


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_what_is_seen_uses_what_is_seen(path):
    assert list(concealed(read(path))) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_no_visible_cell_looks_up_labels(path):
    for cell in read(path).cells:
        if cell.cell_type == "code" and not hidden(cell):
            assert labels(cell) == [], cell.id


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_visible_cells_are_small(path):
    assert [cell.id for cell in read(path).cells
            if cell.cell_type == "code" and not hidden(cell) and too_large(cell)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_most_visible_cells_are_taken_in_at_one_look(path):
    assert median(lengths(read(path)) or [0]) <= MEDIAN


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_figures_are_called_by_their_chapter(path):
    named = [cell.metadata["mystnb"]["figure"]["name"] for cell in read(path).cells
             if "figure" in cell.metadata.get("mystnb", {})]
    assert [name for name in named if not name.startswith(f"fig-{prefix(path.stem)}-")] == []
    assert len(set(named)) == len(named)


def test_the_rule_can_fail():
    assert list(words('x = 1  # why')) and list(words('print("two words here")'))
    assert '"all seeds"' in FILED and not list(words('card["all seeds"]'))


def code(source, *tags):
    return nbformat.v4.new_code_cell(source, id="shown", metadata={"tags": list(tags)})


def test_a_hidden_name_is_found():
    cells = [code("import numpy as np\na = f = 1", "hide-input"), code("def g(f): return f\ng(np)")]
    assert list(concealed(nbformat.from_dict({"cells": cells}))) == []
    cells += [code("print(a)"), code("a = 2"), code("print(a)")]
    assert list(concealed(nbformat.from_dict({"cells": cells}))) == ["shown: a"]


def test_a_label_is_found():
    assert labels(code('plot(t("a.b"), i18n.t("c.d"), at("e.f"))')) == ["t('a.b')", "i18n.t('c.d')"]
    assert labels(code("import re\nfrom convlib.i18n import t")) == ["from convlib.i18n import t"]


def test_only_visible_lines_are_counted():
    cells = [code("a = 1\n\nb = 2"), code("x = 1\n" * 9, "hide-input"), code("a")]
    assert lengths(nbformat.from_dict({"cells": cells})) == [3, 1]


def test_a_large_cell_is_found():
    assert not too_large(code("\n".join(["x" * 82] * 15)))
    assert too_large(code("x\n" * 16)) and too_large(code("x" * 83))
