"""What holds for every chapter: code without natural language, outputs that are committed."""

import io
import json
import re
import tokenize
from pathlib import Path

import pytest
from languages import ROOT, read

NOTEBOOKS = sorted((ROOT / "chapters").glob("*/*.ipynb"))
HEAVIEST = 500_000  # bytes of a cell's outputs: a page is loaded on a phone, and Git keeps each one


def words(source):
    """Return what a reader of another language would have to have translated."""
    plain = re.sub(r"^%.*$|^\s+%.*$", "pass", source, flags=re.MULTILINE)
    for token in tokenize.generate_tokens(io.StringIO(plain).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
        # Two words in a row in a string, unless it is a program in another language.
        elif token.type == tokenize.STRING and not token.string.startswith('"""'):
            if re.search(r"[A-Za-z]{3,} [A-Za-z]{3,}|[\u4e00-\u9fff]", token.string):
                yield token.string


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
            text = str(output)
            assert " at 0x" not in text and "widget-view" not in text, cell.id
            assert str(Path.home()) + "/" not in text, cell.id


def test_the_rule_can_fail():
    assert list(words('x = 1  # why')) and list(words('print("two words here")'))
