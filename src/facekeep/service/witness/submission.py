"""What a log sends to a witness: the size it believes the witness knows, a consistency proof, and a new checkpoint.

Source: C2SP tlog-witness, add-checkpoint.
"""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from facekeep.errors import BadInput, Code
from facekeep.ledger.note import MAX_NOTE_BYTES
from facekeep.ledger.tree import HASH_BYTES

MAX_SUBMISSION_BYTES = MAX_NOTE_BYTES + 4096
_MOST_HASHES = 63
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission that is well formed and no more than that."""

    old_size: int
    untrusted_proof: tuple[bytes, ...]
    untrusted_note: bytes


def pack_submission(old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """The body of a request."""
    lines = [f"old {old_size}", *(b64encode(one).decode() for one in proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + note


def parse_submission(untrusted: bytes) -> Submission:
    """The parts of a request's body.

    Raises
    ------
    BadInput
        `invalid_request`: not exactly the format, or beyond its limits.
    """
    head, blank, note = untrusted.partition(b"\n\n")
    lines = head.decode("ascii", errors="replace").split("\n")
    old = _OLD.fullmatch(lines[0])
    if not blank or old is None or len(untrusted) > MAX_SUBMISSION_BYTES or len(lines) > _MOST_HASHES + 1:
        raise _malformed()
    return Submission(int(old[1]), tuple(_hash(line) for line in lines[1:]), note)


def _hash(untrusted: str) -> bytes:
    try:
        decoded = b64decode(untrusted, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed() from error
    if len(decoded) != HASH_BYTES or b64encode(decoded).decode() != untrusted:
        raise _malformed()
    return decoded


def _malformed() -> BadInput:
    return BadInput(Code.INVALID_REQUEST, "malformed submission")
