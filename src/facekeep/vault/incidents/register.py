"""Incidents as the vault keeps them. While one is open, nothing is forgotten because its time has come.

What people ask to be forgotten is forgotten all the same.
"""

import hmac
from base64 import b32encode
from dataclasses import dataclass, field

from facekeep.errors import BadInput, Code
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database, Row
from facekeep.vault.keys import fresh_id, fresh_key
from facekeep.vault.wire.incidents import IncidentView

_COLUMNS = "SELECT number, incident_id, secret, opened_at, aware_at, closed_at, reason FROM incidents"
_MOST_NOTES = 64


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident. `secret` makes its pseudonyms."""

    number: int
    incident_id: str
    secret: bytes = field(repr=False)
    opened_at: str
    aware_at: str
    closed_at: str | None
    reason: str | None

    def pseudonym(self, org_id: str) -> str:
        """What an organization is called in this incident's reports; tells nothing of it to who has no secret."""
        tag = hmac.digest(self.secret, org_id.encode(), "sha256")[:16]
        return "cus_" + b32encode(tag).decode().rstrip("=").lower()


def is_frozen(database: Database) -> bool:
    """Whether an incident is open, so that nothing is forgotten by time."""
    return database.row("SELECT 1 FROM incidents WHERE closed_at IS NULL LIMIT 1") is not None


def add(database: Database, aware_at: str) -> Incident:
    """A new, open incident. Inside a transaction."""
    incident_id, secret, opened_at = fresh_id("inc"), fresh_key(), timestamp()
    number = database.run(
        "INSERT INTO incidents (incident_id, secret, opened_at, aware_at) VALUES (?, ?, ?, ?)",
        *(incident_id, secret, opened_at, aware_at),
    )
    return Incident(number, incident_id, secret, opened_at, aware_at, None, None)


def by_id(database: Database, incident_id: str) -> Incident:
    """An incident. Raises BadInput `not_found`."""
    found = database.row(f"{_COLUMNS} WHERE incident_id = ?", incident_id)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such incident")
    return Incident(*found)


def close(database: Database, incident: Incident, reason: str) -> None:
    """Inside a transaction. Raises BadInput `conflict` where it is closed already."""
    if incident.closed_at is not None:
        raise BadInput(Code.CONFLICT, "this incident is closed already")
    sql = "UPDATE incidents SET closed_at = ?, reason = ? WHERE number = ?"
    database.run(sql, timestamp(), reason, incident.number)


def keep_note(database: Database, incident: Incident, note: str) -> None:
    """Inside a transaction: a checkpoint to be shown with the incident; the oldest go where there are too many."""
    database.run("INSERT OR REPLACE INTO incident_notes VALUES (?, ?, ?)", incident.incident_id, timestamp(), note)
    database.run(
        "DELETE FROM incident_notes WHERE incident = ?1 AND at < (SELECT min(at) FROM (SELECT at FROM incident_notes"
        " WHERE incident = ?1 ORDER BY at DESC LIMIT ?2))",
        incident.incident_id,
        _MOST_NOTES,
    )


def views(database: Database) -> tuple[IncidentView, ...]:
    """Every incident with its notes, oldest first."""
    return tuple(_view(database, row) for row in database.rows(f"{_COLUMNS} ORDER BY number"))


def _view(database: Database, row: Row) -> IncidentView:
    one = Incident(*row)
    rows = database.rows("SELECT note FROM incident_notes WHERE incident = ? ORDER BY at", one.incident_id)
    notes = tuple(note for (note,) in rows)
    return IncidentView(one.incident_id, one.opened_at, one.aware_at, one.closed_at, one.reason, notes)
