// What every explorable is made of: elements, labels, controls bound to the model, a frame.
import { formatNumber } from "./core.js";

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null));
  return node;
}

// h("button", {class: "x", onclick: f}, "text"): an HTML element. Text is always text, never markup.
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// The same for SVG.
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// The label of a key, with its {name} fields filled in.
export function translator(model) {
  const labels = model.get("labels");
  return (key, values = {}) =>
    (labels[key] ?? key).replace(/\{(\w+)\}/g, (field, name) => values[name] ?? field);
}

export function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// One draw a frame, however many changes; each draw is measured as "convlib:draw".
export function scheduler(draw) {
  let waiting = 0;
  const now = () => {
    waiting = 0;
    const start = performance.now();
    draw();
    performance.measure("convlib:draw", { start, end: performance.now() });
  };
  const request = () => (waiting ||= requestAnimationFrame(now));
  return Object.assign(request, { now, cancel: () => cancelAnimationFrame(waiting) });
}

// Sets several values of the model at once and tells the kernel or the address bar.
export function update(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

// ---- controls: each shows the model's value and sets it ---------------------------------------

let made = 0;

// A slider with its label and value. limits: () => [min, max], asked again at each change.
export function slider(model, name, label, limits, { step = 1, show = formatNumber } = {}) {
  const id = `convlib-${++made}`;
  const output = h("output", { for: id });
  const input = h("input", {
    id, type: "range", step, "data-state": name,
    oninput: () => update(model, { [name]: Number(input.value) }),
  });
  const sync = () => {
    [input.min, input.max] = limits();
    input.value = model.get(name);
    output.textContent = show(model.get(name));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  return { element: h("div", { class: "cv-control" }, h("label", { for: id }, label), input, output), sync };
}

// A choice among a few, as a drop-down list. choices: [[value, label], ...]
export function select(model, name, label, choices) {
  const id = `convlib-${++made}`;
  const input = h("select", {
    id, "data-state": name,
    onchange: () => update(model, { [name]: choices[input.selectedIndex][0] }),
  }, choices.map(([, text]) => h("option", {}, text)));
  const sync = () => {
    input.selectedIndex = choices.findIndex(([value]) => value === model.get(name));
  };
  return { element: h("div", { class: "cv-control" }, h("label", { for: id }, label), input), sync };
}

// A choice between two or three, all of them in view.
export function segmented(model, name, label, choices) {
  const buttons = choices.map(([value, text]) =>
    h("button", { type: "button", "data-state": name, "data-value": String(value),
      onclick: () => update(model, { [name]: value }) }, text));
  const sync = () => buttons.forEach((button, i) =>
    button.setAttribute("aria-pressed", String(choices[i][0] === model.get(name))));
  return { element: h("div", { class: "cv-segmented", role: "group", "aria-label": label }, buttons), sync };
}

// Back, play or pause, forward: steps a whole number of the model from 0 to last().
export function player(model, name, last, { interval = 600, by = 1 } = {}) {
  const t = translator(model);
  let timer = 0;
  const at = () => Math.min(model.get(name), last());
  const go = (step) => update(model, { [name]: Math.min(Math.max(step, 0), last()) });
  const stop = () => { timer = clearInterval(timer); sync(); };
  const tick = () => {
    if (!play.isConnected || at() >= last()) stop();
    else go(at() + by);
  };
  const start = () => {
    if (at() >= last()) go(0);
    // Whoever asks for less motion gets single steps with time between them.
    timer = setInterval(tick, reducedMotion() ? Math.max(interval, 1200) : interval);
    sync();
  };
  const button = (text, key, onclick) =>
    h("button", { type: "button", "aria-label": t(key), title: t(key), onclick }, text);
  const play = button("▶", "explorable.play", () => (timer ? stop() : start()));
  const back = button("◀", "explorable.back", () => { stop(); go(at() - by); });
  const forward = button("▶|", "explorable.forward", () => { stop(); go(at() + by); });
  play.dataset.action = "play";
  back.dataset.action = "back";
  forward.dataset.action = "forward";
  back.textContent = "|◀";
  const sync = () => {
    const key = timer ? "explorable.pause" : "explorable.play";
    play.textContent = timer ? "❚❚" : "▶";
    play.title = t(key);
    play.setAttribute("aria-label", t(key));
  };
  return { element: h("div", { class: "cv-player" }, back, play, forward), sync, stop };
}

// A call in one line, the whole code behind it, and a button that copies the code. The labels are
// those of the explorable: copy, copied and not_copied.
export function codePanel(t, name, library) {
  const call = h("code"), code = h("pre", { class: "cv-code" });
  const copy = h("button", { type: "button", "data-action": "copy-code", onclick: async () => {
    const done = await navigator.clipboard?.writeText(code.textContent).then(() => true, () => false);
    copy.textContent = t(`${name}.${done ? "copied" : "not_copied"}`);
  } }, t(`${name}.copy`));
  const draw = (line, text) => {
    call.textContent = line;
    if (text !== code.textContent) copy.textContent = t(`${name}.copy`);
    code.textContent = text;
  };
  return { element: h("div", { class: "cv-grid-torch" },
    h("details", {}, h("summary", {}, `${library} `, call), code), copy), draw };
}

// ---- the frame --------------------------------------------------------------------------------

// Puts an explorable on the page and keeps it drawn; returns what undoes it all.
// state: the names of the values that "reset" puts back.
// build({ model, t, body }) puts its picture into body and returns { controls, draw, players }:
// controls is a list of rows of controls, draw() shows the model as it is now.
export function frame({ model, el }, { name, state }, build) {
  const t = translator(model);
  const initial = Object.fromEntries(state.map((key) => [key, structuredClone(model.get(key))]));
  const body = h("div", { class: "cv-body" });
  const { controls, draw, players = [] } = build({ model, t, body });
  const all = [...controls.flat(), ...players];
  const redraw = scheduler(() => {
    all.forEach((control) => control.sync?.());
    draw();
  });
  const status = h("span", { class: "cv-status", role: "status" });
  const share = model.address && h("button", {
    type: "button", "data-action": "share",
    onclick: async () => {
      const done = await navigator.clipboard?.writeText(model.address()).then(() => true, () => false);
      status.textContent = t(done ? "explorable.copied" : "explorable.in_address_bar");
    },
  }, t("explorable.share"));
  const reset = h("button", { type: "button", "data-action": "reset",
    onclick: () => update(model, structuredClone(initial)) }, t("explorable.reset"));
  const root = h("section", { class: "cv", "data-name": name, "aria-label": t(`${name}.title`) },
    h("header", {}, h("strong", {}, t(`${name}.title`)), h("span", { class: "cv-tools" }, status, share, reset)),
    controls.map((row) => h("div", { class: "cv-row" }, row.map((control) => control.element))),
    body);
  el.append(root);
  model.on("change", redraw);
  redraw.now();
  return () => {
    redraw.cancel();
    players.forEach((one) => one.stop());
    model.off("change", redraw);
    root.remove();
  };
}
