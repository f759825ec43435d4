"""The vault's own database: SQLCipher, one writer, everything durable at commit.

Holds who exists, which keys open what, which face lies in which block and slot, budgets, and where the log stood.
Every page is encrypted and authenticated; deleted rows are overwritten.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlcipher3

from facekeep.errors import Code, FacekeepError, Tampered, Unavailable

Row = tuple[Any, ...]
_SCHEMA_VERSION = 1
_CHECK_WHOLE_FILE_BELOW_BYTES = 256 * 1024 * 1024

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE organizations (
    org_id TEXT PRIMARY KEY, name TEXT NOT NULL, wrapped_key BLOB NOT NULL, entries INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE members (
    member_id TEXT PRIMARY KEY, org_id TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL) STRICT;
CREATE TABLE api_keys (
    key_id TEXT PRIMARY KEY, member_id TEXT NOT NULL, digest BLOB NOT NULL, created_at TEXT NOT NULL,
    revoked_at TEXT) STRICT;
CREATE TABLE collections (
    number INTEGER PRIMARY KEY AUTOINCREMENT, collection_id TEXT UNIQUE NOT NULL, org_id TEXT NOT NULL,
    name TEXT NOT NULL, contract BLOB NOT NULL, policy BLOB NOT NULL, public_seed BLOB NOT NULL,
    wrapped_key BLOB NOT NULL, created_at TEXT NOT NULL, UNIQUE (org_id, name)) STRICT;
CREATE TABLE blocks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, block_id TEXT UNIQUE NOT NULL, collection INTEGER NOT NULL,
    slots INTEGER NOT NULL, digest BLOB NOT NULL, wrapped_secret BLOB NOT NULL, tags BLOB NOT NULL,
    has_forgotten INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX blocks_of ON blocks (collection);
CREATE TABLE persons (
    number INTEGER PRIMARY KEY AUTOINCREMENT, person_id TEXT UNIQUE NOT NULL, collection INTEGER NOT NULL,
    name_tag BLOB, person_cell TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX persons_named ON persons (collection, name_tag) WHERE name_tag IS NOT NULL;
CREATE TABLE faces (
    number INTEGER PRIMARY KEY AUTOINCREMENT, face_id TEXT UNIQUE NOT NULL, collection INTEGER NOT NULL,
    person INTEGER NOT NULL, block INTEGER NOT NULL, slot INTEGER NOT NULL, face_cell TEXT NOT NULL,
    template_cell TEXT NOT NULL, crop_cell TEXT NOT NULL, photo_cell TEXT) STRICT;
CREATE INDEX faces_of_collection ON faces (collection, number);
CREATE INDEX faces_of_person ON faces (person, number);
CREATE INDEX faces_of_block ON faces (block, slot);
CREATE INDEX faces_of_photo ON faces (photo_cell) WHERE photo_cell IS NOT NULL;
CREATE TABLE cell_keys (
    cell_id TEXT PRIMARY KEY, collection INTEGER NOT NULL, kind TEXT NOT NULL, wrapped_key BLOB NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE INDEX cell_keys_of ON cell_keys (collection);
CREATE TABLE exposures (
    principal TEXT NOT NULL, face INTEGER NOT NULL, probe BLOB NOT NULL, day INTEGER NOT NULL,
    PRIMARY KEY (principal, face, probe)) STRICT, WITHOUT ROWID;
CREATE INDEX exposures_of_face ON exposures (face);
CREATE TABLE provisional (id TEXT PRIMARY KEY, batch_id TEXT NOT NULL, is_block INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX provisional_of ON provisional (batch_id);
CREATE TABLE garbage (id TEXT PRIMARY KEY, is_block INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE answers (
    org_id TEXT NOT NULL, key TEXT NOT NULL, request_digest BLOB NOT NULL, response BLOB NOT NULL, day INTEGER NOT NULL,
    PRIMARY KEY (org_id, key)) STRICT, WITHOUT ROWID;
"""


class Database:
    """One connection, used under the vault's lock. Statements raise `database_altered` or `disk_full`, never both."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        with _translated():
            self._connection = sqlcipher3.connect(str(path), isolation_level=None, check_same_thread=False)
            path.chmod(0o600) if path.exists() else None
            self._connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._open_schema()

    def _open_schema(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            with self.transaction():
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
            self._path.chmod(0o600)
        elif version != _SCHEMA_VERSION:
            raise Unavailable(Code.INTERNAL, f"vault database has schema {version}, expected {_SCHEMA_VERSION}")
        elif self._path.stat().st_size < _CHECK_WHOLE_FILE_BELOW_BYTES and self.rows("PRAGMA cipher_integrity_check"):
            raise Tampered(Code.DATABASE_ALTERED, "the vault's database fails its authentication")

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Every row of a query."""
        with _translated():
            return list(self._connection.execute(sql, values).fetchall())

    def row(self, sql: str, *values: object) -> Row | None:
        """The first row of a query, or None."""
        with _translated():
            found: Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def run(self, sql: str, *values: object) -> int:
        """Run a statement; returns the row id it inserted, if it did."""
        with _translated():
            return int(self._connection.execute(sql, values).lastrowid or 0)

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run a statement once a row."""
        with _translated():
            self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable at the end."""
        with _translated():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with _translated():
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def forget_old_pages(self) -> None:
        """Fold the write-ahead log into the file and empty it, so that overwritten rows are gone from both."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connection; the key goes with it."""
        self._connection.close()


@contextmanager
def _translated() -> Iterator[None]:
    """SQLCipher's errors as ours. Statement text and values stay out of messages: both may name people."""
    try:
        yield
    except sqlcipher3.DatabaseError as error:
        raise _translate(str(error)) from None


def _translate(message: str) -> FacekeepError:
    if "full" in message:
        return Unavailable(Code.DISK_FULL, "the disk of the vault is full")
    if "not a database" in message or "malformed" in message or "hmac" in message:
        return Tampered(Code.DATABASE_ALTERED, "the vault's database fails its authentication")
    return Unavailable(Code.INTERNAL, "the vault's database refused a statement")
