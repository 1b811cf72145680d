// A volume: slices to look at and to point in, and a block that shows where they lie in it.
// Depth goes up, height comes forward, width goes to the right.
import { clamp } from "./core/numbers.js";
import { raster } from "./pixels.js";
import { press } from "./pointer.js";
import { h, s, shortcut } from "./ui.js";

const LEAN = { x: 0.42, y: 0.36 }; // what a row further forward is shifted by, in voxels: left, down
const MARGIN = { left: 24, right: 14, bottom: 18 }; // pixels around a block, for its letters
const KNOB = { shown: 4, touched: 12 }; // pixels: radius of the handle, and of where it is touched

function place(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;

// ---- a slice -----------------------------------------------------------------------------------------

// A slice with its caption and a window in it. act.choose({ y, x }) is told which cell is pressed, or
// under the middle of a window that is dragged by its handle; act.move(dy, dx, across) which way a key
// leads, across the slice with Page Up and Page Down.
export function slice(kind, label, act, { handle = false } = {}) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const frame = s("rect", { class: `cv-vol-window cv-vol-${kind}`, rx: 1.5 });
  const touch = s("circle", { class: "cv-vol-touch", r: KNOB.touched }), dot = s("circle", { class: "cv-vol-knob", r: KNOB.shown });
  const svg = s("svg", { role: "application", tabindex: 0, "aria-label": label, "data-slice": kind }, frame, handle ? [dot, touch] : []);
  const caption = h("div", { class: `cv-board-caption cv-swatch-${kind}` });
  let view = { rows: 1, columns: 1 }, held;
  const at = ({ clientX, clientY }) => {
    const box = svg.getBoundingClientRect();
    return { y: ((clientY - box.top) / box.height) * view.rows, x: ((clientX - box.left) / box.width) * view.columns };
  };
  const choose = ({ y, x }) => act.choose({ y: clamp(Math.floor(y), 0, view.rows - 1), x: clamp(Math.floor(x), 0, view.columns - 1) });
  const point = (event) => choose(at(event));
  press(svg, point, point);
  if (handle) {
    const hold = (event) => {
      const { y, x } = at(event), { window } = view;
      held = { y: window.y + Math.floor(window.height / 2) + 0.5 - y, x: window.x + Math.floor(window.width / 2) + 0.5 - x };
    };
    const pull = (event) => {
      const { y, x } = at(event);
      choose({ y: y + held.y, x: x + held.x });
    };
    press(touch, hold, pull, { handle: true });
    touch.addEventListener("pointerdown", (event) => event.stopPropagation()); // the slice would be pressed as well
  }
  svg.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: [-1, 0, 0], ArrowDown: [1, 0, 0], ArrowLeft: [0, -1, 0], ArrowRight: [0, 1, 0], PageUp: [0, 0, 1], PageDown: [0, 0, -1] };
    if (!(event.key in moves) || shortcut(event)) return;
    event.preventDefault();
    act.move(...moves[event.key]);
  });

  // view: { rows, columns, cell (pixels), caption, colour(index), window: { y, x, height, width } }
  const draw = (wanted) => {
    view = wanted;
    const { rows, columns, cell, window } = view, width = columns * cell, height = rows * cell;
    caption.textContent = view.caption;
    raster(canvas, rows, columns, view.colour);
    for (const node of [canvas, svg]) Object.assign(node.style, { width: `${width}px`, height: `${height}px` });
    place(svg, { viewBox: `0 0 ${width} ${height}` });
    place(frame, { x: window.x * cell, y: window.y * cell, width: window.width * cell, height: window.height * cell });
    const corner = { cx: window.x * cell, cy: (window.y + window.height) * cell };
    for (const knob of [dot, touch]) place(knob, corner);
  };
  return { canvas, draw, element: h("div", { class: `cv-vol-slice cv-vol-of-${kind}` }, caption, h("div", { class: "cv-vol-screen" }, canvas, svg)) };
}

// ---- a block ------------------------------------------------------------------------------------------

// Points of a block of [D, H, W] voxels on the screen, seen from above, in front and the right.
function projection([depth, height], unit) {
  return (z, y, x) => [(x + (height - y) * LEAN.x) * unit, (depth - z + y * LEAN.y) * unit];
}

// Three slices that cross at a voxel, each hiding what lies behind it. images are canvases as slice
// draws them: height by width, depth by width, depth by height, with depth upwards.
function drawPlanes(context, scale, unit, [depth, height], at, images) {
  const [z, y, x] = at.map((index) => index + 0.5), [lying, facing, sideways] = images;
  const part = (image, matrix, top, bottom, left = 0, right = image.width) => {
    context.setTransform(...matrix.map((value) => value * unit * scale));
    context.drawImage(image, left, top, right - left, bottom - top, left, top, right - left, bottom - top);
  };
  const back = height * LEAN.x;
  const lies = [1, 0, -LEAN.x, LEAN.y, back, depth - z];
  const faces = [1, 0, 0, 1, back - y * LEAN.x, y * LEAN.y], goesBack = [-LEAN.x, LEAN.y, 0, 1, x + back, 0];
  const standing = (top, bottom) => {
    part(sideways, goesBack, top, bottom, 0, y);
    part(facing, faces, top, bottom);
    part(sideways, goesBack, top, bottom, y, height);
  };
  standing(depth - z, depth);
  part(lying, lies, 0, height);
  standing(0, depth - z);
}

// The first voxels of a volume, slice by slice from below, as a pile: its outer faces are drawn.
function drawPile(context, scale, unit, size, count, colour) {
  const [depth, rows, columns] = size, point = projection(size, unit);
  const filled = (z, y, x) => z < depth && y < rows && x < columns && (z * rows + y) * columns + x < count;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const face = (...corners) => {
    context.beginPath();
    corners.forEach((corner) => context.lineTo(...point(...corner)));
    context.closePath();
    context.fill();
    context.stroke(); // closes the seams between faces
  };
  for (let i = 0; i < count; i++) {
    const z = Math.floor(i / (rows * columns)), y = Math.floor(i / columns) % rows, x = i % columns;
    context.fillStyle = context.strokeStyle = css(colour(i));
    if (!filled(z + 1, y, x)) face([z + 1, y, x], [z + 1, y, x + 1], [z + 1, y + 1, x + 1], [z + 1, y + 1, x]);
    if (!filled(z, y + 1, x)) face([z, y + 1, x], [z, y + 1, x + 1], [z + 1, y + 1, x + 1], [z + 1, y + 1, x]);
    if (!filled(z, y, x + 1)) face([z, y, x + 1], [z, y + 1, x + 1], [z + 1, y + 1, x + 1], [z + 1, y, x + 1]);
  }
}

// A box of wires from [z, y, x], of a size: three edges are behind it, nine before.
function wires(name) {
  const body = s("path", { class: `cv-vol-body cv-vol-${name}` });
  const behind = s("path", { class: `cv-vol-wire cv-vol-behind cv-vol-${name}` }), before = s("path", { class: `cv-vol-wire cv-vol-${name}` });
  const set = (point, [z, y, x], [depth, height, width]) => {
    const line = (...corners) => `M${corners.map(([a, b, c]) => point(z + a * depth, y + b * height, x + c * width).join(" ")).join("L")}`;
    const hull = line([0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1], [1, 0, 0], [1, 1, 0]);
    place(body, { d: `${hull}Z` });
    place(behind, { d: line([0, 1, 0], [0, 0, 0], [0, 0, 1]) + line([0, 0, 0], [1, 0, 0]) });
    place(before, { d: `${hull}Z${line([1, 1, 0], [1, 1, 1], [1, 0, 1])}${line([1, 1, 1], [0, 1, 1])}` });
  };
  return { nodes: [body, behind, before], set };
}

// A block with a box in it.
export function block(kind, label) {
  const canvas = h("canvas", { "aria-hidden": "true" }), context = canvas.getContext("2d");
  const outline = wires("outline"), box = wires(kind === "input" ? "kernel" : "chosen");
  const letters = [0, 1, 2].map(() => s("text", { class: "cv-vol-letter" }, s("tspan", { class: "cv-answer" }), s("tspan")));
  const svg = s("svg", { role: "img", "aria-label": label }, outline.nodes, box.nodes, letters);
  const caption = h("div", { class: `cv-board-caption cv-swatch-${kind}` });

  // view: { size, unit (pixels a voxel), caption, box: { at, size }, letters: what stands along the edges
  // of depth, height and width, each as [an answer or "", a letter]; and either planes: { at, images }
  // or pile: { count, colour(index) } }
  const draw = ({ size, unit, caption: words, letters: texts, box: within, planes, pile }) => {
    const [depth, rows, columns] = size, point = projection(size, unit), scale = devicePixelRatio || 1;
    const width = (columns + rows * LEAN.x) * unit, height = (depth + rows * LEAN.y) * unit;
    caption.textContent = words;
    Object.assign(canvas, { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
    Object.assign(canvas.style, { width: `${canvas.width / scale}px`, height: `${canvas.height / scale}px`, left: `${MARGIN.left}px` });
    context.imageSmoothingEnabled = false;
    context.lineWidth = 0.5;
    if (planes) drawPlanes(context, scale, unit, size, planes.at, planes.images);
    else drawPile(context, scale, unit, size, pile.count, pile.colour);
    const whole = [width + MARGIN.left + MARGIN.right, height + MARGIN.bottom];
    place(svg, { width: whole[0], height: whole[1], viewBox: `${-MARGIN.left} 0 ${whole.join(" ")}` });
    outline.set(point, [0, 0, 0], size);
    box.set(point, within.at, within.size);
    const edges = [[point(depth / 2, rows, 0), -6, 4, "end"], [point(0, rows / 2, columns), 6, 10, "start"], [point(0, rows, columns / 2), 0, 14, "middle"]];
    edges.forEach(([[x, y], right, down, anchor], i) => {
      place(letters[i], { x: x + right, y: y + down, "text-anchor": anchor });
      texts[i].forEach((text, part) => { letters[i].children[part].textContent = text; });
    });
  };
  return { draw, element: h("div", { class: "cv-vol-block" }, caption, h("div", { class: "cv-vol-screen" }, canvas, svg)) };
}
