"""Pages of a browser that are kept from test to test, and forget in between.

To open a page, with a context and a process of its own, costs several times what most tests do
on it. Only what a page cannot change is fixed when it is opened (touch); size and media are set
anew each time. A page that is free keeps what it shows until it is taken and goes elsewhere: to
empty it would cost another visit. What it stored is cleared, and its complaints are heard no more.
"""

from collections import defaultdict

FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"


class KeptPages:
    """Give pages that answer requests by `answer(route)`, and collect their complaints.

    A complaint is an error of a page, an error on its console, or what `answer` appends to
    `complaints`.
    """

    def __init__(self, browser, answer):
        self.browser, self.answer, self.complaints = browser, answer, []
        self.free, self.taken = defaultdict(list), {}

    def take(self, width, reduced, touch):
        """Return a page that nothing else uses until `leave`."""
        page = self.free[touch].pop() if self.free[touch] else self._open(touch)
        self.taken[page] = touch
        size = {"width": width, "height": 900}
        if page.viewport_size != size:
            page.set_viewport_size(size)
        page.emulate_media(media="null", color_scheme="null",
                           reduced_motion="reduce" if reduced else "no-preference")
        return page

    def leave(self):
        """Free the pages that were taken; return what they complained of until then."""
        for page in self.taken:
            page.mouse.move(-1, -1)  # it points at nothing of the next page
            page.context.clear_cookies()
            page.evaluate(FORGET)  # and last: what was said before its answer has been heard
        for page, touch in self.taken.items():
            self.free[touch].append(page)
        self.taken.clear()
        said, self.complaints = self.complaints, []
        return said

    def _open(self, touch):
        page = self.browser.new_context(has_touch=touch).new_page()
        page.route("**/*", self.answer)
        page.on("pageerror", lambda error: self._hear(page, "error", error))
        page.on("console", lambda message: message.type == "error"
                and self._hear(page, "console", message.text))
        return page

    def _hear(self, page, kind, text):
        if page in self.taken:
            self.complaints.append(f"{page.url}: {kind}: {text}")
