"""Run the notebooks and keep their outputs, written so that a diff means a change.

    python tools/notebooks.py chapters/en/01_convolution.ipynb …   (none: all; make run)
"""

import argparse
import time
from pathlib import Path

from languages import ROOT, read, write
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

# Named anew at each run, and of no use without the kernel that gave it.
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LIMIT = 60  # seconds: a chapter is read, not waited for


def tidy(notebook):
    """Drop what differs from run to run though nothing changed."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
        cell.execution_count = number
        cell.metadata.pop("execution", None)
        for output in cell.outputs:
            output.get("data", {}).pop(WIDGET_VIEW, None)
            if "execution_count" in output:
                output.execution_count = number


def run(path):
    """Execute one notebook on a fresh kernel, in its own folder, and write its outputs."""
    notebook = read(path)
    start = time.monotonic()
    client = NotebookClient(
        notebook, timeout=2 * LIMIT, kernel_name="python3", store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        cells = [c.id for c in notebook.cells if c.cell_type == "code"]
        failed = next((c.id for c in notebook.cells if c.cell_type == "code"
                       and any(o.output_type == "error" for o in c.outputs)), cells[0])
        raise SystemExit(f"{path}: cell {failed!r} failed\n{error}") from None
    tidy(notebook)
    write(notebook, path)
    return time.monotonic() - start


def main():
    """Run the notebooks that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    args = parser.parse_args()
    for path in args.notebooks or sorted((ROOT / "chapters").glob("*/*.ipynb")):
        print(f"{path} … ", end="", flush=True)
        print(f"{run(path):.1f} s")


if __name__ == "__main__":
    main()
