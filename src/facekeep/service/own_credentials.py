"""One's own passkeys, password and second factor."""

from dataclasses import dataclass

from facekeep.service.keep import Keep
from facekeep.service.passkeys import NewPasskey, Options, creation_options
from facekeep.service.second_factor import PasswordOffered, offered
from facekeep.terms import SessionToken
from facekeep.vault import wire


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """A passkey that was not revoked. `used_on` is the day of its last use, empty if never."""

    passkey_id: str
    name: str
    transports: tuple[str, ...]
    backed_up: bool
    created_at: str
    used_on: str


@dataclass(frozen=True, slots=True)
class OwnCredentials:
    """One's own ways to sign in; `handle` is the sign-in name of the password, empty where there is none."""

    passkeys: tuple[OwnPasskey, ...]
    handle: str


@dataclass(frozen=True, slots=True)
class PasskeyAsked:
    """What a new passkey is made from, and the ticket to send back with it."""

    ticket: bytes
    public_key: Options
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class PasswordAsked:
    """A second factor to set up, and the ticket to send back with its first code."""

    ticket: bytes
    password: PasswordOffered
    expires_in_s: int


def list_credentials(keep: Keep, session: SessionToken) -> OwnCredentials:
    """One's own ways to sign in."""
    found = keep.vault.call(wire.ListPasskeys(session=session), wire.PasskeyList)
    return OwnCredentials(tuple(_passkey(one) for one in found.items), found.handle)


def begin_passkey(keep: Keep, session: SessionToken) -> PasskeyAsked:
    """What a further passkey is made from."""
    offer = keep.vault.call(wire.BeginPasskey(session=session), wire.PasskeyOffer)
    options = creation_options(
        ticket=offer.ticket,
        rp_id=offer.rp_id,
        user_id=offer.user_id,
        name=offer.name,
        timeout_s=offer.expires_in_s,
        known_ids=offer.known_ids,
    )
    return PasskeyAsked(offer.ticket, options, offer.expires_in_s)


def finish_passkey(keep: Keep, session: SessionToken, ticket: bytes, name: str, made: NewPasskey) -> OwnPasskey:
    """Add a passkey called `name`."""
    message = wire.FinishPasskey(session=session, ticket=ticket, name=name, registration=made.message())
    return _passkey(keep.vault.call(message, wire.PasskeyAdded).passkey)


def revoke_passkey(keep: Keep, session: SessionToken, passkey_id: str) -> int:
    """Make a passkey worthless; returns the log entry."""
    return keep.vault.call(wire.RevokePasskey(session=session, passkey_id=passkey_id), wire.Done).entry


def begin_password(keep: Keep, session: SessionToken) -> PasswordAsked:
    """A second factor, for a first password or another authenticator app."""
    offer = keep.vault.call(wire.BeginPassword(session=session), wire.PasswordOffer)
    return PasswordAsked(offer.ticket, offered(offer.handle, offer.totp_secret), offer.expires_in_s)


def finish_password(keep: Keep, session: SessionToken, ticket: bytes, password: str, code: str) -> int:
    """Take the offered second factor, with a password; returns the log entry."""
    message = wire.FinishPassword(session=session, ticket=ticket, password=password, code=code)
    return keep.vault.call(message, wire.Done).entry


def change_password(keep: Keep, session: SessionToken, password: str) -> int:
    """Another password with the same second factor; returns the log entry."""
    return keep.vault.call(wire.ChangePassword(session=session, password=password), wire.Done).entry


def _passkey(one: wire.PasskeyView) -> OwnPasskey:
    return OwnPasskey(one.passkey_id, one.name, one.transports, one.backed_up, one.created_at, one.used_on)
