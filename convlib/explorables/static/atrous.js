// Atrous convolution on a photograph: sparse features, dense ones, and the kernel filled with zeros.
import { codePanel } from "./shared/code.js";
import { segmented, select, slider } from "./shared/controls.js";
import { atrousCosts, atrousFilter, comparison, heldBetween, largestInside, outputStride, phaseOf, sparseFeatures,
  zeroFilled } from "./shared/core/atrous.js";
import { grayValues } from "./shared/core/images.js";
import { clamp, factor, grouped, shown } from "./shared/core/numbers.js";
import { frame } from "./shared/frame.js";
import { ownPhoto, photo, pixelChoice, pixelFields } from "./shared/photo.js";
import { decodePixels } from "./shared/pixels.js";
import { player } from "./shared/player.js";
import { adapted, h, rangeOf, s } from "./shared/ui.js";

const KERNEL = 120; // the side of the kernel's picture, in its own pixels
const LEGIBLE = 20; // a cell that is narrower has no room for its zero

const ink = (name, text) => h("span", { class: `cv-swatch-${name}` }, text);

// ---- what is computed ----------------------------------------------------------------------------------

function settings(model) {
  const rate = model.get("rate"), stride = outputStride(rate, model.get("output_stride"));
  const [kernel, divisor] = model.get("kernels")[model.get("kernel")];
  return { rate, stride, kernel, divisor, between: model.get("between"), phases: Math.min(model.get("step") + 1, stride ** 2) };
}

// The three ways, each computed for itself, and again only where something has changed.
function features(model, side) {
  let given, from, image, key, now;
  const compute = ({ rate, stride, kernel, divisor, phases }) => {
    const divided = (values) => values.map((value) => value / divisor);
    const sparse = divided(sparseFeatures(image, side, kernel, rate, stride, phases));
    const dense = divided(atrousFilter(image, side, side, kernel, rate));
    const filledKernel = zeroFilled(kernel, rate), filled = divided(atrousFilter(image, side, side, filledKernel, 1));
    const { places, difference } = comparison(sparse, dense, side, stride, phases);
    return { image, sparse, dense, filled, filledKernel, places, difference, limit: largestInside(dense, side, rate) || 1,
      filledDifference: comparison(filled, dense, side, 1, 1).difference, macs: atrousCosts(side, kernel.length, rate, places) };
  };
  const read = () => {
    const wanted = given ?? model.get("pixels"), state = settings(model), next = JSON.stringify(state);
    const fresh = from !== wanted || key !== next;
    if (from !== wanted) [from, image] = [wanted, given ?? decodePixels(wanted)];
    if (fresh) [key, now] = [next, compute(state)];
    return { ...state, ...now, fresh };
  };
  return { read, source: (values) => { given = values; } };
}

// The nine pixels that the kernel reads at a pixel, with their weights and values; 0 beyond the edge.
function readPixels({ image, kernel, rate }, side, { y, x }) {
  return kernel.flatMap((row, i) => row.map((weight, j) => {
    const at = { y: y + rate * (i - 1), x: x + rate * (j - 1) };
    const inside = clamp(at.y, 0, side - 1) === at.y && clamp(at.x, 0, side - 1) === at.x;
    return { ...at, weight, value: inside ? image[at.y * side + at.x] : 0 };
  }));
}

// ---- the picture ---------------------------------------------------------------------------------------

// The kernel with its zeros, in the place of a fourth photograph.
function kernelPicture() {
  const caption = h("figcaption", { class: "cv-board-caption cv-swatch-kernel" });
  const svg = s("svg", { viewBox: `0 0 ${KERNEL} ${KERNEL}`, role: "img", "data-screen": "kernel" });
  const draw = (kernel, rate, label) => {
    const cell = KERNEL / kernel.length;
    svg.setAttribute("aria-label", label);
    svg.replaceChildren(...kernel.flatMap((row, i) => row.map((weight, j) => {
      const zero = i % rate || j % rate, text = zero && cell < LEGIBLE ? "" : shown(weight);
      return s("g", { class: zero ? "cv-atr-zero" : "cv-atr-weight" },
        s("rect", { x: j * cell + 0.5, y: i * cell + 0.5, width: cell - 1, height: cell - 1, rx: 1 }),
        text && s("text", { x: (j + 0.5) * cell, y: (i + 0.5) * cell }, text));
    })));
  };
  return { caption, draw, element: h("figure", { class: "cv-photo cv-atr-kernel" }, caption, svg) };
}

// The pixels that are read, marked on the photograph.
function tapMarks(screen) {
  const marks = s("g", { class: "cv-atr-taps" });
  screen.element.querySelector("svg").prepend(marks);
  return (taps) => marks.replaceChildren(...taps.map(({ y, x }) => s("rect", { x, y, width: 1, height: 1 })));
}

// The same feature, spelled out as each way computes it.
function spelled(t, now, side, at, taps) {
  const { rate, stride, divisor, phases, filledKernel, kernel } = now, place = at.y * side + at.x;
  const strong = (values) => h("strong", { class: "cv-swatch-output" }, shown(values[place]));
  const products = taps.flatMap(({ weight, value }, i) => [i ? " + " : "",
    h("span", { class: "cv-atr-term" }, ink("kernel", factor(weight)), "·", ink("input", shown(value)))]);
  const divided = divisor === 1 ? [] : [` = ${shown(taps.reduce((sum, { weight, value }) => sum + weight * value, 0))}/${divisor}`];
  const zeros = filledKernel.length ** 2 - kernel.length ** 2;
  const [m, n] = [at.y % stride, at.x % stride], exists = phaseOf(at.y, at.x, stride) < phases;
  const small = { phase: `(${m}, ${n})`, row: (at.y - m) / stride, column: (at.x - n) / stride, apart: rate / stride };
  const line = (way, ...content) => h("div", { "data-way": way }, ...content);
  return [
    line("dense", "(b) ", products, divided, " = ", strong(now.dense)),
    line("filled", "(c) ", t(zeros ? "atrous.more_products" : "atrous.no_products", { zeros: grouped(zeros) }), " = ", strong(now.filled)),
    line("sparse", "(a) ", t(exists ? (small.apart === 1 ? "atrous.neighbors" : "atrous.apart") : "atrous.missing", small),
      ...(exists ? [" = ", strong(now.sparse)] : [])),
  ];
}

// "(b)" and what it is; and what it costs.
function captions(t, screens, side, now) {
  const { rate, stride, phases, macs, filledKernel } = now, span = filledKernel.length;
  const say = (screen, first, second) => screen.caption.replaceChildren(first, h("br"), second);
  const cost = (way) => t("atrous.macs", { macs: grouped(macs[way]) });
  say(screens.input, t("atrous.photo_size", { size: side }), t("atrous.reads", { rate }));
  say(screens.sparse, t("atrous.sparse", { stride, rate: rate / stride }), t("atrous.phase_macs", { phases, all: stride ** 2, macs: grouped(macs.sparse) }));
  say(screens.dense, t("atrous.dense", { rate }), cost("dense"));
  say(screens.kernel, t("atrous.kernel_filled", { span }), cost("filled"));
}

function picture(model, t, redraw) {
  const side = rangeOf(model, "row")[1] + 1, compute = features(model, side);
  const { act, at: shownPixel } = pixelChoice(model, side, redraw);
  const screens = { ...Object.fromEntries(["input", "sparse", "dense"].map((kind) => [kind, photo(kind, t(`atrous.${kind}_label`), side, act)])),
    kernel: kernelPicture() };
  for (const kind of ["sparse", "dense"]) screens[kind].caption.classList.add("cv-swatch-output");
  screens.dense.element.querySelector("canvas").classList.add("cv-answer");
  screens.dense.element.querySelector("svg").classList.add("cv-answer");
  const markTaps = tapMarks(screens.input);
  const where = h("div", { class: "cv-atr-where" });
  const torch = codePanel(t, "PyTorch");
  const sums = h("div", { class: "cv-formula cv-atr-sums cv-answer", "aria-live": "polite" });

  const paint = ({ image, sparse, dense, kernel, between, stride, phases, limit }) => {
    const display = kernel.flat().some((weight) => weight < 0) ? "signed" : "clip";
    screens.input.paint(image, "clip");
    screens.sparse.paint(between === "zeros" ? sparse : heldBetween(sparse, side, stride, phases), display, limit);
    screens.dense.paint(dense, display, limit);
  };
  const draw = () => {
    const now = compute.read(), span = now.filledKernel.length;
    const at = shownPixel(), taps = readPixels(now, side, at);
    if (now.fresh) {
      paint(now);
      captions(t, screens, side, now);
      torch.draw(...torchLines(now, side));
      screens.kernel.draw(now.filledKernel, now.rate, t("atrous.kernel_label", { span, zeros: grouped(span ** 2 - taps.length) }));
    }
    screens.input.mark(at, [span, span]);
    for (const kind of ["sparse", "dense"]) screens[kind].mark(at, [1, 1]);
    markTaps(taps);
    where.textContent = t("atrous.where", { row: at.y, column: at.x, rate: now.rate, span, weights: taps.length, all: span ** 2 });
    sums.replaceChildren(...spelled(t, now, side, at, taps), h("div", { "data-way": "difference" }, t("atrous.difference", {
      places: grouped(now.places), all: grouped(side * side), difference: shown(now.difference), filled: shown(now.filledDifference) })));
  };
  const source = ownPhoto(t, side, (values) => { compute.source(values); redraw(); }, (pixels) => grayValues(pixels).map(Math.round));
  const stage = h("div", { class: "cv-atr-stage" }, Object.values(screens).map(({ element }) => element));
  return { elements: [stage, where, sums], torch, draw, source };
}

// (a) and (b) in PyTorch, and how far they differ; whole numbers, so that nothing is rounded.
function torchLines({ rate, stride, kernel }, side) {
  const call = `F.conv2d(x, w, padding=${rate}, dilation=${rate})`, kept = `[..., ::${stride}, ::${stride}]`;
  return [call, ["import torch", "import torch.nn.functional as F", "",
    `x = torch.randint(256, (1, 1, ${side}, ${side})).float()`,
    `w = torch.tensor([[${JSON.stringify(kernel)}]]).float()`,
    `a = F.conv2d(x${kept}, w, padding=${rate / stride}, dilation=${rate / stride})`, `b = ${call}`,
    `print((a - b${kept}).abs().max())`].join("\n")];
}

// ---- controls ------------------------------------------------------------------------------------------

// The divisors of the rate: no other stride keeps all the pixels that the kernel reads.
function strides(model, t) {
  const choice = h("span"), most = () => rangeOf(model, "output_stride")[1];
  const effective = adapted(model, { output_stride: { get: () => outputStride(model.get("rate"), model.get("output_stride")),
    // The rate itself stays the stride when the rate changes.
    set: (stride) => model.set("output_stride", stride === model.get("rate") ? most() : stride) } });
  let rate, control;
  const sync = () => {
    if (rate !== model.get("rate")) {
      rate = model.get("rate");
      const divisors = Array.from({ length: rate }, (_, i) => i + 1).filter((stride) => rate % stride === 0);
      control = segmented(effective, "output_stride", t("atrous.output_stride"), divisors.map((stride) => [stride, String(stride)]));
      choice.replaceChildren(control.element);
    }
    control.sync();
  };
  return { element: h("div", { class: "cv-control" }, h("span", { class: "cv-atr-name" }, t("atrous.output_stride")), choice), sync };
}

export default {
  render(context) {
    return frame(context, "atrous", ({ model, t, redraw }) => {
      const view = picture(model, t, redraw);
      const phases = player(model, "step", () => settings(model).stride ** 2 - 1, { interval: 350 });
      return {
        picture: view.elements,
        controls: [slider(model, "rate", t("atrous.rate")),
          select(model, "kernel", t("tensor.kernel"), model.get("fields").kernel.choices.map((name) => [name, t(`atrous.${name}`)])),
          { ...phases, element: h("div", { class: "cv-control" }, h("span", { class: "cv-atr-name" }, t("atrous.phases")), phases.element) }],
        more: [[strides(model, t), segmented(model, "between", t("atrous.between"), ["zeros", "nearest"].map((name) => [name, t(`atrous.${name}`)])),
          ...pixelFields(model, t, "atrous")],
          [view.source, h("span", { class: "cv-note" }, t("explorable.stays_here"))],
          view.torch.element, h("p", { class: "cv-note" }, t("atrous.note"))],
        draw: view.draw,
      };
    });
  },
};
