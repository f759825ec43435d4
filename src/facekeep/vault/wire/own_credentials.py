"""A person's own passkeys, password and second factor."""

import msgspec

from facekeep.terms import SessionToken
from facekeep.vault.wire.base import Id, Message, Name
from facekeep.vault.wire.passkeys import Registration, Ticket
from facekeep.vault.wire.signing_in import Password, TotpCode


class PasskeyView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey that was not revoked. `used_on` is the day of its last use, empty if never."""

    passkey_id: str
    name: str
    transports: tuple[str, ...]
    backed_up: bool
    created_at: str
    used_on: str


class BeginPasskey(Message, frozen=True):
    """Ask for a challenge to add a passkey."""

    session: SessionToken


class PasskeyOffer(Message, frozen=True):
    """What a new passkey is made with; authenticators that hold one of `known_ids` already make none."""

    ticket: bytes
    rp_id: str
    user_id: bytes
    name: str
    expires_in_s: int
    known_ids: tuple[bytes, ...]


class FinishPasskey(Message, frozen=True):
    """Add this passkey."""

    session: SessionToken
    ticket: Ticket
    name: Name
    registration: Registration


class PasskeyAdded(Message, frozen=True):
    """The passkey as it was added."""

    passkey: PasskeyView
    entry: int = -1


class ListPasskeys(Message, frozen=True):
    """One's own ways to sign in."""

    session: SessionToken


class PasskeyList(Message, frozen=True):
    """Passkeys, oldest first, and the sign-in name of the password, empty where there is none."""

    items: tuple[PasskeyView, ...]
    handle: str = ""


class RevokePasskey(Message, frozen=True):
    """Make a passkey worthless; its sessions end at once. The last way to sign in stays."""

    session: SessionToken
    passkey_id: Id


class BeginPassword(Message, frozen=True):
    """Ask for a second factor, to set up a password or to change the authenticator app."""

    session: SessionToken


class PasswordOffer(Message, frozen=True):
    """The sign-in name, and the secret for the authenticator app, shown once."""

    ticket: bytes
    handle: str
    totp_secret: bytes
    expires_in_s: int


class FinishPassword(Message, frozen=True):
    """Take the offered second factor, with a password; sessions by the older ones end."""

    session: SessionToken
    ticket: Ticket
    password: Password
    code: TotpCode


class ChangePassword(Message, frozen=True):
    """Another password with the same second factor; other sessions by password end."""

    session: SessionToken
    password: Password
