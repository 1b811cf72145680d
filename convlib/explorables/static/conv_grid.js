// The convolution grid: input, kernel and output as cells; a window, its sum, what a cell touches.
import { board } from "./shared/board.js";
import { codePanel } from "./shared/code.js";
import { slider } from "./shared/controls.js";
import { reshaped } from "./shared/core/grids.js";
import { factor, formatNumber, shown } from "./shared/core/numbers.js";
import { convOutputSize } from "./shared/core/sizes.js";
import { conv2d, outputsTouched, windowCells } from "./shared/core/windows.js";
import { frame } from "./shared/frame.js";
import { player } from "./shared/player.js";
import { adapted, h, rangeOf, say, scheduler, update } from "./shared/ui.js";

const CELL = { largest: 40, comfortable: 30, gap: 36 };

const place = (name, row, column) => `${name}[${row}, ${column}]`;

// ---- the state, with all that follows from it ----------------------------------------------------

function read(model) {
  const input = model.get("input"), kernel = model.get("kernel");
  const pair = (name) => [model.get(`${name}_y`), model.get(`${name}_x`)];
  const options = {
    height: input.length, width: input[0].length, kernel: [kernel.length, kernel[0].length],
    stride: pair("stride"), padding: pair("padding"), dilation: pair("dilation"),
  };
  const axes = [0, 1].map((axis) => {
    const size = axis ? options.width : options.height;
    const [k, stride, padding, dilation] =
      ["kernel", "stride", "padding", "dilation"].map((name) => options[name][axis]);
    const span = dilation * (k - 1) + 1, room = size + 2 * padding;
    return { size, k, stride, padding, dilation, span, room,
      out: convOutputSize(size, k, stride, padding, dilation), rest: (room - span) % stride };
  });
  const [rows, columns] = axes.map(({ out }) => out);
  const fits = rows > 0 && columns > 0;
  const last = fits ? rows * columns - 1 : 0;
  return { input, kernel, options, axes, rows, columns, fits, last,
    out: fits ? conv2d(input, kernel, options) : [],
    step: Math.min(model.get("step"), last), source: model.get("source") };
}

// What the picture is about: an output cell and its window, or an input cell and its outputs.
// What the pointer or the focus is on comes before what is pinned.
function subject(state, hover) {
  const { columns, options, source } = state;
  const pinned = source >= 0 && source < options.height * options.width;
  const over = hover?.kind === "input" || hover?.kind === "output" ? hover : undefined;
  const input = over ? over.kind === "input" : pinned;
  const cell = over ?? (input
    ? { y: Math.floor(source / options.width), x: source % options.width }
    : { y: Math.floor(state.step / columns), x: state.step % columns });
  const links = input ? outputsTouched(cell.y, cell.x, options) : windowCells(cell.y, cell.x, options);
  // A kernel cell under the pointer is followed to the one input cell that it meets.
  const tap = hover?.kind === "kernel" ? hover : undefined;
  return { input, ...cell, links, tap };
}

// ---- controls ----------------------------------------------------------------------------------------

// Why the kernel does not fit.
function problem(t, { axes }) {
  const [span, room] = ["span", "room"].map((name) => axes.map((axis) => axis[name]).join("×"));
  return t("conv_grid.too_large", { span, room });
}

// Sets values with which the kernel still fits; refuses others, and says why next to node.
function attempt(model, t, node, values) {
  const next = read(adapted(model, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { get: () => value }]))));
  if (next.fits || !read(model).fits) update(model, values);
  else say(node, problem(t, next));
}

// A whole number with a button on each side; set(value, node) may refuse.
function stepper(t, name, key, [low, high], get, set) {
  const button = (text, word, by) => h("button", { type: "button", "data-action": `${key}-${word}`,
    "aria-label": t(`conv_grid.${word}`, { name }), title: t(`conv_grid.${word}`, { name }),
    onclick: ({ currentTarget }) => {
      const value = get() + by;
      if (value >= low && value <= high) set(value, currentTarget);
      else say(currentTarget, t("explorable.refused_whole", { label: name, low, high }));
    } }, text);
  const less = button("−", "less", -1), more = button("+", "more", 1);
  const output = h("output", { "aria-label": name });
  const sync = () => {
    output.textContent = get();
    less.setAttribute("aria-disabled", String(get() <= low));
    more.setAttribute("aria-disabled", String(get() >= high));
  };
  return { element: h("span", { class: "cv-grid-stepper" }, less, output, more), sync };
}

// Rows and columns of one thing. get(axis) and set(values, node) with one value an axis.
function pairControl(t, key, limits, get, set, apart) {
  const name = t(`conv_grid.${key}`);
  const one = (axis) => stepper(t, t(axis ? "conv_grid.columns" : "conv_grid.rows", { name }),
    `${key}-${axis ? "x" : "y"}`, limits[axis], () => get(axis), (value, node) => {
      const both = apart() ? [get(0), get(1)] : [value, value];
      both[axis] = value;
      set(both, node);
    });
  const steppers = [one(0), one(1)];
  const times = h("span", { "aria-hidden": "true" }, "×");
  const sync = () => {
    steppers.forEach((each) => each.sync());
    for (const node of [times, steppers[1].element]) node.style.display = apart() ? "" : "none";
  };
  return { element: h("div", { class: "cv-grid-pair", role: "group", "aria-label": name },
    h("span", { class: "cv-grid-name" }, name), steppers[0].element, times, steppers[1].element), sync };
}

function sizeControl(model, t, name) {
  const size = (axis) => (axis ? model.get(name)[0].length : model.get(name).length);
  const { rows: high, columns: wide } = model.get("fields")[name];
  return pairControl(t, name, [high, wide], size, ([rows, columns], node) =>
    // Numbering the cells anew lets go of the pinned one.
    attempt(model, t, node, { [name]: reshaped(model.get(name), rows, columns), ...(name === "input" && { source: -1 }) }),
  () => true);
}

function numberControl(model, t, name, apart) {
  const get = (axis) => model.get(`${name}_${axis ? "x" : "y"}`);
  const limits = ["y", "x"].map((axis) => rangeOf(model, `${name}_${axis}`));
  return pairControl(t, name, limits, get, ([y, x], node) => attempt(model, t, node, { [`${name}_y`]: y, [`${name}_x`]: x }), apart);
}

// valid, same, full: the paddings that have names.
function paddingKinds(model, t) {
  const kinds = { valid: () => 0, same: (reach) => reach / 2, full: (reach) => reach };
  const wanted = (kind) => read(model).axes.map(({ span }) => kinds[kind](span - 1));
  const possible = (pads) => pads.every((pad) => Number.isInteger(pad) && pad <= rangeOf(model, "padding_y")[1]);
  const buttons = Object.keys(kinds).map((kind) => h("button", { type: "button", "data-action": kind,
    onclick: ({ currentTarget }) => {
      const [y, x] = wanted(kind);
      if (!possible([y, x])) say(currentTarget, currentTarget.title);
      else attempt(model, t, currentTarget, { padding_y: y, padding_x: x, ...(y !== x && { separate: true }) });
    } }, kind));
  const sync = () => buttons.forEach((button) => {
    const kind = button.dataset.action, pads = wanted(kind);
    button.setAttribute("aria-disabled", String(!possible(pads)));
    button.title = t(possible(pads) ? `conv_grid.${kind}_title` : "conv_grid.impossible",
      { wanted: pads.map(shown).join("×") });
    button.setAttribute("aria-pressed",
      String(read(model).axes.every(({ padding }, axis) => padding === pads[axis])));
  });
  return { element: h("div", { class: "cv-segmented", role: "group",
    "aria-label": t("conv_grid.padding_kinds") }, buttons), sync };
}

function separateControl(model, t, apart) {
  const box = h("input", { type: "checkbox", onchange: () => {
    const joined = Object.fromEntries(["stride", "padding", "dilation"].map((name) =>
      [`${name}_x`, model.get(`${name}_y`)]));
    attempt(model, t, box, box.checked ? { separate: true } : { separate: false, ...joined });
    box.checked = apart();
  } });
  return { element: h("label", { class: "cv-grid-check" }, box, t("conv_grid.separate")),
    sync: () => { box.checked = apart(); } };
}

// ---- words and numbers below the picture ---------------------------------------------------------------

const ink = (name, text, ...more) => h("span", { class: [`cv-swatch-${name}`, ...more].join(" ") }, text);

function spelledSum({ input, kernel, out }, { y, x, links, tap }) {
  const terms = links.flatMap(({ i, j, y: row, x: column, inside }, index) => [index ? " + " : "",
    h("span", { class: `cv-grid-term ${inside ? "" : "cv-grid-pad"} ${tap?.y === i && tap?.x === j ? "cv-grid-strong" : ""}` },
      ink("input", factor(inside ? input[row][column] : 0)), "·", ink("kernel", factor(kernel[i][j])))]);
  return [h("span", {}, place("y", y, x), " = "), ...terms, " ",
    h("span", { class: "cv-grid-term" }, "= ", h("strong", { class: "cv-swatch-output" }, shown(out[y][x])))];
}

function spelledTouch(t, { input, kernel }, { y, x, links }) {
  const cell = `${place("x", y, x)} = ${shown(input[y][x])}`;
  const key = links.length ? "conv_grid.touches" : "conv_grid.touches_none";
  const list = links.flatMap(({ row, column, i, j }, index) => [index ? ", " : " ",
    h("span", { class: "cv-grid-term" }, ink("output", place("y", row, column)), " ← ",
      ink("kernel", `${place("w", i, j)} = ${shown(kernel[i][j])}`))]);
  return [h("span", {}, t(key, { cell, count: links.length })), ...list];
}

// The formula of sizes with its numbers; one line where rows and columns agree.
function spelledSizes(t, state) {
  if (!state.fits) return [h("div", { class: "cv-grid-problem" }, problem(t, state))];
  const { axes } = state;
  const same = JSON.stringify(axes[0]) === JSON.stringify(axes[1]);
  const line = ({ size, k, stride, padding, dilation, out }, name) => h("div", {}, h("span", { class: "cv-grid-name" }, t(`conv_grid.size_${name}`)),
    "⌊(", ink("input", size), ` + 2·${padding} − ${dilation}·(`, ink("kernel", k), ` − 1) − 1) / ${stride}⌋ + 1 = `,
    h("strong", { class: "cv-swatch-output" }, out));
  const rests = axes.flatMap(({ rest }, axis) => (rest ? [h("div", { class: "cv-note" },
    t("conv_grid.unused", { rest, axis: t(axis ? "conv_grid.width" : "conv_grid.height") }))] : []));
  const lines = same ? [line(axes[0], "both")]
    : [line(axes[0], "rows"), line(axes[1], "columns")];
  return [...lines, ...rests];
}

// The call that computes the same in PyTorch: only what is not the default is named.
function torchCall({ options }) {
  const names = [["stride", 1], ["padding", 0], ["dilation", 1]];
  const named = names.flatMap(([name, usual]) => {
    const [y, x] = options[name];
    return y === usual && x === usual ? [] : [`, ${name}=${y === x ? y : `(${y}, ${x})`}`];
  });
  return `F.conv2d(x, w${named.join("")})`;
}

function torchCode(state) {
  const tensor = (values) => `torch.tensor([[[${values.map((row) => `[${row.map((v) => {
    const text = formatNumber(v);
    return text.includes(".") ? text : `${text}.`;
  }).join(", ")}]`).join(", ")}]]])`;
  return ["import torch", "import torch.nn.functional as F", "",
    `x = ${tensor(state.input)}`, `w = ${tensor(state.kernel)}`, `print(${torchCall(state)})`].join("\n");
}

// ---- the picture ---------------------------------------------------------------------------------------

// One size of cell for all three boards where they stand side by side; else each row its own.
function cellSizes(width, { axes, options }) {
  const [inputs, kernels, outputs] = [axes[1].room, options.kernel[1], Math.max(axes[1].out, 0)];
  const fit = (cells, gaps) => Math.min(CELL.largest, Math.floor((width - gaps * CELL.gap - 8) / cells));
  const together = fit(inputs + kernels + outputs, 2);
  if (together >= CELL.comfortable) return [together, together, together];
  const pair = fit(kernels + outputs, 1);
  if (pair >= 20) return [fit(inputs, 0), pair, pair];
  return [fit(inputs, 0), fit(Math.max(kernels, 8), 0), fit(outputs, 0)];
}

function pictureOf(model, t, stopPlaying) {
  let hover;
  const redraw = scheduler(() => draw());
  const choose = ({ kind, y, x }) => {
    const state = read(model);
    stopPlaying();
    if (kind === "output") update(model, { step: y * state.columns + x, source: -1 });
    if (kind === "input") update(model, { source: y * state.options.width + x });
  };
  const act = {
    look: (cell) => { hover = cell; redraw(); },
    // With the keyboard the choice among outputs follows the focus.
    focus: (cell, visible) => {
      if (visible && cell.kind === "output") choose(cell);
      else act.look(visible ? cell : undefined);
    },
    choose,
    release: () => update(model, { source: -1 }),
  };
  const change = (name) => ({ ...act, t, limits: model.get("fields")[name].value,
    edit: ({ y, x }, value) => update(model, { [name]: model.get(name).map((row, r) =>
      row.map((old, c) => (r === y && c === x ? value : old))) }),
    editLabel: ({ y, x }) => t("conv_grid.edit", { cell: place(t(`tensor.${name}`), y, x) }) });
  const boards = { input: board("input", t("tensor.input"), change("input")),
    kernel: board("kernel", t("tensor.kernel"), change("kernel")),
    output: board("output", t("tensor.output"), act) };
  const sum = h("div", { class: "cv-formula cv-grid-sum", "aria-live": "polite" });
  const sizes = h("div", { class: "cv-formula cv-grid-sizes" });
  const torch = codePanel(t, "PyTorch");
  const stage = h("div", { class: "cv-grid-stage" },
    boards.input.element, h("span", { class: "cv-board-sign", "aria-hidden": "true" }, "∗"),
    boards.kernel.element, h("span", { class: "cv-board-sign", "aria-hidden": "true" }, "="), boards.output.element);

  const views = (state, about) => {
    const { input, kernel, out, options, axes, rows, columns } = state;
    const cells = cellSizes(stage.clientWidth || 640, state);
    const label = (name, y, x, value) => t("conv_grid.cell", { board: t(`tensor.${name}`), row: y, column: x, value: shown(value) });
    const tapped = (i, j) => about.tap?.y === i && about.tap?.x === j;
    const caption = (name, height, width) => `${t(`tensor.${name}`)} ${height}×${width}`;
    const lookInput = (y, x, inside) => {
      const value = inside ? input[y][x] : 0;
      const link = about.input ? undefined : about.links.find((each) => each.y === y && each.x === x);
      const chosen = about.input ? about.y === y && about.x === x : link && tapped(link.i, link.j);
      return { text: shown(value), label: inside && label("input", y, x, value),
        small: link && kernel[link.i][link.j] !== undefined ? `×${shown(kernel[link.i][link.j])}` : "",
        name: [inside ? "" : "cv-board-zero", link ? "cv-board-in" : "", chosen ? "cv-board-chosen" : ""].join(" ") };
    };
    const lookKernel = (i, j) => {
      const used = about.input && about.links.some((link) => link.i === i && link.j === j);
      return { text: shown(kernel[i][j]), label: label("kernel", i, j, kernel[i][j]),
        name: used || tapped(i, j) ? "cv-board-chosen" : "" };
    };
    const lookOutput = (row, column) => {
      const link = about.input && about.links.find((each) => each.row === row && each.column === column);
      const chosen = !about.input && about.y === row && about.x === column;
      const later = !about.input && row * columns + column > state.step && !chosen;
      return { text: shown(out[row][column]), label: label("output", row, column, out[row][column]),
        small: link ? `×${shown(kernel[link.i][link.j])}` : "",
        name: chosen ? "cv-board-chosen" : link ? "cv-board-in" : later ? "cv-board-later" : "" };
    };
    const [vertical, horizontal] = axes;
    const window = !about.input && { y: about.y * vertical.stride - vertical.padding, height: vertical.span,
      x: about.x * horizontal.stride - horizontal.padding, width: horizontal.span };
    return {
      input: { rows: options.height, columns: options.width, padding: options.padding, cell: cells[0],
        caption: caption("input", options.height, options.width), frame: state.fits && window, look: lookInput },
      kernel: { rows: kernel.length, columns: kernel[0].length, padding: [0, 0], cell: cells[1],
        caption: caption("kernel", ...options.kernel), look: lookKernel },
      output: { rows: Math.max(rows, 0), columns: Math.max(columns, 0), padding: [0, 0], cell: cells[2],
        caption: caption("output", Math.max(rows, 0), Math.max(columns, 0)), look: lookOutput },
    };
  };

  const draw = () => {
    const state = read(model);
    const stale = hover && (hover.kind === "output" ? hover.y >= state.rows || hover.x >= state.columns
      : hover.kind === "input" && (hover.y >= state.options.height || hover.x >= state.options.width));
    const about = state.fits ? subject(state, stale ? undefined : hover)
      : { input: false, y: -1, x: -1, links: [] };
    const shows = state.fits ? views(state, about) : views({ ...state, rows: 0, columns: 0 }, about);
    for (const [name, view] of Object.entries(shows)) boards[name].draw(view);
    sum.replaceChildren(...(!state.fits ? [] : about.input ? spelledTouch(t, state, about) : spelledSum(state, about)));
    sizes.replaceChildren(...spelledSizes(t, state));
    torch.draw(torchCall(state), torchCode(state));
    torch.element.style.display = state.fits ? "" : "none";
  };
  return { elements: [stage, sum, sizes, torch.element], draw };
}

export default {
  render(context) {
    return frame(context, "conv_grid", ({ model, t }) => {
      const differ = (name) => model.get(`${name}_y`) !== model.get(`${name}_x`);
      const apart = () => model.get("separate") || ["stride", "padding", "dilation"].some(differ);
      // Stepping through the outputs lets go of a pinned input cell.
      const steps = adapted(model, { step: { set: (step) => {
        model.set("step", step);
        model.set("source", -1);
      } } });
      const last = () => read(model).last;
      const position = (step) => {
        const { columns, fits } = read(model);
        return fits ? `[${Math.floor(Math.min(step, last()) / columns)}, ${Math.min(step, last()) % columns}]` : "–";
      };
      const play = player(steps, "step", last);
      const scrub = slider(steps, "step", t("conv_grid.step"), { limits: () => [0, last()], show: position });
      const picture = pictureOf(model, t, play.stop);
      const [stage, sum, sizes, torch] = picture.elements;
      return {
        picture: [stage, sum],
        controls: [play, ...["stride", "padding", "dilation"].map((name) => numberControl(model, t, name, apart))],
        more: [
          [scrub, sizeControl(model, t, "input"), sizeControl(model, t, "kernel")],
          [paddingKinds(model, t), separateControl(model, t, apart)],
          sizes, torch, h("p", { class: "cv-note" }, t("conv_grid.note")),
        ],
        draw: picture.draw,
      };
    });
  },
};
