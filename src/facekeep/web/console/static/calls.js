/* How scripts of the console speak to the keep, and what they say where that fails. */

export class Problem extends Error {
  constructor(members) {
    super(members.detail || members.title);
    this.code = members.code;
    this.members = members;
  }
}

/** Send a request; returns its JSON, or null where there is none. Throws a Problem. */
export async function call(method, address, body, more = {}) {
  const headers = { "X-Facekeep-Console": "1", Accept: "application/json", ...more };
  const isForm = body instanceof FormData || body instanceof URLSearchParams;
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  const sent = body === undefined || isForm ? body : JSON.stringify(body);
  const answer = await fetch(address, { method, headers, body: sent, credentials: "same-origin" }).catch(() => null);
  if (answer === null) throw new Problem({ title: "The keep cannot be reached.", code: "unreachable" });
  const members = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (answer.ok) return members;
  if (answer.status === 401 && !location.pathname.startsWith("/console/sign-in") && !location.pathname.startsWith("/console/join")) {
    location.assign("/console/sign-in?next=" + encodeURIComponent(location.pathname));
  }
  throw new Problem(members || { title: "Something went wrong.", code: "internal" });
}

/** The same, and where the keep asks for proof that somebody is there, a passkey is touched first. */
export async function callWithProof(method, address, body) {
  try {
    return await call(method, address, body);
  } catch (error) {
    if (error.code !== "proof_needed") throw error;
    await prove();
    return call(method, address, body);
  }
}

/** Prove with a passkey that one is there. */
export async function prove() {
  const asked = await call("POST", "/v1/me/proof/begin");
  await call("POST", "/v1/me/proof/finish", { ticket: asked.ticket, credential: await signed(asked.public_key) });
}

/** What a passkey signs, as the keep takes it. */
export async function signed(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey })).toJSON();
}

/** Show what went wrong in the nearest place for it. */
export function complain(around, error) {
  const place = around.querySelector(".trouble");
  const isQuiet = error.name === "NotAllowedError" || error.name === "AbortError";
  place.textContent = isQuiet ? "Nothing was done: the passkey was not used." : error.message;
  place.hidden = false;
}

/** Do something once at a time; the button says so meanwhile, and what fails is shown around it. */
export async function busy(around, button, task) {
  if (button?.getAttribute("aria-busy") === "true") return;
  const place = around.querySelector(".trouble");
  if (place) place.hidden = true;
  button?.setAttribute("aria-busy", "true");
  try {
    await task();
  } catch (error) {
    complain(around, error);
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

/** Say something to everybody, also to those who listen to the page. */
export function say(text) {
  const place = document.getElementById("said");
  place.textContent = text;
  setTimeout(() => { if (place.textContent === text) place.textContent = ""; }, 6000);
}
