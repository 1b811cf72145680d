"""What is installed: every file of the library, not the Python alone."""

import glob
import subprocess
import tomllib

from languages import ROOT


def test_everything_beside_the_code_is_installed_with_it():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "setuptools"]
    package = ROOT / "convlib"
    listed = {name for pattern in setuptools["package-data"]["convlib"]
              for name in glob.glob(pattern, root_dir=package, recursive=True)}
    tracked = subprocess.run(["git", "ls-files"], cwd=package, check=True, stdout=subprocess.PIPE,
                             text=True).stdout.split()
    assert len(tracked) > 50
    assert {name for name in tracked if not name.endswith(".py")} - listed == set()
