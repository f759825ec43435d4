/* Checks of the log that trust nothing but the mathematics: RFC 6962 proofs, Ed25519 signed notes, cosignatures.
   Each check throws a Wrong; none returns false. The same as facekeep_sdk/ledger_check.py, where the sources are named. */

export class Wrong extends Error {}

const text = new TextEncoder();
const ED25519 = 1, COSIGNATURE = 4;

export function bytes(base64) {
  let decoded;
  try { decoded = atob(base64); } catch { throw new Wrong("not base64"); }
  if (btoa(decoded) !== base64) throw new Wrong("not base64 as it should be");
  return Uint8Array.from(decoded, (one) => one.charCodeAt(0));
}

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) { whole.set(one, at); at += one.length; }
  return whole;
}

export function same(one, other) {
  return one.length === other.length && one.every((value, at) => value === other[at]);
}

async function sha256(content) { return new Uint8Array(await crypto.subtle.digest("SHA-256", content)); }
export const leafHash = (leaf) => sha256(joined([0], leaf));
const node = (left, right) => sha256(joined([1], left, right));

/** Check that a leaf's hash is at `index` of the tree of `head`. */
export async function checkInclusion(hash, index, head, proof) {
  if (!Number.isSafeInteger(index) || index < 0 || index >= head.size) throw new Wrong("the proof does not fit the size of the log");
  if (proof.length > 64 || [hash, head.root, ...proof].some((one) => one.length !== 32)) throw new Wrong("the proof is too long, or holds something that is no hash");
  let position = BigInt(index), last = BigInt(head.size) - 1n, root = hash;
  for (const sibling of proof) {
    if (last === 0n) throw new Wrong("the proof is too long");
    if (position & 1n || position === last) {
      root = await node(sibling, root);
      while (!(position & 1n) && position) { position >>= 1n; last >>= 1n; }
    } else {
      root = await node(root, sibling);
    }
    position >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n || !same(root, head.root)) throw new Wrong("an entry is not where the log claims it is");
}

/** The tree head of a signed note. `isSigned` is true, or null where this browser cannot tell. */
export async function openCheckpoint(note, verifierKey) {
  const { signed, signatures } = splitNote(note);
  const key = await parseKey(verifierKey, ED25519);
  const ours = signatures.filter((one) => isOf(one, key));
  if (!ours.length) throw new Wrong("the checkpoint is not signed by the log's key");
  let isSigned = true;
  for (const one of ours) {
    const good = await isGood(key, one.value.subarray(4), signed);
    if (good === false) throw new Wrong("the signature of the checkpoint is not the log's");
    if (good === null) isSigned = null;
  }
  const [origin, size, root, ...more] = signed.slice(0, -1).split("\n");
  if (!origin || !/^(0|[1-9][0-9]{0,15})$/.test(size) || root === undefined || more.includes("")) throw new Wrong("the checkpoint is malformed");
  return { origin, size: Number(size), root: bytes(root), isSigned };
}

/** When a witness cosigned, in seconds; 0 where it has not, null where this browser cannot tell. */
export async function cosignedAt(note, witnessKey) {
  const { signed, signatures } = splitNote(note);
  const key = await parseKey(witnessKey, COSIGNATURE);
  const ours = signatures.filter((one) => isOf(one, key));
  let latest = 0;
  for (const { value } of ours) {
    const time = value.subarray(4, 12).reduce((sum, one) => sum * 256 + one, 0);
    const good = await isGood(key, value.subarray(12), `cosignature/v1\ntime ${time}\n${signed}`);
    if (good === null) return null;
    if (!good) throw new Wrong("a cosignature does not verify");
    latest = Math.max(latest, time);
  }
  return latest;
}

function splitNote(note) {
  const end = note.lastIndexOf("\n\n");
  if (end < 1 || !note.endsWith("\n") || /[\u0000-\u0009\u000b-\u001f]/.test(note)) throw new Wrong("the checkpoint is malformed");
  const signatures = note.slice(end + 2, -1).split("\n").map((line) => {
    const found = /^— ([^\s+]+) ([A-Za-z0-9+/=]+)$/.exec(line);
    if (!found) throw new Wrong("the checkpoint is malformed");
    return { name: found[1], value: bytes(found[2]) };
  });
  return { signed: note.slice(0, end + 1), signatures };
}

async function parseKey(written, kind) {
  const [, name, hash, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(written) ?? [];
  if (!name) throw new Wrong("a verifier key is malformed");
  const key = bytes(encoded);
  const id = (await sha256(joined(text.encode(`${name}\n`), key))).subarray(0, 4);
  const isOwn = [...id].map((one) => one.toString(16).padStart(2, "0")).join("") === hash;
  if (key[0] !== kind || key.length !== 33 || !isOwn) throw new Wrong("a verifier key is malformed");
  return { name, id, raw: key.subarray(1) };
}

const isOf = (signature, key) => signature.name === key.name && same(signature.value.subarray(0, 4), key.id);

async function isGood(key, signature, message) {
  let known;
  try {
    known = await crypto.subtle.importKey("raw", key.raw, "Ed25519", false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") return null;
    return false;
  }
  return crypto.subtle.verify("Ed25519", known, signature, text.encode(message));
}
