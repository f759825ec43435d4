"""When a standing search ends by itself: its time or its case is over, its owner is gone, nothing is left to search.

Looked at before every comparison and release, and by the vault's own ticks, which make the end lasting.
"""

from facekeep.errors import Code, FacekeepError
from facekeep.terms import Role
from facekeep.vault import clock
from facekeep.vault.database import Database
from facekeep.vault.identity import members
from facekeep.vault.journal import Journal
from facekeep.vault.standing import register

EXPIRED, CASE_OVER, OWNER_GONE, NOTHING_LEFT = "expired", "case_closed", "owner_left", "collections_forgotten"


def why_over(database: Database, number: int) -> str | None:
    """Why one that has not ended must end now; None while it may go on."""
    row = database.row(
        "SELECT org_id, case_id, created_by, expires_at FROM standing_searches WHERE number = ?", number
    )
    if row is None:
        return NOTHING_LEFT
    org_id, case_id, owner, expires_at = row
    if not _is_open(database, case_id):
        return CASE_OVER
    if clock.timestamp() >= expires_at:
        return EXPIRED
    if not _may_search(database, org_id, case_id, owner):
        return OWNER_GONE
    left = database.row("SELECT 1 FROM standing_collections WHERE standing = ?", number)
    return None if left else NOTHING_LEFT


def sweep(database: Database, journal: Journal) -> int:
    """End those that are over, each after an entry that says so; returns how many."""
    sql = "SELECT number, standing_id, org_id, case_id FROM standing_searches WHERE ended_at IS NULL ORDER BY number"
    due = [(row, why) for row in database.rows(sql) if (why := why_over(database, row[0])) is not None]
    for (_, standing_id, org_id, case_id), why in due:
        journal.write(org_id, "keep", "standing.ended", "done", {"standing": standing_id, "case": case_id, "why": why})
    if due:
        with database.transaction():
            for (number, *_), why in due:
                register.end(database, number, why)
            journal.save_anchor()
        database.forget_old_pages()
    return len(due)


def _is_open(database: Database, case_id: str) -> bool:
    return database.row("SELECT 1 FROM cases WHERE case_id = ? AND ends_at > ?", case_id, clock.timestamp()) is not None


def _may_search(database: Database, org_id: str, case_id: str, owner: str) -> bool:
    """Whether the owner is still an investigator of the organization and a member of the case."""
    try:
        member = members.by_id(database, org_id, owner)
    except FacekeepError as error:
        if error.code is not Code.NOT_FOUND:
            raise
        return False
    is_in = database.row("SELECT 1 FROM case_members WHERE case_id = ? AND member_id = ?", case_id, owner)
    return Role.INVESTIGATOR in member.roles and is_in is not None
