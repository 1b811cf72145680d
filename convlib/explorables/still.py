"""Still pictures of explorables, in SVG: boards of cells, bars and images, side by side.

The classes are those of the live pictures, so that one style sheet colours both.
"""

import base64
import io
from dataclasses import dataclass
from html import escape

import numpy as np

GAP, LINE = 14, 18  # pixels between pictures, and for a line of text


@dataclass(frozen=True)
class Picture:
    """A piece of SVG and the pixels that it takes."""

    svg: str
    width: float
    height: float


def number(value):
    """Return a number as print has it: at most four decimals, a real minus sign."""
    return f"{round(float(value), 4) + 0:g}".replace("-", "−")


def text(words, *, name=""):
    """Return a line of words as a picture."""
    width = sum(14 if ord(character) > 0x2E80 else 7.2 for character in words)
    return Picture(f'<text class="{name}" x="0" y="{LINE - 5}" font-size="13">{escape(words)}'
                   "</text>", width, LINE)


def board(kind, caption, values, *, cell=30, padding=(0, 0), inside=(), chosen=(), later=()):
    """Return a rectangle of cells with their numbers, as ``board.js`` draws it.

    Parameters
    ----------
    kind : {'input', 'kernel', 'output'}
        The role, which gives the colour.
    caption : str
        What stands above it.
    values : array_like, shape (rows, columns)
        The numbers; NaN leaves a cell empty.
    cell : float
        The side of a cell in pixels.
    padding : (int, int)
        Rows above and below, and columns left and right, of zeros.
    inside, chosen, later : collection of (int, int)
        The cells, by row and column, that are in the window, chosen, or still to come.
    """
    values = np.asarray(values, dtype=float)
    top, left = padding
    (rows, columns), parts = values.shape, []
    for y in range(-top, rows + top):
        for x in range(-left, columns + left):
            within = 0 <= y < rows and 0 <= x < columns
            names = ["cv-board-cell"] + ["cv-board-zero"] * (not within)
            names += [f"cv-board-{name}" for name, cells in
                      (("in", inside), ("chosen", chosen), ("later", later)) if (y, x) in cells]
            value = values[y, x] if within else 0
            parts.append(_cell(names, (x + left) * cell, (y + top) * cell + LINE, cell,
                               "" if np.isnan(value) else number(value)))
    label = (f'<text class="cv-board-caption cv-swatch-{kind}" x="0" y="{LINE - 5}" '
             f'font-size="13">{escape(caption)}</text>')
    width = max((columns + 2 * left) * cell, text(caption).width)
    return Picture(f'<g class="cv-board-{kind}">{label}{"".join(parts)}</g>', width,
                   (rows + 2 * top) * cell + LINE)


def _cell(names, x, y, size, words):
    return (f'<g class="{" ".join(names)}" transform="translate({x:g} {y:g})">'
            f'<rect width="{size - 1:g}" height="{size - 1:g}" rx="2"/>'
            f'<text x="{size / 2:g}" y="{size / 2:g}" font-size="{0.4 * size:g}">{words}'
            "</text></g>")


def bars(kind, caption, values, *, first=0, width=26, height=70):
    """Return a signal as bars over a line, each with its number and its index."""
    values = np.asarray(values, dtype=float)
    high, low = max(values.max(), 0), min(values.min(), 0)
    unit = height / ((high - low) or 1)
    zero, parts = LINE * 2 + high * unit, []
    for i, value in enumerate(values):
        x, end = i * width, zero - value * unit
        parts.append(
            f'<rect class="cv-still-{kind}" x="{x + 3:g}" y="{min(end, zero):g}" '
            f'width="{width - 6:g}" height="{max(abs(end - zero), 1):g}"/>'
            f'<text x="{x + width / 2:g}" y="{end - 4 if value >= 0 else end + 12:g}" '
            f'font-size="11" text-anchor="middle">{number(value)}</text>'
            f'<text class="cv-note" x="{x + width / 2:g}" y="{LINE * 3.4 + height:g}" '
            f'font-size="10" text-anchor="middle">{number(first + i)}</text>')
    label = text(caption, name=f"cv-swatch-{kind}")
    return Picture(label.svg + "".join(parts), max(len(values) * width, label.width),
                   LINE * 3.6 + height)


def image(kind, caption, pixels, *, side=230):
    """Return an image, uint8 of shape (H, W) or (H, W, 3), at half its size with a caption.

    ``side`` is its width in pixels.
    """
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).reduce(2).save(file, "PNG", optimize=True)
    code = base64.b64encode(file.getvalue()).decode("ascii")
    label = text(caption, name=f"cv-swatch-{kind}")
    high = side * pixels.shape[0] / pixels.shape[1]
    return Picture(f'{label.svg}<image y="{LINE}" width="{side}" height="{high:g}" '
                   f'href="data:image/png;base64,{code}"/>', max(side, label.width), LINE + high)


def beside(*pictures, gap=GAP):
    """Put pictures side by side, their middles on one line."""
    height = max(picture.height for picture in pictures)
    parts, x = [], 0
    for picture in pictures:
        parts.append(_at(picture, x, (height - picture.height) / 2))
        x += picture.width + gap
    return Picture("".join(parts), x - gap, height)


def below(*pictures, gap=GAP):
    """Put pictures below each other, their left sides on one line."""
    parts, y = [], 0
    for picture in pictures:
        parts.append(_at(picture, 0, y))
        y += picture.height + gap
    return Picture("".join(parts), max(picture.width for picture in pictures), y - gap)


def _at(picture, x, y):
    return f'<g transform="translate({x:g} {y:g})">{picture.svg}</g>'


def svg(picture, label):
    """Return a picture as an SVG element with its alternative text."""
    width, height = picture.width + 4, picture.height + 4
    return (f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(label)}" '
            f'width="{width:g}" height="{height:g}" viewBox="-1 -1 {width:g} {height:g}">'
            f"{picture.svg}</svg>")
