"""A log at one checkpoint, to be kept elsewhere: files that never change any more, and the newest part.

Full tiles and bundles are what they are for ever, so copies of a log share them; only the checkpoint and the entries
that wait for their bundle make the difference. Whoever reads a copy checks all of it against the signed checkpoint.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from facekeep.errors import Code, Unavailable
from facekeep.ledger.tiles import MAX_TILE_LEVEL, TILE_WIDTH, TileName, hashes_at
from facekeep.vault.log_files import DiskFullError, make_folder, replace_file
from facekeep.vault.log_stored import SLOT_BYTES, StoredLog
from facekeep.vault.log_tail import pack_tail, with_room

_HASH_BYTES = 32


class FrozenLog(msgspec.Struct, frozen=True):
    """A log at its published checkpoint `note`: full files up to entry `start`, and the `leaves` from there on."""

    note: str
    start: int
    leaves: tuple[bytes, ...]


def full_files(start: int) -> Iterator[TileName]:
    """The full bundles and tiles of the first `start` entries, a multiple of 256."""
    for index in range(start // TILE_WIDTH):
        yield TileName(None, index)
    for level in range(MAX_TILE_LEVEL + 1):
        for index in range(hashes_at(level, start) // TILE_WIDTH):
            yield TileName(level, index)


def copy_full_files(source: Path, target: Path, start: int, *, anew: bool = False) -> None:
    """Copy full files into another folder, durably; those that lie there with the right length stay, unless `anew`.

    Raises
    ------
    Tampered
        `log_altered`: a file is missing, or not as long as it should be.
    Unavailable
        `disk_full`. OSError where the target cannot be written otherwise.
    """
    stored, kept, durable = StoredLog(source), StoredLog(target), {target.parent}
    make_folder(target, durable)
    for name in full_files(start):
        path = kept.path_of(name)
        if not anew and _length(path) == _expected_length(name):
            continue
        content = stored.bundle(name) if name.level is None else stored.tile(name).packed
        with _full_disk_told():
            make_folder(path.parent, durable)
            replace_file(path, content)


def thaw(frozen: FrozenLog, source: Path, target: Path) -> None:
    """A log's folder again, from the full files in `source`; still to be checked. Raises as `copy_full_files` does."""
    copy_full_files(source, target, frozen.start)
    with _full_disk_told():
        replace_file(StoredLog(target).tail_path, with_room(pack_tail(frozen.start, frozen.leaves)))
        replace_file(StoredLog(target).checkpoint_path, frozen.note.encode())


@contextmanager
def _full_disk_told() -> Iterator[None]:
    try:
        yield
    except (OSError, DiskFullError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Unavailable(Code.DISK_FULL, "no room for the copy of the log") from error


def _length(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _expected_length(name: TileName) -> int:
    return TILE_WIDTH * (SLOT_BYTES if name.level is None else _HASH_BYTES)
