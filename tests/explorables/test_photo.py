"""The reader's own photograph and camera: in the page, and nowhere else."""

import numpy as np
import pytest
from PIL import Image
from reader import pixels

from convlib.explorables import ImageKernels, bundle

ORIGIN = "https://book.test/"  # cameras answer to secure pages only
CANVAS = ".cv-photo-frame:has([data-screen=input]) canvas"


@pytest.fixture
def page(browser):
    requests, html = [], bundle.page(ImageKernels())

    def answer(route):
        requests.append(route.request.url)
        route.fulfill(body=html, content_type="text/html; charset=utf-8")

    page = browser.new_page()
    page.route("**/*", answer)
    page.goto(ORIGIN)
    page.wait_for_selector("[data-live]")
    page.eval_on_selector(".cv-more", "one => (one.open = true)")
    yield page
    page.close()
    assert requests == [ORIGIN]  # nothing was sent


def grey(page):
    return pixels(page, CANVAS)[..., 0]


def test_an_own_photograph_and_reset(page, tmp_path):
    colours = np.zeros((300, 400, 3), np.uint8)
    colours[:, 200:] = 200, 100, 50
    Image.fromarray(colours).save(tmp_path / "own.png")
    page.set_input_files("input[type=file]", tmp_path / "own.png")
    page.wait_for_function("""canvas => {
      const row = document.querySelector(canvas).getContext("2d").getImageData(0, 0, 256, 1).data;
      return row[0] === 0 && row[4 * 255] > 50;
    }""", arg=CANVAS)
    half = grey(page)
    assert np.all(half[:, :120] == 0)
    assert np.all(half[:, 136:] == round(0.2125 * 200 + 0.7154 * 100 + 0.0721 * 50))
    page.click("[data-action=reset]")
    page.wait_for_timeout(200)
    assert np.array_equal(grey(page), ImageKernels().image)


def test_a_file_that_is_no_picture_is_refused(page, tmp_path):
    (tmp_path / "words.png").write_text("no picture")
    page.set_input_files("input[type=file]", tmp_path / "words.png")
    page.get_by_text("not a picture").wait_for()
    assert np.array_equal(grey(page), ImageKernels().image)


def test_the_camera_runs_until_it_is_stopped(page):
    page.click("[data-action=camera]")
    page.wait_for_selector("[data-action=camera][aria-pressed=true]")
    page.wait_for_timeout(500)
    first = grey(page)
    assert not np.array_equal(first, ImageKernels().image)
    page.click("[data-action=camera]")
    page.wait_for_selector("[data-action=camera][aria-pressed=false]")
    page.wait_for_timeout(200)
    last = grey(page)
    page.wait_for_timeout(400)
    assert np.array_equal(grey(page), last)
