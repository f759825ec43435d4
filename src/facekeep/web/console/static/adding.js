/* Adding: what is chosen is listed, sent a few photos a request, and answered file by file in the same list. */
import { complain } from "./calls.js";
import { withTable, withoutTable } from "./choosing.js";
import { PhotoList } from "./photo_list.js";
import { rowsOf, wrongValue } from "./provenance.js";
import { save } from "./report.js";
import { batches, send } from "./sending.js";

const form = document.querySelector("[data-adding]");
const list = new PhotoList(form.querySelector("[data-list]"));
const [sendButton, stopButton] = ["[data-send]", "[data-stop]"].map((one) => form.querySelector(one));
const COMMON = ["person", "source", "license", "legal_basis", "captured_at", "retain_until"];
const [photos, folder, table, folderNames, again] = ["photos", "folder", "table", "folder-names", "again"].map(
  (id) => document.getElementById(id),
);
let isSending = false;
let isStopping = false;

async function choose() {
  const files = [...photos.files, ...folder.files].sort((one, other) => pathOf(one).localeCompare(pathOf(other), "en"));
  list.quiet();
  try {
    const rows = table.files.length ? await rowsOf(table.files[0]) : null;
    const chosen = rows ? withTable(files, rows, table.files[0].name) : withoutTable(files, folderNames.checked);
    list.show(chosen, { own: !rows });
  } catch (error) {
    list.show([], { own: false });
    complain(list.section, error);
  }
  sendButton.disabled = list.waiting().length === 0;
}

function pathOf(file) {
  return file.webkitRelativePath || file.name;
}

/** What the keep is told of a photo: its own facts before those of all. Throws where one of them is no such value. */
function metadataOf(item) {
  const common = Object.fromEntries(COMMON.map((name) => [name, form.elements[name].value.trim()]));
  const facts = { ...common, ...item.facts, ...list.ownFacts(item) };
  const wrong = COMMON.map((name) => wrongValue(name, facts[name])).find((one) => one);
  if (wrong) throw new Error(`${item.path}: ${wrong}.`);
  const { person, ...rest } = facts;
  const name = item.name.toWellFormed().slice(0, 200);
  return { ...rest, person_name: person.toWellFormed(), photo_name: name, which_face: form.elements.which_face.value };
}

async function sendAll(items) {
  const salt = again.checked ? crypto.randomUUID() : "";
  for (const batch of batches(items)) {
    if (isStopping) return;
    list.sending(batch);
    await send(form.dataset.collection, batch, salt, (item, outcome) => list.answered(item, outcome));
  }
}

async function run() {
  isSending = true;
  isStopping = false;
  list.quiet();
  try {
    const items = list.waiting();
    for (const item of items) item.metadata = metadataOf(item);
    setRunning(true);
    await sendAll(items);
  } catch (error) {
    complain(list.section, error);
  } finally {
    isSending = false;
    list.ended();
    setRunning(false);
  }
}

function setRunning(isRunning) {
  stopButton.hidden = !isRunning;
  sendButton.disabled = isRunning || list.waiting().length === 0;
  for (const input of form.querySelectorAll("input:not([data-only]), select")) input.disabled = isRunning;
  if (isRunning) stopButton.focus();
  else if (document.activeElement === document.body) list.focus();
}

for (const input of [photos, folder, table, folderNames]) input.addEventListener("change", choose);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!isSending) run();
});
stopButton.addEventListener("click", () => {
  isStopping = true;
  list.stopping();
});
form.querySelector("[data-save]").addEventListener("click", () => save(list.table()));
addEventListener("beforeunload", (event) => { if (isSending) event.preventDefault(); });
