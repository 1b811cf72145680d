"""How long an explorable takes to redraw, in a headless browser, at its default size.

    python bench/redraw.py

Every control is worked in turn. A time is that of the draw itself, from the changed state to the
changed elements, and of the layout that the browser then has to do; 16 ms make a frame.
"""

import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright
from tabulate import tabulate

from convlib import explorables
from convlib.explorables import bundle

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from browser import FLAGS, find  # noqa: E402

ROUNDS = 8
WORK = """async rounds => {
  const root = document.querySelector(".cv");
  const frame = () => new Promise(requestAnimationFrame);
  const times = [];
  const measure = async (act) => {
    performance.clearMeasures("convlib:draw");
    act();
    await frame();
    const start = performance.now();
    root.getBoundingClientRect();
    const layout = performance.now() - start;
    await frame();
    const draws = performance.getEntriesByName("convlib:draw");
    times.push(...draws.map(({ duration }) => duration + layout));
  };
  const fire = (node, type) => node.dispatchEvent(new Event(type, { bubbles: true }));
  for (let round = 0; round < rounds; round++) {
    for (const slider of root.querySelectorAll("input[type=range]")) await measure(() => {
      const [low, high, value] = [slider.min, slider.max, slider.value].map(Number);
      slider.value = value < high ? value + 1 : low;
      fire(slider, "input");
    });
    for (const list of root.querySelectorAll("select")) await measure(() => {
      list.selectedIndex = (list.selectedIndex + 1) % list.options.length;
      fire(list, "change");
    });
    const buttons = root.querySelectorAll("button:not([data-action=share], [data-action=play])");
    for (const button of buttons) await measure(() => button.click());
  }
  return times;
}"""


def measure(browser, name):
    """Return the times of all draws but the first, in milliseconds."""
    page = browser.new_page(viewport={"width": 900, "height": 900})
    page.set_content(bundle.page(getattr(explorables, name)()))
    page.wait_for_selector("[data-live]")
    page.evaluate(WORK, 1)  # the browser compiles what it meets for the first time
    times = page.evaluate(WORK, ROUNDS)
    page.close()
    return np.array(times)


def main():
    """Print one row for each explorable."""
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        for name in sorted(explorables.HOMES):
            times = measure(browser, name)
            rows.append([name, len(times), *np.percentile(times, [50, 95, 100])])
        browser.close()
    headers = ["explorable", "redraws", "median ms", "95 % ms", "worst ms"]
    print(tabulate(rows, headers, floatfmt=".1f"))


if __name__ == "__main__":
    main()
