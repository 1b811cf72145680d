// Photographs: pictures on a canvas, a window to point with, and the reader's own photograph or
// camera, which never leave the page.
import { numberField } from "./controls.js";
import { clamp } from "./core/numbers.js";
import { grayValues } from "./core/images.js";
import { grey, raster, signed } from "./pixels.js";
import { press } from "./pointer.js";
import { h, s, say, shortcut, update } from "./ui.js";

// A square picture of side x side values with its caption. act says what the reader can do:
// look({ y, x }) or look() while the pointer is over it; choose({ y, x }); move(dy, dx) by keys.
// paint(values, display, limit): display is "clip" (0 to 255), "absolute", "signed", where limit is the
// size that gets the full colour, or "color", where the values are channels of red, green, blue.
// mark({ y, x }, [rows, columns]) shows a window there.
export function photo(kind, label, side, act) {
  const canvas = h("canvas", { width: side, height: side, "aria-hidden": "true" });
  const cross = s("path"), frame = s("rect");
  const svg = s("svg", { viewBox: `0 0 ${side} ${side}`, role: "application", tabindex: 0, "aria-label": label, "data-screen": kind },
    s("g", { class: "cv-photo-mark" }, cross, frame));
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    const pixel = (offset, size) => clamp(Math.floor((offset / size) * side), 0, side - 1);
    return { y: pixel(event.clientY - box.top, box.height), x: pixel(event.clientX - box.left, box.width) };
  };
  const choose = (event) => act.choose(at(event));
  press(svg, choose, choose);
  svg.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch" && !event.buttons) act.look(at(event));
  });
  svg.addEventListener("pointerleave", () => act.look());
  svg.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 1;
    const moves = { ArrowUp: [-step, 0], ArrowDown: [step, 0], ArrowLeft: [0, -step], ArrowRight: [0, step] };
    if (!(event.key in moves) || shortcut(event)) return;
    event.preventDefault();
    act.move(...moves[event.key]);
  });
  const paint = (values, display, limit) => raster(canvas, side, side, (i) => {
    if (display === "color") return [0, 1, 2].map((channel) => values[channel * side * side + i] ?? 0);
    return display === "signed" ? signed(values[i], limit) : grey(display === "absolute" ? Math.abs(values[i]) : values[i]);
  });
  const mark = ({ y, x }, [rows, columns]) => {
    cross.setAttribute("d", `M${x + 0.5} 0V${y - 6}M${x + 0.5} ${y + 7}V${side}M0 ${y + 0.5}H${x - 6}M${x + 7} ${y + 0.5}H${side}`);
    for (const [name, value] of Object.entries({ x: x - Math.floor(columns / 2) - 0.5,
      y: y - Math.floor(rows / 2) - 0.5, width: columns + 1, height: rows + 1 })) frame.setAttribute(name, value);
  };
  const caption = h("figcaption", { class: `cv-board-caption cv-swatch-${kind}` });
  return { caption, paint, mark,
    element: h("figure", { class: "cv-photo" }, caption, h("div", { class: "cv-photo-frame" }, canvas, svg)) };
}

// What photographs of side x side pixels have in common: the pixel that the state's row and column choose,
// or the one pointed at. act is for them all; at() is the pixel that is shown.
export function pixelChoice(model, side, redraw) {
  let hover;
  const chosen = () => ({ y: model.get("row"), x: model.get("column") });
  const choose = ({ y, x }) => {
    hover = undefined; // a drag shows what it chooses
    update(model, { row: clamp(y, 0, side - 1), column: clamp(x, 0, side - 1) });
  };
  const act = { choose, look: (at) => { hover = at; redraw(); },
    move: (dy, dx) => choose({ y: chosen().y + dy, x: chosen().x + dx }) };
  return { act, at: () => hover ?? chosen() };
}

// The pixel whose sums are spelled out, typed: fields for row and column, with the labels of a name.
export function pixelFields(model, t, name) {
  return ["row", "column"].map((trait) => {
    const label = t(`${name}.${trait}`), field = numberField(model, trait, label);
    return { ...field, element: h("label", { class: "cv-control" }, label, field.element) };
  });
}

// The middle square of an image or a video frame, side x side, as the numbers that read makes of it.
function squareOf(source, width, height, side, read) {
  const canvas = h("canvas", { width: side, height: side });
  const context = canvas.getContext("2d", { willReadFrequently: true }), size = Math.min(width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, (width - size) / 2, (height - size) / 2, size, size, 0, 0, side, side);
  return read(context.getImageData(0, 0, side, side).data);
}

// Two buttons: a photograph of the reader's own, and the camera, live until pressed again. Both stay
// in this page. changed(values) gets the side x side grey values, or what read makes of the canvas's
// pixels, or nothing once "reset" lets go.
export function ownPhoto(t, side, changed, read = grayValues) {
  const file = h("input", { type: "file", accept: "image/*", hidden: true, onchange: async () => {
    try {
      stop();
      const bitmap = await createImageBitmap(file.files[0], { imageOrientation: "from-image" });
      changed(squareOf(bitmap, bitmap.width, bitmap.height, side, read));
      bitmap.close();
    } catch {
      say(element, t("explorable.photo_unreadable"));
    }
    file.value = "";
  } });
  const video = h("video", { playsinline: true, muted: true });
  let stream;
  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = undefined;
    camera.setAttribute("aria-pressed", "false");
  };
  const tick = () => {
    if (!stream) return;
    if (!element.isConnected) { stop(); return; }
    if (video.videoWidth) changed(squareOf(video, video.videoWidth, video.videoHeight, side, read));
    requestAnimationFrame(tick);
  };
  const start = async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      await video.play();
      camera.setAttribute("aria-pressed", "true");
      tick();
    } catch {
      stop();
      say(element, t("explorable.camera_refused"));
    }
  };
  const camera = h("button", { type: "button", "data-action": "camera", "aria-pressed": "false",
    hidden: !navigator.mediaDevices, title: t("explorable.stays_here"), onclick: () => (stream ? stop() : start()) }, t("explorable.camera"));
  const own = h("button", { type: "button", "data-action": "own-photo", title: t("explorable.stays_here"),
    onclick: () => file.click() }, t("explorable.own_photo"));
  const element = h("span", { class: "cv-tools" }, own, camera, file);
  const reset = () => {
    stop();
    changed();
  };
  return { element, stop, reset };
}
