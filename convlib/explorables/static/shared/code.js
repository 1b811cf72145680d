// Code that the reader may take away.
import { h } from "./ui.js";

// A call in one line, the whole code behind it, and a button that copies the code.
export function codePanel(t, library) {
  const call = h("code"), code = h("pre", { class: "cv-code" });
  const copy = h("button", { type: "button", "data-action": "copy-code", onclick: async () => {
    const done = await navigator.clipboard?.writeText(code.textContent).then(() => true, () => false);
    copy.textContent = t(`explorable.${done ? "code_copied" : "not_copied"}`);
  } }, t("explorable.copy_code"));
  const draw = (line, text) => {
    call.textContent = line;
    if (text !== code.textContent) copy.textContent = t("explorable.copy_code");
    code.textContent = text;
  };
  return { element: h("div", { class: "cv-code-panel" },
    h("details", {}, h("summary", {}, `${library} `, call), code), copy), draw };
}
