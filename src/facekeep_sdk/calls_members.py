"""Calls about members, invitations and API keys; see `calls.py`. Nothing here does I/O."""

from collections.abc import Sequence

from facekeep_sdk.calls import Call, Page, decoder, get, given, paged
from facekeep_sdk.models_members import ApiKey, Invitation, Member, Myself, NewApiKey, NewInvitation, Written


def me() -> Call[Myself]:
    """Who you are here, and what you may do."""
    return get("/v1/me", Myself)


def members(*, limit: int = 100) -> Call[Page[Member]]:
    """Every member of your organization, oldest first."""
    return paged("/v1/members", Member, {"limit": limit})


def add_program(name: str, roles: Sequence[str]) -> Call[Member]:
    """A member that acts by API keys alone. People are invited."""
    return Call("POST", "/v1/members", decoder(Member), json={"name": name, "roles": list(roles)})


def set_roles(member_id: str, roles: Sequence[str]) -> Call[Member]:
    """Change what a member may do; their sessions end at once."""
    body = {"member_id": member_id, "roles": list(roles)}
    return Call("POST", "/v1/members/roles", decoder(Member), json=body, repeatable=True)


def remove_member(member_id: str) -> Call[Written]:
    """End a membership with its keys and sessions, at once."""
    return _written("/v1/members/remove", member_id=member_id)


def end_sessions(member_id: str) -> Call[Written]:
    """End every session of a member, searches under way included."""
    return _written("/v1/members/end-sessions", member_id=member_id)


def invite(name: str, roles: Sequence[str], *, hours: int = 72) -> Call[NewInvitation]:
    """A code for one person to become a member, once, within so many hours."""
    body = {"name": name, "roles": list(roles), "hours": hours}
    return Call("POST", "/v1/invitations", decoder(NewInvitation), json=body)


def invitations(*, limit: int = 100) -> Call[Page[Invitation]]:
    """Open invitations, oldest first."""
    return paged("/v1/invitations", Invitation, {"limit": limit})


def withdraw_invitation(invitation_id: str) -> Call[Written]:
    """Make an invitation worthless."""
    return _written("/v1/invitations/withdraw", invitation_id=invitation_id)


def make_api_key(
    member_id: str,
    name: str,
    *,
    roles: Sequence[str] | None = None,
    acts: Sequence[str] | None = None,
    collections: Sequence[str] | None = None,
    expires_at: str | None = None,
) -> Call[NewApiKey]:
    """A new key of a member, shown once; None is no limit beyond the member's own roles."""
    limits = {"roles": roles, "acts": acts, "collections": collections}
    lists = {key: None if value is None else list(value) for key, value in limits.items()}
    body = given(member_id=member_id, name=name, expires_at=expires_at, **lists)
    return Call("POST", "/v1/api-keys", decoder(NewApiKey), json=body)


def api_keys(*, limit: int = 100) -> Call[Page[ApiKey]]:
    """Live API keys of your organization, oldest first, without their secrets."""
    return paged("/v1/api-keys", ApiKey, {"limit": limit})


def revoke_api_key(key_id: str) -> Call[Written]:
    """Make an API key worthless at once."""
    return _written("/v1/api-keys/revoke", key_id=key_id)


def _written(path: str, **body: str) -> Call[Written]:
    return Call("POST", path, decoder(Written), json=body)
