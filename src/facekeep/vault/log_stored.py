"""A log's folder, read: `checkpoint`, `tail`, and the tiles and bundles of C2SP tlog-tiles below `tile/`.

Nothing read here has been compared with a root yet; `log_hashes`, `Log` and `fsck` do that.
"""

from pathlib import Path

from facekeep.errors import Code, Tampered
from facekeep.ledger.leaf import LEAF_SIZE
from facekeep.ledger.note import MAX_NOTE_BYTES, Checkpoint, VerifierKey, open_checkpoint
from facekeep.ledger.tiles import TILE_WIDTH, Tile, TileName, parse_bundle, parse_tile
from facekeep.ledger.tree import HASH_BYTES
from facekeep.vault.log_files import read_file, read_slice
from facekeep.vault.log_signing import signature_is_good
from facekeep.vault.log_tail import MAX_TAIL_BYTES, Tail, parse_tail

SLOT_BYTES = 2 + LEAF_SIZE  # an entry in its bundle


class StoredLog:
    """The files under `folder`. Every method raises `Tampered` (`log_altered`) for what is missing or malformed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def checkpoint_path(self) -> Path:
        """The published signed note."""
        return self.folder / "checkpoint"

    @property
    def tail_path(self) -> Path:
        """The newest entries."""
        return self.folder / "tail"

    def path_of(self, name: TileName) -> Path:
        """Where a tile or bundle lies."""
        return self.folder / name.path

    def checkpoint(self, expected_key: VerifierKey) -> Checkpoint:
        """The published checkpoint, its signature verified."""
        return self.checkpoint_and_note(expected_key)[0]

    def checkpoint_and_note(self, expected_key: VerifierKey) -> tuple[Checkpoint, str]:
        """The published checkpoint, its signature verified, and the note as it was signed."""
        untrusted = read_file(self.checkpoint_path, limit=MAX_NOTE_BYTES, what="the checkpoint")
        checkpoint = open_checkpoint(
            untrusted, expected_origin=expected_key.name, expected_key=expected_key, is_good=signature_is_good
        )
        return checkpoint, untrusted.decode()

    def tail(self) -> Tail:
        """The newest entries."""
        return parse_tail(read_file(self.tail_path, limit=MAX_TAIL_BYTES, what="the newest part of the log"))

    def tile(self, name: TileName) -> Tile:
        """A hash tile."""
        what = f"the hash tile {name.path}"
        untrusted = read_file(self.path_of(name), limit=TILE_WIDTH * HASH_BYTES, what=what)
        return parse_tile(untrusted, expected_width=name.width)

    def full_tile(self, level: int, index: int) -> Tile:
        """A full hash tile."""
        return self.tile(TileName(level, index))

    def leaves(self, first: int, count: int) -> list[bytes]:
        """Entries that all lie in one full bundle."""
        bundle, place = divmod(first, TILE_WIDTH)
        name = TileName(None, bundle)
        untrusted = read_slice(
            self.path_of(name),
            offset=place * SLOT_BYTES,
            length=count * SLOT_BYTES,
            what=f"the bundle {name.path} of entries {bundle * TILE_WIDTH} to {(bundle + 1) * TILE_WIDTH - 1}",
        )
        return parse_bundle(untrusted, expected_count=count)

    def bundle(self, name: TileName) -> bytes:
        """The bytes of a bundle, of the right length."""
        first = name.index * TILE_WIDTH
        what = f"the bundle {name.path} of entries {first} to {first + name.width - 1}"
        untrusted = read_file(self.path_of(name), limit=TILE_WIDTH * SLOT_BYTES, what=what)
        if len(untrusted) != name.width * SLOT_BYTES:
            raise Tampered(Code.LOG_ALTERED, f"{what} has the wrong length")
        return untrusted
