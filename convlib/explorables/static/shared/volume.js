// A volume: depth x rows x columns of cells, drawn as slices one behind the other.
import { clamp } from "./core/numbers.js";
import { h, s } from "./ui.js";

const LEAN = { x: 0.45, y: 0.5 }; // a row lies back: its shift to the right, its height, in cells

// kind: "input", "kernel" or "output", which sets the colour. act.choose({ kind, z, y, x }) is told
// which cell is clicked, tapped or reached with the keyboard: arrows within a slice, Page Up and
// Page Down between slices, Home and End along a row. Without act it is only to be looked at.
export function volume(kind, label, act) {
  const svg = s("svg", { class: `cv-board cv-board-${kind} cv-volume`, role: act ? "group" : "img", "aria-label": label });
  const caption = h("div", { class: `cv-board-caption cv-swatch-${kind}` });
  let cells = [], shape = [0, 0, 0], at = 0;

  const make = ([depth, rows, columns]) => Array.from({ length: depth * rows * columns }, (_, index) => {
    const z = Math.floor(index / (rows * columns)), y = Math.floor(index / columns) % rows, x = index % columns;
    const side = s("polygon"), text = s("text");
    const group = s("g", act ? { role: "button", "data-cell": `${z},${y},${x}` } : { "aria-hidden": "true" }, side, text);
    return { z, y, x, side, text, group };
  });
  const named = ({ z, y, x }) => ({ kind, z, y, x });
  const cellOf = (event) => cells.findIndex(({ group }) => group === event.target.closest?.("[data-cell]"));
  const enter = (index) => {
    at = index;
    cells.forEach(({ group }, i) => group.setAttribute("tabindex", i === at ? 0 : -1));
  };
  const choose = (index) => {
    enter(index);
    cells[index].group.focus({ preventScroll: true });
    act.choose(named(cells[index]));
  };
  if (act) {
    svg.addEventListener("focusin", (event) => cellOf(event) >= 0 && enter(cellOf(event)));
    svg.addEventListener("click", (event) => cellOf(event) >= 0 && choose(cellOf(event)));
    svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !cells.length) return;
      const { z, y, x } = cells[at], [, rows, columns] = shape;
      const moves = { ArrowUp: [z, y - 1, x], ArrowDown: [z, y + 1, x], ArrowLeft: [z, y, x - 1], ArrowRight: [z, y, x + 1],
        PageUp: [z - 1, y, x], PageDown: [z + 1, y, x], Home: [z, y, 0], End: [z, y, columns - 1], Enter: [z, y, x], " ": [z, y, x] };
      if (!(event.key in moves)) return;
      event.preventDefault();
      const [slice, row, column] = moves[event.key].map((value, axis) => clamp(value, 0, shape[axis] - 1));
      choose((slice * rows + row) * columns + column);
    });
  }

  // Slice 0 lies on top; each further one stands a gap below, so that all cells can be seen.
  const place = ([depth, rows, columns], size, gap) => {
    const slice = rows * LEAN.y * size + gap;
    const point = (z, y, x) => [(x + (rows - y) * LEAN.x) * size + 1, z * slice + y * LEAN.y * size + 1];
    for (const { z, y, x, side, text } of cells) {
      const corners = [[y, x], [y, x + 1], [y + 1, x + 1], [y + 1, x]].map(([row, column]) => point(z, row, column));
      side.setAttribute("points", corners.map((corner) => corner.join(",")).join(" "));
      const [left, top] = point(z, y + 0.5, x + 0.5);
      text.setAttribute("x", left);
      text.setAttribute("y", top);
    }
    svg.setAttribute("width", (columns + rows * LEAN.x) * size + 2);
    svg.setAttribute("height", depth * slice - gap + 2);
  };

  // view: { shape: [depth, rows, columns], cell (pixels), gap, caption, look(z, y, x) }; look gives
  // { text, name (a class, as of boards), label } of one cell.
  const draw = ({ shape: wanted, cell, gap = cell * 0.5, caption: words, look }) => {
    const held = svg.contains(document.activeElement);
    if (wanted.join() !== shape.join()) {
      shape = wanted;
      cells = make(shape);
      svg.replaceChildren(...cells.map(({ group }) => group));
      if (act) enter(clamp(at, 0, Math.max(cells.length - 1, 0)));
      if (held && cells.length) cells[at].group.focus({ preventScroll: true });
    }
    place(shape, cell, gap);
    caption.textContent = words;
    for (const { z, y, x, text, group } of cells) {
      const { text: number, name = "", label: spoken } = look(z, y, x);
      group.setAttribute("class", `cv-board-cell ${name}`);
      text.textContent = number;
      text.style.fontSize = `${Math.min(cell * 0.4, (cell * 1.3) / Math.max(number.length, 1))}px`;
      if (act) group.setAttribute("aria-label", spoken);
    }
  };
  return { element: h("div", { class: "cv-board-place" }, caption, svg), draw };
}
