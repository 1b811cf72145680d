// The language switch: remembers the choice for the front door, and takes the state of the
// explorables (in the address) along to the same page in the other language.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-language-switch]");
  if (!link) return;
  try {
    localStorage.setItem("book-language", link.lang.slice(0, 2));
  } catch { /* a browser that keeps nothing: the front door will ask again */ }
  link.search = location.search;
});
