"""The same explorables in JupyterLab with a kernel: traits go both ways.

A real server, a real kernel and a real browser; every host but this machine is out of reach.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from browser import FLAGS, find
from playwright.sync_api import sync_playwright

from convlib import explorables

TOKEN = "a-test"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
SHOW, READ, SET = 0, 1, 2  # the cells of each notebook
# Before its kernel is ready, a cell's run is lost. The one before goes, without asking to save it.
OPEN = """async (path) => {
  await jupyterapp.restored;
  window.opened?.dispose();
  window.opened = await jupyterapp.commands.execute("docmanager:open", { path });
  await window.opened.sessionContext.ready;
}"""
# For each explorable: what the reader does and the trait that it sets, then what Python sets and
# where the page shows it.
CASES = {
    "FlipAndSlide": (lambda page: page.click("[data-action=forward]"), "n", 4,
                     "n = 1", "[data-field=n]", "1"),
    "ConvGrid": (lambda page: page.click("[data-action=stride-y-more]"), "stride_x", 2,
                 "step = 1", "[data-state=step]", "1"),
    "SizeCalculator": (lambda page: page.click("[data-state=axes][data-value='3']"), "axes", 3,
                       "groups = 2", "[data-field=groups]", "2"),
    "Channels": (lambda page: page.click("[data-action=new-numbers]"), "seed", 1,
                 "in_channels = 1", "[data-state=in_channels]", "1"),
    "ImageKernels": (lambda page: page.click("[data-state=flip][data-value=true]"), "flip", True,
                     "divisor = 4", "[data-field=divisor]", "4"),
    "Im2col": (lambda page: page.click("[data-action=forward]"), "step", 1,
               "step = 3", "[data-state=step]", "3"),
    "ChannelMixer": (lambda page: page.click("[data-state=order][data-value=shuffled]"), "order",
                     "shuffled", "row = 7", "[data-field=row]", "7"),
    "ConvVolume": (lambda page: page.click("[data-state=axes][data-value='2']"), "axes", 2,
                   "kernel_size = 3", "[data-field=kernel_size]", "3"),
    "Stack1d": (lambda page: page.click("[data-action=forward]"), "output", 13,
                "layers = 2", "[data-state=layers]", "2"),
    "TransposedGrid": (lambda page: page.click("[data-action=forward]"), "step", 1,
                       "stride = 3", "[data-state=stride]", "3"),
    "TransposedMatrix": (lambda page: page.click("[data-action=forward]"), "step", 1,
                         "padding = 1", "[data-state=padding]", "1"),
    "Deconvolution": (lambda page: page.click("[data-state=method][data-value=richardson]"),
                      "method", "richardson", "steps = 7", "[data-field=steps]", "7"),
    "LatentWalk": (lambda page: page.click("[data-action=forward]"), "step", 1,
                   "end = 7", "[data-field=end]", "7"),
    "Checkerboard": (lambda page: page.click("[data-state=weights][data-value=random]"), "weights",
                     "random", "kernel_size = 5", "[data-field=kernel_size]", "5"),
    "ReceptiveFields": (lambda page: page.click("[data-action=back]"), "layer", 17,
                        "row = 7", "[data-field=row]", "7"),
    "Atrous": (lambda page: page.click("[data-action=forward]"), "step", 1,
               "rate = 3", "[data-field=rate]", "3"),
    "DilationStack": (lambda page: page.click("[data-state=axes][data-value='2']"), "axes", 2,
                      "dilation = [3]", "[data-field=rate-1]", "3"),
}


def command(folder):
    """The call of a server that keeps to itself: its own folders, no browser, no news."""
    return [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            "--ServerApp.port=0", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={folder}",
            f"--IdentityProvider.token={TOKEN}", "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.extension_manager=readonly", "--LabApp.expose_app_in_browser=True"]


def address(runtime, server, log):
    """Wait until the server has written where it listens."""
    for _ in range(240):
        for file in runtime.glob("jpserver-*.json"):
            return json.loads(file.read_text(encoding="utf-8"))["url"]
        assert server.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.25)
    pytest.fail("JupyterLab did not start within a minute:\n" + log.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Start JupyterLab with one notebook for each explorable."""
    folder = tmp_path_factory.mktemp("lab")
    for name, (_, trait, _, setting, _, _) in CASES.items():
        sources = [f"from convlib.explorables import {name}\nw = {name}()\nw",
                   f"print('{trait}:', w.{trait})", f"w.{setting}"]
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        page = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
        nbformat.write(page, folder / f"{name}.ipynb")
    own = {f"JUPYTER_{kind}_DIR": str(folder / ".jupyter" / kind.lower())
           for kind in ("CONFIG", "DATA", "RUNTIME")}
    own |= {f"JUPYTERLAB_{kind}_DIR": str(folder / ".jupyter" / kind.lower())
            for kind in ("SETTINGS", "WORKSPACES")}
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(command(folder), env=os.environ | own, stdout=output,
                                  stderr=subprocess.STDOUT)
    try:
        yield address(Path(own["JUPYTER_RUNTIME_DIR"]), server, log)
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def page(browser, lab):
    """Return a page with JupyterLab, and what it asks of other hosts: the browser reaches none."""
    page, elsewhere = browser.new_page(viewport={"width": 1280, "height": 1000}), []

    def note(request):
        if not request.url.startswith((lab, "data:", "blob:")):
            elsewhere.append(request.url)

    page.on("request", note)
    page.set_default_timeout(40_000)
    page.goto(f"{lab}lab?token={TOKEN}&reset")
    page.wait_for_function("window.jupyterapp")
    return page, elsewhere


@pytest.fixture
def notebook(page):
    """Open a notebook in place of the one before; fail on any request to another host."""
    page, elsewhere = page

    def open_notebook(name):
        page.evaluate(OPEN, f"{name}.ipynb")
        page.get_by_text("| Idle").wait_for()
        return page

    yield open_notebook
    assert elsewhere == []


def run(page, index):
    """Run one cell and wait for its number; a kernel that does not answer fails here."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index)
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    prompt = cell.locator(".jp-InputArea-prompt")
    prompt.get_by_text(f"[{index + 1}]:").wait_for()
    return cell


def test_every_explorable_has_a_case():
    assert set(CASES) == set(explorables.__all__)


@pytest.mark.parametrize("name", CASES)
def test_traits_go_both_ways(notebook, name):
    act, trait, value, _, selector, shown = CASES[name]
    page = notebook(name)
    run(page, SHOW).locator(f".cv[data-name={getattr(explorables, name).name}]").wait_for()
    page.eval_on_selector_all(".cv-more", "all => all.forEach(one => (one.open = true))")
    act(page)
    cell = run(page, READ)
    assert cell.locator(".jp-OutputArea-output").inner_text().strip() == f"{trait}: {value}"
    run(page, SET)
    page.wait_for_function("([where, value]) => document.querySelector(where).value === value",
                           arg=[selector, shown])
