"""Framing: a 4-byte big-endian length and that many bytes of MessagePack holding one tagged message."""

import socket
import struct
from typing import TypeVar

import msgspec

from facekeep.errors import Code, Unavailable
from facekeep.vault.wire.base import MAX_FRAME_BYTES, Message

_LENGTH = struct.Struct(">I")

T = TypeVar("T")


def send(connection: socket.socket, message: Message) -> None:
    """Write one frame. Raises `unavailable` when the other side is gone."""
    payload = msgspec.msgpack.encode(message)
    try:
        connection.sendall(_LENGTH.pack(len(payload)) + payload)
    except OSError as error:
        raise Unavailable(Code.VAULT_UNREACHABLE, "the connection was lost while sending") from error


def receive(connection: socket.socket, decoder: msgspec.msgpack.Decoder[T]) -> T | None:
    """Read one frame, or None at a clean end of the stream.

    Raises
    ------
    Unavailable
        The stream ended inside a frame.
    msgspec.DecodeError
        The bytes are no message of this door; the caller closes the connection.
    """
    head = _receive_exactly(connection, _LENGTH.size)
    if not head:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME_BYTES:
        raise msgspec.DecodeError("frame too long")
    return decoder.decode(_receive_exactly(connection, length))


def _receive_exactly(connection: socket.socket, length: int) -> bytearray:
    buffer = bytearray(length)
    view, got = memoryview(buffer), 0
    while got < length:
        try:
            count = connection.recv_into(view[got:])
        except OSError as error:
            raise Unavailable(Code.VAULT_UNREACHABLE, "the connection was lost while receiving") from error
        if count == 0:
            if got == 0:
                return bytearray()
            raise Unavailable(Code.VAULT_UNREACHABLE, "the connection ended inside a message")
        got += count
    return buffer
