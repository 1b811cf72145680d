"""Run every chapter as Colab would: in a bare environment, installed from git (make colab).

    python tools/colab.py [PYTHON]    once with the engine, once without

PYTHON is the interpreter to use, by default this one; Colab has 3.12. The environment has what
Colab has, in its versions; the first cell installs the rest from this repository's last commit.
Then onnx and onnxruntime are removed, and the cells tagged ``needs-onnxruntime`` are left out.
Takes minutes: it is not part of `make test`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from languages import ROOT, SETUP, read, setup_code
from nbclient import NotebookClient

# Colab in 2025: what chapters could clash with. The kernel has loaded some of it already, so that
# the first cell must not replace any.
COLAB = ["ipykernel==6.17.1", "ipython==7.34.0", "ipywidgets==7.7.1", "matplotlib==3.10.0",
         "mlxtend==0.23.4", "numpy==2.0.2", "packaging==25.0", "pandas==2.2.2", "pip==24.1.2",
         "requests==2.32.4", "scikit-image==0.25.2", "scikit-learn==1.6.1", "scipy==1.16.3",
         "setuptools==75.2.0", "tabulate==0.9.0", "tqdm==4.67.1"]
ENGINE, TAG = ["onnx", "onnxruntime"], "needs-onnxruntime"


def pip(python, *arguments):
    """Run pip of an environment and return what it prints."""
    command = [python, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def installed(python):
    """Return the versions of what an environment has."""
    return {each["name"].lower(): each["version"]
            for each in json.loads(pip(python, "list", "--format=json"))}


def environment(folder):
    """Make the bare environment, with a kernel of its own; return its Python."""
    base = (sys.argv[1:] or [sys.executable])[0]
    subprocess.run([base, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    pip(python, "install", "--quiet", *COLAB)
    kernel = folder / "share" / "kernels" / "colab"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({
        "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Colab", "language": "python"}))
    os.environ["JUPYTER_PATH"] = str(folder / "share")
    os.environ.pop("PYTHONPATH", None)  # the library is to be found where it is installed
    return python


def run(path, folder, engine):
    """Run a notebook in an empty folder."""
    notebook = read(path)
    for cell in notebook.cells:
        if cell.id == SETUP:
            cell.source = setup_code(ROOT.as_uri())
    notebook.cells = [cell for cell in notebook.cells
                      if engine or TAG not in cell.metadata.get("tags", [])]
    start = time.monotonic()
    NotebookClient(notebook, timeout=600, kernel_name="colab",
                   resources={"metadata": {"path": str(folder)}}).execute()
    print(f"{path.stem}: {time.monotonic() - start:.0f} s", flush=True)


def main():
    """Run all chapters twice; stop at the first cell that fails."""
    chapters = sorted((ROOT / "chapters" / "en").glob("*.ipynb"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = environment(folder)
        before = installed(python)
        for engine in (True, False):
            print("with the engine" if engine else "without", flush=True)
            if not engine:
                pip(python, "uninstall", "--quiet", "--yes", *ENGINE)
            for path in chapters:
                run(path, folder, engine)
            if engine:
                after = installed(python)
                replaced = {name: (version, after.get(name)) for name, version in before.items()
                            if after.get(name) != version}
                if replaced:
                    raise SystemExit(f"the first cell replaced what Colab has: {replaced}")
                print("installed:", *sorted(after.keys() - before.keys()))


if __name__ == "__main__":
    main()
