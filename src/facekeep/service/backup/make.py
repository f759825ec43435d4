"""Make a backup while the keep runs: the vault's snapshot first, then what of the store is new, the key last of all."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from facekeep.errors import BadInput, Code, Tampered
from facekeep.service.backup import files, manifest, packs
from facekeep.service.backup.manifest import Manifest, PackUse
from facekeep.settings import Settings
from facekeep.store import Store
from facekeep.terms import BlockId, CellId
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import SNAPSHOTS, BackupBegun, BackupFinished, BeginBackup, FinishBackup

_PATIENCE_S = 3_600.0  # copying a large database, and the first copy of a long log
_CELLS_AT_ONCE = 256
_WORTH_KEEPING = 0.5  # of a pack's bytes; what is left of an emptier one is packed anew

MARK = "last-backup"  # an empty file in the data folder; the doctor reads its time, with the vault sealed too
Names = dict[str, str]
"""Kind by id."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that counts: what was copied now, and what of it had been copied before."""

    backup_id: str
    made_at: str
    entry: int
    items_new: int
    items_before: int
    bytes_new: int
    keys_expired: int


def make_backup(settings: Settings, to: Path, keys_to: Path, *, anew: bool = False) -> Made:
    """Back the keep up to `to`, with the key in `keys_to`. `anew`: copy everything again, whatever lies in `to`.

    Raises
    ------
    BadInput
        `invalid_request`: the folders lie in one another or in the keep. `conflict`: another backup is being made.
    Unavailable
        `disk_full`, `store_unavailable`, and what the vault says. Earlier backups are as they were.
    """
    to, keys_to = to.expanduser().absolute(), keys_to.expanduser().absolute()
    _check_apart(settings, to, keys_to)
    vault = VaultClient(settings.admin_socket, timeout_s=_PATIENCE_S)
    store = Store(settings.store, settings.store_dir, settings.cache_dir)
    try:
        with files.one_at_a_time(to):
            begun = vault.call(BeginBackup(to=str(to), anew=anew), BackupBegun)
            with files.failures_told():
                uses, made = _copy_store(store, to / "packs", anew=anew)
                digest = _write_manifest(to, begun, uses)
            message = FinishBackup(backup_id=begun.backup_id, keys_to=str(keys_to), manifest_sha256=digest)
            done = vault.call(message, BackupFinished)
            with files.failures_told():
                prune(to, settings.backup.horizon_hours)
                files.write(settings.data_dir / MARK, [b""])
        return Made(begun.backup_id, begun.made_at, done.entry, *made, done.expired)
    finally:
        store.close()
        vault.close()


def prune(to: Path, horizon_hours: int, now: Callable[[], float] = time.time) -> None:
    """Delete what is older than the horizon: no key of it is left. Raises OSError.

    Packs stay as long as a manifest that stays names them.
    """
    oldest = now() - 3_600 * horizon_hours
    for path in [*to.glob(f"{SNAPSHOTS}/*"), *to.glob("manifests/*")]:
        if path.suffix == ".tmp" or path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
    used = {f"{use.name}.pack" for path in to.glob("manifests/*.json") for use in _packs_of(to, path.stem)}
    for path in to.glob("packs/*"):
        if path.name not in used:
            path.unlink(missing_ok=True)


def _packs_of(to: Path, backup_id: str) -> tuple[PackUse, ...]:
    try:
        return manifest.read(to, backup_id)[0].packs
    except Tampered:
        return ()  # altered: it restores nothing any more


def _check_apart(settings: Settings, to: Path, keys_to: Path) -> None:
    places = [to.resolve(), keys_to.resolve(), settings.data_dir.resolve()]
    for one in places:
        if any(one.is_relative_to(other) for other in places if other is not one):
            raise BadInput(
                Code.INVALID_REQUEST, "the backup, its keys and the keep must be three folders, none inside another"
            )


def _copy_store(store: Store, folder: Path, *, anew: bool) -> tuple[list[PackUse], tuple[int, int, int]]:
    """Pack what is new; which packs make up the store now, and how much was new, and was there before."""
    wanted: Names = {name: kind or packs.BLOCK for name, kind in store.names()}
    kept = [] if anew else list(_usable(folder, wanted))
    there = {item.id for _, items, out in kept for number, item in enumerate(items) if number not in out}
    uses = [PackUse(name, tuple(sorted(out))) for name, _, out in kept]
    items_new = bytes_new = 0
    for some in _filled(store, {name: kind for name, kind in wanted.items() if name not in there}):
        uses.append(PackUse(packs.write(folder, some)))
        items_new += len(some)
        bytes_new += sum(len(content) for *_, content in some)
    return uses, (items_new, len(there), bytes_new)


def _usable(folder: Path, wanted: Names) -> Iterator[tuple[str, list[packs.Item], frozenset[int]]]:
    """Packs that are whole as far as their index tells, and worth it, with the numbers of items that are gone.

    An item is taken from one pack only, should it lie in two.
    """
    seen: set[str] = set()
    for path in sorted(folder.glob("*.pack")):
        try:
            items = packs.index_of(folder, path.stem)
        except Tampered:
            continue  # copied again into another pack
        gone = frozenset(
            number for number, item in enumerate(items) if item.id in seen or wanted.get(item.id) != item.kind
        )
        left = sum(item.size for number, item in enumerate(items) if number not in gone)
        if left and left >= _WORTH_KEEPING * sum(item.size for item in items):
            seen |= {item.id for number, item in enumerate(items) if number not in gone}
            yield path.stem, items, gone


def _filled(store: Store, new: Names) -> Iterator[list[tuple[str, str, bytes]]]:
    """The new items with their content, in lots for a pack each. What was deleted meanwhile is left out."""
    lot: list[tuple[str, str, bytes]] = []
    size = 0
    for item in _read(store, new):
        lot.append(item)
        size += len(item[2])
        if size >= packs.MOST_BYTES:
            yield lot
            lot, size = [], 0
    if lot:
        yield lot


def _read(store: Store, new: Names) -> Iterator[tuple[str, str, bytes]]:
    cells = [name for name, kind in new.items() if kind != packs.BLOCK]
    for start in range(0, len(cells), _CELLS_AT_ONCE):
        yield from _present(store, [CellId(one) for one in cells[start : start + _CELLS_AT_ONCE]])
    for name in (name for name, kind in new.items() if kind == packs.BLOCK):
        try:
            yield packs.BLOCK, name, store.block_path(BlockId(name)).read_bytes()
        except (Tampered, FileNotFoundError):
            continue


def _present(store: Store, cell_ids: list[CellId]) -> Iterable[tuple[str, str, bytes]]:
    try:
        return [(str(one.kind), one.cell_id, one.ciphertext) for one in store.get(cell_ids).values()]
    except Tampered as error:
        if error.code is not Code.CELL_MISSING:
            raise
        if len(cell_ids) == 1:
            return []
        return [item for one in cell_ids for item in _present(store, [one])]


def _write_manifest(to: Path, begun: BackupBegun, uses: list[PackUse]) -> bytes:
    content = msgspec.json.encode(
        Manifest(1, begun.backup_id, begun.made_at, begun.snapshot_sha256.hex(), begun.snapshot_bytes, tuple(uses))
    )
    files.write(manifest.path_of(to, begun.backup_id), [content])
    return sha256(content).digest()
