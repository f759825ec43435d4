"""The log: the caller's own entries, signed checkpoints, and proofs that an outsider can check."""

from msgspec.structs import replace

from facekeep.service.keep import Keep
from facekeep.terms import SessionToken
from facekeep.vault.wire import (
    BeginExport,
    Checkpoint,
    Done,
    ExportPage,
    GetCheckpoint,
    LogEntry,
    LogPage,
    Proof,
    ProveConsistency,
    ProveEntry,
    ReadExport,
    ReadLog,
)

__all__ = [
    "Checkpoint",
    "ExportPage",
    "LogEntry",
    "LogPage",
    "Proof",
    "begin_export",
    "newest_checkpoint",
    "prove_consistency",
    "prove_entry",
    "read_export",
    "read_log",
    "witness_keys",
]


def read_log(keep: Keep, session: SessionToken, *, start: int | None, limit: int) -> LogPage:
    """Entries of the caller's organization from its entry number `start` on (None: the newest), and where to go on."""
    return keep.vault.call(ReadLog(session=session, start=start, limit=limit), LogPage)


def newest_checkpoint(keep: Keep) -> Checkpoint:
    """The newest published note over the whole log, with what witnesses signed of it, and the key that checks it."""
    newest = keep.vault.call(GetCheckpoint(), Checkpoint)
    return replace(newest, note=keep.cosignatures.on(newest.note))


def witness_keys(keep: Keep) -> tuple[str, ...]:
    """The verifier keys of the witnesses that this server asks to cosign."""
    return tuple(one.key for one in keep.settings.log.witnesses)


def prove_entry(keep: Keep, session: SessionToken, *, entry: int, size: int) -> Proof:
    """That the organization's `entry` is in the tree of `size` (0 means the newest checkpoint).

    Raises
    ------
    BadInput
        `not_found`: no such entry, or no such tree.
    Unavailable
        `not_yet_published`: the entry is in a later checkpoint.
    """
    return keep.vault.call(ProveEntry(session=session, entry=entry, size=size), Proof)


def prove_consistency(keep: Keep, *, old_size: int, new_size: int) -> Proof:
    """That the tree of `new_size` (0 means the newest) extends the tree of `old_size`."""
    return keep.vault.call(ProveConsistency(old_size=old_size, new_size=new_size), Proof)


def begin_export(keep: Keep, session: SessionToken) -> int:
    """Log an export of the organization's entries; the number of the entry that says so, its last."""
    return keep.vault.call(BeginExport(session=session), Done).entry


def read_export(keep: Keep, session: SessionToken, *, entry: int, start: int, limit: int, size: int) -> ExportPage:
    """A page of the export that ends with `entry`.

    Raises
    ------
    BadInput
        `not_found`: no such export, or no such tree.
    Unavailable
        `not_yet_published`: no checkpoint covers the export yet.
    """
    message = ReadExport(session=session, entry=entry, start=start, limit=limit, size=size)
    return keep.vault.call(message, ExportPage)
