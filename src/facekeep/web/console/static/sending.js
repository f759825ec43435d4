/* Sending photos, a few a request. The same photos with the same facts have the same Idempotency-Key for a day, so that
   sending again after an answer was lost enrolls nothing twice. */
import { call } from "./calls.js";

const MOST_PHOTOS = 4;
const MOST_BYTES = 20_000_000;
const LARGEST_PHOTO = 60_000_000;
const PAUSES_MS = [1000, 3000, 6000];
const PASSING = new Set(["busy", "stale"]);
const ONE_PHOTOS_FAULT = new Set([400, 413, 415, 422]);

/** Groups of items that go together, in their order. */
export function* batches(items) {
  let open = [];
  let size = 0;
  for (const item of items) {
    if (open.length && (open.length === MOST_PHOTOS || size + item.file.size > MOST_BYTES)) {
      yield open;
      [open, size] = [[], 0];
    }
    open.push(item);
    size += item.file.size;
  }
  if (open.length) yield open;
}

/** Send a batch; `answered(item, outcome)` is called for each. Throws a Problem that no photo is to blame for. */
export async function send(collection, items, salt, answered) {
  const readable = [];
  for (const item of items) {
    const content = item.file.size > LARGEST_PHOTO ? "the file is larger than 60 MB" : await read(item.file);
    if (typeof content === "string") answered(item, { refused: content });
    else readable.push({ item, content });
  }
  if (readable.length) await sendRead(collection, readable, salt, answered);
}

async function sendRead(collection, photos, salt, answered) {
  try {
    const answer = await enrolled(collection, photos, salt);
    photos.forEach(({ item }, place) => answered(item, outcome(answer.photos[place], answer.entry)));
  } catch (error) {
    if (!ONE_PHOTOS_FAULT.has(error.members?.status)) throw error;
    if (photos.length === 1) answered(photos[0].item, { refused: error.message });
    else for (const one of photos) await sendRead(collection, [one], salt, answered);
  }
}

async function enrolled(collection, photos, salt) {
  const metadata = JSON.stringify(photos.map(({ item }) => item.metadata));
  const form = new FormData();
  form.append("metadata", metadata);
  for (const { content } of photos) form.append("photo", new Blob([content]), "photo");
  const key = await keyOf(collection, metadata, photos, salt);
  for (let tries = 0; ; tries += 1) {
    try {
      return await call("POST", `/v1/collections/${collection}/faces`, form, { "Idempotency-Key": key });
    } catch (error) {
      if (tries === PAUSES_MS.length || !PASSING.has(error.code)) throw error;
      await new Promise((resolve) => { setTimeout(resolve, PAUSES_MS[tries]); });
    }
  }
}

function outcome(photo, entry) {
  if (photo.refused) return { refused: photo.refused.detail || photo.refused.title };
  return { faces: photo.faces, advice: photo.advice, isOld: entry === null };
}

async function read(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    return "the file cannot be read any more";
  }
}

async function keyOf(collection, metadata, photos, salt) {
  const digests = await Promise.all(photos.map(({ content }) => digest(content)));
  return digest(new TextEncoder().encode([salt, collection, ...digests, metadata].join("\n")));
}

async function digest(bytes) {
  const hashed = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hashed, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
