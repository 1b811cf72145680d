"""Take the README's pictures from the built site, so that they show what readers see.

    python tools/pictures.py      (make pictures)
"""

from book import SITE
from browser import FLAGS, find
from languages import ROOT
from playwright.sync_api import sync_playwright

FOLDER = ROOT / "pictures"
HIDDEN = ".bd-header-article, .skip-link, #pst-skip-link { display: none !important; }"
SHOWN = {"conv_grid": "02_deep_learning", "im2col": "A1_computing"}


def main():
    """Take each explorable's picture in both languages."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1600}, color_scheme="light")
        for lang in ("en", "zh"):
            for name, chapter in SHOWN.items():
                page.goto((SITE / lang / "chapters" / lang / f"{chapter}.html").as_uri())
                page.add_style_tag(content=HIDDEN)
                page.wait_for_timeout(2000)  # fonts
                element = page.locator(f'[data-explorable="{name}"]')
                element.scroll_into_view_if_needed()  # it comes to life when it is near
                page.wait_for_selector(f'[data-explorable="{name}"][data-live]')
                element.screenshot(path=FOLDER / f"{name}-{lang}.png")
                print(FOLDER / f"{name}-{lang}.png")
        browser.close()


if __name__ == "__main__":
    main()
