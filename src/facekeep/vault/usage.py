"""What an organization used, by day and kind: for its own admins and auditors, and for nobody else.

A probe counts when its candidates are released, a pair when its score is, a face when it is live; each in the step
that makes it so. What was refused or failed is not counted.
"""

from facekeep.vault.clock import day_number
from facekeep.vault.database import Database

SEARCHES, VERIFICATIONS, ENROLLMENTS, EVALUATION = "searches", "verifications", "enrollments", "evaluation_searches"
DAYS_KEPT = 3 * 366


def count(database: Database, org_id: str, kind: str, amount: int) -> None:
    """Inside a transaction: count so much of a kind for today."""
    if amount:
        database.run(
            "INSERT INTO usage VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            org_id,
            day_number(),
            kind,
            amount,
        )


def days(database: Database, org_id: str, first: int, last: int) -> dict[int, dict[str, int]]:
    """What was used on the days from `first` to `last`, both included, by kind; days without use are left out."""
    found: dict[int, dict[str, int]] = {}
    sql = "SELECT day, kind, count FROM usage WHERE org_id = ? AND day BETWEEN ? AND ? ORDER BY day"
    for day, kind, amount in database.rows(sql, org_id, first, last):
        found.setdefault(day, {})[kind] = amount
    return found


def forget_old(database: Database) -> None:
    """Inside a transaction: drop what is older than three years."""
    database.run("DELETE FROM usage WHERE day < ?", first_day_kept())


def first_day_kept() -> int:
    """The first day that is still kept."""
    return day_number() - DAYS_KEPT
