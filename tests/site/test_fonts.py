"""Chinese is drawn as Chinese, on a machine without Chinese fonts too."""

import pytest


@pytest.mark.parametrize("path", ["index.html?choose", "404.html"] + [
    f"{lang}/chapters/{lang}/{name}.html" for lang in ("en", "zh")
    for name in ("01_convolution", "A1_computing")])
def test_no_empty_boxes_without_a_chinese_font(visit, path):
    """Every Chinese character is as wide as it is high; the box for a missing one is narrower."""
    page = visit(path)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(700)
    narrow = page.evaluate("""() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), narrow = [];
      for (let node; (node = walker.nextNode()); ) {
        const at = node.data.search(/[\\u4e00-\\u9fff]/), range = document.createRange();
        if (at < 0 || node.parentElement.closest("svg")) continue;  // pictures are scaled
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        const size = parseFloat(getComputedStyle(node.parentElement).fontSize);
        const width = range.getBoundingClientRect().width;
        if (width > 0 && width < 0.9 * size) narrow.push(node.data);
      }
      return narrow;
    }""")
    assert narrow == []


def test_chinese_marks_and_emphasis(visit):
    """Quotation marks are as wide as a character, and nothing slants."""
    page = visit("zh/chapters/zh/01_convolution.html")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(300)
    widths = page.evaluate("""() => {
      const article = document.querySelector("article"), widths = [];
      const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
      for (let node; (node = walker.nextNode()); ) {
        if (node.parentElement.closest("code, pre, .convlib, mjx-container")) continue;
        const at = node.data.search(/[“”]/), range = document.createRange();
        if (at < 0) continue;
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        const size = parseFloat(getComputedStyle(node.parentElement).fontSize);
        const width = range.getBoundingClientRect().width;
        if (width) widths.push(width / size);
      }
      return widths;
    }""")
    assert len(widths) > 3 and min(widths) > 0.9
    page.evaluate("""document.querySelector("article p").insertAdjacentHTML(
      "beforeend", "<em>强调</em>")""")  # a chapter need not emphasise anything
    styles = page.eval_on_selector_all(
        "article em", "all => all.map(e => getComputedStyle(e).fontStyle)")
    assert set(styles) == {"normal"}
