"""What a notebook's outputs depend on, as one short hash that the notebook carries.

One rule in place of lists: what is named counts. A definition of the library counts if its name
stands in the notebook's code, or in a definition that counts, and its module is imported there; so
does a group of labels, a file of data, a pinned package. Where a name means something else, a
definition too many counts, and a chapter is run once more than it need be. Comments, docstrings,
blank lines and the ends of lines show in no output and do not count; nor do the explorables'
scripts, which no output holds.
"""

import ast
import hashlib
import io
import re
import tokenize
from collections import defaultdict
from functools import cache
from importlib.metadata import packages_distributions

from languages import ROOT, SETUP

from convlib import i18n

LIBRARY = ROOT / "convlib"
DATA = (".json", ".npz", ".otf")  # locale/ is read by its labels, not by its files
PINS = ("requirements.txt", "constraints.txt")
_packages = cache(packages_distributions)  # it reads what every package has installed


def of(notebook, language):
    """Return the hash of all that a notebook's outputs depend on (installing shows nothing)."""
    code = "\n".join(_trim(cell.source.splitlines()) for cell in notebook.cells
                     if cell.cell_type == "code" and cell.id != SETUP)
    definitions = closure(code)
    named = _names("\n".join([code, *definitions]))
    labels = [f"{key}={text}" for key, text in i18n.labels(language).items()
              if key.split(".")[0] in named]
    parts = [code, *sorted(definitions), *sorted(labels), *_data(named), *_pins(named)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def closure(code):
    """Return the source of the library's definitions that code names, and that those name."""
    found, waiting = set(), [(code, _imported(code))]
    while waiting:
        text, modules = waiting.pop()
        names = _names(text)
        for module in modules:
            for name in names & _definitions(module).keys():
                new = {(each, module) for each in _definitions(module)[name]} - found
                found |= new
                waiting += [(each, _imported(_source(module)) | {module}) for each, _ in new]
    return {text for text, _ in found}


@cache
def _modules():
    """Return the paths of the library's modules by their dotted names."""
    return {".".join(path.relative_to(LIBRARY.parent).with_suffix("").parts)
            .removesuffix(".__init__"): path for path in LIBRARY.rglob("*.py")}


@cache
def _source(module):
    return _modules()[module].read_text(encoding="utf-8")


@cache
def _imported(source):
    """Return the library's modules that a source imports; a package stands for all in it."""
    wanted = set()
    python = re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.MULTILINE)  # magics are no imports
    for node in ast.walk(ast.parse(python)):
        if isinstance(node, ast.Import):
            wanted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            wanted |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    wanted.discard("convlib")  # `from convlib import data` asks for one
    return {module for module in _modules() for name in wanted
            if module == name or module.startswith(f"{name}.")}


@cache
def _definitions(module):
    """Return the source of a module's definitions by the names that make them count."""
    lines = _without_prose(_source(module))
    by_name, rest = defaultdict(set), set()
    for node in ast.parse(_source(module)).body:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        text = _trim(lines[first - 1 : node.end_lineno])
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                by_name[name].add(f"{getattr(node, 'module', '')} {alias.name}")
        elif names := _bound(node):
            for name in [*names, f"getattr({module.split('.')[-1]}"]:
                by_name[name].add(text)
        elif text:
            rest.add(text)  # done on import: counts with anything of the module
    return {name: texts | rest for name, texts in by_name.items()}


def _bound(node):
    """Return the names that a statement defines (none for those that Python calls by itself)."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        names = [node.name]
    else:
        targets = getattr(node, "targets", [getattr(node, "target", ast.Pass())])
        names = [each.id for target in targets for each in ast.walk(target)
                 if isinstance(each, ast.Name)]
    return [name for name in names if not name.startswith("__")]


def _names(text):
    """Return the names in a text; what `getattr` takes from a module may be all of it."""
    return {*re.findall(r"\w+", text), *re.findall(r"getattr\(\w+", text)}


def _without_prose(source):
    """Return the lines of a source with its comments and docstrings taken out."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str):
            rows = range(node.lineno - 1, node.end_lineno)
            if not lines[rows[0]][: node.col_offset].strip():  # nothing else in its line
                lines[rows[0] : rows[-1] + 1] = [""] * len(rows)
    return lines


def _trim(lines):
    """Return lines as one text, without blank ones and spaces at the ends."""
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _data(named):
    """Yield the hash of every file of data whose name is named."""
    for path in sorted(LIBRARY.rglob("*")):
        if path.suffix in DATA and "locale" not in path.parts and _names(path.stem) <= named:
            yield hashlib.sha256(path.read_bytes()).hexdigest()


def _pins(named):
    """Yield the pinned version of every package of which a module is named."""
    packages = {_normal(package) for name in named for package in _packages().get(name, ())}
    pins = {word for file in PINS for word in (ROOT / file).read_text(encoding="utf-8").split()
            if "==" in word}
    yield from sorted(pin for pin in pins if _normal(pin.split("==")[0]) in packages)


def _normal(package):
    """Return a package's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", package).lower()
