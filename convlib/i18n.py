"""Every label that a figure or an explorable shows, in the reader's language.

The texts live in ``locale/en`` and ``locale/zh``, one file for each chapter and each explorable:
the same files and the same keys in each, so that code holds keys and never a sentence. The tests
compare them key by key.
"""

import json
from functools import cache
from pathlib import Path

LOCALES = Path(__file__).with_name("locale")
LANGUAGES = ("en", "zh")
_language = "en"


def use(language):
    """Set the language of all labels from here on.

    Parameters
    ----------
    language : {'en', 'zh'}
        English or Simplified Chinese.

    Raises
    ------
    ValueError
        If the book has no such language.

    Examples
    --------
    >>> from convlib import i18n
    >>> i18n.use("zh"); i18n.t("tensor.input")
    '输入'
    >>> i18n.use("en"); i18n.t("tensor.input")
    'input'
    """
    global _language
    if language not in LANGUAGES:
        raise ValueError(f"language={language!r} is not one of the book's: {', '.join(LANGUAGES)}")
    _language = language


def language():
    """Return the language in use, ``'en'`` or ``'zh'``."""
    return _language


@cache
def labels(language):
    """Return every label of one language as a dictionary from key to text (do not change it)."""
    texts = {}
    for path in sorted((LOCALES / language).glob("*.json")):
        texts |= json.loads(path.read_text(encoding="utf-8"))
    return texts


def t(key, **values):
    """Return the label of a key in the language in use, with ``{name}`` fields filled in.

    Parameters
    ----------
    key : str
        A key of the locale files, such as ``'tensor.input'``.
    **values
        What to put in the label's fields.

    Raises
    ------
    ValueError
        If the locale file has no such key, or the label needs a field that is not given.

    Examples
    --------
    >>> from convlib import i18n
    >>> i18n.t("tensor.kernel")
    'kernel'
    """
    text = labels(_language).get(key)
    if text is None:
        raise ValueError(f"key={key!r} is in no file of locale/{_language}: add it to both "
                         f"languages")
    try:
        return text.format(**values)
    except KeyError as missing:
        raise ValueError(f"the label {key!r} needs the value {missing}: {text!r}") from None
