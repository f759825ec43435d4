/* A leaf of the log, opened with the one key that opens it: layout 2 of docs/log.md. */
import { Wrong, joined, same } from "./ledger.js";

const LEAF_BYTES = 1024, VERSION = 2;
const text = new TextEncoder();

/** The entry in a leaf. Throws a Wrong where the leaf is none, or the key is not the one that it commits to. */
export async function openLeaf(leaf, key) {
  if (leaf.length !== LEAF_BYTES || leaf[0] !== VERSION || key.length !== 32) throw new Wrong("a leaf or its key has an unknown layout");
  const salt = leaf.subarray(1, 17), nonce = leaf.subarray(17, 29), commitment = leaf.subarray(29, 61);
  if (!same(await hmac(key, "facekeep log entry commitment v2"), commitment)) throw new Wrong("a key is not the one that its leaf commits to");
  const secret = await crypto.subtle.importKey("raw", await hmac(key, "facekeep log entry encryption v2"), "AES-GCM", false, ["decrypt"]);
  const how = { name: "AES-GCM", iv: nonce, additionalData: joined([VERSION], salt) };
  const plain = await crypto.subtle.decrypt(how, secret, leaf.subarray(61)).catch(() => { throw new Wrong("a leaf does not open with its key"); });
  return entryIn(new Uint8Array(plain));
}

async function hmac(key, message) {
  const known = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", known, text.encode(message)));
}

function entryIn(plain) {
  const end = 2 + plain[0] * 256 + plain[1];
  if (end > plain.length || plain.subarray(end).some((one) => one !== 0)) throw new Wrong("an entry is malformed");
  const reader = new MessagePack(plain.subarray(2, end));
  const found = reader.value();
  if (!reader.isAtEnd || !Array.isArray(found) || found.length !== 6) throw new Wrong("an entry is malformed");
  const [entry, at, actor, act, outcome, facts] = found;
  return { entry, at, actor, act, outcome, facts };
}

/** Reads the MessagePack that entries are made of: numbers, text, true, false, nothing, arrays and maps. */
class MessagePack {
  constructor(content) {
    this.view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    this.at = 0;
  }

  get isAtEnd() { return this.at === this.view.byteLength; }

  value() {
    const kind = this.take("getUint8", 1);
    if (kind < 0x80) return kind;
    if (kind < 0x90) return this.map(kind & 15);
    if (kind < 0xa0) return this.array(kind & 15);
    if (kind < 0xc0) return this.string(kind & 31);
    if (kind >= 0xe0) return kind - 256;
    switch (kind) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xca: return this.take("getFloat32", 4);
      case 0xcb: return this.take("getFloat64", 8);
      case 0xcc: return this.take("getUint8", 1);
      case 0xcd: return this.take("getUint16", 2);
      case 0xce: return this.take("getUint32", 4);
      case 0xcf: return Number(this.take("getBigUint64", 8));
      case 0xd0: return this.take("getInt8", 1);
      case 0xd1: return this.take("getInt16", 2);
      case 0xd2: return this.take("getInt32", 4);
      case 0xd3: return Number(this.take("getBigInt64", 8));
      case 0xd9: return this.string(this.take("getUint8", 1));
      case 0xda: return this.string(this.take("getUint16", 2));
      case 0xdc: return this.array(this.take("getUint16", 2));
      case 0xde: return this.map(this.take("getUint16", 2));
      default: throw new Wrong("an entry is malformed");
    }
  }

  take(how, size) {
    if (this.at + size > this.view.byteLength) throw new Wrong("an entry is malformed");
    const found = this.view[how](this.at);
    this.at += size;
    return found;
  }

  string(size) {
    if (this.at + size > this.view.byteLength) throw new Wrong("an entry is malformed");
    const content = new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, size);
    this.at += size;
    try { return new TextDecoder("utf-8", { fatal: true }).decode(content); } catch { throw new Wrong("an entry is malformed"); }
  }

  array(size) { return Array.from({ length: size }, () => this.value()); }

  map(size) { return Object.fromEntries(Array.from({ length: size }, () => [this.value(), this.value()])); }
}
