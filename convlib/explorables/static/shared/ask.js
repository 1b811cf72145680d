// A prediction: a question whose answer stays hidden until the reader has chosen or has acted.
import { h } from "./ui.js";

// The labels NAME.ask.KEY (the question), NAME.ask.KEY.1, .2, ... (the choices) and
// NAME.ask.KEY.answer, where KEY is the trait "ask"; without it nothing is asked. While it is open,
// all that has the class "cv-answer" is hidden. show(open) is told whenever that changes.
export function ask(model, t, name, show) {
  const key = model.get("ask"), prefix = `${name}.ask.${key}`;
  const labels = model.get("labels");
  if (!key) return { element: null, close() {}, open() {} };
  const answer = h("span", { class: "cv-ask-answer", role: "status" });
  const choices = Object.keys(labels).filter((label) => label.startsWith(`${prefix}.`) && /\d$/.test(label)).sort();
  const buttons = choices.map((label) => h("button", { type: "button", "data-choice": label.split(".").at(-1),
    onclick: ({ currentTarget }) => {
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === currentTarget)));
      close();
    } }, t(label)));
  const close = () => {
    answer.textContent = t(`${prefix}.answer`);
    show(false);
  };
  const open = () => {
    answer.textContent = "";
    buttons.forEach((button) => button.setAttribute("aria-pressed", "false"));
    show(true);
  };
  return { close, open, element: h("div", { class: "cv-ask", role: "group", "aria-label": t("explorable.ask") },
    h("span", { class: "cv-ask-question" }, t(prefix)), h("span", { class: "cv-segmented" }, buttons), answer) };
}
