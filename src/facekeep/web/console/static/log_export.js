/* All entries of the organization, each opened and proved in one checkpoint, as the lines of an auditor's file. */
import { call } from "./calls.js";
import { Wrong, bytes, checkInclusion, leafHash, openCheckpoint } from "./ledger.js";
import { openLeaf } from "./leaf.js";

const PAGE = 200, LOOK_EVERY_MS = 1000;

/** The lines of the file, as docs/log.md has them. `told` hears of the waiting, of each entry, and of each page. */
export async function exportLines(told) {
  const begun = await call("POST", "/v1/log/export");
  told.waiting();
  let page = await firstPage(begun.entry);
  const { handovers, verifier_key } = await call("GET", "/v1/log/checkpoint");
  const head = await openCheckpoint(page.note, verifier_key);
  if (head.size !== page.size) throw new Wrong("the export is not of its checkpoint");
  const lines = [header(page.note, handovers)];
  let number = 0, before = -1, last = null;
  for (;;) {
    for (const one of page.entries) {
      last = await checked(one, head, number, before);
      told.entry(last);
      before = one.index;
      number += 1;
      lines.push(`{"index":${one.index},"leaf":"${one.leaf}","key":"${one.key}","hashes":${JSON.stringify(one.hashes)}}\n`);
    }
    told.page(number);
    if (page.next_start === null) break;
    page = await call("GET", `/v1/log/export?entry=${begun.entry}&start=${page.next_start}&limit=${PAGE}&size=${head.size}`);
  }
  if (last?.act !== "log.export" || number !== begun.entry + 1) throw new Wrong("the export does not end with its own entry");
  return lines;
}

function header(checkpoint, handovers) {
  const first = { format: "facekeep-log-export", version: handovers.length ? 2 : 1, checkpoint };
  return JSON.stringify(handovers.length ? { ...first, handovers } : first) + "\n";
}

async function firstPage(entry) {
  for (;;) {
    try {
      return await call("GET", `/v1/log/export?entry=${entry}&limit=${PAGE}`);
    } catch (error) {
      if (error.code !== "not_yet_published") throw error;
    }
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
  }
}

async function checked(one, head, number, before) {
  if (one.index <= before) throw new Wrong("two entries are not in the log in their order");
  const leaf = bytes(one.leaf);
  await checkInclusion(await leafHash(leaf), one.index, head, one.hashes.map(bytes));
  const found = await openLeaf(leaf, bytes(one.key));
  if (found.entry !== number) throw new Wrong(`entry ${number} is missing, or out of order`);
  return found;
}
