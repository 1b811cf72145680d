"""A browser, and a page with one explorable on it as a published page has it: no kernel."""

from itertools import count

import pytest
from browser import FLAGS, find
from kept_pages import KeptPages
from playwright.sync_api import sync_playwright

from convlib import i18n
from convlib.explorables import bundle

pytest.register_assert_rewrite("reader")  # its checks say what they found, as those of tests do

from reader import end_glides  # noqa: E402

ORIGIN = "http://book.test/"
DARK = "background:#14181e;color:#ced6dd;color-scheme:dark"


@pytest.fixture(scope="session")
def browser():
    """Return a browser whose camera is a moving test picture, given without asking."""
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find(), args=[*FLAGS, *camera])
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def english():
    yield
    i18n.use("en")


@pytest.fixture(scope="session")
def pages(browser):
    """Return pages of a made-up origin, which serves `pages.html[address]` and refuses all else."""
    def answer(route):
        html = pages.html.get(route.request.url.split("?")[0])
        if html:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        else:
            pages.complaints.append(f"request: {route.request.url}")
            route.abort()

    pages = KeptPages(browser, answer)
    pages.html = {}
    # None comes twice: what a browser shows again may keep the state in which it was left.
    pages.addresses = (f"{ORIGIN}page{number}" for number in count())
    return pages


@pytest.fixture
def mount(pages):
    """Serve explorables from a made-up origin; fail on errors and on any other request.

    The last argument may be the query of the address.
    """
    def mount(*explorables, width=900, dark=False, reduced=False, touch=False,
              more=True):
        query = explorables[-1] if isinstance(explorables[-1], str) else ""
        page = pages.take(width, reduced, touch)
        page.set_default_timeout(20_000)  # room for a busy machine; a failure should end
        address = next(pages.addresses)
        pages.html[address] = bundle.page(*(e for e in explorables if e is not query),
                                          style=DARK if dark else "")
        page.goto(address + query)
        page.wait_for_selector(".convlib[data-live]")
        if more:  # opened, so that what is behind it can be clicked
            page.evaluate("document.querySelectorAll('.cv-more').forEach(one => (one.open = true))")
        end_glides(page)  # parts glide from the edge to where they open
        return page

    yield mount
    complaints = pages.leave()
    pages.html.clear()
    assert complaints == []
