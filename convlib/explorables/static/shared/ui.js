// What every explorable is made of: elements, labels, and draws once a frame.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null));
  return node;
}

// h("button", {class: "x", onclick: f}, "text"): an HTML element. Text is always text, never markup.
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// The same for SVG.
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// The label of a key, with its {name} fields filled in.
export function translator(model) {
  const labels = model.get("labels");
  return (key, values = {}) =>
    (labels[key] ?? key).replace(/\{(\w+)\}/g, (field, name) => values[name] ?? field);
}

export function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// One draw a frame, however many changes; each draw is measured as "convlib:draw".
export function scheduler(draw) {
  let waiting = 0;
  const now = () => {
    waiting = 0;
    const start = performance.now();
    draw();
    performance.measure("convlib:draw", { start, end: performance.now() });
  };
  const request = () => (waiting ||= requestAnimationFrame(now));
  return Object.assign(request, { now, cancel: () => cancelAnimationFrame(waiting) });
}

// Sets several values of the model at once and tells the kernel or the address bar.
export function update(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

// A model in which some values are read or written in another way: { name: { get, set } }, either
// of which may be left out.
export function adapted(model, ways) {
  return {
    get: (name) => (ways[name]?.get ? ways[name].get() : model.get(name)),
    set: (name, value) => (ways[name]?.set ? ways[name].set(value) : model.set(name, value)),
    save_changes: () => model.save_changes(),
  };
}

// The limits of a value, as Python's trait declares them: [least, greatest].
export function rangeOf(model, name) {
  const { min, max } = model.get("fields")[name];
  return [min, max];
}

// Tells the reader something in the frame's status line, which is read aloud.
export function say(node, text) {
  node.dispatchEvent(new CustomEvent("convlib:say", { bubbles: true, detail: text }));
}

// Whether a key that is pressed belongs to the browser: with Ctrl, ⌘ or Alt.
export function shortcut(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}
