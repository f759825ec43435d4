"""Doing a thing once: the same idempotency key with the same request gets the first answer for 24 hours.

The answer is remembered by the vault, encrypted, in the same step that makes the work live: there is no moment in
which the work is done and the answer is not known.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

import msgspec

from facekeep.errors import Code, Unavailable
from facekeep.service.keep import Keep
from facekeep.terms import SessionToken
from facekeep.vault.wire import RecallAnswer, Recalled, Remember

R = TypeVar("R")
_LARGEST_ANSWER = 64_000_000  # bytes; what `remember` compressed was made by ourselves


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key and the 32-byte digest of the request it came with."""

    key: str
    digest: bytes


def once(key: str | None, *request: bytes | bytearray) -> Once | None:
    """The `Once` of a request given in parts, or None where the caller sent no key."""
    if key is None:
        return None
    digest = sha256()
    for part in request:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return Once(key, digest.digest())


@contextmanager
def alone(keep: Keep, asked: Once | None) -> Iterator[None]:
    """Carry out a request while no other one with the same key and digest is.

    Raises
    ------
    Unavailable
        `busy`: the same request is being carried out; asked again later, it gets the first one's answer.
    """
    if asked is None:
        yield
        return
    mark = sha256(asked.key.encode() + asked.digest).digest()
    with keep.under_way.turn:
        if mark in keep.under_way.digests:
            raise Unavailable(Code.BUSY, "the same request is being carried out; ask again in a moment")
        keep.under_way.digests.add(mark)
    try:
        yield
    finally:
        with keep.under_way.turn:
            keep.under_way.digests.discard(mark)


def recalled(keep: Keep, session: SessionToken, asked: Once | None, kind: type[R]) -> R | None:
    """The remembered answer, if this very request was carried out before.

    Raises
    ------
    BadInput
        `idempotency_mismatch`: the key came before with another request.
    """
    response = None if asked is None else recalled_bytes(keep, session, asked)
    return None if response is None else _unpacked(response, kind)


def recalled_bytes(keep: Keep, session: SessionToken, asked: Once) -> bytes | None:
    """The remembered answer as it was remembered. Raises `idempotency_mismatch`."""
    message = RecallAnswer(session=session, key=asked.key, request_digest=asked.digest)
    return keep.vault.call(message, Recalled).response


def remembering(asked: Once | None, answer: object) -> Remember | None:
    """What to send along with the commit. Compressed: group photos repeat their provenance for every face."""
    if asked is None:
        return None
    packed = zlib.compress(msgspec.json.encode(answer))
    return Remember(key=asked.key, request_digest=asked.digest, response=packed)


def _unpacked(response: bytes, kind: type[R]) -> R:
    return msgspec.json.decode(zlib.decompressobj().decompress(response, _LARGEST_ANSWER), type=kind)
