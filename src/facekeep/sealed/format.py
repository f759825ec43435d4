"""A block as a file: a header of 512 bytes, then int16 (D, n) in C order, little-endian, every byte under a digest.

    offset  size  field
         0     8  magic "FKBLOCK1"
         8     2  version, 1
        10     2  D
        12     4  n
        16     8  epoch
        24   336  block id, model contract, parameter set: ASCII, zero-padded, 112 bytes each
       360   120  zero
       480    32  SHA-256 of everything else: bytes 0 to 479, then the columns

A block does not say which collection it belongs to: whoever holds the store cannot count anybody's faces by it. That is
the vault's to know, by id and digest (`docs/adr/0009`). The columns start on a cache line, so a mapped file is scanned
where it lies.
"""

import struct
import sys
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code, Tampered
from facekeep.sealed.params import parameters
from facekeep.terms import BlockId

HEADER_BYTES = 512

_MAGIC = b"FKBLOCK1"
_VERSION = 1
_FIELDS = struct.Struct("<8sHHIQ112s112s112s120x")
_LONGEST_TEXT = 112
_DIGEST_AT = _FIELDS.size

if sys.byteorder != "little":
    raise ImportError("sealed blocks are little-endian and are scanned in place; this machine is big-endian")


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """What a block says of itself.

    `dimension` is D and `slots` is n; `contract` and `parameters` name the model contract and the parameter set.
    """

    block_id: BlockId
    epoch: int
    dimension: int
    slots: int
    contract: str
    parameters: str


def pack_block(header: BlockHeader, columns: NDArray[np.int16]) -> bytes:
    """The bytes of a block file; `columns` is int16 (D, n), at most 2 MiB at D = 512.

    Raises
    ------
    BadInput
        `invalid_request`: the columns are not what the header says, or a field does not fit.
    """
    if columns.shape != (header.dimension, header.slots) or columns.dtype != np.int16:
        raise BadInput(Code.INVALID_REQUEST, f"expected int16 columns of {(header.dimension, header.slots)}")
    if not _sizes_allowed(header):
        raise BadInput(Code.INVALID_REQUEST, "a block has 1 to 2048 slots of 1 to 512 dimensions")
    fields, body = _pack_fields(header), columns.tobytes()
    return fields + sha256(fields + body).digest() + body


def parse_block(
    untrusted: bytes | memoryview,
    *,
    expected_block_id: BlockId | None = None,
    expected_slots: int | None = None,
    expected_digest: bytes | None = None,
) -> tuple[BlockHeader, NDArray[np.int16]]:
    """The header, and a view of the columns, int16 (D, n), without a copy.

    Parameters
    ----------
    untrusted
        A whole file. It must stay unchanged and alive as long as the columns are used.
    expected_block_id, expected_slots, expected_digest
        What the vault lists: id, n, and `block_digest` of the file. None is not compared; without a listed digest the
        one inside the file is checked instead, which finds damage but not an attacker's own block.

    Raises
    ------
    Tampered
        `block_altered`: anything at all is not as it was written or not as expected. The message never says what.
    """
    view = memoryview(untrusted)
    if view.nbytes < HEADER_BYTES or not _digest_fits(view, expected_digest):
        raise _altered()
    header = _unpack_fields(bytes(view[:_DIGEST_AT]))
    if view.nbytes != HEADER_BYTES + 2 * header.dimension * header.slots:
        raise _altered()
    if expected_block_id not in {None, header.block_id} or expected_slots not in {None, header.slots}:
        raise _altered()
    columns = np.frombuffer(view, np.int16, offset=HEADER_BYTES)
    return header, columns.reshape(header.dimension, header.slots)


def block_digest(block: bytes | memoryview) -> bytes:
    """SHA-256 of a whole block file, 32 bytes: what the vault keeps to know the block again."""
    return sha256(block).digest()


def _digest_fits(view: memoryview, expected_digest: bytes | None) -> bool:
    if expected_digest is not None:  # covers every byte, the digest inside included
        return block_digest(view) == expected_digest
    inside = sha256(view[:_DIGEST_AT])
    inside.update(view[HEADER_BYTES:])
    return inside.digest() == bytes(view[_DIGEST_AT:HEADER_BYTES])


def _pack_fields(header: BlockHeader) -> bytes:
    texts = [_encode(t) for t in (header.block_id, header.contract, header.parameters)]
    return _FIELDS.pack(_MAGIC, _VERSION, header.dimension, header.slots, header.epoch, *texts)


def _unpack_fields(fields: bytes) -> BlockHeader:
    magic, version, dimension, slots, epoch, *texts = _FIELDS.unpack(fields)
    try:
        block_id, contract, named = (text.rstrip(b"\0").decode("ascii") for text in texts)
        header = BlockHeader(BlockId(block_id), epoch, dimension, slots, contract, named)
        canonical = (magic, version) == (_MAGIC, _VERSION) and _pack_fields(header) == fields
        sizes_allowed = _sizes_allowed(header)
    except (UnicodeDecodeError, BadInput) as error:
        raise _altered() from error
    if not (canonical and sizes_allowed):
        raise _altered()
    return header


def _encode(text: str) -> bytes:
    if not text.isascii() or not text.isprintable() or not 1 <= len(text) <= _LONGEST_TEXT:
        raise BadInput(Code.INVALID_REQUEST, f"a block's names are 1 to {_LONGEST_TEXT} printable ASCII characters")
    return text.encode("ascii")


def _sizes_allowed(header: BlockHeader) -> bool:
    limits = parameters(header.parameters)
    return (
        1 <= header.dimension <= limits.max_dimension
        and 1 <= header.slots <= limits.degree
        and 0 <= header.epoch < 2**64
    )


def _altered() -> Tampered:
    return Tampered(Code.BLOCK_ALTERED, "a sealed block is not the one that was written")
