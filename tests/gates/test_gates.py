"""The gates themselves: each must turn red for the fault that it is there for."""

import shutil
import subprocess
import sys

import pytest
from languages import ROOT, read, status, write

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
    ("zh", "puzzle", "Only English here.", "untranslated: puzzle"),
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


def nbval(path):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", str(path)],
        cwd=ROOT, capture_output=True, text=True)


def test_a_wrong_output_fails(chapters):
    path = chapters / "en" / CHAPTER
    notebook = read(path)
    last = next(i for i, cell in enumerate(notebook.cells) if cell.id == "own-loop")
    notebook.cells = notebook.cells[: last + 1]
    write(notebook, path)
    assert nbval(path).returncode == 0
    spoil(path, "own-loop", lambda c: c.outputs[0].update(text="[0. 1. 4. 8. 8. 3. 1.]\n"))
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
