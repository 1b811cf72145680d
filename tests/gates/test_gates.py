"""The gates themselves: each must turn red for the fault that it is there for."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from languages import ROOT, accept, read, status, sync, write

CHAPTER = "01_convolution.ipynb"


@pytest.fixture
def chapters(tmp_path):
    """A copy of the chapters, to be spoilt."""
    shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    return tmp_path / "chapters"


def spoil(path, cell_id, change):
    notebook = read(path)
    change(next(cell for cell in notebook.cells if cell.id == cell_id))
    write(notebook, path)


def test_languages_pass_as_they_are(chapters):
    assert status(chapters) == 0


@pytest.mark.parametrize(("lang", "cell", "text", "what"), [
    ("en", "own-loop", "x = 1", "code differs: own-loop"),
    ("zh", "own-loop", "x = 1", "code differs: own-loop"),
    ("en", "puzzle", "New English.", "stale: puzzle"),
    ("zh", "puzzle", "Only English here.", "untranslated text: puzzle"),
])
def test_languages_differ(chapters, capsys, lang, cell, text, what):
    spoil(chapters / lang / CHAPTER, cell, lambda c: c.update(source=text))
    assert status(chapters) > 0
    assert what in capsys.readouterr().out


def test_a_missing_cell_and_a_missing_chapter(chapters, capsys):
    path = chapters / "zh" / CHAPTER
    notebook = read(path)
    notebook.cells = [cell for cell in notebook.cells if cell.id != "loop"]
    write(notebook, path)
    (chapters / "zh" / "glossary.ipynb").unlink()
    assert status(chapters) == 2
    assert "missing: loop" in capsys.readouterr().out


PICTURE = "dice-picture"
FIGURE = {"figure": {"caption": "Two dice.", "name": "fig-dice"}, "image": {"alt": "Dots."}}


@pytest.fixture
def figures(tmp_path):
    """Two notebooks that answer each other, with a figure's caption and alternative text."""
    for lang, own in (("en", FIGURE), ("zh", chinese("两个骰子。", "一排点。"))):
        (tmp_path / lang).mkdir()
        cells = [nbformat.v4.new_code_cell("plot()", id=PICTURE, metadata={"mystnb": own}),
                 nbformat.v4.new_code_cell("more()", id="more")]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"outputs_of": lang})
        write(notebook, tmp_path / lang / CHAPTER)
    accept(tmp_path, CHAPTER.removesuffix(".ipynb"), [])
    return tmp_path


def chinese(caption, alt, name="fig-dice"):
    return {"figure": {"caption": caption, "name": name}, "image": {"alt": alt}}


def test_captions_pass_as_they_are(figures):
    assert status(figures) == 0


@pytest.mark.parametrize(("lang", "figure", "what"), [
    ("zh", chinese("Two dice.", "一排点。"), "untranslated caption: dice-picture"),
    ("zh", chinese("两个骰子。", ""), "without alt: dice-picture"),
    ("zh", chinese("两个骰子。", "一排点。", name="fig-other"), "code differs: dice-picture"),
    ("zh", {}, "code differs: dice-picture"),
    ("en", FIGURE | {"image": {"alt": "Blue dots."}}, "stale: dice-picture"),
    ("en", {"figure": FIGURE["figure"]}, "alt not in English: dice-picture"),
])
def test_captions_differ(figures, capsys, lang, figure, what):
    spoil(figures / lang / CHAPTER, PICTURE, lambda c: c.metadata.update(mystnb=figure))
    assert status(figures) == 1
    assert what in capsys.readouterr().out


def test_a_figure_without_words_is_refused(figures, capsys):
    shown = nbformat.v4.new_output("display_data", {"image/svg+xml": "<svg/>"})
    spoil(figures / "en" / CHAPTER, PICTURE, lambda c: c.update(outputs=[shown]))
    assert status(figures) == 0
    spoil(figures / "en" / CHAPTER, "more", lambda c: c.update(outputs=[shown]))
    assert status(figures) == 2
    assert "without caption in English: more" in capsys.readouterr().out
    spoil(figures / "en" / CHAPTER, "more", lambda c: c.metadata.update(tags=["remove-cell"]))
    sync(figures)
    assert status(figures) == 0


def test_sync_copies_a_figures_name_and_keeps_its_chinese(figures):
    named = FIGURE | {"figure": {"caption": "Two dice.", "name": "fig-two-dice"}}
    spoil(figures / "en" / CHAPTER, PICTURE, lambda c: c.metadata.update(mystnb=named))
    spoil(figures / "en" / CHAPTER, "more", lambda c: c.metadata.update(mystnb=FIGURE))
    sync(figures)
    after = read(figures / "zh" / CHAPTER)
    cells = {cell.id: cell for cell in after.cells}
    assert cells[PICTURE].metadata.mystnb == chinese("两个骰子。", "一排点。", "fig-two-dice")
    assert cells["more"].metadata.mystnb == FIGURE  # to be translated, and refused until it is
    assert after.metadata["outputs_of"] == "zh"  # each knows for itself
    assert status(figures) == 1


def nbval(path):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", str(path)],
        cwd=ROOT, capture_output=True, text=True)


def test_a_wrong_output_fails(chapters):
    path = chapters / "en" / CHAPTER
    notebook = read(path)
    last = next(i for i, cell in enumerate(notebook.cells) if cell.id == "own-correlate")
    notebook.cells = notebook.cells[: last + 1]
    write(notebook, path)
    assert nbval(path).returncode == 0
    spoil(path, "own-correlate", lambda c: c.outputs[0].update(text="[0. 1. 4. 8. 8. 3. 1.]\n"))
    result = nbval(path)
    assert result.returncode == 1 and "mismatch" in result.stdout


def test_a_request_to_another_host_fails(tmp_path):
    """Run the site's own fixture on a page that asks another host for a picture."""
    (tmp_path / "conftest.py").write_text("from tests.site.conftest import *\n"
                                          "import pytest\n"
                                          "from tests.site.conftest import serve\n"
                                          "@pytest.fixture(scope='session')\n"
                                          "def origin():\n"
                                          f"    server = serve({str(tmp_path)!r})\n"
                                          "    yield f'http://127.0.0.1:{server.server_port}'\n")
    (tmp_path / "test_page.py").write_text("def test_page(visit):\n    visit('page.html')\n")
    page = tmp_path / "page.html"
    for html, code in (("<p>alone</p>", 0), ('<img src="http://other.test/a.png">', 1)):
        page.write_text(html)
        result = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             "--rootdir", str(tmp_path), str(tmp_path)],
            cwd=ROOT, capture_output=True, text=True,
            env={**__import__("os").environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tools'}"})
        assert result.returncode == code, result.stdout
    assert "other.test" in result.stdout


def test_no_test_defeats_the_profile():
    """A number of its own would hold in the gate and in `make fuzz` alike."""
    own = [path.name for path in (ROOT / "tests").glob("test_*.py")
           if re.search(r"max_examples=\d", path.read_text(encoding="utf-8"))]
    assert own == []
