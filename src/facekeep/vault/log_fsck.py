"""Check a whole log folder against its signed checkpoint, without its signing key, and name what was altered.

Two trees are built in one pass, one from the entries and one from the stored hash tiles. Where they differ, the one
that has the root that was signed (or remembered) is the true one, and the other's entry or tile is named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from facekeep.errors import Code, Tampered
from facekeep.ledger.note import Checkpoint, parse_verifier_key
from facekeep.ledger.tiles import MAX_TILE_LEVEL, TILE_WIDTH, Tile, TileName, hashes_at, pack_bundle, parse_path
from facekeep.ledger.tree import HASH_BYTES, Frontier, leaf_hash
from facekeep.vault.log_hashes import LogHashes
from facekeep.vault.log_stored import SLOT_BYTES, StoredLog
from facekeep.vault.log_tail import Tail

_MOST_NAMED = 5
_LEAF_PREFIX = pack_bundle([bytes(SLOT_BYTES - 2)])[:2]


@dataclass(frozen=True, slots=True)
class FsckReport:
    """A log found whole: its size and root, the size of its checkpoint, and bytes of an append that never finished."""

    size: int
    root: bytes
    published_size: int
    unfinished_bytes: int


@dataclass(slots=True)
class _Survey:
    """Both trees at the sizes whose root is known, every entry at which they differ, and the roots of full tiles."""

    of_entries: Frontier = field(default_factory=Frontier)
    of_tiles: Frontier = field(default_factory=Frontier)
    entry_roots: dict[int, bytes] = field(default_factory=dict)
    tile_roots: dict[int, bytes] = field(default_factory=dict)
    differing: list[int] = field(default_factory=list)
    full_tile_roots: list[bytes] = field(default_factory=list)

    def add(self, from_entries: Tile, from_tiles: Tile, sizes: Iterable[int]) -> None:
        """Add the next tile of both trees, hash by hash where a known size lies within."""
        first = self.of_entries.size
        self.differing += _differences(from_entries, from_tiles, first)
        self.full_tile_roots += [from_entries.root] if from_entries.root else []
        inside = [size for size in sizes if first < size < first + TILE_WIDTH]
        if from_entries.root and not inside:
            self.of_entries.append(from_entries.root, level=8)
            self.of_tiles.append(from_tiles.root, level=8)
            self._note_roots(sizes)
            return
        for place in range(from_entries.width):
            self.of_entries.append(from_entries.node(0, place))
            self.of_tiles.append(from_tiles.node(0, place))
            self._note_roots(sizes)

    def _note_roots(self, sizes: Iterable[int]) -> None:
        if self.of_entries.size in sizes:
            self.entry_roots[self.of_entries.size] = self.of_entries.root
            self.tile_roots[self.of_tiles.size] = self.of_tiles.root


def fsck(folder: Path, verifier_key: str, *, expected_size: int = 0, expected_root: bytes | None = None) -> FsckReport:
    """Read everything in a log's folder; return only if all of it is as it was written.

    Parameters
    ----------
    verifier_key : the log's key in note format, from a source other than the folder.
    expected_size, expected_root : an anchor the log must extend, where one is at hand.

    Raises
    ------
    Tampered
        `log_altered`: the message names the entries, or the file, that were altered. Entries newer than the checkpoint
        and the anchor can only be checked against their own hashes.
    Unavailable
        `log_unwritable`: the disk does not give a file.
    """
    stored = StoredLog(folder)
    checkpoint = stored.checkpoint(parse_verifier_key(verifier_key))
    known = _known_roots(checkpoint, expected_size, expected_root)
    tail = stored.tail()
    survey = _survey(stored, tail, checkpoint, {*known, expected_size})
    _check_length(survey, max(*known, expected_size))
    entries_are_good = all(survey.entry_roots.get(size) == root for size, root in known.items())
    _check_entries(survey, known, entries_are_good)
    _check_upper_tiles(stored, survey.full_tile_roots, entries_are_good)
    if not entries_are_good:
        raise _altered("entries were altered together with all their hashes; none of the recorded roots is reached")
    _check_other_files(stored, tail)
    return FsckReport(survey.of_entries.size, survey.of_entries.root, checkpoint.size, tail.unfinished_bytes)


def _known_roots(checkpoint: Checkpoint, expected_size: int, expected_root: bytes | None) -> dict[int, bytes]:
    known = {checkpoint.size: checkpoint.root}
    if expected_root is not None and known.setdefault(expected_size, expected_root) != expected_root:
        raise _altered(f"the checkpoint of {expected_size} entries is not the one that had been recorded")
    return known


def _survey(stored: StoredLog, tail: Tail, checkpoint: Checkpoint, sizes: set[int]) -> _Survey:
    survey = _Survey()
    if 0 in sizes:
        survey.entry_roots[0] = survey.tile_roots[0] = survey.of_entries.root
    for index in range(tail.start // TILE_WIDTH):
        hashes = b"".join(_leaf_hashes(stored.bundle(TileName(None, index))))
        from_tiles = stored.full_tile(0, index)
        survey.add(from_tiles if hashes == from_tiles.packed else Tile.of(hashes), from_tiles, sizes)
    published = _published_part(stored, tail, checkpoint.size)
    for offset in range(0, len(tail.leaves), TILE_WIDTH):
        from_entries = Tile.of(b"".join([leaf_hash(leaf) for leaf in tail.leaves[offset : offset + TILE_WIDTH]]))
        stored_part = published.packed if (tail.start + offset) // TILE_WIDTH == checkpoint.size // TILE_WIDTH else b""
        survey.add(from_entries, Tile.of(stored_part + from_entries.packed[len(stored_part) :]), sizes)
    return survey


def _published_part(stored: StoredLog, tail: Tail, published_size: int) -> Tile:
    """Hashes of the newest entries as they were published, to locate an altered one by; none for a full last tile."""
    index, width = divmod(published_size, TILE_WIDTH)
    if width == 0 or not tail.start <= published_size <= tail.start + len(tail.leaves):
        return Tile()
    return stored.tile(TileName(0, index, width))


def _check_length(survey: _Survey, recorded: int) -> None:
    size = survey.of_entries.size
    if size < recorded:
        raise _altered(f"the log ends before entry {size}, but {recorded} entries had been recorded")


def _check_entries(survey: _Survey, known: Mapping[int, bytes], entries_are_good: bool) -> None:
    """Say which of an entry and its hash was altered, by which tree has the known roots."""
    if not survey.differing:
        return
    tiles_are_good = all(survey.tile_roots.get(size) == root for size, root in known.items())
    named = ", ".join(str(index) for index in survey.differing[:_MOST_NAMED])
    more = f" and {len(survey.differing) - _MOST_NAMED} more" if len(survey.differing) > _MOST_NAMED else ""
    if survey.differing[0] >= max(known) or entries_are_good == tiles_are_good:
        raise _altered(f"log entries {named}{more}, or their hashes, were altered")
    if entries_are_good:
        raise _altered(f"the stored hashes of log entries {named}{more} were altered; the entries are intact")
    raise _altered(f"log entries {named}{more} were altered")


def _check_upper_tiles(stored: StoredLog, below: list[bytes], entries_are_good: bool) -> None:
    """Compare every full tile above the leaves with the tiles below it."""
    for level in range(1, MAX_TILE_LEVEL + 1):
        roots = []
        for index in range(len(below) // TILE_WIDTH):
            tile = Tile.of(b"".join(below[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]))
            name = TileName(level, index)
            place = _first_difference(tile, stored.tile(name))
            if place is not None:
                raise _altered(_upper_difference(name, place, entries_are_good))
            roots.append(tile.root)
        below = roots


def _upper_difference(name: TileName, place: int, entries_are_good: bool) -> str:
    if entries_are_good:
        return f"the hash tile {name.path} was altered; the entries are intact"
    span = TILE_WIDTH ** (name.level or 0)
    first = (name.index * TILE_WIDTH + place) * span
    return f"some of the log entries {first} to {first + span - 1} were altered together with their hashes"


def _check_other_files(stored: StoredLog, tail: Tail) -> None:
    """Compare partial tiles and bundles, and those that a rotation had not yet reached, with the whole log."""
    hashes = LogHashes.load(tail.start, stored.full_tile)
    for leaf in tail.leaves:
        hashes.append(leaf_hash(leaf))
    for path in sorted(stored.folder.rglob("*")):
        if path.is_dir() or path in (stored.tail_path, stored.checkpoint_path) or path.suffix == ".tmp":
            continue
        relative = path.relative_to(stored.folder).as_posix()
        name = parse_path(relative)
        if name is None or name.index * TILE_WIDTH + name.width > hashes_at(name.level or 0, hashes.size):
            raise _altered(f"the file {relative} does not belong to the log")
        if not _is_checked(name, tail.start) and _content(stored, name) != _expected(stored, tail, hashes, name):
            raise _altered(f"the file {relative} was altered; the entries are intact")


def _is_checked(name: TileName, start: int) -> bool:
    """Whether the passes before have covered this file."""
    return name.width == TILE_WIDTH and name.index < hashes_at(name.level or 0, start) // TILE_WIDTH


def _content(stored: StoredLog, name: TileName) -> bytes:
    return stored.bundle(name) if name.level is None else stored.tile(name).packed


def _expected(stored: StoredLog, tail: Tail, hashes: LogHashes, name: TileName) -> bytes:
    if name.level is not None:
        return hashes.tile(name.level, name.index).packed[: name.width * HASH_BYTES]
    first = name.index * TILE_WIDTH
    if first >= tail.start:
        return pack_bundle(tail.leaves[first - tail.start : first - tail.start + name.width])
    return stored.bundle(TileName(None, name.index))[: name.width * SLOT_BYTES]


def _leaf_hashes(bundle: bytes) -> list[bytes]:
    """Hash of each entry, zeros where its length was altered: the entries around it are still judged."""
    starts = range(0, len(bundle), SLOT_BYTES)
    return [
        leaf_hash(bundle[at + 2 : at + SLOT_BYTES]) if bundle[at : at + 2] == _LEAF_PREFIX else bytes(HASH_BYTES)
        for at in starts
    ]


def _differences(one: Tile, other: Tile, first: int) -> list[int]:
    if one.rows[0] == other.rows[0]:
        return []
    return [first + place for place in range(one.width) if one.node(0, place) != other.node(0, place)]


def _first_difference(one: Tile, other: Tile) -> int | None:
    return next(iter(_differences(one, other, 0)), None)


def _altered(what: str) -> Tampered:
    return Tampered(Code.LOG_ALTERED, what)
