// The frame of every explorable: its title and tools, its picture, one row of controls, and more.
import { ask } from "./ask.js";
import { h, scheduler, translator, update } from "./ui.js";

const pick = (model, names) => Object.fromEntries(names.map((name) => [name, structuredClone(model.get(name))]));

function shareButton(model, t, say) {
  return h("button", { type: "button", "data-action": "share", onclick: async () => {
    const link = model.share();
    const done = await navigator.clipboard?.writeText(link).then(() => true, () => false);
    say(t(done ? "explorable.copied" : "explorable.in_address_bar"));
  } }, t("explorable.share"));
}

// Puts an explorable on the page and keeps it drawn; returns what undoes it all.
// build({ model, t, redraw }) returns
//   picture   elements, the first thing that is seen
//   controls  the one row of controls below it
//   more      rows of controls, and elements, behind "more"
//   draw()    shows the model as it is now; also called when the width changes
// The values that "reset" puts back are Python's state traits.
export function frame({ model, el }, name, build) {
  const t = translator(model), names = Object.keys(model.get("fields"));
  const initial = pick(model, names);
  const status = h("span", { class: "cv-status", role: "status" });
  const say = (text) => { status.textContent = text; };
  const redraw = scheduler(() => {
    controls.forEach((control) => control.sync?.());
    parts.draw();
  });
  const parts = build({ model, t, redraw });
  const rows = (parts.more ?? []).map((row) => [row].flat());
  const controls = [...parts.controls, ...rows.flat()];
  const elements = (row) => row.map((control) => control.element ?? control);

  const question = ask(model, t, name, (open) => root.classList.toggle("cv-asking", open));
  const reset = h("button", { type: "button", "data-action": "reset", onclick: () => {
    controls.forEach((control) => control.reset?.());
    update(model, structuredClone(initial));
    question.open();
  } }, t("explorable.reset"));
  const tools = h("span", { class: "cv-tools" }, status, model.share && shareButton(model, t, say), reset);
  const body = h("div", { class: "cv-body" }, parts.picture);
  const root = h("section", { class: "cv", "data-name": name, "aria-label": t(`${name}.title`) },
    h("header", {}, h("strong", {}, t(`${name}.title`)), tools),
    question.element, body,
    h("div", { class: "cv-row" }, elements(parts.controls)),
    rows.length ? h("details", { class: "cv-more" }, h("summary", {}, t("explorable.more")),
      rows.map((row) => h("div", { class: "cv-row" }, elements(row)))) : null);
  root.addEventListener("convlib:say", (event) => say(event.detail));

  const changed = () => {
    say("");
    question.close();
    redraw();
  };
  const width = new ResizeObserver(redraw);
  el.append(root);
  if (!model.moved) question.open(); // a link that leads to a state has been asked already
  model.on("change", changed);
  redraw.now();
  width.observe(body);
  return () => {
    width.disconnect();
    redraw.cancel();
    controls.forEach((control) => control.stop?.());
    model.off("change", changed);
    root.remove();
  };
}
