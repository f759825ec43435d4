"""The vault's own database: SQLCipher, one writer, everything durable at commit.

Holds who exists, which keys open what, which face lies in which block and slot, budgets, and where the log stood.
Every page is encrypted and authenticated; deleted rows are overwritten.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlcipher3

from facekeep.errors import Code, FacekeepError, Tampered, Unavailable
from facekeep.vault.schema import STEPS, statements

Row = tuple[Any, ...]
ONE_OF = "IN (SELECT value FROM json_each(?))"  # with `listed`: one statement for many rows
_CHECK_WHOLE_FILE_BELOW_BYTES = 256 * 1024 * 1024

class Database:
    """One connection, used under the vault's lock. Statements raise `database_altered` or `disk_full`, never both."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        with _translated():
            self._connection = _connect(path, key)
            path.chmod(0o600) if path.exists() else None
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._open_schema()

    def _open_schema(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > len(STEPS):
            raise Unavailable(Code.INTERNAL, f"vault database has schema {version}, this is made for {len(STEPS)}")
        is_small = version > 0 and self._path.stat().st_size < _CHECK_WHOLE_FILE_BELOW_BYTES
        if is_small and self.rows("PRAGMA cipher_integrity_check"):
            raise Tampered(Code.DATABASE_ALTERED, "the vault's database fails its authentication")
        if version < len(STEPS):
            self._bring_up_to_date(version)

    def _bring_up_to_date(self, version: int) -> None:
        with self.transaction():
            for step in STEPS[version:]:
                for statement in statements(step):
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {len(STEPS)}")
        self._path.chmod(0o600)

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

    @contextmanager
    def function(self, name: str, act: Callable[..., Any]) -> Iterator[None]:
        """Let statements call `act` by `name`; what it raises is raised as it is."""
        failures: list[FacekeepError] = []

        def acting(*values: Any) -> Any:
            try:
                return act(*values)
            except FacekeepError as failure:
                failures.append(failure)
                raise

        self._connection.create_function(name, -1, acting)
        try:
            yield
        except FacekeepError as error:
            raise (failures or [error])[0] from None
        finally:
            self._connection.create_function(name, -1, None)

    @property
    def in_transaction(self) -> bool:
        """Whether what was run last can still be taken back."""
        return bool(self._connection.in_transaction)

    def copy_to(self, path: Path, key: bytes) -> "Database":
        """A copy of the whole database in a new file under another key, durable and checked; open.

        Rows, their numbers and the numbers given to rows that are gone are the same.
        """
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self.run(f"ATTACH DATABASE ? AS copy KEY \"x'{key.hex()}'\"", str(path))
        try:
            self._fill_copy()
        finally:
            self.run("DETACH DATABASE copy")
        _sync(path)
        _sync(path.parent)
        return Database(path, key)

    def _fill_copy(self) -> None:
        """Without a journal and flushed once at the end: until then nobody needs the copy."""
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            self.rows(f"PRAGMA copy.{pragma}")
        with self.transaction():
            self.rows("SELECT sqlcipher_export('copy')")
            self.rows(f"PRAGMA copy.user_version = {len(STEPS)}")

    def take_over(self, copy: "Database") -> None:
        """Go on with the file and key of `copy`, which is not to be used any more. Cannot fail half-way."""
        before, self._connection, self._path = self._connection, copy._connection, copy._path
        self._key = copy._key
        before.close()

    def forget_old_pages(self) -> None:
        """Fold the write-ahead log into the file and empty it, so that overwritten rows are gone from both."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def pinned(self) -> "Pinned":
        """What is committed now, to be copied while changes go on. Close it soon: old pages stay until then."""
        return Pinned(self._path, self._key)

    def close(self) -> None:
        """Close the connection; the key goes with it."""
        self._connection.close()


def listed(values: Iterable[int] | Iterable[str]) -> str:
    """Row numbers or ids as `ONE_OF` takes them."""
    return json.dumps(list(values))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Pinned:
    """A database as it was at one moment."""

    def __init__(self, path: Path, key: bytes) -> None:
        with _translated():
            self._connection = _connect(path, key)
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it stands still

    def copy_to(self, path: Path, key: bytes) -> None:
        """Write all of it to a new file under another key, durably. Every page is encrypted on its way."""
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with _translated():
            target = _connect(path, key)
            try:
                self._connection.backup(target)
            finally:
                target.close()

    def close(self) -> None:
        """Let it go."""
        self._connection.close()


def _connect(path: Path, key: bytes) -> sqlcipher3.Connection:
    connection = sqlcipher3.connect(str(path), isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return connection


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
