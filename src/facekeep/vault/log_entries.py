"""What an entry says, sealed for one organization into a leaf that tells nobody else anything.

Each entry has its own key, derived from the organization's log key and the leaf's salt: no key meets a nonce twice
however long the log grows, and the key of one entry opens no other, so that it can be given to an auditor. From it come
the AES-256-GCM key and a commitment that stands in the leaf, so that a leaf opens to one text or to none. Associated
data binds version and salt. Every leaf is 1,024 bytes and, without the key, a version byte and random-looking bytes:
not even whose it is can be seen.

Source: Albertini, Duong, Gueron, Kölbl, Luykx, Schmieg, "How to Abuse and Fix Authenticated Encryption Without Key
Commitment" (USENIX Security 2022), section 5.3: derive a commitment and the encryption key from one key by a hash.
"""

import hmac
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from facekeep.errors import BadInput, Code, Tampered
from facekeep.ledger.leaf import (
    LEAF_VERSION,
    NONCE_BYTES,
    SALT_BYTES,
    SealedLeaf,
    pack_leaf,
    pad_entry,
    parse_leaf,
    unpad_entry,
)
from facekeep.vault.wire import LogEntry

_KEY_BYTES = 32
_PURPOSE = b"facekeep log entry key v2"
_COMMITMENT = b"facekeep log entry commitment v2"
_ENCRYPTION = b"facekeep log entry encryption v2"


class LogRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """What an entry says: its number among its organization's, from 0 on without a gap, `at` (RFC 3339), who, what, how
    it ended, and ids, counts and settings.
    """

    number: int
    at: str
    actor: str
    act: str
    outcome: str
    facts: Annotated[dict[str, str | int | float | bool | None], msgspec.Meta(max_length=100)] = {}

    @property
    def shown(self) -> LogEntry:
        """The entry as it is shown to its organization."""
        return LogEntry(
            entry=self.number, at=self.at, actor=self.actor, act=self.act, outcome=self.outcome, facts=self.facts
        )


_RECORD = msgspec.msgpack.Decoder(LogRecord)


def seal_entry(record: LogRecord, *, org_key: bytes, salt: bytes, nonce: bytes) -> bytes:
    """The leaf of `record` for the organization that holds `org_key` (32 bytes).

    Parameters
    ----------
    salt, nonce : 16 and 12 fresh random bytes, of a cryptographic source.

    Raises
    ------
    BadInput
        `invalid_request`: the record takes more than 945 bytes, or an argument has the wrong length.
    """
    if (len(org_key), len(salt), len(nonce)) != (_KEY_BYTES, SALT_BYTES, NONCE_BYTES):
        raise BadInput(Code.INVALID_REQUEST, "a key, salt or nonce of the log has the wrong length")
    plaintext = pad_entry(msgspec.msgpack.encode(record))
    key = entry_key(org_key, salt)
    ciphertext = AESGCM(_encryption_key(key)).encrypt(nonce, plaintext, _associated(LEAF_VERSION, salt))
    return pack_leaf(salt=salt, nonce=nonce, commitment=_commitment(key), ciphertext=ciphertext)


def open_entry(untrusted_leaf: bytes, *, org_key: bytes) -> LogRecord:
    """The record in a leaf of the organization that holds `org_key`.

    Raises
    ------
    BadInput
        `not_found`: sealed for another organization. A leaf altered after the fact looks the same; the tree tells.
    Tampered
        `log_altered`: no leaf at all, or sealed with this key but malformed.
    """
    return open_with_entry_key(untrusted_leaf, key=entry_key(org_key, parse_leaf(untrusted_leaf).salt))


def open_with_entry_key(untrusted_leaf: bytes, *, key: bytes) -> LogRecord:
    """The record in the one leaf that `key` (32 bytes, see `entry_key`) opens. Raises as `open_entry` does."""
    leaf = parse_leaf(untrusted_leaf)
    if not hmac.compare_digest(leaf.commitment, _commitment(key)):
        raise BadInput(Code.NOT_FOUND, "no such log entry")
    return parse_text(_text(leaf, key))


def read_text(untrusted_leaf: bytes, *, org_key: bytes) -> bytes:
    """What a leaf says, as MessagePack that was not looked into. Raises as `open_entry` does, malformed text apart.

    For leaves that were compared with the tree: the commitment, which is for readers of single keys, is not looked at.
    """
    leaf = parse_leaf(untrusted_leaf)
    return _text(leaf, entry_key(org_key, leaf.salt))


def parse_text(text: bytes) -> LogRecord:
    """The record in the MessagePack of an entry. Raises Tampered `log_altered` for what is none."""
    try:
        return _RECORD.decode(text)
    except msgspec.DecodeError as error:
        raise Tampered(Code.LOG_ALTERED, "a log entry has a malformed plaintext") from error


def _text(leaf: SealedLeaf, key: bytes) -> bytes:
    try:
        plaintext = AESGCM(_encryption_key(key)).decrypt(
            leaf.nonce, leaf.ciphertext, _associated(leaf.version, leaf.salt)
        )
    except InvalidTag:
        raise BadInput(Code.NOT_FOUND, "no such log entry") from None
    return unpad_entry(plaintext)


def entry_key(org_key: bytes, salt: bytes) -> bytes:
    """The key of the one leaf with that salt; it tells nothing of `org_key` or of any other leaf's key."""
    return hmac.digest(org_key, _PURPOSE + salt, "sha256")


def _commitment(key: bytes) -> bytes:
    return hmac.digest(key, _COMMITMENT, "sha256")


def _encryption_key(key: bytes) -> bytes:
    return hmac.digest(key, _ENCRYPTION, "sha256")


def _associated(version: int, salt: bytes) -> bytes:
    return bytes((version,)) + salt
