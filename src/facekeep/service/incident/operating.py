"""Opening, closing and looking at incidents; and what a drill and a foreign hand leave in the log."""

from collections.abc import Mapping
from dataclasses import dataclass

from facekeep.errors import FacekeepError
from facekeep.service.administration import ask
from facekeep.service.incident.cosigned import cosign_now
from facekeep.settings import Settings
from facekeep.vault.wire import (
    CloseIncident,
    CustomerNamed,
    DeclareForeign,
    Done,
    DrilledTier,
    DrillOutcome,
    IncidentList,
    IncidentOpened,
    IncidentView,
    ListIncidents,
    NameCustomer,
    OpenIncident,
    RecordDrill,
    ReportSigned,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A new incident, its checkpoint with what witnesses signed of it, and who of them did not sign, and why."""

    incident_id: str
    aware_at: str
    entry: int
    note: str
    unsigned: tuple[str, ...]


def open_incident(settings: Settings, *, aware_at: str = "") -> Opened:
    """Freeze forgetting by time, publish a checkpoint, and have the witnesses sign it at once."""
    made = ask(settings, OpenIncident(aware_at=aware_at), IncidentOpened)
    problems: list[FacekeepError] = []
    note = cosign_now(settings, made.incident_id, problems.append)
    return Opened(made.incident_id, made.aware_at, made.entry, note, tuple(one.message for one in problems))


def close_incident(settings: Settings, incident_id: str, *, reason: str) -> int:
    """Forget by time again; returns the entry of the keep's own."""
    return ask(settings, CloseIncident(incident_id=incident_id, reason=reason), Done).entry


def incidents(settings: Settings) -> tuple[IncidentView, ...]:
    """Every incident, oldest first."""
    return ask(settings, ListIncidents(), IncidentList).items


def name_customer(settings: Settings, incident_id: str, customer: str) -> CustomerNamed:
    """Whose pseudonym that is; an entry every time. Raises BadInput `not_found`."""
    return ask(settings, NameCustomer(incident_id=incident_id, customer=customer), CustomerNamed)


def record_drill(settings: Settings, digest: bytes, outcomes: Mapping[DrilledTier, DrillOutcome]) -> ReportSigned:
    """Keep a drill's outcome in the log, for reports to rest on; returns the log's signature, and the keep's own entry.

    Parameters
    ----------
    digest : SHA-256 of the drill's report, 32 bytes.
    outcomes : for each tier that was tried, `unreadable` or `readable`.
    """
    return ask(settings, RecordDrill(digest=digest, outcomes=dict(outcomes)), ReportSigned)


def declare_foreign(settings: Settings, incident_id: str, *, begins_at: str, ends_at: str) -> int:
    """Say that the vault's host was in foreign hands; returns the entry of the keep's own."""
    message = DeclareForeign(incident_id=incident_id, begins_at=begins_at, ends_at=ends_at)
    return ask(settings, message, Done).entry
