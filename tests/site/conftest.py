"""The built site in a real browser, with every other host out of reach."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from book import SITE
from browser import FLAGS, find
from playwright.sync_api import sync_playwright


class Quiet(SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Cache-Control", "max-age=600")  # as GitHub Pages says it
        super().end_headers()

    def log_message(self, *args):
        pass


def serve(folder):
    """Serve a folder on loopback; return the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def origin():
    if not (SITE / "index.html").exists():
        pytest.fail("the site is not built: run make book")
    server = serve(SITE)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def contexts(chromium, origin):
    """Return a context for each look, kept with the files it has loaded, and all complaints."""
    kept, complaints = {}, []

    def look(**options):
        if repr(options) not in kept:
            kept[repr(options)] = chromium.new_context(**options)
            watch(kept[repr(options)], origin, complaints)
        return kept[repr(options)]

    return look, complaints


@pytest.fixture
def visit(contexts, origin):
    """Open pages of the site; fail on a request to another host, and on any error of a page.

    A page is given when it is loaded and its formulas are set. To wait for a network at rest is
    of no use here: of a page whose files lie in the browser's cache Playwright may never say so.
    """
    look, complaints = contexts
    used = set()

    def visit(path, **options):
        context = look(**({"viewport": {"width": 1280, "height": 900}} | options))
        used.add(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{path}: error: {error}"))
        page.goto(f"{origin}/{path}")
        page.evaluate("window.MathJax?.startup.promise.then(() => null)")
        return page

    yield visit
    for context in used:
        for page in context.pages:
            context.new_cdp_session(page).send("Storage.clearDataForOrigin", {
                "origin": origin, "storageTypes": "local_storage,cookies"})
            page.close()
    said = complaints.copy()
    complaints.clear()
    assert said == []


def watch(context, origin, complaints):
    """Note every request to another host; the browser reaches none (tools/browser.py).

    To ask here before each request would cost more than the pages themselves.
    """
    def note(request):
        if not request.url.startswith(origin):
            complaints.append(f"request to another host: {request.url}")

    context.on("request", note)
