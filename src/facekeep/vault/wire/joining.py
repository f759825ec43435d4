"""An invitation into a membership: with a new passkey, with a password where that is allowed, or as somebody known."""

from typing import Annotated

import msgspec

from facekeep.terms import SessionToken
from facekeep.vault.wire.base import Message, Name
from facekeep.vault.wire.passkeys import Registration, Ticket
from facekeep.vault.wire.signing_in import MembershipView, Password, TotpCode

InvitationCode = Annotated[str, msgspec.Meta(max_length=200)]


class BeginJoin(Message, frozen=True):
    """Ask what an invitation is for, and for a challenge to accept it as a new person."""

    code: InvitationCode


class JoinOffer(Message, frozen=True):
    """What the invitation is for, and what a new account would be made of.

    `user_id` is what an authenticator files the passkey under. `handle` and `totp_secret` are for joining with a
    password; both are empty where the organization does not allow that.
    """

    ticket: bytes
    rp_id: str
    user_id: bytes
    organization: str
    name: str
    roles: tuple[str, ...]
    expires_in_s: int
    handle: str = ""
    totp_secret: bytes = b""


class FinishJoin(Message, frozen=True):
    """Become a member with a new account and this passkey."""

    code: InvitationCode
    ticket: Ticket
    passkey_name: Name
    registration: Registration


class FinishJoinByPassword(Message, frozen=True):
    """Become a member with a new account, a password, and the second factor of the offer."""

    code: InvitationCode
    ticket: Ticket
    password: Password
    totp_code: TotpCode


class AcceptInvitation(Message, frozen=True):
    """Become a member of one more organization, as the person who is signed in."""

    session: SessionToken
    code: InvitationCode


class InvitationAccepted(Message, frozen=True):
    """The new membership."""

    membership: MembershipView
    entry: int = -1
