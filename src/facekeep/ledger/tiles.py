"""How a log lies in static files that any tool can verify: hash tiles, entry bundles, and their paths.

A tile holds up to 256 consecutive hashes of one *tile level*; tile level 0 are leaf hashes, and each hash above stands
for a full tile below. A bundle holds the entries under one tile of level 0. Full tiles and bundles never change.

Source: C2SP tlog-tiles (tile geometry, path encoding, entry bundles, partial tiles).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from facekeep.errors import Code, Tampered
from facekeep.ledger.tree import HASH_BYTES, HashAt

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_TILE_LEVEL = 7  # 256**8 leaves are more than any log will hold
MAX_ENTRY_BYTES = (1 << 16) - 1
_LENGTH_BYTES = 2

_PATH = re.compile(
    r"tile/(?:(?P<level>[0-7])|entries)/(?P<index>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class TileName:
    """Which tile (`level` 0 to 7) or which bundle (`level` None); `width` 1 to 256 entries, 256 meaning full."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Path below the log's folder, as in `tile/1/x001/x234/067.p/8`."""
        kind = "entries" if self.level is None else str(self.level)
        suffix = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{kind}/{_encode_index(self.index)}{suffix}"


def parse_path(untrusted_path: str) -> TileName | None:
    """The tile or bundle stored under a path, or None where the path is no canonical tile path."""
    match = _PATH.fullmatch(untrusted_path)
    if match is None:
        return None
    level = None if match["level"] is None else int(match["level"])
    index = int(match["index"].replace("x", "").replace("/", ""))
    name = TileName(level, index, int(match["width"] or TILE_WIDTH))
    return name if name.width <= TILE_WIDTH and name.path == untrusted_path else None


def hashes_at(level: int, size: int) -> int:
    """How many hashes tile level `level` holds in a log of `size` leaves, over all its tiles."""
    return size >> (TILE_HEIGHT * level)


def partial_tiles(size: int) -> tuple[TileName, ...]:
    """The partial hash tiles that a checkpoint of `size` needs, lowest level first; no bundle among them."""
    names = []
    for level in range(MAX_TILE_LEVEL + 1):
        index, width = divmod(hashes_at(level, size), TILE_WIDTH)
        if width:
            names.append(TileName(level, index, width))
    return tuple(names)


class Tile:
    """A tile with every subtree hash inside it at hand, whole or still growing.

    `rows[h]` holds the hashes of the complete subtrees of height h (0 to 8) side by side, 32 bytes each.
    """

    __slots__ = ("rows",)

    def __init__(self) -> None:
        self.rows = [bytearray() for _ in range(TILE_HEIGHT + 1)]

    @classmethod
    def of(cls, hashes: bytes) -> "Tile":
        """The tile of these concatenated hashes, at most 256 of them."""
        tile = cls()
        row = hashes
        for height in range(TILE_HEIGHT + 1):
            tile.rows[height] += row
            pairs = range(0, len(row) - HASH_BYTES, 2 * HASH_BYTES)
            row = b"".join([sha256(b"\x01" + row[at : at + 2 * HASH_BYTES]).digest() for at in pairs])
        return tile

    @property
    def width(self) -> int:
        """Number of hashes, 0 to 256."""
        return len(self.rows[0]) // HASH_BYTES

    @property
    def packed(self) -> bytes:
        """The file of this tile: its hashes, concatenated."""
        return bytes(self.rows[0])

    @property
    def root(self) -> bytes:
        """Hash that stands for this full tile one level above; empty while the tile is not full."""
        return bytes(self.rows[TILE_HEIGHT])

    def node(self, height: int, index: int) -> bytes:
        """Hash of the complete subtree number `index` of height `height` inside this tile; empty where not complete."""
        return bytes(self.rows[height][index * HASH_BYTES : (index + 1) * HASH_BYTES])

    def append(self, added: bytes) -> None:
        """Put one hash at the end; every subtree it completes is hashed. The tile must not be full."""
        for row in self.rows:
            row.extend(added)
            if len(row) % (2 * HASH_BYTES):
                return
            added = sha256(b"\x01" + row[-2 * HASH_BYTES :]).digest()


def hash_reader(tile_at: Callable[[int, int], Tile]) -> HashAt:
    """Reader of tree hashes over `tile_at(level, index)`, to prove from."""

    def hash_at(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile_index, place = divmod(index, TILE_WIDTH >> height)
        return tile_at(tile_level, tile_index).node(height, place)

    return hash_at


def parse_tile(untrusted: bytes, *, expected_width: int) -> Tile:
    """The tile stored in these bytes; only its length is checked, its hashes are still to be compared with a root.

    Raises
    ------
    Tampered
        `log_altered`: the length is not that of `expected_width` hashes.
    """
    if len(untrusted) != expected_width * HASH_BYTES:
        raise Tampered(
            Code.LOG_ALTERED, f"a hash tile has {len(untrusted)} bytes, expected {expected_width * HASH_BYTES}"
        )
    return Tile.of(untrusted)


def pack_bundle(entries: Sequence[bytes]) -> bytes:
    """The file of these entries: each after its length as big-endian uint16. An entry has at most 65,535 bytes."""
    return b"".join([len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries])


def parse_bundle(untrusted: bytes, *, expected_count: int) -> list[bytes]:
    """The entries stored in these bytes; they are still to be compared with their hashes.

    Raises
    ------
    Tampered
        `log_altered`: not exactly `expected_count` entries.
    """
    entries: list[bytes] = []
    at, size = 0, len(untrusted)
    while at < size:
        begin = at + _LENGTH_BYTES
        at = begin + (untrusted[at] << 8 | untrusted[at + 1]) if begin <= size else size + 1
        if at > size or len(entries) == expected_count:
            raise Tampered(Code.LOG_ALTERED, f"a bundle is damaged at its entry {len(entries)}")
        entries.append(bytes(untrusted[begin:at]))
    if len(entries) != expected_count:
        raise Tampered(Code.LOG_ALTERED, f"a bundle has {len(entries)} entries, expected {expected_count}")
    return entries


def _encode_index(index: int) -> str:
    """Three digits a path element, all but the last behind an x: 1234067 becomes x001/x234/067."""
    path = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        path = f"x{index % 1000:03d}/{path}"
    return path
