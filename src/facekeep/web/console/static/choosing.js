/* What was chosen becomes a list: photos to send with what is known of each, and what is left out and why. */

/** A file with its path below the folder that was chosen; a file that was chosen alone has its name. */
function placed(file) {
  const path = (file.webkitRelativePath || file.name).normalize("NFC");
  const inside = file.webkitRelativePath ? path.slice(path.indexOf("/") + 1) : path;
  return { file, path: inside, name: inside.slice(inside.lastIndexOf("/") + 1) };
}

function isHidden(file) {
  return placed(file).path.split("/").some((part) => part.startsWith("."));
}

/** The person a folder stands for: the first below the chosen one, underscores as spaces. */
function personOf(path) {
  const steps = path.split("/");
  return steps.length > 1 ? steps[0].replaceAll("_", " ").split(/\s+/).filter(Boolean).join(" ") : "";
}

/** Without a table: every file, those of folders under the names of their folders. */
export function withoutTable(files, namesFromFolders) {
  return files.filter((file) => !isHidden(file)).map((file) => {
    const one = placed(file);
    if (one.name.toLowerCase().endsWith(".csv")) return { ...one, leftOut: "a table, not a photo; choose it as the table" };
    const person = namesFromFolders ? personOf(one.path) : "";
    return { ...one, facts: person ? { person } : {} };
  });
}

/** With a table: each of its rows with the file that it names, then files that no row names. */
export function withTable(files, rows, tableName) {
  const all = files.filter((file) => !isHidden(file) && file.name !== tableName).map(placed);
  const named = Map.groupBy(all, (one) => one.name);
  const taken = new Map();
  const listed = rows.map((row) => fromRow(row, named, taken, tableName));
  const rest = all.filter((one) => !taken.has(one)).map((one) => ({ ...one, leftOut: "no row of the table names it" }));
  return [...listed, ...rest];
}

function fromRow(row, named, taken, tableName) {
  const where = `${tableName}, line ${row.line}`;
  if (row.wrong) return { path: where, leftOut: row.wrong };
  const { path, ...rest } = row.facts;
  const found = filesFor(path, named);
  if (found.length === 0) return { path: where, leftOut: `no file ${path} was chosen` };
  if (found.length > 1) return { path: where, leftOut: `${found.length} files could be ${path}; write more of its path` };
  const [one] = found;
  if (taken.has(one)) return { path: where, leftOut: `the same photo as line ${taken.get(one)}` };
  taken.set(one, row.line);
  return { ...one, facts: Object.fromEntries(Object.entries(rest).filter(([, value]) => value)) };
}

/** The file at a path; where there is none, those whose path ends with it or, chosen alone, that it ends with. */
function filesFor(untrustedPath, named) {
  const path = untrustedPath.normalize("NFC").replaceAll("\\", "/").replace(/^(\.?\/)+/, "");
  const alike = named.get(path.slice(path.lastIndexOf("/") + 1)) ?? [];
  const same = alike.filter((one) => one.path === path);
  return same.length ? same : alike.filter((one) => one.path.endsWith(`/${path}`) || one.path === one.name);
}
