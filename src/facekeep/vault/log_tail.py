"""The file that holds the newest entries until 256 of them make a bundle.

    header   magic 8 | index of the first leaf, u64 | SHA-256 of the above
    frame    magic 8 | index of its first leaf, u64 | leaves, u32 | those leaves | SHA-256 of the above
    frame    ...
    room     zeros, up to the length that 256 frames of one leaf take

The room is there because a sync that needs no new space on the disk is the faster one. A frame is one append: it counts
whole or not at all. Only the last append can be torn by a crash, since each is durable before the next begins. So a bad
frame at the end was never acknowledged and is dropped; a bad frame with a good one after it was altered. That the last
acknowledged frame was not altered is for the caller's anchor to tell.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from facekeep.errors import Code, Tampered
from facekeep.ledger.leaf import LEAF_SIZE
from facekeep.ledger.tiles import TILE_WIDTH

MAX_TAIL_BYTES = 1 << 30  # far more than one bundle: entries wait here while there is no room for their bundle
_HEADER_MAGIC = b"fk-tail1"
_FRAME_MAGIC = b"fk-leaf1"
_HEADER = struct.Struct(">8sQ")
_FRAME = struct.Struct(">8sQI")
_DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Tail:
    """`start` is the index of the first leaf, `leaves` follow without a gap, `unfinished_bytes` are to be dropped."""

    start: int
    leaves: list[bytes]
    unfinished_bytes: int


def pack_tail(start: int, leaves: Sequence[bytes]) -> bytes:
    """The used part of a tail file; each leaf has its own frame, so that damage shows at its leaf."""
    frames = [pack_frame(start + offset, [leaf]) for offset, leaf in enumerate(leaves)]
    return _with_digest(_HEADER.pack(_HEADER_MAGIC, start)) + b"".join(frames)


def with_room(tail: bytes) -> bytes:
    """A whole tail file: the used part, and room for the entries to come."""
    return tail.ljust(_HEADER.size + _DIGEST_BYTES + TILE_WIDTH * _frame_bytes(1), b"\x00")


def pack_frame(first: int, leaves: Sequence[bytes]) -> bytes:
    """The bytes that one append adds to the file."""
    return _with_digest(_FRAME.pack(_FRAME_MAGIC, first, len(leaves)) + b"".join(leaves))


def parse_tail(untrusted: bytes) -> Tail:
    """The leaves in a tail file.

    Raises
    ------
    Tampered
        `log_altered`: the header is damaged, or a frame that has a good one after it; the leaf is named.
    """
    start = _parse_header(untrusted[: _HEADER.size + _DIGEST_BYTES])
    at = _HEADER.size + _DIGEST_BYTES
    leaves: list[bytes] = []
    while frame := _parse_frame(untrusted, at, start + len(leaves)):
        leaves += frame
        at += _frame_bytes(len(frame))
    if _any_frame_after(untrusted, at, start + len(leaves)):
        raise Tampered(Code.LOG_ALTERED, f"log entry {start + len(leaves)} was altered in the newest part of the log")
    return Tail(start, leaves, len(untrusted[at:].rstrip(b"\x00")))


def _parse_header(untrusted: bytes) -> int:
    head = untrusted[: _HEADER.size]
    if len(untrusted) != _HEADER.size + _DIGEST_BYTES or _with_digest(head) != untrusted:
        raise Tampered(Code.LOG_ALTERED, "the header of the newest part of the log was altered")
    magic, start = _HEADER.unpack(head)
    if magic != _HEADER_MAGIC or start % TILE_WIDTH:
        raise Tampered(Code.LOG_ALTERED, "the header of the newest part of the log was altered")
    return int(start)


def _parse_frame(untrusted: bytes, at: int, expected_first: int) -> list[bytes]:
    """Leaves of the good frame at `at`; none where there is no such frame."""
    if len(untrusted) - at < _FRAME.size:
        return []
    magic, first, count = _FRAME.unpack_from(untrusted, at)
    end = at + _frame_bytes(count)
    if magic != _FRAME_MAGIC or first != expected_first or count == 0 or end > len(untrusted):
        return []
    body = untrusted[at : end - _DIGEST_BYTES]
    if sha256(body).digest() != untrusted[end - _DIGEST_BYTES : end]:
        return []
    starts = range(_FRAME.size, len(body), LEAF_SIZE)
    return [bytes(body[place : place + LEAF_SIZE]) for place in starts]


def _any_frame_after(untrusted: bytes, at: int, expected_after: int) -> bool:
    """Whether a good frame of a later append lies anywhere behind `at`."""
    while (at := untrusted.find(_FRAME_MAGIC, at + 1)) >= 0:
        if len(untrusted) - at >= _FRAME.size:
            first = _FRAME.unpack_from(untrusted, at)[1]
            if first >= expected_after and _parse_frame(untrusted, at, first):
                return True
    return False


def _frame_bytes(count: int) -> int:
    return _FRAME.size + count * LEAF_SIZE + _DIGEST_BYTES


def _with_digest(body: bytes) -> bytes:
    return body + sha256(body).digest()
