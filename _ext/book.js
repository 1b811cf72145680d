// The section, figure or explorable that is being read: the last that begins above the reader's
// eye. Their names are the same in both languages.
function placeOfReading() {
  const begun = [...document.querySelectorAll("article :is(section section, figure, .convlib)[id]")].filter(
    (part) => part.getBoundingClientRect().top < innerHeight / 3);
  return begun.at(-1)?.id ?? "";
}

// The language switch: remembers the choice for the front door, and takes the place and the state
// of the explorables (both in the address) along to the same page in the other language.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-language-switch]");
  if (!link) return;
  try {
    localStorage.setItem("book-language", link.lang.slice(0, 2));
  } catch { /* a browser that keeps nothing: the front door will ask again */ }
  link.search = location.search;
  link.hash = placeOfReading();
});

// sphinx-togglebutton names its buttons in English only; its hint is in the page's language.
addEventListener("load", () => {
  for (const button of document.querySelectorAll("[data-toggle-hint]")) button.ariaLabel = button.dataset.toggleHint;
});

// Paper is white: a page that is read in dark mode is printed in light.
addEventListener("beforeprint", () => {
  const { theme } = document.documentElement.dataset;
  document.documentElement.dataset.theme = "light";
  addEventListener("afterprint", () => { document.documentElement.dataset.theme = theme; }, { once: true });
});
