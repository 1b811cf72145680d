"""Run every check, one after the other, and end with one summary (make test)."""

import re
import subprocess
import sys
import time

PYTEST = ["-m", "pytest", "-q"]
NBVAL = [*PYTEST, "-p", "no:cacheprovider", "--nbval", "--nbval-cell-timeout=120",
         "--nbval-sanitize-with=tests/nbval.cfg"]
PARTS = [
    ("lint", ["tools/lint.py"]),
    ("browser", ["tools/browser.py"]),
    ("languages", ["tools/languages.py", "status"]),
    ("doctests", [*PYTEST, "--doctest-modules", "convlib", "_ext"]),
    ("library", [*PYTEST, "-n", "2", "tests", "--ignore=tests/site", "--ignore=tests/lab",
                 "--ignore=tests/gates"]),
    ("notebooks en", [*NBVAL, "chapters/en"]),
    ("notebooks zh", [*NBVAL, "chapters/zh"]),
    ("books", ["tools/book.py", "--strict"]),
    ("site", [*PYTEST, "tests/site"]),
    ("lab", [*PYTEST, "tests/lab"]),
    ("gates", [*PYTEST, "tests/gates"]),
]


def run(name, arguments):
    """Run one part, show its output as it comes, and return what became of it."""
    print(f"\n=== {name}", flush=True)
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, encoding="utf-8")
    last = ""
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line.strip() or last
    return process.wait() == 0, time.monotonic() - start, re.sub(r"^=+ | =+$", "", last)


def main():
    """Run all parts, or those that are named; fail if one fails."""
    wanted = sys.argv[1:] or [name for name, _ in PARTS]
    if unknown := set(wanted) - {name for name, _ in PARTS}:
        raise SystemExit(f"no part {unknown}: there are {', '.join(name for name, _ in PARTS)}")
    results = [(name, *run(name, arguments)) for name, arguments in PARTS if name in wanted]
    print("\n=== summary")
    for name, passed, seconds, last in results:
        print(f"{'ok    ' if passed else 'FAILED'} {seconds:6.1f} s  {name:<13} {last}")
    print(f"{'':6} {sum(r[2] for r in results):6.1f} s  in all")
    failed = sum(not passed for _, passed, _, _ in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
