"""Tallies: how much a member, or a case, does in an hour, beside the most they did in any hour of the last weeks.

Counted in memory and saved with every checkpoint; a crash loses a minute of counting. What must not be lost is counted
by `coverage`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from facekeep.vault.database import Database

HISTORY_HOURS = 28 * 24
_ENOUGH_HOURS, _ENOUGH_DAYS = 40, 5  # of history, before hours count as unusual


@dataclass(frozen=True, slots=True)
class Seen:
    """What a count came to in this hour, before and after, and the most of any earlier hour."""

    before: int
    now: int
    usual: int

    def crosses(self, least: int, factor: float) -> bool:
        """Whether this very count goes over what is unusual: over `least`, and over `factor` times the usual most."""
        bound = max(least, factor * self.usual)
        return self.before <= bound < self.now


class Tallies:
    """Counts by subject, kind and hour of an open vault."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hours: dict[tuple[str, str], dict[int, int]] = {}
        self._unsaved: set[tuple[str, str, int]] = set()

    def add(self, subject: str, kind: str, count: int, hour: int) -> Seen:
        """Count something that happened in an hour (hours since 1970)."""
        hours = self._of(subject, kind)
        before = hours.get(hour, 0)
        hours[hour] = before + count
        self._unsaved.add((subject, kind, hour))
        earlier = (one for at, one in hours.items() if hour - HISTORY_HOURS <= at < hour)
        return Seen(before, before + count, max(earlier, default=0))

    def is_off_hours(self, subject: str, kind: str, hour: int) -> bool:
        """Whether a subject with enough history was never at work at this time of day, give or take an hour."""
        return is_off_hours(self._of(subject, kind), hour)

    def save(self) -> None:
        """Inside a transaction: make what was counted durable, and forget what is too old."""
        rows = [(subject, kind, hour, self._hours[subject, kind][hour]) for subject, kind, hour in self._unsaved]
        self._database.run_many("INSERT OR REPLACE INTO tallies VALUES (?, ?, ?, ?)", rows)
        self._unsaved.clear()

    def forget_unsaved(self) -> None:
        """Drop what memory holds, some of which may be of somebody who was forgotten."""
        self._unsaved.clear()
        self._hours.clear()

    def forget_before(self, hour: int) -> None:
        """Inside a transaction, after `save`: drop hours that are no history any more, and what memory holds."""
        self._database.run("DELETE FROM tallies WHERE hour < ?", hour)
        self._hours.clear()

    def _of(self, subject: str, kind: str) -> dict[int, int]:
        if (subject, kind) not in self._hours:
            sql = "SELECT hour, count FROM tallies WHERE subject = ? AND kind = ?"
            self._hours[subject, kind] = dict(self._database.rows(sql, subject, kind))
        return self._hours[subject, kind]


def is_off_hours(active: Iterable[int], hour: int) -> bool:
    """Whether `hour` is at a time of day that no other of the active hours is near to, where there are enough."""
    earlier = [at for at in active if hour - HISTORY_HOURS <= at < hour]
    if len(earlier) < _ENOUGH_HOURS or len({at // 24 for at in earlier}) < _ENOUGH_DAYS:
        return False
    near = {(hour + shift) % 24 for shift in (-1, 0, 1)}
    return not any(at % 24 in near for at in earlier)
