"""Pieces of any number as one encrypted file, which cannot be cut off, continued, reordered or mixed with another's.

    magic 8 | for each piece: length u32 | AES-256-GCM of the piece, nonce its number, associated data magic and is-last

The key encrypts this one file and no other, so a counter is a nonce (the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizár, 2015, with the number of the piece in the nonce and the mark of the last piece beside it).
"""

import os
import struct
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from facekeep.errors import Code, Tampered

_MAGIC = b"fk-snap1"
_LENGTH = struct.Struct(">I")
_MOST_BYTES = 64 * 1024 * 1024


def write(path: Path, key: bytes, pieces: Iterable[bytes]) -> tuple[bytes, int]:
    """Write the file, durably and whole or not at all; its SHA-256 and size. Raises OSError."""
    unfinished, digest, size = path.with_name(path.name + ".tmp"), sha256(), 0
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        for part in _encrypted(key, pieces):
            file.write(part)
            digest.update(part)
            size += len(part)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return digest.digest(), size


def read(path: Path, key: bytes) -> Iterator[bytes]:
    """The pieces again, each authenticated before it is given out.

    Raises
    ------
    Tampered
        `backup_altered`: a single bit differs, the file ends early or goes on, or the key is another's. What was given
        out before is to be thrown away then.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise _altered()
        number, head = 0, file.read(_LENGTH.size)
        while head:
            body = _body(file, head)
            head = file.read(_LENGTH.size)
            yield _decrypted(key, number, body, is_last=not head)
            number += 1
    if number == 0:
        raise _altered()


def _encrypted(key: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield _MAGIC
    waiting, cipher, number = None, AESGCM(key), 0
    for piece in pieces:
        if waiting is not None:
            yield _frame(cipher, number, waiting, is_last=False)
            number += 1
        waiting = piece
    yield _frame(cipher, number, waiting or b"", is_last=True)


def _frame(cipher: AESGCM, number: int, piece: bytes, *, is_last: bool) -> bytes:
    body = cipher.encrypt(_nonce(number), piece, _context(is_last))
    return _LENGTH.pack(len(body)) + body


def _body(file: BinaryIO, head: bytes) -> bytes:
    length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else _MOST_BYTES + 1
    body = file.read(length) if length <= _MOST_BYTES else b""
    if len(body) != length:
        raise _altered()
    return body


def _decrypted(key: bytes, number: int, body: bytes, *, is_last: bool) -> bytes:
    try:
        return AESGCM(key).decrypt(_nonce(number), body, _context(is_last))
    except (InvalidTag, ValueError) as error:
        raise _altered() from error


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _context(is_last: bool) -> bytes:
    return _MAGIC + bytes([is_last])


def _altered() -> Tampered:
    return Tampered(Code.BACKUP_ALTERED, "the snapshot of the vault was altered")
