"""The built site in a real browser, with every other host out of reach."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from book import SITE
from browser import FLAGS, find
from playwright.sync_api import sync_playwright


class Quiet(SimpleHTTPRequestHandler):
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


@pytest.fixture
def visit(chromium, origin):
    """Open pages of the site; fail on a request to another host, and on any error of a page."""
    contexts, complaints = [], []

    def visit(path, **options):
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        watch(context, origin, complaints)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{path}: error: {error}"))
        page.goto(f"{origin}/{path}")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


def watch(context, origin, complaints):
    """Cut the network: only the site itself answers; all else is noted and refused."""
    def answer(route):
        if route.request.url.startswith(origin):
            route.continue_()
        else:
            complaints.append(f"request to another host: {route.request.url}")
            route.abort()

    context.route("**/*", answer)
