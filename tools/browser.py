"""Find a Chromium for the browser tests, or install Debian's.

    python tools/browser.py      print where it is, installing it if need be
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox: tests often run as root in a container. No background traffic: pages are tested
# with every other host out of reach, and the browser itself should not ask for any either.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def find():
    """Return the path of an installed Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def install():
    """Install Chromium from Debian's packages, or say what to do elsewhere."""
    if not shutil.which("apt-get"):
        raise SystemExit("The browser tests need Chromium or Chrome: install it, or set CHROMIUM "
                         "to its path, and run this again.")
    root = [] if os.geteuid() == 0 else ["sudo"]
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
        print("browser:", *command, flush=True)
        subprocess.run([*root, *command], check=True, env=quiet, stdout=sys.stderr)


def main():
    """Print the browser's path."""
    if not find():
        install()
    print("browser:", find())


if __name__ == "__main__":
    main()
