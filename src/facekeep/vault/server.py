"""The vault's two doors: Unix sockets for the server and for the operator, one thread a connection.

Only processes of the vault's own user (or root) are let in; in production the two sockets have different groups. What
cannot be decoded closes the connection. The one broad `except` of this process is here: it answers `internal`, says
nothing of what went wrong, and a log that cannot be written has already sealed the vault.
"""

import os
import socket
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from facekeep.errors import BadInput, Code, FacekeepError
from facekeep.vault.keeper import Keeper
from facekeep.vault.wire import Failure, Message, OperatorRequest, ServerRequest, receive, send

_MOST_CONNECTIONS = 128
_IDLE_SECONDS = 600.0
_PEER = struct.Struct("3i")


class Door:
    """One listening socket and its connections."""

    def __init__(
        self, path: Path, decoder: msgspec.msgpack.Decoder[Message], act: Callable[[Message], Message]
    ) -> None:
        self._decoder = decoder
        self._act = act
        self._room = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._listener = _listen(path)

    def open(self) -> None:
        """Accept connections until the process ends."""
        while True:
            connection, _ = self._listener.accept()
            if not _is_allowed(connection) or not self._room.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(_IDLE_SECONDS)
        try:
            while self._exchange(connection):
                pass
        except (FacekeepError, msgspec.DecodeError):
            pass  # the peer is gone or talks nonsense; either way there is nobody to answer
        finally:
            connection.close()
            self._room.release()

    def _exchange(self, connection: socket.socket) -> bool:
        """One message and its answer, neither of them held while the next one is awaited. False at the end."""
        message = receive(connection, self._decoder)
        if message is not None:
            send(connection, self._answer(message))
        return message is not None

    def _answer(self, message: Message) -> Message:
        try:
            return self._act(message)
        except FacekeepError as error:
            return Failure(code=error.code, message=error.message, entry=error.entry, details=dict(error.details))
        except Exception as error:
            sys.stderr.write(f"vault: {type(error).__name__} while answering {type(message).__name__}\n")
            return Failure(code=Code.INTERNAL, message="the vault failed to answer; see its standard error")


def serve(keeper: Keeper, *, server_socket: Path, operator_socket: Path) -> None:
    """Open both doors; returns never."""
    stop = threading.Event()
    operator = Door(operator_socket, msgspec.msgpack.Decoder(OperatorRequest), keeper.operate)
    server = Door(server_socket, msgspec.msgpack.Decoder(ServerRequest), keeper.serve)
    threading.Thread(target=keeper.publish_forever, args=(stop,), daemon=True).start()
    threading.Thread(target=keeper.watch_files_forever, args=(stop,), daemon=True).start()
    threading.Thread(target=operator.open, daemon=True).start()
    server.open()


def _listen(path: Path) -> socket.socket:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_uid != os.geteuid() or path.parent.stat().st_mode & 0o077:
        raise BadInput(Code.INVALID_SETTING, f"{path.parent} must belong to the vault's user alone (mode 0700)")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(_MOST_CONNECTIONS)
    return listener


def _is_allowed(connection: socket.socket) -> bool:
    """Peer credentials, from the kernel: the vault's own user or root."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # elsewhere the socket's mode 0600 in a 0700 folder is the wall
    _, uid, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return uid in (0, os.geteuid())
