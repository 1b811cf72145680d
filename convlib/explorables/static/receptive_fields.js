// Receptive fields: what one output of a named network spans on a photograph, and how unevenly.
import { select, slider } from "./shared/controls.js";
import { extremes } from "./shared/core/images.js";
import { clamp, shown } from "./shared/core/numbers.js";
import { columnSums, fieldSpan, fieldWeights, middleQuarter, nearestOutput, paddingShare, pathTo, weightWithin } from "./shared/core/reach.js";
import { frame } from "./shared/frame.js";
import { ownPhoto, pixelFields } from "./shared/photo.js";
import { ABOVE, decodePixels, grey, raster } from "./shared/pixels.js";
import { player } from "./shared/player.js";
import { press } from "./shared/pointer.js";
import { adapted, h, rangeOf, s, shortcut, update } from "./shared/ui.js";

const SHADE = 0.8; // of the colour where the weight is greatest
const APART = 12; // pixels between centres that are drawn
const ROUNDING = 1e-9; // of sums of weights
const PROFILE = { width: 280, height: 70 };
let made = 0;

// ---- what is computed --------------------------------------------------------------------------------

const lastLayer = (model) => model.get("networks")[model.get("network")].layers.length - 1;
const chosenLayer = (model) => Math.min(model.get("layer"), lastLayer(model));

// The state with what follows from it; the weights are computed again only where it changed.
function reader(model, side) {
  let key, weighed;
  return () => {
    const network = model.get("network"), { size, layers } = model.get("networks")[network];
    const index = chosenLayer(model), layer = layers[index];
    const output = ["row", "column"].map((name) => nearestOutput(layer, ((model.get(name) + 0.5) * size) / side - 0.5));
    const spans = output.map((at) => fieldSpan(layer, at)), middle = middleQuarter(spans);
    const wanted = JSON.stringify([network, index, output]), fresh = wanted !== key;
    if (fresh) {
      const weights = fieldWeights(pathTo(layers, index), size, output), whole = [-0.5, size - 0.5];
      [key, weighed] = [wanted, { weights, columns: columnSums(weights, size), middle: weightWithin(weights, size, middle),
        kept: weightWithin(weights, size, [whole, whole]) }];
    }
    // Room for the widest field of an output in the middle.
    const margin = Math.ceil(Math.max(size / 5, (Math.max(...layers.map((each) => each.size)) - size) / 2 + size / 16));
    return { network, size, layers, layer, index, output, spans, middle, margin, weighed, fresh, padding: paddingShare(spans, size) };
  };
}

// ---- the picture -------------------------------------------------------------------------------------

const set = (node, values) => Object.entries(values).forEach(([name, value]) => node.setAttribute(name, value));

function hatching() {
  const id = `convlib-hatching-${++made}`;
  const pattern = s("pattern", { id, patternUnits: "userSpaceOnUse", width: 6, height: 6 },
    s("path", { class: "cv-fields-hatching", d: "M-1 1L1 -1M-1 7L7 -1M5 7L7 5" }));
  return { definition: s("defs", {}, pattern), fill: `url(#${id})`, scale: (unit) => set(pattern, { patternTransform: `scale(${unit})` }) };
}

// Rectangles of spans [first, last] of rows and columns, as a path; an empty one is left out.
const outline = ([[top, bottom], [left, right]]) => (bottom < top || right < left ? ""
  : `M${left - 0.5} ${top - 0.5}H${right + 0.5}V${bottom + 0.5}H${left - 0.5}Z`);

function dots({ layer: { centre, jump, count }, output }, unit) {
  if (jump / unit < APART) return "";
  const places = Array.from({ length: count }, (_, i) => centre + i * jump), r = 1.3 * unit;
  return places.flatMap((y, row) => places.map((x, column) => (row === output[0] && column === output[1] ? ""
    : `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`))).join("");
}

// The photograph with room around it, the weights over it, the field as a frame. act: choose([y, x]) by
// places among the inputs, move(dy, dx) by outputs.
function stage(t, side, act) {
  const photograph = h("canvas", { width: side, height: side, "aria-hidden": "true" });
  const shade = h("canvas", { class: "cv-answer", "aria-hidden": "true" });
  const hatch = hatching();
  const parts = { dots: s("path", { class: "cv-fields-dots" }), outside: s("path", { "fill-rule": "evenodd", fill: hatch.fill, class: "cv-fields-outside" }),
    edge: s("rect", { class: "cv-fields-edge", x: -0.5, y: -0.5 }), field: s("path", { class: "cv-fields-field" }), middle: s("path", { class: "cv-fields-middle cv-answer" }) };
  const hit = s("circle", { class: "cv-fields-hit" }), knob = s("circle", { class: "cv-fields-knob" });
  const handle = s("g", { class: "cv-fields-handle" }, hit, knob);
  const svg = s("svg", { role: "application", tabindex: 0, "aria-label": t("receptive_fields.stage") },
    hatch.definition, ...Object.values(parts), handle);
  const element = h("div", { class: "cv-fields-view" }, photograph, shade, svg);
  let now;
  const choose = (event) => {
    const box = svg.getBoundingClientRect(), unit = (now.size + 2 * now.margin) / box.width, start = -0.5 - now.margin;
    act.choose([start + unit * (event.clientY - box.top), start + unit * (event.clientX - box.left)]);
  };
  press(svg, choose, choose);
  press(handle, () => {}, choose, { handle: true });
  svg.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (!(event.key in moves) || shortcut(event)) return;
    event.preventDefault();
    act.move(...moves[event.key]);
  });

  const paintShade = ({ size, weighed: { weights } }) => {
    const most = extremes(weights)[1] || 1;
    if (shade.width !== size) shade.width = shade.height = size;
    const context = shade.getContext("2d"), pixels = context.createImageData(size, size);
    for (let i = 0; i < size * size; i++) {
      pixels.data.set(ABOVE, 4 * i);
      pixels.data[4 * i + 3] = (255 * SHADE * weights[i]) / most;
    }
    context.putImageData(pixels, 0, 0);
  };
  const paint = (values) => raster(photograph, side, side, (i) => grey(values[i]));
  const draw = (state) => {
    now = state;
    const { size, margin, layer, output, spans, middle } = now, whole = size + 2 * margin, unit = whole / (element.clientWidth || 360);
    element.style.setProperty("--cv-fields-margin", `${(100 * margin) / whole}%`);
    set(svg, { viewBox: `${-0.5 - margin} ${-0.5 - margin} ${whole} ${whole}` });
    hatch.scale(unit);
    set(parts.edge, { width: size, height: size });
    set(parts.dots, { d: dots(now, unit) });
    const inside = spans.map(([first, last]) => [Math.max(first, 0), Math.min(last, size - 1)]);
    set(parts.outside, { d: outline(spans) + outline(inside) });
    set(parts.field, { d: outline(spans) });
    set(parts.middle, { d: outline(middle.map(([low, high]) => [low + 0.5, high - 0.5])) });
    const [y, x] = output.map((at) => layer.centre + at * layer.jump);
    set(handle, { transform: `translate(${x} ${y})` });
    set(knob, { r: 5 * unit });
    set(hit, { r: 20 * unit });
    if (now.fresh) paintShade(now);
  };
  return { element, draw, paint };
}

// The weights summed down each column of the field, with the middle half and what is padding.
function profile(t) {
  const { width, height } = PROFILE, hatch = hatching();
  const parts = { middle: s("rect", { class: "cv-fields-half", y: 0, height }), outside: s("path", { fill: hatch.fill, class: "cv-fields-outside" }),
    curve: s("path", { class: "cv-fields-curve" }), base: s("path", { class: "cv-fields-edge", d: `M0 ${height}H${width}` }) };
  const ends = [s("text", { x: 0, y: height + 14 }), s("text", { x: width, y: height + 14, "text-anchor": "end" })];
  const svg = s("svg", { class: "cv-fields-profile cv-answer", role: "img", "aria-label": t("receptive_fields.profile_label"), viewBox: `0 0 ${width} ${height + 18}` },
    hatch.definition, ...Object.values(parts), ends);
  const draw = ({ size, spans: [, [first, last]], middle: [, [low, high]], weighed: { columns: sums } }) => {
    const most = extremes(sums)[1] || 1;
    const scale = width / (last - first + 1), x = (edge) => (edge - first + 0.5) * scale;
    const columns = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    set(parts.curve, { d: `M0 ${height}${columns.map((at) => `V${height - ((sums[at] ?? 0) / most) * (height - 3)}H${x(at + 0.5)}`).join("")}V${height}Z` });
    set(parts.middle, { x: x(low), width: x(high) - x(low) });
    const beyond = [[first, Math.min(last, -1)], [Math.max(first, size), last]].filter(([from, to]) => to >= from);
    set(parts.outside, { d: beyond.map(([from, to]) => `M${x(from - 0.5)} 0H${x(to + 0.5)}V${height}H${x(from - 0.5)}Z`).join("") });
    ends.forEach((text, i) => { text.textContent = shown([first, last][i]); });
  };
  return { element: h("div", {}, h("div", { class: "cv-board-caption cv-answer" }, t("receptive_fields.profile")), svg), draw };
}

// ---- words and controls ------------------------------------------------------------------------------

function layerName(t, { block, kind, branches }) {
  const [k, stride, , rate] = branches[0]?.[0] ?? [];
  const words = t(`receptive_fields.kind_${kind}`, { k });
  if (kind === "residual" || kind === "joined" || kind === "input") return block ? `${block} · ${words}` : words;
  return (block ? `${block} · ` : "") + words + (stride > 1 ? t("receptive_fields.with_stride", { stride }) : "")
    + (rate > 1 ? t("receptive_fields.with_rate", { rate }) : "");
}

function percent(t, share) {
  const value = Math.round(1000 * share) / 10;
  return t("receptive_fields.percent", { value: share > 0 && share < 0.0005 ? "< 0.1" : shown(value) });
}

function numbers(t) {
  const names = ["field", "adds", "jump", "map", "output", "padding", "std", "middle", "lost"];
  const values = Object.fromEntries(names.map((name) => [name, h("strong", { "data-value": name })]));
  const answers = ["std", "middle", "lost"];
  const element = h("div", { class: "cv-fields-numbers", "aria-live": "polite" }, names.map((name) =>
    h("div", { class: answers.includes(name) ? "cv-answer" : "" }, h("span", {}, t(`receptive_fields.${name}`)), values[name])));
  const draw = ({ layers, layer, output, padding, weighed }) => {
    const lost = 1 - weighed.kept < ROUNDING ? 0 : 1 - weighed.kept;
    const texts = { field: `${layer.size}×${layer.size}`, adds: layer.after < 0 ? "0" : shown(layer.size - layers[layer.after].size),
      jump: shown(layer.jump), map: `${layer.count}×${layer.count}`, output: output.join(", "),
      padding: percent(t, padding), std: layer.std.toFixed(1), middle: percent(t, weighed.middle), lost: percent(t, lost) };
    for (const [name, text] of Object.entries(texts)) values[name].textContent = text;
  };
  return { element, draw };
}

// Whose places on the photograph are set so that the output moves.
function actions(model, side, read) {
  const [least, most] = rangeOf(model, "row");
  const pixel = (at, size) => clamp(Math.round(((at + 0.5) * side) / size - 0.5), least, most);
  const choose = (places) => {
    const { size } = read(), [row, column] = places.map((at) => pixel(at, size));
    update(model, { row, column });
  };
  const move = (...steps) => {
    const { size, layer, output } = read();
    const [row, column] = steps.map((step, axis) => {
      const old = model.get(["row", "column"][axis]);
      if (step === 0) return old;
      const to = pixel(layer.centre + clamp(output[axis] + step, 0, layer.count - 1) * layer.jump, size);
      return to === old ? clamp(old + step, least, most) : to; // outputs can lie less than a pixel apart
    });
    update(model, { row, column });
  };
  return { choose, move };
}

function controls(model, t) {
  const way = adapted(model, {
    layer: { get: () => chosenLayer(model) },
    network: { set: (name) => {
      model.set("network", name);
      model.set("layer", lastLayer(model));
    } },
  });
  const names = model.get("fields").network.choices;
  return [select(way, "network", t("receptive_fields.network"), names.map((name) => [name, t(`receptive_fields.network_${name}`)])),
    slider(way, "layer", t("receptive_fields.layer"), { limits: () => [rangeOf(model, "layer")[0], lastLayer(model)] }),
    player(way, "layer", () => lastLayer(model), { interval: 500 })];
}

export default {
  render(context) {
    return frame(context, "receptive_fields", ({ model, t, redraw }) => {
      const side = rangeOf(model, "row")[1] + 1, read = reader(model, side);
      const view = stage(t, side, actions(model, side, read));
      const caption = h("div", { class: "cv-board-caption cv-fields-caption" });
      const panel = numbers(t), curve = profile(t);
      let own, painted;
      const source = ownPhoto(t, side, (values) => { own = values; redraw(); });
      return {
        picture: h("div", { class: "cv-fields-stage" }, h("div", {}, caption, view.element),
          h("div", { class: "cv-fields-panel" }, panel.element, curve.element)),
        controls: controls(model, t),
        more: [pixelFields(model, t, "receptive_fields"), [source, h("span", { class: "cv-note" }, t("explorable.stays_here"))],
          h("p", { class: "cv-note" }, t("receptive_fields.note"))],
        draw: () => {
          const now = read(), wanted = own ?? model.get("pixels");
          if (painted !== wanted) view.paint(own ?? decodePixels(wanted));
          painted = wanted;
          caption.textContent = layerName(t, now.layer);
          view.draw(now);
          panel.draw(now);
          if (now.fresh) curve.draw(now);
        },
      };
    });
  },
};
