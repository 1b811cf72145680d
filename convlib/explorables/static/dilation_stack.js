// A stack of dilated convolutions: the paths from one output to the inputs, and the inputs that none reaches.
import { codePanel } from "./shared/code.js";
import { numberField, segmented, select, slider } from "./shared/controls.js";
import { dilatedLayers, dilatedPlaces, pathCounts, pathLinks } from "./shared/core/dilated.js";
import { clamp, filled, grouped, shown } from "./shared/core/numbers.js";
import { frame } from "./shared/frame.js";
import { player } from "./shared/player.js";
import { press } from "./shared/pointer.js";
import { adapted, h, rangeOf, s, say, shortcut, update } from "./shared/ui.js";

const PRESETS = {
  doubled: { kernel_size: 3, dilation: [1, 2, 4], padding: "centred" },
  even: { kernel_size: 3, dilation: [2, 2, 2], padding: "centred" },
  hybrid: { kernel_size: 3, dilation: [1, 2, 5], padding: "centred" },
  multiples: { kernel_size: 3, dilation: [2, 4, 8], padding: "centred" },
  wavenet: { kernel_size: 2, dilation: [1, 2, 4, 8], padding: "causal" },
  context: { kernel_size: 3, dilation: [1, 1, 2, 4, 8, 16, 1], padding: "centred" },
};
// Pixels. Fields for a finger are higher, so there a stack of many layers is.
const HEIGHT = 264, ROOM = { top: 30, below: 58 }, BARS = 30, FINGER = 46, GUTTER = 76, END = 8;
const NARROW = 560, UNIT = 44, DIGIT = 6.6, MAP = { gap: 16, words: 58 };


// ---- the state, with all that follows from it ------------------------------------------------------

function read(model, changes = {}) {
  const [k, rates, padding] = ["kernel_size", "dilation", "padding"].map((name) => changes[name] ?? model.get(name));
  const all = dilatedLayers(k, rates, padding), room = rangeOf(model, "column")[1] + 1;
  const size = 1 + rates.reduce((sum, d) => sum + d * (k - 1), 0);
  const state = { k, rates, padding, axes: model.get("axes"), all, step: Math.min(model.get("step"), all.length) };
  if (size > room) return { ...state, problem: { size, room } };
  const layers = all.slice(0, state.step), { first, counts } = pathCounts(k, layers), last = first + counts.length - 1;
  const [row, column] = ["row", "column"].map((name) => clamp(changes[name] ?? model.get(name), first, last));
  return { ...state, layers, first, last, counts, row, column, places: dilatedPlaces(k, layers), used: counts.filter(Boolean).length,
    whole: { first: -all.reduce((sum, { before }) => sum + before, 0), size } };
}

const spelledProblem = (t, problem) => t("dilation_stack.too_large", problem);

// ---- one dimension ---------------------------------------------------------------------------------

// Where everything stands: x(n) is the middle of place n, y(l) that of row l, where row 0 is the input.
function geometry({ all, whole, axes }, width) {
  const narrow = width < NARROW, finger = narrow || matchMedia("(pointer: coarse)").matches;
  const beside = axes === 2 && narrow ? width - GUTTER - MAP.gap : 0, top = ROOM.top + (finger ? 10 : 0);
  const height = Math.max(HEIGHT, finger ? all.length * FINGER + top + ROOM.below : 0, beside && beside + MAP.words);
  const side = axes === 2 ? beside || height - MAP.words : 0, left = beside ? 0 : width - GUTTER - END - (side && side + MAP.gap);
  const unit = Math.min(left / whole.size, UNIT), bottom = height - ROOM.below;
  return { height, side, width: beside ? GUTTER : GUTTER + END + unit * whole.size, unit, dots: unit > 0, radius: clamp(unit * 0.3, 0.9, 6),
    x: (n) => GUTTER + (n - whole.first + 0.5) * unit, y: (l) => bottom - (l * (bottom - top)) / all.length };
}

// Many equal shapes as one path; shape(x, y) is what is drawn at a place.
const shapes = (name, row, places, { x, y }, shape) => s("path", { class: `cv-dilation-${name}`, "data-row": row, "data-places": places.join(),
  d: places.map((n) => shape(x(n), y(row))).join("") });
const dot = (r) => (x, y) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
// Small crosses would be blots: there a stroke stands out above and below the dots.
const cross = (r) => (x, y) => (r < 2 ? `M${x} ${y - 7}v14` : `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}zl${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`);

function linkPath(name, links, { x, y, unit }) {
  const width = name === "path" ? clamp(unit * 0.2, 1.2, 2.2) : 1;
  return s("path", { class: `cv-dilation-${name}`, "data-links": links.length, "stroke-width": width,
    d: links.map(([l, n, m]) => `M${x(n)} ${y(l)}L${x(m)} ${y(l - 1)}`).join("") });
}

function stackRows({ all, layers, k, places, whole, first, counts }, at) {
  const links = layers.flatMap(({ d, before }, l) => places[l + 1].flatMap((n) =>
    Array.from({ length: k }, (_, i) => [l + 1, n, n - before + i * d])));
  const every = Array.from({ length: whole.size }, (_, i) => whole.first + i);
  const holes = counts.flatMap((count, i) => (count ? [] : [first + i]));
  const taken = (l, n) => places[l]?.includes(n) || (l === 0 && holes.includes(n));
  return [
    ...Array.from({ length: all.length + 1 }, (_, l) => shapes("idle", l, every.filter((n) => !taken(l, n)), at, dot(at.radius * 0.7))),
    linkPath("link", links, at),
    ...places.map((row, l) => shapes(l === 0 ? "input" : l === layers.length ? "output" : "hidden", l, row, at, dot(at.radius))),
    shapes("hole", 0, holes, at, cross(Math.max(at.radius, 1))),
  ];
}

// A bar below each input that is as long as its count, and the count where all of them have room.
function countBars({ counts, first }, { x, y, unit }) {
  const most = Math.max(...counts), digits = String(most).length * DIGIT < unit;
  return s("g", { class: "cv-dilation-counts", "data-counts": counts.join() }, counts.map((count, i) => (count === 0 ? null : [
    s("rect", { x: x(first + i) - unit * 0.35, y: y(0) + 10, width: unit * 0.7, height: Math.max((count / most) * (BARS - 12), 1) }),
    digits ? s("text", { x: x(first + i), y: y(0) + 20 + (count / most) * (BARS - 12) }, String(count)) : null])).flat());
}

function ticks({ whole }, { x, unit, height }) {
  const every = [1, 2, 5, 10, 20].find((size) => unit * size >= 26);
  return Array.from({ length: whole.size }, (_, i) => whole.first + i).filter((n) => n % every === 0)
    .map((n) => s("text", { class: "cv-dilation-tick", x: x(n), y: height - 2 }, shown(n)));
}

// Arrow keys, Home and End lead from the input that is followed, now(), to another one.
function keys(node, now, go, far) {
  node.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -far], End: [0, far] };
    if (!(event.key in moves) || shortcut(event)) return;
    event.preventDefault();
    const [down, right] = moves[event.key], { row, column } = now();
    go({ row: row + down, column: column + right });
  });
}

// Pointing shows an input, pressing chooses it: locate(event) gives its { row, column }.
function pointing(node, locate, look, go) {
  press(node, (event) => go(locate(event)), (event) => go(locate(event)));
  node.addEventListener("pointermove", (event) => { if (event.pointerType !== "touch") look(locate(event)); });
  node.addEventListener("pointerleave", () => look());
}

function stackPicture(t, now, look, go, far) {
  const rows = s("g"), above = s("g"), pick = s("rect", { class: "cv-dilation-pick", x: GUTTER, y: 0 });
  const ring = s("circle", { class: "cv-dilation-ring" });
  const chosen = s("g", { class: "cv-dilation-chosen", role: "slider", tabindex: 0, "aria-label": t("dilation_stack.column") }, ring);
  const svg = s("svg", { class: "cv-dilation-stack", role: "group", "aria-label": t("dilation_stack.stage") }, rows, above, pick, chosen);
  const locate = (event) => {
    const { at, state } = now(), left = event.clientX - svg.getBoundingClientRect().left;
    return { column: Math.round((left - at.x(0)) / at.unit), row: state.row };
  };
  pointing(pick, locate, look, go);
  keys(chosen, () => now().state, ({ row, column }) => go({ row: now().state.row, column: column - (row - now().state.row) }), far); // up is more
  const draw = (state, at) => {
    svg.setAttribute("width", at.width);
    svg.setAttribute("height", at.height);
    const names = Array.from({ length: state.all.length + 1 }, (_, l) => (l ? [
      s("text", { class: "cv-dilation-tick", x: 8, y: at.y(l) + 4 }, String(l)),
      s("text", { class: "cv-dilation-print", x: 24, y: at.y(l) + 4 }, `d = ${state.rates[l - 1]}`)]
      : [s("text", { class: "cv-swatch-input", x: 2, y: at.y(0) + 4 }, at.dots ? t("tensor.input") : "")])).flat();
    chosen.style.display = pick.style.display = at.dots ? "" : "none";
    if (!at.dots) { // a map stands in its place
      rows.replaceChildren(...names);
      return above.replaceChildren();
    }
    const { counts, first, last, column, layers } = state, count = counts[column - first];
    pick.setAttribute("width", Math.max(at.width - GUTTER, 0));
    pick.setAttribute("height", at.height);
    rows.replaceChildren(...names, ...stackRows(state, at), countBars(state, at), ...ticks(state, at));
    above.replaceChildren(linkPath("path", count ? pathLinks(state.k, layers, column) : [], at),
      s("text", { class: "cv-swatch-output cv-dilation-name", x: at.x(0), y: at.y(layers.length) - 11 }, "y[0]"));
    for (const [name, value] of [["cx", at.x(column)], ["cy", at.y(0)], ["r", at.radius + 3]]) ring.setAttribute(name, value);
    for (const [name, value] of [["valuemin", first], ["valuemax", last], ["valuenow", column],
      ["valuetext", t("dilation_stack.paths_to", { from: "y[0]", to: `x[${shown(column)}]`, count })]]) chosen.setAttribute(`aria-${name}`, value);
  };
  return { element: svg, draw };
}

// ---- two dimensions --------------------------------------------------------------------------------

// How dark a cell is: its count on a logarithmic scale, and never so pale as to seem unused.
const shade = (count, most) => 0.22 + 0.78 * (most > 1 ? Math.log(count) / Math.log(most) : 1);

function paintMap(canvas, { counts, first, whole }, side) {
  const scale = devicePixelRatio || 1, pen = canvas.getContext("2d"), style = getComputedStyle(canvas);
  const cell = (side * scale) / whole.size, shift = first - whole.first, most = Math.max(...counts) ** 2, gap = cell > 5 * scale ? scale : 0;
  canvas.width = canvas.height = Math.round(side * scale);
  const [full, hole] = ["--cv-kernel", "--cv-dilation-hole"].map((name) => style.getPropertyValue(name).trim());
  pen.strokeStyle = hole;
  pen.lineWidth = 1.2 * scale;
  const edge = (n) => Math.round((shift + n) * cell), arm = cell * 0.25; // edges on whole pixels leave no seams
  counts.forEach((down, i) => counts.forEach((across, j) => {
    const [y, x] = [edge(i), edge(j)], count = down * across;
    pen.globalAlpha = count ? shade(count, most) : 1;
    pen.fillStyle = count ? full : hole;
    if (count) pen.fillRect(x, y, edge(j + 1) - x - gap, edge(i + 1) - y - gap);
    else if (cell < 6 * scale) pen.fillRect(Math.round(x + arm), Math.round(y + arm), ...Array(2).fill(Math.max(1, Math.round(cell / 2))));
    else pen.stroke(new Path2D(`M${x + arm} ${y + arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}`));
  }));
}

function mapPicture(t, now, point, go, far) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const [edge, cell] = ["edge", "cell"].map((name) => s("rect", { class: `cv-dilation-${name}` }));
  const svg = s("svg", { role: "application", tabindex: 0, "data-map": true }, edge, cell);
  const legend = h("div", { class: "cv-dilation-legend" });
  let painted;
  const element = h("figure", { class: "cv-dilation-map" }, h("figcaption", { class: "cv-board-caption" }, t("dilation_stack.map")),
    h("div", { class: "cv-dilation-screen" }, canvas, svg), legend);
  const locate = (event) => {
    const { state: { whole }, at } = now(), box = svg.getBoundingClientRect(), size = at.side / whole.size;
    const [row, column] = [event.clientY - box.top, event.clientX - box.left].map((from) => whole.first + Math.floor(from / size));
    return { row, column };
  };
  pointing(svg, locate, point, go);
  keys(svg, () => now().state, go, far);
  const draw = (state, at) => {
    element.style.display = at.side ? "" : "none";
    if (!at.side) return;
    const { whole, first, counts, row, column } = state, size = at.side / whole.size, most = Math.max(...counts) ** 2;
    element.style.width = `${at.side}px`;
    for (const node of [canvas, svg]) Object.assign(node.style, { width: `${at.side}px`, height: `${at.side}px` });
    const look = JSON.stringify([counts, first, whole, at.side, devicePixelRatio]);
    if (look !== painted) paintMap(canvas, state, at.side); // following another input changes no colour
    painted = look;
    for (const [node, x, y, n] of [[edge, first, first, counts.length], [cell, column, row, 1]]) {
      for (const [name, value] of Object.entries({ x: (x - whole.first) * size, y: (y - whole.first) * size, width: n * size, height: n * size })) node.setAttribute(name, value);
    }
    svg.setAttribute("aria-label", `${t("dilation_stack.map")}: ${spelledPaths(t, state)}`);
    const scale = ["1 ", h("span", { class: "cv-dilation-scale" }), ` ${grouped(most)} ${t("dilation_stack.scale")}`];
    legend.replaceChildren(...(most > 1 ? scale : [t("dilation_stack.one_path")]),
      ...(state.used < counts.length ? [" · ", h("span", { class: "cv-dilation-none" }, "×"), ` ${t("dilation_stack.none")}`] : []));
  };
  return { element, draw };
}

// ---- words and numbers -----------------------------------------------------------------------------

function spelledPaths(t, { axes, row, column, first, counts }) {
  const [down, across] = [row, column].map((n) => counts[n - first]), flat = axes === 1;
  const count = flat ? across : down * across;
  const [from, to] = flat ? ["y[0]", `x[${shown(column)}]`] : ["y[0, 0]", `x[${shown(row)}, ${shown(column)}]`];
  return t(`dilation_stack.${count ? "paths_to" : "hole"}`, { from, to, count: flat || !count ? count : `${down}·${across} = ${grouped(count)}` });
}

function spelledField({ k, layers, counts }) {
  const size = h("strong", { class: "cv-swatch-kernel" }, String(counts.length)), rates = layers.map(({ d }) => d).join(" + ");
  return ["r = 1", ...(layers.length ? [` + ${k - 1}·(${rates}) = `, size] : [])];
}

// What one output uses: a row of numbers for one dimension, and one for two.
function numbersTable(t) {
  const body = h("tbody", {}), heads = ["field", "used_inputs", "parameters", "counts"].map((name) => h("th", { scope: "col" }, t(`dilation_stack.${name}`)));
  const draw = ({ k, axes: shownAxes, layers, counts, used }) => {
    const fewest = Math.min(...counts.filter(Boolean)), most = Math.max(...counts), size = counts.length;
    body.replaceChildren(...[size, size ** 2].map((_, dimension) => {
      const axes = dimension + 1, [least, greatest] = [fewest, most].map((count) => count ** axes), share = String(Math.round(1000 * (used / size) ** axes) / 10);
      return h("tr", { "data-axes": axes, class: axes === shownAxes && "cv-dilation-now" }, h("th", { scope: "row" }, t(`dilation_stack.axes_${axes}`)), [
        axes === 1 ? String(size) : [h("span", {}, `${size}×${size} = `), grouped(size ** 2)], t("dilation_stack.used", { count: grouped(used ** axes), share }),
        String(layers.length * k ** axes), least === greatest ? grouped(least) : `${least}–${grouped(greatest)}`].map((text) => h("td", {}, text)));
    }));
  };
  return { element: h("table", { class: "cv-dilation-table" }, h("thead", {}, h("tr", {}, h("td", {}), heads)), body), draw };
}

function torchLines({ k, rates, step, axes }) {
  const ones = (side) => `torch.ones(1, 1, ${Array(axes).fill(side).join(", ")})`, call = `F.conv_transpose${axes}d(paths, ${ones(k)}, dilation=d)`;
  return [call, ["import torch", "import torch.nn.functional as F", "", `paths = ${ones(1)}`,
    `for d in [${rates.slice(0, step).reverse().join(", ")}]:`, `    paths = ${call}`, "print(paths)"].join("\n")];
}

// ---- controls --------------------------------------------------------------------------------------

// The model as the controls need it. A stack for which the picture has no room is refused, and the
// reader is told why.
function guarded(model, t, node, redraw) {
  const attempt = (changes) => {
    const { problem } = read(model, changes);
    if (problem && !read(model).problem) {
      say(node(), spelledProblem(t, problem));
      redraw(); // what was chosen is not so
    } else Object.entries(changes).forEach(([name, value]) => model.set(name, value));
  };
  const rates = () => read(model).rates, all = rangeOf(model, "step")[1];
  const ofLayer = Array.from({ length: all }, (_, l) => [`rate-${l + 1}`, { get: () => rates()[l] ?? rates().at(-1),
    set: (value) => attempt({ dilation: rates().map((old, i) => (i === l ? value : old)) }) }]);
  return { attempt, model: adapted(model, { ...Object.fromEntries(ofLayer),
    layers: { get: () => rates().length, set: (count) => attempt({ dilation: filled(rates(), count), step: all }) },
    step: { get: () => read(model).step, set: (step) => model.set("step", step >= rates().length ? all : step) },
    ...Object.fromEntries(["kernel_size", "padding"].map((name) => [name, { set: (value) => attempt({ [name]: value }) }])),
    ...Object.fromEntries(["row", "column"].map((name) => [name, { get: () => read(model)[name] ?? 0 }])) }) };
}

// A typed rate beside each layer of the picture.
function rateFields(model, controlled, t) {
  const limits = () => model.get("fields").dilation.value, count = rangeOf(model, "step")[1];
  const fields = Array.from({ length: count }, (_, l) => numberField(controlled, `rate-${l + 1}`, t("dilation_stack.rate_of", { layer: l + 1 }), { limits }));
  const element = h("div", { class: "cv-dilation-rates", role: "group", "aria-label": t("dilation_stack.rate") },
    h("span", {}, t("dilation_stack.rate")), fields.map((field) => field.element));
  const place = ({ rates }, at) => fields.forEach(({ element: field }, l) => {
    field.style.display = l < rates.length ? "" : "none";
    if (l < rates.length) field.style.top = `${at ? at.y(l + 1) : ROOM.top + 10 + (rates.length - 1 - l) * FINGER}px`;
  });
  return { element, place, sync: () => fields.forEach(({ sync }) => sync()) };
}

// Whole stacks to choose from; "my own" is what is none of them.
function presetChoice(model, t, attempt) {
  const names = Object.keys(PRESETS);
  const input = h("select", { "data-action": "preset", onchange: () => {
    const preset = PRESETS[names[input.selectedIndex - 1]];
    if (!preset) return sync();
    attempt({ ...structuredClone(preset), step: rangeOf(model, "step")[1], row: 0, column: 0 });
    model.save_changes();
  } }, h("option", {}, t("dilation_stack.preset_own")), names.map((name) => h("option", { value: name }, t(`dilation_stack.preset_${name}`))));
  const sync = () => {
    input.selectedIndex = names.findIndex((name) => Object.entries(PRESETS[name]).every(([key, value]) =>
      JSON.stringify(model.get(key)) === JSON.stringify(value))) + 1;
  };
  return { element: h("label", { class: "cv-control" }, h("span", {}, t("dilation_stack.preset")), input), sync };
}

const counted = ([low, high]) => Array.from({ length: high - low + 1 }, (_, i) => [low + i, String(low + i)]);

function pictureOf(model, t, rates, redraw, stop) {
  let drawn, looked; // what is on the screen, and the input under the pointer
  const now = () => drawn, look = (at) => { looked = at; redraw(); };
  const go = ({ row, column }) => {
    stop();
    const { state } = drawn, [down, right] = [row, column].map((n) => clamp(n, state.first, state.last));
    if (down !== model.get("row") || right !== model.get("column")) update(model, { row: down, column: right });
  };
  const far = rangeOf(model, "column")[1], parts = [stackPicture, mapPicture].map((make) => make(t, now, look, go, far));
  const problem = h("div", { class: "cv-formula cv-dilation-problem" }), table = numbersTable(t), torch = codePanel(t, "PyTorch");
  const words = h("div", { class: "cv-formula cv-dilation-words", "aria-live": "polite" });
  const stage = h("div", { class: "cv-dilation-stage" }, parts.map(({ element }) => element), rates.element);
  const draw = () => {
    const state = read(model, looked), wrong = Boolean(state.problem);
    for (const { element } of [...parts, { element: words }, table, torch]) element.style.display = wrong ? "none" : "";
    problem.textContent = wrong ? spelledProblem(t, state.problem) : "";
    stage.style.height = wrong ? `${ROOM.top + state.rates.length * FINGER}px` : "";
    if (wrong) return rates.place(state);
    const at = geometry(state, stage.clientWidth || 640);
    drawn = { state: read(model), at };
    parts.forEach((part) => part.draw(state, at));
    rates.place(state, at);
    words.replaceChildren(h("div", { "data-words": "paths" }, spelledPaths(t, state)), h("div", { "data-words": "field" }, ...spelledField(state)));
    table.draw(state);
    torch.draw(...torchLines(state));
  };
  return { elements: [problem, stage, words, table.element], torch: torch.element, draw, node: stage };
}

export default {
  render(context) {
    return frame(context, "dilation_stack", ({ model, t, redraw }) => {
      const label = (name) => t(`dilation_stack.${name}`), fields = model.get("fields");
      const { attempt, model: controlled } = guarded(model, t, () => picture.node, redraw);
      const rates = rateFields(model, controlled, t), play = player(controlled, "step", () => read(model).all.length, { interval: 1200 });
      const picture = pictureOf(model, t, rates, redraw, play.stop);
      const choice = (name, choices) => select(controlled, name, label(name), choices);
      const within = () => {
        const { first, last } = read(model);
        return [first ?? 0, last ?? 0];
      };
      return {
        picture: picture.elements,
        controls: [play, presetChoice(model, t, attempt),
          choice("layers", counted(rangeOf(model, "step")).slice(1)), choice("kernel_size", counted(rangeOf(model, "kernel_size"))),
          choice("padding", fields.padding.choices.map((each) => [each, label(each)])),
          segmented(model, "axes", label("axes"), counted(rangeOf(model, "axes")).map(([axes]) => [axes, label(`axes_${axes}`)]))],
        more: [["column", "row"].map((name) => slider(controlled, name, label(name), { limits: within })),
          picture.torch, h("p", { class: "cv-note" }, label("note"))],
        draw: () => {
          rates.sync();
          picture.draw();
        },
      };
    });
  },
};
