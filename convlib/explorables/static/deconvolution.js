// Deconvolution: a photograph, blurred and noisy, and what restores it; and what does not.
import { segmented, slider } from "./shared/controls.js";
import { shown } from "./shared/core/numbers.js";
import { blurImage, boxTaps, filterRestored, framed, gaussianTaps, largestGain, noiseField, peakRatio, restoringGain,
  richardsonLucyStep, spectrum, tapsTransfer, transposedBlur } from "./shared/core/restoring.js";
import { frame } from "./shared/frame.js";
import { ownPhoto } from "./shared/photo.js";
import { decodePixels, grey, raster } from "./shared/pixels.js";
import { h, s } from "./shared/ui.js";

const INNER = 96, FRAME = 16, SIDE = INNER + 2 * FRAME; // as in Python
const METHODS = ["transposed", "inverse", "wiener", "richardson"];
const PATIENCE = 25; // milliseconds of corrections before the picture is shown
const PLOT = 200, EDGE = 34, DECADES = 7; // the plot's side and margin, and powers of 10 up and down

// ---- what is computed --------------------------------------------------------------------------------------

// make(...inputs), computed again only where an input is another.
function kept(make) {
  let before, value;
  return (...inputs) => {
    if (!before || inputs.some((input, i) => input !== before[i])) [before, value] = [inputs, make(...inputs)];
    return value;
  };
}

// The original, the blurred picture and the restored one. source(values) takes the reader's own photograph.
function pictures(model) {
  let given;
  const original = kept((values) => framed((values ?? decodePixels(model.get("pixels"))).map((value) => value / 255), INNER, FRAME));
  const kernel = kept((blur, size) => {
    const taps = blur === "box" ? boxTaps(size) : gaussianTaps(size);
    return { taps, transfer: tapsTransfer(taps, SIDE) };
  });
  const sharp = kept((image, { taps }) => blurImage(image, SIDE, taps));
  const field = kept((seed) => noiseField(seed, SIDE));
  const noisy = kept((image, noise, draws) => image.map((value, i) => value + noise * draws[i]));
  const frequencies = kept((y) => spectrum(y, SIDE));
  const linear = kept((y, { transfer }, balance) => filterRestored(frequencies(y), SIDE, transfer, balance));
  const transposed = kept((y, { taps }) => transposedBlur(y, SIDE, taps));
  // All of the corrections so far are kept, so that the slider may go back.
  const corrections = kept((y) => ({ counts: y.map((value) => Math.max(value, 0)), estimates: [new Float64Array(y.length).fill(1)] }));
  const corrected = (y, { taps }, steps) => {
    const { counts, estimates } = corrections(y), stop = performance.now() + PATIENCE;
    while (estimates.length <= steps && performance.now() < stop) estimates.push(richardsonLucyStep(estimates.at(-1), counts, SIDE, taps));
    const done = Math.min(steps, estimates.length - 1);
    return { image: estimates[done], done };
  };
  const read = () => {
    const blur = model.get("blur"), now = kernel(blur, model.get(blur === "box" ? "reach" : "sigma"));
    const image = original(given ?? null, model.get("pixels"));
    const y = noisy(sharp(image, now), model.get("noise"), field(model.get("seed")));
    const method = model.get("method"), balance = method === "wiener" ? 10 ** model.get("log_balance") : 0;
    const result = method === "richardson" ? corrected(y, now, model.get("steps"))
      : { image: method === "transposed" ? transposed(y, now) : linear(y, now, balance) };
    return { method, balance, transfer: now.transfer, original: image, blurred: y, restored: result.image, done: result.done };
  };
  return { read, source: (values) => { given = values; } };
}

// ---- the picture -------------------------------------------------------------------------------------------

function screen(kind, label) {
  const canvas = h("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": label, "data-screen": kind });
  const caption = h("figcaption", { class: `cv-board-caption cv-swatch-${kind}` }, label);
  let before;
  const paint = (values) => {
    if (values === before) return;
    before = values;
    raster(canvas, SIDE, SIDE, (i) => grey(255 * values[i]));
  };
  return { caption, paint, element: h("figure", { class: "cv-photo" }, caption, h("div", { class: "cv-photo-frame" }, canvas)) };
}

// Two significant digits, in groups of three.
const rough = (value) => value.toLocaleString("en", { maximumSignificantDigits: 2 });
const decibels = (value) => (value > 100 ? "> 100" : shown(Math.round(10 * value) / 10));

// The sizes of H and of G along the picture's rows, over the frequency, by powers of 10.
function plot(t) {
  const across = (u) => EDGE + (u / (SIDE / 2)) * (PLOT - EDGE - 6);
  const up = (size) => {
    const power = Math.max(-DECADES, Math.min(DECADES, Math.log10(Math.abs(size) || 1e-99)));
    return (PLOT - EDGE) * (0.5 - (0.47 * power) / DECADES);
  };
  const line = (sizes) => sizes.map((size, u) => `${u ? "L" : "M"}${across(u).toFixed(1)} ${up(size).toFixed(1)}`).join("");
  const words = (x, y, anchor, text) => s("text", { x, y, "text-anchor": anchor }, text);
  const raised = { "-6": "10⁻⁶", "-3": "10⁻³", 0: "1", 3: "10³", 6: "10⁶" };
  const grid = Object.entries(raised).map(([power, text]) => s("g", {},
    s("path", { class: "cv-dec-grid", d: `M${EDGE} ${up(10 ** power)}H${PLOT - 6}` }), words(EDGE - 3, up(10 ** power) + 4.5, "end", text)));
  const ticks = [[0, "0"], [0.25, "0.25"], [0.5, "0.5"]].map(([f, text]) =>
    words(across(f * SIDE), PLOT - EDGE + 14, f === 0.5 ? "end" : "middle", text));
  const blur = s("path", { class: "cv-dec-blur" }), gain = s("path", { class: "cv-dec-gain" });
  const svg = s("svg", { viewBox: `0 0 ${PLOT} ${PLOT}`, role: "img" }, grid, ticks,
    words((EDGE + PLOT) / 2, PLOT - 2, "middle", t("deconvolution.frequency")), blur, gain);
  const key = h("span", { class: "cv-swatch-output" }, "|G|");
  const caption = h("figcaption", { class: "cv-board-caption" }, h("span", { class: "cv-swatch-kernel" }, "|H|"), " ", key);
  const draw = ({ transfer, method, balance }) => {
    const half = transfer.slice(0, SIDE / 2 + 1), linear = method !== "richardson";
    blur.setAttribute("d", line(half));
    gain.setAttribute("d", linear ? line(half.map((size) => (method === "transposed" ? size : restoringGain(size, balance)))) : "");
    key.hidden = !linear;
    svg.setAttribute("aria-label", t(linear ? "deconvolution.plot" : "deconvolution.plot_blur"));
  };
  return { draw, element: h("figure", { class: "cv-photo cv-dec-plot" }, caption, svg) };
}

function remarks(t, { method, balance, transfer, done }) {
  if (method === "transposed") return t("deconvolution.about_transposed");
  if (method === "richardson") return t("deconvolution.about_richardson", { done });
  return t(`deconvolution.about_${method}`, { balance: rough(balance), gain: rough(largestGain(transfer, balance)) });
}

function picture(model, t, redraw) {
  const compute = pictures(model);
  const screens = { original: screen("original", t("deconvolution.original")), input: screen("input", t("deconvolution.blurred")),
    output: screen("output", t("deconvolution.restored")) };
  const spectra = plot(t), about = h("p", { class: "cv-note cv-dec-about" });
  const draw = () => {
    const now = compute.read(), ratio = (image) => t("deconvolution.ratio", { ratio: decibels(peakRatio(now.original, image, SIDE, FRAME)) });
    screens.original.paint(now.original);
    screens.input.paint(now.blurred);
    screens.output.paint(now.restored);
    screens.input.caption.replaceChildren(t("deconvolution.blurred"), h("br"), ratio(now.blurred));
    screens.output.caption.replaceChildren(t(`deconvolution.${now.method}`), h("br"), ratio(now.restored));
    spectra.draw(now);
    about.textContent = remarks(t, now);
    if (now.method === "richardson" && now.done < model.get("steps")) redraw();
  };
  const source = ownPhoto(t, INNER, (values) => { compute.source(values); redraw(); });
  const stage = h("div", { class: "cv-dec-stage" }, Object.values(screens).map(({ element }) => element), spectra.element);
  return { elements: [stage, about], draw, source };
}

// ---- controls ----------------------------------------------------------------------------------------------

// A slider with coarse steps, whose field takes any number.
function coarse(model, name, label, step) {
  const control = slider(model, name, label, { step: "any" });
  control.element.querySelector("[type=range]").step = step;
  return control;
}

// A control that is there only while it has something to do.
function only(control, when) {
  return { element: control.element, sync: () => {
    control.element.style.display = when() ? "" : "none";
    control.sync();
  } };
}

export default {
  render(context) {
    return frame(context, "deconvolution", ({ model, t, redraw }) => {
      const view = picture(model, t, redraw), is = (name, value) => () => model.get(name) === value;
      const choice = (name, values) => segmented(model, name, t(`deconvolution.${name}`), values.map((value) => [value, t(`deconvolution.${value}`)]));
      const side = (reach) => `${2 * reach + 1}×${2 * reach + 1}`;
      return {
        picture: view.elements,
        controls: [choice("method", METHODS), coarse(model, "noise", t("deconvolution.noise"), 0.001),
          only(coarse(model, "log_balance", t("deconvolution.log_balance"), 0.1), is("method", "wiener")),
          only(slider(model, "steps", t("deconvolution.steps")), is("method", "richardson"))],
        more: [[choice("blur", ["gaussian", "box"]), only(coarse(model, "sigma", t("deconvolution.sigma"), 0.1), is("blur", "gaussian")),
          only(slider(model, "reach", t("deconvolution.reach"), { show: side }), is("blur", "box"))],
          [view.source, h("span", { class: "cv-note" }, t("explorable.stays_here"))],
          h("p", { class: "cv-note" }, t("deconvolution.note"))],
        draw: view.draw,
      };
    });
  },
};
