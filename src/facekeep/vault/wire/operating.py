"""An operator's acts, which the server's socket does not take."""

from typing import Annotated

import msgspec

from facekeep.terms import OrganizationId
from facekeep.vault.wire.base import Id, Message, Name, Page


class Initialize(Message, frozen=True):
    """Make a new vault: `method` is passphrase, shares (3 of 5) or key_file. Exactly one secret fits the method."""

    method: str
    organization: Name
    member: Name
    passphrase: str = ""
    key_file: str = ""


class Initialized(Message, frozen=True):
    """Shown once: the API key, and the word shares where the method is shares."""

    api_key: str
    shares: tuple[str, ...] = ()


class Unseal(Message, frozen=True):
    """Give the passphrase, one share, or the path of the key file. Shares are given one call each."""

    passphrase: str = ""
    share: str = ""
    key_file: str = ""


class Seal(Message, frozen=True):
    """Drop every key from memory at once."""


class ClearQuarantine(Message, frozen=True):
    """Let search answers in again after an alarm was looked into."""


class InstallScoreTable(Message, frozen=True):
    """Replace the score-meaning table of one model contract (JSON as `facekeep evaluate` writes it)."""

    table: Annotated[bytes, msgspec.Meta(max_length=1_000_000)]


class IssueApiKey(Message, frozen=True):
    """A new API key with every role of an organization's first admin; the only organization's where none is named.

    The admin's older keys are revoked if `revoke_others`.
    """

    organization_id: Annotated[str, msgspec.Meta(max_length=64)] = ""
    revoke_others: bool = False


class ApiKeyIssued(Message, frozen=True):
    """Shown once."""

    api_key: str


class AddOrganization(Message, frozen=True):
    """A new organization with a key of its own, and an admin: a person by invitation, or a program by API key."""

    name: Name
    admin: Name
    is_program: bool = False


class OrganizationAdded(Message, frozen=True):
    """The admin's invitation or API key, whichever was asked for; shown once."""

    organization_id: OrganizationId
    invitation: str = ""
    api_key: str = ""


class ListOrganizations(Message, frozen=True):
    """Every organization, in the order of their random ids."""

    cursor: str = ""
    limit: Page = 100


class OrganizationView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organization as the operator sees it. What it searches, and how often, is not the operator's business."""

    organization_id: OrganizationId
    name: str
    members: int
    created_at: str


class OrganizationPage(Message, frozen=True):
    """Organizations and the cursor of the next page, empty at the end."""

    items: tuple[OrganizationView, ...]
    next_cursor: str = ""


class ShredOrganization(Message, frozen=True):
    """Destroy an organization's key, and with it galleries, cases and log entries. `expected_name` guards the id."""

    organization_id: Id
    expected_name: Name
