/* Secrets that are shown once: they come in the answer to a POST and stand in this page alone, never in an address. */
import { busy, callWithProof, say } from "./calls.js";

/** The fields of a form as the API takes them; what is empty is left out. */
function members(form) {
  const lists = (form.dataset.lists || "").split(" ");
  const numbers = (form.dataset.numbers || "").split(" ");
  const found = {};
  for (const [name, value] of new FormData(form)) {
    if (lists.includes(name)) (found[name] ??= []).push(value);
    else if (value.trim()) found[name] = numbers.includes(name) ? Number(value) : value.trim();
  }
  return found;
}

function show(form, secret) {
  const shown = form.querySelector("template").content.cloneNode(true).firstElementChild;
  const place = shown.querySelector("[data-secret]");
  const copy = shown.querySelector("[data-copy]");
  place.textContent = secret;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(secret);
      say(copy.dataset.copied);
    } catch {
      getSelection().selectAllChildren(place);
      say(copy.dataset.failed);
    }
  });
  form.replaceWith(shown);
  shown.focus();
}

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(form, event.submitter, async () => {
      const made = await callWithProof("POST", form.dataset.once, members(form));
      const secret = made[form.dataset.secretName];
      show(form, form.dataset.link ? location.origin + form.dataset.link + secret : secret);
    });
  });
}
