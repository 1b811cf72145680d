// The checkerboard: how the inputs reach each output of ways to enlarge, along one axis and in a picture.
import { codePanel } from "./shared/code.js";
import { numberField, segmented, select, slider } from "./shared/controls.js";
import { enlargedFlat, enlargedStamps, enlargingKernels, repeating } from "./shared/core/enlarging.js";
import { shown } from "./shared/core/numbers.js";
import { frame } from "./shared/frame.js";
import { grey, raster } from "./shared/pixels.js";
import { h, rangeOf, s, update } from "./shared/ui.js";

const INPUTS = 6;
const WAYS = ["transposed", "nearest", "bilinear", "shuffle", "icnr"];
// Pixels: a row of stamps, the bars, and the column with the inputs.
const HIGH = { wide: { row: 16, bars: 78 }, narrow: { row: 12, bars: 70 } }, LEFT = 24, NARROW = 480;
const DIGIT = 8.2; // as wide as a minus

// ---- what is computed --------------------------------------------------------------------------------

const ones = (values) => (Array.isArray(values) ? values.map(ones) : 1);

function read(model) {
  const [up, k, stride, weights, seed] = ["upsampling", "kernel_size", "stride", "weights", "seed"].map((name) => model.get(name));
  const drawn = enlargingKernels(up, k, stride, seed);
  const [line, square] = [drawn.line, drawn.square].map((values) => (weights === "ones" ? ones(values) : values));
  const stamps = enlargedStamps(up, INPUTS, line, stride), inside = repeating(up, line, square, stride), phases = inside.square.flat();
  const mean = phases.reduce((sum, value) => sum + value, 0) / phases.length;
  return { up, k, stride, weights, square, stamps, reached: enlargedStamps(up, INPUTS, ones(line), stride), inside,
    sums: stamps[0].map((_, o) => stamps.reduce((sum, stamp) => sum + stamp[o], 0)),
    flat: enlargedFlat(up, INPUTS, square, stride), places: phases.length,
    spread: Math.sqrt(phases.reduce((sum, value) => sum + (value - mean) ** 2, 0) / phases.length) };
}

// ---- the picture -------------------------------------------------------------------------------------

const brief = (value) => shown(Number(value.toFixed(2)));

function box(name, x, y, width, height, opacity = 1) {
  return s("rect", { class: name, x, y, width: Math.max(width, 1), height: Math.max(height, 1), "fill-opacity": opacity });
}

function words(x, y, text, name) {
  return s("text", { x, y, class: name, "text-anchor": "middle" }, text);
}

// Numbers are written where all of them fit their cells; else only a minus is.
const fitting = (values, cell) => values.every((value) => brief(value).length * DIGIT <= cell);

// One row for each input: its own cell at the left, and what it adds to each output.
function stampRows({ stamps, reached }, cell, row) {
  const most = Math.max(...stamps.flat().map(Math.abs)) || 1, numbers = row > 12 && fitting(stamps.flat(), cell);
  return stamps.map((stamp, input) => s("g", { "data-stamp": input },
    box("cv-still-input", 2, input * row + 1, row - 2, row - 2, 0.6),
    stamp.flatMap((value, o) => (reached[input][o] === 0 ? [] : [
      box("cv-still-kernel", LEFT + o * cell, input * row, cell - 1, row - 1, 0.12 + 0.38 * Math.abs(value) / most),
      words(LEFT + (o + 0.5) * cell, (input + 0.5) * row + 4, numbers ? brief(value) : value < 0 ? "−" : "")]))));
}

// The sums of the columns as bars, above and below their line.
function barRows({ sums }, cell, top, height) {
  const high = Math.max(...sums, 0), low = Math.min(...sums, 0), room = height - 28, unit = room / ((high - low) || 1);
  const zero = top + 14 + high * unit, numbers = fitting(sums, cell);
  return sums.map((value, o) => s("g", { "data-sum": brief(value) },
    box("cv-still-output", LEFT + o * cell + 1, Math.min(zero, zero - value * unit), cell - 2, Math.abs(value * unit)),
    numbers ? words(LEFT + (o + 0.5) * cell, zero - value * unit + (value < 0 ? 12 : -3), brief(value)) : null));
}

function lineOf(t) {
  const picture = s("svg", { role: "img", class: "cv-checker-line" });
  const caption = h("div", { class: "cv-board-caption" }, h("span", { class: "cv-swatch-kernel" }, t("checkerboard.stamps")),
    " · ", h("span", { class: "cv-swatch-output" }, t("checkerboard.line")));
  const element = h("div", { class: "cv-checker-one" }, caption, picture);
  const draw = (now, narrow) => {
    const { row, bars } = narrow ? HIGH.narrow : HIGH.wide, width = element.clientWidth || 640;
    const cell = Math.min((width - LEFT) / now.sums.length, 30), height = INPUTS * row + bars;
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) picture.setAttribute(name, value);
    picture.setAttribute("aria-label", t("checkerboard.line_label", { sums: now.sums.map(brief).join(", ") }));
    picture.replaceChildren(...stampRows(now, cell, row), ...barRows(now, cell, INPUTS * row, bars));
  };
  return { element, draw };
}

// The outputs of two dimensions as greys, the least black and the greatest white.
function mapOf(t) {
  const canvas = h("canvas", { role: "img", class: "cv-checker-pixels" }), caption = h("figcaption", { class: "cv-board-caption cv-swatch-output" }, t("checkerboard.map"));
  const limits = h("div", { class: "cv-note" });
  const draw = ({ flat }) => {
    const side = flat.length, values = flat.flat(), low = Math.min(...values), high = Math.max(...values);
    raster(canvas, side, side, (i) => grey(255 * (values[i] - low) / ((high - low) || 1)));
    limits.textContent = t("checkerboard.limits", { low: brief(low), high: brief(high) });
    canvas.setAttribute("aria-label", `${t("checkerboard.map")}: ${side}×${side}, ${limits.textContent}`);
  };
  return { element: h("figure", { class: "cv-checker-map" }, caption, canvas, limits), draw };
}

function spelled(t, { up, inside, spread, places }) {
  const even = spread < 1e-9, line = inside.line.map(brief).join(", ");
  return [
    h("div", { "data-words": "line" }, t("checkerboard.repeats"), h("strong", { class: "cv-swatch-output" }, line)),
    h("div", { "data-words": "spread" }, t(`checkerboard.${places === 1 ? "one" : even ? "even" : "uneven"}`, { places, spread: spread.toFixed(2) })),
    h("div", { class: "cv-note cv-answer", "data-words": "way" }, t(`checkerboard.about_${up}`)),
  ];
}

// ---- code and controls -------------------------------------------------------------------------------

function torchLines({ up, k, stride, weights, square }) {
  const shuffle = up === "shuffle" || up === "icnr";
  const literal = (values) => (Array.isArray(values) ? `[${values.map(literal).join(", ")}]` : `${values}.`);
  const some = up === "icnr" ? square.slice(0, 1) : square;
  const kernel = weights === "ones" ? `torch.ones(${square.length}, 1, ${k}, ${k})`
    : `torch.tensor(${literal(some.map((one) => [one]))})${up === "icnr" ? `.repeat(${square.length}, 1, 1, 1)` : ""}`;
  const call = up === "transposed" ? `F.conv_transpose2d(x, w, stride=${stride})`
    : shuffle ? `F.pixel_shuffle(F.conv2d(x, w, padding="same"), ${stride})`
      : `F.conv2d(F.interpolate(x, scale_factor=${stride}, mode="${up}"), w, padding="same")`;
  return [call, ["import torch", "import torch.nn.functional as F", "",
    `x = torch.ones(1, 1, ${INPUTS}, ${INPUTS})`, `w = ${kernel}`, `print(${call})`].join("\n")];
}

function seedField(model, t) {
  const label = t("checkerboard.seed"), field = numberField(model, "seed", label);
  const button = h("button", { type: "button", "data-action": "new-weights", onclick: () => update(model,
    { weights: "random", seed: Math.floor(Math.random() * (rangeOf(model, "seed")[1] + 1)) }) }, t("checkerboard.new_weights"));
  return [{ ...field, element: h("label", { class: "cv-control" }, label, field.element) }, button];
}

export default {
  render(context) {
    return frame(context, "checkerboard", ({ model, t }) => {
      const line = lineOf(t), map = mapOf(t), torch = codePanel(t, "PyTorch");
      const text = h("div", { class: "cv-formula cv-checker-words", "aria-live": "polite" });
      const stage = h("div", { class: "cv-checker-stage" }, line.element, map.element, text);
      const choices = (name, values) => values.map((value) => [value, t(`checkerboard.${name}_${value}`)]);
      return {
        picture: [stage],
        controls: [slider(model, "kernel_size", t("checkerboard.kernel_size")), slider(model, "stride", t("checkerboard.stride")),
          select(model, "upsampling", t("checkerboard.upsampling"), choices("up", WAYS)),
          segmented(model, "weights", t("checkerboard.weights"), choices("weights", ["ones", "random"]))],
        more: [seedField(model, t), torch.element, h("p", { class: "cv-note" }, t("checkerboard.note"))],
        draw: () => {
          const now = read(model), narrow = (stage.clientWidth || 640) < NARROW;
          stage.classList.toggle("cv-checker-narrow", narrow);
          line.draw(now, narrow);
          map.draw(now);
          text.replaceChildren(...spelled(t, now));
          torch.draw(...torchLines(now));
        },
      };
    });
  },
};
