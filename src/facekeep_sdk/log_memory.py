"""What a client remembers of a server's log, so that the log cannot be rewritten behind its back."""

import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import mkstemp
from typing import Any

import msgspec

from facekeep_sdk import calls
from facekeep_sdk.calls import Call, Conversation, Page, Pause
from facekeep_sdk.errors import FacekeepApiError, LogTampered, NotCosigned
from facekeep_sdk.ledger_check import TreeHead, check_consistency, check_cosignature, check_inclusion, open_checkpoint
from facekeep_sdk.log_handover import follow
from facekeep_sdk.models import Checkpoint, CosignedCheckpoint, LogCheck, LogEntry, Proof, ProvedEntry

_LOOK_EVERY_S = 0.5


@dataclass(slots=True)
class LogMemory:
    """The last checkpoint that passed every check; kept in the file at `path` too, if one is given.

    The log's key is trusted on first sight and pinned from then on; another one only where it names that as its heir.
    """

    path: Path | None = None
    last: Checkpoint | None = None

    def __post_init__(self) -> None:
        if self.path is not None and self.path.exists():
            self.last = self._read()

    def _read(self) -> Checkpoint:
        assert self.path is not None
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Checkpoint)
        except msgspec.DecodeError as error:
            raise LogTampered("the remembered checkpoint on this machine is damaged") from error

    def _size_on_disk(self) -> int:
        assert self.path is not None
        return _size(self._read()) if self.path.exists() else 0

    def remember(self, checkpoint: Checkpoint) -> None:
        """Keep `checkpoint`, replacing the file in one step, unless another process has seen a later one meanwhile."""
        self.last = checkpoint
        if self.path is None or self._size_on_disk() > _size(checkpoint):
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, beside = mkstemp(dir=self.path.parent, prefix=".checkpoint-")
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(checkpoint))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self.path)


def _size(checkpoint: Checkpoint) -> int:
    return open_checkpoint(checkpoint.note, checkpoint.verifier_key).size


def check_log(memory: LogMemory, *, entries: bool = False) -> Conversation[LogCheck]:
    """Check that the log only grew since the last look, and with `entries` that each own entry is in it.

    Raises
    ------
    LogTampered
        A signature, a proof or the pinned key is wrong. The memory keeps what it held, as evidence.
    """
    newest: Checkpoint = yield calls.checkpoint()
    head, old = yield from check_extension(memory, newest)
    proved, waiting = (yield from _check_entries(head)) if entries else (0, 0)
    memory.remember(newest)
    return LogCheck(head.size, b64encode(head.root).decode(), head.origin, old.size, newest, proved, waiting)


def check_extension(memory: LogMemory, newest: Checkpoint) -> Conversation[tuple[TreeHead, TreeHead]]:
    """The tree heads of `newest` and of what was seen last, once the one is shown to extend the other.

    Raises
    ------
    LogTampered
        A signature, a proof or the pinned key is wrong.
    """
    pinned = memory.last.verifier_key if memory.last else newest.verifier_key
    followed = follow(newest.handovers, pinned)
    if newest.verifier_key != followed.verifier_key:
        raise LogTampered("the log is signed by another key than before, and none that leads there from it")
    head = open_checkpoint(newest.note, newest.verifier_key)
    old = open_checkpoint(memory.last.note, pinned) if memory.last else TreeHead(head.origin, 0, b"")
    if any(later.size > head.size for later in followed.heads):
        raise LogTampered("the log is shorter than when its key was handed over")
    for earlier, later in pairwise((old, *followed.heads, head)):
        yield from _check_grown(earlier, later)
    return head, old


def _check_grown(old: TreeHead, new: TreeHead) -> Conversation[None]:
    if 0 < old.size < new.size:
        proof: Proof = yield calls.consistency(old.size, new_size=new.size)
        check_consistency(old, new, _hashes(proof))
    else:
        check_consistency(old, new, ())


def cosigned_checkpoint(
    memory: LogMemory, witness_keys: Sequence[str], *, patience_s: float
) -> Conversation[CosignedCheckpoint]:
    """Check the log, and that each witness cosigned its newest checkpoint. Raises `LogTampered`.

    A checkpoint is signed soon after it is published; the first that is signed by all is waited for.
    """
    waited_s = 0.0
    while True:
        checked = yield from check_log(memory)
        try:
            times = {key: check_cosignature(checked.checkpoint.note, key) for key in witness_keys}
        except NotCosigned:
            if waited_s >= patience_s:
                raise
        else:
            return CosignedCheckpoint(checked.checkpoint, times)
        yield Pause(_LOOK_EVERY_S)
        waited_s += _LOOK_EVERY_S


def prove_entry(memory: LogMemory, entry: int) -> Conversation[ProvedEntry]:
    """Check the log, and that the organization's `entry` is in it. Raises `LogTampered`.

    An entry younger than the newest checkpoint is refused as `not_yet_published`: ask again when the next one is out.
    """
    checked = yield from check_log(memory)
    head = open_checkpoint(checked.checkpoint.note, checked.checkpoint.verifier_key)
    proof = yield from _check_entry(entry, head)
    return ProvedEntry(entry, proof, checked.checkpoint)


def _check_entries(head: TreeHead) -> Conversation[tuple[int, int]]:
    """How many entries were proved, and how many came after `head`; numbers without a gap, and places in order."""
    proved, waiting, last_index = 0, 0, -1
    following: Call[Page[LogEntry]] | None = calls.log_entries()
    while following is not None:
        page: Page[Any] = yield following
        for entry in page.items:
            if entry.entry != proved + waiting:
                raise LogTampered(f"entry {proved + waiting} of the organization is missing from the log")
            proof = None if waiting else (yield from _proof_if_published(entry.entry, head))
            if proof is None:  # it was written after the checkpoint, and so was all that follows
                waiting += 1
                continue
            if proof.index <= last_index:
                raise LogTampered("two entries are not in the log in their order")
            proved, last_index = proved + 1, proof.index
        following = page.following
    return proved, waiting


def _proof_if_published(entry: int, head: TreeHead) -> Conversation[Proof | None]:
    try:
        return (yield from _check_entry(entry, head))
    except FacekeepApiError as error:
        if error.code != "not_yet_published":
            raise
        return None


def _check_entry(entry: int, head: TreeHead) -> Conversation[Proof]:
    proof: Proof = yield calls.proof(entry, size=head.size)
    check_inclusion(_decoded(proof.leaf_hash), index=proof.index, head=head, proof=_hashes(proof))
    return proof


def _hashes(proof: Proof) -> tuple[bytes, ...]:
    return tuple(_decoded(text) for text in proof.hashes)


def _decoded(text: str) -> bytes:
    try:
        value = b64decode(text, validate=True)
    except ValueError as error:
        raise LogTampered("a proof is not base64") from error
    if len(value) != 32:
        raise LogTampered("a proof holds something that is no hash")
    return value
