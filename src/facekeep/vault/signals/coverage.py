"""Coverage: how many different records of a collection one member has seen, and that it stays below their share.

A record is seen when a cell of it is opened to somebody (name, facts, crop or photo), or when it is released to them
as a candidate or a hit. It is counted once, for `reading_days`, whatever is seen of it and however often. What would
reach the share is refused before anything of it is released.

A lead that was agreed on by two people, in a case that the member is in, counts no more: that is work, and somebody
else has looked at it. Collections under `SMALL` faces have a fixed number instead of a share; what was seen while a
collection was small counts no more once it is not. What somebody enrolled themselves, from photos that they had, does
not count for them, and evaluation collections count nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from math import ceil

from facekeep.errors import Code, Refused
from facekeep.settings import SignalSettings
from facekeep.terms import CellKind
from facekeep.vault import clock
from facekeep.vault.database import Database, listed
from facekeep.vault.wire import Cell

SMALL = 1_000
SMALL_LIMIT = 100
_OWN = 2  # in the place of whether the collection was small; above both, so that it is never counted
_DECIDED = (
    "SELECT count(*) FROM sightings s WHERE s.member_id = ?1 AND s.collection = ?2 AND s.day > ?3 AND s.was_small <= ?4"
    " AND EXISTS (SELECT 1 FROM leads l JOIN case_members m ON m.case_id = l.case_id AND m.member_id = ?1"
    " WHERE l.face = s.record AND l.verdict IS NOT NULL)"
)


class TooMuchReadError(Refused):
    """Seeing this would reach the share; nothing of it was released.

    `is_browsing` says that half the share was seen before: it is not only one request that asked for too much.
    """

    def __init__(self, collection: int, limit: int, seen: int) -> None:
        left = max(0, limit - seen)
        message = (
            f"nobody sees more than {limit} undecided records of this collection in a while; {left} are left to you,"
            " and the operator can allow more"
        )
        details: dict[str, str | int] = {"exhausted": "reading", "limit": limit, "left": left}
        super().__init__(Code.BUDGET_EXHAUSTED, message, details=details)
        self.collection = collection
        self.limit = limit
        self.is_browsing = 2 * seen >= limit


def limit_of(faces: int, share: float) -> int:
    """The most records of a collection of `faces` that one member sees: always less than the share, unless small."""
    return SMALL_LIMIT if faces < SMALL else ceil(faces * share) - 1


def see(  # noqa: PLR0917  who, what, of how many
    database: Database, member_id: str, collection: int, faces: int, records: Iterable[int], settings: SignalSettings
) -> None:
    """Inside a transaction: these records are seen.

    Raises
    ------
    TooMuchReadError
        They would be more than the member's share; the transaction must not be committed.
    """
    new = _unseen(database, member_id, collection, set(records), _first_day(settings))
    if not new or _has_leave(database, member_id, collection):
        return
    limit, is_small = limit_of(faces, settings.reading_share), faces < SMALL
    counted = (member_id, collection, _first_day(settings), is_small)
    seen = _number(database, f"{_COUNT} AND was_small <= ?4", *counted)
    if seen + len(new) > limit:
        seen -= _number(database, _DECIDED, *counted)
    if seen + len(new) > limit:
        raise TooMuchReadError(collection, limit, seen)
    rows = [(member_id, collection, record, clock.day_number(), is_small) for record in new]
    database.run_many("INSERT OR REPLACE INTO sightings VALUES (?, ?, ?, ?, ?)", rows)


def note_own(database: Database, member_id: str, collection: int, count: int) -> None:
    """Inside the transaction that enrolled them: the newest faces of a collection are of photos this member brought."""
    database.run(
        "INSERT OR REPLACE INTO sightings SELECT ?1, collection, number, ?3, ?5 FROM faces WHERE collection = ?2"
        " ORDER BY number DESC LIMIT ?4",
        member_id, collection, clock.day_number(), count, _OWN,
    )  # fmt: skip


def is_any_new(
    database: Database, member_id: str, collection: int, records: Collection[int], settings: SignalSettings
) -> bool:
    """Whether seeing these records would be something to write down."""
    return bool(_unseen(database, member_id, collection, set(records), _first_day(settings)))


def records_of(database: Database, cells: Sequence[Cell]) -> dict[int, set[int]]:
    """What these cells show, by collection; those that are not there show nothing."""
    found: dict[int, set[int]] = {}
    for cell in cells:
        row = database.row("SELECT collection, kind, owner FROM cell_keys WHERE cell_id = ?", cell.cell_id)
        if row is not None:
            found.setdefault(row[0], set()).update(_shown(database, cell.cell_id, CellKind(row[1]), row[2]))
    return found


def allow(database: Database, member_id: str, collection: int, ends_at: str) -> None:
    """Inside a transaction: let a member read a collection without being counted, until a time."""
    database.run("INSERT OR REPLACE INTO reading_leaves VALUES (?, ?, ?)", member_id, collection, ends_at)


def begin_anew(database: Database, member_id: str) -> None:
    """Inside a transaction: two people have looked into what this member saw."""
    database.run("DELETE FROM sightings WHERE member_id = ?", member_id)


def forget_old(database: Database, settings: SignalSettings) -> None:
    """Inside a transaction: drop what counts no more."""
    database.run("DELETE FROM sightings WHERE day <= ?", _first_day(settings))
    database.run("DELETE FROM reading_leaves WHERE ends_at <= ?", clock.timestamp())


_COUNT = "SELECT count(*) FROM sightings WHERE member_id = ?1 AND collection = ?2 AND day > ?3"


def _unseen(database: Database, member_id: str, collection: int, records: set[int], since: int) -> set[int]:
    sql = (
        "SELECT record FROM sightings WHERE member_id = ? AND collection = ? AND day > ?"
        " AND record IN (SELECT value FROM json_each(?))"
    )
    return records - {one for (one,) in database.rows(sql, member_id, collection, since, listed(records))}


def _shown(database: Database, cell_id: str, kind: CellKind, owner: int) -> set[int]:
    """The faces that a cell shows: every one on a whole photo, and one for a person's name."""
    match kind:
        case CellKind.TEMPLATE:
            return set()
        case CellKind.PHOTO:
            return {face for (face,) in database.rows("SELECT number FROM faces WHERE photo_cell = ?", cell_id)}
        case CellKind.PERSON:
            (face,) = database.row("SELECT min(number) FROM faces WHERE person = ?", owner) or (None,)
            return {-owner if face is None else face}
        case _:
            return {owner}


def _has_leave(database: Database, member_id: str, collection: int) -> bool:
    sql = "SELECT 1 FROM reading_leaves WHERE member_id = ? AND collection = ? AND ends_at > ?"
    return database.row(sql, member_id, collection, clock.timestamp()) is not None


def _first_day(settings: SignalSettings) -> int:
    """The last day that counts no more."""
    return clock.day_number() - settings.reading_days


def _number(database: Database, sql: str, *values: object) -> int:
    (found,) = database.row(sql, *values) or (0,)
    return int(found)
