"""Incidents: what an operator opens, reads, declares and closes. The server has none of these messages."""

from typing import Annotated, Literal

import msgspec

from facekeep.vault.wire.base import Id, Message
from facekeep.vault.wire.rules import Rules

DrilledTier = Literal["store", "backup", "server", "search", "vault-disk", "share", "network", "vault-memory"]
DrillOutcome = Literal["unreadable", "readable"]
Time = Annotated[str, msgspec.Meta(max_length=40)]
Note = Annotated[str, msgspec.Meta(max_length=262_144)]
Digest = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
EntriesAtOnce = Annotated[int, msgspec.Meta(ge=1, le=4_096)]
KEEP_CUSTOMER = "keep"  # where a customer's pseudonym would stand: the keep's own entries


class OpenIncident(Message, frozen=True):
    """Stop forgetting by time, and publish a checkpoint at once. `aware_at`, empty for now, starts the law's clocks."""

    aware_at: Time = ""


class IncidentOpened(Message, frozen=True):
    """The incident, the checkpoint that was published for it, and the key that checks it."""

    incident_id: str
    aware_at: str
    note: str
    verifier_key: str
    entry: int


class CloseIncident(Message, frozen=True):
    """Begin to forget by time again. The reason is kept with the incident, not in the log."""

    incident_id: Id
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]


class ListIncidents(Message, frozen=True):
    """Every incident, oldest first."""


class IncidentView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One incident. `notes` are checkpoints with what witnesses signed of them."""

    incident_id: str
    opened_at: str
    aware_at: str
    closed_at: str | None
    reason: str | None
    notes: tuple[str, ...]


class IncidentList(Message, frozen=True):
    """Incidents."""

    items: tuple[IncidentView, ...]


class KeepNote(Message, frozen=True):
    """Keep a checkpoint of this log, with what witnesses signed of it, beside an incident."""

    incident_id: Id
    note: Note


class ReadEntries(Message, frozen=True):
    """Entries of every customer from one time to another, a page of one customer's at a time.

    Without a cursor this publishes a checkpoint and is an entry itself; the pages that follow belong to it.
    """

    incident_id: Id
    begins_at: Time
    ends_at: Time
    cursor: str = ""
    limit: EntriesAtOnce = 2_048


class EntriesPage(Message, frozen=True):
    """Entries of one customer, by a pseudonym that is the same throughout the incident and means nothing elsewhere.

    `entries` are MessagePack as it stands in the log, those numbered from `start` to before `end` as far as they can
    be read: a number that is missing is a gap. Some may lie up to an hour outside the times asked for. `total` is how
    many entries the customer has at all.
    """

    customer: str
    start: int
    end: int
    total: int
    entries: tuple[bytes, ...]
    next_cursor: str = ""


class NameCustomer(Message, frozen=True):
    """Whose pseudonym that is. An entry every time."""

    incident_id: Id
    customer: Id


class CustomerNamed(Message, frozen=True):
    """The organization behind a pseudonym."""

    organization_id: str
    name: str
    entry: int


class ReadSettings(Message, frozen=True):
    """The rules of every customer, by pseudonym, and what the vault checks before each act."""

    incident_id: Id


class CustomerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A customer's rules, and how many of its collections are searched without a case or without a reveal."""

    customer: str
    rules: Rules
    collections: int
    without_case: int
    without_reveal: int


class ActChecks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the vault asks before an act: which roles may do it, and whether presence must have been proved lately."""

    act: str
    roles: tuple[str, ...]
    asks_presence: bool


class SettingsRead(Message, frozen=True):
    """Every customer's settings, and every act's checks."""

    customers: tuple[CustomerSettings, ...]
    acts: tuple[ActChecks, ...]


class RecordDrill(Message, frozen=True):
    """What a drill found: the SHA-256 of its report, to be signed, and for each tier whether anything was readable.

    A tier that was not drilled in whole is not among them.
    """

    digest: Digest
    outcomes: dict[DrilledTier, DrillOutcome]


class DeclareForeign(Message, frozen=True):
    """Say that the vault's host was in foreign hands: nothing that the log says of that time proves anything."""

    incident_id: Id
    begins_at: Time
    ends_at: Time


class SignReport(Message, frozen=True):
    """Sign the SHA-256 of a report with the log's key, under a text that can be no checkpoint."""

    incident_id: Id
    digest: Digest


class ReportSigned(Message, frozen=True):
    """A signed note over that text."""

    note: str
    entry: int
