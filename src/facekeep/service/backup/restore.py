"""A keep from a backup, in a folder that has none: the store first, then the vault, which makes it count."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec

from facekeep.errors import BadInput, Code, Tampered
from facekeep.service.backup import manifest, packs
from facekeep.service.backup.files import failures_told
from facekeep.service.backup.keys import Key
from facekeep.service.backup.manifest import Manifest
from facekeep.settings import Settings
from facekeep.store import Store
from facekeep.terms import BlockId, CellId, CellKind, SealedCell
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import SNAPSHOT_SUFFIX, SNAPSHOTS, GetStatus, Restore, Restored, Status

__all__ = ["Restored", "Secret", "check", "method_of", "restore"]

_PATIENCE_S = 3_600.0
_PIECE_BYTES = 1024 * 1024
_LOT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Secret:
    """What opened the vault when the backup was made; exactly one of them. Left out of `repr`."""

    passphrase: str = field(default="", repr=False)
    shares: tuple[str, ...] = field(default=(), repr=False)
    key_file: str = ""


class _KeyFile(msgspec.Struct):
    seal: bytes


class _Seal(msgspec.Struct):
    method: str


def method_of(key: Key) -> str:
    """How the vault was opened when the backup was made: passphrase, shares or key_file; not authenticated.

    Raises
    ------
    Tampered
        `backup_altered`: the file says nothing of the kind.
    """
    try:
        kept = msgspec.json.decode(key.path.read_bytes(), type=_KeyFile)
        return msgspec.json.decode(kept.seal, type=_Seal).method
    except (OSError, msgspec.DecodeError) as error:
        raise Tampered(Code.BACKUP_ALTERED, "the key file of this backup was altered") from error


def restore(settings: Settings, source: Path, key: Key, secret: Secret, log_from: Path | None = None) -> Restored:
    """Fill the store and the running, uninitialized vault of `settings` from a backup; the vault is open then.

    `log_from` is the log of the keep that was lost (`vault/log` in its data folder), where it is at hand.

    Raises
    ------
    BadInput
        `already_initialized`: there is a keep. `backup_expired`.
    Refused
        `unseal_refused`.
    Tampered
        `backup_altered`, `database_altered`, `log_altered`: a file is not as it was written. There is no keep then.
    Unavailable
        `disk_full`, `store_unavailable`, `log_unwritable`.
    """
    vault = VaultClient(settings.admin_socket, timeout_s=_PATIENCE_S)
    try:
        if vault.call(GetStatus(), Status).state != "uninitialized":
            raise BadInput(Code.ALREADY_INITIALIZED, "there is a keep in this data folder")
        with failures_told():
            found, digest = manifest.read(source, key.name.backup_id)
            _check_snapshot(source, found)
        _fill_store(settings, source / "packs", found)
        message = Restore(
            from_folder=str(source.absolute()),
            key_path=str(key.path.absolute()),
            manifest_sha256=digest,
            passphrase=secret.passphrase,
            shares=secret.shares,
            key_file=secret.key_file,
            log_from=str(log_from.absolute()) if log_from else "",
        )
        return vault.call(message, Restored)
    finally:
        vault.close()


def check(source: Path, key: Key) -> int:
    """Read everything of a backup in the store's half, and compare it with its digests; how many items it has.

    What the vault alone can tell, that the manifest and the snapshot are the true ones, a restore tells.

    Raises
    ------
    Tampered
        `backup_altered`.
    """
    with failures_told():
        found, _ = manifest.read(source, key.name.backup_id)
        _check_snapshot(source, found)
        return sum(len(cells) + len(blocks) for cells, blocks in _lots(source / "packs", found))


def _check_snapshot(source: Path, found: Manifest) -> None:
    digest, path = sha256(), source / SNAPSHOTS / f"{found.backup_id}{SNAPSHOT_SUFFIX}"
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
    except FileNotFoundError:
        pass  # which has another digest
    if digest.hexdigest() != found.snapshot_sha256:
        raise Tampered(Code.BACKUP_ALTERED, "the snapshot of the vault is missing or was altered")


def _fill_store(settings: Settings, folder: Path, found: Manifest) -> None:
    store = Store(settings.store, settings.store_dir, settings.cache_dir)
    try:
        store.migrate()
        for cells, blocks in _lots(folder, found):
            store.put(cells, blocks)
    finally:
        store.close()


def _lots(folder: Path, found: Manifest) -> Iterator[tuple[list[SealedCell], dict[BlockId, bytes]]]:
    cells: list[SealedCell] = []
    blocks: dict[BlockId, bytes] = {}
    size = 0
    for use in found.packs:
        for item, content in packs.contents(folder, use.name, frozenset(use.left_out)):
            if item.kind == packs.BLOCK:
                blocks[BlockId(item.id)] = content
            else:
                cells.append(SealedCell(CellId(item.id), _kind(item), content))
            size += len(content)
            if size >= _LOT_BYTES:
                yield cells, blocks
                cells, blocks, size = [], {}, 0
    yield cells, blocks


def _kind(item: packs.Item) -> CellKind:
    try:
        return CellKind(item.kind)
    except ValueError as error:
        raise Tampered(Code.BACKUP_ALTERED, "a pack holds a kind that no cell has") from error
