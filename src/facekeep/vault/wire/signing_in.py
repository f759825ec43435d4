"""Credentials into sessions, and what a session's holder may do with it.

A ticket is the challenge of a ceremony: random, bound to what it was given for, good for two minutes and once.
"""

from typing import Annotated

import msgspec

from facekeep.terms import MemberId, OrganizationId, SessionToken
from facekeep.vault.wire.base import Id, Message
from facekeep.vault.wire.passkeys import Assertion, Ticket

Password = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
TotpCode = Annotated[str, msgspec.Meta(max_length=16)]
Handle = Annotated[str, msgspec.Meta(max_length=128)]
MaybeId = Annotated[str, msgspec.Meta(max_length=64)]


class Authenticate(Message, frozen=True):
    """Exchange an API key for a short session, or ask whether the session of a person is alive.

    `client_class` is the coarse kind of program that asks, such as `firefox linux`; the vault keeps a keyed digest.
    """

    untrusted_credential: Annotated[str, msgspec.Meta(max_length=200)]
    client_class: Annotated[str, msgspec.Meta(max_length=40)] = ""


class EndSession(Message, frozen=True):
    """Forget a session at once."""

    session: SessionToken


class SessionOpened(Message, frozen=True):
    """A session, for `expires_in_s` seconds at most."""

    session: SessionToken
    roles: tuple[str, ...]
    expires_in_s: int


class BeginSignIn(Message, frozen=True):
    """Ask for a challenge to sign in with a passkey. Says nothing of anybody."""


class Challenge(Message, frozen=True):
    """What an authenticator signs. `credential_ids` are those that may; none for any the person chooses."""

    ticket: bytes
    rp_id: str
    expires_in_s: int
    credential_ids: tuple[bytes, ...] = ()


class FinishSignIn(Message, frozen=True):
    """A signed challenge. `organization_id` chooses among several memberships; empty for the oldest."""

    ticket: Ticket
    assertion: Assertion
    organization_id: MaybeId = ""


class PasswordSignIn(Message, frozen=True):
    """A sign-in name, its password, and the code that the authenticator app shows."""

    handle: Handle
    password: Password
    code: TotpCode
    organization_id: MaybeId = ""


class MembershipView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the caller's own memberships."""

    organization_id: OrganizationId
    organization: str
    member_id: MemberId
    roles: tuple[str, ...]


class SignedIn(Message, frozen=True):
    """A person's session in one organization, and every membership that it could be exchanged for."""

    session: SessionToken
    organization_id: OrganizationId
    memberships: tuple[MembershipView, ...]
    idle_s: int
    expires_in_s: int
    entry: int = -1


class ListMemberships(Message, frozen=True):
    """The caller's own memberships."""

    session: SessionToken


class Memberships(Message, frozen=True):
    """The caller's own memberships, oldest first."""

    items: tuple[MembershipView, ...]


class ChooseOrganization(Message, frozen=True):
    """Go on in another organization of one's own: a new session begins and this one ends."""

    session: SessionToken
    organization_id: Id


class BeginProof(Message, frozen=True):
    """Ask for a challenge to prove that the person is there, before a sensitive act."""

    session: SessionToken


class FinishProof(Message, frozen=True):
    """The proof by a passkey of one's own; sensitive acts are open for five minutes."""

    session: SessionToken
    ticket: Ticket
    assertion: Assertion


class ProvePassword(Message, frozen=True):
    """The proof by password and code, for who signed in that way."""

    session: SessionToken
    password: Password
    code: TotpCode


class SignOut(Message, frozen=True):
    """End this session."""

    session: SessionToken


class SessionView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A live session of one's own, without its token. Times in seconds until now."""

    session_id: str
    organization_id: OrganizationId
    credential: str
    opened_at: str
    idle_s: int
    is_this: bool


class ListSessions(Message, frozen=True):
    """One's own live sessions, in every organization."""

    session: SessionToken


class SessionList(Message, frozen=True):
    """Live sessions, oldest first."""

    items: tuple[SessionView, ...]


class EndOtherSessions(Message, frozen=True):
    """End every session of one's own but this one."""

    session: SessionToken
