/* Search: a photo, a face on it, why and where; then what was found. The photo leaves this page for the keep alone. */
import { busy, call } from "./calls.js";
import { Candidates } from "./candidates.js";
import { takeIn } from "./intake.js";
import { cutOut, squareAround, turned, upright } from "./picture.js";
import { Stage } from "./stage.js";
import { word } from "./words.js";

const DATE = /^(\d{4}(-\d{2}(-\d{2})?)?)?$/;
const form = document.querySelector("[data-search]");
const section = form.querySelector("[data-photo]");
const choices = form.querySelector("[data-progress]").closest("section");
const progress = form.querySelector("[data-progress]");
const count = section.querySelector("[data-count]");
const stage = new Stage(section, judge);
const candidates = new Candidates(document.querySelector("[data-candidates]"));
let looked = null; // the photo, its size, and its picture as far as this browser can show it

takeIn(section, async (photo) => {
  looked = null;
  candidates.clear();
  section.querySelector("[data-found]").hidden = false;
  count.textContent = word("looking");
  try {
    await look(photo);
  } catch (error) {
    section.querySelector("[data-found]").hidden = true;
    throw error;
  }
});

async function look(photo) {
  const asked = new FormData();
  asked.append("photo", photo);
  const found = await call("POST", "/v1/detect", asked);
  const size = { width: found.width, height: found.height };
  const picture = await upright(photo, size, turned(found.advice));
  looked = { photo, size, picture };
  section.querySelector("[data-unseen]").hidden = picture !== null;
  section.querySelector("[data-quality]").replaceChildren();
  stage.show(picture, size, found.faces);
  const { length } = found.faces;
  const said = length === 0 ? word("no_faces") : length === 1 ? word("one_face") : word("faces", { n: length });
  const advice = found.advice.filter((one) => length > 0 || turned([one]));
  count.textContent = [said, ...advice].join(" ");
}

/** Say in words how good the chosen face is, and what would make it better. */
function judge() {
  const place = section.querySelector("[data-quality]");
  if (stage.chosen.quality) place.replaceChildren(...verdict(stage.chosen.quality));
  else place.replaceChildren(paragraph(word("drawn_quality")));
  choices.querySelector(".trouble").hidden = true;
}

function verdict({ quality, quality_reasons: reasons }) {
  const [name, mood] = quality >= 60 ? ["good", "good"] : quality >= 25 ? ["fair", ""] : ["poor", "bad"];
  const said = paragraph(word(name, { quality }), `notice ${mood}`);
  if (!reasons.length) return [said];
  const list = document.createElement("ul");
  list.append(...reasons.map((reason) => {
    const item = document.createElement("li");
    item.textContent = [reason, help(reason)].filter(Boolean).join(": ");
    return item;
  }));
  return [said, paragraph(word("because")), list];
}

function help(reason) {
  const known = [...document.querySelector("template[data-advice]").content.querySelectorAll("[data-when]")];
  return known.find((one) => reason.startsWith(one.dataset.when))?.textContent;
}

function paragraph(text, kind = "") {
  const made = document.createElement("p");
  made.textContent = text;
  made.className = kind;
  return made;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  busy(choices, form.querySelector("[data-start]"), search);
});

async function search() {
  const query = asked();
  candidates.clear();
  const searched = new FormData();
  searched.append("photo", looked.photo);
  searched.append("query", JSON.stringify(query));
  const { size, picture } = looked;
  const { box, quality } = stage.chosen;
  const stop = watch(form.querySelectorAll("[name=collection]:checked"));
  try {
    const found = await call("POST", "/v1/search", searched);
    if (!quality) section.querySelector("[data-quality]").replaceChildren(...verdict(found.probe));
    candidates.show(found, probe(picture, size, box, quality?.landmarks, query.probe_captured_at));
  } finally {
    stop();
  }
}

/** The query as it is on the page. Throws an error that says what is missing. */
function asked() {
  const ids = [...form.querySelectorAll("[name=collection]:checked")].map((one) => one.value);
  const taken = form.elements.taken.value.trim();
  if (looked === null || stage.query === null) throw new Error(word("none_chosen"));
  if (!ids.length) throw new Error(word("no_collection"));
  if (!DATE.test(taken)) throw new Error(word("bad_date"));
  return { collection_ids: ids, case_id: form.elements.case.value || null, probe_captured_at: taken, ...stage.query };
}

function probe(picture, size, box, landmarks, takenAt) {
  const square = squareAround(box, size);
  const points = landmarks?.map(([x, y]) => [(x - square.left) / square.side, (y - square.top) / square.side]);
  return { takenAt, points, picture: () => (picture ? cutOut(picture, square, size) : null) };
}

/** Say that a search runs, and for how long already; returns what ends that. */
function watch(collections) {
  const faces = [...collections].reduce((sum, one) => sum + Number(one.dataset.faces), 0);
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", word("searching", { n: faces.toLocaleString("en") }));
  const seconds = document.createElement("span");
  seconds.setAttribute("aria-hidden", "true");
  progress.replaceChildren(paragraph(word("searching", { n: faces.toLocaleString("en") })), bar, seconds);
  const began = Date.now();
  const ticking = setInterval(() => {
    seconds.textContent = word("seconds", { n: Math.round((Date.now() - began) / 1000) });
  }, 1000);
  return () => {
    clearInterval(ticking);
    progress.replaceChildren();
  };
}
