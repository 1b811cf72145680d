"""The shared part for volumes, on a page of its own."""

import pytest

from convlib.explorables import bundle

PAGE = """<!doctype html><style>CSS</style><div class="convlib"><section class="cv"></section></div>
<script>SHARED
const { volume } = convlib["shared/volume.js"], chosen = [];
const one = volume("input", "a volume", { choose: (cell) => { chosen.push(cell); draw(); } });
document.querySelector(".cv").append(one.element);
const draw = (shape = [2, 3, 4]) => one.draw({ shape, cell: 30, caption: shape.join(" × "),
  look: (z, y, x) => ({ text: String(z * 12 + y * 4 + x), label: `cell ${z}, ${y}, ${x}`,
    name: Object.values(chosen.at(-1) ?? {}).join() === ["input", z, y, x].join()
      ? "cv-board-chosen" : "" }) });
draw();
</script>"""


@pytest.fixture
def page(browser):
    context = browser.new_context(has_touch=True)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    page.set_content(PAGE.replace("CSS", bundle.source("shared/style.css"))
                     .replace("SHARED", bundle.shared_script()))
    yield page
    context.close()
    assert errors == []


def chosen(page):
    return page.evaluate("[chosen.at(-1).z, chosen.at(-1).y, chosen.at(-1).x].join()")


def test_every_cell_is_drawn_once_and_apart(page):
    boxes = page.eval_on_selector_all("polygon", "all => all.map(e => e.getAttribute('points'))")
    assert len(set(boxes)) == 24
    texts = page.eval_on_selector_all("[data-cell] text", "all => all.map(e => e.textContent)")
    assert texts == [str(i) for i in range(24)]


def test_mouse_touch_and_keyboard_choose(page):
    page.locator("[data-cell='1,1,2'] text").click(force=True)
    assert chosen(page) == "1,1,2"
    assert page.locator(".cv-board-chosen").get_attribute("data-cell") == "1,1,2"
    page.locator("[data-cell='0,2,0'] polygon").tap()
    assert chosen(page) == "0,2,0"
    for key, cell in (("PageDown", "1,2,0"), ("PageDown", "1,2,0"), ("End", "1,2,3"),
                      ("ArrowUp", "1,1,3"), ("PageUp", "0,1,3"), ("ArrowLeft", "0,1,2")):
        page.keyboard.press(key)
        assert chosen(page) == cell, key
        assert page.evaluate("document.activeElement.dataset.cell") == cell


def test_another_shape_keeps_the_focus(page):
    page.locator("[data-cell='1,2,3']").focus()
    page.keyboard.press("Enter")
    page.evaluate("draw([1, 2, 2])")
    assert page.locator("[data-cell]").count() == 4
    assert page.evaluate("document.activeElement.dataset.cell") == "0,1,1"
