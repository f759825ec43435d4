import { busy, call } from "./calls.js";

const asking = document.querySelector("[data-invitation]");
const offering = document.querySelector("[data-offer]");
const withPasskey = document.querySelector("[data-with-passkey]");
const withPassword = document.querySelector("[data-with-password]");
let invitation = "";
let offer = null;

function fill(name, text) {
  offering.querySelector(`[data-fill="${name}"]`).textContent = text;
}

async function look() {
  offer = await call("POST", "/v1/join/begin", { invitation });
  fill("name", offer.name);
  fill("organization", offer.organization);
  fill("roles", offer.roles.map((role) => role.replace("_", " ")).join(", "));
  if (offer.password) {
    fill("handle", offer.password.handle);
    fill("totp", offer.password.totp_secret);
    offering.querySelector("[data-password]").hidden = false;
  }
  asking.hidden = true;
  offering.hidden = false;
  withPasskey.querySelector("button").focus();
}

async function accept(address, members) {
  const answer = await call("POST", address, { invitation, ticket: offer.ticket, ...members });
  location.replace(answer.location);
}

asking.addEventListener("submit", (event) => {
  event.preventDefault();
  invitation = asking.elements.invitation.value.trim();
  busy(asking, event.submitter, look);
});
withPasskey.addEventListener("submit", (event) => {
  event.preventDefault();
  busy(withPasskey, event.submitter, async () => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(offer.public_key);
    const credential = (await navigator.credentials.create({ publicKey })).toJSON();
    await accept("/console/join/passkey", { passkey_name: withPasskey.elements.passkey_name.value, credential });
  });
});
withPassword.addEventListener("submit", (event) => {
  event.preventDefault();
  const { password, code } = withPassword.elements;
  busy(withPassword, event.submitter, () => accept("/console/join/password", { password: password.value, code: code.value }));
});

// The invitation came in the part of the address that browsers send to nobody; it leaves the address bar at once.
if (location.hash.length > 1) {
  invitation = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  asking.elements.invitation.value = invitation;
  busy(asking, asking.querySelector("button"), look);
}
