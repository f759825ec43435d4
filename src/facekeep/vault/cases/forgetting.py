"""Forgetting what was kept of cases, budgets and probes, once its time has come. Part of the vault's own ticks."""

from facekeep.vault import clock, sketches, usage
from facekeep.vault.budgets import forget_before
from facekeep.vault.database import Database
from facekeep.vault.identity import rules
from facekeep.vault.incidents.register import is_frozen
from facekeep.vault.journal import Journal
from facekeep.vault.review.forgetting import forget_of_case
from facekeep.vault.standing import erasing

_AT_ONCE = 100


def sweep(database: Database, journal: Journal) -> int:
    """Forget the cases whose retention is over, each after an entry that says so; returns how many.

    Spendings of past days, sketches older than their window and usage older than its years go at the same time. While
    an incident is open nothing goes.
    """
    if is_frozen(database):
        return 0
    due = _due(database)
    for case_id, org_id in due:
        journal.write(org_id, "keep", "case.forgotten", "done", {"case": case_id})
    if due or _has_old_counts(database):
        with database.transaction():
            for case_id, _ in due:
                forget_case(database, case_id)
            forget_before(database, clock.day_number())
            sketches.forget_old(database)
            usage.forget_old(database)
            journal.save_anchor()
    if due:
        database.forget_old_pages()
    return len(due)


def forget_case(database: Database, case_id: str) -> None:
    """Inside a transaction: everything that is kept of a case."""
    forget_of_case(database, case_id)
    erasing.erase_case(database, case_id)
    for table in ("case_members", "approvals", "cases"):
        database.run(f"DELETE FROM {table} WHERE case_id = ?", case_id)  # noqa: S608  one of three constants
    database.run("DELETE FROM spendings WHERE scope = 'case' AND subject = ?", case_id)


def _due(database: Database) -> list[tuple[str, str]]:
    """Cases that ended longer ago than their organization keeps them."""
    ended = database.rows("SELECT case_id, org_id, ends_at FROM cases WHERE ends_at <= ?", clock.timestamp())
    last = {org_id: _latest_end(database, org_id) for org_id in {org_id for _, org_id, _ in ended}}
    return [(case_id, org_id) for case_id, org_id, ends_at in ended if ends_at <= last[org_id]][:_AT_ONCE]


def _latest_end(database: Database, org_id: str) -> str:
    return clock.timestamp(days=-rules.load(database, org_id).case_retention_days)


def _has_old_counts(database: Database) -> bool:
    today = clock.day_number()
    return any(
        database.row(f"SELECT 1 FROM {table} WHERE day < ? LIMIT 1", first)  # noqa: S608  one of three constants
        for table, first in (
            ("spendings", today),
            ("probe_sketches", sketches.first_day_kept()),
            ("usage", usage.first_day_kept()),
        )
    )
