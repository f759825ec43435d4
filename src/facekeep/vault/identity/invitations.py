"""Invitations: a code for one person, once, for a while. Whoever brings it becomes a member with its roles."""

from collections.abc import Iterable
from dataclasses import dataclass

from facekeep.errors import BadInput, Code, Refused
from facekeep.terms import Role
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database, Row
from facekeep.vault.identity import callers, codes

KIND = "fi"
LONGEST_HOURS = 14 * 24
_OPEN = (
    "SELECT rowid, invitation_id, name, roles, invited_by, created_at, expires_at, org_id FROM invitations"
    " WHERE ended_at IS NULL AND expires_at > ?"
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that is neither used, withdrawn nor expired."""

    number: int
    invitation_id: str
    name: str
    roles: frozenset[Role]
    invited_by: str
    created_at: str
    expires_at: str
    org_id: str


def make(  # noqa: PLR0917  a row's fields, in order
    database: Database, digest_key: bytes, org_id: str, name: str, roles: Iterable[Role], invited_by: str, hours: int
) -> codes.Code:
    """A new invitation, to be shown once. Inside a transaction. `hours` is 1 to `LONGEST_HOURS`."""
    made = codes.fresh(KIND)
    database.run(
        "INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        made.name,
        org_id,
        name,
        callers.written(roles),
        codes.digest(digest_key, made.text),
        invited_by,
        timestamp(),
        timestamp(hours=hours),
    )
    return made


def find(database: Database, digest_key: bytes, untrusted_code: str) -> Invitation:
    """The invitation of a code. Raises Refused `unauthenticated`, the same for every kind of wrong one."""
    name = codes.name_of(KIND, untrusted_code)
    row = database.row("SELECT digest FROM invitations WHERE invitation_id = ?", name)
    right = codes.matches(digest_key, untrusted_code, row[0] if row else None)
    found = database.row(f"{_OPEN} AND invitation_id = ?", timestamp(), name)
    if not right or found is None:
        raise Refused(Code.UNAUTHENTICATED, "the invitation is unknown, used or expired")
    return _invitation(found)


def page(database: Database, org_id: str, after: int, limit: int) -> list[Invitation]:
    """Open invitations of an organization, oldest first, after row number `after`."""
    sql = f"{_OPEN} AND org_id = ? AND rowid > ? ORDER BY rowid LIMIT ?"
    return [_invitation(row) for row in database.rows(sql, timestamp(), org_id, after, limit)]


def end(database: Database, org_id: str, invitation_id: str) -> None:
    """Use or withdraw an invitation. Inside a transaction. Raises BadInput `not_found` unless it is open."""
    found = database.row(f"{_OPEN} AND invitation_id = ? AND org_id = ?", timestamp(), invitation_id, org_id)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such open invitation")
    database.run("UPDATE invitations SET ended_at = ? WHERE invitation_id = ?", timestamp(), invitation_id)


def _invitation(row: Row) -> Invitation:
    number, invitation_id, name, roles, invited_by, created_at, expires_at, org_id = row
    return Invitation(number, invitation_id, name, callers.read(roles), invited_by, created_at, expires_at, org_id)
