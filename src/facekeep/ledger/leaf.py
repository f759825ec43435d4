"""The one size and layout every log entry has, so that an entry's length and header tell nothing.

    version 1 | salt 16 | nonce 12 | commitment 32 | ciphertext 963, its last 16 bytes the tag

The plaintext under it is a big-endian uint16 length, that many bytes, and zeros to the end. The commitment is a hash of
the one key that opens the entry: AES-GCM alone lets somebody make a ciphertext that two keys open to two texts, and
then tell one reader this and the other that. Not done here: the encryption itself; whoever holds no key sees a version
and 1,023 random-looking bytes.
"""

from typing import NamedTuple

from facekeep.errors import BadInput, Code, Tampered

LEAF_SIZE = 1024
LEAF_VERSION = 2
SALT_BYTES = 16
NONCE_BYTES = 12
COMMITMENT_BYTES = 32
TAG_BYTES = 16
CIPHERTEXT_BYTES = LEAF_SIZE - 1 - SALT_BYTES - NONCE_BYTES - COMMITMENT_BYTES
MAX_ENTRY_BYTES = CIPHERTEXT_BYTES - TAG_BYTES - 2
_ROOM = bytes(MAX_ENTRY_BYTES + 2)


class SealedLeaf(NamedTuple):
    """A leaf taken apart: `salt` 16, `nonce` 12, `commitment` 32 and `ciphertext` 963 bytes."""

    version: int
    salt: bytes
    nonce: bytes
    commitment: bytes
    ciphertext: bytes


def pack_leaf(*, salt: bytes, nonce: bytes, commitment: bytes, ciphertext: bytes) -> bytes:
    """The 1,024 bytes of a leaf of the current version.

    Raises
    ------
    BadInput
        `invalid_request`: a part of the wrong length.
    """
    lengths = (len(salt), len(nonce), len(commitment), len(ciphertext))
    if lengths != (SALT_BYTES, NONCE_BYTES, COMMITMENT_BYTES, CIPHERTEXT_BYTES):
        raise BadInput(Code.INVALID_REQUEST, "a part of the log entry has the wrong length")
    return bytes((LEAF_VERSION,)) + salt + nonce + commitment + ciphertext


def parse_leaf(untrusted: bytes) -> SealedLeaf:
    """The parts of a leaf.

    Raises
    ------
    Tampered
        `log_altered`: another length or an unknown version.
    """
    if len(untrusted) != LEAF_SIZE or untrusted[0] != LEAF_VERSION:
        raise Tampered(Code.LOG_ALTERED, "a log entry has an unknown layout")
    nonce_at = 1 + SALT_BYTES
    commitment_at = nonce_at + NONCE_BYTES
    text_at = commitment_at + COMMITMENT_BYTES
    return SealedLeaf(
        untrusted[0],
        untrusted[1:nonce_at],
        untrusted[nonce_at:commitment_at],
        untrusted[commitment_at:text_at],
        untrusted[text_at:],
    )


def pad_entry(content: bytes) -> bytes:
    """The plaintext of a leaf: `content` brought to the one length, 947 bytes.

    Raises
    ------
    BadInput
        `invalid_request`: longer than 945 bytes. Nothing is ever cut off.
    """
    if len(content) > MAX_ENTRY_BYTES:
        raise BadInput(
            Code.INVALID_REQUEST, f"the log entry has {len(content)} bytes; at most {MAX_ENTRY_BYTES} are kept"
        )
    return (len(content).to_bytes(2, "big") + content).ljust(MAX_ENTRY_BYTES + 2, b"\x00")


def unpad_entry(plaintext: bytes) -> bytes:
    """The content under the padding.

    Raises
    ------
    Tampered
        `log_altered`: not a plaintext that `pad_entry` makes.
    """
    end = 2 + int.from_bytes(plaintext[:2], "big")
    if len(plaintext) != len(_ROOM) or end > len(plaintext) or not plaintext.endswith(_ROOM[end:]):
        raise Tampered(Code.LOG_ALTERED, "a log entry has a malformed plaintext")
    return plaintext[2:end]
