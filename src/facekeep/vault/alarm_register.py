"""The vault's list of alarms, and how far each was told.

An attempt to tell is counted before it is made. After a failure everything that waits does so together, because there
is one receiver; what is raised meanwhile is tried at once.
"""

from dataclasses import dataclass

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.vault import clock
from facekeep.vault.database import Database, Row
from facekeep.vault.journal import Facts
from facekeep.vault.standing.deliveries import DELIVERED, wait_after

KEEP_TRYING_HOURS = 72
SAME_WITHIN_MINUTES = 10
_ATTEMPT_S = 60.0
_SELECT = (
    "SELECT number, alarm_id, kind, org_id, facts, at, times, is_drill, acknowledged_at, acknowledged_by, state,"
    " attempts, last_outcome FROM alarms"
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm, the `number`th that ever was. `state` is unsent (no webhook), pending, delivered or given_up."""

    number: int
    alarm_id: str
    kind: str
    org_id: str
    facts: Facts
    at: str
    times: int
    is_drill: bool
    acknowledged_at: str | None
    acknowledged_by: str
    state: str
    attempts: int
    last_outcome: str


def add(database: Database, alarm: Alarm) -> None:
    """One more. Inside a transaction."""
    database.run(
        "INSERT INTO alarms (alarm_id, kind, org_id, facts, at, is_drill, state) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(alarm.alarm_id, alarm.kind, alarm.org_id, _packed(alarm.facts), alarm.at, alarm.is_drill, alarm.state),
    )


def same(database: Database, kind: str, org_id: str, facts: Facts) -> Alarm | None:
    """An alarm of the last minutes that says the same and that nobody has acknowledged."""
    return _first(
        database.row(
            f"{_SELECT} WHERE acknowledged_at IS NULL AND kind = ? AND org_id = ? AND facts = ? AND at > ?"
            " ORDER BY number DESC LIMIT 1",
            *(kind, org_id, _packed(facts), clock.timestamp(hours=-SAME_WITHIN_MINUTES / 60)),
        )
    )


def count_again(database: Database, alarm: Alarm) -> None:
    """It happened once more. Inside a transaction."""
    database.run("UPDATE alarms SET times = times + 1 WHERE number = ?", alarm.number)


def by_id(database: Database, alarm_id: str) -> Alarm:
    """One alarm. Raises BadInput `not_found`."""
    found = _first(database.row(f"{_SELECT} WHERE alarm_id = ?", alarm_id))
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such alarm")
    return found


def page(database: Database, before: int, limit: int, *, open_only: bool) -> list[Alarm]:
    """Alarms, newest first, before row number `before` where that is not 0."""
    what = "acknowledged_at IS NULL" if open_only else "1"
    sql = f"{_SELECT} WHERE {what} AND (?1 = 0 OR number < ?1) ORDER BY number DESC LIMIT ?2"
    return [_alarm(row) for row in database.rows(sql, before, limit)]


def acknowledge(database: Database, alarm: Alarm, by: str) -> None:
    """Somebody has looked into it; the first acknowledgement stays. Inside a transaction."""
    database.run(
        "UPDATE alarms SET acknowledged_at = ?, acknowledged_by = ? WHERE number = ? AND acknowledged_at IS NULL",
        *(clock.timestamp(), by, alarm.number),
    )


def forget_organization(database: Database, org_id: str) -> None:
    """Leave nothing of a shredded organization but that there was an alarm. Inside a transaction."""
    database.run("UPDATE alarms SET org_id = '', facts = ? WHERE org_id = ?", _packed({}), org_id)


def next_due(database: Database) -> Alarm | None:
    """The alarm to tell now: the one tried least, then the oldest."""
    sql = f"{_SELECT} WHERE state = 'pending' AND not_before <= ? ORDER BY attempts, number LIMIT 1"
    return _first(database.row(sql, clock.timestamp()))


def begin_attempt(database: Database, alarm: Alarm) -> None:
    """Count an attempt; until it ends, or for a minute, this alarm is left alone. Inside a transaction."""
    database.run(
        "UPDATE alarms SET attempts = attempts + 1, last_outcome = 'under_way', not_before = ? WHERE number = ?",
        *(clock.timestamp(hours=_ATTEMPT_S / 3600), alarm.number),
    )


def end_attempt(database: Database, alarm: Alarm, outcome: str) -> None:
    """What became of an attempt. Inside a transaction."""
    database.run("UPDATE alarms SET last_outcome = ? WHERE number = ?", outcome, alarm.number)
    if outcome == DELIVERED:
        database.run("UPDATE alarms SET state = 'delivered' WHERE number = ?", alarm.number)
        database.run("UPDATE alarms SET not_before = '' WHERE state = 'pending'")
        return
    not_before = clock.timestamp(hours=wait_after(max(0, alarm.attempts - 1)) / 3600)
    database.run("UPDATE alarms SET not_before = ? WHERE state = 'pending'", not_before)


def given_up(database: Database) -> list[Alarm]:
    """Those that could not be told for three days; `give_up` stops trying."""
    sql = f"{_SELECT} WHERE state = 'pending' AND at <= ? ORDER BY number"
    return [_alarm(row) for row in database.rows(sql, clock.timestamp(hours=-KEEP_TRYING_HOURS))]


def give_up(database: Database, alarm: Alarm) -> None:
    """Stop trying; it stays in the list. Inside a transaction."""
    database.run("UPDATE alarms SET state = 'given_up' WHERE number = ?", alarm.number)


def _packed(facts: Facts) -> bytes:
    return msgspec.msgpack.encode(dict(sorted(facts.items())))


def _first(row: Row | None) -> Alarm | None:
    return None if row is None else _alarm(row)


def _alarm(row: Row) -> Alarm:
    number, alarm_id, kind, org_id, facts, at, times, is_drill, *rest = row
    known = msgspec.msgpack.decode(facts, type=Facts)
    return Alarm(number, alarm_id, kind, org_id, known, at, times, bool(is_drill), *rest)
