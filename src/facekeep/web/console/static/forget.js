/* Forgetting: asks first, has a passkey touched where the vault will want it, and lets the form go its own way. */
import { busy, prove } from "./calls.js";

function isNamed(form) {
  const field = form.querySelector("[data-expected]");
  if (!field || field.value.trim() === field.dataset.expected.trim()) return true;
  const place = form.querySelector(".trouble");
  place.textContent = field.dataset.wrong;
  place.hidden = false;
  field.focus();
  return false;
}

for (const form of document.querySelectorAll("form[data-forget]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isNamed(form) || !confirm(form.dataset.forget)) return;
    busy(form, event.submitter, async () => {
      if ("prove" in form.dataset) await prove();
      form.submit();
    });
  });
}

document.querySelector("[data-print]")?.addEventListener("click", () => print());
