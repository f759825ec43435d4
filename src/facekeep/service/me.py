"""What people do with their own account: organizations, proof of presence, sessions."""

from dataclasses import dataclass

from facekeep.service import passkeys
from facekeep.service.keep import Keep
from facekeep.service.passkeys import Signature, SignatureAsked
from facekeep.service.sign_in import Membership, SignedIn, membership, signed_in
from facekeep.terms import OrganizationId, SessionToken
from facekeep.vault import wire


@dataclass(frozen=True, slots=True)
class LiveSession:
    """One's own session somewhere; `is_this` marks the one that asks."""

    session_id: str
    organization_id: OrganizationId
    credential: str
    opened_at: str
    idle_s: int
    is_this: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """A new membership, and the entry of that organization's log."""

    membership: Membership
    entry: int


def list_memberships(keep: Keep, session: SessionToken) -> tuple[Membership, ...]:
    """One's own memberships, oldest first."""
    answer = keep.vault.call(wire.ListMemberships(session=session), wire.Memberships)
    return tuple(membership(one) for one in answer.items)


def choose_organization(keep: Keep, session: SessionToken, organization_id: str) -> SignedIn:
    """Go on in another organization; the session that asks ends."""
    message = wire.ChooseOrganization(session=session, organization_id=organization_id)
    return signed_in(keep.vault.call(message, wire.SignedIn))


def accept_invitation(keep: Keep, session: SessionToken, invitation: str) -> Accepted:
    """One more membership of the person who is signed in."""
    answer = keep.vault.call(wire.AcceptInvitation(session=session, code=invitation), wire.InvitationAccepted)
    return Accepted(membership(answer.membership), answer.entry)


def begin_proof(keep: Keep, session: SessionToken) -> SignatureAsked:
    """A challenge for one's own passkeys."""
    return passkeys.signature_asked(keep.vault.call(wire.BeginProof(session=session), wire.Challenge))


def finish_proof(keep: Keep, session: SessionToken, ticket: bytes, signature: Signature) -> int:
    """Prove to be there; returns the log entry. Raises Refused `proof_needed`."""
    message = wire.FinishProof(session=session, ticket=ticket, assertion=signature.message())
    return keep.vault.call(message, wire.Done).entry


def prove_password(keep: Keep, session: SessionToken, password: str, code: str) -> int:
    """The same by password and code."""
    return keep.vault.call(wire.ProvePassword(session=session, password=password, code=code), wire.Done).entry


def list_sessions(keep: Keep, session: SessionToken) -> tuple[LiveSession, ...]:
    """One's own live sessions, oldest first."""
    found = keep.vault.call(wire.ListSessions(session=session), wire.SessionList).items
    return tuple(
        LiveSession(
            one.session_id, one.organization_id, one.credential, one.opened_at, one.idle_s, one.is_this
        )
        for one in found
    )  # fmt: skip


def end_other_sessions(keep: Keep, session: SessionToken) -> int:
    """End every other session of one's own; returns the log entry."""
    return keep.vault.call(wire.EndOtherSessions(session=session), wire.Done).entry


def sign_out(keep: Keep, session: SessionToken) -> None:
    """End this session."""
    keep.vault.call(wire.SignOut(session=session), wire.Done)
