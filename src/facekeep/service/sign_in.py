"""Signing in and joining: what nobody is known for yet. The vault decides; nothing is remembered here."""

from dataclasses import dataclass

from facekeep.service import passkeys
from facekeep.service.keep import Keep
from facekeep.service.passkeys import NewPasskey, Options, Signature, SignatureAsked
from facekeep.service.second_factor import PasswordOffered, offered
from facekeep.terms import MemberId, OrganizationId, SessionToken
from facekeep.vault import wire


@dataclass(frozen=True, slots=True)
class Membership:
    """One of a person's memberships."""

    organization_id: OrganizationId
    organization: str
    member_id: MemberId
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person's session in one organization. It ends after `idle_s` without use, and in `expires_in_s` at the latest.

    `memberships` are those that it can be exchanged for.
    """

    session: SessionToken
    organization_id: OrganizationId
    memberships: tuple[Membership, ...]
    idle_s: int
    expires_in_s: int
    entry: int


@dataclass(frozen=True, slots=True)
class JoinOffered:
    """What an invitation is for, and how to accept it. `password` is None where passwords are not allowed."""

    ticket: bytes
    organization: str
    name: str
    roles: tuple[str, ...]
    public_key: Options
    expires_in_s: int
    password: PasswordOffered | None


def begin_sign_in(keep: Keep) -> SignatureAsked:
    """A challenge for any passkey."""
    return passkeys.signature_asked(keep.vault.call(wire.BeginSignIn(), wire.Challenge))


def finish_sign_in(keep: Keep, ticket: bytes, signature: Signature, organization_id: str) -> SignedIn:
    """A session for a signed challenge. Raises Refused `unauthenticated`."""
    message = wire.FinishSignIn(ticket=ticket, assertion=signature.message(), organization_id=organization_id)
    return signed_in(keep.vault.call(message, wire.SignedIn))


def sign_in_by_password(keep: Keep, handle: str, password: str, code: str, organization_id: str) -> SignedIn:
    """A session for a name, its password and a fresh code. Raises Refused `unauthenticated`, `too_many_tries`."""
    message = wire.PasswordSignIn(handle=handle, password=password, code=code, organization_id=organization_id)
    return signed_in(keep.vault.call(message, wire.SignedIn))


def begin_join(keep: Keep, invitation: str) -> JoinOffered:
    """What an invitation is for. Raises Refused `unauthenticated`."""
    offer = keep.vault.call(wire.BeginJoin(code=invitation), wire.JoinOffer)
    return JoinOffered(
        ticket=offer.ticket,
        organization=offer.organization,
        name=offer.name,
        roles=offer.roles,
        public_key=passkeys.creation_options(
            ticket=offer.ticket,
            rp_id=offer.rp_id,
            user_id=offer.user_id,
            name=offer.name,
            timeout_s=offer.expires_in_s,
        ),
        expires_in_s=offer.expires_in_s,
        password=offered(offer.handle, offer.totp_secret) if offer.handle else None,
    )


def finish_join(keep: Keep, invitation: str, ticket: bytes, name: str, passkey: NewPasskey) -> SignedIn:
    """A new member with a passkey called `name`, signed in."""
    message = wire.FinishJoin(code=invitation, ticket=ticket, passkey_name=name, registration=passkey.message())
    return signed_in(keep.vault.call(message, wire.SignedIn))


def finish_join_by_password(keep: Keep, invitation: str, ticket: bytes, password: str, code: str) -> SignedIn:
    """A new member with a password and a second factor, signed in."""
    message = wire.FinishJoinByPassword(code=invitation, ticket=ticket, password=password, totp_code=code)
    return signed_in(keep.vault.call(message, wire.SignedIn))


def signed_in(answer: wire.SignedIn) -> SignedIn:
    """The vault's answer in the words of this room."""
    return SignedIn(
        session=answer.session,
        organization_id=answer.organization_id,
        memberships=tuple(membership(one) for one in answer.memberships),
        idle_s=answer.idle_s,
        expires_in_s=answer.expires_in_s,
        entry=answer.entry,
    )


def membership(one: wire.MembershipView) -> Membership:
    """A membership in the words of this room."""
    return Membership(one.organization_id, one.organization, one.member_id, one.roles)
