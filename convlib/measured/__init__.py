"""What was measured once, on one machine: times, rates, memory.

Each file ``NAME.json`` is written by ``measure/NAME.py`` (``make measure``) and says on which
processor, with which versions and when. Both languages show the same file, so that no reader's
machine, and no second run, can contradict the text.
"""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def load(name):
    """Return what a script measured.

    Parameters
    ----------
    name : str
        The script's name, such as ``'computing'``.

    Returns
    -------
    dict
        ``processor``, ``cores``, ``versions`` (from package to version), ``date`` (ISO 8601), and
        ``results``: what the script returned.

    Raises
    ------
    ValueError
        If nothing was measured under this name.

    Examples
    --------
    >>> from convlib import measured
    >>> measured.load("weather")
    Traceback (most recent call last):
    ...
    ValueError: name='weather' was not measured: choose from ...
    """
    names = sorted(path.stem for path in FOLDER.glob("*.json"))
    if name not in names:
        raise ValueError(f"name={name!r} was not measured: choose from {', '.join(names)}")
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
