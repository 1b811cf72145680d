// A player: start, back, play or pause, forward, end.
import { clamp } from "./core/numbers.js";
import { h, reducedMotion, translator, update } from "./ui.js";

// Walks a whole number of the model from 0 to last(), which is asked again at each step. Its stop
// is for whoever takes over: a reader who points at a cell does not want it to run away.
export function player(model, name, last, { interval = 600, by = 1 } = {}) {
  const t = translator(model);
  let timer = 0;
  const at = () => Math.min(model.get(name), last());
  const go = (step) => update(model, { [name]: clamp(step, 0, last()) });
  const stop = () => { timer = clearInterval(timer); sync(); };
  const tick = () => {
    if (!play.isConnected) return stop();
    go(at() + by);
    if (at() >= last()) stop();
  };
  const start = () => {
    if (at() >= last()) go(0);
    // Whoever asks for less motion gets single steps with time between them.
    timer = setInterval(tick, reducedMotion() ? Math.max(interval, 1200) : interval);
    sync();
  };
  const button = (sign, action, onclick) => h("button", { type: "button", "data-action": action,
    "aria-label": t(`explorable.${action}`), title: t(`explorable.${action}`), onclick }, sign);
  const jump = (sign, action, target) => button(sign, action, () => { stop(); go(target()); });
  const first = jump("|◀", "start", () => 0), back = jump("‹", "back", () => at() - by);
  const play = button("▶", "play", () => (timer ? stop() : start()));
  const forward = jump("›", "forward", () => at() + by), end = jump("▶|", "end", last);
  const sync = () => {
    const label = t(timer ? "explorable.pause" : "explorable.play");
    play.textContent = timer ? "❚❚" : "▶";
    play.title = label;
    play.setAttribute("aria-label", label);
    // A button that has nothing left to do keeps its place in the order of focus.
    for (const each of [first, back]) each.setAttribute("aria-disabled", String(at() <= 0));
    for (const each of [forward, end]) each.setAttribute("aria-disabled", String(at() >= last()));
  };
  return { element: h("div", { class: "cv-player" }, first, back, play, forward, end), sync, stop };
}
