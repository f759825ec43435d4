import { busy, callWithProof, Problem } from "./calls.js";

const adding = document.querySelector("[data-add-passkey]");

async function made(options) {
  try {
    return (await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })).toJSON();
  } catch (error) {
    if (error.name === "InvalidStateError") throw new Problem({ title: adding.dataset.known });
    throw error;
  }
}

adding.addEventListener("submit", (event) => {
  event.preventDefault();
  busy(adding, event.submitter, async () => {
    const asked = await callWithProof("POST", "/v1/me/passkeys/begin");
    const credential = await made(asked.public_key);
    const name = adding.elements.name.value;
    await callWithProof("POST", "/v1/me/passkeys/finish", { ticket: asked.ticket, name, credential });
    location.assign("/console/account");
  });
});
