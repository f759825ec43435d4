"""The log: entries, checkpoints, proofs."""

from typing import Annotated

import msgspec

from facekeep.terms import SessionToken
from facekeep.vault.wire.base import Message, Page


class LogEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One opened log entry of the caller's organization. `facts` holds ids, counts and settings, never names."""

    index: int
    at: str
    actor: str
    act: str
    outcome: str
    facts: dict[str, str | int | float | bool | None]


class ReadLog(Message, frozen=True):
    """Entries of the caller's organization, from log index `start` on."""

    session: SessionToken
    start: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Page = 100


class LogPage(Message, frozen=True):
    """Entries, and the index to go on from (None at the end)."""

    entries: tuple[LogEntry, ...]
    next_start: int | None


class GetCheckpoint(Message, frozen=True):
    """The newest signed checkpoint and the public key that signs."""


class Checkpoint(Message, frozen=True):
    """A C2SP signed note, and the verifier key in note format."""

    note: str
    verifier_key: str


class ProveEntry(Message, frozen=True):
    """Inclusion proof of one entry in the tree of `size` (0 means the newest checkpoint)."""

    index: Annotated[int, msgspec.Meta(ge=0)]
    size: Annotated[int, msgspec.Meta(ge=0)] = 0


class ProveConsistency(Message, frozen=True):
    """Proof that the tree of `new_size` (0 means the newest) extends the tree of `old_size`."""

    old_size: Annotated[int, msgspec.Meta(ge=0)]
    new_size: Annotated[int, msgspec.Meta(ge=0)] = 0


class Proof(Message, frozen=True):
    """RFC 6962 hashes; for an entry also its 32-byte leaf hash."""

    hashes: tuple[bytes, ...]
    size: int
    leaf_hash: bytes = b""
