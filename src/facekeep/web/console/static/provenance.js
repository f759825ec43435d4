/* A table of provenance: which photo is whose and where it is from. The same columns and rules as `facekeep enroll`. */
import { records } from "./csv.js";

const COLUMNS = ["path", "person", "source", "license", "legal_basis", "captured_at", "retain_until"];
const DATES = ["captured_at", "retain_until"];
const DATE = /^\d{4}(-\d{2}(-\d{2}(T[0-9:.]+(Z|[+-]\d{2}:\d{2})?)?)?)?$/;
const LARGEST_BYTES = 50_000_000;

/** The rows of a file: `{line, facts}`, or `{line, wrong}` for a bad one. Throws where the file as a whole is unusable. */
export async function rowsOf(file) {
  if (file.size > LARGEST_BYTES) throw new Error("The table is larger than 50 MB.");
  return [...rows(decoded(await file.arrayBuffer()))];
}

/** What is wrong with a value of a column; empty where nothing is. */
export function wrongValue(column, value) {
  const longest = column === "person" ? 200 : 2000;
  if ([...value].length > longest) return `${column} is longer than ${longest} characters`;
  if (DATES.includes(column) && value && !DATE.test(value)) return `${column} is not an ISO 8601 date such as 2026-03-01`;
  return "";
}

function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("The table is not UTF-8.");
  }
}

function* rows(text) {
  const read = records(text);
  const first = read.next().value;
  const header = (first?.values ?? []).map((name) => name.trim().toLowerCase());
  checkHeader(header);
  for (const one of read) {
    yield one.wrong ? one : { line: one.line, ...row(header, one.values) };
  }
}

function checkHeader(header) {
  const unknown = header.filter((name) => !COLUMNS.includes(name));
  if (header.includes("path") && unknown.length === 0 && new Set(header).size === header.length) return;
  const named = unknown.length ? ` Unknown: ${unknown.join(", ")}.` : "";
  throw new Error(`The first row of the table must name columns out of ${COLUMNS.join(", ")}; path is needed.${named}`);
}

function row(header, values) {
  if (values.length !== header.length) return { wrong: `${values.length} values for ${header.length} columns` };
  const facts = Object.fromEntries(header.map((name, place) => [name, values[place].trim()]));
  if (!facts.path) return { wrong: "no path" };
  const wrong = header.map((name) => wrongValue(name, facts[name])).find((one) => one);
  return wrong ? { wrong } : { facts };
}
