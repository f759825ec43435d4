"""By what kind of client a member comes: a keyed digest of a coarse class that the server names, and no address."""

import hmac

from facekeep.vault.database import Database


def is_new(database: Database, key: bytes, member_id: str, client_class: str, today: int) -> bool:
    """Whether a member who came before today comes by a kind of client they never used."""
    client = _digest(key, member_id, client_class)
    known = database.rows("SELECT client, first_day FROM known_clients WHERE member_id = ?", member_id)
    return client not in {one for one, _ in known} and any(day < today for _, day in known)


def is_known(database: Database, key: bytes, member_id: str, client_class: str) -> bool:
    """Whether there is nothing to remember."""
    sql = "SELECT 1 FROM known_clients WHERE member_id = ? AND client = ?"
    return database.row(sql, member_id, _digest(key, member_id, client_class)) is not None


def remember(database: Database, key: bytes, member_id: str, client_class: str, today: int) -> None:
    """Inside a transaction: it is known from now on."""
    client = _digest(key, member_id, client_class)
    database.run("INSERT OR IGNORE INTO known_clients VALUES (?, ?, ?)", member_id, client, today)


def _digest(key: bytes, member_id: str, client_class: str) -> bytes:
    return hmac.digest(key, f"client/{member_id}/{client_class}".encode(), "sha256")[:8]
