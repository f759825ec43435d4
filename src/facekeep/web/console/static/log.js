/* The log's page: each entry that is shown is proved here, against a checkpoint whose signature is checked here. */
import { busy, call } from "./calls.js";
import { Wrong, bytes, checkInclusion, cosignedAt, openCheckpoint } from "./ledger.js";
import { exportLines } from "./log_export.js";

const AT_ONCE = 4;
const words = document.querySelector("[data-log]").dataset;
const rows = [...document.querySelectorAll("[data-entry]")];
const summary = document.querySelector("[data-summary]");

function mark(place, state, label) {
  place.className = `tag ${state}`;
  place.textContent = label;
}

function sum(text, state) {
  summary.className = `notice ${state}`;
  summary.textContent = text;
  summary.hidden = false;
}

async function checkPlaces() {
  const places = document.querySelector("[data-places]");
  const newest = await call("GET", "/v1/log/checkpoint");
  let head;
  try {
    head = await checkHead(newest);
  } catch (error) {
    for (const row of rows) mark(row.querySelector("[data-proof]"), "bad", words.wrong);
    mark(places, "bad", words.wrong);
    return sum(`${words.wrong}: ${error.message}`, "bad");
  }
  const counts = { good: 0, later: 0, wrong: 0, unknown: 0 };
  const waiting = [...rows];
  const work = async () => {
    for (let row = waiting.shift(); row; row = waiting.shift()) counts[await checkPlace(row, head)] += 1;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const state = counts.wrong ? "bad" : counts.unknown || head.isSigned === null ? "warn" : "good";
  mark(places, state, `${counts.good} / ${rows.length}`);
  const told = Object.entries(counts).filter(([, count]) => count).map(([name, count]) => `${count} ${words[name]}`);
  sum(told.join(", "), state === "warn" ? "" : state);
}

async function checkHead(newest) {
  const place = document.querySelector("[data-signature]");
  await checkWitnesses(newest.note);
  try {
    const head = await openCheckpoint(newest.note, newest.verifier_key);
    if (head.isSigned) mark(place, "good", place.dataset.good);
    else mark(place, "warn", place.dataset.unknown);
    return head;
  } catch (error) {
    mark(place, "bad", place.dataset.wrong);
    throw error;
  }
}

async function checkWitnesses(note) {
  const keys = JSON.parse(document.querySelector("[data-witnesses]").dataset.witnesses);
  const places = document.querySelectorAll("[data-witness]");
  for (const [at, place] of places.entries()) {
    try {
      const time = await cosignedAt(note, keys[at]);
      if (time === null) continue;
      if (time) mark(place, "good", `${place.dataset.good} ${new Date(time * 1000).toISOString().slice(0, 16).replace("T", " ")}`);
      else mark(place, "warn", place.dataset.none);
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      mark(place, "bad", place.dataset.wrong);
    }
  }
}

async function checkPlace(row, head) {
  const place = row.querySelector("[data-proof]");
  const said = (name, state) => { mark(place, state, words[name]); return name; };
  mark(place, "", words.checking);
  try {
    const proof = await call("GET", `/v1/log/proof?entry=${row.dataset.entry}&size=${head.size}`);
    await checkInclusion(bytes(proof.leaf_hash), proof.index, head, proof.hashes.map(bytes));
    return said("good", "good");
  } catch (error) {
    if (error.code === "not_yet_published") return said("later", "");
    return error instanceof Wrong ? said("wrong", "bad") : said("unknown", "warn");
  }
}

const exporting = document.querySelector("[data-export]");

/** Whether a row shows what its leaf says. */
function isShown(row, found) {
  const isSame = ordered(JSON.parse(row.dataset.told)) === ordered(found);
  mark(row.querySelector("[data-proof]"), isSame ? "good" : "bad", isSame ? words.textGood : words.textWrong);
  return isSame;
}

function ordered(value) {
  return JSON.stringify(value, (_, one) => (one && typeof one === "object" && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one));
}

exporting.querySelector("[data-begin]").addEventListener("click", (event) => busy(exporting, event.currentTarget, async () => {
  const texts = document.querySelector("[data-texts]");
  const file = exporting.querySelector("[data-file]");
  const done = exporting.querySelector("[data-done]");
  const told = exporting.querySelector("[data-told]");
  file.hidden = done.hidden = true;
  try {
    const shown = new Map(rows.map((row) => [Number(row.dataset.entry), row]));
    let differ = 0;
    const lines = await exportLines({
      waiting: () => { told.textContent = exporting.dataset.waiting; },
      page: (count) => { told.textContent = `${exporting.dataset.progress} ${count}`; },
      entry: (found) => { if (shown.has(found.entry) && !isShown(shown.get(found.entry), found)) differ += 1; },
    });
    mark(texts, differ ? "bad" : "good", differ ? words.textWrong : words.textGood);
    if (file.href) URL.revokeObjectURL(file.href);
    file.href = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
    file.download = exporting.dataset.name;
    file.hidden = false;
    done.hidden = differ > 0;
  } catch (error) {
    if (error instanceof Wrong) mark(texts, "bad", words.wrong);
    told.textContent = "";
    throw error;
  }
}));

checkPlaces().catch((error) => sum(error.message, ""));
