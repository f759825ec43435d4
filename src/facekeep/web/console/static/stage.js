/* A photo with its faces outlined: each can be chosen, and a box of one's own be drawn or written down. */
import { word } from "./words.js";

const SIDES = ["left", "top", "width", "height"];
const SMALLEST_PX = 8;

export class Stage {
  /** `changed()` is called whenever another face or box is chosen. */
  constructor(section, changed) {
    this.place = section.querySelector("[data-stage]");
    this.picture = section.querySelector("[data-picture]");
    this.drawing = section.querySelector("[data-draw]");
    this.numbers = Object.fromEntries(SIDES.map((side) => [side, section.querySelector(`[data-box="${side}"]`)]));
    this.changed = changed;
    this.size = { width: 1, height: 1 };
    this.drawing.addEventListener("toggle", () => this.place.classList.toggle("drawing", this.drawing.open));
    for (const field of Object.values(this.numbers)) field.addEventListener("input", () => this.readNumbers());
    this.place.addEventListener("pointerdown", (event) => this.beginDrawing(event));
  }

  /** Show a photo and the faces found on it. The only face is chosen at once. */
  show(picture, size, faces) {
    this.size = size;
    this.faces = faces;
    this.chosen = null;
    for (const field of Object.values(this.numbers)) field.value = "";
    this.paint(picture);
    for (const old of this.place.querySelectorAll("button")) old.remove();
    this.outlines = faces.map((face, i) => this.outline(face.box, this.nameOf(face, i), () => this.chooseFace(i)));
    this.drawn = null;
    this.drawing.open = faces.length === 0;
    if (faces.length === 1) this.chooseFace(0);
  }

  /** What is to be searched for, as a query says it; null where nothing is chosen. */
  get query() {
    if (this.chosen === null) return null;
    return this.chosen.face === undefined ? { box: this.chosen.box } : { face_index: this.chosen.face };
  }

  paint(picture) {
    const { width, height } = picture ?? this.size;
    const scale = Math.min(1, 2000 / Math.max(width, height));
    this.picture.width = Math.max(1, Math.round(width * scale));
    this.picture.height = Math.max(1, Math.round(height * scale));
    if (picture) this.picture.getContext("2d").drawImage(picture, 0, 0, this.picture.width, this.picture.height);
  }

  nameOf(face, i) {
    return word("face", { i: i + 1, n: this.faces.length, quality: face.quality });
  }

  outline(box, name, choose) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "outline";
    made.setAttribute("aria-label", name);
    made.setAttribute("aria-pressed", "false");
    made.addEventListener("click", choose);
    this.place.append(made);
    this.lay(made, box);
    return made;
  }

  lay(outline, box) {
    const share = (value, whole) => `${(100 * value) / whole}%`;
    outline.style.left = share(box.left, this.size.width);
    outline.style.top = share(box.top, this.size.height);
    outline.style.width = share(box.width, this.size.width);
    outline.style.height = share(box.height, this.size.height);
  }

  chooseFace(i) {
    this.choose({ face: i, box: this.faces[i].box, quality: this.faces[i] }, this.outlines[i]);
  }

  choose(chosen, outline) {
    this.chosen = chosen;
    for (const one of this.place.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one === outline));
    this.changed();
  }

  chooseDrawn(box) {
    if (this.drawn === null) this.drawn = this.outline(box, word("drawn"), () => this.chooseDrawn(this.chosenBox()));
    this.lay(this.drawn, box);
    this.choose({ box }, this.drawn);
  }

  chosenBox() {
    return Object.fromEntries(SIDES.map((side) => [side, Number(this.numbers[side].value)]));
  }

  readNumbers() {
    const box = this.chosenBox();
    if (box.width >= SMALLEST_PX && box.height >= SMALLEST_PX) this.chooseDrawn(box);
  }

  beginDrawing(event) {
    if (!this.drawing.open || event.button !== 0) return;
    event.preventDefault();
    const from = this.pointOf(event);
    const move = (moved) => this.drawTo(from, this.pointOf(moved));
    const end = () => {
      this.place.removeEventListener("pointermove", move);
      this.drawn?.focus();
    };
    this.place.setPointerCapture(event.pointerId);
    this.place.addEventListener("pointermove", move);
    this.place.addEventListener("pointerup", end, { once: true });
    this.place.addEventListener("pointercancel", end, { once: true });
  }

  drawTo(from, to) {
    const box = {
      left: Math.min(from.x, to.x), top: Math.min(from.y, to.y),
      width: Math.abs(from.x - to.x), height: Math.abs(from.y - to.y),
    };
    for (const side of SIDES) this.numbers[side].value = String(box[side]);
    this.readNumbers();
  }

  pointOf(event) {
    const shown = this.place.getBoundingClientRect();
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), 1) * most);
    return {
      x: within((event.clientX - shown.left) / shown.width, this.size.width),
      y: within((event.clientY - shown.top) / shown.height, this.size.height),
    };
  }
}
