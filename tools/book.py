"""Build both books into one site: _build/html/{index.html, en/, zh/}.

    python tools/book.py [--strict]      (make book)
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "_build"
SITE = BUILD / "html"
BOOKS = {"en": ("_config.yml", "_toc.yml"), "zh": ("_config.zh.yml", "_toc.zh.yml")}


def digest():
    """Return a hash of all that the notebooks' results depend on besides the notebooks."""
    files = [*ROOT.glob("convlib/**/*"), *ROOT.glob("_ext/**/*"), *ROOT.glob("_config*.yml"),
             ROOT / "constraints.txt", ROOT / "pyproject.toml", ROOT / "glossary.csv"]
    hashed = hashlib.sha256()
    for path in sorted(f for f in files if f.is_file() and "__pycache__" not in f.parts):
        hashed.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return hashed.hexdigest()


def forget_results_of_other_code():
    """Empty the caches if the library has changed: they know the notebooks only."""
    stamp, now = BUILD / "digest", digest()
    if not stamp.exists() or stamp.read_text() != now:
        for lang in BOOKS:
            shutil.rmtree(BUILD / lang, ignore_errors=True)
        BUILD.mkdir(exist_ok=True)
        stamp.write_text(now)


def build(lang, strict):
    """Run Jupyter Book for one language and put its pages in the site."""
    config, toc = BOOKS[lang]
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "--quiet",
               "--config", config, "--toc", toc, "--path-output", str(BUILD / lang)]
    if strict:
        command += ["--warningiserror", "--keep-going"]
    start = time.monotonic()
    print(f"book ({lang}): executing what is new and building …", flush=True)
    if subprocess.run(command, cwd=ROOT).returncode:
        raise SystemExit(f"book ({lang}): failed; the notebook, cell and line are named above")
    pages = BUILD / lang / "_build" / "html"
    shutil.rmtree(SITE / lang, ignore_errors=True)
    shutil.copytree(pages, SITE / lang, ignore=shutil.ignore_patterns(".doctrees", ".buildinfo"))
    print(f"book ({lang}): {time.monotonic() - start:.0f} s", flush=True)


def main():
    """Build what has changed and say what to open."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--strict", action="store_true", help="a warning fails the build")
    args = parser.parse_args()
    forget_results_of_other_code()
    for lang in BOOKS:
        build(lang, args.strict)
    subprocess.run([sys.executable, "_ext/site_root.py", SITE], cwd=ROOT, check=True)
    print(f"\nOpen {(SITE / 'index.html').relative_to(ROOT)} in a browser, or run: make serve")


if __name__ == "__main__":
    main()
