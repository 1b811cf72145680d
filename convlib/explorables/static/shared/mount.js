// Brings the explorables of a static page to life: no kernel, no server, no other host.
// Each gets a model with the same few methods that a notebook's model has.
import { formatField, parseField } from "./core.js";

class PageModel {
  constructor({ state, fields, labels }, prefix) {
    this.initial = state;
    this.fields = fields;
    this.prefix = prefix;
    this.values = { ...state, labels, ...this.readAddress() };
    this.listeners = new Map();
  }
  get(name) {
    return this.values[name];
  }
  set(name, value) {
    if (JSON.stringify(this.values[name]) === JSON.stringify(value)) return;
    this.values[name] = value;
    for (const event of [`change:${name}`, "change"]) {
      for (const listener of this.listeners.get(event) ?? []) listener();
    }
  }
  on(event, listener) {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  }
  off(event, listener) {
    const kept = (this.listeners.get(event) ?? []).filter((other) => listener && other !== listener);
    this.listeners.set(event, kept);
  }
  // What the address bar says, where it is within the limits; anything else is passed over.
  readAddress() {
    const query = new URLSearchParams(location.search);
    const read = Object.entries(this.fields)
      .map(([name, field]) => [name, parseField(field, query.get(this.prefix + name))])
      .filter(([, value]) => value !== undefined);
    return Object.fromEntries(read);
  }
  // The address bar shares the state: only what differs from the page's own start is in it.
  address() {
    const url = new URL(location.href);
    for (const [name, field] of Object.entries(this.fields)) {
      const text = formatField(field, this.values[name]);
      if (text === formatField(field, this.initial[name])) url.searchParams.delete(this.prefix + name);
      else url.searchParams.set(this.prefix + name, text);
    }
    // Commas, colons and semicolons are allowed in a query, and legible.
    url.search = url.search.replaceAll("%2C", ",").replaceAll("%3B", ";");
    return url.href;
  }
  save_changes() {
    // A browser may refuse many changes in a short time; the state on the page is right anyway.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      try {
        history.replaceState(history.state, "", this.address());
      } catch { /* the address stays as it was */ }
    }, 150);
  }
}

function mountAll() {
  const seen = {};
  for (const element of document.querySelectorAll(".convlib[data-explorable]")) {
    const name = element.dataset.explorable;
    if (!widgets[name] || element.dataset.live) continue;
    seen[name] = (seen[name] ?? 0) + 1;
    const prefix = seen[name] === 1 ? `${name}.` : `${name}-${seen[name]}.`;
    const content = JSON.parse(element.querySelector("script").textContent);
    widgets[name].render({ model: new PageModel(content, prefix), el: element });
    element.dataset.live = "true";
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mountAll);
else mountAll();
