"""Keep the two languages together, cell by cell.

The English notebook owns the code. A Chinese cell pairs with the English cell of the same id. Prose
belongs to each language, and so do a figure's caption and alternative text, which stand in the
metadata of its code cell (`mystnb`); a Chinese cell records the hash of the English it answers.

    python tools/languages.py status              what is stale, missing or untranslated
    python tools/languages.py sync                copy the code, add what is missing
    python tools/languages.py accept NAME [ID …]  "these Chinese cells answer today's English"
"""

import argparse
import hashlib
import re
import sys
import tomllib
from copy import deepcopy
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
SETUP, LANGUAGE = "setup", "language"  # the ids of the first two cells of every notebook with code
OWN = (("figure", "caption"), ("image", "alt"))  # what each language says in `mystnb` metadata
_HAN = re.compile(r"[\u4e00-\u9fff]")
_DIRECTIVE = re.compile(r"^(```|:\w+:).*$", re.MULTILINE)  # MyST's own words are no prose
# In Colab nothing of the book is there: the first cell fetches it, with what the notebooks need.
_SETUP_CODE = """\
try:
    import convlib
except ModuleNotFoundError:
    %pip install --quiet "convlib[book] @ git+{address}"
    import convlib"""


def read(path):
    """Return a notebook."""
    return nbformat.read(path, as_version=4)


def write(notebook, path):
    """Write a notebook the one way that all tools write it, so that a diff means a change."""
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook, version=4) + "\n", encoding="utf-8")


def prose(cell):
    """Return what a cell says in its language, by kind: its text, or its figure's two texts."""
    if cell.cell_type == "markdown":
        return {"text": cell.source.strip()}
    figure = cell.metadata.get("mystnb", {})
    texts = {key: figure.get(part, {}).get(key, "") for part, key in OWN}
    return {key: text for key, text in texts.items() if text}


def fingerprint(cell):
    """Return a short hash of what a cell says."""
    return hashlib.sha256("\n".join(prose(cell).values()).encode()).hexdigest()[:12]


def for_language(cell, lang):
    """Return the code that a cell has in a language: only the language cell differs."""
    if cell.id == LANGUAGE:
        return re.sub(r'i18n\.use\("\w+"\)', f'i18n.use("{lang}")', cell.source)
    return cell.source


def untranslated(english, chinese):
    """Tell whether a text still waits for its Chinese."""
    words = re.search(r"[A-Za-z]{3,}", _DIRECTIVE.sub("", english))
    return bool(words) and not _HAN.search(chinese)


def unnamed(notebook):
    """Yield (what, cell id) for every figure without a caption or an alternative text."""
    for cell in notebook.cells:
        shown = not {"remove-cell", "remove-output"} & set(cell.metadata.get("tags", []))
        if shown and any(kind.startswith("image/") for output in cell.get("outputs", [])
                         for kind in output.get("data", {})):
            for _, key in OWN:
                if key not in prose(cell):
                    yield f"without {key} in English", cell.id


def compare(english, chinese):
    """Yield (what, cell id) for every cell in which the Chinese notebook does not answer."""
    theirs = {cell.id: cell for cell in chinese.cells}
    for cell in english.cells:
        answer = theirs.get(cell.id)
        if answer is None:
            yield "missing", cell.id
        elif answer.cell_type != cell.cell_type:
            yield "other type", cell.id
        elif _code(answer, "zh") != _code(cell, "zh"):
            yield "code differs", cell.id
        else:
            yield from ((what, cell.id) for what in _compare_prose(cell, answer))
    ours = [cell.id for cell in english.cells]
    for extra in theirs.keys() - set(ours):
        yield "not in English", extra
    if [i for i in ours if i in theirs] != [i for i in theirs if i in ours]:
        yield "other order", "-"


def _compare_prose(cell, answer):
    """Yield what is wrong with a Chinese cell's prose, or with its figure's."""
    english, chinese = prose(cell), prose(answer)
    if missing := english.keys() - chinese.keys():
        yield f"without {' and '.join(sorted(missing))}"
    elif extra := chinese.keys() - english.keys():
        yield f"{' and '.join(sorted(extra))} not in English"
    elif waiting := [kind for kind in english if untranslated(english[kind], chinese[kind])]:
        yield f"untranslated {' and '.join(waiting)}"
    elif english and answer.metadata.get("answers") != fingerprint(cell):
        yield "stale"


def _code(cell, lang):
    """Return what both languages share of a code cell; of a prose cell, nothing."""
    if cell.cell_type != "code":
        return None
    shared = deepcopy(cell.metadata.get("mystnb", {}))
    for part, key in OWN:
        shared.get(part, {}).pop(key, None)
    shared = {part: options for part, options in shared.items() if options}
    return for_language(cell, lang), cell.metadata.get("tags", []), shared


def pairs(root):
    """Yield the two paths of every chapter, from the names on either side."""
    names = {path.name for lang in ("en", "zh") for path in (root / lang).glob("*.ipynb")}
    for name in sorted(names):
        yield root / "en" / name, root / "zh" / name


def status(root):
    """Print what is not as it should be; return how many cells that is."""
    count = 0
    for en, zh in pairs(root):
        if not (en.exists() and zh.exists()):
            problems = [("missing", (zh if en.exists() else en).parent.name + " notebook")]
        else:
            problems = [*unnamed(read(en)), *compare(read(en), read(zh))]
        for what, cell in problems:
            print(f"{en.stem}: {what}: {cell}")
        count += len(problems)
    print(f"languages: {count} cells to mend" if count else "languages: both say the same")
    return count


def repository():
    """Return the address that the book is published from."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"]


def setup_code(address):
    """Return the first cell of every notebook with code; git finds the book at the address."""
    return _SETUP_CODE.format(address=address)


def sync(root):
    """Copy the English code to the Chinese notebooks; add missing cells, to be translated."""
    setup = setup_code(repository())
    for en_path in sorted((root / "en").glob("*.ipynb")):
        zh_path = root / "zh" / en_path.name
        english = read(en_path)
        for cell in english.cells:
            if cell.id == SETUP:
                cell.source = setup
        write(english, en_path)
        chinese = read(zh_path) if zh_path.exists() else nbformat.v4.new_notebook()
        theirs = {cell.id: cell for cell in chinese.cells}
        chinese.cells = [_answer(cell, theirs.get(cell.id)) for cell in english.cells]
        chinese.metadata = _metadata(english, chinese)
        write(chinese, zh_path)


def _metadata(english, chinese):
    """Return the English notebook's metadata; what its outputs are of, each knows for itself."""
    shared = {key: value for key, value in english.metadata.items() if key != "outputs_of"}
    own = {key: value for key, value in chinese.metadata.items() if key == "outputs_of"}
    return deepcopy(shared) | own


def _answer(cell, answer):
    """Return the Chinese cell for an English one, keeping what it says and its outputs."""
    if cell.cell_type == "markdown":
        return answer or nbformat.v4.new_markdown_cell(cell.source, id=cell.id)
    new = deepcopy(cell)
    new.source = for_language(cell, "zh")
    if answer is not None:
        new.outputs, new.execution_count = answer.outputs, answer.execution_count
        if "answers" in answer.metadata:
            new.metadata["answers"] = answer.metadata["answers"]
        theirs = prose(answer)
        for part, key in OWN:
            if key in prose(cell) and key in theirs:
                new.metadata["mystnb"][part][key] = theirs[key]
    return new


def accept(root, name, ids):
    """Record that Chinese prose and captions answer the English of today."""
    english, path = read(root / "en" / f"{name}.ipynb"), root / "zh" / f"{name}.ipynb"
    chinese = read(path)
    source = {cell.id: cell for cell in english.cells}
    if unknown := set(ids) - source.keys():
        raise SystemExit(f"{name} has no cell {', '.join(sorted(unknown))}")
    for cell in chinese.cells:
        if cell.id in (ids or source) and prose(source[cell.id]):
            cell.metadata["answers"] = fingerprint(source[cell.id])
    write(chinese, path)


def main():
    """Run one of the three commands."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--chapters", type=Path, default=ROOT / "chapters")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="list what is stale, missing or untranslated")
    commands.add_parser("sync", help="copy the code and add what is missing")
    mark = commands.add_parser("accept", help="the Chinese cells answer today's English")
    mark.add_argument("name", help="a notebook's name without .ipynb")
    mark.add_argument("ids", nargs="*", help="cell ids (none: all)")
    args = parser.parse_args()
    if args.command == "status":
        sys.exit(1 if status(args.chapters) else 0)
    if args.command == "sync":
        sync(args.chapters)
    else:
        accept(args.chapters, args.name, args.ids)


if __name__ == "__main__":
    main()
