"""Accounts: people who sign in. One person has one account, and a membership in each of their organizations."""

from dataclasses import dataclass

from facekeep.errors import BadInput, Code
from facekeep.terms import Role
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database, Row
from facekeep.vault.identity import callers, rules
from facekeep.vault.identity.callers import Way

_MEMBERSHIP = (
    "SELECT m.org_id, o.name, m.member_id, m.roles FROM members m JOIN organizations o USING (org_id)"
    " WHERE m.removed_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Membership:
    """One live membership of an account."""

    org_id: str
    organization: str
    member_id: str
    roles: frozenset[Role]


def add(database: Database, account_id: str, name: str) -> None:
    """A new account. Inside a transaction."""
    database.run("INSERT INTO accounts VALUES (?, ?, ?)", account_id, name, timestamp())


def of_member(database: Database, member_id: str) -> Membership:
    """The membership of a live member. Raises BadInput `not_found`."""
    row = database.row(f"{_MEMBERSHIP} AND m.member_id = ?", member_id)
    if row is None:
        raise BadInput(Code.NOT_FOUND, "no such member")
    return _membership(row)


def name_of(database: Database, account_id: str) -> str:
    """What the person is called, empty where there is no such account."""
    found = database.row("SELECT name FROM accounts WHERE account_id = ?", account_id)
    return str(found[0]) if found else ""


def memberships(database: Database, account_id: str, way: Way) -> list[Membership]:
    """Live memberships that this way of signing in is good for, oldest first."""
    rows = database.rows(f"{_MEMBERSHIP} AND m.account_id = ? ORDER BY m.rowid", account_id)
    found = [_membership(row) for row in rows]
    return [one for one in found if way is Way.PASSKEY or rules.load(database, one.org_id).password_sign_in]


def _membership(row: Row) -> Membership:
    org_id, organization, member_id, roles = row
    return Membership(org_id, organization, member_id, callers.read(roles))
