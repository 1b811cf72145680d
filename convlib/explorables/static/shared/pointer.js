// Pointing at a picture without standing in the way of a swipe.

// Mouse and pen: pressing calls begin(event), moving while pressed calls move(event). Touch: a tap
// calls begin(event) when the finger has left; a swipe scrolls the page and calls nothing. Only on a
// handle, which says by its looks that it is there to be dragged, does touch drag as a mouse does;
// the style sheet gives handles "touch-action: none" and everything else "pan-y".
export function press(node, begin, move = () => {}, { handle = false } = {}) {
  let held;
  node.classList.add(handle ? "cv-handle" : "cv-pan");
  const drags = (event) => handle || event.pointerType !== "touch";
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    held = { id: event.pointerId, x: event.clientX, y: event.clientY };
    if (!drags(event)) return;
    node.setPointerCapture(event.pointerId);
    begin(event);
  });
  node.addEventListener("pointermove", (event) => {
    if (held?.id === event.pointerId && drags(event)) move(event);
  });
  node.addEventListener("pointerup", (event) => {
    const start = held;
    held = undefined;
    const far = start && Math.hypot(event.clientX - start.x, event.clientY - start.y) > 8;
    if (start?.id === event.pointerId && !drags(event) && !far) begin(event);
  });
  node.addEventListener("pointercancel", () => { held = undefined; });
}
