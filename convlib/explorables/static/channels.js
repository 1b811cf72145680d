// Channels: a kernel for each input channel, what each gives by itself, and their sum for a filter.
import { board } from "./shared/board.js";
import { slider } from "./shared/controls.js";
import { channelTensors, filterChannels } from "./shared/core/channels.js";
import { clamp, factor, shown } from "./shared/core/numbers.js";
import { frame } from "./shared/frame.js";
import { adapted, h, rangeOf, scheduler, update } from "./shared/ui.js";

const SIZE = 5, KERNEL = 3, OUT = 3; // the sides of input, kernel, output
const CELL = { largest: 24, smallest: 20, gaps: 60 };

const ink = (name, text) => h("span", { class: `cv-swatch-${name}` }, text);

function read(model) {
  const channels = model.get("in_channels"), filters = model.get("out_channels"), bias = model.get("bias");
  const { input, weight } = channelTensors(model.get("seed"));
  const used = input.slice(0, channels);
  const maps = weight.slice(0, filters).map((kernels, i) => filterChannels(used, kernels, bias[i]));
  const filter = Math.min(model.get("filter"), filters - 1);
  return { channels, filters, bias, input: used, weight, maps, filter,
    y: model.get("row"), x: model.get("column") };
}

// ---- words and numbers below the picture ---------------------------------------------------------

function spelled(t, state, { filter, y, x }) {
  const { partials, output } = state.maps[filter], bias = state.bias[filter];
  const parts = partials.flatMap((partial, c) => [c ? " + " : "", factor(partial[y][x])]);
  const sum = h("div", {}, `out[${filter}, ${y}, ${x}] = `, ...parts, ` + ${t("channels.bias")} ${factor(bias)} = `,
    h("strong", { class: "cv-swatch-output" }, shown(output[y][x])));
  const products = (c) => Array.from({ length: KERNEL * KERNEL }, (_, index) => {
    const i = Math.floor(index / KERNEL), j = index % KERNEL;
    return [index ? " + " : "", h("span", { class: "cv-chan-term" }, ink("input", factor(state.input[c][y + i][x + j])), "·",
      ink("kernel", factor(state.weight[filter][c][i][j])))];
  });
  return [sum, ...partials.map((partial, c) => h("div", { class: "cv-chan-products" },
    h("span", { class: "cv-chan-name" }, t("channels.channel", { c })), " ", ...products(c).flat(), ` = ${shown(partial[y][x])}`))];
}

function spelledShapes(t, { channels, filters }) {
  const weights = filters * channels * KERNEL * KERNEL;
  return [
    h("div", {}, ink("input", `(${channels}, ${SIZE}, ${SIZE})`), " ∗ ",
      ink("kernel", `(${filters}, ${channels}, ${KERNEL}, ${KERNEL})`), ` + (${filters}) = `,
      ink("output", `(${filters}, ${OUT}, ${OUT})`)),
    h("div", {}, t("channels.parameters", { sum: `${filters}·${channels}·${KERNEL}·${KERNEL} + ${filters}`, count: weights + filters }),
      " ", t("channels.macs", { sum: `${weights}·${OUT}·${OUT}`, count: weights * OUT * OUT })),
  ];
}

// ---- the picture -----------------------------------------------------------------------------------

// Keeps what the pointer or the focus is on, and turns choices into state.
function choices(model, redraw) {
  let hover;
  const choose = (filter) => ({ y, x }) => update(model, { row: y, column: x, filter: filter() });
  const act = (filter) => ({
    look: (cell) => { hover = cell && { ...cell, filter: filter() }; redraw(); },
    focus: (cell, visible) => visible && choose(filter)(cell),
    choose: choose(filter),
  });
  const subject = (state) => {
    const { filter, y, x } = hover ?? state;
    return { filter: clamp(filter, 0, state.filters - 1), y, x };
  };
  return { act, subject };
}

function picture(model, t) {
  const redraw = scheduler(() => draw());
  const { act, subject } = choices(model, redraw);
  const current = () => read(model).filter;
  const most = Math.max(...["in_channels", "out_channels"].map((name) => rangeOf(model, name)[1]));
  const each = (make) => Array.from({ length: most }, (_, i) => make(i));
  const sign = (text) => h("span", { class: "cv-board-sign", "aria-hidden": "true" }, text);
  const rows = each((c) => {
    const boards = { input: board("input", t("channels.channel", { c })), kernel: board("kernel", t("channels.slice", { c })),
      partial: board("output", t("channels.part_of", { c }), act(current)) };
    return { ...boards, element: h("div", { class: "cv-chan-row", "data-channel": c },
      boards.input.element, sign("∗"), boards.kernel.element, sign("="), boards.partial.element) };
  });
  const outputs = each((i) => {
    const one = board("output", t("channels.cells", { i }), act(() => i));
    return { draw: one.draw, element: h("div", { class: "cv-chan-map", "data-filter": i }, one.element) };
  });
  const total = h("div", { class: "cv-chan-total" });
  const stage = h("div", { class: "cv-chan-stage" },
    h("div", {}, rows.map(({ element }) => element)),
    h("div", { class: "cv-chan-outputs" }, total, h("div", { class: "cv-chan-maps" }, outputs.map(({ element }) => element))));
  const sum = h("div", { class: "cv-formula cv-chan-sum", "aria-live": "polite" });
  const shapes = h("div", { class: "cv-formula cv-chan-shapes" });

  const cellSize = () => clamp(Math.floor(((stage.clientWidth || 640) - CELL.gaps) / (SIZE + KERNEL + OUT)),
    CELL.smallest, CELL.largest);
  const square = (side, cell, caption, look, window) => ({ rows: side, columns: side, padding: [0, 0], cell, caption, look,
    frame: window && { ...window, width: KERNEL, height: KERNEL } });
  const drawRow = (state, about, cell) => ({ input, kernel, partial, element }, c) => {
    element.style.display = c < state.channels ? "" : "none";
    if (c >= state.channels) return;
    const values = state.maps[about.filter].partials[c], slice = state.weight[about.filter][c];
    const within = (y, x) => y >= about.y && y < about.y + KERNEL && x >= about.x && x < about.x + KERNEL;
    input.draw(square(SIZE, cell, t("channels.channel", { c }), (y, x) => ({ text: shown(state.input[c][y][x]),
      name: within(y, x) ? "cv-board-in" : "" }), about));
    kernel.draw(square(KERNEL, cell, t("channels.slice", { c }), (i, j) => ({ text: shown(slice[i][j]) })));
    partial.draw(square(OUT, cell, t("channels.partial"), (y, x) => ({ text: shown(values[y][x]),
      label: t("channels.cell", { row: y, column: x, value: shown(values[y][x]) }),
      name: y === about.y && x === about.x ? "cv-board-chosen" : "" })));
  };
  const drawOutput = (state, about, cell) => ({ draw: paint, element }, i) => {
    element.style.display = i < state.filters ? "" : "none";
    element.classList.toggle("cv-chan-shown", i === about.filter);
    if (i >= state.filters) return;
    const { output } = state.maps[i];
    paint(square(OUT, cell, t("channels.filter", { i }), (y, x) => ({ text: shown(output[y][x]),
      label: t("channels.cell", { row: y, column: x, value: shown(output[y][x]) }),
      name: i === about.filter && y === about.y && x === about.x ? "cv-board-chosen" : "" })));
  };
  const draw = () => {
    const state = read(model), about = subject(state), cell = cellSize();
    rows.forEach(drawRow(state, about, cell));
    outputs.forEach(drawOutput(state, about, cell));
    total.textContent = t("channels.sum_channels", { i: about.filter, bias: shown(state.bias[about.filter]) });
    sum.replaceChildren(...spelled(t, state, about));
    shapes.replaceChildren(...spelledShapes(t, state));
  };
  return { elements: [stage, sum, shapes], draw };
}

// ---- controls ------------------------------------------------------------------------------------------

// The bias of the filter that is shown, as a number of its own that a slider can hold.
function shownBias(model) {
  return adapted(model, { bias: {
    get: () => model.get("bias")[read(model).filter],
    set: (value) => model.set("bias", model.get("bias").map((old, i) => (i === read(model).filter ? value : old))),
  } });
}

function newNumbers(model, t) {
  return { element: h("button", { type: "button", "data-action": "new-numbers",
    onclick: () => update(model, { seed: (model.get("seed") + 1) % (rangeOf(model, "seed")[1] + 1) }) }, t("channels.new_numbers")) };
}

export default {
  render(context) {
    return frame(context, "channels", ({ model, t }) => {
      const view = picture(model, t);
      const [stage, sum, shapes] = view.elements;
      return {
        picture: stage,
        controls: [
          slider(model, "in_channels", t("channels.in_channels")),
          slider(model, "out_channels", t("channels.out_channels")),
          slider(model, "filter", t("channels.choose_filter"), { limits: () => [0, model.get("out_channels") - 1] }),
        ],
        more: [
          [slider(shownBias(model), "bias", t("channels.bias"), { limits: () => model.get("fields").bias.value }), newNumbers(model, t)],
          sum, shapes, h("p", { class: "cv-note" }, t("channels.note")),
        ],
        draw: view.draw,
      };
    });
  },
};
