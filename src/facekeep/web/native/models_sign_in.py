"""The shapes of signing in, joining, and looking after one's own account."""

from typing import Annotated, Any

from pydantic import PlainSerializer, StringConstraints

from facekeep.service.passkeys import base64url
from facekeep.web.native.models import Asked, Id, Name, Told
from facekeep.web.passkey_shapes import AssertionCredential, RegistrationCredential, Short, bytes_of

Invitation = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]
TotpCode = Annotated[str, StringConstraints(min_length=1, max_length=16)]
Handle = Annotated[str, StringConstraints(min_length=1, max_length=128)]
ToldBytes = Annotated[bytes, PlainSerializer(base64url, return_type=str)]


class WithTicket(Asked):
    """The second step of something, with the ticket of its first."""

    ticket: Short

    def ticket_bytes(self) -> bytes:
        """The ticket without base64."""
        return bytes_of(self.ticket)


# ---- signing in ------------------------------------------------------------------------------------------------------


class SignatureAsked(Told):
    """A challenge: `public_key` goes to `PublicKeyCredential.parseRequestOptionsFromJSON()`."""

    ticket: ToldBytes
    public_key: dict[str, Any]
    expires_in_s: int


class PasskeySignIn(WithTicket):
    """A signed challenge. `organization_id` chooses among one's memberships; without it the oldest."""

    credential: AssertionCredential
    organization_id: Id | None = None


class PasswordSignIn(Asked):
    """A sign-in name, its password, and the code that the authenticator app shows."""

    handle: Handle
    password: Password
    code: TotpCode
    organization_id: Id | None = None


class Membership(Told):
    """One of one's own memberships."""

    organization_id: str
    organization: str
    member_id: str
    roles: list[str]


class SignedIn(Told):
    """A session: send it as `Authorization: Bearer fs_…`. It acts in one organization, that of `organization_id`."""

    session: str
    organization_id: str
    memberships: list[Membership]
    idle_s: int
    expires_in_s: int
    entry: int


# ---- joining ---------------------------------------------------------------------------------------------------------


class InvitationGiven(Asked):
    """An invitation code."""

    invitation: Invitation


class PasswordOffered(Told):
    """The sign-in name, and the secret for an authenticator app, also as the address that a QR code carries."""

    handle: str
    totp_secret: str
    totp_uri: str


class JoinOffered(Told):
    """What the invitation is for; `public_key` goes to `PublicKeyCredential.parseCreationOptionsFromJSON()`."""

    ticket: ToldBytes
    organization: str
    name: str
    roles: list[str]
    public_key: dict[str, Any]
    expires_in_s: int
    password: PasswordOffered | None


class JoinWithPasskey(WithTicket):
    """Accept an invitation with a new passkey."""

    invitation: Invitation
    passkey_name: Name
    credential: RegistrationCredential


class JoinWithPassword(WithTicket):
    """Accept an invitation with a password and the first code of the offered second factor."""

    invitation: Invitation
    password: Password
    code: TotpCode


# ---- one's own account -----------------------------------------------------------------------------------------------


class Memberships(Told):
    """One's own memberships, oldest first."""

    items: list[Membership]


class OrganizationChosen(Asked):
    """Which of one's own organizations to go on in."""

    organization_id: Id


class Accepted(Told):
    """A new membership; `entry` is in the log of that organization."""

    membership: Membership
    entry: int


class ProofSigned(WithTicket):
    """A signed challenge of one's own passkey."""

    credential: AssertionCredential


class PasswordProof(Asked):
    """One's own password and a fresh code."""

    password: Password
    code: TotpCode


class Logged(Told):
    """Done, and in the log."""

    entry: int


class LiveSession(Told):
    """One's own session somewhere."""

    session_id: str
    organization_id: str
    credential: str
    opened_at: str
    idle_s: int
    is_this: bool


class LiveSessions(Told):
    """One's own live sessions, oldest first."""

    items: list[LiveSession]


class OwnPasskey(Told):
    """A passkey that was not revoked. `used_on` is the day of its last use, empty if never."""

    passkey_id: str
    name: str
    transports: list[str]
    backed_up: bool
    created_at: str
    used_on: str


class OwnCredentials(Told):
    """One's own ways to sign in; `handle` is the sign-in name of the password, empty where there is none."""

    passkeys: list[OwnPasskey]
    handle: str


class PasskeyAsked(Told):
    """What a new passkey is made from."""

    ticket: ToldBytes
    public_key: dict[str, Any]
    expires_in_s: int


class PasskeyMade(WithTicket):
    """A new passkey and what to call it."""

    name: Name
    credential: RegistrationCredential


class PasskeyRevoked(Asked):
    """Which of one's own passkeys to make worthless."""

    passkey_id: Id


class PasswordAsked(Told):
    """A second factor to set up."""

    ticket: ToldBytes
    password: PasswordOffered
    expires_in_s: int


class PasswordMade(WithTicket):
    """A password, and the first code of the offered second factor."""

    password: Password
    code: TotpCode


class PasswordChanged(Asked):
    """Another password with the same second factor."""

    password: Password
