"""On paper: nothing blank, nothing that is folded away, nothing cut."""


def test_printed_chapter(visit):
    page = visit("zh/chapters/zh/01_convolution.html")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    # Code that is folded away leaves no empty bar.
    folded = page.locator("article details.hide")
    assert folded.count() > 0
    assert [bar for bar in folded.all() if bar.is_visible()] == []

    # A cell, a figure, an explorable stands on one page.
    breaks = page.eval_on_selector_all(
        "article :is(.cell_input, .cell_output img, .convlib, figure)",
        "all => all.map(e => getComputedStyle(e).breakInside)")
    assert set(breaks) == {"avoid"}

    # Long lines of code wrap; formulas are not thickened by hairlines; solutions are there.
    for selector, name, value in [("article pre", "whiteSpace", "pre-wrap"),
                                  ("mjx-container svg g", "stroke", "none")]:
        style = f"e => getComputedStyle(e).{name}"
        assert page.eval_on_selector(selector, style) == value
    for solution in page.locator(".solution").all():
        assert solution.bounding_box()["height"] > 60
