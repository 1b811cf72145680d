"""The notebooks where the engine is not installed: nothing outside the cells that say so needs it.

`make colab` runs them there; this reads them, which takes no time.
"""

import ast

import nbformat
import pytest
from cells import bound, parse
from languages import ROOT, SETUP, read, repository, setup_code

ENGINE = "needs-onnxruntime"
NOTEBOOKS = sorted((ROOT / "chapters").glob("en/*.ipynb"))


def packages(tree):
    """Return the packages that a cell imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


def faults(notebook):
    """Yield what an untagged cell takes from the engine, or from a cell that needs it."""
    ours, theirs = set(), set()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tree = parse(cell)
        if ENGINE in cell.metadata.get("tags", []):
            theirs |= set(bound(tree))
            continue
        for package in {"onnx", "onnxruntime"} & set(packages(tree)):
            yield f"{cell.id} imports {package}"
        ours |= set(bound(tree))
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        for name in sorted((used & theirs) - ours):
            yield f"{cell.id} uses {name}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_only_tagged_cells_need_the_engine(path):
    assert list(faults(read(path))) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_cell_installs_what_the_notebook_needs(path):
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    if code:
        assert code[0].id == SETUP and code[0].source == setup_code(repository())
        assert '"convlib[book] @ git+https://' in code[0].source


def test_the_rule_can_fail():
    def cell(source, *tags):
        return nbformat.v4.new_code_cell(source, id=f"c{len(source)}", metadata={"tags": tags})

    tagged = cell("import onnxruntime as ort\ny = ort.run()", ENGINE)
    fine = [cell("%matplotlib inline\nx = 1"), tagged, cell("print(x)"), cell("y = 2\nprint(y)")]
    assert list(faults(nbformat.v4.new_notebook(cells=fine))) == []
    bad = [cell("import onnx.helper"), cell("from onnx import load"), tagged, cell("print(y, ort)")]
    assert list(faults(nbformat.v4.new_notebook(cells=bad))) == [
        "c18 imports onnx", "c21 imports onnx", "c13 uses ort", "c13 uses y"]
