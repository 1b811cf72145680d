"""The shared part for volumes, on a page of its own: a slice, and a block with slices in it."""

import numpy as np
import pytest
from reader import swipe

from convlib.explorables import bundle

PAGE = """<!doctype html><style>CSS</style><div class="convlib"><section class="cv"></section></div>
<script>SHARED
OWN
const { block, slice } = convlib["shared/volume.js"], chosen = [], moved = [];
const act = { choose: (cell) => chosen.push(cell), move: (...way) => moved.push(way) };
const one = slice("input", "a slice", act, { handle: true });
const whole = block("input", "a block"), pile = block("output", "a pile");
document.querySelector(".cv").append(one.element, whole.element, pile.element);
one.draw({ rows: 4, columns: 6, cell: 20, caption: "4 × 6",
  colour: (i) => (i ? [i, 2 * i, 3 * i] : undefined),
  window: { y: 1, x: 2, height: 2, width: 3 } });
const plain = (colour) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 4, height: 4 });
  const context = canvas.getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 4, 4);
  return canvas;
};
const size = [4, 4, 4], letters = [["", "D"], ["", "H"], ["", "W"]], unit = 20;
const box = { at: [1, 1, 1], size: [1, 1, 1] };
whole.draw({ size, unit, caption: "", letters, box,
  planes: { at: [1, 1, 1], images: ["#f00", "#0f0", "#00f"].map(plain) } });
const stack = (count) => pile.draw({ size, unit, caption: "", letters, box,
  pile: { count, colour: () => [0, 0, 0] } });
</script>"""


@pytest.fixture
def page(browser):
    context = browser.new_context(has_touch=True)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    page.set_content(PAGE.replace("CSS", bundle.source("shared/style.css"))
                     .replace("SHARED", bundle.shared_script())
                     .replace("OWN", bundle.own_script("conv_volume")))
    yield page
    context.close()
    assert errors == []


def pixel(page, which, x, y):
    """A pixel of a block's canvas, by the point that the script's projection puts there."""
    return page.evaluate("""([which, x, y]) => [...document.querySelectorAll(".cv-vol-block canvas")
      [which].getContext("2d").getImageData(x, y, 1, 1).data]""", [which, x, y])


def seen(z, y, x):
    """Where a point of the block of 4 x 4 x 4 voxels of 20 pixels stands: seen from above, in front
    and the right."""
    return round((x + (4 - y) * 0.42) * 20), round((4 - z + y * 0.36) * 20)


def test_a_slice_has_a_pixel_a_voxel(page):
    values = page.evaluate("""[...one.canvas.getContext("2d").getImageData(0, 0, 6, 4).data]""")
    values = np.reshape(values, (24, 4))
    assert not values[0].any()  # what has no colour stays clear
    assert np.array_equal(values[1:], [[i, 2 * i, 3 * i, 255] for i in range(1, 24)])


def test_mouse_and_tap_choose_a_cell_and_keys_say_where_to(page):
    screen = page.locator("[data-slice=input]")
    screen.click(position={"x": 110, "y": 70})
    screen.tap(position={"x": 10, "y": 30})
    assert page.evaluate("chosen") == [{"y": 3, "x": 5}, {"y": 1, "x": 0}]
    screen.focus()
    for key in ("ArrowUp", "ArrowRight", "PageUp", "PageDown", "Control+ArrowUp", "a"):
        page.keyboard.press(key)
    assert page.evaluate("moved") == [[-1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1]]


def test_the_handle_is_dragged_by_a_finger_and_keeps_its_distance(page):
    box = page.locator(".cv-vol-touch").bounding_box()
    swipe(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, right=40)
    # The middle of the window is cell (2, 3): it goes two cells to the right.
    assert page.evaluate("chosen.at(-1)") == {"y": 2, "x": 5}


def in_front(point):
    """The axis that the nearest of three planes at 1.5 lies across, along the line of sight."""
    toward = np.array([0.36, 1, 0.42])  # the reader: moving along it stays on one pixel
    hits = {}
    for axis in range(3):
        far = (1.5 - point[axis]) / toward[axis]
        if np.all((point + far * toward >= 0) & (point + far * toward <= 4)):
            hits[far] = axis
    return hits[max(hits)]


def test_what_lies_in_front_hides_what_is_behind(page):
    colours = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]]
    points = np.random.default_rng(0).uniform(0.1, 3.9, (300, 3))
    points[np.arange(300), np.arange(300) % 3] = 1.5  # each on one of the planes
    hidden = wrong = 0
    for i, point in enumerate(points):
        nearest = in_front(point)
        hidden += nearest != i % 3
        wrong += pixel(page, 0, *seen(*point)) != colours[nearest]
    assert hidden > 50
    assert wrong <= 30, wrong  # pixels on an edge mix two colours


@pytest.mark.parametrize(("count", "filled", "clear"), [
    (0, [], [(0.5, 0.5, 0.5)]),
    (16, [(0.5, 4, 0.5), (1, 2, 2), (0.5, 2, 4)], [(1.6, 4, 0.5), (3, 4, 2)]),
    (20, [(2, 0.5, 0.5), (2, 0.5, 3.5), (1, 3, 2)], [(3, 1.5, 3)]),
    (64, [(4, 2, 2), (3.5, 4, 2), (3.5, 2, 4)], []),
])
def test_a_pile_grows_slice_by_slice_and_row_by_row(page, count, filled, clear):
    page.evaluate("count => stack(count)", count)
    assert all(pixel(page, 1, *seen(*point))[3] > 200 for point in filled)
    assert not any(pixel(page, 1, *seen(*point))[3] for point in clear)
