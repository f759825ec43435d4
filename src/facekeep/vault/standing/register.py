"""The standing searches of an organization. Another organization's, and one not for the caller's eyes, is not found."""

from dataclasses import dataclass, field

from facekeep.errors import BadInput, Code, Refused
from facekeep.vault import clock
from facekeep.vault.cases.approvals import DECIDERS
from facekeep.vault.cases.register import oversees
from facekeep.vault.database import Database, Row
from facekeep.vault.identity import Caller
from facekeep.vault.keys import derive, fresh_id, unwrap, wrap

MOST_A_CASE = 20
MOST_AN_ORGANIZATION = 200
_SELECT = (
    "SELECT number, standing_id, org_id, case_id, wrapped_reason, score_floor, created_by, asking_person, created_at,"
    " expires_at, approved_by, approved_at, ended_at, ended_because, withheld FROM standing_searches"
)
_MINE = "case_id IN (SELECT case_id FROM case_members WHERE member_id = ?)"


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing search, the `number`th that ever was. `collections` are row numbers."""

    number: int
    standing_id: str
    org_id: str
    case_id: str
    reason: str
    score_floor: float | None
    created_by: str
    asking_person: str
    created_at: str
    expires_at: str
    approved_by: str | None
    approved_at: str | None
    ended_at: str | None
    ended_because: str | None
    withheld: int
    collections: tuple[int, ...]

    @property
    def status(self) -> str:
        """What it is: waiting, active or ended."""
        if self.ended_at is not None:
            return "ended"
        return "waiting" if self.approved_at is None else "active"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a standing search is to be. `collections` are row numbers; `probe` float32 (D,), kept out of `repr`."""

    case_id: str
    collections: tuple[int, ...]
    probe: bytes = field(repr=False)
    reason: str
    score_floor: float | None
    expires_at: str


class Searches:
    """Reads and writes standing searches; probes and reasons are sealed under keys of the organization's."""

    def __init__(self, database: Database, org_key: bytes) -> None:
        self._database = database
        self._reasons_key = derive(org_key, "standing searches")
        self._probes_key = derive(org_key, "standing probes")

    def add(self, caller: Caller, asked: Asked) -> str:
        """A new one, waiting for approval; returns its id. Inside a transaction. Raises BadInput `conflict`."""
        self._refuse_when_many(caller.org_id, asked.case_id)
        standing_id = fresh_id("sts")
        number = self._database.run(
            "INSERT INTO standing_searches (standing_id, org_id, case_id, wrapped_probe, wrapped_reason, score_floor,"
            " created_by, asking_person, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            standing_id,
            caller.org_id,
            asked.case_id,
            wrap(self._probes_key, asked.probe, standing_id),
            wrap(self._reasons_key, asked.reason.encode(), standing_id),
            asked.score_floor,
            caller.member_id,
            caller.person,
            clock.timestamp(),
            asked.expires_at,
        )
        rows = [(number, collection, 0) for collection in asked.collections]
        self._database.run_many("INSERT INTO standing_collections VALUES (?, ?, ?)", rows)
        return standing_id

    def seen(self, caller: Caller, standing_id: str) -> Standing:
        """One that the caller may decide, oversees, or that is of one of their cases. Raises BadInput `not_found`."""
        narrowed, values = _narrowed(caller)
        sql = f"{_SELECT} WHERE org_id = ? AND standing_id = ?{narrowed}"
        return self._found(self._database.row(sql, caller.org_id, standing_id, *values))

    def own(self, caller: Caller, standing_id: str) -> Standing:
        """One of a case that the caller is a member of. Raises BadInput `not_found`."""
        sql = f"{_SELECT} WHERE org_id = ? AND standing_id = ? AND {_MINE}"
        return self._found(self._database.row(sql, caller.org_id, standing_id, caller.member_id))

    def by_number(self, number: int) -> Standing:
        """One by its row number, for the vault's own work. Raises BadInput `not_found`."""
        return self._found(self._database.row(f"{_SELECT} WHERE number = ?", number))

    def page(self, caller: Caller, case_id: str, after: int, limit: int) -> list[Standing]:
        """Those that the caller sees, of one case or of all, oldest first, after row number `after`."""
        narrowed, values = _narrowed(caller)
        sql = f"{_SELECT} WHERE org_id = ? AND number > ? AND (?3 = '' OR case_id = ?3){narrowed}"
        found = self._database.rows(
            f"{sql} ORDER BY number LIMIT ?", caller.org_id, after, case_id, *values, limit
        )
        return [self._standing(row) for row in found]

    def probe(self, standing: Standing) -> bytes:
        """The probe, float32 (D,), of one that has not ended."""
        row = self._database.row("SELECT wrapped_probe FROM standing_searches WHERE number = ?", standing.number)
        if row is None or row[0] is None:
            raise BadInput(Code.NOT_FOUND, "no such standing search")
        return unwrap(self._probes_key, row[0], standing.standing_id)

    def approve(self, caller: Caller, standing: Standing) -> None:
        """Let it begin, with the faces that are enrolled from now on. Inside a transaction.

        Raises
        ------
        Refused
            `forbidden`: the caller is the person who asked, by whatever key.
        BadInput
            `conflict`: it is active or ended already.
        """
        if caller.person == standing.asking_person:
            raise Refused(Code.FORBIDDEN, "a second person must approve; you asked for this yourself")
        if standing.status != "waiting":
            raise BadInput(Code.CONFLICT, f"this standing search is {standing.status} already")
        self._database.run(
            "UPDATE standing_searches SET approved_by = ?, approved_at = ? WHERE number = ?",
            caller.member_id,
            clock.timestamp(),
            standing.number,
        )
        self._database.run(
            "UPDATE standing_collections SET compared_through ="
            " (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'faces') WHERE standing = ?",
            standing.number,
        )

    def _refuse_when_many(self, org_id: str, case_id: str) -> None:
        counted = self._database.row(
            "SELECT count(*), coalesce(sum(case_id = ?), 0) FROM standing_searches"
            " WHERE org_id = ? AND ended_at IS NULL",
            case_id,
            org_id,
        )
        in_all, in_case = counted or (0, 0)
        if in_case >= MOST_A_CASE or in_all >= MOST_AN_ORGANIZATION:
            text = f"at most {MOST_A_CASE} standing searches a case and {MOST_AN_ORGANIZATION} in all; end some first"
            raise BadInput(Code.CONFLICT, text)

    def _found(self, row: Row | None) -> Standing:
        if row is None:
            raise BadInput(Code.NOT_FOUND, "no such standing search")
        return self._standing(row)

    def _standing(self, row: Row) -> Standing:
        number, standing_id, org_id, case_id, wrapped_reason, *rest = row
        reason = unwrap(self._reasons_key, wrapped_reason, standing_id).decode()
        facts = (number, standing_id, org_id, case_id, reason, *rest, self._collections(number))
        return Standing(*facts)

    def _collections(self, number: int) -> tuple[int, ...]:
        sql = "SELECT collection FROM standing_collections WHERE standing = ? ORDER BY collection"
        return tuple(collection for (collection,) in self._database.rows(sql, number))


def end(database: Database, number: int, because: str) -> None:
    """End one for good, and destroy its probe. Inside a transaction; the caller folds the write-ahead log after it."""
    database.run(
        "UPDATE standing_searches SET ended_at = ?, ended_because = ?, wrapped_probe = NULL"
        " WHERE number = ? AND ended_at IS NULL",
        clock.timestamp(),
        because,
        number,
    )


def _narrowed(caller: Caller) -> tuple[str, tuple[str, ...]]:
    if caller.roles & DECIDERS or oversees(caller):
        return "", ()
    return f" AND {_MINE}", (caller.member_id,)
