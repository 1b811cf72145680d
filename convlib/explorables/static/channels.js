// Channels: a kernel for each input channel, what each gives by itself, and their sum for a filter.
import { board } from "./shared/board.js";
import { slider } from "./shared/controls.js";
import { channelStages, channelTensors, filterChannels, sumToStage } from "./shared/core/channels.js";
import { clamp, factor, shown } from "./shared/core/numbers.js";
import { frame } from "./shared/frame.js";
import { player } from "./shared/player.js";
import { adapted, h, rangeOf, scheduler, update } from "./shared/ui.js";

const SIZE = 5, KERNEL = 3, OUT = 3; // the sides of input, kernel, output
const CELL = { largest: 22, smallest: 20, gaps: 60 };

const ink = (name, text) => h("span", { class: `cv-swatch-${name}` }, text);

function read(model) {
  const channels = model.get("in_channels"), filters = model.get("out_channels"), bias = model.get("bias");
  const { input, weight } = channelTensors(model.get("seed"));
  const used = input.slice(0, channels), last = filters * (channels + 1);
  const step = Math.min(model.get("step"), last), stages = channelStages(step, channels, filters);
  const maps = weight.slice(0, filters).map((kernels, i) => {
    const { partials } = filterChannels(used, kernels.slice(0, channels), bias[i]);
    return { partials, output: sumToStage(partials, bias[i], stages[i]), stage: stages[i] };
  });
  const filter = Math.min(model.get("filter"), filters - 1);
  return { channels, filters, bias, input: used, weight, maps, filter, step, last,
    y: model.get("row"), x: model.get("column") };
}

// ---- words and numbers ---------------------------------------------------------------------------

// How far the sum of the filter has come, in words.
function spelledStage(t, { channels, bias, maps }, { filter: i }) {
  const { stage } = maps[i];
  if (stage > channels) return t("channels.sum_channels", { i, bias: shown(bias[i]) });
  return stage ? t("channels.summing", { i, count: stage, all: channels }) : t("channels.start", { i });
}

// The sum of one output cell, as far as it has come.
function spelledSum(t, { channels, bias, maps }, { filter, y, x }) {
  const { partials, output, stage } = maps[filter];
  if (!stage) return [];
  const parts = partials.slice(0, stage).flatMap((partial, m) => [m ? " + " : "", factor(partial[y][x])]);
  const end = stage <= channels ? [" + …"] : [` + ${t("channels.bias")} ${factor(bias[filter])} = `,
    h("strong", { class: "cv-swatch-output" }, shown(output[y][x]))];
  return [`y[${filter}, ${y}, ${x}] = `, ...parts, ...end];
}

// Each channel's part of it, product by product.
function spelledProducts(t, { input, weight, maps }, { filter, y, x }) {
  const products = (m) => Array.from({ length: KERNEL * KERNEL }, (_, index) => {
    const i = Math.floor(index / KERNEL), j = index % KERNEL;
    return [index ? " + " : "", h("span", { class: "cv-chan-term" }, ink("input", factor(input[m][y + i][x + j])), "·",
      ink("kernel", factor(weight[filter][m][i][j])))];
  });
  const { partials, stage } = maps[filter];
  return partials.slice(0, stage).map((partial, m) => h("div", {},
    h("span", { class: "cv-chan-name" }, t("channels.products", { c: m })), " ", ...products(m).flat(), ` = ${shown(partial[y][x])}`));
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
function choices(model, redraw, stopPlaying) {
  let hover;
  const choose = (filter) => ({ y, x }) => {
    stopPlaying();
    update(model, { row: y, column: x, filter: filter() });
  };
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

function picture(model, t, stopPlaying) {
  const redraw = scheduler(() => draw());
  const { act, subject } = choices(model, redraw, stopPlaying);
  const current = () => read(model).filter;
  const most = Math.max(...["in_channels", "out_channels"].map((name) => rangeOf(model, name)[1]));
  const each = (make) => Array.from({ length: most }, (_, i) => make(i));
  const sign = (text) => h("span", { class: "cv-board-sign", "aria-hidden": "true" }, text);
  const chosen = (key, number) => t("channels.choose", { board: t(key, number) });
  const rows = each((c) => {
    const boards = { input: board("input", t("channels.channel", { c })), kernel: board("kernel", t("channels.slice", { c })),
      partial: board("output", chosen("channels.part_of", { c }), act(current)) };
    return { ...boards, element: h("div", { class: "cv-chan-row", "data-channel": c },
      boards.input.element, sign("∗"), boards.kernel.element, sign("="), boards.partial.element) };
  });
  const outputs = each((i) => {
    const one = board("output", chosen("channels.output_of", { i }), act(() => i));
    return { draw: one.draw, element: h("div", { class: "cv-chan-map", "data-filter": i }, one.element) };
  });
  const stageWords = h("div", { class: "cv-chan-total" });
  const sum = h("div", { class: "cv-formula cv-chan-sum cv-answer", "aria-live": "polite" });
  // Beside the picture where there is room, behind "more" on a phone.
  const products = [0, 1].map(() => h("div", { class: "cv-formula cv-chan-products" }));
  const shapes = h("div", { class: "cv-formula cv-chan-shapes cv-answer" });
  const stage = h("div", { class: "cv-chan-stage" },
    h("div", {}, rows.map(({ element }) => element)),
    h("div", { class: "cv-chan-outputs" }, stageWords,
      h("div", { class: "cv-chan-maps cv-answer" }, outputs.map(({ element }) => element)), sum, products[0]));

  const cellSize = () => clamp(Math.floor(((stage.clientWidth || 640) - CELL.gaps) / (SIZE + KERNEL + OUT)),
    CELL.smallest, CELL.largest);
  const square = (side, cell, caption, look, window) => ({ rows: side, columns: side, padding: [0, 0], cell, caption, look,
    frame: window && { ...window, width: KERNEL, height: KERNEL } });
  const label = (name, row, column, text) => t("channels.cell", { board: name, row, column, value: text || "–" });
  const drawRow = (state, about, cell) => ({ input, kernel, partial, element }, c) => {
    element.style.display = c < state.channels ? "" : "none";
    if (c >= state.channels) return;
    const { partials, stage: stageNow } = state.maps[about.filter], slice = state.weight[about.filter][c];
    const within = (y, x) => y >= about.y && y < about.y + KERNEL && x >= about.x && x < about.x + KERNEL;
    const known = c < stageNow;
    input.draw(square(SIZE, cell, t("channels.channel", { c }), (y, x) => ({ text: shown(state.input[c][y][x]),
      name: within(y, x) ? "cv-board-in" : "" }), about));
    kernel.draw(square(KERNEL, cell, t("channels.slice", { c }), (i, j) => ({ text: shown(slice[i][j]) })));
    partial.draw(square(OUT, cell, t("channels.partial"), (y, x) => {
      const text = known ? shown(partials[c][y][x]) : "";
      return { text, label: label(t("channels.part_of", { c }), y, x, text),
        name: y === about.y && x === about.x ? "cv-board-chosen" : known ? "" : "cv-board-later" };
    }));
  };
  // A map appears when its sum begins: how many there will be is not given away.
  const drawOutput = (state, about, cell) => ({ draw: paint, element }, i) => {
    const begun = i < state.filters && state.maps[i].stage > 0;
    element.style.display = begun ? "" : "none";
    element.classList.toggle("cv-chan-shown", i === about.filter);
    if (!begun) return;
    const { output, stage: stageNow } = state.maps[i];
    paint(square(OUT, cell, t("channels.filter", { i }), (y, x) => {
      const text = shown(output[y][x]);
      return { text, label: label(t("channels.output_of", { i }), y, x, text),
        name: i === about.filter && y === about.y && x === about.x ? "cv-board-chosen"
          : stageNow > state.channels ? "" : "cv-board-later" };
    }));
  };
  const draw = () => {
    const state = read(model), about = subject(state), cell = cellSize();
    rows.forEach(drawRow(state, about, cell));
    outputs.forEach(drawOutput(state, about, cell));
    stageWords.textContent = spelledStage(t, state, about);
    sum.replaceChildren(...spelledSum(t, state, about));
    products.forEach((place) => place.replaceChildren(...spelledProducts(t, state, about)));
    shapes.replaceChildren(...spelledShapes(t, state));
  };
  return { stage, products: products[1], shapes, draw };
}

// ---- controls ------------------------------------------------------------------------------------------

// A step shows the filter whose sum it carries on.
function steps(model) {
  return adapted(model, { step: {
    get: () => read(model).step,
    set: (step) => {
      const { channels } = read(model);
      model.set("step", step);
      model.set("filter", Math.max(Math.ceil(step / (channels + 1)) - 1, 0));
    },
  } });
}

// With another number of channels or filters, sums that were complete are complete again.
function counts(model) {
  const set = (name) => (value) => {
    const { step, last } = read(model);
    model.set(name, value);
    if (step === last) model.set("step", read(model).last);
  };
  return adapted(model, Object.fromEntries(["in_channels", "out_channels"].map((name) => [name, { set: set(name) }])));
}

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
      const play = player(steps(model), "step", () => read(model).last, { interval: 900 });
      const view = picture(model, t, play.stop);
      const count = (name) => slider(counts(model), name, t(`channels.${name}`), { limits: () => rangeOf(model, name) });
      return {
        picture: view.stage,
        controls: [play, count("in_channels"), count("out_channels")],
        more: [
          [slider(model, "filter", t("channels.choose_filter"), { limits: () => [0, model.get("out_channels") - 1] }),
            slider(shownBias(model), "bias", t("channels.bias"), { limits: () => model.get("fields").bias.value }), newNumbers(model, t)],
          view.products, view.shapes, h("p", { class: "cv-note" }, t("channels.note")),
        ],
        draw: view.draw,
      };
    });
  },
};
