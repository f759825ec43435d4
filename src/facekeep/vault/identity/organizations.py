"""Organizations: made, listed and shredded by an operator at the vault's own door, and by nobody else."""

from dataclasses import dataclass

from facekeep.errors import BadInput, Code
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database
from facekeep.vault.standing import erasing

_TABLES = (
    "leads", "lead_finders", "lead_decisions", "lead_reveals",
    "cases", "case_members", "approvals", "spendings", "usage", "probe_sketches",
    "freezes", "freeze_words", "invitations", "answers", "log_places", "carried_keys", "members", "organizations",
)  # fmt: skip
CUSTOMERS = "organizations WHERE org_id NOT IN (SELECT name FROM canary_names)"
"""Organizations, decoys not among them; to be followed by ORDER or AND."""

_BY_MEMBER = (
    ("sightings", "member_id"), ("reading_leaves", "member_id"), ("known_clients", "member_id"), ("tallies", "subject"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Organization:
    """One organization and how many live members it has."""

    number: int
    org_id: str
    name: str
    created_at: str
    members: int


def page(database: Database, after: int, limit: int) -> list[Organization]:
    """Organizations, oldest first, after row number `after`; -1 for no limit. Decoys are not among them."""
    sql = (
        "SELECT o.rowid, o.org_id, o.name, o.created_at,"
        " (SELECT count(*) FROM members m WHERE m.org_id = o.org_id AND m.removed_at IS NULL)"
        " FROM organizations o WHERE o.rowid > ? AND o.org_id NOT IN (SELECT name FROM canary_names)"
        " ORDER BY o.rowid LIMIT ?"
    )
    return [Organization(*row) for row in database.rows(sql, after, limit)]


def add(database: Database, org_id: str, name: str, wrapped_key: bytes) -> None:
    """One more organization with its own key. Inside a transaction. Raises BadInput `conflict` for a name in use."""
    if database.row("SELECT 1 FROM organizations WHERE name = ?", name):
        raise BadInput(Code.CONFLICT, "there is an organization of that name")
    database.run(
        "INSERT INTO organizations (org_id, name, wrapped_key, created_at) VALUES (?, ?, ?, ?)",
        org_id,
        name,
        wrapped_key,
        timestamp(),
    )


def shred(database: Database, org_id: str) -> None:
    """Destroy an organization's key with everything that names it. Inside a transaction; its galleries go before."""
    for table, column in _BY_MEMBER:
        database.run(
            f"DELETE FROM {table} WHERE {column} IN (SELECT member_id FROM members WHERE org_id = ?)",  # noqa: S608
            org_id,
        )
    database.run("DELETE FROM tallies WHERE subject IN (SELECT case_id FROM cases WHERE org_id = ?)", org_id)
    database.run("DELETE FROM exposures WHERE principal IN (SELECT member_id FROM members WHERE org_id = ?)", org_id)
    database.run("DELETE FROM api_keys WHERE member_id IN (SELECT member_id FROM members WHERE org_id = ?)", org_id)
    erasing.erase_organization(database, org_id)
    for table in _TABLES:
        database.run(f"DELETE FROM {table} WHERE org_id = ?", org_id)  # noqa: S608  one of some constants
    database.run("DELETE FROM accounts WHERE account_id NOT IN (SELECT account_id FROM members WHERE account_id <> '')")
    for table in ("passkeys", "passwords"):
        database.run(f"DELETE FROM {table} WHERE account_id NOT IN (SELECT account_id FROM accounts)")  # noqa: S608  as above


def name_of(database: Database, org_id: str) -> str:
    """The name of an organization. Raises BadInput `not_found`."""
    found = database.row("SELECT name FROM organizations WHERE org_id = ?", org_id)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such organization")
    return str(found[0])
