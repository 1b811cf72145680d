// A stack of 1D layers: a signal, the values of each layer above it, and what one output reaches.
import { numberField, select, slider } from "./shared/controls.js";
import { formatField, parseField } from "./shared/core/fields.js";
import { clamp, shown } from "./shared/core/numbers.js";
import { stackField, stackLayers, stackProblem, stackSeen, stackValues, stackWeight } from "./shared/core/stack.js";
import { frame } from "./shared/frame.js";
import { player } from "./shared/player.js";
import { press } from "./shared/pointer.js";
import { adapted, h, rangeOf, s, say, shortcut, update } from "./shared/ui.js";

const SETTINGS = ["length", "layers", "kernel_size", "stride", "dilation", "padding"];
const LAYER = { kernel_size: "k", stride: "s", dilation: "d" };
const PRESETS = {
  three: { length: 32, layers: 3, kernel_size: [3], stride: [1], dilation: [1], padding: "valid" },
  strides: { length: 32, layers: 3, kernel_size: [3], stride: [2], dilation: [1], padding: "valid" },
  dilations: { length: 32, layers: 3, kernel_size: [3], stride: [1], dilation: [1, 2, 4], padding: "valid" },
  five: { length: 14, layers: 2, kernel_size: [5], stride: [1], dilation: [1], padding: "valid" },
  causal: { length: 32, layers: 4, kernel_size: [2], stride: [1], dilation: [1, 2, 4, 8], padding: "causal" },
};
// Pixels. The height is always the same: fewer layers stand further apart.
const HEIGHT = 280, TOP = 28, CELL = 24, INPUT = 64, TICKS = 16;
const HANDLE = { width: 50, height: 20, reach: 40 };
const GUTTER = { wide: 88, narrow: 66, from: 560 };

// ---- the state, with all that follows from it ----------------------------------------------------

function read(model, changes = {}) {
  const settings = { ...Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)])), ...changes };
  const layers = stackLayers(settings), problem = stackProblem(layers);
  const all = model.get("samples")[model.get("signal")], cut = Math.floor((all.length - settings.length) / 2);
  const input = all.slice(cut, cut + settings.length);
  const weights = layers.map(({ k }) => stackWeight(model.get("weights"), model.get("own"), k));
  const last = problem ? 0 : layers.at(-1).out - 1, output = Math.min(model.get("output"), last);
  return { settings, layers, problem, last, output, layer: Math.min(model.get("layer"), settings.layers),
    rows: problem ? [input] : stackValues(input, weights, layers),
    seen: problem ? [] : stackSeen(layers, output), field: problem ? undefined : stackField(layers, output) };
}

const spelledProblem = (t, { l, span, room }) => t("stack1d.too_large", { layer: l, span, room });

// ---- the picture -----------------------------------------------------------------------------------

// Where everything stands: x(l, n) is the middle of value n in row l, where row 0 is the input.
function geometry({ layers, settings: { length } }, width) {
  const gutter = width < GUTTER.from ? GUTTER.narrow : GUTTER.wide, unit = (width - gutter - 2) / length;
  const pitch = (HEIGHT - TOP - INPUT - TICKS) / layers.length, bottom = HEIGHT - INPUT - TICKS;
  return { width, gutter, unit, pitch, bottom, cell: Math.min(unit - 1.5, CELL),
    x: (l, n) => gutter + (0.5 + (l ? layers[l - 1].start + n * layers[l - 1].jump : n)) * unit,
    y: (l) => (l ? TOP + (layers.length - l) * pitch : bottom), tall: (l) => (l ? CELL : INPUT) };
}

// A row of values as bars from its own line of zero, each in a cell.
function valueRow(values, l, last, { x, y, tall, cell, unit }) {
  const high = Math.max(0, ...values), low = Math.min(0, ...values), scale = (tall(l) - 4) / (high - low || 1);
  const zero = y(l) + 2 + high * scale, name = l === 0 ? "input" : l === last ? "output" : "hidden";
  return s("g", { class: `cv-stack-row cv-stack-${name}`, "data-row": l },
    values.map((value, n) => s("g", { "data-value": value },
      s("rect", { class: "cv-stack-cell", x: x(l, n) - cell / 2, y: y(l), width: cell, height: tall(l), rx: 2 }),
      s("rect", { class: "cv-stack-bar", x: x(l, n) - cell * 0.35, width: cell * 0.7, height: Math.max(Math.abs(value) * scale, 1.5),
        y: value > 0 ? zero - value * scale : zero - (value ? 0 : 0.75) }))),
    s("line", { class: "cv-stack-zero", x1: x(l, 0) - unit / 2, x2: x(l, values.length - 1) + unit / 2, y1: zero, y2: zero }));
}

// A frame around one value.
const mark = (name, l, n, { x, y, tall, cell }) => s("rect", { class: `cv-stack-${name}`, [`data-${name}`]: `${l},${n}`,
  x: x(l, n) - cell / 2 - 1, y: y(l) - 1, width: cell + 2, height: tall(l) + 2, rx: 3 });

// The values on which the output depends, and the links between them.
function reach({ layers, seen }, at) {
  const { x, y } = at, marks = seen.slice(0, -1).flatMap((places, l) => places.map((n) => mark("seen", l, n, at)));
  const links = layers.flatMap(({ k, s: stride, d, pads }, below) => seen[below + 1].flatMap((n) =>
    Array.from({ length: k }, (_, i) => n * stride - pads[0] + i * d).filter((m) => seen[below].includes(m)).map((m) =>
      s("line", { class: "cv-stack-link", x1: x(below + 1, n), y1: y(below + 1) + CELL, x2: x(below, m), y2: y(below) }))));
  return [...links, ...marks];
}

// Where the stack is causal: the part that lies after the chosen output.
function future(t, { settings: { padding, length }, field }, { x, y, unit, bottom }, top) {
  if (padding !== "causal" || field.last >= length - 1) return [];
  const left = x(0, field.last) + unit / 2, right = x(0, length - 1) + unit / 2;
  const text = t("stack1d.future"), room = text.length * 13 + HANDLE.width / 2 < right - left;
  return [s("rect", { class: "cv-stack-future", x: left, y: y(top) - 4, width: right - left, height: bottom + INPUT + 6 - y(top) }),
    room ? s("text", { class: "cv-stack-small", x: right - 2, y: TOP - 10, "text-anchor": "end" }, text) : null].filter(Boolean);
}

function ticks({ settings: { length } }, { x, unit }) {
  const every = [1, 2, 5, 10].find((size) => unit * size >= 20);
  return Array.from({ length }, (_, n) => n).filter((n) => n % every === 0).map((n) =>
    s("text", { class: "cv-stack-tick", x: x(0, n), y: HEIGHT - 3 }, String(n)));
}

// Names of the rows; those of layers choose the layer that the controls set.
function rowNames(t, model, most) {
  const layers = Array.from({ length: most }, (_, i) => {
    const choose = () => update(model, { layer: i + 1 });
    const words = [s("text", { y: 11 }), s("text", { class: "cv-stack-small", y: 25 })];
    const hit = s("rect", { class: "cv-stack-hit", x: 0, y: -6, height: CELL + 12, rx: 4 });
    const group = s("g", { class: "cv-stack-name", role: "button", tabindex: 0, "data-layer": i + 1, onclick: choose,
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose();
      } }, hit, words);
    return { group, hit, words };
  });
  const signal = [s("text", { class: "cv-swatch-input", x: 4 }), s("text", { class: "cv-stack-small", x: 4 }, "x")];
  const draw = (state, { gutter, y }) => {
    layers.forEach(({ group, hit, words: [name, small] }, i) => {
      group.style.display = i < state.layers.length ? "" : "none";
      if (i >= state.layers.length) return;
      const { k, s: stride, d } = state.layers[i], text = t("stack1d.layer_name", { layer: i + 1 });
      group.setAttribute("transform", `translate(0 ${y(i + 1)})`);
      group.setAttribute("aria-pressed", String(state.layer === i + 1));
      hit.setAttribute("width", gutter - 6);
      for (const word of [name, small]) word.setAttribute("x", 4);
      name.textContent = text;
      small.textContent = `k${k} s${stride} d${d}`;
      group.setAttribute("aria-label", `${text}: k = ${k}, s = ${stride}, d = ${d}`);
    });
    signal[0].textContent = t(`stack1d.${model.get("signal")}`);
    signal.forEach((text, i) => text.setAttribute("y", y(0) + INPUT / 2 - 3 + 14 * i));
  };
  return { element: s("g", {}, layers.map(({ group }) => group), signal), draw };
}

// Choosing an output: anywhere in the picture, or by the handle above it. now() is what was drawn.
function listen({ svg, pick, handle }, now, go) {
  const step = () => now().at.unit * now().layers.at(-1).jump;
  const choose = (event) => {
    const { at, settings } = now(), left = event.clientX - svg.getBoundingClientRect().left;
    go(Math.round((left - at.x(settings.layers, 0)) / step()));
  };
  press(pick, choose, choose);
  let drag;
  press(handle, (event) => { drag = { x: event.clientX, output: now().output }; },
    (event) => go(drag.output + Math.round((event.clientX - drag.x) / step())), { handle: true });
  handle.addEventListener("keydown", (event) => {
    const { output, last } = now();
    const places = { ArrowLeft: output - 1, ArrowDown: output - 1, ArrowRight: output + 1, ArrowUp: output + 1,
      PageDown: output - 4, PageUp: output + 4, Home: 0, End: last };
    if (!(event.key in places) || shortcut(event)) return;
    event.preventDefault();
    go(places[event.key]);
  });
}

function stage(model, t, stopPlaying, most) {
  const back = s("g", { class: "cv-stack-through" }), after = s("g", { class: "cv-stack-through cv-answer" });
  const answer = s("g", { class: "cv-stack-through cv-answer" }), rows = s("g", { class: "cv-stack-through" });
  const pick = s("rect", { class: "cv-stack-hit cv-stack-pick", y: 0, height: HEIGHT });
  const words = s("text", { class: "cv-stack-words", y: 14 });
  const handle = s("g", { class: "cv-stack-handle", role: "slider", tabindex: 0, "aria-label": t("stack1d.output") },
    s("rect", { class: "cv-stack-hit", x: -HANDLE.width / 2, width: HANDLE.width, y: -4, height: HANDLE.reach }),
    s("rect", { class: "cv-stack-knob", x: -HANDLE.width / 2, width: HANDLE.width, y: 0, height: HANDLE.height, rx: 10 }), words);
  const names = rowNames(t, model, most);
  const svg = s("svg", { class: "cv-stack-stage", role: "group", height: HEIGHT, "aria-label": t("stack1d.stage") },
    pick, back, after, answer, rows, names.element, handle);
  let now;
  listen({ svg, pick, handle }, () => now, (output) => {
    if (now.problem) return;
    stopPlaying();
    const next = clamp(output, 0, now.last);
    if (next !== now.output) update(model, { output: next });
  });

  const draw = (state) => {
    const at = geometry(state, svg.parentNode?.clientWidth || 640), top = state.layers.length;
    now = { ...state, at };
    svg.setAttribute("width", at.width);
    pick.setAttribute("x", at.gutter);
    pick.setAttribute("width", at.width - at.gutter);
    back.replaceChildren(...ticks(state, at), ...(state.problem ? [] : [mark("chosen", top, state.output, at)]));
    rows.replaceChildren(...state.rows.map((values, l) => valueRow(values, l, top, at)));
    after.replaceChildren(...(state.problem ? [] : future(t, state, at, top)));
    answer.replaceChildren(...(state.problem ? [] : reach(state, at)));
    names.draw(state, at);
    handle.style.display = state.problem ? "none" : "";
    if (state.problem) return;
    handle.style.transform = `translate(${clamp(at.x(top, state.output), HANDLE.width / 2, at.width - HANDLE.width / 2)}px, 2px)`;
    words.textContent = `y[${state.output}]`;
    for (const [name, value] of [["valuemin", 0], ["valuemax", state.last], ["valuenow", state.output],
      ["valuetext", `y[${state.output}] = ${shown(state.rows.at(-1)[state.output])}`]]) handle.setAttribute(`aria-${name}`, value);
  };
  return { element: svg, draw };
}

// ---- words and numbers -----------------------------------------------------------------------------

function spelledFormula({ layers, field }) {
  const sub = (letter, index) => [letter, h("sub", {}, index)];
  const terms = layers.flatMap(({ k, d, jump, s: stride }) =>
    [" + ", h("span", { class: "cv-stack-term" }, "(", h("span", { class: "cv-swatch-kernel" }, String(k)), ` − 1)·${d}·${jump / stride}`)]);
  const symbols = [sub("Σ", "l"), " (", sub("k", "l"), " − 1)·", sub("d", "l"), "·", sub("s", "1"), "⋯", sub("s", "l−1")];
  return ["r", h("span", { class: "cv-stack-term cv-stack-symbols" }, " = 1 + ", symbols.flat()), " = 1", ...terms, " = ", h("strong", { class: "cv-swatch-kernel" }, String(field.size))];
}

function spelled(t, state) {
  if (state.problem) return [h("div", { class: "cv-stack-problem" }, spelledProblem(t, state.problem))];
  const { rows, output, field, seen } = state, count = seen[0].length;
  const sizes = rows.flatMap((values, l) => [l ? " → " : "",
    h("span", { class: l ? "cv-swatch-output" : "cv-swatch-input" }, String(values.length))]);
  return [
    h("div", {}, h("strong", { class: "cv-swatch-output" }, `y[${output}] = ${shown(rows.at(-1)[output])}`), " ",
      t("stack1d.reaches", { first: shown(field.first), last: shown(field.last), size: field.size }),
      count < field.size ? ` ${t("stack1d.uses", { count })}` : ""),
    h("div", {}, h("span", { class: "cv-stack-label" }, t("stack1d.sizes")), " ", ...sizes),
    h("div", {}, h("span", { class: "cv-stack-label" }, t("stack1d.field")), " ", ...spelledFormula(state)),
  ];
}

// ---- controls ----------------------------------------------------------------------------------------

// The model as the controls need it. Settings with which a kernel does not fit are refused, and the
// reader is told why.
function guarded(model, t, node, redraw) {
  const attempt = (changes) => {
    const { problem } = read(model, changes);
    if (!problem || read(model).problem) {
      Object.entries(changes).forEach(([name, value]) => model.set(name, value));
      return;
    }
    say(node(), spelledProblem(t, problem));
    redraw(); // what was chosen is not so
  };
  const whole = ["length", "layers", "padding"].map((name) => [name, { set: (value) => attempt({ [name]: value }) }]);
  const ofLayer = Object.entries(LAYER).map(([name, letter]) => {
    const values = () => read(model).layers.map((layer) => layer[letter]), at = () => read(model).layer - 1;
    return [name, { get: () => values()[at()], set: (value) =>
      attempt({ [name]: values().map((old, l) => (l === at() ? value : old)) }) }];
  });
  const clamped = ["output", "layer"].map((name) => [name, { get: () => read(model)[name] }]);
  return { attempt, model: adapted(model, Object.fromEntries([...whole, ...ofLayer, ...clamped])) };
}

const under = (label, element) => h("label", { class: "cv-stack-field" }, h("span", {}, label), element);

function layerField(model, controlled, t, name) {
  const label = t(`stack1d.${name}`);
  const { element, sync } = numberField(controlled, name, label, { limits: () => model.get("fields")[name].value });
  return { element: under(label, element), sync };
}

function layerChoice(controlled, t, most) {
  const choices = Array.from({ length: most }, (_, i) => [i + 1, String(i + 1)]);
  const { element, sync } = select(controlled, "layer", t("stack1d.layer"), choices);
  return { element, sync: () => {
    sync();
    element.querySelectorAll("option").forEach((option, i) => { option.hidden = option.disabled = i >= controlled.get("layers"); });
  } };
}

// Whole stacks to choose from; "my own" is what is none of them.
function presetChoice(model, t, attempt) {
  const names = Object.keys(PRESETS);
  const input = h("select", { "data-action": "preset", onchange: () => {
    const preset = PRESETS[names[input.selectedIndex - 1]];
    if (!preset) return sync();
    attempt(preset);
    model.save_changes();
  } }, h("option", {}, t("stack1d.preset_own")), names.map((name) => h("option", { value: name }, t(`stack1d.preset_${name}`))));
  const sync = () => {
    const now = JSON.stringify(read(model).layers);
    input.selectedIndex = names.findIndex((name) => JSON.stringify(stackLayers(PRESETS[name])) === now) + 1;
  };
  return { element: under(t("stack1d.preset"), input), sync };
}

// Five numbers, of which each layer takes as many as its kernel has.
function ownWeights(model, t) {
  const field = model.get("fields").own, text = () => formatField(field, model.get("own")).replaceAll(",", ", ");
  const input = h("input", { type: "text", autocomplete: "off", "data-field": "own", "aria-label": t("stack1d.own_label"), oninput: () => say(input, ""),
    onchange: () => {
      const own = parseField(field, input.value.replaceAll("−", "-").split(/[\s,，、;；]+/).filter(Boolean).join());
      if (own) update(model, { own, weights: "own" });
      else say(input, t("stack1d.own_refused", { low: shown(field.value[0]), high: shown(field.value[1]) }));
      input.value = text();
    } });
  return { element: h("label", { class: "cv-control" }, h("span", { class: "cv-stack-label" }, t("stack1d.own_label")), input),
    sync: () => { if (document.activeElement !== input) input.value = text(); } };
}

export default {
  render(context) {
    return frame(context, "stack1d", ({ model, t, redraw }) => {
      const label = (name) => t(`stack1d.${name}`), fields = model.get("fields"), most = fields.layers.max;
      const { attempt, model: controlled } = guarded(model, t, () => picture.element, redraw);
      const choice = (name) => select(controlled, name, label(name), fields[name].choices.map((each) => [each, label(each)]));
      const play = player(controlled, "output", () => read(model).last);
      const picture = stage(model, t, play.stop, most);
      const words = h("div", { class: "cv-formula cv-stack-spelled cv-answer", "aria-live": "polite" });
      return {
        picture: [h("div", {}, picture.element), words],
        controls: [play, presetChoice(model, t, attempt), layerChoice(controlled, t, most),
          ...Object.keys(LAYER).map((name) => layerField(model, controlled, t, name)), choice("padding")],
        more: [
          [slider(controlled, "output", label("output"), { limits: () => [0, read(model).last] }),
            ...["layers", "length"].map((name) => slider(controlled, name, label(name), { limits: () => rangeOf(model, name) }))],
          [choice("signal"), choice("weights"), ownWeights(model, t)],
          h("p", { class: "cv-note" }, label("note")),
        ],
        draw: () => {
          const state = read(model);
          picture.draw(state);
          words.replaceChildren(...spelled(t, state));
        },
      };
    });
  },
};
