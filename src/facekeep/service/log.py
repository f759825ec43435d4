"""The log: the caller's own entries, signed checkpoints, and proofs that an outsider can check."""

from facekeep.service.keep import Keep
from facekeep.terms import SessionToken
from facekeep.vault.wire import (
    Checkpoint,
    GetCheckpoint,
    LogEntry,
    LogPage,
    Proof,
    ProveConsistency,
    ProveEntry,
    ReadLog,
)

__all__ = [
    "Checkpoint",
    "LogEntry",
    "LogPage",
    "Proof",
    "newest_checkpoint",
    "prove_consistency",
    "prove_entry",
    "read_log",
]


def read_log(keep: Keep, session: SessionToken, *, start: int, limit: int) -> LogPage:
    """Entries of the caller's organization from log index `start` on, and where to go on from."""
    return keep.vault.call(ReadLog(session=session, start=start, limit=limit), LogPage)


def newest_checkpoint(keep: Keep) -> Checkpoint:
    """The newest signed note over the whole log, and the key that checks it."""
    return keep.vault.call(GetCheckpoint(), Checkpoint)


def prove_entry(keep: Keep, *, index: int, size: int) -> Proof:
    """That the entry at `index` is in the tree of `size` (0 means the newest). Raises `not_found` beyond the tree."""
    return keep.vault.call(ProveEntry(index=index, size=size), Proof)


def prove_consistency(keep: Keep, *, old_size: int, new_size: int) -> Proof:
    """That the tree of `new_size` (0 means the newest) extends the tree of `old_size`."""
    return keep.vault.call(ProveConsistency(old_size=old_size, new_size=new_size), Proof)
