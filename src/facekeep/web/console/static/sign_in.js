import { busy, call, signed } from "./calls.js";

const section = document.querySelector("[data-passkey-sign-in]");
const button = section.querySelector("[data-start]");
button.addEventListener("click", () => busy(section, button, async () => {
  const asked = await call("POST", "/v1/sign-in/begin");
  const credential = await signed(asked.public_key);
  const answer = await call("POST", "/console/sign-in/passkey", { ticket: asked.ticket, credential, next: section.dataset.next });
  location.replace(answer.location);
}));
