"""A leaf of the log, opened with the one key that opens it: layout 2 of `docs/log.md`."""

import hmac
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from facekeep_sdk.errors import LogTampered
from facekeep_sdk.models import LogEntry

LEAF_BYTES, KEY_BYTES = 1024, 32
_VERSION = b"\x02"
_SALT, _NONCE, _COMMITMENT, _CIPHERTEXT = slice(1, 17), slice(17, 29), slice(29, 61), slice(61, LEAF_BYTES)


class _Record(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    number: int
    at: str
    actor: str
    act: str
    outcome: str
    facts: dict[str, str | int | float | bool | None]


_RECORD = msgspec.msgpack.Decoder(_Record)


def open_leaf(untrusted_leaf: bytes, untrusted_key: bytes) -> LogEntry:
    """The entry in a leaf. Raises `LogTampered` where the leaf is none, or `untrusted_key` is not the key it names."""
    if len(untrusted_leaf) != LEAF_BYTES or untrusted_leaf[:1] != _VERSION or len(untrusted_key) != KEY_BYTES:
        raise LogTampered("a leaf or its key has an unknown layout")
    commitment = hmac.digest(untrusted_key, b"facekeep log entry commitment v2", "sha256")
    if not hmac.compare_digest(commitment, untrusted_leaf[_COMMITMENT]):
        raise LogTampered("a key is not the one that its leaf commits to")
    cipher = AESGCM(hmac.digest(untrusted_key, b"facekeep log entry encryption v2", "sha256"))
    try:
        plaintext = cipher.decrypt(
            untrusted_leaf[_NONCE], untrusted_leaf[_CIPHERTEXT], _VERSION + untrusted_leaf[_SALT]
        )
    except InvalidTag:
        raise LogTampered("a leaf does not open with its key") from None
    return _entry(plaintext)


def _entry(plaintext: bytes) -> LogEntry:
    end = 2 + int.from_bytes(plaintext[:2], "big")
    if end > len(plaintext) or any(plaintext[end:]):
        raise LogTampered("an entry is malformed")
    try:
        record = _RECORD.decode(plaintext[2:end])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LogTampered("an entry is malformed") from error
    facts: dict[str, Any] = record.facts
    return LogEntry(record.number, record.at, record.actor, record.act, record.outcome, facts)
