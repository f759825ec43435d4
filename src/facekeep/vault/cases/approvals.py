"""Approvals: a second person's word that a collection may be searched in a case. Nobody approves their own request."""

from dataclasses import dataclass

from facekeep.errors import BadInput, Code, Refused
from facekeep.terms import Role
from facekeep.vault import clock
from facekeep.vault.cases.register import oversees
from facekeep.vault.database import Database, Row
from facekeep.vault.identity import Caller
from facekeep.vault.keys import derive, fresh_id, unwrap, wrap

DECIDERS = frozenset({Role.ADMIN, Role.REVIEWER, Role.PRIVACY_OFFICER})
_APPROVAL = (
    "SELECT number, approval_id, case_id, collection_id, wrapped_reason, asked_by, asking_person, asked_at, expires_at,"
    " is_approved, decided_by, decided_at FROM approvals WHERE org_id = ?"
)
_MINE = "case_id IN (SELECT case_id FROM case_members WHERE member_id = ?)"


@dataclass(frozen=True, slots=True)
class Approval:
    """A request, the `number`th that ever was, and what became of it. `is_approved` is None until it is decided."""

    number: int
    approval_id: str
    case_id: str
    collection_id: str
    reason: str
    asked_by: str
    asking_person: str
    asked_at: str
    expires_at: str
    is_approved: bool | None
    decided_by: str | None
    decided_at: str | None

    @property
    def status(self) -> str:
        """What it is worth now: asked, approved, refused or expired."""
        if self.is_approved is False:
            return "refused"
        if clock.timestamp() >= self.expires_at:
            return "expired"
        return "asked" if self.is_approved is None else "approved"


class Approvals:
    """Reads and writes approvals; reasons are sealed under a key of the organization's."""

    def __init__(self, database: Database, org_key: bytes) -> None:
        self._database = database
        self._key = derive(org_key, "approvals")

    def ask(self, caller: Caller, case_id: str, collection_id: str, reason: str, hours: int) -> str:
        """A new request; returns its id. Inside a transaction. Raises BadInput `conflict` while one stands."""
        standing = self._database.row(
            "SELECT 1 FROM approvals WHERE case_id = ? AND collection_id = ? AND asking_person = ? AND expires_at > ?"
            " AND coalesce(is_approved, 1)",
            case_id,
            collection_id,
            caller.person,
            clock.timestamp(),
        )
        if standing is not None:
            raise BadInput(Code.CONFLICT, "you asked for this already; that request still stands")
        approval_id = fresh_id("apr")
        self._database.run(
            "INSERT INTO approvals (approval_id, org_id, case_id, collection_id, wrapped_reason, asked_by,"
            " asking_person, asked_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            approval_id,
            caller.org_id,
            case_id,
            collection_id,
            wrap(self._key, reason.encode(), approval_id),
            caller.member_id,
            caller.person,
            clock.timestamp(),
            clock.timestamp(hours=hours),
        )
        return approval_id

    def seen(self, caller: Caller, approval_id: str) -> Approval:
        """A request that the caller may decide, oversees, or that is of one of their cases. Raises `not_found`."""
        narrowed, values = _narrowed(caller)
        row = self._database.row(f"{_APPROVAL} AND approval_id = ?{narrowed}", caller.org_id, approval_id, *values)
        if row is None:
            raise BadInput(Code.NOT_FOUND, "no such request")
        return self._approval(row)

    def page(self, caller: Caller, after: int, limit: int) -> list[Approval]:
        """The requests that the caller sees, oldest first, after row number `after`."""
        narrowed, values = _narrowed(caller)
        sql = f"{_APPROVAL}{narrowed} AND number > ? ORDER BY number LIMIT ?"
        return [self._approval(row) for row in self._database.rows(sql, caller.org_id, *values, after, limit)]

    def decide(self, caller: Caller, approval: Approval, *, approved: bool, hours: int) -> None:
        """Approve or refuse. Inside a transaction.

        Raises
        ------
        Refused
            `forbidden`: the caller is the person who asked, by whatever key.
        BadInput
            `conflict`: it was decided before, or has expired.
        """
        if caller.person == approval.asking_person:
            raise Refused(Code.FORBIDDEN, "a second person must decide; you asked for this yourself")
        if approval.status != "asked":
            raise BadInput(Code.CONFLICT, f"this request is {approval.status} already")
        self._database.run(
            "UPDATE approvals SET is_approved = ?, decided_by = ?, deciding_person = ?, decided_at = ?, expires_at = ?"
            " WHERE approval_id = ?",
            int(approved),
            caller.member_id,
            caller.person,
            clock.timestamp(),
            clock.timestamp(hours=hours),
            approval.approval_id,
        )

    def _approval(self, row: Row) -> Approval:
        return Approval(
            number=row[0],
            approval_id=row[1],
            case_id=row[2],
            collection_id=row[3],
            reason=unwrap(self._key, row[4], row[1]).decode(),
            asked_by=row[5],
            asking_person=row[6],
            asked_at=row[7],
            expires_at=row[8],
            is_approved=None if row[9] is None else bool(row[9]),
            decided_by=row[10],
            decided_at=row[11],
        )


def stands(database: Database, caller: Caller, case_id: str, collection_id: str) -> bool:
    """Whether somebody else than the caller approved that this collection is searched in this case, for now."""
    found = database.row(
        "SELECT 1 FROM approvals WHERE case_id = ? AND collection_id = ? AND is_approved AND deciding_person <> ?"
        " AND expires_at > ?",
        case_id,
        collection_id,
        caller.person,
        clock.timestamp(),
    )
    return found is not None


def _narrowed(caller: Caller) -> tuple[str, tuple[str, ...]]:
    if caller.roles & DECIDERS or oversees(caller):
        return "", ()
    return f" AND {_MINE}", (caller.member_id,)
