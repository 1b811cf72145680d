// Lists of settings of which some may be impossible together.
import { select } from "./controls.js";
import { reshaped } from "./core/grids.js";
import { adapted, rangeOf } from "./ui.js";

const numbersBetween = ([low, high]) => Array.from({ length: high - low + 1 }, (_, i) => [low + i, String(low + i)]);

// A whole number. set({ name: value }, node) takes or refuses it; the list shows what is so then.
export function settingSelect(model, name, label, set) {
  const list = select(adapted(model, { [name]: { set: (value) => {
    set({ [name]: value }, list.element);
    list.sync();
  } } }), name, label, numbersBetween(rangeOf(model, name)));
  return list;
}

// How many rows (axis 0) or columns (axis 1) a grid of numbers has.
export function sideSelect(model, name, axis, label, set) {
  const along = ["rows", "columns"][axis], key = `${name}-${along}`;
  const sides = () => [model.get(name).length, model.get(name)[0].length];
  const list = select(adapted(model, { [key]: { get: () => sides()[axis], set: (value) => {
    set({ [name]: reshaped(model.get(name), ...sides().map((side, i) => (i === axis ? value : side))) }, list.element);
    list.sync();
  } } }), key, label, numbersBetween(model.get("fields")[name][along]));
  return list;
}
