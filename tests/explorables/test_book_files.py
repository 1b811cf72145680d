"""A small book: each page loads the files of its own explorables, opened from disk too."""

import explorable_files
import pytest
from sphinx.application import Sphinx

from convlib.explorables import Channels, ConvGrid

PAGES = {"index": "", "grid": ConvGrid().page_html(),
         "both": ConvGrid().page_html() + Channels().page_html()}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build a book of three pages with Sphinx's own plainest theme."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "static").mkdir()
    explorable_files.write(folder / "static")
    for name, html in PAGES.items():
        raw = f"\n.. raw:: html\n\n   {html}\n" if html else ""
        (folder / f"{name}.rst").write_text(f":orphan:\n\n{name}\n======\n{raw}", encoding="utf-8")
    app = Sphinx(folder, None, folder / "site", folder / "doctrees", "html", status=None,
                 confoverrides={"html_static_path": [str(folder / "static")],
                                "html_theme": "basic"})
    app.connect("html-page-context", explorable_files.add)
    app.build()
    return folder / "site"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_and_mounts_what_it_has(browser, site, name):
    page, loaded, errors = browser.new_page(), [], []
    page.on("request", lambda request: loaded.append(request.url.rsplit("/")[-1].split("?")[0]))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_load_state("networkidle")
    count = PAGES[name].count("data-explorable")
    assert page.locator(".convlib[data-live] .cv-body").count() == count
    names = [kind for kind in ("conv_grid", "channels") if f'"{kind}"' in PAGES[name]]
    wanted = ["explorables", *(f"explorables-{kind}" for kind in names)] if names else []
    assert sorted(file for file in loaded if file.startswith("explorables")) == sorted(
        f"{stem}.{end}" for stem in wanted for end in ("js", "css"))
    assert errors == []
    page.close()
