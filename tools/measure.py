"""Measure what the text says of the machine, and keep it with the conditions it was measured under.

    python tools/measure.py NAME      (make measure NAME=computing; none: all, one after the other)

`measure/NAME.py` has a function `measure()` that returns what it found as a dictionary of numbers,
texts, lists and arrays; `convlib/measured/NAME.json` then holds it, for `measured.load("NAME")`.
Nothing here imports NumPy, so that a script can still set how many threads BLAS is to have.
"""

import argparse
import datetime
import importlib
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPTS, RESULTS = ROOT / "measure", ROOT / "convlib" / "measured"
PACKAGES = ("numpy", "scipy", "onnxruntime")
DIGITS = 3  # significant ones: more would be noise


def processor():
    """Return the processor's name as its maker gives it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def conditions():
    """Return what a measurement depends on besides the code."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "date": datetime.date.today().isoformat(),
    }


def rounded(value):
    """Return a result as JSON can hold it, numbers to the digits that mean something."""
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): rounded(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(each) for each in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def write(name, results, folder=RESULTS):
    """Write what was measured, and under which conditions."""
    text = json.dumps(conditions() | {"results": rounded(results)}, indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main():
    """Run one script and keep what it returns."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=sorted(path.stem for path in SCRIPTS.glob("*.py")))
    name = parser.parse_args().name
    sys.path.insert(0, str(SCRIPTS))
    print(f"measuring {name} …", flush=True)
    write(name, importlib.import_module(name).measure())


if __name__ == "__main__":
    main()
