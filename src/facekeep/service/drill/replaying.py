"""Sends what was recorded between server and vault once more, to the same vault, and counts what it still takes.

A frame that says a key, or nothing of anybody, is not counted here: whoever listens has the keys, which is declared.
Counted is what lives in a session, a ticket or an invitation that was over when its request was answered.
"""

import socket
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from facekeep.errors import FacekeepError
from facekeep.service.drill.declared import TRIES
from facekeep.service.drill.measurement import Measurement
from facekeep.service.stopping import end
from facekeep.settings import Settings
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import (
    Answer,
    Authenticate,
    EndSession,
    Failure,
    Message,
    ServerRequest,
    SessionOpened,
    receive,
)

OF_ENDED_REQUESTS = TRIES["frames of ended requests sent again"]
OF_ENDED_KEYS = TRIES["keys shown again after they were ended"]
MOST_OF_A_KIND = 16  # that many frames of each message, from the first to the last
_PATIENCE_S = 60.0
_LENGTH = struct.Struct(">I")
_REQUEST: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(ServerRequest)  # type: ignore[arg-type, unused-ignore]
_ANSWER: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Answer)  # type: ignore[arg-type, unused-ignore]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A frame that went to the vault, as bytes and as a message, and whether it was taken."""

    frame: bytes
    request: Message
    was_taken: bool

    @property
    def is_bound(self) -> bool:
        """Whether the message lives in something that ends: a session, a ticket, an invitation.

        To end a session that is over is no act: the vault says yes, and does nothing.
        """
        named = (getattr(self.request, name, None) for name in ("session", "ticket", "code"))
        return not isinstance(self.request, EndSession) and any(named)


def exchanges(conversations: Sequence[tuple[bytes, bytes]]) -> list[Exchange]:
    """What was asked and answered, connection by connection. A frame that was cut off is left out."""
    return [
        Exchange(asked, _REQUEST.decode(asked), not isinstance(_ANSWER.decode(answered), Failure))
        for to_vault, from_vault in conversations
        for asked, answered in zip(_frames(to_vault), _frames(from_vault), strict=False)
    ]


def sent_again(vault: Path, recorded: Sequence[Exchange]) -> Measurement:
    """How many frames of requests that are over the vault behind the socket `vault` takes once more."""
    chosen = _some_of_each(one for one in recorded if one.is_bound and one.was_taken)
    taken = sum(_is_taken(vault, one.frame) for one in chosen)
    return OF_ENDED_REQUESTS.came_to(taken, with_flaw=len(chosen))


def shown_after_their_end(settings: Settings, vault: Path, recorded: Sequence[Exchange]) -> Measurement:
    """How many of the keys that were recorded still open a session, after the operator ended each of them."""
    keys = {one.request.untrusted_credential for one in recorded if isinstance(one.request, Authenticate)}
    known = [key for key in sorted(keys) if _opens(vault, key)]
    for key in known:
        end(settings, kind="key", subject_id=key.split("_")[1])  # the public name that stands in it
    return OF_ENDED_KEYS.came_to(sum(_opens(vault, key) for key in known), with_flaw=len(known))


def _opens(vault: Path, key: str) -> bool:
    client = VaultClient(vault)
    try:
        client.call(Authenticate(untrusted_credential=key), SessionOpened)
    except FacekeepError:
        return False
    finally:
        client.close()
    return True


def _some_of_each(every: Iterator[Exchange]) -> list[Exchange]:
    by_kind: dict[type[Message], list[Exchange]] = defaultdict(list)
    for one in every:
        by_kind[type(one.request)].append(one)
    return [one for each in by_kind.values() for one in each[:: -(-len(each) // MOST_OF_A_KIND)]]


def _is_taken(vault: Path, frame: bytes) -> bool:
    """Whether the vault answers the very bytes with anything but a refusal."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_PATIENCE_S)
        connection.connect(str(vault))
        connection.sendall(_LENGTH.pack(len(frame)) + frame)
        answer = receive(connection, _ANSWER)
    return answer is not None and not isinstance(answer, Failure)


def _frames(stream: bytes) -> Iterator[bytes]:
    at = 0
    while at + _LENGTH.size <= len(stream):
        (length,) = _LENGTH.unpack_from(stream, at)
        at += _LENGTH.size
        if at + length <= len(stream):
            yield stream[at : at + length]
        at += length
