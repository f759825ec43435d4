"""Keys that outlive what they were derived from: digests of API keys, sketches, cursors, keys of older log entries.

Such a key is derived from its owner's, an organization's key or the root key, until the first rotation. A rotation
writes it down, wrapped under the owner's new key: what was made with it stays good, and the old key can be destroyed.
Keys of log entries have generations: a rotation begins a new, random one, and the older ones open what is there.
"""

from collections.abc import Iterable

from facekeep.vault.database import Database
from facekeep.vault.keys import derive, fresh_key, unwrap, wrap

KEEP = ""  # the owner of keys that hang on the root key


def carried(database: Database, owner: str, owner_key: bytes, purpose: str) -> bytes:
    """The newest key of `owner`, an organization or `KEEP`, for `purpose`; 32 bytes."""
    return generations(database, owner, owner_key, purpose)[-1][1]


def generations(database: Database, owner: str, owner_key: bytes, purpose: str) -> list[tuple[int, bytes]]:
    """Every key of `owner` for `purpose` with the first log entry that it is for, oldest first; never empty."""
    sql = "SELECT since, wrapped_key FROM carried_keys WHERE org_id = ? AND purpose = ? ORDER BY since"
    wrapping = _wrapping(owner_key)
    rows = database.rows(sql, owner, purpose)
    kept = [(since, unwrap(wrapping, wrapped, _context(owner, purpose, since))) for since, wrapped in rows]
    return kept or [(0, derive(owner_key, purpose))]


def carry(database: Database, owner: str, old_key: bytes, new_key: bytes, purposes: Iterable[str]) -> None:
    """Inside a transaction: make every key of these purposes hang on the owner's new key, whatever the old one was."""
    for purpose in purposes:
        for since, key in generations(database, owner, old_key, purpose):
            wrapped = wrap(_wrapping(new_key), key, _context(owner, purpose, since))
            _keep(database, owner, purpose, since, wrapped)


def begin_generation(database: Database, owner: str, owner_key: bytes, purpose: str, since: int) -> None:
    """Inside a transaction: a fresh key from log entry `since` on."""
    wrapped = wrap(_wrapping(owner_key), fresh_key(), _context(owner, purpose, since))
    _keep(database, owner, purpose, since, wrapped)


def _keep(database: Database, owner: str, purpose: str, since: int, wrapped: bytes) -> None:
    database.run("INSERT OR REPLACE INTO carried_keys VALUES (?, ?, ?, ?)", owner, purpose, since, wrapped)


def _wrapping(owner_key: bytes) -> bytes:
    return derive(owner_key, "carried keys")


def _context(owner: str, purpose: str, since: int) -> str:
    return f"{owner}/{purpose}/{since}"
