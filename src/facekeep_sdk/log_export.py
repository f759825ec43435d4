"""An organization's own entries in one file, and how anybody checks that file with nothing but the log's public key.

The file is text: one JSON object a line, each line ended by a newline.

    line 1    {"format": "facekeep-log-export", "version": 1, "checkpoint": a signed note}
              or, where the log's key is not its first, {…, "version": 2, "checkpoint": …, "handovers": [signed notes]}
    others    {"index": place in the tree, "leaf": 1,024 bytes, "key": 32 bytes, "hashes": [32 bytes, …]}

Bytes are in base64; the JSON has no spaces, no other members, and this order of them. Entries follow in their own
order, from number 0 to the entry that tells of the export, and each is proved in the tree of that one checkpoint.
`key` opens its leaf and no other.
"""

import os
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from typing import IO, TypeVar

import msgspec

from facekeep_sdk import calls
from facekeep_sdk.calls import Conversation, Pause
from facekeep_sdk.errors import FacekeepApiError, LogTampered
from facekeep_sdk.ledger_check import TreeHead, check_inclusion, decoded, has_signature_of, open_checkpoint
from facekeep_sdk.log_handover import follow
from facekeep_sdk.log_leaf import open_leaf
from facekeep_sdk.log_memory import LogMemory, check_extension, check_log
from facekeep_sdk.models import Checkpoint, Export, ExportCheck, ExportedEntry, ExportPage, LogEntry

FORMAT = "facekeep-log-export"
EXPORT_ACT = "log.export"
MOST_ENTRIES = 50_000_000
_LONGEST_HEADER = 300 * 1024  # the longest note, and more
_LONGEST_LINE = 8 * 1024  # a leaf, a key and 64 hashes
_LOOK_EVERY_S = 2.0


class _Header(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    format: str
    version: int
    checkpoint: str
    handovers: list[str] = []


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    index: int
    leaf: str
    key: str
    hashes: list[str]


T = TypeVar("T")
_HEADER, _LINE = msgspec.json.Decoder(_Header), msgspec.json.Decoder(_Line)


def verify_export(path: Path, verifier_key: str) -> ExportCheck:
    """Check an export offline and say what is in it.

    Parameters
    ----------
    verifier_key : the log's public key in note format, from a source other than the file. It may be an earlier one,
        if the file carries the handovers that lead from it to the key that signed.

    Raises
    ------
    LogTampered
        The file is not an export, its checkpoint is not signed by that key, an entry is not in the tree where it is
        said to be or does not open with its key, a number is missing, or the export's own entry is not the last.
    """
    with path.open("rb") as file:
        return _verify(_lines(file), verifier_key)


def export_log(memory: LogMemory, path: Path, *, patience_s: float) -> Conversation[ExportCheck]:
    """Export, write the file whole or not at all (mode 0600), and check it as its reader will.

    Before that the log is checked to extend what was seen of it, up to the checkpoint in the file, which is the
    first that covers the export's own entry. That is waited for, for `patience_s` at most.
    """
    yield from check_log(memory)
    begun: Export = yield calls.begin_export()
    page, signed = yield from _signed_page(begun.entry, patience_s)
    yield from check_extension(memory, signed)
    handle, beside = mkstemp(dir=path.parent, prefix=".export-")
    try:
        with os.fdopen(handle, "wb") as file:
            handovers = list(signed.handovers)
            header = _Header(FORMAT, _version_of(handovers), signed.note, handovers)
            file.write(msgspec.json.encode(header) + b"\n")
            while True:
                file.writelines(msgspec.json.encode(_line(entry)) + b"\n" for entry in page.entries)
                if page.next_start is None:
                    break
                page = yield calls.export_page(begun.entry, start=page.next_start, size=page.size)
            file.flush()
            os.fsync(file.fileno())
        found = verify_export(Path(beside), signed.verifier_key)
        os.replace(beside, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(beside)
    return found


def _version_of(handovers: Sequence[str]) -> int:
    """Version 1 is what readers from before there were handovers know."""
    return 2 if handovers else 1


def _signed_page(entry: int, patience_s: float) -> Conversation[tuple[ExportPage, Checkpoint]]:
    """The first page and its checkpoint with the key of that; asked for again where the key is changed in between."""
    page = yield from _first_page(entry, patience_s)
    newest: Checkpoint = yield calls.checkpoint()
    if not has_signature_of(page.note, newest.verifier_key):
        page = yield from _first_page(entry, patience_s)
    return page, Checkpoint(page.note, newest.verifier_key, newest.handovers)


def _first_page(entry: int, patience_s: float) -> Conversation[ExportPage]:
    waited_s = 0.0
    while True:
        try:
            page: ExportPage = yield calls.export_page(entry)
            return page
        except FacekeepApiError as error:
            if error.code != "not_yet_published" or waited_s >= patience_s:
                raise
        yield Pause(_LOOK_EVERY_S)
        waited_s += _LOOK_EVERY_S


def _line(entry: ExportedEntry) -> _Line:
    return _Line(entry.index, entry.leaf, entry.key, list(entry.hashes))


def _lines(untrusted_file: IO[bytes]) -> Iterator[bytes]:
    """Lines of the file without their newlines, none longer than it may be."""
    longest = _LONGEST_HEADER
    while line := untrusted_file.readline(longest + 1):
        if not line.endswith(b"\n") or len(line) > longest:
            raise LogTampered("the export is cut off, or has a line that is too long")
        yield line[:-1]
        longest = _LONGEST_LINE


def _verify(untrusted_lines: Iterator[bytes], verifier_key: str) -> ExportCheck:
    head = _open_header(next(untrusted_lines, b""), verifier_key)
    acts: dict[str, int] = {}
    first_at, last = "", None
    for number, entry in enumerate(_entries(untrusted_lines, head)):
        if entry.entry != number:
            raise LogTampered(f"expected entry {number}, found entry {entry.entry}: one is missing or out of order")
        acts[entry.act] = acts.get(entry.act, 0) + 1
        first_at, last = first_at or entry.at, entry
    if last is None or last.act != EXPORT_ACT:
        raise LogTampered("the export does not end with its own entry: what came before that is missing")
    root = b64encode(head.root).decode()
    return ExportCheck(last.entry + 1, first_at, last.at, head.size, root, head.origin, dict(sorted(acts.items())))


def _open_header(untrusted: bytes, verifier_key: str) -> TreeHead:
    header = _decoded(_HEADER, untrusted, "this is not an export of a log")
    if (header.format, header.version) != (FORMAT, _version_of(header.handovers)):
        raise LogTampered("this is not an export of a log, or one of a later version")
    followed = follow(header.handovers, verifier_key)
    head = open_checkpoint(header.checkpoint, followed.verifier_key)
    if any(one.size > head.size or (one.size == head.size and one.root != head.root) for one in followed.heads):
        raise LogTampered("a handover of the log's key tells of another tree than the checkpoint")
    return head


def _entries(untrusted_lines: Iterable[bytes], head: TreeHead) -> Iterator[LogEntry]:
    """Every entry, opened, once it is proved to be in the tree, after the one before it."""
    last_index = -1
    for count, untrusted in enumerate(untrusted_lines):
        line = _decoded(_LINE, untrusted, f"line {count + 2} of the export is malformed")
        if count >= MOST_ENTRIES or line.index <= last_index:
            raise LogTampered("the export has too many entries, or has them out of order")
        leaf = decoded(line.leaf)
        leaf_hash = sha256(b"\x00" + leaf).digest()
        check_inclusion(leaf_hash, index=line.index, head=head, proof=_hashes(line.hashes))
        last_index = line.index
        yield open_leaf(leaf, decoded(line.key))


def _decoded(decoder: msgspec.json.Decoder[T], untrusted: bytes, what: str) -> T:
    """The object of a line that is spelled the one way it may be."""
    try:
        found = decoder.decode(untrusted)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LogTampered(what) from error
    if msgspec.json.encode(found) != untrusted:
        raise LogTampered(what)
    return found


def _hashes(untrusted: Sequence[str]) -> list[bytes]:
    hashes = [decoded(one) for one in untrusted]
    if any(len(one) != sha256().digest_size for one in hashes):
        raise LogTampered("a proof holds something that is no hash")
    return hashes
