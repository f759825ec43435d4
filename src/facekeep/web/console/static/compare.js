/* Two pictures beside each other, enlarged and moved together, or one alone until both show the same. */

const MOST = 8;
const STEP = 0.04; // of a pane, for one press of an arrow key
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Makes `root` (the `panes` of lead_parts.html) alive. */
export class Compare {
  constructor(root) {
    this.panes = [...root.querySelectorAll("[data-pane]")];
    this.zoom = root.querySelector("[data-zoom]");
    this.together = root.querySelector("[data-together]");
    this.shared = { zoom: 1, x: 0, y: 0 };
    this.own = new Map(this.panes.map((pane) => [pane, { zoom: 1, x: 0, y: 0 }]));
    this.active = this.panes[0];
    this.zoom.addEventListener("input", () => this.enlargeTo(Number(this.zoom.value)));
    this.together.addEventListener("change", () => this.lay());
    root.querySelector("[data-reset]").addEventListener("click", () => this.reset());
    for (const pane of this.panes) this.listen(pane);
    this.lay();
  }

  /** Put a picture into the pane of that name, in place of what is there. */
  put(name, picture) {
    this.layerOf(name).replaceChildren(picture);
  }

  layerOf(name) {
    return this.panes.find((pane) => pane.dataset.pane === name).querySelector(".layer");
  }

  enlarge(factor) {
    this.enlargeTo(this.view.zoom * factor);
  }

  reset() {
    for (const view of [this.shared, ...this.own.values()]) Object.assign(view, { zoom: 1, x: 0, y: 0 });
    this.lay();
  }

  get view() {
    return this.together.checked ? this.shared : this.own.get(this.active);
  }

  enlargeTo(zoom) {
    const next = Math.min(Math.max(zoom, 1), MOST);
    const factor = next / this.view.zoom;
    Object.assign(this.view, { zoom: next, x: this.view.x * factor, y: this.view.y * factor });
    this.lay();
  }

  moveBy(x, y) {
    const within = (value) => Math.min(Math.max(value, -MOST / 2), MOST / 2);
    Object.assign(this.view, { x: within(this.view.x + x), y: within(this.view.y + y) });
    this.lay();
  }

  listen(pane) {
    pane.addEventListener("focus", () => this.activate(pane));
    pane.addEventListener("keydown", (event) => {
      const step = ARROWS[event.key];
      if (!step) return;
      event.preventDefault();
      this.moveBy(step[0] * STEP, step[1] * STEP);
    });
    pane.addEventListener("pointerdown", (event) => this.drag(pane, event));
  }

  activate(pane) {
    this.active = pane;
    this.lay();
  }

  drag(pane, event) {
    if (event.button !== 0) return;
    this.activate(pane);
    pane.setPointerCapture(event.pointerId);
    const side = pane.clientWidth;
    const move = (moved) => this.moveBy(moved.movementX / side, moved.movementY / side);
    const end = () => pane.removeEventListener("pointermove", move);
    pane.addEventListener("pointermove", move);
    pane.addEventListener("pointerup", end, { once: true });
    pane.addEventListener("pointercancel", end, { once: true });
  }

  lay() {
    this.zoom.value = String(this.view.zoom);
    for (const pane of this.panes) {
      const own = this.own.get(pane);
      const zoom = own.zoom * this.shared.zoom;
      const x = own.x * this.shared.zoom + this.shared.x;
      const y = own.y * this.shared.zoom + this.shared.y;
      const layer = pane.querySelector(".layer");
      layer.style.transform = `translate(${100 * x}%, ${100 * y}%) scale(${zoom})`;
      layer.style.setProperty("--zoom", String(zoom));
    }
  }
}

/** Whether a key that was pressed is text for a field, or meant for the browser. */
export function isWriting(event) {
  const written = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox], [type=range])");
  return written !== null || event.ctrlKey || event.metaKey || event.altKey;
}

/** The keys that every page with two faces knows: verdicts, enlarging, and the way to a reveal. */
export function pressed(event, around, compare) {
  const verdict = { 1: "same_person", 2: "not_the_same", 3: "cannot_say" }[event.key];
  const enlarging = { "+": 1.25, "=": 1.25, "-": 0.8 }[event.key];
  if (verdict) return decideAs(around, verdict);
  if (enlarging) compare.enlarge(enlarging);
  else if (event.key === "0") compare.reset();
  else if (event.key === "r") return reach(around.querySelector("[data-reveal] input"));
  else return false;
  return true;
}

/** The form that is sent with Ctrl and Enter from its own text. */
export function sendsWithKeys(form) {
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(form.querySelector("button"));
  });
}

function decideAs(around, verdict) {
  const choice = around.querySelector(`[data-decide] input[value="${verdict}"]`);
  if (!choice || choice.offsetParent === null) return false;
  choice.checked = true;
  return reach(choice.form.querySelector("textarea"));
}

function reach(field) {
  if (!field || field.offsetParent === null) return false;
  field.focus();
  return true;
}
