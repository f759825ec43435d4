"""The cases of an organization. Another organization's, and one that is not for the caller's eyes, is not found."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from facekeep.errors import BadInput, Code, Refused
from facekeep.terms import Role
from facekeep.vault import clock
from facekeep.vault.database import Database, Row
from facekeep.vault.identity import Caller
from facekeep.vault.keys import derive, fresh_id, unwrap, wrap

OVERSEERS = frozenset({Role.ADMIN, Role.AUDITOR, Role.PRIVACY_OFFICER})
MOST_MEMBERS = 100
_CASE = (
    "SELECT number, case_id, org_id, wrapped_facts, created_by, created_at, ends_at, searches_a_day FROM cases"
    " WHERE org_id = ?"
)
_MINE = "case_id IN (SELECT case_id FROM case_members WHERE member_id = ?)"


class CaseFacts(msgspec.Struct, frozen=True, array_like=True):
    """What is written down of a case when it is created."""

    purpose: str
    legal_basis: str
    reference: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case, the `number`th that ever was. Over at `ends_at`; `searches_a_day` None leaves it to the rules."""

    number: int
    case_id: str
    org_id: str
    facts: CaseFacts
    created_by: str
    created_at: str
    ends_at: str
    searches_a_day: int | None
    members: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether it was neither closed nor has expired."""
        return clock.timestamp() < self.ends_at


class Register:
    """Reads and writes cases; texts are sealed under a key of the organization's."""

    def __init__(self, database: Database, org_key: bytes) -> None:
        self.database = database
        self._key = derive(org_key, "cases")

    def add(
        self, caller: Caller, facts: CaseFacts, members: Iterable[str], ends_at: str, searches_a_day: int | None
    ) -> str:
        """A new case; returns its id. Inside a transaction."""
        case_id = fresh_id("cas")
        self.database.run(
            "INSERT INTO cases (case_id, org_id, wrapped_facts, created_by, created_at, ends_at, searches_a_day)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            case_id,
            caller.org_id,
            wrap(self._key, msgspec.msgpack.encode(facts), case_id),
            caller.member_id,
            clock.timestamp(),
            ends_at,
            searches_a_day,
        )
        self.add_members(caller.org_id, case_id, members)
        return case_id

    def by_id(self, org_id: str, case_id: str) -> Case:
        """A case of the organization, whoever may see it. Raises BadInput `not_found`."""
        return self._found(self.database.row(f"{_CASE} AND case_id = ?", org_id, case_id))

    def own(self, caller: Caller, case_id: str) -> Case:
        """A case that the caller is a member of. Raises BadInput `not_found`."""
        row = self.database.row(f"{_CASE} AND case_id = ? AND {_MINE}", caller.org_id, case_id, caller.member_id)
        return self._found(row)

    def seen(self, caller: Caller, case_id: str) -> Case:
        """A case that the caller is a member of or oversees. Raises BadInput `not_found`."""
        if not oversees(caller):
            return self.own(caller, case_id)
        return self.by_id(caller.org_id, case_id)

    def changeable(self, caller: Caller, case_id: str) -> Case:
        """An open case that the caller may change.

        Raises
        ------
        BadInput
            `not_found`, for one that is not for the caller's eyes.
        Refused
            `forbidden` for anybody but its creator and an admin; `case_closed` when it is over.
        """
        case = self.seen(caller, case_id)
        if caller.member_id != case.created_by and Role.ADMIN not in caller.roles:
            raise Refused(Code.FORBIDDEN, "only who created a case, or an admin, may change it")
        refuse_when_over(case)
        return case

    def page(self, caller: Caller, after: int, limit: int) -> list[Case]:
        """The cases that the caller sees, oldest first, after row number `after`."""
        narrowed = (f" AND {_MINE}", (caller.member_id,)) if not oversees(caller) else ("", ())
        sql = f"{_CASE}{narrowed[0]} AND number > ? ORDER BY number LIMIT ?"
        return [self._case(row) for row in self.database.rows(sql, caller.org_id, *narrowed[1], after, limit)]

    def set_end(self, case_id: str, ends_at: str, closed_by: str | None = None) -> None:
        """Another end of a case, or its closing. Inside a transaction."""
        self.database.run("UPDATE cases SET ends_at = ?, closed_by = ? WHERE case_id = ?", ends_at, closed_by, case_id)

    def set_limit(self, case_id: str, searches_a_day: int) -> None:
        """Another limit. Inside a transaction."""
        self.database.run("UPDATE cases SET searches_a_day = ? WHERE case_id = ?", searches_a_day, case_id)

    def add_members(self, org_id: str, case_id: str, members: Iterable[str]) -> None:
        """More members; who is one already stays one. Inside a transaction. Raises BadInput `invalid_request`."""
        rows = [(case_id, member_id, org_id) for member_id in members]
        self.database.run_many("INSERT OR IGNORE INTO case_members VALUES (?, ?, ?)", rows)
        if len(self._members(case_id)) > MOST_MEMBERS:
            raise BadInput(Code.INVALID_REQUEST, f"a case has at most {MOST_MEMBERS} members")

    def remove_members(self, case_id: str, members: Iterable[str]) -> None:
        """Fewer members. Inside a transaction."""
        rows = [(case_id, member_id) for member_id in members]
        self.database.run_many("DELETE FROM case_members WHERE case_id = ? AND member_id = ?", rows)

    def _found(self, row: Row | None) -> Case:
        if row is None:
            raise BadInput(Code.NOT_FOUND, "no such case")
        return self._case(row)

    def _case(self, row: Row) -> Case:
        number, case_id, org_id, wrapped, created_by, created_at, ends_at, searches_a_day = row
        facts = msgspec.msgpack.decode(unwrap(self._key, wrapped, case_id), type=CaseFacts)
        members = self._members(case_id)
        return Case(number, case_id, org_id, facts, created_by, created_at, ends_at, searches_a_day, members)

    def _members(self, case_id: str) -> tuple[str, ...]:
        rows = self.database.rows("SELECT member_id FROM case_members WHERE case_id = ?", case_id)
        return tuple(member_id for (member_id,) in rows)


def oversees(caller: Caller) -> bool:
    """Whether the caller sees every case of the organization, though not what only its members should read."""
    return bool(caller.roles & OVERSEERS)


def refuse_when_over(case: Case) -> None:
    """Raise Refused `case_closed` for a case that was closed or has expired."""
    if not case.is_open:
        raise Refused(Code.CASE_CLOSED, "this case is closed or has expired; nothing is searched in it any more")
