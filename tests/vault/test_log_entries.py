"""Entries open for their organization alone and look like noise to everybody else."""

import json
import os
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from facekeep.errors import BadInput, Code, Tampered
from facekeep.ledger.leaf import LEAF_SIZE, pack_leaf, pad_entry
from facekeep.vault.log_entries import (
    LogRecord,
    _associated,
    _commitment,
    _encryption_key,
    entry_key,
    open_entry,
    open_with_entry_key,
    seal_entry,
)

VECTOR = Path(__file__).parents[1] / "vectors" / "ledger" / "leaf_v2.json"
OURS, THEIRS = b"o" * 32, b"t" * 32
RECORD = LogRecord(
    number=7,
    at="2026-01-02T03:04:05Z",
    actor="key_1",
    act="search",
    outcome="intent",
    facts={"k": 10, "case": None, "f": 0.5},
)


def seal(record: LogRecord = RECORD, org_key: bytes = OURS) -> bytes:
    return seal_entry(record, org_key=org_key, salt=os.urandom(16), nonce=os.urandom(12))


def test_an_entry_opens_with_its_key() -> None:
    sealed = seal()
    assert len(sealed) == LEAF_SIZE
    assert open_entry(sealed, org_key=OURS) == RECORD
    entry = RECORD.shown
    assert (entry.entry, entry.at, entry.act, entry.facts) == (7, RECORD.at, "search", RECORD.facts)


def test_the_layout_does_not_drift() -> None:
    vector = json.loads(VECTOR.read_text())
    key, salt, nonce = (bytes.fromhex(vector[part]) for part in ("org_key", "salt", "nonce"))
    record = msgspec.convert(vector["record"], LogRecord)
    sealed = seal_entry(record, org_key=key, salt=salt, nonce=nonce)
    assert sealed[:29].hex() == vector["head"]
    assert sha256(sealed).hexdigest() == vector["leaf_sha256"]
    assert open_entry(sealed, org_key=key) == record


def test_another_organization_finds_no_such_entry() -> None:
    with pytest.raises(BadInput) as caught:
        open_entry(seal(), org_key=THEIRS)
    assert caught.value.code is Code.NOT_FOUND
    assert "search" not in str(caught.value)


def test_equal_entries_share_no_bytes_but_the_version() -> None:
    one, other = seal(), seal()
    assert one[0] == other[0] == 2
    assert sum(a == b for a, b in zip(one[1:], other[1:], strict=True)) < 30  # 4 of 1,023 by chance


def test_leaves_of_two_organizations_cannot_be_told_apart_by_their_bytes() -> None:
    """Byte values are uniform whoever seals, long entry or short: no bias of either population beyond chance."""
    long = msgspec.structs.replace(RECORD, facts={"note": "x" * 800})
    for record, key in ((RECORD, OURS), (long, OURS), (RECORD, THEIRS)):
        noise = b"".join(seal(record, key)[1:] for _ in range(200))
        ones = sum(byte.bit_count() for byte in noise)
        assert abs(ones / (8 * len(noise)) - 0.5) < 0.004  # ten standard deviations
        assert len({seal(record, key)[place] for place in (1, 500, 1023) for _ in range(60)}) > 60


@given(st.integers(0, LEAF_SIZE * 8 - 1))
def test_any_flipped_bit_closes_the_entry(bit: int) -> None:
    sealed = bytearray(seal())
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((BadInput, Tampered)):
        open_entry(bytes(sealed), org_key=OURS)


def test_an_entry_that_is_too_long_is_refused_whole() -> None:
    room = 945 - len(msgspec.msgpack.encode(msgspec.structs.replace(RECORD, facts={"note": "x" * 300}))) + 300
    longest = msgspec.structs.replace(RECORD, facts={"note": "x" * room})
    assert open_entry(seal(longest), org_key=OURS) == longest
    with pytest.raises(BadInput) as caught:
        seal(msgspec.structs.replace(RECORD, facts={"note": "x" * (room + 1)}))
    assert caught.value.code is Code.INVALID_REQUEST
    assert "xxx" not in str(caught.value)


@pytest.mark.parametrize(("key", "salt", "nonce"), [(31, 16, 12), (32, 15, 12), (32, 16, 11), (0, 16, 12)])
def test_keys_salts_and_nonces_have_their_length(key: int, salt: int, nonce: int) -> None:
    with pytest.raises(BadInput):
        seal_entry(RECORD, org_key=bytes(key), salt=bytes(salt), nonce=bytes(nonce))


@pytest.mark.parametrize(
    "content", [b"", b"\xc1", b"\x90", msgspec.msgpack.encode([0, "a", "b", "c", "d", {}, "extra", 1])]
)
def test_a_sealed_plaintext_that_is_no_record_is_tampering(content: bytes) -> None:
    salt, nonce = os.urandom(16), os.urandom(12)
    key = entry_key(OURS, salt)
    ciphertext = AESGCM(_encryption_key(key)).encrypt(nonce, pad_entry(content), _associated(2, salt))
    leaf = pack_leaf(salt=salt, nonce=nonce, commitment=_commitment(key), ciphertext=ciphertext)
    with pytest.raises(Tampered) as caught:
        open_entry(leaf, org_key=OURS)
    assert caught.value.code is Code.LOG_ALTERED


def test_the_key_of_one_entry_opens_that_entry_alone() -> None:
    one, other = seal(), seal()
    key = entry_key(OURS, one[1:17])
    assert open_with_entry_key(one, key=key) == RECORD
    with pytest.raises(BadInput):
        open_with_entry_key(other, key=key)
