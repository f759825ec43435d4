"""Somebody who stands between the server and the vault: sees every frame as it passes, and may change it."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from thefts.clocked import Clock

_LENGTH = struct.Struct(">I")
Change = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as bytes, and when it passed. `answer` is None where the vault hung up."""

    minute: str
    request: bytes
    answer: bytes | None


def _same(frame: bytes) -> bytes:
    return frame


class Tap:
    """Takes the place of the Unix socket at `path`. `exchanges` grows; `change` alters requests on their way."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path, self._real, self._clock = path, path.with_name("real.sock"), clock
        self.exchanges: list[Exchange] = []
        self.change: Change = _same
        path.rename(self._real)
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._door.bind(str(path))
        path.chmod(0o600)
        self._door.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def send(self, request: bytes) -> bytes | None:
        """One frame of the thief's own, on a connection of its own; the answer, None where the vault hangs up."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as own:
            own.settimeout(30)
            own.connect(str(self.path))
            own.sendall(_LENGTH.pack(len(request)) + request)
            return _frame(own)

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._stand_between, args=(caller,), daemon=True).start()

    def _stand_between(self, caller: socket.socket) -> None:
        with caller, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as vault, suppress(OSError):
            vault.connect(str(self._real))
            while (request := _frame(caller)) is not None:
                minute, sent = self._clock.minute, self.change(request)
                vault.sendall(_LENGTH.pack(len(sent)) + sent)
                answer = _frame(vault)
                self.exchanges.append(Exchange(minute, request, answer))
                if answer is None:
                    return
                caller.sendall(_LENGTH.pack(len(answer)) + answer)


def _frame(connection: socket.socket) -> bytes | None:
    head = _exactly(connection, _LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    return _exactly(connection, _LENGTH.unpack(head)[0])


def _exactly(connection: socket.socket, length: int) -> bytes:
    got = bytearray()
    while len(got) < length:
        try:
            piece = connection.recv(min(1 << 20, length - len(got)))
        except OSError:
            return b""
        if not piece:
            return b""
        got += piece
    return bytes(got)
