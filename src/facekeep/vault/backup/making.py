"""Making a backup in two steps, between which the store's ciphertext is copied; and destroying keys in time.

The key of a backup is in memory alone until the second step writes it, wrapped: a backup that was cut short opens for
nobody and counts for nothing.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from pathlib import Path

import msgspec

from facekeep.errors import BadInput, Code, Unavailable
from facekeep.vault import clock, seal, wire
from facekeep.vault.backup import key_files, snapshot
from facekeep.vault.backup.key_files import Opening
from facekeep.vault.database import Database
from facekeep.vault.journal import KEEP, Facts
from facekeep.vault.keys import derive, fresh_id, fresh_key
from facekeep.vault.log_frozen import FrozenLog, copy_full_files
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.wire.backup import LOG, SNAPSHOT_SUFFIX, SNAPSHOTS, KeyName

_PATIENCE_S = 3_600.0
_MOST_FOLDERS = 8


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A backup that was begun."""

    name: KeyName
    key: bytes
    seal: bytes  # of that moment, as is the key that wraps: the root key may change before the end
    wrapping_key: bytes
    until: float  # of time.monotonic()


def is_under_way(vault: OpenVault) -> bool:
    """Whether the store must keep even what it could delete: a snapshot speaks of it that is not copied yet."""
    return vault.backup is not None and time.monotonic() < vault.backup.until


def begin(vault: OpenVault, message: wire.BeginBackup) -> wire.BackupBegun:
    """Write the snapshot. Takes the vault's lock for a moment: searches and enrollments go on meanwhile."""
    to = Path(message.to)
    with vault.lock:
        vault.refuse_when_closed()
        under_way = _fresh(vault)
        vault.journal.write(KEEP, "operator", "vault.backup", "asked", {"backup": under_way.name.backup_id})
        vault.settle()
        log, pinned = vault.log.frozen(), vault.database.pinned()
        vault.backup = under_way
    try:
        with _failures_told():
            copy = _make_folders(vault.folder, to, under_way)
            try:
                pinned.copy_to(copy, snapshot.copy_key(under_way.key))
                pinned.close()
                digest, size = _write(vault, to, under_way, log, copy, anew=message.anew)
            finally:
                copy.unlink(missing_ok=True)
    except BaseException:
        vault.backup = None
        raise
    finally:
        pinned.close()
    made_at = clock.at(under_way.name.made_at)
    return wire.BackupBegun(
        backup_id=under_way.name.backup_id, made_at=made_at, snapshot_sha256=digest, snapshot_bytes=size
    )


def finish(vault: OpenVault, message: wire.FinishBackup) -> wire.BackupFinished:
    """Write the key of the backup that was begun, and destroy those whose time is over."""
    under_way, folder = vault.backup, Path(message.keys_to)
    if under_way is None or under_way.name.backup_id != message.backup_id or not is_under_way(vault):
        raise BadInput(Code.NOT_FOUND, "no such backup is being made; begin again")
    facts: Facts = {"backup": message.backup_id, "horizon_hours": under_way.name.horizon_hours}
    entry = vault.journal.write(KEEP, "operator", "vault.backup", "done", facts)
    with _failures_told():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opening = Opening(under_way.key, message.manifest_sha256)
        key_files.write(folder, under_way.name, under_way.seal, under_way.wrapping_key, opening)
    vault.backup = None
    with vault.database.transaction():
        _remember(vault.database, under_way.name, str(folder.absolute()))
        vault.journal.save_anchor()
    return wire.BackupFinished(entry=entry, key_name=under_way.name.text, expired=destroy_expired(vault))


def destroy_expired(vault: OpenVault) -> int:
    """Destroy every key whose time is over, in each folder that keys were written to; how many. Says so in the log.

    A folder that is away, or cannot be written, is looked at again the next time.
    """
    found = [path for folder in folders(vault.database) for path in _due(folder, vault.horizon_hours)]
    if found:
        vault.journal.write(KEEP, "keep", "vault.backup_expired", "done", {"keys": len(found)})
    for path in found:
        with suppress(OSError):
            key_files.destroy(path)
    return len(found)


def folders(database: Database) -> list[Path]:
    """Where keys of backups were written to."""
    found = database.row("SELECT value FROM meta WHERE name = 'backup_folders'")
    return [Path(one) for one in msgspec.msgpack.decode(found[0], type=list[str])] if found else []


def remember_folder(database: Database, folder: str) -> None:
    """Inside a transaction: look for keys whose time is over in this folder too."""
    known = [str(one) for one in folders(database) if str(one) != folder]
    kept = msgspec.msgpack.encode([*known, folder][-_MOST_FOLDERS:])
    database.run("INSERT OR REPLACE INTO meta VALUES ('backup_folders', ?)", kept)


def _remember(database: Database, name: KeyName, folder: str) -> None:
    remember_folder(database, folder)
    database.run("INSERT OR REPLACE INTO meta VALUES ('last_backup', ?)", clock.at(name.made_at).encode())


def _fresh(vault: OpenVault) -> UnderWay:
    name = KeyName(int(clock.now().timestamp() * 1_000), vault.horizon_hours, fresh_id("bak"))
    key, wrapping_key = fresh_key(), derive(vault.root, "backups")
    return UnderWay(name, key, (vault.folder / seal.FILE).read_bytes(), wrapping_key, time.monotonic() + _PATIENCE_S)


def _make_folders(own: Path, to: Path, under_way: UnderWay) -> Path:
    """Make the backup's folders, and say where the copy of the database goes for a moment."""
    for left_behind in own.glob("backup-*.db*"):
        left_behind.unlink()
    (to / SNAPSHOTS).mkdir(mode=0o700, parents=True, exist_ok=True)
    return own / f"backup-{under_way.name.backup_id}.db"


def _write(
    vault: OpenVault, to: Path, under_way: UnderWay, log: FrozenLog, copy: Path, *, anew: bool
) -> tuple[bytes, int]:
    with vault.lock:
        vault.refuse_when_closed()
        vault.database.forget_old_pages()  # which the pinned copy kept where they were
    copy_full_files(vault.folder / "log", to / LOG, log.start, anew=anew)
    path = to / SNAPSHOTS / f"{under_way.name.backup_id}{SNAPSHOT_SUFFIX}"
    return snapshot.write(path, under_way.key, log, copy)


def _due(folder: Path, horizon_hours: int) -> list[Path]:
    try:
        return key_files.expired(folder, horizon_hours) if os.access(folder, os.W_OK) else []
    except OSError:
        return []


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            raise Unavailable(Code.DISK_FULL, "no room for the backup") from error
        raise Unavailable(Code.STORE_UNAVAILABLE, f"the backup cannot be written: {error.strerror}") from error
