"""Lint the Python with ruff and the JavaScript with oxlint (make test PARTS=lint)."""

import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent


def main():
    """Run both, so that one run names all faults; fail if either finds one."""
    commands = (["ruff", "check", "--no-cache", "."], ["oxlint", "--deny-warnings"])
    sys.exit(any([subprocess.run([BIN / name, *arguments]).returncode
                  for name, *arguments in commands]))


if __name__ == "__main__":
    main()
