// Channel mixer: a 1x1 convolution is one matrix for every pixel, shown beside a photograph.
import { board } from "./shared/board.js";
import { segmented, select, slider } from "./shared/controls.js";
import { colorValues, extremes } from "./shared/core/images.js";
import { inverseOrder, mixChannels, outsideShare, reorder, sumMatrices } from "./shared/core/mixing.js";
import { clamp, formatNumber, shown } from "./shared/core/numbers.js";
import { permutation } from "./shared/core/random.js";
import { frame } from "./shared/frame.js";
import { ownPhoto, photo, pixelFields } from "./shared/photo.js";
import { decodePixels } from "./shared/pixels.js";
import { adapted, h, rangeOf, update } from "./shared/ui.js";

const CELL = 44; // pixels
const INPUTS = ["R", "G", "B"];
const outputs = (count) => (count === 1 ? ["y"] : INPUTS.slice(0, count).map((name) => `${name}′`));

// With three decimals at most, as all numbers are shown here.
const short = (value) => shown(Math.round(value * 1000) / 1000);
const bracketed = (value) => (value < 0 ? `(${short(value)})` : short(value));

// The weight, a row for each output channel, and the bias, as preset and factors have them.
function mixture(model) {
  const preset = model.get("preset");
  if (preset === "own") {
    const weight = model.get("matrix");
    return { weight, bias: model.get("offset").slice(0, weight.length) };
  }
  const [matrices, bias] = model.get("presets")[preset], turn = (model.get("angle") * Math.PI) / 180;
  const factors = { saturation: [1, model.get("amount")], hue: [1, Math.cos(turn), Math.sin(turn)] };
  const weight = sumMatrices(matrices, factors[preset] ?? [1]);
  return { weight, bias: weight.map(() => bias) };
}

// From now on these are the reader's own numbers, written as a link carries them.
function own(model, { weight, bias }) {
  const written = (values) => values.map((value) => Number(formatNumber(value)));
  update(model, { preset: "own", matrix: weight.map(written), offset: written([0, 1, 2].map((o) => bias[o] ?? 0)) });
}

// ---- the photograph and its mix ------------------------------------------------------------------------

// Input and output in the order that is shown, computed again only where something has changed.
// source(values) takes the reader's photograph, or Python's where it gets none.
function images(model, side) {
  let given, from, photograph, key, now, seed, order, inverse;
  const decoded = () => (given ?? decodePixels(model.get("pixels"))).map((value) => value / 255);
  const compute = ({ weight, bias }, kind) => {
    const input = kind === "kept" ? photograph : reorder(photograph, order);
    const mixed = mixChannels(input, weight, bias);
    const output = kind === "restored" ? reorder(mixed, inverse) : mixed;
    const [low, high] = extremes(output);
    const display = weight.length > 1 ? "color" : low < -1e-6 ? "signed" : "clip";
    return { input, output, low, high, display, outside: outsideShare(output),
      difference: kind === "restored" && differs(output, mixChannels(photograph, weight, bias)) };
  };
  const read = () => {
    const wanted = given ?? model.get("pixels"), { weight, bias } = mixture(model), kind = model.get("order");
    if (from !== wanted) [from, photograph, key] = [wanted, decoded()];
    if (seed !== model.get("seed")) {
      [seed, key] = [model.get("seed")];
      order = permutation(seed, side * side);
      inverse = inverseOrder(order);
    }
    const next = JSON.stringify([weight, bias, kind]);
    const fresh = next !== key;
    if (fresh) [key, now] = [next, compute({ weight, bias }, kind)];
    return { ...now, photograph, weight, bias, fresh };
  };
  // Where a pixel of the photograph stands in a picture, and which pixel stands there.
  const moved = (kind) => (kind === "input" ? model.get("order") !== "kept" : model.get("order") === "shuffled");
  const place = (kind, pixel) => (moved(kind) ? inverse[pixel] : pixel);
  const pixelAt = (kind, at) => (moved(kind) ? order[at] : at);
  return { read, place, pixelAt, source: (values) => { given = values; } };
}

const differs = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

// ---- the picture ---------------------------------------------------------------------------------------

// The weight and the bias as two boards of cells that can be changed; chosen() is the cell that the
// slider holds, { kind: "weight" or "bias", y, x }.
function matrixBoards(model, t, chosen, choose) {
  const name = ({ kind, y, x }) => cellName(t, mixture(model), { kind, y, x });
  const make = (kind, limits) => board("kernel", t(`channel_mixer.${kind}`), { t, limits, look: () => {},
    focus: ({ y, x }) => choose({ kind, y, x }), choose: ({ y, x }) => choose({ kind, y, x }),
    edit: ({ y, x }, value) => change(model, { kind, y, x }, value), editLabel: ({ y, x }) => name({ kind, y, x }) });
  const { matrix, offset } = model.get("fields");
  const boards = { weight: make("weight", matrix.value), bias: make("bias", offset.value) };
  const heads = (names) => h("div", { class: "cv-mix-heads", "aria-hidden": "true" }, names.map((text) => h("span", {}, text)));
  const rows = h("div", { class: "cv-mix-rows", "aria-hidden": "true" });
  const draw = ({ weight, bias }) => {
    rows.replaceChildren(...outputs(weight.length).map((text) => h("span", {}, text)));
    const view = (kind, values) => ({ rows: values.length, columns: values[0].length, padding: [0, 0], cell: CELL, caption: "",
      look: (y, x) => ({ text: short(values[y][x]), label: `${name({ kind, y, x })}: ${short(values[y][x])}`,
        name: chosen().kind === kind && chosen().y === y && chosen().x === x ? "cv-board-chosen" : "" }) });
    boards.weight.draw(view("weight", weight));
    boards.bias.draw(view("bias", bias.map((value) => [value])));
  };
  return { draw, element: h("div", { class: "cv-mix-matrix", style: `--cv-mix-cell:${CELL}px` },
    h("span"), heads(INPUTS), h("span"), heads(["b"]),
    rows, boards.weight.element, h("span", { class: "cv-board-sign", "aria-hidden": "true" }, "+"), boards.bias.element) };
}

function cellName(t, { weight }, { kind, y, x }) {
  const to = outputs(weight.length)[y];
  return kind === "bias" ? t("channel_mixer.bias_of", { to }) : t("channel_mixer.weight_of", { from: INPUTS[x], to });
}

function change(model, { kind, y, x }, value) {
  const { weight, bias } = mixture(model);
  const at = (values, index, one) => values.map((old, i) => (i === index ? one : old));
  own(model, kind === "bias" ? { weight, bias: at(bias, y, value) } : { weight: at(weight, y, at(weight[y], x, value)), bias });
}

// One pixel's sums, a line for each output channel.
function spelled({ photograph, weight, bias }, pixel, count) {
  const x = INPUTS.map((_, m) => photograph[m * count + pixel]);
  const ink = (kind, text) => h("span", { class: `cv-swatch-${kind}` }, text);
  return weight.map((row, o) => {
    const y = row.reduce((sum, factor, m) => sum + factor * x[m], bias[o]);
    const terms = row.flatMap((factor, m) => [h("span", { class: "cv-mix-term" },
      ink("kernel", bracketed(factor)), "·", ink("input", short(x[m]))), " + "]);
    return h("div", {}, `${outputs(weight.length)[o]} = `, terms, ink("kernel", bracketed(bias[o])), " = ",
      h("strong", { class: "cv-swatch-output" }, short(y)));
  });
}

// The pixel by its place in the photograph, with the colours that the pictures show of it.
function pixelWords(t, pixel, side, colours) {
  const swatch = (kind) => h("span", { class: "cv-mix-swatch", style: `background:${colours[kind]}`, "aria-hidden": "true" });
  return [h("span", { class: "cv-mix-swatches" }, swatch("input"), "→", swatch("output")),
    h("span", {}, t("channel_mixer.pixel", { row: Math.floor(pixel / side), column: pixel % side }))];
}

function remarks(t, { low, high, display, outside, difference }) {
  const percent = outside < 0.001 ? t("channel_mixer.less") : shown(Math.round(1000 * outside) / 10);
  const range = { low: short(low), high: short(high) };
  const values = display === "signed" ? t("channel_mixer.signed", range)
    : outside ? t("channel_mixer.outside", { percent, ...range }) : t("channel_mixer.inside", range);
  return difference === false ? values : `${values} ${t("channel_mixer.difference", { difference: shown(difference) })}`;
}

function picture(model, t, redraw) {
  const side = rangeOf(model, "row")[1] + 1, mix = images(model, side);
  let hover, chosen = { kind: "weight", y: 0, x: 0 };
  const held = () => ({ ...chosen, y: Math.min(chosen.y, mixture(model).weight.length - 1) });
  const pixel = () => model.get("row") * side + model.get("column");
  const choose = (to) => update(model, { row: Math.floor(to / side), column: to % side });
  const act = (kind) => {
    const pixelAt = ({ y, x }) => mix.pixelAt(kind, clamp(y, 0, side - 1) * side + clamp(x, 0, side - 1));
    return { choose: (at) => {
      hover = undefined; // a drag shows what it chooses
      choose(pixelAt(at));
    },
      look: (at) => { hover = at && pixelAt(at); redraw(); },
      move: (dy, dx) => {
        hover = undefined;
        const at = mix.place(kind, pixel());
        choose(pixelAt({ y: Math.floor(at / side) + dy, x: (at % side) + dx }));
      } };
  };
  const screens = { input: photo("input", t("channel_mixer.photo"), side, act("input")),
    output: photo("output", t("channel_mixer.result"), side, act("output")) };
  const matrix = matrixBoards(model, t, held, (cell) => { chosen = cell; redraw(); });
  const named = h("div", { class: "cv-mix-pixel" }), sums = h("div", { class: "cv-formula cv-mix-sums" }), about = h("p", { class: "cv-note cv-mix-about" });
  const shape = h("p", { class: "cv-note" });

  const paint = ({ input, output, display, low, high, weight }) => {
    const scaled = (values) => values.map((value) => 255 * value);
    screens.input.paint(scaled(input), "color");
    screens.output.paint(scaled(output), display, 255 * Math.max(-low, high));
    screens.input.caption.textContent = t("channel_mixer.input", { size: side });
    screens.output.caption.textContent = t(`channel_mixer.output_${weight.length}`);
  };
  const marked = (at) => Object.fromEntries(Object.entries(screens).map(([kind, screen]) => {
    const place = mix.place(kind, at), y = Math.floor(place / side), x = place % side;
    screen.mark({ y, x }, [1, 1]);
    const [r, g, b] = screen.element.querySelector("canvas").getContext("2d").getImageData(x, y, 1, 1).data;
    return [kind, `rgb(${r} ${g} ${b})`];
  }));
  const draw = () => {
    const now = mix.read(), count = now.weight.length;
    if (now.fresh) paint(now);
    const at = hover ?? pixel();
    named.replaceChildren(...pixelWords(t, at, side, marked(at)));
    sums.replaceChildren(...spelled(now, at, side * side));
    matrix.draw(now);
    about.textContent = remarks(t, now);
    shape.textContent = t("channel_mixer.shape", { count, weights: 3 * count });
  };
  const source = ownPhoto(t, side, (values) => { mix.source(values); redraw(); }, colorValues);
  const stage = h("div", { class: "cv-mix-stage" }, screens.input.element,
    h("div", { class: "cv-mix-middle" }, matrix.element, named), screens.output.element);
  return { elements: [stage, sums, about], shape, draw, source, held };
}

// ---- controls ------------------------------------------------------------------------------------------

function presets(model, t) {
  const names = [...Object.keys(model.get("presets")), "own"];
  // "Your own" starts from the numbers that stand there.
  const chosen = adapted(model, { preset: { set: (name) => (name === "own" ? own(model, mixture(model)) : model.set("preset", name)) } });
  return select(chosen, "preset", t("channel_mixer.preset"), names.map((name) => [name, t(`channel_mixer.${name}`)]));
}

// The slider of the cell that is chosen. Its track has coarse steps, its field takes any number.
function cellSlider(model, t, chosen) {
  const cell = adapted(model, { cell: {
    get: () => { const { weight, bias } = mixture(model), { kind, y, x } = chosen(); return kind === "bias" ? bias[y] : weight[y][x]; },
    set: (value) => change(model, chosen(), value),
  } });
  const { matrix, offset } = model.get("fields");
  const control = coarse(slider(cell, "cell", t("channel_mixer.cell"), { step: "any",
    limits: () => (chosen().kind === "bias" ? offset : matrix).value }));
  const label = control.element.querySelector("label");
  return { element: control.element, sync: () => {
    label.textContent = cellName(t, mixture(model), chosen());
    control.sync();
  } };
}

function coarse(control) {
  const track = control.element.querySelector("[type=range]"), step = 0.05;
  return { ...control, sync: () => {
    track.step = step;
    control.sync();
  } };
}

// A control that is there only while it has something to do.
function only(control, when) {
  return { element: control.element, sync: () => {
    control.element.style.display = when() ? "" : "none";
    control.sync();
  } };
}

function orders(model, t) {
  const control = segmented(model, "order", t("channel_mixer.order"),
    ["kept", "shuffled", "restored"].map((name) => [name, t(`channel_mixer.${name}`)]));
  const back = control.element.lastElementChild;
  return { element: control.element, sync: () => {
    back.hidden = model.get("order") === "kept";
    control.sync();
  } };
}

// How many output channels: rows of the matrix are left out, or the identity's are added.
function channelCount(model, t) {
  const counted = adapted(model, { count: { get: () => mixture(model).weight.length, set: (count) => {
    const { weight, bias } = mixture(model), all = [0, 1, 2].slice(0, count);
    own(model, { bias: all.map((o) => bias[o] ?? 0), weight: all.map((o) => weight[o] ?? all.map((m) => Number(m === o))) });
  } } });
  return segmented(counted, "count", t("channel_mixer.count"), [1, 2, 3].map((count) => [count, String(count)]));
}

export default {
  render(context) {
    return frame(context, "channel_mixer", ({ model, t, redraw }) => {
      const view = picture(model, t, redraw);
      const uses = (name) => () => model.get("preset") === name;
      return {
        picture: view.elements,
        controls: [presets(model, t), cellSlider(model, t, view.held),
          only(slider(model, "angle", t("channel_mixer.angle")), uses("hue")),
          only(coarse(slider(model, "amount", t("channel_mixer.amount"), { step: "any" })), uses("saturation")), orders(model, t)],
        more: [[h("span", { class: "cv-note" }, t("channel_mixer.count")), channelCount(model, t), ...pixelFields(model, t, "channel_mixer")], view.shape,
          [view.source, h("span", { class: "cv-note" }, t("explorable.stays_here"))],
          h("p", { class: "cv-note" }, t("channel_mixer.note"))],
        draw: view.draw,
      };
    });
  },
};
