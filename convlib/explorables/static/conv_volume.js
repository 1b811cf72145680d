// A volume through a layer: its slices as channels in 2D, as depth in 3D.
import { segmented, select, slider } from "./shared/controls.js";
import { extremes } from "./shared/core/images.js";
import { clamp, grouped, shown } from "./shared/core/numbers.js";
import { conv3d, placeAt, placeIndex, sliceOf, volumeKernel, volumeLayer } from "./shared/core/volumes.js";
import { frame } from "./shared/frame.js";
import { decodePixels, grey, signed } from "./shared/pixels.js";
import { player } from "./shared/player.js";
import { adapted, h, rangeOf, say, update } from "./shared/ui.js";
import { block, slice } from "./shared/volume.js";

const PLACE = ["depth", "row", "column"], LETTERS = ["D", "H", "W"], ARROWS = ["↕", "⤢", "↔"];
const NAMES = ["axes", "in_channels", "out_channels", "kernel_size", "kernel_depth"];
const CELL = { largest: 9.5, unit: 7, gap: 12, block: 190, narrow: 560 }; // pixels; below narrow, a phone's layout
const OTHERS = [[1, 2], [0, 2], [0, 1]]; // the axes of the slices across each axis: down, to the right

const tuple = (numbers) => `(${numbers.join(", ")})`;
const ink = (name, text) => h("span", { class: `cv-swatch-${name}` }, text);

// ---- the state -----------------------------------------------------------------------------------------

function settings(model) {
  const side = rangeOf(model, "depth")[1] + 1, size = [side, side, side];
  const layer = volumeLayer(Object.fromEntries(NAMES.map((name) => [name, model.get(name)])), size);
  return { size, ...layer, axes: model.get("axes"), count: layer.places.reduce((a, b) => a * b) };
}

function read(model) {
  const layer = settings(model), step = Math.min(model.get("step"), layer.count);
  return { ...layer, step, place: PLACE.map((name, i) => Math.min(model.get(name), layer.places[i] - 1)) };
}

const asState = (place) => Object.fromEntries(PLACE.map((name, i) => [name, place[i]]));

// The filter's weights and its whole output, computed again only where the filter changed.
function computed(model) {
  let key, made, voxels;
  return ({ kernel, size }) => {
    const wanted = [model.get("kernel"), ...kernel, model.get("voxels")].join();
    if (key === wanted) return made;
    key = wanted;
    voxels = decodePixels(model.get("voxels"));
    const weights = volumeKernel(model.get("kernel"), kernel), values = conv3d(voxels, size, weights, kernel);
    const most = (numbers) => Math.max(...extremes(numbers).map(Math.abs)) || 1;
    const full = most(values), mixed = weights.some((weight) => weight < 0);
    return (made = { voxels, weights, values, colour: mixed ? (value) => signed(value, full) : grey,
      weightColour: (value) => signed(value, most(weights)), zero: weights.every((weight) => weight === 0) });
  };
}

// ---- words and numbers -----------------------------------------------------------------------------------

// The shapes with the directions, and the costs.
function spelled(t, { axes, input, weight, output, places, parameters, macs, count }) {
  const product = output.slice(1).join("·"), weights = weight.join("·");
  return [
    [h("span", { class: "cv-vol-shapes" }, ink("input", tuple(input)), " ∗ ", ink("kernel", tuple(weight)), " → ", ink("output", tuple(output))),
      h("span", {}, t(`conv_volume.moves_${axes}`, { product, count: grouped(count) }))],
    [t("conv_volume.parameters", { sum: `${weights} + ${output[0]}`, count: grouped(parameters) }), " ",
      t("conv_volume.macs", { sum: `${weights} · ${places.slice(axes === 2 ? 1 : 0).join("·")}`, count: grouped(macs) })],
  ];
}

function spelledValue(t, model, { axes, place, places, kernel }, { values }) {
  const index = [0, ...place.slice(axes === 2 ? 1 : 0)].join(", "), count = grouped(kernel.reduce((a, b) => a * b));
  return [`y[${index}] = `, h("strong", { class: "cv-swatch-output" }, shown(values[placeIndex(place, places)])), ": ",
    t(model.get("in_channels") > 1 ? "conv_volume.part" : "conv_volume.value", { count })];
}

// ---- the picture -----------------------------------------------------------------------------------------

// Moves the kernel: to(place) as far as it can, by(axis, distance); a 2D filter says that it stays.
function mover(model, t, node, stopPlaying) {
  const to = (place) => {
    stopPlaying();
    const { places } = read(model);
    update(model, asState(place.map((at, i) => clamp(at, 0, places[i] - 1))));
  };
  const by = (axis, distance) => {
    const { place, axes } = read(model);
    to(place.map((at, i) => (i === axis ? at + distance : at)));
    if (axes === 2 && axis === 0) say(node(), t("conv_volume.stays"));
  };
  return { to, by };
}

// A slice across an axis, of the input or of the output; upside down where depth goes up.
function plane(kind, axis, label, model, move) {
  const [down, right] = OTHERS[axis], up = down === 0;
  const act = {
    choose: ({ y, x }) => {
      const { place, kernel, size, places } = read(model), rows = (kind === "input" ? size : places)[down];
      const middle = (i) => (kind === "input" ? Math.floor(kernel[i] / 2) : 0);
      move.to(place.map((at, i) => (i === axis ? at : (i === right ? x : up ? rows - 1 - y : y) - middle(i))));
    },
    move: (dy, dx, across) => {
      if (across) move.by(axis, axis === 0 ? across : -across);
      else if (dy) move.by(down, up ? -dy : dy);
      else move.by(right, dx);
    },
  };
  const view = slice(kind, label, act, { handle: kind === "input" });
  const draw = ({ size, at, box, cell, caption, colours }) => {
    const rows = size[down], columns = size[right];
    const flat = sliceOf(colours, size, axis, at[axis]);
    const y = up ? rows - box.at[down] - box.size[down] : box.at[down];
    view.draw({ rows, columns, cell, caption,
      colour: (i) => flat[(up ? rows - 1 - Math.floor(i / columns) : Math.floor(i / columns)) * columns + (i % columns)],
      window: { y, x: box.at[right], height: box.size[down], width: box.size[right] } });
  };
  return { ...view, draw };
}

function picture(model, t, stopPlaying) {
  const compute = computed(model), move = mover(model, t, () => stage, stopPlaying);
  const blocks = { input: block("input", t("conv_volume.block_input")), output: block("output", t("conv_volume.block_output")) };
  const planes = (kind, label) => PLACE.map((_, axis) => plane(kind, axis, label(axis), model, move));
  const inputs = planes("input", (axis) => t(`conv_volume.plane_${axis}`)), outputs = planes("output", () => t("conv_volume.result"));
  const row = (name, all) => h("div", { class: `cv-vol-slices ${name}` }, all.map(({ element }) => element));
  const value = h("div", { class: "cv-formula cv-vol-value cv-answer", "aria-live": "polite" });
  const shapes = h("div", { class: "cv-formula cv-vol-sizes cv-answer" }), costs = h("div", { class: "cv-formula cv-vol-costs cv-answer" });
  const weights = h("div", { class: "cv-vol-weights" }), weightWords = h("span", { class: "cv-note" });
  const stage = h("div", { class: "cv-vol-stage" }, blocks.input.element, row("cv-vol-inputs", inputs),
    h("div", { class: "cv-vol-out cv-answer" }, blocks.output.element), row("cv-vol-outputs cv-answer", outputs));

  const sizes = () => {
    const wide = stage.clientWidth || 640, narrow = wide < CELL.narrow;
    const room = narrow ? wide : wide - CELL.block;
    return { cell: Math.min((room - 3 * CELL.gap) / 42, CELL.largest), unit: narrow ? Math.min((wide - 90) / 40, CELL.unit) : CELL.unit };
  };
  const drawInput = (state, { voxels }, { cell, unit }) => {
    const at = state.place.map((index, i) => index + Math.floor(state.kernel[i] / 2));
    const box = { at: state.place, size: state.kernel }, colours = Array.from(voxels, (voxel) => (voxel ? grey(voxel) : undefined)); // around the brain one sees through
    inputs.forEach((each, axis) => each.draw({ size: state.size, at, box, cell, colours, caption: t(`conv_volume.slice_${axis}`, { index: at[axis] }) }));
    const moves = LETTERS.map((letter, axis) => [axis === 0 && state.axes === 2 ? "" : `${ARROWS[axis]} `, letter]);
    blocks.input.draw({ size: state.size, unit, caption: t("conv_volume.input", { shape: tuple(state.input) }), box, letters: moves,
      planes: { at, images: inputs.map(({ canvas }) => canvas) } });
  };
  const drawOutput = (state, { values, colour }, { cell, unit }) => {
    const now = placeIndex(state.place, state.places), flat = state.axes === 2;
    const colours = Array.from(values, (each, i) => (i < state.step || i === now ? colour(each) : undefined));
    const box = { at: state.place, size: [1, 1, 1] };
    outputs.forEach((each, axis) => {
      each.element.style.display = flat && axis ? "none" : "";
      each.draw({ size: state.places, at: state.place, box, cell, colours,
        caption: flat ? "H×W" : t(`conv_volume.slice_${axis}`, { index: state.place[axis] }) });
    });
    blocks.output.draw({ size: state.places, unit, caption: t(`conv_volume.output_${state.axes}`, { count: state.output[0] }),
      letters: LETTERS.map((letter, axis) => ["", flat && !axis ? "" : letter]), box, pile: { count: state.step, colour: (i) => colour(values[i]) } });
  };
  const drawWeights = (state, { weights: numbers, weightColour, zero }) => {
    const [depth, height, width] = state.kernel, [low, high] = extremes(numbers);
    weights.replaceChildren(...Array.from({ length: depth }, (_, z) => {
      const canvas = h("canvas", { width, height, style: `width:${width * 6}px;height:${height * 6}px` });
      const context = canvas.getContext("2d");
      sliceOf(numbers, state.kernel, 0, z).forEach((each, i) => {
        context.fillStyle = `rgb(${weightColour(each).join(" ")})`;
        context.fillRect(i % width, Math.floor(i / width), 1, 1);
      });
      return canvas;
    }));
    weightWords.textContent = zero ? t("conv_volume.zero") : t("conv_volume.weights", { low: shown(low), high: shown(high) });
  };
  const draw = () => {
    const state = read(model), made = compute(state), size = sizes();
    drawInput(state, made, size);
    drawOutput(state, made, size);
    drawWeights(state, made);
    value.replaceChildren(...spelledValue(t, model, state, made));
    [shapes, costs].forEach((element, i) => element.replaceChildren(...spelled(t, state)[i]));
  };
  return { elements: [stage, shapes, value], costs, weights: [weightWords, weights], draw };
}

// ---- controls ------------------------------------------------------------------------------------------

// A step shows the place whose sum is the last.
function steps(model) {
  return adapted(model, { step: {
    get: () => read(model).step,
    set: (step) => {
      model.set("step", step);
      for (const [name, value] of Object.entries(asState(placeAt(Math.max(step - 1, 0), read(model).places)))) model.set(name, value);
    },
  } });
}

// With another kernel's size, an output that was complete is complete again.
function shaped(model) {
  const set = (name) => (value) => {
    const { step, count } = read(model);
    model.set(name, value);
    if (step === count) model.set("step", settings(model).count);
  };
  return adapted(model, Object.fromEntries(["axes", "kernel_size", "kernel_depth"].map((name) => [name, { set: set(name) }])));
}

export default {
  render(context) {
    return frame(context, "conv_volume", ({ model, t }) => {
      const play = player(steps(model), "step", () => read(model).count, { interval: 60 });
      const view = picture(model, t, play.stop), own = shaped(model);
      const choices = model.get("fields").kernel.choices.map((name) => [name, t(`conv_volume.${name}`)]);
      const number = (name) => slider(own, name, t(`conv_volume.${name}`), { limits: () => rangeOf(model, name) });
      const placed = adapted(model, Object.fromEntries(PLACE.map((name, i) => [name, { get: () => read(model).place[i] }])));
      return {
        picture: view.elements,
        controls: [play, segmented(own, "axes", t("conv_volume.axes"), rangeOf(model, "axes").map((axes) => [axes, t(`conv_volume.axes_${axes}`)])),
          select(model, "kernel", t("conv_volume.kernel"), choices)],
        more: [
          ["kernel_size", "kernel_depth"].map(number), view.weights, ["in_channels", "out_channels"].map(number), view.costs,
          PLACE.map((name, i) => slider(placed, name, t(`conv_volume.${name}`), { limits: () => [0, read(model).places[i] - 1] })),
          h("p", { class: "cv-note" }, t("conv_volume.note")),
        ],
        draw: view.draw,
      };
    });
  },
};
