// The size calculator: a layer's settings, its output size with the formula, and what it costs.
import { codePanel } from "./shared/code.js";
import { numberField, segmented } from "./shared/controls.js";
import { formatField, parseField } from "./shared/core/fields.js";
import { layerAxes, layerCosts, layerProblem, readLayer, torchLayer } from "./shared/core/layers.js";
import { clamp, filled, grouped } from "./shared/core/numbers.js";
import { frame } from "./shared/frame.js";
import { h, s, say, update } from "./shared/ui.js";

const AXES = { 1: ["L"], 2: ["H", "W"], 3: ["D", "H", "W"] };
const DRAWN = { side: 104, flat: 13, depth: 0.35 }; // pixels: the longest side, a bar; a depth's share

const ink = (name, text) => h("span", { class: `cv-swatch-${name}` }, String(text));

function read(model) {
  return Object.fromEntries(Object.keys(model.get("fields")).map((name) => [name, model.get(name)]));
}

// ---- the picture: input, kernel and output to one scale ------------------------------------------

// A box of [D, H, W], [H, W] or [W], its depth leaning back; rest of attributes for all its faces.
function box(sizes, unit, attributes) {
  const [depth, height, width] = [Array(3 - sizes.length).fill(0), sizes].flat().map((size) => size * unit);
  const w = Math.max(width, 1.5), high = sizes.length === 1 ? DRAWN.flat : Math.max(height, 1.5), lean = depth * DRAWN.depth;
  const face = (points) => s("polygon", { points: points.map((point) => point.join(",")).join(" "), ...attributes });
  const faces = [face([[0, lean], [w, lean], [w, lean + high], [0, lean + high]])];
  if (lean) {
    faces.push(face([[0, lean], [lean, 0], [w + lean, 0], [w, lean]]));
    faces.push(face([[w, lean], [w + lean, 0], [w + lean, high], [w, lean + high]]));
  }
  return { node: s("g", {}, faces), width: w + lean, height: high + lean };
}

function boxed(kind, caption, boxes) {
  const width = Math.max(...boxes.map((each) => each.width)) + 2, height = Math.max(...boxes.map((each) => each.height)) + 2;
  return h("div", { class: "cv-size-box" }, h("div", { class: `cv-size-shape cv-swatch-${kind}` }, caption),
    s("svg", { width, height, viewBox: `-1 -1 ${width} ${height}`, "aria-hidden": "true" }, boxes.map(({ node }) => node)));
}

function drawn(t, layer, axes, problem) {
  const shape = (channels, sizes) => `(${[channels, ...sizes].join(", ")})`;
  const inputs = axes.map(({ size }) => size), outputs = axes.map(({ out }) => out), spans = axes.map(({ span }) => span);
  const unit = DRAWN.side / Math.max(...inputs, ...spans, ...(problem ? [] : outputs));
  const faces = (kind) => ({ class: `cv-size-${kind}` });
  // The kernel lies on what its windows are in: a transposed one lays it on its output.
  const kernel = box(spans, unit, faces("kernel"));
  const [below, above] = layer.transposed ? [[], [kernel]] : [[kernel], []];
  return [boxed("input", `${t("tensor.input")} ${shape(layer.in_channels, inputs)}`, [box(inputs, unit, faces("input")), ...below]),
    ...(problem ? [] : [h("span", { class: "cv-board-sign", "aria-hidden": "true" }, "→"),
      boxed("output", `${t("tensor.output")} ${shape(layer.out_channels, outputs)}`, [box(outputs, unit, faces("output")), ...above])])];
}

// ---- words and numbers -----------------------------------------------------------------------------

function spelledProblem(t, { axes }, { key, axis, ...numbers }) {
  return t(`size_calculator.problem.${key}`, { axis: AXES[axes][axis], ...numbers });
}

function formula({ transposed }, { size, k, s: stride, p, pads, a, d, out }) {
  const padding = pads[0] === pads[1] ? `2·${p}` : pads.join(" + "), end = [" = ", h("strong", { class: "cv-swatch-output" }, String(out))];
  return transposed
    ? [`${stride}·(`, ink("input", size), ` − 1) + ${d}·(`, ink("kernel", k), ` − 1) + 1 − ${padding} + ${a}`, ...end]
    : ["⌊(", ink("input", size), ` + ${padding} − ${d}·(`, ink("kernel", k), ` − 1) − 1) / ${stride}⌋ + 1`, ...end];
}

// One line where all axes agree.
function spelledSizes(layer, axes) {
  const names = AXES[layer.axes], same = axes.every((axis) => JSON.stringify(axis) === JSON.stringify(axes[0]));
  const line = (name, axis) => h("div", {}, h("span", { class: "cv-size-name" }, `${name}: `), ...formula(layer, axis));
  return same ? [line(names.join(", "), axes[0])] : axes.map((axis, i) => line(names[i], axis));
}

function spelledCosts(t, layer, axes) {
  const { weights, parameters, macs } = layerCosts(layer), { in_channels, out_channels, groups, transposed } = layer;
  const factors = [out_channels, in_channels / groups, ...axes.map(({ k }) => k)].join("·");
  const positions = axes.map(({ size, out }) => (transposed ? size : out)).join("·");
  const line = (key, sum, count) => h("div", {}, h("span", { class: "cv-size-name" }, `${t(`size_calculator.${key}`)} `),
    `${sum} = `, h("strong", {}, grouped(count)));
  return [line("parameters", `${factors}${layer.bias ? ` + ${out_channels}` : ""}`, parameters),
    line("macs", `${grouped(weights)}·${positions}`, macs)];
}

function torchCode(layer, axes) {
  const shape = [1, layer.in_channels, ...axes.map(({ size }) => size)].join(", ");
  return ["import torch", "from torch import nn", "", `layer = ${torchLayer(layer)}`,
    `print(layer(torch.zeros(${shape})).shape)`].join("\n");
}

// ---- controls ----------------------------------------------------------------------------------------

const under = (label, element) => h("label", { class: "cv-size-field" }, h("span", {}, label), element);

// A field for one number, or one for each axis: "7", "7, 5", "7×5". Up and down change all by one.
function sizesField(model, t, name, label, { shownAs = () => {} } = {}) {
  const [low, high] = model.get("fields")[name].value;
  const text = (values) => (new Set(values).size > 1 ? values.join(", ") : String(values[0]));
  const current = () => filled(model.get(name), model.get("axes"));
  const set = (values) => {
    const axes = model.get("axes");
    const good = (values.length === 1 || values.length === axes)
      && values.every((value) => Number.isInteger(value) && value >= low && value <= high);
    if (good) update(model, { [name]: values });
    else say(input, t(axes > 1 ? "size_calculator.refused" : "explorable.refused_whole", { label, low, high, axes }));
    input.value = text(current());
  };
  const input = h("input", { type: "text", class: "cv-number", "data-field": name, "aria-label": label, autocomplete: "off",
    oninput: () => say(input, ""),
    onchange: () => set(input.value.replace(/[()]/g, " ").trim().split(/\s*[,;×x*\s]\s*/).map((each) => (each ? Number(each) : NaN))),
    onkeydown: (event) => {
      const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      set(current().map((value) => clamp(value + by, low, high)));
    } });
  const element = under(label, input);
  const sync = () => {
    const word = shownAs();
    input.disabled = Boolean(word);
    if (word || document.activeElement !== input) input.value = word || text(current());
  };
  return { element, sync };
}

function countField(model, t, name) {
  const label = t(`size_calculator.${name}`), { element, sync } = numberField(model, name, label);
  return { element: under(label, element), sync };
}

// Shown where it means something.
function only(control, when) {
  return { ...control, sync: () => {
    control.element.style.display = when() ? "" : "none";
    control.sync();
  } };
}

function biasControl(model, t) {
  const input = h("input", { type: "checkbox", "data-state": "bias", onchange: () => update(model, { bias: input.checked }) });
  return { element: h("label", { class: "cv-size-check" }, input, t("size_calculator.bias")), sync: () => { input.checked = model.get("bias"); } };
}

// A layer in PyTorch's words, typed or pasted.
function pasteField(model, t) {
  const label = t("size_calculator.paste");
  const input = h("input", { type: "text", "data-action": "paste", placeholder: "nn.Conv2d(3, 64, 7, stride=2, padding=3)", autocomplete: "off",
    spellcheck: "false",
    oninput: () => say(input, ""),
    onchange: () => {
      const fields = model.get("fields"), layer = readLayer(input.value);
      const wrong = layer && Object.entries(layer).find(([name, value]) => parseField(fields[name], formatField(fields[name], value)) === undefined);
      if (layer && !wrong) update(model, layer);
      else if (input.value.trim()) say(input, t(wrong ? "size_calculator.beyond" : "size_calculator.unreadable", { name: wrong?.[0] }));
    } });
  return { element: h("label", { class: "cv-size-paste" }, h("span", {}, label), input), reset: () => { input.value = ""; } };
}

export default {
  render(context) {
    return frame(context, "size_calculator", ({ model, t }) => {
      const picture = h("div", { class: "cv-size-boxes" });
      const rule = h("div", { class: "cv-note cv-size-rule" });
      const results = h("div", { class: "cv-formula cv-size-results", role: "status" });
      const torch = codePanel(t, "PyTorch");
      const label = (name) => t(`size_calculator.${name}`);
      const field = (name, more) => sizesField(model, t, name, label(name), more);
      const choice = (name, words) => segmented(model, name, label(name), words);
      const named = () => !model.get("transposed") && model.get("padding_kind") !== "numbers";
      const kinds = model.get("fields").padding_kind.choices;
      const draw = () => {
        const layer = read(model), axes = layerAxes(layer), problem = layerProblem(layer);
        picture.replaceChildren(...drawn(t, layer, axes, problem));
        rule.replaceChildren("L", h("sub", {}, "out"), layer.transposed ? " = s(L − 1) + d(k − 1) + 1 − 2p + a" : " = ⌊(L + 2p − d(k − 1) − 1) / s⌋ + 1");
        results.replaceChildren(...(problem ? [h("div", { class: "cv-size-problem" }, spelledProblem(t, layer, problem))]
          : [...spelledSizes(layer, axes), ...spelledCosts(t, layer, axes)]));
        torch.element.style.display = problem ? "none" : "";
        if (!problem) torch.draw(torchLayer(layer), torchCode(layer, axes));
      };
      return {
        picture: [h("div", { class: "cv-size-stage" }, picture, h("div", { class: "cv-size-words" }, rule, results)), torch.element],
        controls: [
          choice("transposed", [[false, label("convolution")], [true, label("transposed_convolution")]]),
          choice("axes", [1, 2, 3].map((axes) => [axes, `${axes}D`])),
          only(choice("padding_kind", kinds.map((kind) => [kind, kind === "numbers" ? label("padding_number") : kind])), () => !model.get("transposed")),
          { element: h("span", { class: "cv-size-break" }) },
          ...["size", "kernel_size", "stride"].map((name) => field(name)),
          field("padding", { shownAs: () => named() && model.get("padding_kind") }),
          field("dilation"), only(field("output_padding"), () => model.get("transposed")),
          ...["in_channels", "out_channels", "groups"].map((name) => countField(model, t, name)),
        ],
        more: [[pasteField(model, t), biasControl(model, t)], h("p", { class: "cv-note" }, label("note"))],
        draw,
      };
    });
  },
};
