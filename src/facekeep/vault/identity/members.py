"""Members: people and programs in one organization. Another organization's are not found."""

from collections.abc import Iterable
from dataclasses import dataclass

from facekeep.errors import BadInput, Code, Refused
from facekeep.terms import Role
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database, Row
from facekeep.vault.identity import callers
from facekeep.vault.keys import fresh_id

_MEMBER = (
    "SELECT rowid, member_id, name, roles, account_id, created_at FROM members WHERE org_id = ? AND removed_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Member:
    """A live member, the `number`th that ever was. `account_id` is None for a program that has API keys alone."""

    number: int
    member_id: str
    name: str
    roles: frozenset[Role]
    account_id: str | None
    created_at: str


def add(database: Database, org_id: str, name: str, roles: Iterable[Role], account_id: str | None = None) -> str:
    """A new member; returns the id. Inside a transaction. Raises BadInput `conflict` for an account that is in."""
    taken = "SELECT 1 FROM members WHERE org_id = ? AND account_id = ? AND removed_at IS NULL"
    if account_id is not None and database.row(taken, org_id, account_id):
        raise BadInput(Code.CONFLICT, "this person is a member already")
    member_id = fresh_id("mem")
    database.run(
        "INSERT INTO members (member_id, org_id, name, roles, account_id, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        member_id,
        org_id,
        name,
        callers.written(roles),
        account_id,
        timestamp(),
    )
    return member_id


def by_id(database: Database, org_id: str, member_id: str) -> Member:
    """A live member of this organization. Raises BadInput `not_found`, for another's too."""
    found = database.row(f"{_MEMBER} AND member_id = ?", org_id, member_id)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such member")
    return _member(found)


def page(database: Database, org_id: str, after: int, limit: int) -> list[Member]:
    """Live members, oldest first, after row number `after`."""
    found = database.rows(f"{_MEMBER} AND rowid > ? ORDER BY rowid LIMIT ?", org_id, after, limit)
    return [_member(row) for row in found]


def set_roles(database: Database, org_id: str, member_id: str, roles: Iterable[Role]) -> None:
    """Change what a member may do. Inside a transaction. Raises Refused `forbidden` for the last admin's own end."""
    by_id(database, org_id, member_id)
    database.run("UPDATE members SET roles = ? WHERE member_id = ?", callers.written(roles), member_id)
    _require_an_admin(database, org_id)


def remove(database: Database, org_id: str, member_id: str) -> None:
    """End a membership. Inside a transaction. Raises Refused `forbidden` for the last admin."""
    by_id(database, org_id, member_id)
    end(database, member_id)
    _require_an_admin(database, org_id)


def end(database: Database, member_id: str) -> None:
    """End a membership, also the last admin's, as only the operator may. Inside a transaction."""
    database.run("UPDATE members SET removed_at = ? WHERE member_id = ?", timestamp(), member_id)


def _require_an_admin(database: Database, org_id: str) -> None:
    rows = database.rows("SELECT roles FROM members WHERE org_id = ? AND removed_at IS NULL", org_id)
    if not any(Role.ADMIN in callers.read(roles) for (roles,) in rows):
        raise Refused(Code.FORBIDDEN, "an organization keeps one admin at least; an operator at the vault can add one")


def _member(row: Row) -> Member:
    number, member_id, name, roles, account_id, created_at = row
    return Member(number, member_id, name, callers.read(roles), account_id, created_at)
