"""The tree over a log's files: the growing right edge in memory, full tiles read on demand and never trusted unread.

A full tile's root stands in the tile above it, and so on up to the edge, which the log checks against a root that the
vault remembers. So a tile from the disk is compared with its place above before any of its hashes is used.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator

from facekeep.errors import Code, Tampered
from facekeep.ledger import tree
from facekeep.ledger.tiles import MAX_TILE_LEVEL, TILE_WIDTH, Tile, TileName, hash_reader, hashes_at
from facekeep.ledger.tree import HASH_BYTES

ReadTile = Callable[[int, int], Tile]
"""`(level, index)` of a full tile to the tile as stored."""

_TILES_KEPT = 512  # 16 KiB each


class LogHashes:
    """Every hash of the first `size` leaves."""

    def __init__(self, read_tile: ReadTile) -> None:
        self._read_tile = read_tile
        self._edge = [Tile() for _ in range(MAX_TILE_LEVEL + 1)]
        self._full = [0] * (MAX_TILE_LEVEL + 1)
        self._unwritten: dict[tuple[int, int], Tile] = {}
        self._checked: OrderedDict[tuple[int, int], Tile] = OrderedDict()
        self._hash_at = hash_reader(self.tile)

    @classmethod
    def load(cls, size: int, read_tile: ReadTile) -> "LogHashes":
        """Hashes of a log whose first `size` leaves, a multiple of 256, lie in full tiles.

        Reads at most 255 tiles a level, whatever the size. What it read is to be compared with a known root.
        """
        hashes = cls(read_tile)
        for level in range(MAX_TILE_LEVEL + 1):
            hashes._full[level], width = divmod(hashes_at(level, size), TILE_WIDTH)
            first = hashes._full[level] * TILE_WIDTH
            for index in range(first, first + width):
                hashes._edge[level].append(read_tile(level - 1, index).root)
        return hashes

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._full[0] * TILE_WIDTH + self._edge[0].width

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf."""
        added = leaf_hash
        for level, edge in enumerate(self._edge):
            edge.append(added)
            if not edge.root:
                return
            self._unwritten[level, self._full[level]] = edge
            self._edge[level] = Tile()
            self._full[level] += 1
            added = edge.root

    def unwritten(self) -> Iterator[tuple[TileName, Tile]]:
        """Full tiles that are not yet in files."""
        for (level, index), tile in self._unwritten.items():
            yield TileName(level, index), tile

    def all_written(self) -> None:
        """Say that every full tile is in its file now."""
        for place, tile in self._unwritten.items():
            self._keep(place, tile)
        self._unwritten.clear()

    def root_at(self, size: int) -> bytes:
        """Root of the first `size` leaves, `size` at most `self.size`."""
        return tree.root_at(size, self._hash_at)

    def leaf_hash(self, index: int) -> bytes:
        """Hash of one leaf, `index` below `self.size`."""
        return self._hash_at(0, index)

    def leaf_hashes(self, start: int, end: int) -> bytes:
        """Hashes of the leaves from `start` to before `end`, concatenated; they all lie in one bundle."""
        bundle, place = divmod(start, TILE_WIDTH)
        row = self.tile(0, bundle).rows[0]
        return bytes(row[place * HASH_BYTES : (place + end - start) * HASH_BYTES])

    def prove_inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """See `ledger.tree.inclusion_proof`."""
        return tree.inclusion_proof(index, size, self._hash_at)

    def prove_consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """See `ledger.tree.consistency_proof`."""
        return tree.consistency_proof(old_size, new_size, self._hash_at)

    def tile(self, level: int, index: int) -> Tile:
        """A tile, full or growing, that agrees with the tiles above it.

        Raises
        ------
        Tampered
            `log_altered`: the stored tile does not.
        """
        if index == self._full[level]:
            return self._edge[level]
        place = (level, index)
        if place in self._unwritten:
            return self._unwritten[place]
        if place not in self._checked:
            return self._read_checked(level, index)
        self._checked.move_to_end(place)
        return self._checked[place]

    def _read_checked(self, level: int, index: int) -> Tile:
        tile = self._read_tile(level, index)
        above, place = divmod(index, TILE_WIDTH)
        if tile.root != self.tile(level + 1, above).node(0, place):
            raise Tampered(Code.LOG_ALTERED, f"the hash tile {TileName(level, index).path} was altered")
        self._keep((level, index), tile)
        return tile

    def _keep(self, place: tuple[int, int], tile: Tile) -> None:
        self._checked[place] = tile
        if len(self._checked) > _TILES_KEPT:
            self._checked.popitem(last=False)
