"""Every customer's entries of some time, a page at a time, under pseudonyms.

An organization's entries are in the order of the vault's clock, so the first and last are found by halving. A clock may
have been set back a little in between: an hour more is read on either side, and who reads compares the times.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from facekeep.errors import Tampered
from facekeep.vault import clock
from facekeep.vault.database import Database
from facekeep.vault.identity.organizations import CUSTOMERS
from facekeep.vault.incidents.register import Incident
from facekeep.vault.journal import KEEP, Journal
from facekeep.vault.log_entries import LogRecord, parse_text
from facekeep.vault.wire.incidents import KEEP_CUSTOMER, EntriesPage

_MARGIN_DAYS = 1 / 24
_NUMBER_BITS = 40


@dataclass(frozen=True, slots=True)
class Span:
    """The times that are read, as the vault writes them."""

    begins_at: str
    ends_at: str

    @property
    def widened(self) -> "Span":
        """An hour more on either side."""
        return Span(clock.later(self.begins_at, days=-_MARGIN_DAYS), clock.later(self.ends_at, days=_MARGIN_DAYS))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: an organization by row number, 0 for the keep itself, and an entry of it, None the first."""

    row: int
    number: int | None

    @classmethod
    def read(cls, packed: int) -> "Position":
        """The position in a cursor; 0 is the very first."""
        row, number = divmod(packed, 1 << _NUMBER_BITS)
        return cls(row, number - 1 if number else None)

    @property
    def packed(self) -> int:
        """What a cursor holds."""
        return (self.row << _NUMBER_BITS) + (0 if self.number is None else self.number + 1)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one span for one incident."""

    database: Database
    journal: Journal
    incident: Incident
    span: Span

    def page(self, at: Position, limit: int) -> tuple[EntriesPage, Position | None]:
        """The page that begins `at` a position, and where the next one does; None at the end."""
        org_id, following = _organization(self.database, at.row)
        first, end = _within(self.journal, org_id, self.span)
        start = first if at.number is None else max(first, at.number)
        stop = max(start, min(end, start + limit))
        found = EntriesPage(
            customer=KEEP_CUSTOMER if org_id == KEEP else self.incident.pseudonym(org_id),
            start=start,
            end=stop,
            total=self.journal.count(org_id),
            entries=tuple(self._texts(org_id, start, stop)),
        )
        if stop < end:
            return found, Position(at.row, stop)
        return found, None if following is None else Position(following, None)

    def _texts(self, org_id: str, start: int, end: int) -> list[bytes]:
        texts = self.journal.texts(org_id, start, end)
        return [_without_organizations(text, self.incident) for text in texts] if org_id == KEEP else texts


def _organization(database: Database, row: int) -> tuple[str, int | None]:
    """The organization of that row, or the first after it, and the row of the one that follows."""
    sql = f"SELECT rowid, org_id FROM {CUSTOMERS} AND rowid >= ? ORDER BY rowid LIMIT 2"  # noqa: S608  a constant
    rows = database.rows(sql, max(1, row))
    if row == 0 or not rows:
        return KEEP, rows[0][0] if rows and row == 0 else None
    return rows[0][1], rows[1][0] if len(rows) > 1 else None


def _within(journal: Journal, org_id: str, span: Span) -> tuple[int, int]:
    """The numbers from and to which an organization's entries may lie in the span; all, where one cannot be read."""
    wide, count = span.widened, journal.count(org_id)
    try:
        first = _first_where(count, lambda number: journal.time_of(org_id, number) >= wide.begins_at)
        return first, _first_where(count, lambda number: journal.time_of(org_id, number) > wide.ends_at, first)
    except Tampered:
        return 0, count


def _first_where(count: int, is_late: Callable[[int], bool], low: int = 0) -> int:
    """The first number below `count` for which `is_late`, which holds for all after it; `count` where there is none."""
    high = count
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_late(middle) else (middle + 1, high)
    return low


def _without_organizations(text: bytes, incident: Incident) -> bytes:
    """An entry of the keep's own with pseudonyms in place of organizations' ids."""
    record = parse_text(text)
    facts = {
        name: incident.pseudonym(value) if isinstance(value, str) and value.startswith("org_") else value
        for name, value in record.facts.items()
    }
    return msgspec.msgpack.encode(
        LogRecord(record.number, record.at, record.actor, record.act, record.outcome, facts)
    )
