/* The list as a file, made in the browser. No cell of it begins like a formula. */

const FORMULA = /^[ \n]*[=+\-@\t\r]/;

function cell(text) {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

/** Save rows of texts as a CSV file. */
export function save(rows) {
  const text = rows.map((row) => row.map(cell).join(",")).join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${text}\r\n`], { type: "text/csv" }));
  link.download = "added-photos.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
