/* The list of photos on the page for adding: a row for each, its state, and why. */

const MOST_OWN_FORMS = 24;
const BETWEEN_WORDS_MS = 1500; // so that whoever listens to the page is not talked over
const BAD = ["refused", "leftOut"];
const LOOKS = { enrolled: "good", old: "warn", refused: "bad", leftOut: "bad" };

export class PhotoList {
  constructor(section) {
    this.section = section;
    this.items = [];
    this.saidAt = 0;
    this.rows = section.querySelector("[data-rows]");
    this.bar = section.querySelector("[data-progress-bar]");
    section.querySelector("[data-only]").addEventListener("change", () => this.filter());
  }

  /** Show what was chosen; `own` says whether photos may have forms of their own. */
  show(chosen, { own }) {
    for (const item of this.items) URL.revokeObjectURL(item.picture);
    this.items = chosen.map((one) => ({ ...one, state: one.leftOut ? "leftOut" : "ready", why: one.leftOut || "" }));
    const hasForms = own && this.waiting().length <= MOST_OWN_FORMS;
    this.rows.replaceChildren(...this.items.map((item, place) => this.made(item, hasForms ? place : null)));
    this.section.hidden = false;
    this.bar.hidden = true;
    this.said(this.items.length ? this.words("chosen") : this.words("nothing"));
    this.filter();
  }

  made(item, place) {
    item.row = document.getElementById("row").content.cloneNode(true).firstElementChild;
    this.cell(item, "file").textContent = item.path;
    this.cell(item, "person").textContent = item.facts?.person || "";
    if (place !== null && item.file) this.addOwn(item, place);
    this.mark(item);
    return item.row;
  }

  addOwn(item, place) {
    const own = document.getElementById("own").content.cloneNode(true).firstElementChild;
    for (const label of own.querySelectorAll("[data-for]")) label.htmlFor = `photo-${place}-${label.dataset.for}`;
    for (const input of own.querySelectorAll("[data-own]")) {
      input.id = `photo-${place}-${input.dataset.own}`;
      input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    }
    this.cell(item, "file").parentElement.after(own);
    const picture = item.row.querySelector("img");
    item.picture = URL.createObjectURL(item.file);
    picture.addEventListener("load", () => { picture.hidden = false; });
    picture.src = item.picture;
  }

  /** What was written in a photo's own form. */
  ownFacts(item) {
    const fields = [...item.row.querySelectorAll("[data-own]")].map((one) => [one.dataset.own, one.value.trim()]);
    return Object.fromEntries(fields.filter(([, value]) => value));
  }

  /** Photos that are still to be sent. */
  waiting() {
    return this.items.filter((item) => item.state === "ready");
  }

  sending(batch) {
    for (const item of batch) this.become(item, "sending");
    if (this.bar.hidden) this.said(this.words("progress"));
    this.bar.hidden = false;
    this.progress();
  }

  answered(item, { refused, faces = [], advice = [], isOld = false }) {
    item.row.querySelector(".own")?.remove();
    this.cell(item, "person").textContent = item.metadata.person_name;
    if (refused) this.become(item, "refused", refused);
    else this.become(item, isOld ? "old" : "enrolled", isOld ? this.section.dataset.known : advice.join(" "));
    if (faces.length) this.cell(item, "where").replaceChildren(this.link(faces));
    this.progress();
  }

  link(faces) {
    const link = document.createElement("a");
    link.href = `/console/persons/${encodeURIComponent(faces[0].person_id)}`;
    const words = faces.length > 1 ? this.section.dataset.several.replace("{count}", faces.length) : this.section.dataset.open;
    link.textContent = words;
    return link;
  }

  stopping() {
    this.said(this.section.dataset.stopping);
  }

  /** Nothing is on its way any more; what was not answered can be sent again. */
  ended() {
    const isOver = this.items.every((item) => item.state !== "sending" && item.state !== "ready");
    for (const item of this.items) if (item.state === "sending") this.become(item, "ready");
    if (this.bar.hidden) return;
    this.said(`${this.section.dataset[isOver ? "finished" : "stopped"]} ${this.words("progress")}`);
  }

  become(item, state, why = "") {
    item.state = state;
    item.why = why;
    this.mark(item);
  }

  mark(item) {
    const tag = this.cell(item, "state");
    tag.textContent = this.section.dataset[item.state];
    tag.className = `tag ${LOOKS[item.state] || ""}`;
    this.cell(item, "why").textContent = item.why;
    this.filter(item);
  }

  filter(...items) {
    const isOnlyBad = this.section.querySelector("[data-only]").checked;
    for (const item of items.length ? items : this.items) item.row.hidden = isOnlyBad && !BAD.includes(item.state);
  }

  progress() {
    const done = this.items.filter((item) => !["ready", "sending"].includes(item.state)).length;
    this.bar.max = this.items.length;
    this.bar.value = done;
    if (performance.now() - this.saidAt > BETWEEN_WORDS_MS) this.said(this.words("progress"));
  }

  words(which) {
    const count = (...states) => this.items.filter((item) => states.includes(item.state)).length;
    const numbers = {
      all: this.items.length, photos: count("ready"), left: count("leftOut"), enrolled: count("enrolled"),
      old: count("old"), refused: count("refused"), done: this.items.length - count("ready", "sending"),
    };
    return this.section.dataset[which].replace(/\{(\w+)\}/g, (_, name) => numbers[name]);
  }

  said(text) {
    this.saidAt = performance.now();
    this.section.querySelector("[data-summary]").textContent = text;
  }

  focus() {
    this.section.querySelector("[data-summary]").focus();
  }

  quiet() {
    this.section.querySelector(".trouble").hidden = true;
  }

  cell(item, name) {
    return item.row.querySelector(`[data-${name}]`);
  }

  /** The list as rows of texts. */
  table() {
    const rows = this.items.map((item) => [item.path, this.cell(item, "person").textContent, this.section.dataset[item.state], item.why]);
    return [["file", "person", "state", "reason"], ...rows];
  }
}
