// im2col: the windows of an input as the columns of one matrix, and the convolution as its product.
import { board } from "./shared/board.js";
import { codePanel } from "./shared/code.js";
import { segmented, select, slider } from "./shared/controls.js";
import { channelTensors } from "./shared/core/channels.js";
import { matmul } from "./shared/core/matmul.js";
import { clamp, factor, formatNumber, grouped, shown } from "./shared/core/numbers.js";
import { convOutputSize } from "./shared/core/sizes.js";
import { unfoldSources } from "./shared/core/unfold.js";
import { windowCells } from "./shared/core/windows.js";
import { frame } from "./shared/frame.js";
import { player } from "./shared/player.js";
import { adapted, h, rangeOf, say, scheduler, update } from "./shared/ui.js";

const SIZES = ["channels", "height", "width", "filters", "kernel", "stride", "padding", "dilation"];
// Pixels: tall is for a whole column, narrow for the cells of a matrix on a line of its own.
const CELL = { largest: 28, narrow: 24, smallest: 22, gap: 24, tall: 380 };

const ink = (name, text) => h("span", { class: `cv-swatch-${name}` }, text);
const place = (name, ...at) => `${name}[${at.join(", ")}]`;
const size = (...sides) => `(${sides.join(", ")})`;

// ---- the state, with all that follows from it --------------------------------------------------

const sizesOf = (model) => Object.fromEntries(SIZES.map((name) => [name, model.get(name)]));

// Rows and columns of the output; 0 where the kernel does not fit.
function outputSides({ height, width, kernel, stride, padding, dilation }) {
  return [height, width].map((side) => Math.max(convOutputSize(side, kernel, stride, padding, dilation), 0));
}

const spanOf = ({ kernel, dilation }) => dilation * (kernel - 1) + 1;

function read(model) {
  const state = sizesOf(model);
  const { channels, height, width, filters, kernel, stride, padding, dilation } = state;
  const [rows, columns] = outputSides(state);
  const twice = (value) => [value, value];
  const options = { height, width, kernel: twice(kernel), stride: twice(stride), padding: twice(padding),
    dilation: twice(dilation) };
  const sources = unfoldSources(channels, options);
  const weight = channelTensors(model.get("seed")).weight.slice(0, filters).map((slices) =>
    slices.slice(0, channels).map((slice) => slice.slice(0, kernel).map((row) => row.slice(0, kernel))));
  const weightRows = weight.map((slices) => slices.flat(2));
  // The cells of the input are numbered from 1, so that the padding's -1 becomes its 0.
  const unfolded = sources.map((row) => row.map((index) => index + 1));
  const positions = rows * columns, step = clamp(model.get("step"), 0, Math.max(positions - 1, 0));
  return { ...state, options, rows, columns, positions, step, sources, weight, weightRows, unfolded,
    fits: positions > 0, span: spanOf(state), taps: kernel * kernel,
    product: matmul(weightRows, unfolded), byRow: model.get("by_row"), source: model.get("source") };
}

// Where a cell of the input stands: its channel, row and column.
function cellAt({ height, width }, index) {
  return [Math.floor(index / (height * width)), Math.floor(index / width) % height, index % width];
}

// What the picture is about: a column, an input cell with its copies, a weight. What the pointer or
// the focus is on comes before what is kept.
function subject(state, hover) {
  const step = Math.min(hover?.step ?? state.step, Math.max(state.positions - 1, 0));
  const source = hover?.source ?? state.source, there = source < state.channels * state.height * state.width;
  const row = Math.floor(step / state.columns), column = step % state.columns;
  return { step, row, column, tap: hover?.tap, source: there ? source : -1,
    cells: state.fits ? windowCells(row, column, state.options) : [] };
}

// ---- words and numbers below the picture ---------------------------------------------------------

function spelledSums(t, { weightRows, unfolded, product }, { step, row, column }) {
  const terms = (weights) => weights.map((weight, k) => [k ? " + " : "",
    h("span", { class: "cv-im2col-term" }, ink("kernel", factor(weight)), "·", ink("input", unfolded[k][step]))]);
  return [h("div", {}, t("im2col.column_of", { step, row, column })),
    ...weightRows.map((weights, f) => h("div", { class: "cv-im2col-products" }, place("out", f, row, column), " = ",
      ...terms(weights).flat(), " = ", h("strong", { class: "cv-swatch-output" }, shown(product[f][step]))))];
}

function spelledCopies(t, state, { source }) {
  if (source < 0) return t("im2col.copies_hint");
  const count = state.sources.flat().filter((index) => index === source).length;
  return t("im2col.copies", { cell: `${place(t("tensor.input"), ...cellAt(state, source))} = ${source + 1}`, count });
}

function tooLarge(t, state) {
  return t("im2col.too_large", { span: spanOf(state), height: state.height + 2 * state.padding,
    width: state.width + 2 * state.padding });
}

function spelledShapes(t, { channels, filters, taps, rows, columns, positions }) {
  const depth = channels * taps;
  return [
    h("div", {}, t("im2col.weight"), " ", ink("kernel", size(filters, depth)), " · ", t("im2col.unfolded"), " ",
      ink("input", size(depth, positions)), " = ", t("im2col.product"), " ", ink("output", size(filters, positions)),
      " → ", t("tensor.output"), " ", ink("output", size(filters, rows, columns))),
    h("div", {}, t("im2col.macs", { sum: `${filters}·${depth}·${positions}`, count: grouped(filters * depth * positions) })),
  ];
}

// The numbers that have to be kept, each with a bar as long as it is large.
function memoryRows(t, state) {
  const { channels, height, width, kernel, stride, taps, columns, positions, byRow } = state;
  const depth = channels * taps, input = channels * height * width;
  const longest = Math.max(input, depth * positions);
  const row = (key, ...sides) => {
    const count = sides.reduce((product, side) => product * side, 1);
    const times = key === "input" ? "" : t("im2col.times", { ratio: shown(Number((count / input).toFixed(2))) });
    return [h("span", { class: "cv-im2col-name" }, t(`im2col.memory_${key}`)),
      h("span", { class: `cv-im2col-bar cv-im2col-bar-${key}`, style: `width: ${(100 * count) / longest}%` }),
      h("span", { class: "cv-im2col-count" }, `${sides.join("·")} = `, h("strong", {}, grouped(count)), times)];
  };
  const limit = taps / stride ** 2, rounded = Number(limit.toFixed(2));
  return [
    ...row("input", channels, height, width),
    ...row("unfolded", depth, positions),
    ...row("held", depth, byRow ? columns : positions),
    h("span", { class: "cv-im2col-limit" }, t("im2col.limit",
      { sum: `${kernel}²/${stride}² ${rounded === limit ? "=" : "≈"} ${rounded}` })),
  ];
}

// The same in PyTorch: only what is not the default is named.
function torchLines({ channels, height, width, filters, kernel, stride, padding, dilation, taps, rows, columns, weight }) {
  const named = Object.entries({ dilation: [dilation, 1], padding: [padding, 0], stride: [stride, 1] })
    .map(([name, [value, usual]]) => (value === usual ? "" : `, ${name}=${value}`)).join("");
  const call = `F.unfold(x, ${kernel}${named})`;
  const numbers = (values) => (Array.isArray(values) ? `[${values.map(numbers).join(", ")}]` : `${formatNumber(values)}.`);
  return [call, ["import torch", "import torch.nn.functional as F", "",
    `x = torch.arange(1., ${channels * height * width + 1}.).reshape(1, ${channels}, ${height}, ${width})`,
    `w = torch.tensor(${numbers(weight)})`,
    `unfolded = ${call}`,
    `out = (w.reshape(${filters}, ${channels * taps}) @ unfolded).reshape(1, ${filters}, ${rows}, ${columns})`,
    "print(unfolded, out)",
    `print(torch.equal(out, F.conv2d(x, w${named})))`].join("\n")];
}

// ---- the picture -----------------------------------------------------------------------------------

// Side by side, the filters' rows lead to the product's rows and the columns stand above theirs. Where
// that is too wide, the matrix gets a line of its own, and scrolls.
function layout(width, { width: side, padding, channels, taps, positions }) {
  const left = Math.max(side + 2 * padding, channels * taps);
  const largest = clamp(Math.floor(CELL.tall / (channels * taps)), CELL.smallest, CELL.largest);
  const together = Math.floor((width - CELL.gap) / (left + positions));
  if (together >= CELL.smallest) return { cell: Math.min(together, largest), left };
  return { cell: clamp(Math.floor((width - 8) / positions), CELL.smallest, Math.min(CELL.narrow, largest)) };
}

// Turns what is done to a board's cell into a column, an input cell or a weight, and keeps what the
// pointer or the focus is on.
function choices(model, redraw, stopPlaying) {
  let hover;
  const look = (about) => { hover = about; redraw(); };
  const choose = (about) => {
    const { step, source } = about;
    stopPlaying();
    if (step !== undefined) update(model, { step });
    // The same cell once more lets go of it.
    else if (source !== undefined) update(model, { source: source === model.get("source") ? -1 : source });
    else look(about); // a weight is followed as long as it has the focus
  };
  const act = (of) => ({
    look: (cell) => look(cell && of(cell, read(model))),
    focus: (cell, visible) => {
      const about = visible ? of(cell, read(model)) : undefined;
      // Boards do not scroll by themselves: the page stays where it is under the pointer.
      if (visible) document.activeElement.scrollIntoView({ block: "nearest", inline: "nearest" });
      if (about?.step === undefined) look(about);
      else choose(about);
    },
    choose: (cell) => choose(of(cell, read(model))),
    release: () => update(model, { source: -1 }),
  });
  return { act, about: (state) => subject(state, hover) };
}

// How each cell looks, board by board.
function looks(t, state, about) {
  const { height, width, columns, kernel, taps, sources, weightRows, product, byRow } = state;
  const classes = (...names) => names.filter(Boolean).join(" ");
  const second = (channel) => channel % 2 && "cv-im2col-second";
  const label = (where, value) => (value === undefined ? t("im2col.empty", { place: where })
    : t("im2col.cell", { place: where, value: shown(value) }));
  const input = (c) => (y, x, inside) => {
    const index = inside ? (c * height + y) * width + x : -1;
    const tap = about.cells.findIndex((cell) => cell.y === y && cell.x === x);
    return { text: shown(index + 1), label: label(place(t("tensor.input"), c, y, x), index + 1),
      name: classes(second(c), !inside && "cv-board-zero", tap >= 0 && "cv-board-in",
        inside && index === about.source && "cv-im2col-copy",
        tap >= 0 && c * taps + tap === about.tap && "cv-board-chosen") };
  };
  const weight = (f, k) => ({ text: shown(weightRows[f][k]),
    label: label(place("w", f, ...cellAt({ height: kernel, width: kernel }, k)), weightRows[f][k]),
    name: classes(second(Math.floor(k / taps)), k === about.tap && "cv-board-chosen") });
  const matrix = (k, at) => {
    const index = sources[k][at], filled = at <= about.step, tapped = k === about.tap && filled;
    const held = !byRow || Math.floor(at / columns) === about.row;
    const copy = index >= 0 && index === about.source;
    return { text: filled || copy ? shown(index + 1) : "",
      label: label(place(t("im2col.unfolded"), k, at), filled ? index + 1 : undefined),
      name: classes(second(Math.floor(k / taps)), index < 0 && filled && "cv-board-zero",
        (at === about.step || tapped) && "cv-board-in", !filled && "cv-board-later", !held && "cv-im2col-gone",
        copy && "cv-im2col-copy", tapped && at === about.step && "cv-board-chosen") };
  };
  const output = (name, f, at, ...where) => {
    const filled = at <= about.step, value = product[f][at];
    return { text: filled ? shown(value) : "", label: label(place(t(name), ...where), filled ? value : undefined),
      name: at === about.step ? "cv-board-chosen" : filled ? "" : "cv-board-later" };
  };
  return { input, weight, matrix, product: (f, at) => output("im2col.product", f, at, f, at),
    map: (f) => (y, x) => output("tensor.output", f, y * columns + x, f, y, x) };
}

function pictureOf(model, t, stopPlaying) {
  const redraw = scheduler(() => draw());
  const { act, about: aboutOf } = choices(model, redraw, stopPlaying);
  const most = (name, make) => Array.from({ length: rangeOf(model, name)[1] }, (_, i) => make(i));
  const inputs = most("channels", (c) => board("input", t("im2col.choose_input", { c }),
    act(({ y, x }, { height, width }) => ({ source: (c * height + y) * width + x }))));
  const maps = most("filters", (f) => board("output", t("im2col.choose_output", { f }),
    act(({ y, x }, { columns }) => ({ step: y * columns + x }))));
  const weights = board("kernel", t("im2col.choose_weight"), act(({ x }) => ({ tap: x })));
  const matrix = board("input", t("im2col.choose_copy"),
    act(({ y, x }, { sources }) => (sources[y]?.[x] >= 0 ? { source: sources[y][x] } : {}))); // not so in the padding
  const product = board("output", t("im2col.choose_product"), act(({ x }) => ({ step: x })));
  const left = h("div", { class: "cv-im2col-left" },
    h("div", { class: "cv-im2col-inputs" }, inputs.map(({ element }) => element)),
    h("div", { class: "cv-im2col-scroll cv-im2col-weights" }, weights.element));
  const right = h("div", { class: "cv-im2col-scroll cv-im2col-right" },
    h("div", { class: "cv-im2col-matrix" }, matrix.element), h("div", { class: "cv-im2col-product" }, product.element));
  const stage = h("div", { class: "cv-im2col-stage" }, left, right);
  const sums = h("div", { class: "cv-formula cv-im2col-sums", "aria-live": "polite" });
  const below = h("div", { class: "cv-im2col-below" },
    h("div", { class: "cv-im2col-maps" }, maps.map(({ element }) => element)), sums);
  const copies = h("div", { class: "cv-formula cv-answer cv-im2col-copies", "aria-live": "polite" });
  const memory = h("div", { class: "cv-formula cv-answer cv-im2col-memory" });
  const shapes = h("div", { class: "cv-formula cv-im2col-shapes" });
  const problem = h("div", { class: "cv-formula cv-grid-problem" });
  const torch = codePanel(t, "PyTorch");
  const results = [stage, below, copies, memory, shapes, torch.element];

  const drawBoards = (state, about, cell) => {
    const { filters, height, width, rows, columns, positions, span, stride, padding } = state;
    const look = looks(t, state, about), depth = state.sources.length;
    const view = (high, wide, name, lookAt, window) => ({ rows: high, columns: wide, padding: [0, 0], cell,
      caption: `${name} ${high}×${wide}`, look: lookAt, frame: window });
    const each = (boards, count, paint) => boards.forEach(({ element, draw: show }, i) => {
      element.style.display = i < count ? "" : "none";
      if (i < count) show(paint(i));
    });
    const window = { y: about.row * stride - padding, x: about.column * stride - padding, width: span, height: span };
    const column = { y: 0, x: about.step, width: 1 };
    each(inputs, state.channels, (c) => ({ ...view(height, width, place(t("tensor.input"), c), look.input(c), window),
      padding: [padding, padding] }));
    weights.draw(view(filters, depth, t("im2col.weight"), look.weight));
    matrix.draw(view(depth, positions, t("im2col.unfolded"), look.matrix, { ...column, height: depth }));
    product.draw(view(filters, positions, t("im2col.product"), look.product, { ...column, height: filters }));
    each(maps, filters, (f) => view(rows, columns, place(t("tensor.output"), f), look.map(f)));
  };

  // Brings the column of a new step into view, and leaves it to the reader to scroll elsewhere.
  let revealed;
  const reveal = ({ step }, cell) => {
    if (step === revealed) return;
    revealed = step;
    right.scrollLeft = clamp(right.scrollLeft, (step + 1) * cell + 4 - right.clientWidth, step * cell);
  };

  const draw = () => {
    const state = read(model), about = aboutOf(state);
    for (const element of results) element.style.display = state.fits ? "" : "none";
    problem.textContent = state.fits ? "" : tooLarge(t, state);
    if (!state.fits) return;
    const { cell, left: cells } = layout(stage.clientWidth || 640, state);
    stage.classList.toggle("cv-im2col-stacked", !cells);
    left.style.width = cells ? `${cells * cell + 2}px` : "";
    drawBoards(state, about, cell);
    reveal(state, cell);
    sums.replaceChildren(...spelledSums(t, state, about));
    copies.textContent = spelledCopies(t, state, about);
    memory.replaceChildren(...memoryRows(t, state));
    shapes.replaceChildren(...spelledShapes(t, state));
    torch.draw(...torchLines(state));
  };
  return { elements: [problem, ...results], draw };
}

// ---- controls ------------------------------------------------------------------------------------------

function newWeights(model, t) {
  return { element: h("button", { type: "button", "data-action": "new-weights",
    onclick: () => update(model, { seed: (model.get("seed") + 1) % (rangeOf(model, "seed")[1] + 1) }) }, t("im2col.new_weights")) };
}

// The eight sizes. One with which the kernel would not fit is not taken, and the reader is told why.
function sizeChoices(model, t) {
  const set = (name) => (value) => {
    const wanted = { ...sizesOf(model), [name]: value };
    if (outputSides(wanted).includes(0)) {
      say(lists[name].element, tooLarge(t, wanted));
      lists[name].sync();
      return;
    }
    model.set(name, value);
    // Numbering the input's cells anew lets go of the one whose copies are shown.
    if (["channels", "height", "width"].includes(name)) model.set("source", -1);
  };
  const sized = adapted(model, Object.fromEntries(SIZES.map((name) => [name, { set: set(name) }])));
  const lists = Object.fromEntries(SIZES.map((name) => {
    const [low, high] = rangeOf(model, name);
    const values = Array.from({ length: high - low + 1 }, (_, i) => low + i);
    return [name, select(sized, name, t(`im2col.${name}`),
      values.map((value) => [value, name === "kernel" ? `${value}×${value}` : String(value)]))];
  }));
  return Object.values(lists);
}

export default {
  render(context) {
    return frame(context, "im2col", ({ model, t }) => {
      const last = () => Math.max(read(model).positions - 1, 0);
      const position = () => {
        const { row, column } = subject(read(model));
        return `[${row}, ${column}]`;
      };
      const play = player(model, "step", last);
      const picture = pictureOf(model, t, play.stop);
      const [problem, stage, below, copies, memory, shapes, torch] = picture.elements;
      const sizes = sizeChoices(model, t);
      return {
        picture: [problem, stage],
        controls: [play, slider(model, "step", t("im2col.step"), { limits: () => [0, last()], show: position })],
        more: [
          sizes.slice(0, 4), [...sizes.slice(4), newWeights(model, t)],
          below, copies,
          segmented(model, "by_row", t("im2col.by_row"), [[false, t("im2col.everything")], [true, t("im2col.one_row")]]),
          memory, shapes, torch, h("p", { class: "cv-note" }, t("im2col.note")),
        ],
        draw: picture.draw,
      };
    });
  },
};
