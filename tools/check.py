"""Run every check, one after the other, and end with one summary (make test).

    python tools/check.py [PART …]

One part at a time, so that what it prints can be read; each uses both cores by itself. Tests in a
browser wait now and then: two more run beside them, which is a little quicker.
What Python compiles is kept, though the environment may say otherwise: dozens of processes need it.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

TIMES = Path(__file__).parents[1] / "_build" / "times"
PYTEST = ["-m", "pytest", "-q", "-n", "2"]
BROWSER = ["-m", "pytest", "-q", "-n", "4"]
# One kernel a notebook: its cells stay together, in their order.
NBVAL = ["-p", "nbval.plugin", "-p", "no:cacheprovider", "--dist", "loadscope", "--nbval",
         "--nbval-cell-timeout=120", "--nbval-sanitize-with=tests/nbval.cfg"]
PARTS = [
    ("lint", ["tools/lint.py"]),
    ("browser", ["tools/browser.py"]),
    ("languages", ["tools/languages.py", "status"]),
    ("outputs", ["tools/notebooks.py", "status"]),
    ("doctests", [*PYTEST, "--doctest-modules", "convlib", "_ext"]),
    ("library", [*PYTEST, "tests", *(f"--ignore=tests/{part}" for part in
                                     ("explorables", "site", "lab", "gates"))]),
    ("explorables", [*BROWSER, "tests/explorables"]),
    ("notebooks", [*PYTEST, *NBVAL, "chapters"]),
    ("books", ["tools/book.py", "--strict"]),
    ("site", [*BROWSER, "--dist", "loadgroup", "tests/site"]),
    ("lab", [*PYTEST, "tests/lab"]),
    ("gates", [*PYTEST, "tests/gates"]),
]


def times(name):
    """Return the file in which pytest writes how long each test of a part took."""
    return TIMES / f"{name}.xml"


def run(name, arguments):
    """Run one part, show its output as it comes, and return what became of it."""
    print(f"\n=== {name}", flush=True)
    if "pytest" in arguments:
        times(name).unlink(missing_ok=True)
        arguments = [*arguments, f"--junitxml={times(name)}"]
    start = time.monotonic()
    # The workers share the cores: matrix products that each take both only hinder each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, encoding="utf-8")
    last = ""
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line.strip() or last
    return process.wait() == 0, time.monotonic() - start, re.sub(r"^=+ | =+$", "", last)


def slowest(names, count=10):
    """Return (seconds, test) of the tests and notebooks' cells that took longest."""
    tests = [(float(test.get("time")), f"{test.get('classname')}::{test.get('name')}")
             for path in map(times, names) if path.exists()
             for test in ElementTree.parse(path).iter("testcase")]
    return sorted(tests, reverse=True)[:count]


def main():
    """Run all parts, or those that are named; fail if one fails."""
    wanted = sys.argv[1:] or [name for name, _ in PARTS]
    if unknown := set(wanted) - {name for name, _ in PARTS}:
        raise SystemExit(f"no part {unknown}: there are {', '.join(name for name, _ in PARTS)}")
    results = [(name, *run(name, arguments)) for name, arguments in PARTS if name in wanted]
    if tests := slowest(wanted):
        print("\n=== slowest")
    for seconds, test in tests:
        print(f"{seconds:13.1f} s  {test}")
    print("\n=== summary")
    for name, passed, seconds, last in results:
        print(f"{'ok    ' if passed else 'FAILED'} {seconds:6.1f} s  {name:<13} {last}")
    print(f"{'':6} {sum(r[2] for r in results):6.1f} s  in all")
    failed = sum(not passed for _, passed, _, _ in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
