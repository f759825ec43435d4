import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facekeep.errors import BadInput, Code, Tampered
from facekeep.sealed.format import HEADER_BYTES, BlockHeader, block_digest, pack_block, parse_block
from facekeep.terms import BlockId

HEADER = BlockHeader(BlockId("blk-1"), 3, 5, 7, "yunet-sface-128", "rlwe-2048-32-v1")
COLUMNS = np.arange(35, dtype=np.int16).reshape(5, 7) - 17
BLOCK = pack_block(HEADER, COLUMNS)


@given(st.integers(1, 512), st.integers(1, 40), st.integers(0, 2**64 - 1), st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_what_was_packed_is_parsed(dimension: int, slots: int, epoch: int, number: int) -> None:
    header = replace(HEADER, dimension=dimension, slots=slots, epoch=epoch)
    columns = np.random.default_rng(number).integers(-(2**15), 2**15, (dimension, slots)).astype(np.int16)
    parsed, view = parse_block(pack_block(header, columns))
    assert parsed == header
    assert np.array_equal(view, columns)


def test_columns_are_a_view_and_aligned() -> None:
    whole = memoryview(bytearray(BLOCK))
    _, columns = parse_block(whole)
    assert np.shares_memory(columns, np.frombuffer(whole, np.uint8))
    assert HEADER_BYTES % 64 == 0
    assert len(BLOCK) == HEADER_BYTES + COLUMNS.nbytes


@pytest.mark.parametrize("listed", [False, True])
def test_every_flipped_bit_is_refused(listed: bool) -> None:
    digest = block_digest(BLOCK) if listed else None
    for place in range(8 * len(BLOCK)):
        altered = bytearray(BLOCK)
        altered[place // 8] ^= 1 << place % 8
        with pytest.raises(Tampered) as refused:
            parse_block(bytes(altered), expected_digest=digest)
        assert refused.value.code is Code.BLOCK_ALTERED


@pytest.mark.parametrize("length", [0, 1, HEADER_BYTES - 1, HEADER_BYTES, len(BLOCK) - 2, len(BLOCK) - 1])
def test_a_truncated_block_is_refused(length: int) -> None:
    with pytest.raises(Tampered):
        parse_block(BLOCK[:length])


@pytest.mark.parametrize("more", [b"\0", b"\0\0", bytes(10)])
def test_an_extended_block_is_refused(more: bytes) -> None:
    with pytest.raises(Tampered):
        parse_block(BLOCK + more)


def forged(**fields: object) -> bytes:
    """A block with a right digest whose header an attacker wrote."""
    from hashlib import sha256

    with_reserve_open = struct.Struct("<8sHHIQ112s112s112s120s")
    values = {
        "magic": b"FKBLOCK1", "version": 1, "dimension": 5, "slots": 7, "epoch": 3,
        "block": b"blk-1", "contract": b"m", "parameters": b"rlwe-2048-32-v1", "zero": bytes(120),
        "body": COLUMNS.tobytes(),
    } | fields  # fmt: skip
    body = values.pop("body")
    head = with_reserve_open.pack(*values.values())
    assert isinstance(body, bytes)
    return head + sha256(head + body).digest() + body


@pytest.mark.parametrize(
    "fields",
    [
        {"magic": b"FKBLOCK2"}, {"version": 2}, {"dimension": 7, "slots": 4}, {"dimension": 0, "body": b""},
        {"slots": 0, "body": b""}, {"dimension": 513, "slots": 1, "body": bytes(1026)},
        {"dimension": 1, "slots": 2049, "body": bytes(4098)}, {"parameters": b"rlwe-1024-32-v1"},
        {"parameters": b""}, {"block": b""}, {"block": b"\xff"}, {"block": b"a\0b"},
        {"zero": bytes(119) + b"\1"}, {"contract": b"a\nb"},
    ],
)  # fmt: skip
def test_a_forged_header_is_refused_even_with_a_right_digest(fields: dict[str, object]) -> None:
    assert parse_block(forged())[0].dimension == 5
    with pytest.raises(Tampered):
        parse_block(forged(**fields))


def test_another_block_than_the_expected_one_is_refused() -> None:
    digest = block_digest(BLOCK)
    parse_block(BLOCK, expected_block_id=BlockId("blk-1"), expected_slots=7, expected_digest=digest)
    for expected in ({"expected_block_id": BlockId("blk-2")}, {"expected_slots": 6}, {"expected_digest": bytes(32)}):
        with pytest.raises(Tampered):
            parse_block(BLOCK, **expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [{"slots": 8}, {"dimension": 4}, {"epoch": -1}, {"epoch": 2**64}, {"block_id": ""}, {"contract": "x" * 113},
     {"block_id": "ä"}, {"parameters": "mine"}],
)  # fmt: skip
def test_a_header_that_cannot_be_written_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        pack_block(replace(HEADER, **change), COLUMNS)


@given(st.binary(max_size=700))
@settings(max_examples=100, deadline=None)
def test_no_bytes_do_anything_but_be_refused(untrusted: bytes) -> None:
    with pytest.raises(Tampered):
        parse_block(untrusted)
