"""Image kernels: in Python, and in a browser without a kernel."""

import re

import numpy as np
import pytest
import scipy.ndimage
from reader import check_phone, end_of_controls, pixels, queries, settled

from convlib import i18n
from convlib.explorables import ImageKernels


def picture(page, kind="output"):
    """The red, green and blue of a canvas."""
    return pixels(page, f".cv-photo-frame:has([data-screen={kind}]) canvas")[..., :3]


def grey(page, kind="output"):
    colours = picture(page, kind)
    assert np.ptp(colours, axis=2).max() == 0
    return colours[..., 0]


def as_grey(values):
    return np.clip(np.rint(values), 0, 255)


@pytest.mark.parametrize(("state", "error", "text"), [
    (dict(image="camera"), TypeError, "has no image"),
    (dict(photo="lena"), ValueError, "photo"),
    (dict(kernel=np.ones((6, 6))), ValueError, "from 1 to 5"),
    (dict(kernel=[[41]]), ValueError, "from -40 to 40"),
    (dict(divisor=0), ValueError, "divisor"),
    (dict(row=256), ValueError, "row"),
    (dict(display="other"), ValueError, "display"),
])
def test_bad_state_is_named(state, error, text):
    with pytest.raises(error, match=text):
        ImageKernels(**state)


@pytest.mark.parametrize("flip", [False, True])
def test_the_result_is_scipys(flip):
    kernels = ImageKernels(photo="chelsea", kernel=[[1, 2, 3], [-4, 5, 6], [0, 1, 0]], flip=flip)
    operation = scipy.ndimage.convolve if flip else scipy.ndimage.correlate
    expected = operation(kernels.image.astype(float), np.array(kernels.kernel), mode="nearest")
    assert np.array_equal(kernels.result, expected)


def test_another_photo_reaches_the_page():
    kernels = ImageKernels()
    before = kernels.pixels
    kernels.photo = "coins"
    assert kernels.pixels != before and "photo='coins'" in repr(kernels)


@pytest.mark.parametrize("state", [
    dict(kernel=np.ones((3, 3)), divisor=9, display="clip"),
    dict(kernel=[[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], flip=True, display="clip", photo="brick"),
    dict(display="absolute", photo="astronaut"),
])
def test_the_page_shows_what_convlib_computes(mount, state):
    kernels = ImageKernels(**state)
    page = mount(kernels)
    assert np.array_equal(grey(page, "input"), kernels.image)
    values = abs(kernels.result) if kernels.display == "absolute" else kernels.result
    assert np.array_equal(grey(page), as_grey(values))


def test_signs_have_colours(mount):
    page = mount(ImageKernels())
    colours, result = picture(page), ImageKernels().result
    strong = abs(result) > 0.2 * abs(result).max()
    red_over_blue = colours[..., 0] > colours[..., 2]
    assert np.array_equal(red_over_blue[strong], result[strong] > 0)


def test_presets_flip_and_reset(mount):
    page = mount(ImageKernels())
    page.select_option("[data-state=preset]", label="shift by 2 pixels")
    settled(page)
    image = ImageKernels().image
    assert np.array_equal(grey(page)[:, :-2], image[:, 2:])
    assert page.inner_text(".cv-img-turn") == ""  # the flip's effect is not told before
    page.click("[data-state=flip][data-value=true]")
    settled(page)
    assert np.array_equal(grey(page)[:, 2:], image[:, :-2])
    assert "another kernel" in page.inner_text(".cv-img-turn")
    page.select_option("[data-state=preset]", label="box blur 5×5")
    settled(page)
    assert "the same" in page.inner_text(".cv-img-turn")
    assert "divisor=25" in page.url and "display=clip" in page.url
    page.click("[data-action=reset]")
    settled(page)
    assert "?" not in page.url
    assert page.eval_on_selector("[data-state=preset]", "list => list.value").startswith("Sobel")


ENLARGED = """kind => {
  const canvas = document.querySelector(`.cv-img-closer > :nth-child(${kind}) canvas`);
  return [...canvas.getContext("2d").getImageData(0, 0, 21, 21).data];
}"""


def enlarged(page, kind):
    """The grey values of an enlarged piece; NaN beyond the edge of the photograph."""
    settled(page)
    pixels = np.array(page.evaluate(ENLARGED, kind), float).reshape(21, 21, 4)
    return np.where(pixels[..., 3] > 0, pixels[..., 0], np.nan)


def test_a_shift_by_2_pixels_is_seen(mount):
    page = mount(ImageKernels(row=92, column=250), more=False)
    page.select_option("[data-state=preset]", label="shift by 2 pixels")
    image = np.pad(ImageKernels().image.astype(float), 10, constant_values=np.nan)
    wanted = image[92:113, 250:271]
    assert np.array_equal(enlarged(page, 1), wanted, equal_nan=True)
    moved = enlarged(page, 2)
    assert np.array_equal(moved[:, :13], wanted[:, 2:15])
    # Large enough to be seen: two pixels of the photograph are ten on the screen.
    box = page.locator(".cv-img-closer .cv-photo-frame").first.bounding_box()
    assert 2 * box["width"] / 21 >= 10


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("key", ["shift", "flip"])
def test_the_questions(mount, language, key):
    i18n.use(language)
    page = mount(ImageKernels(ask=key), width=720, more=False)
    assert page.inner_text(".cv-ask-answer") == ""
    page.click("[data-choice='1']")
    settled(page)
    assert page.inner_text(".cv-ask-answer") and "image_kernels" not in page.inner_text(".cv")
    # In a book's column the whole stays within its height, the answer included.
    assert page.eval_on_selector(".cv", "element => element.offsetHeight") <= 600


def test_a_phone_shows_control_and_effect_on_one_screen(mount):
    page = mount(ImageKernels(), width=390, more=False)
    assert end_of_controls(page, ".cv-body") <= 600


def test_a_pixel_is_typed_and_a_refusal_says_why(mount):
    page = mount(ImageKernels())
    page.fill("[data-field=row]", "7")
    page.press("[data-field=row]", "Enter")
    settled(page)
    assert "row=7" in page.url and "row 7, column 148" in page.inner_text(".cv-img-value")
    page.fill("[data-field=column]", "256")
    page.press("[data-field=column]", "Enter")
    assert "from 0 to 255" in page.inner_text(".cv-status")
    page.click("[data-action=normalise]")  # Sobel's weights sum to 0
    settled(page)
    assert "sum to 0" in page.inner_text(".cv-status") and "divisor" not in page.url


def test_every_grey_has_a_number_that_is_read(mount):
    page = mount(ImageKernels(kernel=np.ones((5, 5)), divisor=25))
    image = ImageKernels().image
    middle = (abs(image.astype(int) - 118) < 10) & (np.arange(256) % 40 == 20)
    poor = []
    for row, column in np.argwhere(middle)[:6]:
        for name, value in (("row", row), ("column", column)):
            page.fill(f"[data-field={name}]", str(value))
            page.press(f"[data-field={name}]", "Enter")
        settled(page)
        poor += page.evaluate("""() => [...document.querySelectorAll(".cv-img-sum .cv-board-input"
          + " .cv-board-cell")].map((cell) => [cell.querySelector("rect").style.fill,
            cell.querySelector("text").style.fill])""")
    assert len(poor) == 150

    def light(text):
        v = np.array([float(part) for part in re.findall(r"\d+", text)[:3]]) / 255
        return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) @ (
            0.2126, 0.7152, 0.0722)
    ratios = [(max(pair) + 0.05) / (min(pair) + 0.05) for pair in
              (tuple(map(light, colours)) for colours in poor)]
    assert min(ratios) >= 4.5


def test_own_kernel_by_keyboard(mount):
    page = mount(ImageKernels(kernel=np.zeros((3, 3)), display="clip"))
    page.locator("[aria-label='kernel'] [data-cell='1,1']").focus()
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    settled(page)
    image = ImageKernels().image
    assert np.array_equal(grey(page), as_grey(image / 2))
    page.click("[data-state=size][data-value='5']")
    page.fill("[data-field=divisor]", "2")
    page.keyboard.press("Enter")
    settled(page)
    assert "kernel=0,0,0,0,0;0,0,0,0,0;0,0,0.5,0,0;" in page.url and "divisor=2" in page.url
    assert np.array_equal(grey(page), as_grey(image / 4))


def test_the_sum_behind_a_pixel(mount):
    page = mount(ImageKernels(row=0, column=255), touch=True)
    def spelled():
        settled(page)
        return page.inner_text(".cv-img-value").replace("−", "-").split("\n")
    result = ImageKernels().result
    assert spelled()[0] == f"{result[0, 255]:g}"
    edge = np.pad(ImageKernels().image, 1, mode="edge")[:3, -3:].ravel()
    factors = page.inner_text(".cv-img-products").replace("−", "-").split("=")[0].split("+")
    pairs = [[float(v.strip(" ()")) for v in term.split("·")] for term in factors]
    assert pairs == [list(pair) for pair in zip(edge, np.ravel(ImageKernels().kernel), strict=True)]
    page.focus("[data-screen=input]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowLeft")
    assert spelled()[0] == f"{result[1, 245]:g}"
    assert "row=1" in page.url and "column=245" in page.url
    box = page.locator("[data-screen=output]").bounding_box()
    pixel = box["width"] / 256
    page.touchscreen.tap(box["x"] + 100.5 * pixel, box["y"] + 60.5 * pixel)
    assert spelled() == [f"{result[60, 100]:g}", "row 60, column 100"]
    page.mouse.move(box["x"] + 20.5 * pixel, box["y"] + 30.5 * pixel)
    assert spelled() == [f"{result[30, 20]:g}", "row 30, column 20"]  # a look, which is not kept
    assert "row=60" in page.url
    page.mouse.down()
    page.mouse.move(box["x"] + 25.5 * pixel, box["y"] + 33.5 * pixel)
    assert spelled() == [f"{result[33, 25]:g}", "row 33, column 25"]  # while the button is down
    page.mouse.up()
    assert "row=33" in page.url and "column=25" in page.url


@pytest.mark.parametrize("query", queries("image_kernels", [
    "kernel=<img src=x onerror=alert(1)>", "kernel=1,2;3", "divisor=0", "display=other", "row=-1",
    "flip=1", "pixels=AAAA", "photo=brick",
]))
def test_an_invalid_link_is_passed_over(mount, query):
    page = mount(ImageKernels(display="clip"), query)
    assert np.array_equal(grey(page), as_grey(ImageKernels().result))
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("dark", [False, True])
def test_phone_in_both_languages(mount, language, dark):
    i18n.use(language)
    page = mount(ImageKernels(kernel=np.ones((5, 5))), width=390, dark=dark, reduced=True)
    check_phone(page, "image_kernels", language)


def test_a_kernel_of_ones_own_shows_its_numbers(mount):
    page = mount(ImageKernels(), more=False)
    chosen = page.locator("select[data-state=preset]")
    chosen.select_option(index=chosen.locator("option").count() - 1)
    assert page.locator(".cv details").first.evaluate("details => details.open")
