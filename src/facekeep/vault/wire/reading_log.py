"""The log: entries, checkpoints, proofs."""

from typing import Annotated

import msgspec

from facekeep.terms import SessionToken
from facekeep.vault.wire.base import Message, Page


class LogEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One opened log entry of the caller's organization, `entry` its number among that organization's entries.

    `facts` holds ids, counts and settings, never names.
    """

    entry: int
    at: str
    actor: str
    act: str
    outcome: str
    facts: dict[str, str | int | float | bool | None]


class ReadLog(Message, frozen=True):
    """Entries of the caller's organization, from its entry number `start` on; the newest `limit` where that is None."""

    session: SessionToken
    start: Annotated[int, msgspec.Meta(ge=0)] | None = 0
    limit: Page = 100


class LogPage(Message, frozen=True):
    """Entries, and the number to go on from (None at the end)."""

    entries: tuple[LogEntry, ...]
    next_start: int | None


class GetCheckpoint(Message, frozen=True):
    """The newest published checkpoint and the public key that signs. Never the present size: that would count acts."""


class Checkpoint(Message, frozen=True):
    """A C2SP signed note, and the verifier key in note format.

    `handovers` are the notes by which each earlier key named the next, oldest first.
    """

    note: str
    verifier_key: str
    handovers: tuple[str, ...] = ()


class ProveEntry(Message, frozen=True):
    """Inclusion proof of the caller's organization's entry in the tree of `size` (0 means the newest checkpoint)."""

    session: SessionToken
    entry: Annotated[int, msgspec.Meta(ge=0)]
    size: Annotated[int, msgspec.Meta(ge=0)] = 0


class ProveConsistency(Message, frozen=True):
    """Proof that the tree of `new_size` (0 means the newest checkpoint) extends the tree of `old_size`."""

    old_size: Annotated[int, msgspec.Meta(ge=0)]
    new_size: Annotated[int, msgspec.Meta(ge=0)] = 0


class Proof(Message, frozen=True):
    """RFC 6962 hashes; for an entry also its place in the tree and its 32-byte leaf hash."""

    hashes: tuple[bytes, ...]
    size: int
    leaf_hash: bytes = b""
    index: int = 0


class BeginExport(Message, frozen=True):
    """Log that the organization's entries are exported; the entry that says so will be the last one of the export."""

    session: SessionToken


class ReadExport(Message, frozen=True):
    """A page of the export that ends with `entry`: entries from number `start` on, proved in the tree of `size`.

    `size` 0 means the newest checkpoint; the pages that follow name the size of the first.
    """

    session: SessionToken
    entry: Annotated[int, msgspec.Meta(ge=0)]
    start: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Page = 100
    size: Annotated[int, msgspec.Meta(ge=0)] = 0


class ExportedEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A leaf at its place in the tree, its inclusion proof, and the 32-byte key that opens it and no other."""

    index: int
    leaf: bytes
    key: bytes
    hashes: tuple[bytes, ...]


class ExportPage(Message, frozen=True):
    """Entries in order, the size they are proved in, and the number to go on from (None at the end).

    `note` is the newest checkpoint: that of `size` where the page was asked for with size 0.
    """

    note: str
    size: int
    entries: tuple[ExportedEntry, ...]
    next_start: int | None
