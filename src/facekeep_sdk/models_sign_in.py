"""What signing in and looking after one's own account gives back.

Options for passkeys (`public_key`) are WebAuthn JSON, for `PublicKeyCredential.parse…OptionsFromJSON()` in a browser;
what the browser makes of them goes back as its `toJSON()`.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Membership:
    """One of one's own memberships."""

    organization_id: str
    organization: str
    member_id: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session: what a `Client` is made with instead of an API key. Left out of `repr`, as keys are.

    It acts in the organization of `organization_id`, ends after `idle_s` without use and in `expires_in_s` at the
    latest.
    """

    session: str = field(repr=False)
    organization_id: str
    memberships: tuple[Membership, ...]
    idle_s: int
    expires_in_s: int
    entry: int = -1


@dataclass(frozen=True, slots=True)
class PasskeyChallenge:
    """A ceremony that was begun: `public_key` is for the browser, `ticket` goes back with its answer."""

    ticket: str
    public_key: dict[str, Any]
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """The sign-in name, and the secret for an authenticator app: in base32, and as the address of a QR code."""

    handle: str
    totp_secret: str = field(repr=False)
    totp_uri: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JoinOffer:
    """What an invitation is for. `password` is None where the organization asks for a passkey."""

    ticket: str
    organization: str
    name: str
    roles: tuple[str, ...]
    public_key: dict[str, Any]
    expires_in_s: int
    password: SecondFactor | None = None


@dataclass(frozen=True, slots=True)
class PasswordOffer:
    """A second factor to set up."""

    ticket: str
    password: SecondFactor
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """A new membership; `entry` is in the log of that organization."""

    membership: Membership
    entry: int = -1


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey that was not revoked. `used_on` is the day of its last use, empty if never."""

    passkey_id: str
    name: str
    transports: tuple[str, ...] = ()
    backed_up: bool = False
    created_at: str = ""
    used_on: str = ""


@dataclass(frozen=True, slots=True)
class OwnCredentials:
    """One's own ways to sign in; `handle` is the sign-in name of the password, empty where there is none."""

    passkeys: tuple[Passkey, ...]
    handle: str = ""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """One's own session somewhere; `is_this` marks the one that asks."""

    session_id: str
    organization_id: str
    credential: str
    opened_at: str
    idle_s: int
    is_this: bool


@dataclass(frozen=True, slots=True)
class Logged:
    """Done, and in the log."""

    entry: int
