"""What the tests of the explorables' shared parts run in the page."""

# Every text of the explorable with its contrast against what is painted behind it (WCAG 2.2):
# backgrounds of the elements around it, and in a picture the shape that its cell is drawn on.
CONTRASTS = """() => {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const paint = (...layers) => {
    pen.clearRect(0, 0, 1, 1);
    for (const [colour, opacity] of layers) {
      pen.globalAlpha = opacity;
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
    }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) =>
      (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const around = (node) => {
    const layers = [];
    for (let at = node; at instanceof Element; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      layers.unshift([backgroundColor, 1]);
      const shape = at.matches(".cv-board-cell") && at.querySelector("rect, polygon");
      if (!shape || getComputedStyle(shape).fill === "none") continue;
      layers.unshift([getComputedStyle(shape).fill, Number(getComputedStyle(shape).fillOpacity)]);
    }
    return [["white", 1], ...layers];
  };
  const off = "option, :disabled, [aria-disabled=true]"; // these need no contrast
  const seen = { visibilityProperty: true, opacityProperty: true };
  const walker = document.createTreeWalker(document.querySelector(".cv"), NodeFilter.SHOW_TEXT);
  const found = [];
  for (let text; (text = walker.nextNode()); ) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.checkVisibility(seen) || node.closest(off)) continue;
    const style = getComputedStyle(node), layers = around(node);
    let opacity = 1;
    for (let at = node; at instanceof Element; at = at.parentElement) {
      opacity *= getComputedStyle(at).opacity;
    }
    const ink = node.namespaceURI.endsWith("svg") ? style.fill : style.color;
    const [a, b] = [light(paint(...layers)), light(paint(...layers, [ink, opacity]))];
    found.push([`${node.getAttribute("class") ?? node.tagName}: ${text.data}`,
      (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
  }
  return found;
}"""
