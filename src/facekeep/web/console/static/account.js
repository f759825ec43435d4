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

/* Forms that are one call of the API: `data-call` says which. */
for (const form of document.querySelectorAll("form[data-call]")) {
  const [method, address] = form.dataset.call.split(" ");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
    busy(form, event.submitter, async () => {
      const fields = Object.fromEntries(new FormData(form));
      // An invitation may come as the link that it is in.
      if (fields.invitation) fields.invitation = fields.invitation.trim().split("#").pop();
      await callWithProof(method, address, fields);
      location.assign("/console/account");
    });
  });
}
