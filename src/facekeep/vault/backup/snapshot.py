"""A consistent copy of database and log at one checkpoint, as pieces for an encrypted file, and back.

The copy of the database lies in the vault's folder while it is being made, encrypted under the backup's own key: what a
disk keeps of a file that was removed opens for nobody once that key is destroyed.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from facekeep.errors import Code, Tampered
from facekeep.vault.backup import frames
from facekeep.vault.database import Database
from facekeep.vault.keys import derive
from facekeep.vault.log_frozen import FrozenLog

_PIECE_BYTES = 1024 * 1024


def write(path: Path, key: bytes, log: FrozenLog, copy: Path) -> tuple[bytes, int]:
    """Encrypt the log's newest part and a database's copy into `path`; SHA-256 and size. Raises OSError."""
    return frames.write(path, derive(key, "snapshot"), _pieces(log, copy))


def read(path: Path, key: bytes, copy: Path) -> FrozenLog:
    """Decrypt a snapshot: its copy of the database goes to `copy`, still encrypted under the backup's key.

    Raises
    ------
    Tampered
        `backup_altered`. `copy` is worthless then.
    """
    pieces = _read(path, key)
    first = next(pieces)
    with copy.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    try:
        return msgspec.msgpack.decode(first, type=FrozenLog)
    except msgspec.DecodeError as error:
        raise Tampered(Code.BACKUP_ALTERED, "the snapshot of the vault was altered") from error


def copy_key(key: bytes) -> bytes:
    """The key of the database's copy."""
    return derive(key, "database")


def reencrypt(copy: Path, key: bytes, path: Path, new_key: bytes) -> None:
    """A database under `new_key` with what the copy holds; nothing is on the disk in clear.

    Raises
    ------
    Tampered
        `database_altered`: the copy fails its authentication.
    """
    database = Database(copy, copy_key(key))
    pinned = database.pinned()
    try:
        pinned.copy_to(path, new_key)
    finally:
        pinned.close()
        database.close()


def _read(path: Path, key: bytes) -> Iterator[bytes]:
    try:
        yield from frames.read(path, derive(key, "snapshot"))
    except OSError as error:
        raise Tampered(Code.BACKUP_ALTERED, "the snapshot of this backup is not there") from error


def _pieces(log: FrozenLog, copy: Path) -> Iterator[bytes]:
    yield msgspec.msgpack.encode(log)
    with copy.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
