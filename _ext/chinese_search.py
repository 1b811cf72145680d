"""Search for Chinese words of any length, without a dictionary.

Chinese has no spaces. Sphinx cuts it by a general dictionary, which does not know 互相关 or
转置卷积, and leaves the reader's query uncut, so that such words are not found. Pairs of
neighbouring characters need no dictionary: page and query are cut the same way, and a page is
found where it holds every pair (the method of Lucene's CJK analyser).
"""

import re

from sphinx.search.en import SearchEnglish

_HAN = "\u4e00-\u9fff"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W{_HAN}]+")


def cut(text):
    """Return the words of a text: Latin words whole, Chinese as overlapping pairs.

    >>> cut("转置卷积 conv2d")
    ['转置', '置卷', '卷积', 'conv2d']
    """
    words = []
    for run in _RUNS.findall(text):
        chinese = "\u4e00" <= run[0] <= "\u9fff"
        if chinese and len(run) > 1:
            words += [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            words.append(run)
    return words


class Chinese(SearchEnglish):
    """Chinese in pairs; the English words on a Chinese page as in the English book."""

    lang = "zh"
    language_name = "Chinese"
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\u4e00-\u9fff]+|[^\s\p{P}\p{S}\u4e00-\u9fff]+/gu) ?? []).flatMap((run) =>
    /^[\u4e00-\u9fff]{2,}$/.test(run)
      ? Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2))
      : [run]);
"""

    def split(self, input):
        """Cut a page's text into the words of the index."""
        return cut(input)

    def word_filter(self, word):
        """Keep every Chinese pair and every English word that says something."""
        return not word.isascii() or super().word_filter(word)
