"""What must go with a face, a collection, a case or an organization. Every function runs inside a transaction."""

from facekeep.vault.database import Database


def erase_face(database: Database, face: int) -> None:
    """The hits that a forgotten face was, by its row number."""
    database.run("DELETE FROM standing_hits WHERE face = ?", face)


def erase_collection(database: Database, collection: int) -> None:
    """Hits in a collection, and its place in standing searches; before its faces go."""
    database.run("DELETE FROM standing_hits WHERE face IN (SELECT number FROM faces WHERE collection = ?)", collection)
    database.run("DELETE FROM standing_collections WHERE collection = ?", collection)


def erase_case(database: Database, case_id: str) -> None:
    """A case's standing searches with all they found, and what was to be delivered of them."""
    _erase_searches(database, "case_id", case_id)
    database.run("DELETE FROM deliveries WHERE case_id = ?", case_id)


def erase_organization(database: Database, org_id: str) -> None:
    """An organization's standing searches, webhooks and deliveries."""
    _erase_searches(database, "org_id", org_id)
    for table in ("deliveries", "webhooks"):
        database.run(f"DELETE FROM {table} WHERE org_id = ?", org_id)  # noqa: S608  one of two constants


def _erase_searches(database: Database, column: str, value: str) -> None:
    mine = f"SELECT number FROM standing_searches WHERE {column} = ?"  # noqa: S608  one of two constants
    for table in ("standing_hits", "standing_collections"):
        database.run(f"DELETE FROM {table} WHERE standing IN ({mine})", value)  # noqa: S608  one of two constants
    database.run(f"DELETE FROM standing_searches WHERE {column} = ?", value)  # noqa: S608  one of two constants
