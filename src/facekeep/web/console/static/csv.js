/* CSV (RFC 4180) as people's spreadsheets write it: quotes, commas and line breaks in quotes, any kind of line end. */

/** The records of a text, each with the line it begins on: `{line, values}`, or `{line, wrong}` where it is broken. */
export function* records(text) {
  const lines = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  let at = 0;
  let line = 1;
  while (at < lines.length) {
    const found = record(lines, at);
    const taken = lines.slice(at, found.end);
    if (found.wrong) yield { line, wrong: found.wrong };
    else if (taken.trim() !== "") yield { line, values: found.values };
    line += taken.split("\n").length;
    at = found.end + 1;
  }
}

function record(text, start) {
  const values = [];
  let at = start;
  for (;;) {
    const field = text[at] === '"' ? quoted(text, at) : plain(text, at);
    if (field.wrong) return { wrong: field.wrong, end: lineEnd(text, field.end) };
    values.push(field.value);
    if (text[field.end] !== ",") return { values, end: field.end };
    at = field.end + 1;
  }
}

function plain(text, start) {
  let end = start;
  while (end < text.length && text[end] !== "," && text[end] !== "\n") end += 1;
  return { value: text.slice(start, end), end };
}

/** A field in quotes. A broken one ends with its first line, so that one stray quote does not swallow the rows below. */
function quoted(text, start) {
  let value = "";
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { wrong: "a quote is opened and never closed", end: start };
    value += text.slice(at, quote);
    at = quote + 1;
    if (text[at] !== '"') break;
    value += '"';
    at += 1;
  }
  const isOver = at >= text.length || text[at] === "," || text[at] === "\n";
  return isOver ? { value, end: at } : { wrong: "text stands after a closing quote", end: start };
}

function lineEnd(text, from) {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}
