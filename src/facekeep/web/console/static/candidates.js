/* A candidate list: one candidate at a time beside the probe, what is known of it, and what one makes of it. */
import { busy, call, callWithProof, say } from "./calls.js";
import { Compare, isWriting, pressed, sendsWithKeys } from "./compare.js";
import { landmarksOf, mark } from "./landmarks.js";
import { word } from "./words.js";

const template = (name) => document.querySelector(`template[data-${name}]`).content.firstElementChild;

export class Candidates {
  constructor(section) {
    this.section = section;
    this.list = section.querySelector("[data-list]");
    this.detail = section.querySelector("[data-detail]");
    section.addEventListener("keydown", (event) => this.key(event));
  }

  /** Show what a search found. `probe` makes a fresh picture of the face searched for, or null; it knows its points. */
  show(found, probe) {
    Object.assign(this, { found, probe, leads: new Map() });
    const many = found.candidates.length;
    const title = many === 0 ? word("no_candidate") : many === 1 ? word("one_candidate") : word("candidates", { n: many });
    this.section.querySelector("[data-title]").textContent = title;
    this.section.querySelector("[data-summary]").textContent = summary(found);
    this.section.querySelector("[data-none]").hidden = many > 0;
    for (const part of ["[data-some]", "[data-keys]"]) this.section.querySelector(part).hidden = many === 0;
    this.rows = found.candidates.map((one, place) => row(one, () => this.choose(place)));
    this.list.replaceChildren(...this.rows);
    this.detail.replaceChildren();
    this.section.hidden = false;
    if (many) this.choose(0);
    this.section.focus();
    this.section.scrollIntoView({ block: "start" });
  }

  /** Nothing is shown while the next search runs. */
  clear() {
    this.section.hidden = true;
    this.list.replaceChildren();
    this.detail.replaceChildren();
  }

  choose(place) {
    this.place = place;
    const candidate = this.found.candidates[place];
    this.rows.forEach((one, other) => {
      const button = one.querySelector("button");
      if (other === place) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    this.detail.replaceChildren(document.querySelector("template[data-candidate]").content.cloneNode(true));
    this.fill(candidate);
    this.compare = new Compare(this.detail.querySelector("[data-compare]"));
    const picture = this.probe.picture();
    if (picture) this.compare.put("probe", picture);
    this.detail.querySelector("[data-points]").addEventListener("change", (event) => this.point(event.target, candidate));
    if (candidate.lead_id) this.follow(candidate);
    else this.identify(candidate);
  }

  fill(candidate) {
    const put = (name, text) => { this.detail.querySelector(`[data-${name}]`).textContent = text; };
    put("name", word("candidate", { n: candidate.rank }));
    this.detail.querySelector("[data-crop]").src = cropOf(candidate);
    put("score", candidate.score.toFixed(2));
    put("meaning", candidate.meaning);
    put("dates", word("dates", {
      probe: this.probe.takenAt || word("unknown"), candidate: candidate.captured_at || word("unknown"),
    }));
    put("gap", gap(candidate.years_apart));
    put("quality-of", [word("quality", candidate), ...candidate.quality_reasons].join(", "));
  }

  /** What people made of a lead so far, as far as it may be seen; and the forms to add to it. */
  async follow(candidate) {
    const detail = this.detail.querySelector(".columns");
    const deciding = detail.querySelector("[data-decide]");
    sendsWithKeys(deciding);
    deciding.addEventListener("submit", (event) => {
      event.preventDefault();
      const members = Object.fromEntries(new FormData(deciding));
      busy(deciding, event.submitter, async () => {
        this.stand(detail, candidate, await call("POST", `/v1/leads/${candidate.lead_id}/decisions`, members));
        this.section.focus({ preventScroll: true });
        say(word("kept"));
      });
    });
    const revealing = detail.querySelector("[data-reveal]");
    revealing.addEventListener("submit", (event) => {
      event.preventDefault();
      const members = Object.fromEntries(new FormData(revealing));
      busy(revealing, event.submitter, async () => {
        this.stand(detail, candidate, await callWithProof("POST", `/v1/leads/${candidate.lead_id}/reveal`, members));
        this.section.focus({ preventScroll: true });
        say(word("revealed"));
      });
    });
    await busy(this.detail, null, async () => {
      const lead = this.leads.get(candidate.lead_id) ?? await call("GET", `/v1/leads/${candidate.lead_id}`);
      this.stand(detail, candidate, lead);
    });
  }

  stand(detail, candidate, lead) {
    this.leads.set(candidate.lead_id, lead);
    detail.querySelector("[data-deciding]").hidden = !lead.may_decide;
    const decided = detail.querySelector("[data-decided]");
    decided.hidden = lead.may_decide;
    decided.querySelector("[data-state]").textContent =
      word(lead.state, { verdict: lead.verdict ? word(lead.verdict) : "" });
    decided.querySelector("[data-decisions]").replaceChildren(...lead.decisions.map(decision));
    const own = this.rows[this.found.candidates.indexOf(candidate)]?.querySelector("[data-word]");
    if (own) own.textContent = lead.verdict ? word(lead.verdict) : lead.decisions.map((one) => word(one.verdict)).join(", ");
    const { revealed, identity } = lead;
    show(detail, revealed, { name: identity?.person_name, source: identity?.source, basis: identity?.legal_basis });
  }

  identify(candidate) {
    const detail = this.detail.querySelector(".columns");
    const { person_name: name, source, legal_basis: basis } = candidate;
    show(detail, true, { name, source, basis });
  }

  async point(box, candidate) {
    const layers = ["probe", "candidate"].map((name) => this.compare.layerOf(name));
    for (const layer of layers) layer.querySelectorAll(".point").forEach((one) => one.remove());
    if (!box.checked) return;
    await busy(this.detail, box, async () => {
      const found = await landmarksOf(cropOf(candidate));
      if (!box.isConnected || !box.checked) return;
      if (this.probe.points) mark(layers[0], this.probe.points);
      if (!found) throw new Error(word("no_points"));
      mark(layers[1], found);
    });
  }

  key(event) {
    if (isWriting(event) || !this.found.candidates.length) return;
    const step = { j: 1, k: -1 }[event.key];
    const next = this.place + (step ?? 0);
    if (step && next >= 0 && next < this.rows.length) {
      this.choose(next);
      this.rows[next].querySelector("button").focus();
    } else if (!step && pressed(event, this.detail, this.compare)) {
      event.preventDefault();
    }
  }
}

const cropOf = (candidate) => `/console/faces/${candidate.face_id}/crop`;

function summary(found) {
  const figures = { ...found, gallery: found.gallery.toLocaleString("en"), floor: found.floor.toFixed(2) };
  const held = found.withheld ? ` ${word("withheld", { n: found.withheld })}` : "";
  return word("summary", figures) + held;
}

function row(candidate, choose) {
  const made = template("row").cloneNode(true);
  made.querySelector("[data-rank]").textContent = String(candidate.rank);
  made.querySelector("[data-name]").textContent = word("candidate", { n: candidate.rank });
  made.querySelector("[data-score]").textContent = `${candidate.score.toFixed(2)} · ${candidate.meaning}`;
  made.querySelector("img").src = cropOf(candidate);
  made.querySelector("button").addEventListener("click", choose);
  return made;
}

function gap(years) {
  if (years === null) return word("unknown");
  return years < 0.1 ? word("no_gap") : word("gap", { n: years });
}

function decision(one) {
  const made = document.createElement("p");
  made.className = "written";
  made.textContent = word("decision", { verdict: word(one.verdict), reason: one.reason });
  return made;
}

function show(detail, revealed, { name, source, basis }) {
  detail.querySelector("[data-reveal]").hidden = revealed;
  const facts = detail.querySelector("[data-identity]");
  facts.hidden = !revealed;
  if (!revealed) return;
  facts.querySelector("[data-person]").textContent = name || word("no_name");
  facts.querySelector("[data-source]").replaceChildren(linked(source || word("not_stated")));
  facts.querySelector("[data-basis]").textContent = basis || word("not_stated");
}

/** Only an address of the web becomes a link, and it is not told where its reader came from. */
function linked(text) {
  if (!/^https?:\/\//.test(text)) return document.createTextNode(text);
  const made = document.createElement("a");
  Object.assign(made, { href: text, textContent: text, target: "_blank", rel: "noreferrer noopener" });
  return made;
}
