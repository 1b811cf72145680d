"""Find a Chromium for the browser tests, or install Debian's.

    python tools/browser.py      print where it is, installing it if need be
"""

import os
import shutil
import subprocess
import sys

# The headless shell draws as Chromium does and needs a third less time: it is looked for first.
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox: tests often run as root in a container. No background traffic: pages are tested
# with every other host out of reach, and the browser itself should not ask for any either.
FLAGS = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
         "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def find():
    """Return the path of an installed Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def install():
    """Install Debian's packages: the headless shell, or Chromium where Debian has none."""
    if not shutil.which("apt-get"):
        return
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", SHELL],
                    ["install", "-y", "-qq", "chromium"]):
        print("browser: apt-get", *command, flush=True)
        try:  # what is only quicker is not waited for where the packages are out of reach
            subprocess.run([*root, "apt-get", *command], env=quiet, stdout=sys.stderr, check=False,
                           timeout=60 if find() else None)
        except subprocess.TimeoutExpired:
            return
        if command[0] == "install" and find():
            return


def main():
    """Print the browser's path, after one try to get the quickest."""
    if not os.environ.get("CHROMIUM") and not shutil.which(SHELL):
        install()
    if not find():
        raise SystemExit("The browser tests need Chromium or Chrome: install it, or set CHROMIUM "
                         "to its path, and run this again.")
    print("browser:", find())


if __name__ == "__main__":
    main()
