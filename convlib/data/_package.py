"""Packages of the extra ``book``, which carry data sets: nothing is downloaded, nothing cached."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path


def load(name):
    """Return a package's module; a ModuleNotFoundError says what to install."""
    folder(name)
    return import_module(name)


def folder(name):
    """Return the folder of a package without importing it, which can take seconds."""
    spec = find_spec(name.partition(".")[0])
    if spec is None:
        raise ModuleNotFoundError(
            f"this data comes with the package {name}: pip install 'convlib[book]'", name=name)
    return Path(spec.origin).parent
