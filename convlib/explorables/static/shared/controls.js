// Controls: each shows a value of the model and sets it.
import { formatNumber } from "./core/numbers.js";
import { h, rangeOf, say, translator, update } from "./ui.js";

let made = 0;
const newId = () => `convlib-${++made}`;

// A field for a typed number. What is outside the limits is refused, and the reader is told why.
// limits: () => [least, greatest], asked again at each change; step: 1 for whole numbers, or "any".
export function numberField(model, name, label, { limits = () => rangeOf(model, name), step = 1 } = {}) {
  const t = translator(model);
  const input = h("input", { type: "number", class: "cv-number", step, "data-field": name, "aria-label": label,
    oninput: () => say(input, ""),
    onchange: () => {
      const [low, high] = limits(), value = input.value === "" ? NaN : Number(input.value);
      const good = value >= low && value <= high && (step === "any" || Number.isInteger(value));
      if (good) update(model, { [name]: Number(formatNumber(value)) });
      else say(input, t(step === "any" ? "explorable.refused" : "explorable.refused_whole", { label, low, high }));
      input.value = formatNumber(model.get(name));
    } });
  const sync = () => {
    [input.min, input.max] = limits();
    // What is being typed is left alone until it is done.
    if (document.activeElement !== input) input.value = formatNumber(model.get(name));
  };
  return { element: input, sync };
}

// A slider with its label and a field for a typed number. show(value), where it is given, says in
// words what the number stands for.
export function slider(model, name, label, { limits = () => rangeOf(model, name), step = 1, show } = {}) {
  const id = newId();
  const output = show && h("output", { for: id });
  const field = numberField(model, name, label, { limits, step });
  const input = h("input", { id, type: "range", step, "data-state": name,
    oninput: () => update(model, { [name]: Number(input.value) }) });
  const sync = () => {
    [input.min, input.max] = limits();
    input.value = model.get(name);
    if (show) output.textContent = show(model.get(name));
    input.setAttribute("aria-valuetext", show ? output.textContent : formatNumber(model.get(name)));
    field.sync();
  };
  return { element: h("div", { class: "cv-control" }, h("label", { for: id }, label), input, field.element, output), sync };
}

// A choice among a few, as a drop-down list. choices: [[value, label], ...]
export function select(model, name, label, choices) {
  const id = newId();
  const input = h("select", {
    id, "data-state": name,
    onchange: () => update(model, { [name]: choices[input.selectedIndex][0] }),
  }, choices.map(([, text]) => h("option", {}, text)));
  const sync = () => {
    input.selectedIndex = choices.findIndex(([value]) => value === model.get(name));
  };
  return { element: h("div", { class: "cv-control" }, h("label", { for: id }, label), input), sync };
}

// A choice between two or three, all of them in view.
export function segmented(model, name, label, choices) {
  const buttons = choices.map(([value, text]) =>
    h("button", { type: "button", "data-state": name, "data-value": String(value),
      onclick: () => update(model, { [name]: value }) }, text));
  const sync = () => buttons.forEach((button, i) =>
    button.setAttribute("aria-pressed", String(choices[i][0] === model.get(name))));
  return { element: h("div", { class: "cv-segmented", role: "group", "aria-label": label }, buttons), sync };
}
