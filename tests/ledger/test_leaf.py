"""Every entry has one size; nothing is cut off and nothing malformed is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.errors import BadInput, Code, Tampered
from facekeep.ledger.leaf import (
    CIPHERTEXT_BYTES,
    LEAF_SIZE,
    LEAF_VERSION,
    MAX_ENTRY_BYTES,
    SealedLeaf,
    pack_leaf,
    pad_entry,
    parse_leaf,
    unpad_entry,
)

PARTS = {"salt": b"s" * 16, "nonce": b"n" * 12, "commitment": b"k" * 32, "ciphertext": b"c" * CIPHERTEXT_BYTES}


def test_the_layout() -> None:
    leaf = pack_leaf(**PARTS)
    assert leaf == b"\x02" + b"s" * 16 + b"n" * 12 + b"k" * 32 + b"c" * 963
    assert (len(leaf), MAX_ENTRY_BYTES) == (LEAF_SIZE, 945)
    assert parse_leaf(leaf) == SealedLeaf(LEAF_VERSION, **PARTS)


@pytest.mark.parametrize("part", list(PARTS))
def test_a_part_of_another_length_is_refused(part: str) -> None:
    with pytest.raises(BadInput) as caught:
        pack_leaf(**{**PARTS, part: PARTS[part] + b"x"})
    assert caught.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize("untrusted", [b"", b"\x02" * 1023, b"\x02" * 1025, b"\x00" * 1024, b"\x01" * 1024])
def test_another_layout_is_refused(untrusted: bytes) -> None:
    with pytest.raises(Tampered) as caught:
        parse_leaf(untrusted)
    assert caught.value.code is Code.LOG_ALTERED


@given(st.binary(max_size=MAX_ENTRY_BYTES))
def test_padding_comes_off_again(content: bytes) -> None:
    padded = pad_entry(content)
    assert len(padded) == CIPHERTEXT_BYTES - 16
    assert unpad_entry(padded) == content


def test_the_longest_entry_fits_and_a_longer_one_is_refused() -> None:
    assert unpad_entry(pad_entry(b"x" * MAX_ENTRY_BYTES)) == b"x" * MAX_ENTRY_BYTES
    with pytest.raises(BadInput) as caught:
        pad_entry(b"x" * (MAX_ENTRY_BYTES + 1))
    assert caught.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize(
    "plaintext",
    [b"", b"\x00", bytes(946), bytes(948), bytes(946) + b"\x01", b"\xff\xff" + bytes(945), b"\x03\xb2" + bytes(945)],
)
def test_a_malformed_plaintext_is_refused(plaintext: bytes) -> None:
    with pytest.raises(Tampered) as caught:
        unpad_entry(plaintext)
    assert caught.value.code is Code.LOG_ALTERED
