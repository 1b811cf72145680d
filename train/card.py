"""Keeps what was trained: convlib/weights/NAME.npz, and NAME.json that says where it is from."""

import hashlib
import json
from datetime import date
from importlib.metadata import version
from importlib.resources import files as folder
from pathlib import Path

import numpy as np

import convlib
from convlib.networks.torch_text import write
from convlib.nn import Model

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "convlib" / "weights"
DISTRIBUTIONS = {"skimage": "scikit-image"}  # where the package goes by another name


def keep(name, model, evaluate, *, script, title, package, files, seed):
    """Write a model's weights as float16, and its card with the metrics of what was written.

    Parameters
    ----------
    name : str
        Of both files.
    model : Model
        What was trained.
    evaluate : callable
        ``evaluate(model)`` returns {metric: number}.
    script : str or Path
        The script that trained it.
    title : str
        What it is, in one line.
    package : str
        The Python package that carries the data, as it is imported.
    files : list of str
        The files in it that the data come from.
    seed : int
        Of the weights and the batches.

    Returns
    -------
    dict
        The card.
    """
    path = WEIGHTS / f"{name}.npz"
    model.save(path, dtype="float16")
    metrics = evaluate(Model(model.layers).load(path))
    card = {
        "title": title,
        "credit": "the authors of this book",
        "licence": "MIT",
        "package": package,
        "version": version(DISTRIBUTIONS.get(package, package)),
        "files": {f"{package}/{file}": sha256(folder(package) / file) for file in files},
        "script": Path(script).resolve().relative_to(ROOT).as_posix(),
        "script_sha256": sha256_of_text(script),
        "seed": seed,
        "date": date.today().isoformat(),
        "versions": {"convlib": convlib.__version__, "numpy": np.__version__},
        "metrics": metrics,
        "layers": write(model.layers).splitlines(),
    }
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    path.with_suffix(".json").write_text(text, encoding="utf-8")
    print(f"{name}: {path.stat().st_size / 1000:.0f} KB, {metrics}")
    return card


def sha256(path):
    """Return the checksum of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def sha256_of_text(path):
    """Return the checksum of a text, whatever ends its lines."""
    return hashlib.sha256(Path(path).read_text(encoding="utf-8").encode()).hexdigest()
