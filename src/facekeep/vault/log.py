"""The vault's log: entries that are on the disk before anything they speak of happens, in a tree nobody can rewrite.

Invariants
----------
- `append` returns only after its entries are durable, all of them. They then stay at their index for ever.
- After the first write or sync whose effect is unknown the log is shut until it is opened anew; a failed fsync is never
  tried again, since the system may have dropped the data and call the next one a success. A full disk alone leaves the
  log usable, and only where what was half written has been taken back durably.
- While a write or sync does not end, nothing else is written or read, and nobody waits for it longer than seconds. If
  it ends without an error, its entries are in the log, though nobody was told of them, and `resume` lets the log go on.
- At opening, the log must extend what the vault remembers (`expected_size`, `expected_root`) and what it has published.
  Then the newest part is written afresh, so that nothing rests on pages that an earlier process failed to sync.
- No checkpoint is ever signed that a later one does not extend.
- What is shown to anybody is the last published checkpoint. The present size counts acts, so it stays inside.

Each step of a rotation may be cut short: files below `tile/` appear whole, and the `tail`, replaced last, says which of
them count. Until then they are written again with the same content.

Not done here: encryption (`log_entries`), when to publish and with how much padding (`log_padding`), and remembering
the anchor (the vault's database).
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from shutil import rmtree
from types import TracebackType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.errors import BadInput, Code, Tampered
from facekeep.ledger.handover import Handover, sign_handover
from facekeep.ledger.leaf import LEAF_SIZE
from facekeep.ledger.note import (
    Checkpoint,
    VerifierKey,
    open_note_of_any,
    parse_checkpoint,
    sign_note,
    signature_line,
)
from facekeep.ledger.statement import require_statement
from facekeep.ledger.tiles import TILE_WIDTH, TileName, pack_bundle, partial_tiles
from facekeep.ledger.tree import leaf_hash
from facekeep.vault.log_files import DiskFullError, lock_folder, make_folder, replace_file
from facekeep.vault.log_frozen import FrozenLog
from facekeep.vault.log_fuse import PATIENCE_S, Fuse
from facekeep.vault.log_hashes import LogHashes
from facekeep.vault.log_open_tail import OpenTail
from facekeep.vault.log_signing import signature_is_good, verifier_key_of
from facekeep.vault.log_stored import StoredLog

MAX_LEAVES_AN_APPEND = 65_536
_PATIENCE_AT_OPENING_S = 60.0


class Log:
    """A log open for appending, by one process at a time, from any number of threads. Made by `Log.open`."""

    def __init__(self, folder: Path, signing_key: Ed25519PrivateKey, origin: str) -> None:
        self._key = verifier_key_of(signing_key, origin)
        self._signing_key = signing_key
        self.older_keys: tuple[VerifierKey, ...] = ()
        """Public keys that signed checkpoints of this log before, oldest first."""
        self._stored = StoredLog(folder)
        self._durable_folders = {folder}
        self._fuse = Fuse()
        self._folder_lock = lock_folder(folder)
        self._tail = OpenTail(self._stored.tail_path, 0, ())
        self._hashes = LogHashes(self._stored.full_tile)
        self._note = ""
        self._published_size = 0

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        signing_key: Ed25519PrivateKey,
        origin: str,
        expected_size: int,
        expected_root: bytes | None,
    ) -> "Log":
        """The log in `folder`, created where `expected_size` is 0 and there is none.

        Parameters
        ----------
        origin : the log's name in checkpoints and key, without spaces and plus signs.
        expected_size, expected_root : the anchor remembered from an earlier `anchor()`; the log may be longer, by
            entries written after that. `expected_root` None leaves only the length to be checked.

        Raises
        ------
        Tampered
            `log_altered`: it does not extend the anchor or its own published checkpoint. Nothing was changed.
        Unavailable
            `log_unwritable`, `disk_full`: the folder cannot be written. `busy`: another process has the log open.
        """
        log = cls(folder, signing_key, origin)
        try:
            log._create_if_new(expected_size)
            log._load(expected_size, expected_root)
            log._fuse.change(log._rotate, patience_s=_PATIENCE_AT_OPENING_S)
        except BaseException:
            log.close()
            raise
        return log

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._hashes.size

    @property
    def root(self) -> bytes:
        """Root over all entries, 32 bytes."""
        return self.anchor()[1]

    @property
    def broken(self) -> bool:
        """Whether nothing can be written: until the log is opened anew, or while it `waits`."""
        return self._fuse.blown

    @property
    def waits(self) -> bool:
        """Whether a change hangs, or hung and `resume` is to be called."""
        return self._fuse.waits

    def settled(self) -> bool:
        """Wait until what hangs has ended, however long, or the log is closed. True where `resume` may be called."""
        return self._fuse.settled()

    def resume(self) -> float:
        """Go on after a change that hung and ended well; how many seconds it took. `size` tells whether it added.

        Raises
        ------
        Unavailable
            `log_unwritable`: it ended badly, or the log was closed.
        """
        return self._fuse.resume()

    @property
    def published_size(self) -> int:
        """Size of the checkpoint that lies in the folder."""
        return self._published_size

    @property
    def verifier_key(self) -> str:
        """The key to check checkpoints with, in note format."""
        return self._key.text

    def anchor(self) -> tuple[int, bytes]:
        """`(size, root)` to remember outside the log after each append, and to open it with next time."""
        with self._fuse.look():
            return self._head()

    def append(self, leaves: Sequence[bytes]) -> int:
        """Add entries durably, all or none, and return the index of the first.

        Parameters
        ----------
        leaves : 1 to 65,536 leaves of `LEAF_SIZE` bytes each, encrypted.

        Raises
        ------
        BadInput
            `invalid_request`: no leaf, too many, or one of another size.
        Unavailable
            `disk_full`: nothing was added, the log goes on. `log_unwritable`: whether they are on the disk is unknown,
            and the log is shut; as `DiskHangs`, until `resume`, after which they count as recorded if `size` grew.
        """
        _check_leaves(leaves)
        return self._fuse.change(lambda: self._append(leaves), patience_s=_patience_s(leaves))

    def checkpoint(self) -> str:
        """The signed note that was published last."""
        return self._note

    def publish(self, padding: Sequence[bytes] = ()) -> str:
        """Make the folder a valid static log of the present size for any C2SP tlog-tiles tool; the note it now shows.

        Parameters
        ----------
        padding : leaves to add first. The newest part is then written afresh, each leaf in a frame of its own, so that
            the file does not tell which leaves came together.

        Raises
        ------
        Unavailable
            `disk_full`: the folder shows the checkpoint before, the log goes on, with the padding or without it.
            `log_unwritable`: the log is shut.
        """
        if padding:
            _check_leaves(padding)
        return self._fuse.change(lambda: self._publish(padding), patience_s=_patience_s(padding))

    def name_successor(self, successor: Ed25519PrivateKey) -> str:
        """The handover to another key, signed by this one, over the checkpoint that was published last.

        The folder then shows that checkpoint signed by both, so that it opens under either, whichever is remembered.
        """
        return self._fuse.change(lambda: self._name_successor(successor))

    def change_key(self, successor: Ed25519PrivateKey) -> None:
        """Sign with the key that was named; that this one is gone must be durable before."""
        self.older_keys += (self._key,)
        self._signing_key, self._key = successor, verifier_key_of(successor, self._key.name)

    def frozen(self) -> FrozenLog:
        """The log at its published checkpoint, to be kept elsewhere."""
        with self._fuse.look():
            count = self._published_size - self._tail.start
            return FrozenLog(self._note, self._tail.start, tuple(self._tail.leaves[:count]))

    def prove_inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Proof that entry `index` is in the log of `size`; `invalid_request` where that cannot be."""
        with self._fuse.look():
            self._check_size(size)
            return self._hashes.prove_inclusion(index, size)

    def prove_consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Proof that the log of `new_size` begins with that of `old_size`; `invalid_request` where that cannot be."""
        with self._fuse.look():
            self._check_size(new_size)
            return self._hashes.prove_consistency(old_size, new_size)

    def leaf(self, index: int) -> bytes:
        """Entry `index`, compared with the tree; `invalid_request` where there is none, `log_altered` if it differs."""
        found = self.leaves(index, 1)
        if not found:
            raise BadInput(Code.INVALID_REQUEST, f"no entry {index} in a log of {self.size}")
        return found[0]

    def leaves(self, start: int, limit: int) -> list[bytes]:
        """At most `limit` entries from index `start` on, compared with the tree; none past the end."""
        if start < 0 or limit < 0:
            raise BadInput(Code.INVALID_REQUEST, "a page of the log starts at 0 or later and is not negative")
        with self._fuse.look():
            end = min(self.size, start + limit)
            found: list[bytes] = []
            while start + len(found) < end:
                first = start + len(found)
                found += self._checked(first, self._piece(first, end))
            return found

    def leaves_at(self, indexes: Sequence[int]) -> list[bytes | None]:
        """Entries at rising indexes, each compared with the tree; None in place of those missing or altered."""
        found: list[bytes | None] = []
        for bundle in _by_bundle(indexes):
            try:
                whole = self.leaves(bundle[0], bundle[-1] - bundle[0] + 1)
                found += [whole[index - bundle[0]] for index in bundle]
            except Tampered:
                found += [self._unaltered(index) for index in bundle]
        return found

    def signed(self, text: str) -> str:
        """A note over `text`, which must be a statement about a report: never a checkpoint."""
        require_statement(text)
        return sign_note(text, key=self._key, sign=self._signing_key.sign)

    def size_signed_in(self, untrusted_note: bytes) -> int:
        """The size in a checkpoint of this log. Raises Tampered `log_altered` for any other, or one that it outgrew."""
        keys = (*self.older_keys, self._key)
        signed = parse_checkpoint(open_note_of_any(untrusted_note, expected_keys=keys, is_good=signature_is_good))
        if signed.origin != self._key.name:
            raise Tampered(Code.LOG_ALTERED, "the checkpoint belongs to another log")
        with self._fuse.look():
            self._check_extends(signed.size, signed.root)
        return signed.size

    def close(self) -> None:
        """Shut the log and let another process open it. What was appended stays."""
        self._fuse.blow(self._let_go)

    def __enter__(self) -> "Log":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _create_if_new(self, expected_size: int) -> None:
        """Write an empty log, unless there are traces of one: then what is missing is for `_load` to find."""
        if expected_size or self._stored.tail_path.exists() or (self._stored.folder / "tile").exists():
            return
        if self._stored.checkpoint_path.exists() and self._stored.checkpoint(self._key).size:
            return
        self._fuse.change(self._write_empty)

    def _write_empty(self) -> None:
        self._write_checkpoint()
        self._tail.replace(0)

    def _append(self, leaves: Sequence[bytes]) -> int:
        first = self.size
        self._tail.append(leaves)
        self._hash(leaves)
        if len(self._tail.leaves) >= TILE_WIDTH:
            # The entries are safe in the tail already; without room for their bundle they wait there.
            with suppress(DiskFullError):
                self._rotate()
        return first

    def _publish(self, padding: Sequence[bytes]) -> str:
        if padding:
            self._tail.replace(self._tail.start, padding)
            self._hash(padding)
        if len(self._tail.leaves) >= TILE_WIDTH:
            self._rotate()
        self._write_partial_tiles()
        return self._write_checkpoint()

    def _name_successor(self, successor: Ed25519PrivateKey) -> str:
        published = self._stored.checkpoint(self._key)
        heir = verifier_key_of(successor, self._key.name)
        text = Checkpoint(published.origin, published.size, published.root).text
        note = sign_note(text, key=self._key, sign=self._signing_key.sign)
        note += signature_line(heir, successor.sign(text.encode()))
        replace_file(self._stored.checkpoint_path, note.encode())
        self._note = note
        return sign_handover(Handover(heir, published), key=self._key, sign=self._signing_key.sign)

    def _let_go(self) -> None:
        self._tail.close()
        if self._folder_lock >= 0:
            os.close(self._folder_lock)
        self._folder_lock = -1

    def _head(self) -> tuple[int, bytes]:
        return self.size, self._hashes.root_at(self.size)

    def _load(self, expected_size: int, expected_root: bytes | None) -> None:
        tail = self._stored.tail()
        self._tail.close()
        self._tail = OpenTail(self._stored.tail_path, tail.start, tail.leaves)
        self._hashes = LogHashes.load(tail.start, self._stored.full_tile)
        self._hash(tail.leaves)
        self._check_extends(expected_size, expected_root)
        published, self._note = self._stored.checkpoint_and_note(self._key)
        self._check_extends(published.size, published.root)
        self._published_size = published.size

    def _check_extends(self, size: int, root: bytes | None) -> None:
        if size > self.size:
            raise Tampered(
                Code.LOG_ALTERED, f"the log ends before entry {self.size}, but {size} entries had been recorded"
            )
        if root is not None and self._hashes.root_at(size) != root:
            raise Tampered(Code.LOG_ALTERED, f"the first {size} log entries are not those that had been recorded")

    def _check_size(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise BadInput(Code.INVALID_REQUEST, f"the log has {self.size} entries, not {size}")

    def _hash(self, leaves: Sequence[bytes]) -> None:
        for leaf in leaves:
            self._hashes.append(leaf_hash(leaf))

    def _checked(self, first: int, untrusted_leaves: list[bytes]) -> list[bytes]:
        """Leaves of one bundle, compared with the tree. Raises Tampered `log_altered`."""
        for begin, end in _within_bundles(first, len(untrusted_leaves)):
            some = untrusted_leaves[begin - first : end - first]
            if b"".join([leaf_hash(leaf) for leaf in some]) != self._hashes.leaf_hashes(begin, end):
                differs = (n for n, leaf in enumerate(some, begin) if leaf_hash(leaf) != self._hashes.leaf_hash(n))
                raise Tampered(Code.LOG_ALTERED, f"log entry {next(differs)} was altered")
        return untrusted_leaves

    def _unaltered(self, index: int) -> bytes | None:
        try:
            return self.leaf(index)
        except Tampered:
            return None

    def _piece(self, start: int, end: int) -> list[bytes]:
        """Entries from `start`, up to `end` or the end of their bundle."""
        if start >= self._tail.start:
            return self._tail.leaves[start - self._tail.start : end - self._tail.start]
        return self._stored.leaves(start, min(end - start, TILE_WIDTH - start % TILE_WIDTH))

    def _rotate(self) -> None:
        """Move full bundles and their tiles into files, then write the rest as a new tail."""
        start, leaves = self._tail.start, self._tail.leaves
        full = len(leaves) // TILE_WIDTH * TILE_WIDTH
        for offset in range(0, full, TILE_WIDTH):
            name = TileName(None, (start + offset) // TILE_WIDTH)
            self._write_tile(name, pack_bundle(leaves[offset : offset + TILE_WIDTH]))
        for name, tile in self._hashes.unwritten():
            self._write_tile(name, tile.packed)
        self._tail.replace(start + full)
        self._remove_superseded()
        self._hashes.all_written()

    def _remove_superseded(self) -> None:
        """Drop the partial files of tiles that are full now; the specification allows it, and they may stay."""
        for name, _ in self._hashes.unwritten():
            for kind in (name, TileName(None, name.index)) if name.level == 0 else (name,):
                path = self._stored.path_of(kind)
                rmtree(path.with_name(path.name + ".p"), ignore_errors=True)

    def _write_partial_tiles(self) -> None:
        for name in partial_tiles(self.size):
            if name.level == 0:
                self._write_tile(TileName(None, name.index, name.width), pack_bundle(self._tail.leaves))
            self._write_tile(name, self._hashes.tile(name.level or 0, name.index).packed)

    def _write_tile(self, name: TileName, content: bytes) -> None:
        path = self._stored.path_of(name)
        make_folder(path.parent, self._durable_folders)
        replace_file(path, content)

    def _write_checkpoint(self) -> str:
        size, root = self._head()
        note = sign_note(Checkpoint(self._key.name, size, root).text, key=self._key, sign=self._signing_key.sign)
        replace_file(self._stored.checkpoint_path, note.encode())
        self._published_size, self._note = size, note
        return note


def _by_bundle(indexes: Sequence[int]) -> list[list[int]]:
    """Rising indexes, those of one bundle together."""
    return [list(group) for _, group in groupby(indexes, key=lambda index: index // TILE_WIDTH)]


def _within_bundles(first: int, count: int) -> list[tuple[int, int]]:
    """The indexes of so many leaves, cut where a bundle ends: begin and end of each part."""
    cuts = range(first - first % TILE_WIDTH, first + count, TILE_WIDTH)
    return [(max(first, cut), min(first + count, cut + TILE_WIDTH)) for cut in cuts]


def _patience_s(leaves: Sequence[bytes]) -> float:
    """Seconds for an append; more only for what no act writes at once."""
    return PATIENCE_S + len(leaves) / 1_000


def _check_leaves(leaves: Sequence[bytes]) -> None:
    if not 1 <= len(leaves) <= MAX_LEAVES_AN_APPEND:
        raise BadInput(Code.INVALID_REQUEST, f"an append has 1 to {MAX_LEAVES_AN_APPEND} log entries")
    if any(len(leaf) != LEAF_SIZE for leaf in leaves):
        raise BadInput(Code.INVALID_REQUEST, f"a log entry has {LEAF_SIZE} bytes")
