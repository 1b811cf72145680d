// Brings the explorables of a static page to life: no kernel, no server, no other host.
// Each gets a model with the same few methods that a notebook's model has.
import { formatField, parseField } from "./core/fields.js";

class PageModel {
  constructor({ state, fields, labels }, prefix, anchor) {
    this.initial = state;
    this.fields = fields;
    this.prefix = prefix;
    this.anchor = anchor;
    const read = this.readAddress();
    this.moved = Object.keys(read).length > 0;
    this.values = { ...state, fields, labels, ...read };
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
  // The address with the state: only what differs from the page's own start is in it.
  address(hash = location.hash) {
    const url = new URL(location.href);
    for (const [name, field] of Object.entries(this.fields)) {
      const text = formatField(field, this.values[name]);
      if (text === formatField(field, this.initial[name])) url.searchParams.delete(this.prefix + name);
      else url.searchParams.set(this.prefix + name, text);
    }
    // Commas, colons and semicolons are allowed in a query, and legible.
    url.search = url.search.replaceAll("%2C", ",").replaceAll("%3B", ";");
    url.hash = hash;
    return url.href;
  }
  // The link to this explorable in its state; the address bar takes it over.
  share() {
    clearTimeout(this.timer);
    const link = this.address(`#${this.anchor}`);
    this.write(link);
    return link;
  }
  save_changes() {
    // A browser may refuse many changes in a short time; the state on the page is right anyway.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(this.address()), 150);
  }
  write(link) {
    try {
      history.replaceState(history.state, "", link);
    } catch { /* the address stays as it was */ }
  }
}

const waiting = new Map(); // element -> what brings it to life

function enliven(element) {
  const live = waiting.get(element);
  if (!live) return;
  waiting.delete(element);
  near.unobserve(element);
  live();
}

// A screen ahead, so that the reader meets explorables that are there already.
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) enliven(target);
}, { rootMargin: "100% 0px" });

// The second of a kind on one page has an address of its own.
function find(name, widget) {
  document.querySelectorAll(`.convlib[data-explorable="${name}"]`).forEach((element, i) => {
    const own = i ? `-${i + 1}` : "";
    if (i && element.id === `explorable-${name}`) element.id += own;
    waiting.set(element, () => {
      const content = JSON.parse(element.querySelector("script").textContent);
      widget.render({ model: new PageModel(content, `${name}${own}.`, element.id), el: element });
      element.append(element.querySelector(".cv-still")); // for paper, and last: the live one is the first
      element.dataset.live = "true";
    });
    near.observe(element);
  });
}

// Called by each explorable's script.
export function mount(name, widget) {
  const start = () => find(name, widget);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
}
