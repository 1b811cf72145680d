"""What a reader does and sees, for the tests of all explorables."""

import base64
import re
from io import BytesIO

import numpy as np
from PIL import Image

END_GLIDES = "document.getAnimations().forEach((glide) => glide.finish())"
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def settled(page):
    """Wait, by the page's own clock, until the picture and the address have followed the state."""
    page.evaluate(f"""async () => {{
        await new Promise((done) => setTimeout(done, 200));
        await {DRAWN};
        {END_GLIDES};
    }}""")


def end_glides(page):
    """Put at its place what glides there, so that a place that is read is one that can be met.

    A handle that glides when it is measured is not where a finger is put down a moment later.
    """
    page.evaluate(END_GLIDES)


def drawn(page):
    """Wait until what the page holds now is on the screen."""
    page.evaluate(DRAWN)


def swipe(page, x, y, right=0, down=0):
    """Move a finger from a place, by that many pixels."""
    drawn(page)  # what a finger may drag is told by the last frame, without asking the page
    session = page.context.new_cdp_session(page)
    for kind, part in (("Start", 0), *(("Move", i / 10) for i in range(1, 11))):
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [
            {"x": x + right * part, "y": y + down * part}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def pixels(page, canvas):
    """Return red, green, blue and opacity of a canvas; as PNG, for numbers one by one are slow."""
    return decoded(page.eval_on_selector(canvas, "canvas => canvas.toDataURL()"))


def decoded(url):
    """Return red, green, blue and opacity of what a canvas gave as an address of data."""
    with Image.open(BytesIO(base64.b64decode(url.partition(",")[2]))) as picture:
        return np.array(picture.convert("RGBA"), float)


def numbers(page, board):
    """Return the numbers of a board as the page shows them; NaN where a cell is empty."""
    cells = page.eval_on_selector_all(
        f"{board} [data-cell]",
        "cells => cells.map(cell => [cell.dataset.cell, cell.children[1].textContent])")
    rows = 1 + max(int(place.split(",")[0]) for place, _ in cells)
    return np.array([float(text.replace("−", "-") or "nan") for _, text in cells]).reshape(rows, -1)


def cell(page, board, row, column):
    """Return a cell of a board."""
    return page.locator(f"{board} [data-cell='{row},{column}']")


def marked(page, board, name="cv-board-in"):
    """Return the places, "row,column", of a board's cells with a mark."""
    return page.eval_on_selector_all(
        f"{board} .{name}", "cells => cells.map(cell => cell.dataset.cell)")


def queries(prefix, settings):
    """Return the queries of links that carry these settings, "name=value": a name once in each.

    Each setting is read by itself, so that one visit tries many of them.
    """
    found = []
    for setting in settings:
        name = setting.partition("=")[0]
        link = next((link for link in found if name not in link), None)
        if link is None:
            found.append(link := {})
        link[name] = f"{prefix}.{setting}"
    return ["?" + "&".join(link.values()) for link in found]


def check_phone(page, name, language):
    """Check that nothing is wider than a phone, and that all words are of the language."""
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    text = page.inner_text(".cv")
    assert bool(re.search(r"[\u4e00-\u9fff]", text)) == (language == "zh")
    assert f"{name}." not in text and "explorable." not in text


def end_of_controls(page, start):
    """Return how far below the start of a part the first row of controls ends, in pixels."""
    top = page.locator(start).bounding_box()["y"]
    row = page.locator(".cv-row").first.bounding_box()
    return row["y"] + row["height"] - top
