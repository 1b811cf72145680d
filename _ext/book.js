// The section that is being read: the last one that begins above the reader's eye.
function placeOfReading() {
  const begun = [...document.querySelectorAll("article section section[id]")].filter(
    (section) => section.getBoundingClientRect().top < innerHeight / 3);
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

// Chromium keeps empty boxes in some of the text that it laid out before the Chinese font came. A
// changed font setting (book.css) makes it lay the text out anew: at once, and again when the page
// has come to rest, for text that it still drew with the old font in between. Only a machine
// without Chinese fonts ever gets here.
let laidOut = false;
function layOutAgain() {
  const came = [...document.fonts].some(
    (face) => face.family.includes("Book Chinese") && face.status === "loaded");
  if (!came || laidOut) return;
  laidOut = true;
  for (const delay of [0, 250, 1000]) {
    setTimeout(() => document.documentElement.classList.toggle("book-chinese"), delay);
  }
}
document.fonts.addEventListener("loadingdone", layOutAgain);
document.fonts.ready.then(layOutAgain);
