// A convolution as a matrix C, the transposed convolution as its transpose, and their product.
import { board } from "./shared/board.js";
import { codePanel } from "./shared/code.js";
import { segmented, slider } from "./shared/controls.js";
import { matmul } from "./shared/core/matmul.js";
import { convMatrixTaps, rank, transpose } from "./shared/core/matrices.js";
import { clamp, factor, formatNumber, shown } from "./shared/core/numbers.js";
import { convOutputSize } from "./shared/core/sizes.js";
import { windowCells } from "./shared/core/windows.js";
import { frame } from "./shared/frame.js";
import { player } from "./shared/player.js";
import { settingSelect, sideSelect } from "./shared/sides.js";
import { adapted, h, rangeOf, say, scheduler, update } from "./shared/ui.js";

const CELL = { largest: 28, smallest: 16, grids: 26, tall: 315 }; // pixels; tall is for the matrix
const STATE = ["input", "kernel", "stride", "padding"], VIEWS = ["forward", "back", "product"];

const ink = (name, text) => h("span", { class: `cv-swatch-${name}` }, text);
const place = (name, ...at) => `${name}[${at.join(", ")}]`;
const classes = (...names) => names.filter(Boolean).join(" ");
const column = (numbers) => numbers.map((number) => [number]);

// ---- the state, with all that follows from it ------------------------------------------------------

const settingsOf = (model) => Object.fromEntries(STATE.map((name) => [name, model.get(name)]));

function sidesOf({ input, kernel, stride, padding }) {
  return [[input.length, kernel.length], [input[0].length, kernel[0].length]].map(([size, k]) =>
    Math.max(convOutputSize(size, k, stride, padding), 0));
}

// Why there is no picture, as the key of a label and its numbers, or undefined.
function problemOf(model, settings) {
  const [rows, columns] = sidesOf(settings), outputs = rows * columns, most = rangeOf(model, "step")[1] + 1;
  if (outputs === 0) return ["too_large", {}];
  return outputs > most ? ["too_many", { outputs, most }] : undefined;
}

function read(model) {
  const settings = settingsOf(model), { input, kernel, stride, padding } = settings, problem = problemOf(model, settings);
  if (problem) return { ...settings, problem, last: 0 };
  const [rows, columns] = sidesOf(settings), view = model.get("view");
  const twice = (value) => [value, value], height = input.length, width = input[0].length;
  const options = { height, width, kernel: [kernel.length, kernel[0].length], stride: twice(stride), padding: twice(padding) };
  const taps = convMatrixTaps(options), weights = kernel.flat(), inputs = height * width, outputs = rows * columns;
  const C = taps.map((row) => row.map((tap) => (tap < 0 ? 0 : weights[tap]))), back = transpose(C), x = input.flat();
  const y = matmul(C, column(x)).flat(), z = matmul(back, column(y)).flat();
  const last = (view === "product" ? inputs : outputs) - 1, source = model.get("source");
  return { ...settings, rows, columns, view, options, height, width, taps, weights, inputs, outputs, C, back, x, y, z, last,
    product: view === "product" ? matmul(back, C) : undefined, step: Math.min(model.get("step"), last), source: source < inputs ? source : -1 };
}

// What the picture is about: an output (`step`), or an input cell (`source`), each perhaps with the
// `tap` that joins them; what the pointer or the focus is on comes before what is chosen.
function subject({ view, step, source }, hover) {
  const chosen = view === "product" ? { source: step } : source >= 0 ? { source } : { step };
  return hover?.step !== undefined || hover?.source !== undefined ? hover : { ...chosen, ...hover };
}

// ---- words and numbers -----------------------------------------------------------------------------

const refusal = (t, [key, numbers]) => t(`transposed_matrix.${key}`, numbers);
const at = (name, index, width) => place(name, Math.floor(index / width), index % width);

// "name = a·b + ... = result": what a row of a matrix and a vector give.
function spelledProduct(name, weights, numbers, used, kinds, result) {
  const terms = used.flatMap((i, k) => [k ? " + " : "", h("span", { class: "cv-matrix-term" },
    ink(kinds[0], factor(weights[i])), "·", ink(kinds[1], factor(numbers[i])))]);
  return h("div", {}, `${name} = `, ...terms, used.length ? " = " : "", h("strong", { class: `cv-swatch-${kinds[2]}` }, shown(result)));
}

const used = (taps) => taps.flatMap((tap, i) => (tap < 0 ? [] : [i]));

function spelled(t, state, { step, source, pair }) {
  const { view, taps, C, back, x, y, z, width, columns, product, inputs } = state;
  const line = (key, values) => h("div", {}, t(`transposed_matrix.${key}`, values));
  if (view === "product") {
    const [a, b] = pair ?? [source, source], windows = used(taps.map((row) => (row[a] < 0 || row[b] < 0 ? -1 : 0)));
    return [line(a === b ? "entry_same" : "entry", { row: a, column: b, first: at("x", a, width), second: at("x", b, width), count: windows.length }),
      spelledProduct(place("CᵀC", a, b), back[a], back[b], windows, ["kernel", "kernel", "kernel"], product[a][b])];
  }
  if (step !== undefined) {
    const name = at("y", step, columns);
    if (view === "back") return [line("column_back", { index: step, cell: name, value: shown(y[step]), count: used(taps[step]).length })];
    return [line("row_forward", { index: step, cell: name }),
      spelledProduct(name, C[step], x, used(taps[step]), ["kernel", "input", "output"], y[step])];
  }
  const reached = transpose(taps)[source], outputs = used(reached);
  if (view === "forward") return [line("column_forward", { index: source, cell: at("x", source, width), count: outputs.length })];
  return [line("row_back", { index: source, cell: at("z", source, width), count: outputs.length, inputs }),
    spelledProduct(at("z", source, width), back[source], y, outputs, ["kernel", "output", "input"], z[source])];
}

// What the whole matrix tells.
function facts(t, { view, taps, weights, inputs, outputs, x, z, product, C }) {
  const entries = inputs * outputs, links = taps.flat().filter((tap) => tap >= 0).length;
  if (view === "forward") return t("transposed_matrix.entries", { rows: outputs, columns: inputs, entries, links, zeros: entries - links, weights: weights.length });
  if (view === "back") {
    const differ = z.filter((value, i) => Math.abs(value - x[i]) > 1e-9).length;
    return t("transposed_matrix.returned", { differ, count: inputs });
  }
  const same = product.every((row, r) => row.every((value, c) => Math.abs(value - Number(r === c)) < 1e-9));
  const found = rank(C), key = same ? "identity" : found < inputs ? "no_identity" : "no_identity_full";
  return t(`transposed_matrix.${key}`, { rank: found, inputs, outputs });
}

// The same in PyTorch: an image with a single 1 gives a column of C.
function torchLines({ input, kernel, stride, padding, height, width, inputs }) {
  const named = Object.entries({ stride: [stride, 1], padding: [padding, 0] })
    .map(([name, [value, usual]]) => (value === usual ? "" : `, ${name}=${value}`)).join("");
  const number = (value) => (Number.isInteger(value) ? `${value}.` : formatNumber(value));
  const tensor = (values) => `torch.tensor([[[${values.map((row) => `[${row.map(number).join(", ")}]`).join(", ")}]]])`;
  return [`C @ x.flatten() == F.conv2d(x, w${named}).flatten()`, ["import torch", "import torch.nn.functional as F", "",
    `x = ${tensor(input)}`, `w = ${tensor(kernel)}`,
    `C = F.conv2d(torch.eye(${inputs}).reshape(${inputs}, 1, ${height}, ${width}), w${named}).reshape(${inputs}, -1).T`,
    `y = F.conv2d(x, w${named})`,
    "print(C, torch.equal(C @ x.flatten(), y.flatten()))",
    `print((C.T @ y.flatten()).reshape(${height}, ${width}))`,
    "print(C.T @ C, torch.linalg.matrix_rank(C.T @ C))"].join("\n")];
}

// ---- the picture -----------------------------------------------------------------------------------

// The grids at the left of the matrix, below each other; on a narrow page in a row above it.
function layout(width, { view, inputs, outputs, height, kernel, rows }) {
  const wide = width >= 560;
  const [tall, across] = { forward: [outputs, inputs], back: [inputs, outputs], product: [inputs, inputs] }[view];
  const matrix = clamp(Math.floor(Math.min((wide ? width - 170 : width - 12) / (across + 1.2), CELL.tall / (tall + 1))), CELL.smallest, CELL.largest);
  const grids = wide ? Math.floor(CELL.tall / (2 * height + kernel.length + rows + 3.5)) : 21;
  return { wide, matrix, grids: clamp(grids, CELL.smallest, CELL.grids) };
}

// Turns what is done to a cell into an output, an input cell, a weight or an entry of CᵀC.
function choices(model, redraw, stopPlaying) {
  let hover;
  const look = (about) => { hover = about; redraw(); };
  const choose = (about) => {
    stopPlaying();
    const product = model.get("view") === "product";
    if (about?.source !== undefined && about.step === undefined) {
      if (product) update(model, { step: about.source });
      else update(model, { source: about.source === model.get("source") ? -1 : about.source });
    } else if (about?.step !== undefined && !product) update(model, { step: about.step, source: -1 });
    else look(about); // a weight is followed as long as it has the focus
  };
  const act = (of) => ({
    look: (cell) => look(cell && of(cell, read(model))),
    focus: (cell, visible) => look(visible ? of(cell, read(model)) : undefined),
    choose: (cell) => choose(of(cell, read(model))),
    release: () => update(model, { source: -1 }),
  });
  return { act, about: (state) => subject(state, hover), forget: () => { hover = undefined; } };
}

// How each cell looks, board by board.
function looks(t, state, about) {
  const { view, taps, C, back, product, x, y, z, kernel, width, columns, step: filled } = state;
  const { step, source, pair, cell } = about, forward = view === "forward", laidOut = view === "back";
  const label = (where, value) => t("transposed_matrix.cell", { place: where, value: shown(value) });
  const chosen = (is) => is && "cv-board-chosen", linked = (is) => is && "cv-board-in";
  // Which cells and weights belong to what is chosen: a row of C, or a column.
  const row = step === undefined ? undefined : taps[step], joined = (o, i) => taps[o][i] >= 0;
  const tapOf = (tap) => (about.tap === undefined ? row?.includes(tap) || (source !== undefined && !pair && view !== "product" && taps.some((each) => each[source] === tap)) : about.tap === tap);
  const ofInput = (name, values) => (i) => ({ text: shown(values[i]), label: label(at(name, i, width), values[i]),
    name: classes(linked(row?.[i] >= 0 && (name === "x") === forward), chosen(i === source || i === cell || pair?.includes(i))) });
  const later = (o) => view !== "product" && source === undefined && o > filled && o !== step;
  const ofOutput = (o) => ({ text: shown(y[o]), label: label(at("y", o, columns), y[o]),
    name: classes(chosen(o === step), linked(source !== undefined && joined(o, source)), later(o) && "cv-board-later") });
  // Cᵀ adds its columns one after the other: z is as far as they have come.
  const partial = laidOut && source === undefined ? z.map((_, i) => y.slice(0, filled + 1).reduce((sum, value, o) => sum + back[i][o] * value, 0)) : z;
  const entry = (o, i, where) => {
    const tap = taps[o][i], tapped = about.tap !== undefined && tap === about.tap;
    return { text: tap < 0 ? "0" : shown(C[o][i]), label: label(where, C[o][i]),
      name: classes(tap < 0 && "cv-board-zero", (o === step || i === source) && "cv-matrix-line",
        chosen(tapped || (o === step && i === cell))) };
  };
  const ofProduct = (a, b) => ({ text: shown(product[a][b]), label: label(place("CᵀC", a, b), product[a][b]),
    name: classes(!product[a][b] && "cv-board-zero", a === b && "cv-matrix-diagonal", a === source && !pair && "cv-matrix-line",
      chosen(pair && pair[0] === a && pair[1] === b)) });
  const inputAt = ofInput("x", x), backAt = ofInput("z", partial);
  return {
    input: (r, c) => inputAt(r * width + c), returned: (r, c) => backAt(r * width + c), output: (r, c) => ofOutput(r * columns + c),
    kernel: (i, j) => ({ text: shown(kernel[i][j]), label: label(place("w", i, j), kernel[i][j]), name: classes(chosen(tapOf(i * kernel[0].length + j))) }),
    matrix: (a, b) => (view === "product" ? ofProduct(a, b) : forward ? entry(a, b, place("C", a, b)) : entry(b, a, place("Cᵀ", a, b))),
    right: (_, b) => (laidOut ? ofOutput(b) : inputAt(b)),
    left: (a) => (forward ? ofOutput(a) : backAt(a)),
  };
}

function pictureOf(model, t, stopPlaying) {
  const redraw = scheduler(() => draw());
  const { act, about: aboutOf, forget } = choices(model, redraw, stopPlaying);
  const change = (name, of) => ({ ...act(of), t, limits: model.get("fields")[name].value,
    edit: ({ y, x }, value) => update(model, { [name]: model.get(name).map((row, r) =>
      row.map((old, c) => (r === y && c === x ? value : old))) }),
    editLabel: ({ y, x }) => t("transposed_matrix.edit", { cell: place(t(`tensor.${name}`), y, x) }) });
  const word = (name) => t(`transposed_matrix.${name}`);
  const ofInput = ({ y, x }, { width }) => ({ source: y * width + x });
  const vector = (kind, role, name, of) => board(kind, role, act(of));
  const boards = {
    input: board("input", word("x"), change("input", ofInput)),
    kernel: board("kernel", word("w"), change("kernel", ({ y, x }, { kernel }) => ({ tap: y * kernel[0].length + x }))),
    output: board("output", word("y"), act(({ y, x }, { columns, view }) => (view === "product" ? undefined : { step: y * columns + x }))),
    returned: board("input", word("z"), act(ofInput)),
    matrix: board("kernel", word("matrix"), act(({ y, x }, { view, taps }) => {
      if (view === "product") return { source: y, pair: [y, x] };
      const [step, cell] = view === "forward" ? [y, x] : [x, y];
      return { step, cell, ...(taps[step][cell] >= 0 && { tap: taps[step][cell] }) };
    })),
  };
  // The vectors at the matrix: what it multiplies stands above its columns, what comes out at its rows.
  const vectors = {
    above: { input: vector("input", word("x_flat"), "x", ({ x }) => ({ source: x })), output: vector("output", word("y_flat"), "y", ({ x }) => ({ step: x })) },
    beside: { output: vector("output", word("y_flat"), "y", ({ y }) => ({ step: y })), input: vector("input", word("z_flat"), "z", ({ y }) => ({ source: y })) },
  };
  const all = (group) => Object.values(group).map(({ element }) => element);
  const grids = h("div", { class: "cv-matrix-grids" }, boards.input.element, boards.kernel.element, boards.output.element, boards.returned.element);
  const stage = h("div", { class: "cv-matrix-stage" }, grids, h("div", { class: "cv-matrix-product" },
    h("div", { class: "cv-matrix-above" }, all(vectors.above)),
    h("div", { class: "cv-matrix-row" }, boards.matrix.element, h("div", { class: "cv-matrix-beside" }, all(vectors.beside)))));
  const words = h("div", { class: "cv-formula cv-matrix-words", "aria-live": "polite" });
  const fact = h("div", { class: "cv-formula cv-matrix-facts" });
  const problem = h("div", { class: "cv-formula cv-grid-problem" });
  const torch = codePanel(t, "PyTorch");
  const results = [stage, words, fact, torch.element];

  const drawBoards = (state, about) => {
    const { view, height, width, rows, columns, kernel, inputs, outputs, padding, stride } = state;
    const cells = layout(stage.clientWidth || 640, state), look = looks(t, state, about);
    stage.classList.toggle("cv-matrix-wide", cells.wide);
    const show = (one, high, wide, cell, caption, lookAt, window) => one.draw({ rows: high, columns: wide, padding: [0, 0], cell,
      caption, look: lookAt, frame: window });
    const only = (group, name) => Object.entries(group).forEach(([key, { element }]) => { element.style.display = key === name ? "" : "none"; });
    const [r, c] = [Math.floor(about.step / columns), about.step % columns];
    const window = about.step !== undefined && windowCells(r, c, state.options).every(({ inside }) => inside)
      && { y: r * stride - padding, x: c * stride - padding, height: kernel.length, width: kernel[0].length };
    show(boards.input, height, width, cells.grids, word("x"), look.input, view === "forward" && window);
    show(boards.kernel, kernel.length, kernel[0].length, cells.grids, word("w"), look.kernel);
    show(boards.output, rows, columns, cells.grids, word("y"), look.output);
    boards.returned.element.style.display = view === "forward" ? "none" : "";
    show(boards.returned, height, width, cells.grids, word("z"), look.returned, view === "back" && window);
    const [tall, across] = { forward: [outputs, inputs], back: [inputs, outputs], product: [inputs, inputs] }[view];
    const line = view === "product" ? { y: about.source, x: 0, height: 1, width: inputs }
      : (view === "forward") === (about.step !== undefined) ? { y: about.step ?? about.source, x: 0, height: 1, width: across }
        : { x: about.step ?? about.source, y: 0, width: 1, height: tall };
    show(boards.matrix, tall, across, cells.matrix, `${t(`transposed_matrix.${view}`)} ${tall}×${across}`, look.matrix, line);
    const above = view === "back" ? "output" : "input", beside = view === "forward" ? "output" : "input";
    only(vectors.above, above);
    only(vectors.beside, beside);
    show(vectors.above[above], 1, across, cells.matrix, word(above === "input" ? "x_flat" : "y_flat"), look.right);
    show(vectors.beside[beside], tall, 1, cells.matrix, beside === "input" ? "z" : "y", look.left);
  };

  const draw = () => {
    const state = read(model);
    for (const element of results) element.style.display = state.problem ? "none" : "";
    problem.textContent = state.problem ? refusal(t, state.problem) : "";
    if (state.problem) return;
    let about = aboutOf(state);
    if (about.step >= state.outputs || [about.source, ...(about.pair ?? [])].some((cell) => cell >= state.inputs)) { // the cell under the pointer is no longer there
      forget();
      about = aboutOf(state);
    }
    drawBoards(state, about);
    words.replaceChildren(...spelled(t, state, about));
    fact.textContent = facts(t, state);
    torch.draw(...torchLines(state));
  };
  return { problem, stage, words, fact, torch: torch.element, draw };
}

// ---- controls --------------------------------------------------------------------------------------

// Takes settings of which there is a picture; refuses others, and says why next to node.
function attempt(model, t, values, node) {
  const before = settingsOf(model), problem = problemOf(model, { ...before, ...values });
  if (problem && !problemOf(model, before)) say(node, refusal(t, problem));
  else update(model, { ...values, step: 0, source: -1 });
}

export default {
  render(context) {
    return frame(context, "transposed_matrix", ({ model, t }) => {
      const last = () => read(model).last;
      // Stepping lets go of the input cell, and another matrix starts anew.
      const steps = adapted(model, { step: { set: (step) => {
        model.set("step", step);
        model.set("source", -1);
      } } });
      const views = adapted(model, { view: { set: (view) => {
        for (const [name, value] of Object.entries({ step: 0, source: -1, view })) model.set(name, value);
      } } });
      const position = (step) => {
        const { problem, view, width, columns } = read(model), wide = view === "product" ? width : columns;
        return problem ? "–" : at(view === "product" ? "x" : "y", Math.min(step, last()), wide);
      };
      const play = player(steps, "step", last, { interval: 900 });
      const picture = pictureOf(model, t, play.stop);
      const set = (values, node) => attempt(model, t, values, node);
      const side = (name) => ["rows", "columns"].map((along, axis) =>
        sideSelect(model, name, axis, t(`transposed_matrix.${name}_${along}`), set));
      return {
        picture: [picture.problem, picture.stage, picture.words, picture.fact],
        controls: [play, segmented(views, "view", t("transposed_matrix.views"), VIEWS.map((view) => [view, t(`transposed_matrix.view_${view}`)]))],
        more: [
          [slider(steps, "step", t("transposed_matrix.step"), { limits: () => [0, last()], show: position }),
            ...["stride", "padding"].map((name) => settingSelect(model, name, t(`transposed_matrix.${name}`), set))],
          [...side("input"), ...side("kernel")],
          picture.torch, h("p", { class: "cv-note" }, t("transposed_matrix.note")),
        ],
        draw: picture.draw,
      };
    });
  },
};
