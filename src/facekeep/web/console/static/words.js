/* Words of the page for its script, from its <template data-words>, so that they are translated with it. */

const place = document.querySelector("template[data-words]")?.content;

/** The text of that name, with {placeholders} filled. */
export function word(name, values = {}) {
  const text = place.querySelector(`[data-word="${name}"]`).textContent;
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}
