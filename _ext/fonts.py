"""Small pieces of the book's Chinese font, for pages that need only a few of its characters."""

from io import BytesIO
from pathlib import Path

from fontTools import subset

WHOLE = Path(__file__).parents[1] / "convlib" / "fonts" / "NotoSansSC-subset.otf"


def cut(text):
    """Return a WOFF font that has the characters of a text."""
    options = subset.Options(flavor="woff", layout_features=[], notdef_outline=True)
    font = subset.load_font(WHOLE, options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=text)
    cutter.subset(font)
    buffer = BytesIO()
    subset.save_font(font, buffer, options)
    return buffer.getvalue()
