"""Forgetting leads: with their case, with their face, with their collection. Inside the transaction of that."""

from facekeep.vault.database import Database


def forget_of_case(database: Database, case_id: str) -> None:
    """Every lead of a case."""
    _forget(database, "case_id = ?", case_id)


def forget_of_face(database: Database, face: int) -> None:
    """Every lead that a face is, in whichever case; what was decided of it goes too."""
    _forget(database, "face = ?", face)


def forget_of_collection(database: Database, collection: int) -> None:
    """Every lead that a face of a collection is, as long as its faces are still there."""
    _forget(database, "face IN (SELECT number FROM faces WHERE collection = ?)", collection)


def _forget(database: Database, which: str, value: object) -> None:
    for table in ("lead_finders", "lead_decisions", "lead_reveals"):
        sql = f"DELETE FROM {table} WHERE lead IN (SELECT number FROM leads WHERE {which})"  # noqa: S608  constants
        database.run(sql, value)
    database.run(f"DELETE FROM leads WHERE {which}", value)  # noqa: S608  one of three constants
