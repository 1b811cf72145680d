// Latent walk: a generator of transposed convolutions, computed in the page, between two codes.
import { numberField, segmented, slider } from "./shared/controls.js";
import { between, decodeHalf, generate } from "./shared/core/generator.js";
import { normals } from "./shared/core/random.js";
import { frame } from "./shared/frame.js";
import { grey, raster, signed } from "./shared/pixels.js";
import { player } from "./shared/player.js";
import { h, rangeOf, update } from "./shared/ui.js";

const LATENT = 32;
const ACROSS = { 32: 8, 16: 4, 1: 1 }; // how many maps stand side by side
const LINE = 128; // the grey of the lines between maps

// ---- what is computed --------------------------------------------------------------------------------

// Codes and pictures of both ends, computed again only for another seed, and those of the step.
function walks(model) {
  const layers = model.get("layers"), weights = decodeHalf(model.get("weights")), kept = {};
  const run = (code) => generate(code, layers, weights);
  const end = (name) => {
    const seed = model.get(name);
    if (kept[name]?.seed !== seed) {
      const code = normals(seed, LATENT);
      kept[name] = { seed, code, picture: run(code).at(-1) };
    }
    return kept[name];
  };
  return () => {
    const start = end("start"), last = end("end"), part = model.get("step") / rangeOf(model, "step")[1];
    const code = between(start.code, last.code, part, model.get("path")), activations = run(code);
    const fade = start.picture.map((ink, i) => (1 - part) * ink + part * last.picture[i]);
    return { start, last, part, code, activations, picture: activations.at(-1), fade,
      lengths: { start: Math.hypot(...start.code), now: Math.hypot(...code), end: Math.hypot(...last.code) } };
  };
}

// The share of pixels that are neither paper nor ink: a quarter away from both, or more.
const greyShare = (picture) => picture.filter((ink) => Math.abs(ink) < 0.5).length / picture.length;

// ---- the picture -------------------------------------------------------------------------------------

// A canvas of maps, side x side each, a line apart, with its caption. paint(values, look): look gives
// the colour of a value, [red, green, blue].
function maps(kind, name, count, side) {
  const across = ACROSS[count], gap = count > 1 && side > 1 ? 1 : 0, step = side + gap;
  const width = across * step - gap, height = (count / across) * step - gap;
  const canvas = h("canvas", { width, height, role: "img", "data-maps": name });
  const caption = h("figcaption", { class: `cv-board-caption cv-swatch-${kind}` });
  const split = (at) => [Math.floor(at / step), at % step];
  const paint = (values, look) => raster(canvas, height, width, (i) => {
    const [row, y] = split(Math.floor(i / width)), [column, x] = split(i % width);
    return Math.max(y, x) < side ? look(values[((row * across + column) * side + y) * side + x]) : grey(LINE);
  });
  const say = (text) => {
    caption.textContent = text;
    canvas.setAttribute("aria-label", text);
  };
  return { paint, say, element: h("figure", { class: `cv-walk-maps cv-walk-${name}` }, caption, canvas) };
}

const ink = (value) => grey(127.5 * (value + 1));
const bright = (value, full) => grey(255 * value / full);

// How a value looks beside the others, of which the largest gets the full colour.
function among(values, look) {
  const full = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return (value) => look(value, full);
}

function stage(model, t) {
  const layers = model.get("layers"), sides = layers.slice(1).map(({ side }) => side);
  const picture = (name) => {
    const made = maps("output", name, 1, 28);
    made.say(t(`latent_walk.${name}`));
    return made;
  };
  const pictures = Object.fromEntries(["first", "generated", "fade", "last"].map((name) => [name, picture(name)]));
  pictures.fade.element.classList.add("cv-answer");
  const code = maps("input", "code", LATENT, 1);
  code.say(`z, ${LATENT}×1×1`);
  const hidden = sides.map((side, l) => {
    const made = maps("output", `layer-${l}`, layers[l].outputs, side);
    made.say(`${layers[l].outputs}×${side}×${side}`);
    return made;
  });
  const arrow = (l) => h("span", { class: "cv-walk-arrow" }, h("span", { "aria-hidden": "true" }, "→"),
    h("span", { class: "cv-note" }, `k${layers[l].kernel} s${layers[l].stride} p${layers[l].padding}`));
  const flow = h("div", { class: "cv-walk-flow" }, code.element,
    hidden.flatMap((made, l) => [arrow(l), made.element]), arrow(layers.length - 1), h("span", { class: "cv-board-caption cv-swatch-output cv-walk-out" }, "↑"));
  const draw = (now) => {
    pictures.first.paint(now.start.picture, ink);
    pictures.last.paint(now.last.picture, ink);
    pictures.generated.paint(now.picture, ink);
    pictures.fade.paint(now.fade, ink);
    code.paint(now.code, among(now.code, signed));
    hidden.forEach((made, l) => made.paint(now.activations[l], among(now.activations[l], bright)));
  };
  const ends = h("div", { class: "cv-walk-ends" }, Object.values(pictures).map(({ element }) => element));
  return { element: h("div", {}, ends, flow), draw };
}

// ---- words and controls ------------------------------------------------------------------------------

function spelled(t, { part, lengths, picture, fade }) {
  const two = (value) => value.toFixed(2), percent = (share) => String(Math.round(100 * share));
  return [
    h("div", { "data-words": "length" }, t("latent_walk.lengths", { t: two(part), start: two(lengths.start), now: two(lengths.now), end: two(lengths.end) })),
    h("div", { class: "cv-answer", "data-words": "grey" }, t("latent_walk.greys", { generated: percent(greyShare(picture)), fade: percent(greyShare(fade)) })),
  ];
}

function newCodes(model, t) {
  const draw = () => Math.floor(Math.random() * (rangeOf(model, "start")[1] + 1));
  return h("button", { type: "button", "data-action": "new-codes", onclick: () => update(model, { start: draw(), end: draw() }) }, t("latent_walk.new_codes"));
}

function seedField(model, t, name) {
  const label = t(`latent_walk.${name}`), field = numberField(model, name, label);
  return { ...field, element: h("label", { class: "cv-control" }, label, field.element) };
}

export default {
  render(context) {
    return frame(context, "latent_walk", ({ model, t }) => {
      const read = walks(model), picture = stage(model, t), words = h("div", { class: "cv-formula cv-walk-words" });
      const play = player(model, "step", () => rangeOf(model, "step")[1], { interval: 300 });
      const paths = ["arc", "line"].map((name) => [name, t(`latent_walk.${name}`)]);
      return {
        picture: [picture.element, words],
        controls: [play, slider(model, "step", t("latent_walk.step")),
          segmented(model, "path", t("latent_walk.path"), paths), newCodes(model, t)],
        more: [[seedField(model, t, "start"), seedField(model, t, "end")], h("p", { class: "cv-note" }, t("latent_walk.note"))],
        draw: () => {
          const now = read();
          picture.draw(now);
          words.replaceChildren(...spelled(t, now));
        },
      };
    });
  },
};
