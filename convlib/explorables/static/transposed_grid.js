// The transposed convolution in both of its ways: stamps that add up, and zeros between the inputs.
import { board } from "./shared/board.js";
import { codePanel } from "./shared/code.js";
import { segmented, slider } from "./shared/controls.js";
import { reshaped } from "./shared/core/grids.js";
import { clamp, factor, formatNumber, shown } from "./shared/core/numbers.js";
import { convTranspose2d, expandedSources, inputsReaching, sizesLeadingTo, stampCells, stampSum, transposedAxes,
  transposedProblem } from "./shared/core/transposed.js";
import { rotateKernel } from "./shared/core/windows.js";
import { frame } from "./shared/frame.js";
import { player } from "./shared/player.js";
import { settingSelect, sideSelect } from "./shared/sides.js";
import { adapted, h, say, scheduler, update } from "./shared/ui.js";

// Pixels: tall is for both ways together, gap for a sign with the space around it; below crowded a
// second number in a cell's corner would meet the first.
const CELL = { largest: 36, crowded: 28, beside: 22, smallest: 15, gap: 30, tall: 232 };
const STATE = ["input", "kernel", "stride", "padding", "output_padding"];
// The examples that every text on the subject has: a 3×3 kernel makes 2×2 into these.
const EXAMPLES = [["4", { stride: 1 }], ["5", { stride: 2 }]];

const ink = (name, text) => h("span", { class: `cv-swatch-${name}` }, text);
const place = (name, row, column) => `${name}[${row}, ${column}]`;
const classes = (...names) => names.filter(Boolean).join(" ");

// ---- the state, with all that follows from it ------------------------------------------------------

function optionsOf({ input, kernel, stride, padding, output_padding: outputPadding }) {
  return { height: input.length, width: input[0].length, kernel: [kernel.length, kernel[0].length],
    stride, padding, outputPadding };
}

function read(model) {
  const state = Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
  const { input, kernel } = state, options = optionsOf(state), problem = transposedProblem(options);
  if (problem) return { ...state, options, problem, last: 0 };
  const axes = transposedAxes(options), [rows, columns] = axes.map(({ out }) => out), by = model.get("by");
  const inputs = options.height * options.width, last = (by === "stamp" ? inputs : rows * columns) - 1;
  return { ...state, options, axes, rows, columns, by, last, step: Math.min(model.get("step"), last),
    out: convTranspose2d(input, kernel, options), turned: rotateKernel(kernel), sources: expandedSources(options),
    sums: (count) => stampSum(input, kernel, options, count), inputs };
}

// What the picture is about: an input and its stamp, or a cell of the sheet and the inputs that reach
// it. What the pointer or the focus is on comes before what is chosen.
function subject({ options, columns, padding, by, step }, hover) {
  const wide = by === "stamp" ? options.width : columns, shift = by === "stamp" ? 0 : padding;
  const chosen = { kind: by, y: Math.floor(step / wide) + shift, x: (step % wide) + shift };
  const { kind, y, x } = hover?.kind === "stamp" || hover?.kind === "window" ? hover : chosen;
  const stamp = kind === "stamp", tap = hover?.kind === "tap" ? hover : undefined;
  return { stamp, y, x, tap, links: stamp ? stampCells(y, x, options) : inputsReaching(y, x, options) };
}

// ---- words and numbers -----------------------------------------------------------------------------

const refusal = (t, { key, ...numbers }) => t(`transposed_grid.problem_${key}`, numbers);

function spelledStamp(t, { input, options }, { y, x, links }) {
  const lost = links.filter(({ kept }) => !kept).length;
  return [h("div", {}, t("transposed_grid.stamp", { cell: place("x", y, x), value: shown(input[y][x]) })),
    h("div", {}, lost ? t("transposed_grid.lost", { lost, count: links.length, p: options.padding }) : "")];
}

function spelledSum(t, { input, kernel, padding, rows, columns, sums, inputs }, { y, x, links }) {
  const row = y - padding, column = x - padding, kept = row >= 0 && column >= 0 && row < rows && column < columns;
  const terms = links.flatMap(({ row: r, column: c, i, j }, at) => [at ? " + " : "", h("span", { class: "cv-transposed-term" },
    ink("input", factor(input[r][c])), "·", ink("kernel", factor(kernel[i][j])))]);
  const taps = kernel.length * kernel[0].length;
  return [
    h("div", {}, kept ? `${place("y", row, column)} = ` : t("transposed_grid.cut_cell"), ...terms, links.length ? " = " : "",
      h("strong", { class: "cv-swatch-output" }, shown(sums(inputs)[y][x] ?? 0))),
    h("div", { class: "cv-answer" }, kept ? t("transposed_grid.products", { taps, zeros: taps - links.length }) : ""),
  ];
}

// Where the zeros stand; the lines of rows and columns are one where they agree.
function spelledZeros(t, { axes, stride, padding, output_padding: a }) {
  const line = ({ k, border }) => t("transposed_grid.zeros",
    { between: `${stride} − 1 = ${stride - 1}`, around: `${k} − 1 − ${padding} = ${border}`, a });
  return [...new Set(axes.map(line))].map((text) => h("div", {}, text));
}

function spelledSizes(t, { axes, stride, padding, output_padding: a }) {
  const same = JSON.stringify(axes[0]) === JSON.stringify(axes[1]);
  const line = ({ size, k, out }, name) => h("div", {}, t(`transposed_grid.size_${name}`), `${stride}·(`, ink("input", size), " − 1) + ",
    ink("kernel", k), ` − 2·${padding} + ${a} = `, h("strong", { class: "cv-swatch-output" }, out));
  return same ? [line(axes[0], "both")] : [line(axes[0], "rows"), line(axes[1], "columns")];
}

// The call that computes the same in PyTorch: only what is not the default is named.
function torchLines(state) {
  const named = ["stride", "padding", "output_padding"].map((name) =>
    (state[name] === Number(name === "stride") ? "" : `, ${name}=${state[name]}`)).join("");
  const number = (value) => (Number.isInteger(value) ? `${value}.` : formatNumber(value));
  const tensor = (values) => `torch.tensor([[[${values.map((row) => `[${row.map(number).join(", ")}]`).join(", ")}]]])`;
  const call = `F.conv_transpose2d(x, w${named})`;
  return [call, ["import torch", "import torch.nn.functional as F", "",
    `x = ${tensor(state.input)}`, `w = ${tensor(state.kernel)}`, `print(${call})`].join("\n")];
}

// ---- the picture -----------------------------------------------------------------------------------

// Both ways at the left and their common output at the right, in cells of one size; on a narrow page
// below each other, the stamps beside the output where there is room.
function layout(width, { axes, options }) {
  const [high, wide] = [0, 1].map((axis) => ({ stamps: Math.max(options.kernel[axis], axes[axis].size),
    windows: Math.max(axes[axis].expanded, options.kernel[axis]), sheet: axes[axis].sheet }));
  const sum = { stamps: axes[1].size + axes[1].k, windows: axes[1].expanded + axes[1].k };
  const whole = (pixels, cells) => Math.floor(pixels / cells), fit = (...sizes) => clamp(whole(...sizes), CELL.smallest, CELL.largest);
  const across = whole(width - 2.5 * CELL.gap, Math.max(sum.stamps, sum.windows) + wide.sheet);
  if (width >= 560 && across >= CELL.smallest) {
    const cell = Math.min(across, fit(CELL.tall, Math.max(high.stamps + high.windows, high.sheet)));
    return { wide: true, stamps: cell, windows: cell, sheet: cell, small: cell >= CELL.crowded };
  }
  const beside = fit(width - 2.6 * CELL.gap, sum.stamps + wide.sheet), room = width - CELL.gap;
  const windows = Math.min(fit(room, sum.windows), fit(room, wide.windows), fit(CELL.tall, high.windows));
  if (beside >= CELL.beside) return { stamps: beside, sheet: beside, windows: Math.min(windows, beside) };
  return { stamps: Math.min(fit(room, sum.stamps), 26), sheet: Math.min(fit(room, wide.sheet), 20), windows };
}

// Turns what is done to a board's cell into an input, an output or a weight, and keeps what the
// pointer or the focus is on. of(cell, state) says what a cell stands for: { kind, y, x } with kind
// "stamp", "window" (a cell of the sheet) or "tap", or nothing.
function choices(model, t, redraw, stopPlaying) {
  let hover;
  const look = (about) => { hover = about; redraw(); };
  const choose = (about, node) => {
    stopPlaying();
    const { options, padding, rows, columns } = read(model);
    if (about?.kind === "stamp") update(model, { by: "stamp", step: about.y * options.width + about.x });
    if (about?.kind === "tap") look(about); // a weight is followed as long as it has the focus
    if (about?.kind !== "window") return;
    const row = about.y - padding, column = about.x - padding;
    if (row >= 0 && column >= 0 && row < rows && column < columns) update(model, { by: "window", step: row * columns + column });
    else say(node(), t("transposed_grid.cut_off_cell", { p: padding }));
  };
  const act = (of, node) => ({
    look: (cell) => look(cell && of(cell, read(model))),
    focus: (cell, visible) => look(visible ? of(cell, read(model)) : undefined),
    choose: (cell) => choose(of(cell, read(model)), node),
  });
  return { act, about: (state) => subject(state, hover), forget: () => { hover = undefined; } };
}

// How each cell looks, board by board.
function looks(t, state, about, corners) {
  const { input, kernel, turned, options, sources, padding, rows, columns, out, by, step, sums, inputs } = state;
  const label = (name, y, x, value) => t("transposed_grid.cell", { place: place(t(name), y, x), value: shown(value) });
  const small = (sign, value) => (corners ? `${sign}${shown(value)}` : "");
  const linkOf = (row, column) => (about.stamp ? undefined : about.links.find((link) => link.row === row && link.column === column));
  const tapped = (i, j) => about.tap?.i === i && about.tap?.j === j;
  const ofInput = (r, c) => {
    const link = linkOf(r, c), chosen = about.stamp ? about.y === r && about.x === c : link && tapped(link.i, link.j);
    return { text: shown(input[r][c]), label: label("tensor.input", r, c, input[r][c]), small: link ? small("×", kernel[link.i][link.j]) : "",
      name: classes(link && "cv-board-in", chosen && "cv-board-chosen") };
  };
  const ofExpanded = (y, x) => {
    const index = sources[y][x];
    if (index >= 0) return ofInput(Math.floor(index / options.width), index % options.width);
    const [top, left] = state.axes.map(({ border }) => border), { expanded: lines } = state.axes[0], { expanded: wide } = state.axes[1];
    const end = ({ border }) => border + state.output_padding;
    const between = y >= top && x >= left && y < lines - end(state.axes[0]) && x < wide - end(state.axes[1]);
    return { text: "0", label: t("transposed_grid.zero"), name: classes("cv-board-zero", between && "cv-transposed-between") };
  };
  const ofKernel = (name, weights, tapAt) => (y, x) => {
    const { i, j } = tapAt(y, x), used = !about.stamp && about.links.some((link) => link.i === i && link.j === j);
    return { text: shown(weights[y][x]), label: label(name, y, x, weights[y][x]), name: used || tapped(i, j) ? "cv-board-chosen" : "" };
  };
  // Stamp by stamp the sheet shows how far the sums have come; window by window all of them.
  const sheet = sums(by === "stamp" ? step + 1 : inputs);
  const ofSheet = (y, x) => {
    const row = y - padding, column = x - padding, kept = row >= 0 && column >= 0 && row < rows && column < columns;
    const link = about.stamp && about.links.find((cell) => cell.y === y && cell.x === x);
    const chosen = about.stamp ? link && tapped(link.i, link.j) : about.y === y && about.x === x;
    const later = by === "stamp" ? sheet[y][x] === null : kept && row * columns + column > step;
    const value = by === "stamp" ? sheet[y][x] : sheet[y][x] ?? 0;
    return { text: value === null ? "" : shown(value), small: link ? small("+", input[about.y][about.x] * kernel[link.i][link.j]) : "",
      label: kept ? label("tensor.output", row, column, value ?? out[row][column]) : t("transposed_grid.cell", { place: t("transposed_grid.cut_cell_name"), value: shown(value ?? 0) }),
      name: classes(!kept && "cv-board-zero cv-transposed-cut", link && "cv-board-in", chosen && "cv-board-chosen", later && !chosen && !link && "cv-board-later") };
  };
  const last = { i: kernel.length - 1, j: kernel[0].length - 1 };
  return { input: ofInput, expanded: ofExpanded, sheet: ofSheet, kernel: ofKernel("tensor.kernel", kernel, (i, j) => ({ i, j })),
    turned: ofKernel("transposed_grid.turned", turned, (y, x) => ({ i: last.i - y, j: last.j - x })) };
}

function pictureOf(model, t, stopPlaying) {
  const redraw = scheduler(() => draw());
  const { act, about: aboutOf, forget } = choices(model, t, redraw, stopPlaying);
  const sum = h("div", { class: "cv-formula cv-transposed-sum", "aria-live": "polite" });
  const change = (name, of) => ({ ...act(of, () => sum), t, limits: model.get("fields")[name].value,
    edit: ({ y, x }, value) => update(model, { [name]: model.get(name).map((row, r) =>
      row.map((old, c) => (r === y && c === x ? value : old))) }),
    editLabel: ({ y, x }) => t("transposed_grid.edit", { cell: place(t(`tensor.${name}`), y, x) }) });
  const boards = {
    input: board("input", t("tensor.input"), change("input", ({ y, x }) => ({ kind: "stamp", y, x }))),
    kernel: board("kernel", t("tensor.kernel"), change("kernel", ({ y, x }) => ({ kind: "tap", i: y, j: x }))),
    expanded: board("input", t("transposed_grid.expanded"), act(({ y, x }, { sources, options }) =>
      (sources?.[y]?.[x] >= 0 ? { kind: "stamp", y: Math.floor(sources[y][x] / options.width), x: sources[y][x] % options.width } : undefined), () => sum)),
    turned: board("kernel", t("transposed_grid.turned"), act(({ y, x }, { kernel }) =>
      ({ kind: "tap", i: kernel.length - 1 - y, j: kernel[0].length - 1 - x }), () => sum)),
    sheet: board("output", t("tensor.output"), act(({ y, x }) => ({ kind: "window", y, x }), () => sum)),
  };
  const sign = (text) => h("span", { class: "cv-board-sign", "aria-hidden": "true" }, text);
  const way = (name, heading, ...children) => h("div", { class: `cv-transposed-way cv-transposed-${name}` },
    h("div", { class: "cv-transposed-heading" }, heading), h("div", { class: "cv-transposed-boards" }, children));
  const windows = way("windows", t("transposed_grid.windows"), boards.expanded.element, sign("∗"), boards.turned.element);
  windows.lastChild.classList.add("cv-answer"); // where the zeros stand is what the question asks
  const stage = h("div", { class: "cv-transposed-stage" },
    way("stamps", t("transposed_grid.stamps"), boards.input.element, sign("·"), boards.kernel.element),
    h("div", { class: "cv-transposed-sheet" }, sign("="), boards.sheet.element), windows);
  const problem = h("div", { class: "cv-formula cv-grid-problem" });
  const zeros = h("div", { class: "cv-formula cv-answer cv-transposed-zeros" });
  const sizes = h("div", { class: "cv-formula cv-transposed-sizes" });
  const torch = codePanel(t, "PyTorch");
  const results = [stage, sum, zeros, sizes, torch.element];

  const drawBoards = (state, about) => {
    const { input, kernel, padding, rows, columns, sources, axes } = state;
    const cells = layout(stage.clientWidth || 640, state), look = looks(t, state, about, cells.small);
    stage.classList.toggle("cv-transposed-wide", Boolean(cells.wide));
    const view = (name, values, cell, caption, window) => boards[name].draw({ rows: values.length, columns: values[0].length,
      padding: [0, 0], cell, caption, look: look[name], frame: window });
    const size = (name, values) => `${t(name)} ${values.length}×${values[0].length}`;
    const [tall, wide] = axes.map(({ k }) => k), sheet = state.sums(0);
    const window = { y: about.y - padding, x: about.x - padding, height: tall, width: wide };
    const inside = window.y >= 0 && window.x >= 0 && window.y < rows && window.x < columns;
    view("input", input, cells.stamps, size("tensor.input", input));
    view("kernel", kernel, cells.stamps, size("tensor.kernel", kernel));
    view("expanded", sources, cells.windows, size("transposed_grid.expanded", sources), !about.stamp && inside && window);
    view("turned", kernel, cells.windows, t("transposed_grid.turned"));
    view("sheet", sheet, cells.sheet, `${t("tensor.output")} ${rows}×${columns}`,
      about.stamp && { y: about.y * state.stride, x: about.x * state.stride, height: tall, width: wide });
  };

  const draw = () => {
    const state = read(model);
    for (const element of results) element.style.display = state.problem ? "none" : "";
    problem.textContent = state.problem ? refusal(t, state.problem) : "";
    if (state.problem) return;
    let about = aboutOf(state);
    const gone = about.stamp ? !state.input[about.y]?.length || about.x >= state.options.width
      : about.y >= state.axes[0].sheet || about.x >= state.axes[1].sheet;
    if (gone) { // the cell under the pointer is no longer there
      forget();
      about = aboutOf(state);
    }
    drawBoards(state, about);
    sum.replaceChildren(...(about.stamp ? spelledStamp : spelledSum)(t, state, about));
    zeros.replaceChildren(...spelledZeros(t, state));
    sizes.replaceChildren(...spelledSizes(t, state));
    torch.draw(...torchLines(state));
  };
  return { problem, stage, sum, zeros, sizes, torch: torch.element, draw };
}

// ---- controls --------------------------------------------------------------------------------------

// Takes values with which there is an output; refuses others, and says why next to node.
function attempt(model, t, values, node) {
  const before = Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
  const problem = transposedProblem(optionsOf({ ...before, ...values }));
  if (problem && !transposedProblem(optionsOf(before))) say(node, refusal(t, problem));
  else update(model, { ...values, step: 0 });
}

// The sizes that the ordinary convolution makes equal to the input's: output_padding picks one.
function meantSize(model, t) {
  const lead = h("span", {}), buttons = h("span", { class: "cv-segmented" });
  const sync = () => {
    const { problem, axes, stride, padding, output_padding: chosen, options } = read(model);
    element.style.display = problem ? "none" : "";
    if (problem) return;
    const [rows, columns] = axes.map(({ size, k }) => sizesLeadingTo(size, k, stride, padding));
    lead.textContent = t("transposed_grid.meant", { sizes: `${options.height}×${options.width}` });
    const focused = buttons.contains(document.activeElement);
    buttons.replaceChildren(...rows.flatMap((side, a) => (side < 1 || columns[a] < 1 ? [] : [h("button", {
      type: "button", "data-action": `output-padding-${a}`, "aria-pressed": String(a === chosen),
      onclick: ({ currentTarget }) => attempt(model, t, { output_padding: a }, currentTarget) }, `output_padding=${a}: ${side}×${columns[a]}`)])));
    if (focused) buttons.querySelector("[aria-pressed=true]")?.focus();
  };
  const element = h("div", { class: "cv-transposed-meant", role: "group", "aria-label": t("transposed_grid.output_padding") }, lead, buttons);
  return { element, sync };
}

// A 2×2 input under a 3×3 kernel without padding, as in the texts on the subject.
function examples(model, t) {
  return { element: h("div", { class: "cv-segmented", role: "group", "aria-label": t("transposed_grid.examples") },
    EXAMPLES.map(([side, values]) => h("button", { type: "button", "data-action": `example-${side}`,
      onclick: ({ currentTarget }) => attempt(model, t, { ...values, padding: 0, output_padding: 0,
        input: reshaped(model.get("input"), 2, 2), kernel: reshaped(model.get("kernel"), 3, 3) }, currentTarget) },
    t("transposed_grid.example", { side, ...values })))) };
}

export default {
  render(context) {
    return frame(context, "transposed_grid", ({ model, t }) => {
      const last = () => read(model).last;
      const position = (step) => {
        const { by, options, columns } = read(model), wide = by === "window" ? columns ?? 1 : options.width;
        return `[${Math.floor(Math.min(step, last()) / wide)}, ${Math.min(step, last()) % wide}]`;
      };
      // Another kind of step starts anew.
      const kinds = adapted(model, { by: { set: (by) => {
        if (by !== model.get("by")) model.set("step", 0);
        model.set("by", by);
      } } });
      const play = player(model, "step", last, { interval: 900 });
      const picture = pictureOf(model, t, play.stop);
      const set = (values, node) => attempt(model, t, values, node);
      const side = (name) => ["rows", "columns"].map((along, axis) =>
        sideSelect(model, name, axis, t(`transposed_grid.${name}_${along}`), set));
      return {
        picture: [picture.problem, picture.stage, picture.sum],
        controls: [play, segmented(kinds, "by", t("transposed_grid.by"), ["stamp", "window"].map((by) => [by, t(`transposed_grid.by_${by}`)])),
          ...["stride", "padding"].map((name) => settingSelect(model, name, t(`transposed_grid.${name}`), set))],
        more: [
          [examples(model, t), meantSize(model, t)],
          [slider(model, "step", t("transposed_grid.step"), { limits: () => [0, last()], show: position })],
          [...side("input"), ...side("kernel")],
          picture.zeros, picture.sizes, picture.torch, h("p", { class: "cv-note" }, t("transposed_grid.note")),
        ],
        draw: picture.draw,
      };
    });
  },
};
