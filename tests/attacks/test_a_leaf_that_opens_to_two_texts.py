"""Whoever writes the log cannot make one leaf that tells the auditor one thing and the organization another.

AES-GCM does not commit to its key: for any two keys somebody who knows both can make a ciphertext with one tag that
both accept. The forger here makes exactly that; what refuses it is the commitment that stands in the leaf.

Source: Dodis, Grubbs, Ristenpart, Woodage, "Fast Message Franking" (CRYPTO 2018), section 3; the arithmetic is that of
NIST SP 800-38D, sections 6.3 and 6.4.
"""

import os

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from facekeep.errors import BadInput
from facekeep.ledger.leaf import CIPHERTEXT_BYTES, TAG_BYTES, pack_leaf
from facekeep.vault.log_entries import _associated, _commitment, _encryption_key, entry_key, open_with_entry_key

_R = 0xE1 << 120


def multiply(x: int, y: int) -> int:
    """The product of two blocks of GCM's field, leftmost bit first (SP 800-38D, algorithm 1)."""
    product = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            product ^= y
        y = y >> 1 ^ (_R if y & 1 else 0)
    return product


def power(x: int, exponent: int) -> int:
    result = 1 << 127  # the field's one
    while exponent:
        if exponent & 1:
            result = multiply(result, x)
        x = multiply(x, x)
        exponent >>= 1
    return result


def block_cipher(key: bytes, block: bytes) -> int:
    return int.from_bytes(Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block), "big")


def blocks_of(data: bytes) -> list[int]:
    padded = data.ljust(-(-len(data) // 16) * 16, b"\x00")
    return [int.from_bytes(padded[at : at + 16], "big") for at in range(0, len(padded), 16)]


def tag(key: bytes, nonce: bytes, text: bytes, associated: bytes) -> int:
    """GCM's tag of a ciphertext."""
    hashing, value = block_cipher(key, bytes(16)), 0
    lengths = (8 * len(associated) << 64) | 8 * len(text)
    for block in (*blocks_of(associated), *blocks_of(text), lengths):
        value = multiply(value ^ block, hashing)
    return value ^ block_cipher(key, nonce + b"\x00\x00\x00\x01")


def with_one_tag_for_two_keys(one: bytes, other: bytes, nonce: bytes, associated: bytes) -> bytes:
    """A ciphertext and tag that AES-GCM accepts under both keys: a free block solves the one linear equation."""
    text = bytearray(os.urandom(CIPHERTEXT_BYTES - TAG_BYTES))
    text[:16] = bytes(16)
    blocks = len(blocks_of(bytes(text)))
    factor = power(block_cipher(one, bytes(16)), blocks + 1) ^ power(block_cipher(other, bytes(16)), blocks + 1)
    gap = tag(one, nonce, bytes(text), associated) ^ tag(other, nonce, bytes(text), associated)
    text[:16] = multiply(gap, power(factor, 2**128 - 2)).to_bytes(16, "big")
    return bytes(text) + tag(one, nonce, bytes(text), associated).to_bytes(16, "big")


def test_one_leaf_cannot_open_under_two_keys() -> None:
    salt, nonce = os.urandom(16), os.urandom(12)
    keys = [entry_key(os.urandom(32), salt) for _ in range(2)]
    associated = _associated(2, salt)
    forged = with_one_tag_for_two_keys(*map(_encryption_key, keys), nonce, associated)
    texts = [AESGCM(_encryption_key(key)).decrypt(nonce, forged, associated) for key in keys]
    assert texts[0] != texts[1]  # the attack on the cipher itself works
    for committed, key in (keys, keys[::-1]):
        leaf = pack_leaf(salt=salt, nonce=nonce, commitment=_commitment(committed), ciphertext=forged)
        with pytest.raises(BadInput):
            open_with_entry_key(leaf, key=key)
