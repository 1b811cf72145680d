// The front door's picture: a window slides over the input, and the output comes to light. All
// values were computed by convlib when the site was built; here they are only uncovered.
const get = (id) => document.getElementById(id);
const buttons = [...document.querySelectorAll(".choices button")];
const SECONDS = 6, REST = 1.5;
let kind = KINDS[0], start = performance.now(), paused = false;

// The rows (or columns) of the input that an output's row (or column) is made of.
function touched({ k, s, p, d, n, transposed }, place) {
  if (!transposed) return Array.from({ length: k }, (_, i) => place * s - p + i * d);
  const rows = Array.from({ length: n }, (_, h) => h);
  return rows.filter((h) => place + p - h * s >= 0 && place + p - h * s < k);
}

function show(position) {
  const { m } = kind, row = Math.floor(position / m), column = position % m;
  get("done").firstElementChild.setAttribute("d", `M0 0H${m}V${row}H0ZM0 ${row}H${column + 1}V${row + 1}H0Z`);
  get("value").setAttribute("x", column);
  get("value").setAttribute("y", row);
  const cells = touched(kind, row).flatMap((r) => touched(kind, column).map((c) => `M${c} ${r}h1v1h-1z`));
  get("window").setAttribute("d", cells.join(""));
}

function choose(next) {
  kind = next;
  start = performance.now();
  for (const [name, size] of [["input", kind.n], ["output", kind.m]]) {
    get(name).setAttribute("href", kind[name]);
    for (const part of [get(name), get(`${name}-frame`)]) {
      part.setAttribute("width", size);
      part.setAttribute("height", size);
    }
  }
  buttons.forEach((button, i) => button.setAttribute("aria-pressed", KINDS[i] === kind));
  const caption = get("what");
  caption.querySelector("b").textContent = kind.en;
  caption.querySelector("span").textContent = kind.zh;
  caption.lastChild.textContent = ` · ${kind.n}×${kind.n} → ${kind.m}×${kind.m}`;
  if (paused) show(kind.m * kind.m - 1);
}

// Slowly at first, so that the eye can follow a step; then faster and faster.
function step(now) {
  if (!paused) {
    const passed = Math.max(now - start, 0) / 1000, last = kind.m * kind.m - 1;
    show(Math.floor(last * Math.min(passed / SECONDS, 1) ** 1.8));
    if (passed > SECONDS + REST) choose(KINDS[(KINDS.indexOf(kind) + 1) % KINDS.length]);
  }
  requestAnimationFrame(step);
}

function pause(yes) {
  paused = yes;
  start = performance.now();
  get("pause").textContent = paused ? "▶" : "❚❚";
  get("pause").setAttribute("aria-label", paused ? "Play 播放" : "Pause 暂停");
}

document.documentElement.classList.add("live");
buttons.forEach((button, i) => button.addEventListener("click", () => choose(KINDS[i])));
get("pause").addEventListener("click", () => pause(!paused));
if (matchMedia("(prefers-reduced-motion: reduce)").matches) pause(true);
requestAnimationFrame(step);

for (const link of document.querySelectorAll("[data-choice]")) {
  link.addEventListener("click", () => {
    try { localStorage.setItem("book-language", link.dataset.choice); } catch { /* asked again next time */ }
  });
}
