"""Keys of the vault: random bytes from the operating system, one derivation, one wrapping.

Every secret begins in `os.urandom`. A derived key has one label and one purpose. What can be destroyed alone (block
secrets, cell keys) is random and wrapped, never derived from something that stays (rule 3 of `docs/sealed-index.md`).
"""

import os
from base64 import b32encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from facekeep.errors import Code, Tampered

KEY_BYTES = 32
_NONCE_BYTES = 12


def fresh_key() -> bytes:
    """32 random bytes."""
    return os.urandom(KEY_BYTES)


def fresh_id(prefix: str) -> str:
    """An opaque random identifier of 128 bits, such as `fac_` and 26 letters and digits."""
    return f"{prefix}_{b32encode(os.urandom(16)).decode().rstrip('=').lower()}"


def derive(key: bytes, label: str) -> bytes:
    """The 32-byte subkey of `key` for exactly one purpose (HKDF-Expand, RFC 5869 section 2.3)."""
    return HKDFExpand(algorithm=SHA256(), length=KEY_BYTES, info=f"facekeep/1/{label}".encode()).derive(key)


def wrap(key: bytes, plaintext: bytes, context: str) -> bytes:
    """AES-256-GCM under `key` with a random nonce; `context` is authenticated and must be given again."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, context.encode())


def unwrap(key: bytes, wrapped: bytes, context: str) -> bytes:
    """The plaintext of `wrap`. Raises Tampered `cell_altered` when key, bytes or context differ."""
    try:
        return AESGCM(key).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise Tampered(Code.CELL_ALTERED, "a record fails its authentication") from error
