"""Build both books into one site: _build/html/{index.html, en/, zh/}.

    python tools/book.py [--strict]      (make book)

Pages show the outputs that the notebooks hold; nothing is executed. Each build starts afresh: it
takes seconds, and nothing old can be left in it.
"""

import argparse
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from notebooks import refuse_stale

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "_build"
SITE = BUILD / "html"
BOOKS = {"en": ("_config.yml", "_toc.yml"), "zh": ("_config.zh.yml", "_toc.zh.yml")}


def build(lang, strict):
    """Run Jupyter Book for one language and put its pages in the site."""
    config, toc = BOOKS[lang]
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "--quiet",
               "--config", config, "--toc", toc, "--path-output", str(BUILD / lang)]
    if strict:
        command += ["--warningiserror", "--keep-going"]
    start = time.monotonic()
    for old in (BUILD / lang, SITE / lang):
        shutil.rmtree(old, ignore_errors=True)
    # Warnings go to stderr as they come; the rest matters only where the build fails.
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    if done.returncode:
        raise SystemExit(f"{done.stdout}\nbook ({lang}): failed, for what is named above")
    shutil.copytree(BUILD / lang / "_build" / "html", SITE / lang,
                    ignore=shutil.ignore_patterns(".doctrees", ".buildinfo"))
    print(f"book ({lang}): {time.monotonic() - start:.0f} s", flush=True)


def main():
    """Build both languages side by side and say what to open."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--strict", action="store_true", help="a warning fails the build")
    args = parser.parse_args()
    refuse_stale()
    with ThreadPoolExecutor() as pool:
        list(pool.map(build, BOOKS, [args.strict] * len(BOOKS)))
    subprocess.run([sys.executable, "_ext/site_root.py", SITE], cwd=ROOT, check=True)
    print(f"\nOpen {(SITE / 'index.html').relative_to(ROOT)} in a browser, or run: make serve")


if __name__ == "__main__":
    main()
