"""Run the notebooks, keep their outputs, and tell which outputs are of older code.

    python tools/notebooks.py run [NAME …]     both languages; a name's beginning will do; none: all
    python tools/notebooks.py status           whose outputs are older than their code or library
"""

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor

import fingerprint
from languages import ROOT, read, write
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

CHAPTERS = ROOT / "chapters"
# Named anew at each run, and of no use without the kernel that gave it.
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LIMIT = 120  # seconds a cell: a chapter is read, not waited for


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
    start, outputs_of = time.monotonic(), fingerprint.of(notebook, path.parent.name)
    client = NotebookClient(
        notebook, timeout=LIMIT, kernel_name="python3", store_widget_state=False,
        coalesce_streams=True,  # what a cell prints is one output, however slowly it came
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=ERROR"],
    )
    try:
        client.execute()
    except CellExecutionError as error:
        failed = next(cell.id for cell in notebook.cells if cell.cell_type == "code"
                      and any(output.output_type == "error" for output in cell.outputs))
        raise SystemExit(f"{path}: cell {failed!r} failed\n{error}") from None
    tidy(notebook)
    notebook.metadata["outputs_of"] = outputs_of
    write(notebook, path)
    print(f"{path.relative_to(ROOT)}: {time.monotonic() - start:.1f} s", flush=True)


def with_code(chapters):
    """Return the paths of the notebooks that have code, by name."""
    return [path for path in sorted(chapters.glob("*/*.ipynb"), key=lambda path: path.name)
            if any(cell.cell_type == "code" for cell in read(path).cells)]


def run_all(names):
    """Run the notebooks whose names begin so, in both languages, two at a time."""
    paths = with_code(CHAPTERS)
    chosen = [path for path in paths if path.name.startswith(tuple(names or [""]))]
    if not chosen:
        raise SystemExit(f"no notebook's name begins with {' or '.join(names)}: there are "
                         + ", ".join(sorted({path.stem for path in paths})))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two kernels share the cores
    with ProcessPoolExecutor(max_workers=2) as pool:
        list(pool.map(run, chosen))


def stale(chapters=CHAPTERS):
    """Yield the notebooks whose outputs are of other code or of another library."""
    for path in with_code(chapters):
        notebook = read(path)
        if notebook.metadata.get("outputs_of") != fingerprint.of(notebook, path.parent.name):
            yield path


def refuse_stale(chapters=CHAPTERS):
    """Stop, and say what to do, if outputs are older than what made them."""
    if old := list(stale(chapters)):
        names = sorted({path.stem for path in old})
        raise SystemExit("".join(
            [f"{path.parent.name}/{path.stem}: its outputs are of older code\n" for path in old]
            + [f'Mend it with: make run NAME="{" ".join(names)}"']))
    print("notebooks: all outputs are of the code as it stands")


def main():
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    chosen = commands.add_parser("run", help="execute, and keep the outputs")
    chosen.add_argument("names", nargs="*", help="how a notebook's name begins, such as 01")
    commands.add_parser("status", help="list the notebooks whose outputs are old")
    args = parser.parse_args()
    if args.command == "run":
        run_all(args.names)
    else:
        refuse_stale()


if __name__ == "__main__":
    main()
