// Flip and slide: two signals on one axis, their products, and the output that grows from them.
import { numberField, segmented } from "./shared/controls.js";
import { formatField, parseField } from "./shared/core/fields.js";
import { clamp, factor, shown } from "./shared/core/numbers.js";
import { convolve1d, correlate1d, slideShift, slideTerms } from "./shared/core/signals.js";
import { frame } from "./shared/frame.js";
import { player } from "./shared/player.js";
import { press } from "./shared/pointer.js";
import { adapted, h, s, say, shortcut, translator, update } from "./shared/ui.js";

const PRESETS = {
  impulse: [1],
  shift: [0, 0, 1],
  box: [1, 1, 1, 1],
  triangle: [1, 2, 3, 2, 1],
  pulse: [0, 1, 2, 1, 0],
  ramp: [1, 2, 3, 4],
  decay: [4, 2, 1, 0.5],
  train: [1, 0, 0, 1, 0, 0, 1],
  edge: [0, 0, 0, 2, 2, 2],
  difference: [1, -1],
};
const EDITOR = { height: 132, top: 14, bottom: 30 };
const ROWS = { // where each row's caption and plot are, in pixels
  signals: { caption: 14, top: 20, height: 86 },
  products: { caption: 154, top: 160, height: 52 },
  result: { caption: 230, top: 236, height: 76 },
};
const HEIGHT = 328, CHARACTER = 6.6;
const HANDLE = { width: 58, height: 20, top: 120, reach: 40 }; // reach: of a finger
const OTHER = { convolution: "cross-correlation", "cross-correlation": "convolution" };

// The pieces of a label, with each {name} field replaced by an element.
function pieces(text, elements) {
  return text.split(/\{(\w+)\}/).map((part, i) => (i % 2 ? elements[part]() : part));
}

// ---- the state, with all that follows from it --------------------------------------------------

// All outputs of an operation, and the n of the first of them.
function outputs(f, g, operation) {
  const out = operation === "convolution" ? convolve1d(f, g) : correlate1d(f, g);
  return { out, first: slideShift(operation, 0, g.length) };
}

// n stays what it is when the operation changes; where there is no such output, the nearest shows.
function read(model) {
  const [f, g, operation] = ["f", "g", "operation"].map((name) => model.get(name));
  const { out, first } = outputs(f, g, operation), last = out.length - 1;
  const n = clamp(model.get("n"), first, first + last);
  return { f, g, operation, flipped: operation === "convolution", out, first, last, n, step: n - first,
    other: outputs(f, g, OTHER[operation]), terms: slideTerms(f, g, operation, n) };
}

// The model as the controls need it: n within the outputs that are there, and n as steps from 0.
function stepped(model) {
  return adapted(model, {
    n: { get: () => read(model).n },
    step: { get: () => read(model).step, set: (step) => model.set("n", read(model).first + step) },
  });
}

// ---- drawing one signal ------------------------------------------------------------------------

// A row of bars to set by pointer (drag across to draw) or by keyboard; sets the model's `name`.
function signalEditor(model, name) {
  const t = translator(model);
  const values = () => model.get(name);
  const { size: [, longest], value: [, largest] } = model.get("fields")[name];
  let width = 300, keyed = "";
  const column = () => Math.min(width / values().length, 44);
  const left = () => (width - column() * values().length) / 2;
  const scale = (EDITOR.height - EDITOR.top - EDITOR.bottom) / (2 * largest);
  const zero = EDITOR.top + largest * scale;
  const set = (from, to, value) => {
    const level = clamp(Math.round(value * 2) / 2, -largest, largest);
    update(model, { [name]: values().map((old, i) => (i >= from && i <= to ? level : old)) });
  };

  const bars = Array.from({ length: longest }, (_, i) => {
    const parts = {
      hit: s("rect", { class: "cv-flip-hit", y: 0, height: EDITOR.height }),
      bar: s("rect", { class: `cv-flip-bar-${name}`, rx: 1 }),
      value: s("text", { class: "cv-flip-value" }),
      index: s("text", { class: "cv-flip-tick", y: EDITOR.height - 4 }, String(i)),
    };
    const group = s("g", { role: "slider", "data-bar": i, "aria-orientation": "vertical",
      "aria-valuemin": -largest, "aria-valuemax": largest, "aria-label": `${name}[${i}]` },
      Object.values(parts));
    return { group, ...parts };
  });
  const baseline = s("line", { class: "cv-flip-axis", y1: zero, y2: zero });
  const svg = s("svg", { class: "cv-flip-draw", role: "group", height: EDITOR.height,
    "aria-label": t("flip_slide.draw", { name }) }, baseline, bars.map(({ group }) => group));

  const focusBar = (i) => {
    bars.forEach(({ group }, j) => group.setAttribute("tabindex", i === j ? 0 : -1));
    bars[i].group.focus({ preventScroll: true });
    keyed = "";
  };
  const focused = () => bars.findIndex(({ group }) => group.getAttribute("tabindex") === "0");

  let last; // the bar under the pointer in a drag, undefined between drags
  const drawAt = (event) => {
    const box = svg.getBoundingClientRect();
    const i = clamp(Math.floor((event.clientX - box.left - left()) / column()), 0, values().length - 1);
    const from = last ?? i; // a fast pointer skips bars: they are drawn too
    last = i;
    set(Math.min(from, i), Math.max(from, i), (zero - (event.clientY - box.top)) / scale);
    focusBar(i);
  };
  press(svg, (event) => {
    last = undefined;
    drawAt(event);
  }, drawAt);

  // A number is typed character by character: "-" and "1." are not numbers yet.
  const type = (i, key) => {
    for (const word of [keyed + key, key]) {
      if (!/^-?\d?(\.\d?)?$/.test(word)) continue;
      keyed = word;
      if (/\d/.test(word)) set(i, i, Number(word));
      return;
    }
  };
  svg.addEventListener("keydown", (event) => {
    const i = focused(), end = values().length - 1;
    const steps = { ArrowUp: 0.5, ArrowDown: -0.5, PageUp: 1, PageDown: -1 };
    const places = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: end };
    if (shortcut(event)) return;
    if (event.key in steps) set(i, i, values()[i] + steps[event.key]);
    else if (event.key in places) focusBar(clamp(places[event.key], 0, end));
    else if (/^[-.\d]$/.test(event.key)) type(i, event.key);
    else return;
    event.preventDefault();
  });

  const options = Object.keys(PRESETS);
  const preset = h("select", { "aria-label": t("flip_slide.preset", { name }), "data-preset": name,
    onchange: () => update(model, { [name]: PRESETS[options[preset.selectedIndex - 1]] ?? values() }) },
    ["own", ...options].map((key) => h("option", { value: key }, t(`flip_slide.preset_${key}`))));
  const button = (text, key, change) => h("button", { type: "button", "data-action": key,
    "aria-label": t(`flip_slide.${key}`, { name }), title: t(`flip_slide.${key}`, { name }),
    onclick: () => update(model, { [name]: change(values()) }) }, text);
  const field = model.get("fields")[name];
  const text = h("input", { type: "text", class: "cv-flip-text", autocomplete: "off", "data-field": name,
    "aria-label": t("flip_slide.type", { name }), oninput: () => say(text, ""), onchange: () => {
      const typed = text.value.replaceAll("−", "-").split(/[\s,，、;；]+/).filter(Boolean).join();
      const given = parseField(field, typed);
      if (given) update(model, { [name]: given });
      else say(text, t("flip_slide.refused", { name, longest, largest }));
      text.value = formatField(field, values());
    } });
  const shorter = button("−", "shorter", (old) => old.slice(0, -1));
  const longer = button("+", "longer", (old) => [...old, 0]);
  const element = h("div", { class: "cv-flip-editor" },
    h("div", { class: "cv-flip-head" },
      h("strong", { class: `cv-flip-ink-${name}` }, name), preset, shorter, longer), text, svg);

  const place = ({ group, hit, bar, value, index }, i) => {
    group.style.display = i < values().length ? "" : "none";
    if (i >= values().length) return;
    const x = left() + i * column(), level = values()[i], size = Math.max(Math.abs(level) * scale, 2);
    const give = (node, attributes) =>
      Object.entries(attributes).forEach(([key, v]) => node.setAttribute(key, v));
    give(group, { "aria-valuenow": level });
    give(hit, { x, width: column() });
    give(bar, { x: x + column() * 0.18, width: column() * 0.64, height: size,
      y: level > 0 ? zero - size : level < 0 ? zero : zero - 1 });
    const fits = shown(level).length * CHARACTER <= column() + 2;
    give(value, { x: x + column() / 2, y: level < 0 ? zero + size + 11 : zero - size - 4 });
    value.textContent = fits ? shown(level) : "";
    give(index, { x: x + column() / 2 });
    index.style.display = column() >= 18 || i % 5 === 0 ? "" : "none";
  };
  const sync = () => {
    width = svg.parentNode.clientWidth || width;
    svg.setAttribute("width", width);
    baseline.setAttribute("x1", left());
    baseline.setAttribute("x2", width - left());
    bars.forEach(place);
    if (focused() < 0) bars[0].group.setAttribute("tabindex", 0);
    // The focus must not stay on a bar that is no longer there.
    if (focused() >= values().length) {
      const held = bars[focused()].group === document.activeElement;
      bars.forEach(({ group }, i) => group.setAttribute("tabindex", i === values().length - 1 ? 0 : -1));
      if (held) focusBar(values().length - 1);
    }
    const same = (key) => PRESETS[key].join() === values().join();
    preset.selectedIndex = options.findIndex(same) + 1;
    if (document.activeElement !== text) text.value = formatField(field, values());
    shorter.disabled = values().length === 1;
    longer.disabled = values().length === longest;
  };
  return { element, sync };
}

// ---- the three rows ----------------------------------------------------------------------------

// From values to pixels in one row; labels have room above the highest and below the lowest bar.
function heightScale({ top, height }, values) {
  const high = Math.max(0, ...values), low = Math.min(0, ...values);
  const span = high - low || 1;
  const above = high > 0 ? 15 : 6, below = low < 0 ? 15 : 2;
  const unit = (height - above - below) / span;
  return (value) => top + above + ((high || (low ? 0 : 1)) - value) * unit;
}

// A bar from the axis to a value, with the value beside its end where that has room.
function barAt(x, width, value, y, { name, room = width, label = true }) {
  const end = y(value), zero = y(0), text = shown(value);
  const fits = label && text.length * CHARACTER <= room + 2;
  return s("g", { class: name, "data-value": value },
    s("rect", { x: x - width / 2, width, rx: 1,
      y: value ? Math.min(end, zero) : zero - 1, height: Math.max(Math.abs(end - zero), 2) }),
    fits ? s("text", { class: "cv-flip-value", x, y: value < 0 ? end + 11 : end - 4 }, text) : null);
}

// The outputs of the other operation: a ring on a stem for each.
function ghosts({ other, x }, y) {
  return other.out.map((value, i) => {
    const at = x(other.first + i);
    return s("g", { class: "cv-flip-ghost", "data-value": value },
      s("line", { x1: at, x2: at, y1: y(0), y2: y(value) }), s("circle", { cx: at, cy: y(value), r: 3.5 }));
  });
}

// What the rows are drawn with: layers that are filled anew, and nodes that glide to their places.
function stageNodes(model, t) {
  const layer = (name) => s("g", { class: `cv-flip-${name}` });
  const back = layer("back"), bars = layer("bars"), captions = layer("captions");
  const moves = "cv-flip-moves";
  const band = s("rect", { class: `cv-flip-band ${moves}`, y: ROWS.signals.top });
  band.setAttribute("height", ROWS.products.top + ROWS.products.height - ROWS.signals.top);
  const guide = s("line", { class: `cv-flip-guide ${moves}` });
  const longest = model.get("fields").g.size[1];
  const kernel = Array.from({ length: longest }, () => s("g", { class: moves }));
  const grip = s("g", { class: "cv-flip-grip" },
    s("rect", { class: "cv-flip-hit", x: 0, y: 0, width: "100%", height: ROWS.products.top + ROWS.products.height }),
    band, kernel);
  const words = s("text", { class: "cv-flip-value", y: HANDLE.top + 14 });
  const handle = s("g", { class: `cv-flip-handle ${moves}`, role: "slider", tabindex: 0, "aria-label": t("flip_slide.slide") },
    s("rect", { class: "cv-flip-hit", x: -HANDLE.width / 2, width: HANDLE.width, height: HANDLE.reach,
      y: HANDLE.top - (HANDLE.reach - HANDLE.height) / 2 }),
    s("rect", { class: "cv-flip-knob", x: -HANDLE.width / 2, width: HANDLE.width, height: HANDLE.height, y: HANDLE.top, rx: 10 }),
    words);
  const pick = s("rect", { class: "cv-flip-hit cv-flip-pick", x: 0, width: "100%", y: ROWS.result.top - 8,
    height: HEIGHT - ROWS.result.top + 8 });
  const svg = s("svg", { class: "cv-flip-stage", role: "group", height: HEIGHT, "aria-label": t("flip_slide.stage") },
    back, guide, pick, grip, bars, captions, handle);
  return { svg, back, bars, captions, band, guide, kernel, grip, words, handle, pick };
}

// Dragging g, or its handle, and choosing an output: go(step) is told. now() is what was last drawn.
function listen({ svg, grip, handle, pick }, now, go) {
  let drag;
  const hold = (event) => { drag = { x: event.clientX, step: now().step }; };
  const pull = (event) => {
    const step = clamp(drag.step + Math.round((event.clientX - drag.x) / now().cell), 0, now().last);
    if (step !== now().step) go(step);
  };
  press(grip, hold, pull);
  press(handle, hold, pull, { handle: true });
  handle.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: now().step - 1, ArrowDown: now().step - 1, ArrowRight: now().step + 1,
      ArrowUp: now().step + 1, PageDown: now().step - 4, PageUp: now().step + 4, Home: 0, End: now().last };
    if (!(event.key in steps) || shortcut(event)) return;
    event.preventDefault();
    go(steps[event.key]);
  });
  const choose = (event) => {
    const offset = event.clientX - svg.getBoundingClientRect().left - now().x(now().first);
    go(Math.round(offset / now().cell));
  };
  press(pick, choose, choose);
}

function stage(model, t, stopPlaying) {
  const nodes = stageNodes(model, t);
  const { svg, back, bars, captions, band, guide, kernel, words, handle } = nodes;
  let now; // the state and the geometry as they were last drawn
  const measure = () => {
    const state = read(model), width = svg.parentNode?.clientWidth || 640;
    const low = 1 - state.g.length, columns = state.f.length + 2 * (state.g.length - 1);
    const cell = Math.min(width / columns, 64);
    const x = (k) => (width - cell * columns) / 2 + (k - low + 0.5) * cell;
    return { ...state, width, low, columns, cell, x };
  };
  const go = (step) => {
    stopPlaying();
    update(model, { n: now.first + clamp(step, 0, now.last) });
  };
  listen(nodes, () => now, go);

  const axis = (y, bottom, from, to, name) => {
    const every = [1, 2, 5, 10].find((size) => now.cell * size >= 20);
    const end = now.x(now.low + now.columns - 0.5); // where the name of the axis stands
    const marks = Array.from({ length: to - from + 1 }, (_, i) => from + i)
      .filter((k) => k % every === 0 && now.x(k) + 12 < end);
    return [s("line", { class: "cv-flip-axis", x1: now.x(now.low - 0.5), x2: end, y1: y(0), y2: y(0) }),
      name && marks.map((k) => s("text", { class: "cv-flip-tick", x: now.x(k), y: bottom + 12,
        "font-weight": k === now.n && name === "n" ? "bold" : null }, shown(k))),
      name && s("text", { class: "cv-flip-tick cv-flip-name", x: end - 1, y: bottom + 12 }, name)];
  };
  const drawKernel = (y, thick) => kernel.forEach((group, j) => {
    const value = now.g[j];
    group.style.display = value === undefined ? "none" : "";
    if (value === undefined) return;
    const k = now.flipped ? now.n - j : now.n + j;
    group.style.transform = `translate(${now.x(k)}px, 0)`;
    group.replaceChildren(barAt(thick / 2 + 1, thick, value, y, { name: "cv-flip-bar-g", room: now.cell / 2 }));
  });
  const caption = (row, key, values) => s("text", { class: "cv-flip-caption", x: 1, y: ROWS[row].caption },
    pieces(t(`flip_slide.${key}`), values));
  const tspan = (text, name) => () => s("tspan", { class: name }, text);

  // flipping: the operation has just changed; compared: the other operation's outputs are shown.
  const draw = (flipping, compared) => {
    now = measure();
    const { f, g, x, cell, n, out, other, terms } = now;
    svg.setAttribute("width", now.width);
    svg.classList.toggle("cv-flip-turning", flipping);
    const signals = heightScale(ROWS.signals, [...f, ...g]);
    const products = heightScale(ROWS.products, f.flatMap((a) => g.map((b) => a * b)));
    const result = heightScale(ROWS.result, [...out, ...other.out]);
    const from = compared ? Math.min(now.first, other.first) : now.first;
    const to = Math.max(now.first, compared ? other.first : now.first) + now.last;
    const bottom = ({ top, height }) => top + height;
    back.replaceChildren(...[
      axis(signals, bottom(ROWS.signals), now.low, now.low + now.columns - 1, "q"),
      axis(products, bottom(ROWS.products)),
      axis(result, bottom(ROWS.result), from, to, "n"),
    ].flat(2).filter(Boolean));
    const thick = Math.min(cell * 0.4, 22), thin = Math.min(cell * 0.7, 30);
    drawKernel(signals, thick);
    const start = now.flipped ? n - g.length + 1 : n;
    band.setAttribute("width", cell * g.length);
    band.style.transform = `translate(${x(start) - cell / 2}px, 0)`;
    guide.style.transform = `translate(${x(n)}px, 0)`;
    // At the ends of the axis the handle stays on the picture.
    handle.style.transform = `translate(${clamp(x(n), HANDLE.width / 2 + 1, now.width - HANDLE.width / 2 - 1)}px, 0)`;
    words.textContent = `n = ${shown(n)}`;
    guide.setAttribute("y1", HANDLE.top + HANDLE.height);
    guide.setAttribute("y2", result(Math.max(out[now.step], 0)) - 15);
    bars.replaceChildren(
      ...f.map((value, k) => barAt(x(k) - thick / 2 - 1, thick, value, signals, { name: "cv-flip-bar-f", room: cell / 2 })),
      ...terms.map(({ k, product }) => barAt(x(k), thin, product, products, { name: "cv-flip-product", room: cell })),
      ...out.map((value, i) => barAt(x(now.first + i), thin, value, result, {
        name: `cv-flip-out ${i > now.step ? "cv-flip-later" : i === now.step ? "cv-flip-current" : ""}`.trim(),
        room: cell, label: i <= now.step })),
      ...(compared ? ghosts(now, result) : []));
    const second = now.flipped ? "g[n − q]" : "g[q − n]";
    const names = { f: tspan("f[q]", "cv-flip-ink-f"), g: tspan(second, "cv-flip-ink-g"), n: tspan(shown(n), "cv-flip-strong") };
    captions.replaceChildren(
      caption("signals", now.flipped ? "row_flipped" : "row_slid", names),
      caption("products", "row_products", { ...names, sum: tspan(shown(out[now.step]), "cv-flip-strong") }),
      caption("result", compared ? `row_compared_${now.flipped ? "flipped" : "slid"}` : "row_result", {}));
    for (const [name, value] of [["valuemin", now.first], ["valuemax", now.first + now.last], ["valuenow", n],
      ["valuetext", `n = ${shown(n)}`]]) handle.setAttribute(`aria-${name}`, value);
  };
  return { element: svg, draw };
}

// ---- the sum in numbers ------------------------------------------------------------------------

function spelled({ terms, n, out, step, flipped }) {
  const ink = (name, text) => h("span", { class: `cv-flip-ink-${name}` }, text);
  const symbol = flipped ? "g[n − q]" : "g[q − n]";
  const definition = h("div", {}, "out[n] = Σ", h("sub", {}, "q"), " ", ink("f", "f[q]"), " · ", ink("g", symbol),
    ...(flipped ? [] : [" = Σ", h("sub", {}, "i"), " ", ink("f", "f[n + i]"), " · ", ink("g", "g[i]")]));
  const sum = terms.flatMap(({ f, g }, i) => [i ? " + " : "",
    h("span", { class: "cv-flip-term" }, ink("f", factor(f)), "·", ink("g", factor(g)))]);
  const total = h("span", { class: "cv-flip-term" }, "= ", h("strong", { class: "cv-flip-ink-out" }, shown(out[step])));
  return [definition, h("div", { class: "cv-flip-sum" }, `out[${shown(n)}] = `, sum, " ", total)];
}

export default {
  render(context) {
    return frame(context, "flip_slide", ({ model, t, redraw }) => {
      const controlled = stepped(model), last = () => read(model).last;
      const operation = segmented(model, "operation", t("flip_slide.operation"), [
        ["convolution", t("flip_slide.convolution")], ["cross-correlation", t("flip_slide.cross_correlation")]]);
      const play = player(controlled, "step", last);
      // No slider: the handle in the picture is one.
      const shift = numberField(controlled, "n", t("flip_slide.shift"), { limits: () => {
        const { first } = read(model);
        return [first, first + last()];
      } });
      const field = h("label", { class: "cv-control" }, t("flip_slide.shift"), shift.element);
      const editors = [signalEditor(model, "f"), signalEditor(model, "g")];
      const picture = stage(model, t, play.stop);
      const formula = h("div", { class: "cv-formula cv-flip-formula", "aria-live": "polite" });
      const meaning = h("p", { class: "cv-note" });

      // From the first switch on, the output of the other operation stays to be compared.
      let before, compared = false;
      const forget = () => {
        before = undefined;
        compared = false;
        redraw();
      };
      const draw = () => {
        const state = read(model), flipping = before !== undefined && before !== state.operation;
        before = state.operation;
        compared ||= flipping;
        picture.draw(flipping, compared);
        formula.replaceChildren(...spelled(state));
        meaning.textContent = t(state.flipped ? "flip_slide.meaning_flipped" : "flip_slide.meaning_slid");
      };
      return {
        picture: [h("div", {}, picture.element), formula],
        controls: [{ ...operation, reset: forget }, play, { ...shift, element: field }],
        more: [
          { element: h("div", { class: "cv-flip-editors" }, editors.map(({ element }) => element)),
            sync: () => editors.forEach((editor) => editor.sync()) },
          meaning,
        ],
        draw,
      };
    });
  },
};
