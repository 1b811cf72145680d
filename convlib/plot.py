"""Figures: arrays in, Axes out, no mathematics.

Importing this room sets the book's style: quiet, colour-blind safe, Chinese labels drawn from the
font that comes with the library, and the same input gives the same bytes.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib import pyplot as plt

INPUT, KERNEL, OUTPUT, MUTED = "#3b82c4", "#d9742b", "#2f9e73", "#8a8f98"
FONT = Path(__file__).with_name("fonts") / "NotoSansSC-subset.otf"


def use_style():
    """Set the book's style for all figures from here on."""
    font_manager.fontManager.addfont(FONT)
    mpl.rcParams.update({
        "font.family": ["DejaVu Sans", "Noto Sans CJK SC"],
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 10.5,
        "axes.prop_cycle": mpl.cycler(color=[INPUT, KERNEL, OUTPUT, MUTED]),
        "figure.figsize": (7.0, 2.6),
        "figure.constrained_layout.use": True,
        "legend.frameon": False,
        "lines.linewidth": 1.6,
        # Outlines, not text: every machine shows the same glyphs.
        "svg.fonttype": "path",
        "svg.hashsalt": "convlib",
    })
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", metadata={"Date": None})
    except (ImportError, AttributeError):
        pass  # no notebook: figures are saved by hand


use_style()


def stems(values, ax=None, *, start=0, title=None, color=INPUT, highlight=None):
    """Draw a discrete signal as dots on stems.

    Parameters
    ----------
    values : array_like, shape (n,)
        The signal.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.
    start : int
        The index of the first value.
    title, color : str, optional
        Text above, and colour.
    highlight : int, optional
        An index to be drawn black.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> ax = stems([1, 2, 1], title="f")
    """
    values = _axis("values", values)
    ax = ax or plt.subplots()[1]
    n = np.arange(start, start + len(values))
    ax.axhline(0, color=MUTED, linewidth=0.8)
    ax.vlines(n, 0, values, color=color)
    ax.plot(n, values, "o", color=color, markersize=4.5)
    if highlight is not None:
        ax.plot(highlight, values[highlight - start], "o", color="black", markersize=6)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_title(title)
    return ax


def lines(series, ax=None, *, x=None, labels=None, title=None):
    """Draw signals as lines over each other.

    Parameters
    ----------
    series : list of array_like, shape (n,) each
        The signals.
    x : array_like, shape (n,), optional
        Positions; 0, 1, 2 … by default.
    labels : list of str, optional
        One a signal.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> ax = lines([[1, 2, 1], [0, 1, 0]], labels=["f", "g"])
    """
    ax = ax or plt.subplots()[1]
    for i, values in enumerate(series):
        values = _axis("series", values)
        label = labels[i] if labels else None
        ax.plot(np.arange(len(values)) if x is None else x, values, label=label)
    if labels:
        ax.legend(loc="upper right")
    ax.set_title(title)
    return ax


def overlap(f, g, product, *, x, axes=None, labels=("f", "g", "fg"), title=None):
    """Draw two curves and, below, their product with its area filled.

    Parameters
    ----------
    f, g, product, x : array_like, shape (n,)
        The curves and where they are sampled.
    axes : pair of matplotlib Axes, optional
        Where to draw.
    labels : sequence of str
        Names of the three curves.

    Returns
    -------
    pair of matplotlib Axes

    Examples
    --------
    >>> top, bottom = overlap([0, 1], [1, 1], [0, 1], x=[0, 1])
    """
    top, bottom = axes if axes is not None else plt.subplots(2, 1, sharex=True)[1]
    top.plot(x, _axis("f", f), color=INPUT, label=labels[0])
    top.plot(x, _axis("g", g), color=KERNEL, label=labels[1])
    bottom.fill_between(x, _axis("product", product), color=OUTPUT, alpha=0.45)
    bottom.plot(x, product, color=OUTPUT, label=labels[2])
    top.set_title(title)
    return top, bottom


def images(pictures, titles=None, *, columns=3, symmetric=False):
    """Draw pictures side by side.

    Parameters
    ----------
    pictures : list of array_like, shape (H, W) or (3, H, W)
        Photographs or maps; colours run from 0 to 1.
    titles : list of str, optional
        One a picture.
    columns : int
        Pictures in a row.
    symmetric : bool
        Whether 0 is the middle of the colours, as kernels and signed maps want.

    Returns
    -------
    ndarray of matplotlib Axes

    Examples
    --------
    >>> axes = images([[[0, 1], [1, 0]]], ["checks"])
    """
    rows = -(-len(pictures) // columns)
    width = 7.0 / columns
    axes = plt.subplots(rows, columns, figsize=(7.0, rows * (width * 0.9 + 0.3)), dpi=90,
                        squeeze=False)[1].ravel()
    for ax in axes:
        ax.axis("off")
    for i, (ax, picture) in enumerate(zip(axes, pictures, strict=False)):
        picture = np.asarray(picture)
        if picture.ndim not in (2, 3):
            raise ValueError(f"pictures[{i}] has shape {picture.shape}: give (H, W) or (3, H, W)")
        limit = np.abs(picture).max() if symmetric else None
        # "auto" leaves as many pixels as a page shows; all of a photograph's would be a megabyte.
        ax.imshow(picture if picture.ndim == 2 else np.moveaxis(picture, 0, -1),
                  cmap="RdBu_r" if symmetric else "gray", interpolation="auto",
                  vmin=-limit if symmetric else None, vmax=limit)
        ax.set_title(titles[i] if titles else None)
    return axes


def matrix(values, ax=None, *, title=None, color=INPUT, box=None, mark=None):
    """Draw a small matrix as cells with their numbers, darker where they are larger.

    Parameters
    ----------
    values : array_like, shape (H, W)
        The numbers.
    title, color : str, optional
        Text above, and colour.
    box : tuple (row, column, height, width), optional
        Cells to be framed, as a window is.
    mark : tuple (row, column), optional
        A cell to be framed in black.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> ax = matrix([[1, 2], [3, 4]], box=(0, 0, 1, 2))
    """
    values = np.asarray(values)
    if values.ndim != 2:
        raise ValueError(f"values has shape {values.shape}: give (H, W)")
    ax = ax or plt.subplots()[1]
    shade = np.zeros((*values.shape, 4))
    shade[...] = mpl.colors.to_rgba(color)
    shade[..., 3] = 0.06 + 0.5 * np.abs(values) / (np.abs(values).max() or 1)
    ax.imshow(shade, interpolation="none")
    ax.set_xticks(np.arange(values.shape[1] - 1) + 0.5, labels=[])
    ax.set_yticks(np.arange(values.shape[0] - 1) + 0.5, labels=[])
    ax.grid(color="white", linewidth=1.2)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for (row, column), value in np.ndenumerate(values):
        ax.text(column, row, f"{value:g}".replace("-", "−"), ha="center", va="center", fontsize=9)
    frames = [(box, KERNEL)] if box else []
    frames += [((*mark, 1, 1), "black")] if mark else []
    for (row, column, height, width), edge in frames:
        ax.add_patch(plt.Rectangle((column - 0.5, row - 0.5), width, height, fill=False,
                                   edgecolor=edge, linewidth=2, clip_on=False, zorder=3))
    ax.set_title(title)
    return ax


def _axis(name, values):
    values = np.asarray(values)
    if values.ndim != 1:
        raise ValueError(f"{name} has shape {values.shape}: give one axis")
    return values
