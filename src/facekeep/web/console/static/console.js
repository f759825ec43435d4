/* What every page does: forms that show what went wrong where they stand, menus that close, pages that are not kept. */
import { busy, callWithProof } from "./calls.js";

for (const form of document.querySelectorAll("form[data-live]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
    busy(form, event.submitter, async () => {
      const answer = await callWithProof("POST", form.action, new URLSearchParams(new FormData(form, event.submitter)));
      if (answer?.location) location.assign(answer.location);
    });
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// A page that the browser kept would show what somebody saw who has signed out since.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
