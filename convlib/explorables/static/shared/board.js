// A board: a rectangle of cells to look at, to choose from, and to change.
import { clamp, formatNumber } from "./core/numbers.js";
import { h, s, say, shortcut } from "./ui.js";

// Every cell of a board of rows x columns with a margin of padding; index by row, then column.
function makeCells(rows, columns, [top, left], touchable) {
  const wide = columns + 2 * left;
  return Array.from({ length: (rows + 2 * top) * wide }, (_, index) => {
    const row = Math.floor(index / wide), column = index % wide;
    const y = row - top, x = column - left;
    const inside = y >= 0 && y < rows && x >= 0 && x < columns;
    const parts = { rect: s("rect", { rx: 2 }), text: s("text"), small: s("text", { class: "cv-board-small" }) };
    const role = inside && touchable ? { role: "button", "data-cell": `${y},${x}` } : { "aria-hidden": "true" };
    return { y, x, row, column, inside, group: s("g", role, Object.values(parts)), ...parts };
  });
}

function resizeCells(cells, size) {
  for (const { row, column, group, rect, text, small } of cells) {
    group.setAttribute("transform", `translate(${column * size + 1}, ${row * size + 1})`);
    rect.setAttribute("width", size - 1);
    rect.setAttribute("height", size - 1);
    text.setAttribute("x", size / 2 - 0.5);
    text.setAttribute("y", size / 2);
    small.setAttribute("x", size - 3);
    small.setAttribute("y", size - 4);
  }
}

// One field that is laid over the cell whose number is being changed.
function cellEditor(holder, act) {
  let open; // { input, cell, leave }
  const close = (keep) => {
    if (!open) return;
    const { input, cell } = open;
    open = undefined; // first: removing the input blurs it, which closes again
    const text = input.value.trim().replace("−", "-").replace(",", ".");
    const [low, high] = act.limits, value = text === "" ? NaN : Number(text);
    input.remove();
    if (!keep) return;
    if (value >= low && value <= high) act.edit(cell, Number(formatNumber(value)));
    else say(holder, act.t("explorable.refused", { label: act.editLabel(cell), low, high }));
  };
  return (cell, size, text) => {
    const input = h("input", { class: "cv-board-edit", type: "text", autocomplete: "off", maxlength: 8,
      enterkeyhint: "done", "aria-label": act.editLabel(cell), onblur: () => close(true) });
    input.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the arrow keys are the text's here
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      close(event.key === "Enter");
      cell.group.focus({ preventScroll: true });
    });
    const width = Math.max(size, 44);
    Object.assign(input.style, { left: `${(cell.column + 0.5) * size - width / 2}px`,
      top: `${cell.row * size}px`, width: `${width}px`, height: `${size + 2}px` });
    holder.append(input);
    open = { input, cell };
    input.value = text ?? cell.text.textContent;
    input.focus({ preventScroll: true });
    if (text === undefined) input.select();
  };
}

// Pointer, focus and keys: told to act, cell by cell. cells() are those that can be chosen;
// edit(cell, text) opens the editor; enter(index) tells which cell has the focus.
function listen(svg, kind, act, { cells, at, enter, edit }) {
  const named = (cell) => cell && { kind, y: cell.y, x: cell.x };
  const cellOf = (event) => {
    const group = event.target.closest?.("[data-cell]");
    return group && cells().find((cell) => cell.group === group);
  };
  svg.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch") act.look(named(cellOf(event)));
  });
  svg.addEventListener("pointerleave", () => act.look());
  svg.addEventListener("focusout", () => act.look());
  svg.addEventListener("focusin", (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    enter(cells().indexOf(cell));
    act.focus(named(cell), event.target.matches(":focus-visible"));
  });
  svg.addEventListener("click", (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    // The first click chooses, a second one on the same cell opens it.
    const again = act.edit && cell.group.dataset.chosen === "true";
    cells().forEach(({ group }) => delete group.dataset.chosen);
    cell.group.dataset.chosen = "true";
    cell.group.focus({ preventScroll: true });
    act.choose(named(cell));
    if (again) edit(cell);
  });
  svg.addEventListener("keydown", (event) => {
    if (shortcut(event) || !cells().length) return;
    const cell = cells()[at()], { y, x } = cell, { y: bottom, x: right } = cells().at(-1);
    const moves = { ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1],
      Home: [y, 0], End: [y, right], PageUp: [0, x], PageDown: [bottom, x] };
    if (event.key in moves) {
      const [row, column] = moves[event.key];
      cells()[clamp(row, 0, bottom) * (right + 1) + clamp(column, 0, right)].group.focus({ preventScroll: true });
    } else if (event.key === "Enter" || event.key === " ") act.choose(named(cell));
    else if (event.key === "Escape") act.release?.();
    else if (act.edit && /^[-.\d]$/.test(event.key)) edit(cell, event.key);
    else if (act.edit && event.key === "F2") edit(cell);
    else return;
    event.preventDefault();
  });
}

// kind: "input", "kernel" or "output", which sets the colour. act says what the reader can do; a
// board without it is only to be looked at.
//   look(cell) the pointer is over a cell { kind, y, x }, or over none
//   focus(cell, visible) a cell has got the focus; visible where it came by keyboard
//   choose(cell), release() a click or Enter, Escape
//   edit(cell, value), editLabel(cell), limits, t: where the numbers can be changed
// Cells that the padding adds are shown and not chosen. Elements are made anew only where the shape
// changes, so that the focus stays.
export function board(kind, label, act) {
  const windowFrame = s("rect", { class: "cv-board-window", rx: 3 });
  const layer = s("g");
  const svg = s("svg", { class: `cv-board cv-board-${kind}`, role: act ? "group" : "img", "aria-label": label },
    layer, windowFrame);
  const caption = h("div", { class: `cv-board-caption cv-swatch-${kind}` });
  const holder = h("div", { class: "cv-board-holder" }, svg);
  let cells = [], within = [], shape = "", at = 0, size = 0;
  if (act) {
    const open = cellEditor(holder, act);
    listen(svg, kind, act, { cells: () => within, at: () => at, enter: (index) => { at = index; },
      edit: (cell, text) => open(cell, size, text) });
  }

  const remake = ({ rows, columns, padding }) => {
    const held = svg.contains(document.activeElement);
    cells = makeCells(rows, columns, padding, Boolean(act));
    within = cells.filter((cell) => cell.inside);
    layer.replaceChildren(...cells.map((cell) => cell.group));
    at = clamp(at, 0, Math.max(within.length - 1, 0));
    if (held && within.length) within[at].group.focus({ preventScroll: true });
  };
  const place = ({ rows, columns, padding: [top, left], cell, frame }) => {
    svg.setAttribute("width", (columns + 2 * left) * cell + 2);
    svg.setAttribute("height", (rows + 2 * top) * cell + 2);
    windowFrame.style.display = frame ? "" : "none";
    if (!frame) return;
    windowFrame.style.transform = `translate(${(frame.x + left) * cell}px, ${(frame.y + top) * cell}px)`;
    windowFrame.setAttribute("width", frame.width * cell + 1);
    windowFrame.setAttribute("height", frame.height * cell + 1);
  };

  // view: { rows, columns, padding, cell (pixels), caption, frame (the window, in cells),
  // look(y, x, inside) }; look gives { text, small, name (a class), fill, ink, label } of one cell.
  const draw = (view) => {
    const key = [view.rows, view.columns, ...view.padding].join();
    const remade = key !== shape;
    if (remade) remake(view);
    if (remade || size !== view.cell) resizeCells(cells, view.cell);
    [shape, size] = [key, view.cell];
    place(view);
    caption.textContent = view.caption;
    for (const cell of cells) {
      const { text, small = "", name = "", fill = "", ink = "", label: words } = view.look(cell.y, cell.x, cell.inside);
      // Most cells stay as they are from draw to draw, and leaving them alone is quicker by far.
      const look = JSON.stringify([size, text, small, name, fill, ink, words]);
      if (look === cell.look) continue;
      cell.look = look;
      cell.group.setAttribute("class", `cv-board-cell ${name}`);
      cell.text.textContent = text;
      Object.assign(cell.rect.style, { fill, fillOpacity: fill && 1 });
      cell.text.style.fill = ink;
      cell.text.style.fontSize = `${Math.min(size * 0.44, (size * 1.5) / text.length, 16)}px`;
      cell.small.textContent = size >= 24 ? small : "";
      if (act && cell.inside) cell.group.setAttribute("aria-label", words);
    }
    if (act) within.forEach(({ group }, i) => group.setAttribute("tabindex", i === at ? 0 : -1));
  };
  return { element: h("div", { class: "cv-board-place" }, caption, holder), draw };
}
