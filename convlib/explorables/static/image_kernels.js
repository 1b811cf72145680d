// Image kernels: a real photograph through a kernel, at once, and the sum behind each pixel.
import { board } from "./shared/board.js";
import { numberField, segmented, select } from "./shared/controls.js";
import { extremes, filterImage, imageWindow } from "./shared/core/images.js";
import { factor, formatNumber, grouped, shown } from "./shared/core/numbers.js";
import { rotateKernel } from "./shared/core/windows.js";
import { frame } from "./shared/frame.js";
import { ownPhoto, photo, pixelChoice, pixelFields } from "./shared/photo.js";
import { decodePixels } from "./shared/pixels.js";
import { adapted, h, rangeOf, s, say, scheduler, update } from "./shared/ui.js";

const CELL = 34, ENLARGED = 21; // pixels: of a cell; of the photograph along an enlarged side
const binomial = [1, 4, 6, 4, 1];
const line = (size, weight) => Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => weight(i, j)));
// What the flip does to a kernel: nothing, a change of sign, or another kernel.
function turn(kernel) {
  const turned = rotateKernel(kernel);
  if (same(kernel, turned)) return "same";
  return same(kernel, turned.map((row) => row.map((v) => -v + 0))) ? "negated" : "other";
}

// Each with the divisor and the display that suit it.
const PRESETS = {
  identity: [[[0, 0, 0], [0, 1, 0], [0, 0, 0]], 1, "clip"],
  shift: [line(5, (i, j) => Number(i === 2 && j === 4)), 1, "clip"],
  box3: [line(3, () => 1), 9, "clip"],
  box5: [line(5, () => 1), 25, "clip"],
  gauss: [line(5, (i, j) => binomial[i] * binomial[j]), 256, "clip"],
  motion: [line(5, (i, j) => Number(i === j)), 5, "clip"],
  sharpen: [[[0, -1, 0], [-1, 5, -1], [0, -1, 0]], 1, "clip"],
  sobel_x: [[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], 1, "signed"],
  sobel_y: [[[-1, -2, -1], [0, 0, 0], [1, 2, 1]], 1, "signed"],
  laplace: [[[0, 1, 0], [1, -4, 1], [0, 1, 0]], 1, "signed"],
  emboss: [[[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], 1, "clip"],
};

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// The same kernel with zeros around it, or without its rim.
function centred(kernel, size) {
  const rows = (size - kernel.length) / 2, columns = (size - kernel[0].length) / 2;
  return line(size, (i, j) => kernel[Math.floor(i - rows)]?.[Math.floor(j - columns)] ?? 0);
}


// Black or white, whichever is read on a grey: both reach 4.5:1 at 117.
const inkOn = (grey) => (grey < 118 ? "#fff" : "#000");

// ---- the whole -----------------------------------------------------------------------------------------

// The filtered photograph, computed again only where the kernel, the divisor or the flip changed.
function filterOnce(image, side) {
  let key, values;
  return (kernel, divisor) => {
    const wanted = JSON.stringify([kernel, divisor]);
    if (wanted === key) return { values, fresh: false };
    key = wanted;
    values = filterImage(image, side, side, kernel).map((value) => value / divisor);
    return { values, fresh: true };
  };
}

// A piece of a picture, large enough that single pixels are seen. show(at, [rows, columns]) takes the
// piece around a pixel and frames a window there.
function enlarged(kind, words, label, screen) {
  const source = screen.element.querySelector("canvas"), middle = (ENLARGED - 1) / 2;
  const canvas = h("canvas", { width: ENLARGED, height: ENLARGED, "aria-hidden": "true" });
  const outline = s("rect", { class: "cv-img-frame" });
  const context = canvas.getContext("2d");
  const show = ({ y, x }, [rows, columns]) => {
    context.clearRect(0, 0, ENLARGED, ENLARGED);
    context.drawImage(source, middle - x, middle - y);
    for (const [name, value] of Object.entries({ x: middle - Math.floor(columns / 2), width: columns,
      y: middle - Math.floor(rows / 2), height: rows })) outline.setAttribute(name, value);
  };
  return { show, element: h("figure", { class: "cv-photo" },
    h("figcaption", { class: `cv-board-caption cv-swatch-${kind}` }, words),
    h("div", { class: "cv-photo-frame" }, canvas,
      s("svg", { viewBox: `0 0 ${ENLARGED} ${ENLARGED}`, role: "img", "aria-label": label }, outline))) };
}

function picture(model, t) {
  const side = rangeOf(model, "row")[1] + 1;
  let pixels, own, image, filtered, painted;
  const redraw = scheduler(() => draw());
  const state = () => ({ kernel: model.get("kernel"), divisor: model.get("divisor"), flip: model.get("flip"),
    display: model.get("display") });
  const { act, at: shownPixel } = pixelChoice(model, side, redraw);
  const screens = { input: photo("input", t("image_kernels.photo"), side, act), output: photo("output", t("image_kernels.result"), side, act) };
  const closer = Object.fromEntries(Object.entries(screens).map(([kind, screen]) =>
    [kind, enlarged(kind, t(`image_kernels.closer_${kind}`), t("image_kernels.enlarged", { size: ENLARGED }), screen)]));
  const editor = board("kernel", t("tensor.kernel"), { t, limits: model.get("fields").kernel.value, look: () => {}, focus: () => {}, choose: () => {},
    edit: ({ y, x }, value) => update(model, { kernel: model.get("kernel").map((row, i) =>
      row.map((old, j) => (i === y && j === x ? value : old))) }),
    editLabel: ({ y, x }) => t("image_kernels.weight", { row: y, column: x }) });
  const patch = board("input", t("image_kernels.patch")), applied = board("kernel", t("image_kernels.applied"));
  const sum = h("div", { class: "cv-formula cv-img-value" }), products = h("div", { class: "cv-formula cv-img-products", "aria-live": "polite" });
  const about = h("p", { class: "cv-note cv-img-turn" });
  const sign = (text) => h("span", { class: "cv-board-sign", "aria-hidden": "true" }, text);
  const elements = {
    screens: h("div", { class: "cv-img-screens" }, screens.input.element, screens.output.element,
      h("div", { class: "cv-img-closer" }, closer.input.element, closer.output.element)),
    sum: h("div", { class: "cv-img-sum" }, patch.element, sign("·"), applied.element, sign("="), sum),
    editor: editor.element, products, about,
  };

  const view = (values, caption, look) => ({ rows: values.length, columns: values[0].length, padding: [0, 0], cell: CELL, caption,
    look: (i, j) => ({ text: shown(values[i][j]), ...look?.(i, j, values[i][j]) }) });
  const drawSum = ({ flip, divisor }, kernel, { y, x }, values) => {
    const around = imageWindow(image, side, side, kernel.length, kernel[0].length, y, x);
    const total = around.reduce((all, row, i) => row.reduce((part, value, j) => part + value * kernel[i][j], all), 0);
    patch.draw(view(around, t("image_kernels.patch"), (i, j, grey) =>
      ({ fill: `rgb(${grey} ${grey} ${grey})`, ink: inkOn(grey) })));
    applied.draw(view(kernel, t(flip ? "image_kernels.applied_turned" : "image_kernels.applied")));
    const value = h("strong", { class: "cv-swatch-output" }, shown(values[y * side + x]));
    const ink = (name, text) => h("span", { class: `cv-swatch-${name}` }, text);
    products.replaceChildren(...around.flatMap((row, i) => row.flatMap((grey, j) => [i || j ? " + " : "",
      h("span", { class: "cv-img-term" }, ink("input", grey), "·", ink("kernel", factor(kernel[i][j])))])),
    ` = ${shown(total)}`);
    sum.replaceChildren(...(divisor === 1 ? [value] : [`${factor(total)} / ${formatNumber(divisor)} = `, value]),
      h("div", { class: "cv-note" }, t("image_kernels.pixel", { row: y, column: x })));
  };

  const draw = () => {
    const wanted = own ?? model.get("pixels");
    if (pixels !== wanted) {
      pixels = wanted;
      image = own ?? decodePixels(pixels);
      filtered = filterOnce(image, side);
      screens.input.paint(image, "clip");
      painted = undefined;
    }
    const now = state(), kernel = now.flip ? rotateKernel(now.kernel) : now.kernel;
    const { values, fresh } = filtered(kernel, now.divisor);
    if (fresh || painted !== now.display) {
      const [low, high] = extremes(values), limit = Math.max(Math.abs(low), Math.abs(high)) || 1;
      screens.output.paint(values, now.display, limit);
      screens.output.caption.textContent = t(`image_kernels.shows_${now.display}`,
        { low: grouped(Math.round(low)), high: grouped(Math.round(high)) });
      painted = now.display;
    }
    screens.input.caption.textContent = t("image_kernels.photo_size", { size: side });
    const at = shownPixel(), size = [kernel.length, kernel[0].length];
    for (const each of Object.values(screens)) each.mark(at, size);
    closer.input.show(at, size);
    closer.output.show(at, [1, 1]);
    editor.draw(view(now.kernel, t("image_kernels.edit"), (i, j, value) =>
      ({ label: `${t("image_kernels.weight", { row: i, column: j })}: ${shown(value)}` })));
    // What the flip does is said once the reader has flipped.
    about.textContent = now.flip ? t(`image_kernels.turn_${turn(now.kernel)}`) : "";
    drawSum(now, kernel, at, values);
  };
  const source = ownPhoto(t, side, (values) => {
    own = values;
    redraw();
  });
  return { elements, draw, source };
}

// ---- controls ------------------------------------------------------------------------------------------

function presets(model, t) {
  const names = Object.keys(PRESETS);
  // What the drop-down list shows and sets stands in three values of the model.
  const chosen = adapted(model, { preset: {
    get: () => names.find((name) => same(PRESETS[name].slice(0, 2), [model.get("kernel"), model.get("divisor")])) ?? "own",
    set: (name) => {
      if (name === "own") { // its numbers stand under "more"
        control.element.closest(".cv").querySelector("details").open = true;
        control.sync();
        return;
      }
      const [kernel, divisor, display] = PRESETS[name];
      for (const [key, value] of Object.entries({ kernel, divisor, display })) model.set(key, value);
    },
  } });
  const control = select(chosen, "preset", t("image_kernels.preset"), [...names, "own"].map((name) => [name, t(`image_kernels.${name}`)]));
  return control;
}

function sizes(model, t) {
  const sized = adapted(model, { size: { get: () => model.get("kernel").length,
    set: (size) => model.set("kernel", centred(model.get("kernel"), size)) } });
  return segmented(sized, "size", t("image_kernels.size"), [[3, "3×3"], [5, "5×5"]]);
}

function divisorField(model, t) {
  const field = numberField(model, "divisor", t("image_kernels.divisor"), { step: "any" });
  const total = h("button", { type: "button", "data-action": "normalise", title: t("image_kernels.normalise_title"), onclick: () => {
    const sum = Number(formatNumber(model.get("kernel").flat().reduce((a, b) => a + b, 0)));
    const [low, high] = rangeOf(model, "divisor");
    if (sum >= low && sum <= high) update(model, { divisor: sum });
    else say(total, t("image_kernels.no_sum", { sum: shown(sum), low, high }));
  } }, t("image_kernels.normalise"));
  return { element: h("label", { class: "cv-control cv-img-divisor" }, t("image_kernels.divisor"), field.element, total), sync: field.sync };
}

export default {
  render(context) {
    return frame(context, "image_kernels", ({ model, t }) => {
      const view = picture(model, t);
      const { screens, sum, editor, products, about } = view.elements;
      const divisor = divisorField(model, t), size = sizes(model, t);
      const flip = segmented(model, "flip", t("image_kernels.flip"),
        [[false, t("image_kernels.correlation")], [true, t("image_kernels.convolution")]]);
      const display = select(model, "display", t("image_kernels.display"),
        ["clip", "absolute", "signed"].map((name) => [name, t(`image_kernels.display_${name}`)]));
      return {
        picture: screens,
        controls: [presets(model, t), flip],
        more: [[editor, size, divisor, display], about, pixelFields(model, t, "image_kernels"), sum, products,
          [view.source, h("span", { class: "cv-note" }, t("explorable.stays_here"))],
          h("p", { class: "cv-note" }, t("image_kernels.note"))],
        draw: view.draw,
      };
    });
  },
};
