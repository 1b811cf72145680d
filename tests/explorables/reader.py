"""What a reader does and sees, for the tests of all explorables."""

import base64
from io import BytesIO

import numpy as np
from PIL import Image


def settled(page):
    """Wait, by the page's own clock, until the picture and the address have followed the state."""
    page.evaluate("new Promise((done) => setTimeout(() =>"
                  " requestAnimationFrame(() => requestAnimationFrame(done)), 200))")


def swipe(page, x, y, right=0, down=0):
    """Move a finger from a place, by that many pixels."""
    session = page.context.new_cdp_session(page)
    for kind, part in (("Start", 0), *(("Move", i / 10) for i in range(1, 11))):
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [
            {"x": x + right * part, "y": y + down * part}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def pixels(page, canvas):
    """Return red, green, blue and opacity of a canvas; as PNG, for numbers one by one are slow."""
    url = page.eval_on_selector(canvas, "canvas => canvas.toDataURL()")
    with Image.open(BytesIO(base64.b64decode(url.partition(",")[2]))) as picture:
        return np.array(picture.convert("RGBA"), float)
