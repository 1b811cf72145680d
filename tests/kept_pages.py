"""Pages of a browser that are kept from test to test, and forget in between.

To open a page, with a context and a process of its own, costs several times what most tests do
on it. So each look (viewport, touch …) keeps its pages. Between two tests a page goes to an empty
one of the same origin: what runs in the old one ends there, and what it stored is cleared.
"""

from collections import defaultdict

FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"


class KeptPages:
    """Give pages that answer requests by `answer(route)`, and collect their complaints.

    A complaint is an error of a page, or what `answer` appends to `complaints`; with
    `console=True` also each error on the console.
    """

    def __init__(self, browser, origin, answer, console=False):
        self.browser, self.empty, self.answer = browser, f"{origin}/empty-page", answer
        self.console, self.complaints = console, []
        self.free, self.taken = defaultdict(list), []

    def take(self, **look):
        """Return a page of this look that nothing else uses until `leave`."""
        free = self.free[repr(look)]
        page = free.pop() if free else self._open(look)
        self.taken.append((page, free))
        return page

    def leave(self):
        """Empty the pages that were taken; return what they complained of until then."""
        while self.taken:
            page, free = self.taken.pop()
            page.goto(self.empty)
            page.evaluate(FORGET)
            page.context.clear_cookies()
            page.emulate_media(media="null", color_scheme="null", reduced_motion="null")
            page.mouse.move(-1, -1)  # it points at nothing of the next page
            free.append(page)
        said, self.complaints = self.complaints, []
        return said

    def _open(self, look):
        context = self.browser.new_context(**look)
        context.route("**/*", self._route)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: error: {error}"))
        if self.console:
            page.on("console", lambda message: message.type == "error"
                    and self.complaints.append(f"{page.url}: console: {message.text}"))
        return page

    def _route(self, route):
        if route.request.url == self.empty:
            route.fulfill(body="", content_type="text/html")
        else:
            self.answer(route)
