"""The calls of signing in, joining, one's own account and the organization's rules. Nothing here does I/O.

A client made with an empty key may call `begin_sign_in` to `join_by_password`; the session they give is the key of the
next client. None of these calls is repeated once it was sent: challenges and codes are good once.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from facekeep_sdk.calls import Call, decoder, get, given
from facekeep_sdk.models_sign_in import (
    Accepted,
    JoinOffer,
    LiveSession,
    Logged,
    Membership,
    OwnCredentials,
    Passkey,
    PasskeyChallenge,
    PasswordOffer,
    SignedIn,
)

Credential = Mapping[str, Any]


def begin_sign_in() -> Call[PasskeyChallenge]:
    """A challenge to sign in with a passkey."""
    return Call("POST", "/v1/sign-in/begin", decoder(PasskeyChallenge))


def finish_sign_in(ticket: str, credential: Credential, *, organization_id: str | None = None) -> Call[SignedIn]:
    """Sign in with the browser's answer; without `organization_id` in the oldest membership."""
    body = given(ticket=ticket, credential=dict(credential), organization_id=organization_id)
    return Call("POST", "/v1/sign-in/finish", decoder(SignedIn), json=body)


def sign_in_by_password(
    handle: str, password: str, code: str, *, organization_id: str | None = None
) -> Call[SignedIn]:
    """Sign in with a password and the code of an authenticator app, where the organization allows it."""
    body = given(handle=handle, password=password, code=code, organization_id=organization_id)
    return Call("POST", "/v1/sign-in/password", decoder(SignedIn), json=body)


def begin_join(invitation: str) -> Call[JoinOffer]:
    """What an invitation is for, and how to accept it."""
    return Call("POST", "/v1/join/begin", decoder(JoinOffer), json={"invitation": invitation})


def finish_join(invitation: str, ticket: str, passkey_name: str, credential: Credential) -> Call[SignedIn]:
    """Accept an invitation with a new account and a passkey."""
    body = {"invitation": invitation, "ticket": ticket, "passkey_name": passkey_name, "credential": dict(credential)}
    return Call("POST", "/v1/join/finish", decoder(SignedIn), json=body)


def join_by_password(invitation: str, ticket: str, password: str, code: str) -> Call[SignedIn]:
    """Accept an invitation with a new account and a password."""
    body = {"invitation": invitation, "ticket": ticket, "password": password, "code": code}
    return Call("POST", "/v1/join/password", decoder(SignedIn), json=body)


def memberships() -> Call[tuple[Membership, ...]]:
    """One's own memberships, oldest first."""
    return Call("GET", "/v1/me/memberships", _items(Membership), repeatable=True)


def choose_organization(organization_id: str) -> Call[SignedIn]:
    """Go on in another organization: the answer's session replaces the one that asks."""
    return Call("POST", "/v1/me/organization", decoder(SignedIn), json={"organization_id": organization_id})


def accept_invitation(invitation: str) -> Call[Accepted]:
    """Accept an invitation as the person who is signed in."""
    return Call("POST", "/v1/me/join", decoder(Accepted), json={"invitation": invitation})


def begin_proof() -> Call[PasskeyChallenge]:
    """A challenge to prove that one is there, before a sensitive act."""
    return Call("POST", "/v1/me/proof/begin", decoder(PasskeyChallenge))


def finish_proof(ticket: str, credential: Credential) -> Call[Logged]:
    """Prove it with the browser's answer; sensitive acts are open for five minutes."""
    body = {"ticket": ticket, "credential": dict(credential)}
    return Call("POST", "/v1/me/proof/finish", decoder(Logged), json=body)


def prove_password(password: str, code: str) -> Call[Logged]:
    """The same with a password and a code, for a session that began that way."""
    return Call("POST", "/v1/me/proof/password", decoder(Logged), json={"password": password, "code": code})


def own_credentials() -> Call[OwnCredentials]:
    """One's own passkeys, and the sign-in name of the password."""
    return get("/v1/me/passkeys", OwnCredentials)


def begin_passkey() -> Call[PasskeyChallenge]:
    """What a further passkey is made from."""
    return Call("POST", "/v1/me/passkeys/begin", decoder(PasskeyChallenge))


def finish_passkey(ticket: str, name: str, credential: Credential) -> Call[Passkey]:
    """Add the passkey that the browser made."""
    body = {"ticket": ticket, "name": name, "credential": dict(credential)}
    return Call("POST", "/v1/me/passkeys/finish", decoder(Passkey), json=body)


def revoke_passkey(passkey_id: str) -> Call[Logged]:
    """Make a passkey worthless; its sessions end at once."""
    return Call("POST", "/v1/me/passkeys/revoke", decoder(Logged), json={"passkey_id": passkey_id})


def begin_password() -> Call[PasswordOffer]:
    """A second factor, for a first password or another authenticator app."""
    return Call("POST", "/v1/me/password/begin", decoder(PasswordOffer))


def finish_password(ticket: str, password: str, code: str) -> Call[Logged]:
    """Take the offered second factor, with a password."""
    body = {"ticket": ticket, "password": password, "code": code}
    return Call("POST", "/v1/me/password/finish", decoder(Logged), json=body)


def change_password(password: str) -> Call[Logged]:
    """Change the password and keep the second factor; other sessions by password end."""
    return Call("PUT", "/v1/me/password", decoder(Logged), json={"password": password})


def sessions() -> Call[tuple[LiveSession, ...]]:
    """One's own live sessions, in every organization."""
    return Call("GET", "/v1/me/sessions", _items(LiveSession), repeatable=True)


def end_other_sessions() -> Call[Logged]:
    """End every session of one's own but this one."""
    return Call("DELETE", "/v1/me/sessions", decoder(Logged), repeatable=True)


def sign_out() -> Call[None]:
    """End this session."""
    return Call("DELETE", "/v1/me/session", lambda _: None)


def _items(kind: Any) -> Any:
    return lambda body: msgspec.json.decode(body, type=dict[str, tuple[kind, ...]])["items"]
