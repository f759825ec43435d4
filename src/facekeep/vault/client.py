"""How other processes call the vault: one connection a thread at a time, typed answers, errors as exceptions."""

import socket
from pathlib import Path
from queue import Empty, LifoQueue
from typing import TypeVar

import msgspec

from facekeep.errors import Code, FacekeepError, Tampered, Unavailable, error_from
from facekeep.vault.wire import Answer, Failure, Message, receive, send

A = TypeVar("A", bound=Message)
_ANSWER: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)  # type: ignore[arg-type, unused-ignore]


class VaultClient:
    """Calls over one Unix socket, from any number of threads. Connections are kept and reused."""

    def __init__(self, path: Path, *, timeout_s: float = 60.0) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._idle: LifoQueue[socket.socket] = LifoQueue()

    def call(self, request: Message, expected: type[A]) -> A:
        """Send `request` and return its answer of type `expected`.

        Raises
        ------
        FacekeepError
            What the vault refused with, rebuilt by code; `vault_unreachable` where it did not answer. A call is
            never sent twice: whether a lost call was carried out is for the caller to find out.
        """
        connection = self._connect()
        try:
            send(connection, request)
            answer = receive(connection, _ANSWER)
        except (FacekeepError, msgspec.DecodeError) as error:
            connection.close()
            raise Unavailable(Code.VAULT_UNREACHABLE, "the vault did not answer") from error
        if answer is None:
            connection.close()
            raise Unavailable(Code.VAULT_UNREACHABLE, "the vault closed the connection")
        self._idle.put(connection)
        if isinstance(answer, Failure):
            raise error_from(answer.code, answer.message, entry=answer.entry, details=answer.details)
        if not isinstance(answer, expected):
            raise Tampered(Code.INTERNAL, f"expected {expected.__name__} from the vault, got {type(answer).__name__}")
        return answer

    def close(self) -> None:
        """Close every idle connection."""
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    def _connect(self) -> socket.socket:
        while True:
            try:
                kept = self._idle.get_nowait()
            except Empty:
                return self._open()
            if _is_alive(kept):
                return kept
            kept.close()

    def _open(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self._timeout_s)
        try:
            connection.connect(str(self._path))
        except OSError as error:
            connection.close()
            raise Unavailable(Code.VAULT_UNREACHABLE, "the vault is not running") from error
        return connection


def _is_alive(connection: socket.socket) -> bool:
    """False once the vault closed its end; a kept connection has nothing to read otherwise."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        connection.settimeout(60.0)
