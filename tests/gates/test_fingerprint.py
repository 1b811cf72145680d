"""A notebook is stale when its code, or what it uses of the library, changes; and only then."""

import shutil

import fingerprint
import nbformat
import pytest
from languages import ROOT, write
from notebooks import refuse_stale

CODE = """from convlib import signal
from convlib.i18n import t
print(t("tensor.input"), signal.convolve([1], [1]))"""


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A copy of the library; give a function that changes a text in one of its files."""
    shutil.copytree(ROOT / "convlib", tmp_path / "convlib")
    monkeypatch.setattr(fingerprint, "LIBRARY", tmp_path / "convlib")
    caches = (fingerprint._modules, fingerprint._source, fingerprint._definitions,
              fingerprint._imported)

    def change(file, old, new):
        path = tmp_path / "convlib" / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        for each in caches:
            each.cache_clear()

    yield change
    for each in caches:
        each.cache_clear()


def notebook(source, **metadata):
    cell = nbformat.v4.new_code_cell(source, metadata=metadata)
    setup = nbformat.v4.new_code_cell("%pip install convlib", id="setup")
    return nbformat.v4.new_notebook(cells=[setup, nbformat.v4.new_markdown_cell("Prose."), cell])


def of(source=CODE, language="en", **metadata):
    return fingerprint.of(notebook(source, **metadata), language)


def test_form_does_not_matter():
    assert of(CODE.replace("\n", "  \n\n") + "\n") == of(tags=["hide-input"]) == of()


@pytest.mark.parametrize("other", [
    dict(source=CODE.replace("[1]", "[2]", 1)),
    dict(language="zh"),
])
def test_what_shows_matters(other):
    assert of(**other) != of()


@pytest.mark.parametrize(("file", "old", "new"), [
    ("signal.py", "def convolve(", "def convolve(unit, "),
    ("signal.py", "def _apply(", "def _apply(unit, "),
    ("i18n.py", "\n_language = \"en\"", "\n_language = \"zh\""),
])
def test_a_change_of_what_is_used_is_seen(library, file, old, new):
    before = of()
    library(file, old, new)
    assert of() != before


@pytest.mark.parametrize(("file", "old", "new"), [
    ("signal.py", "\ndef ", "\n# why\n\ndef "),
    ("signal.py", '"""', '"""Other words. '),
    ("grad.py", "\ndef ", "\nONE = 1\n\n\ndef "),
    ("explorables/static/channels.js", "", "// why\n"),
])
def test_a_change_of_what_is_not_used_is_not(library, file, old, new):
    before = of()
    library(file, old, new)
    assert of() == before


def test_what_getattr_may_take_counts(library):
    source = "from convlib import grad, signal\ngetattr(grad, f'conv{2}d_input')"
    before = of(source)
    library("grad.py", "def conv2d_input(", "def conv2d_input(unit, ")
    assert of(source) != before


def test_data_and_versions_count_by_name():
    plain = set(fingerprint._pins({"numpy"}))
    assert len(plain) == 1 and plain < set(fingerprint._pins({"numpy", "skimage"}))
    assert list(fingerprint._data({"pnet"})) and not list(fingerprint._data({"numpy"}))


def test_old_outputs_are_refused(tmp_path):
    path = tmp_path / "zh" / "01_dice.ipynb"
    path.parent.mkdir()
    page = notebook(CODE)
    page.metadata["outputs_of"] = fingerprint.of(page, "zh")
    write(page, path)
    refuse_stale(tmp_path)
    page.cells[-1].source += "\n1 + 1"
    write(page, path)
    with pytest.raises(SystemExit, match='zh/01_dice: (?s:.*)make run NAME="01_dice"'):
        refuse_stale(tmp_path)
