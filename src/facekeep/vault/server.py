"""The vault's two doors: Unix sockets for the server and for the operator, one thread a connection.

Only processes of the vault's own user (or root) are let in and, at the server's socket alone, those of the server's
user where the settings name one: that socket then has that user's group, and the folder of sockets too. What cannot be
decoded closes the connection. The one broad `except` of this process is here: it answers `internal`, says
nothing of what went wrong, and a log that cannot be written has already sealed the vault.
"""

import os
import socket
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pwd import getpwnam

import msgspec

from facekeep.errors import BadInput, Code, FacekeepError
from facekeep.vault.keeper import Keeper
from facekeep.vault.wire import Failure, Message, OperatorRequest, ServerRequest, receive, send

_MOST_CONNECTIONS = 128
_IDLE_SECONDS = 600.0
_PEER = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Guest:
    """Another user whose processes are let in, and the group of that user's."""

    uid: int
    gid: int


def guest_named(user: str) -> Guest | None:
    """The server's user; None where it is the vault's own. Raises BadInput `invalid_setting` for an unknown name."""
    if not user:
        return None
    try:
        found = getpwnam(user)
    except KeyError as error:
        raise BadInput(Code.INVALID_SETTING, f"vault.server_user: there is no user {user}") from error
    return Guest(found.pw_uid, found.pw_gid)


class Door:
    """One listening socket and its connections."""

    def __init__(
        self,
        path: Path,
        decoder: msgspec.msgpack.Decoder[Message],
        act: Callable[[Message], Message],
        guest: Guest | None = None,
    ) -> None:
        self._decoder = decoder
        self._act = act
        self._guest = guest
        self._room = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._listener = _listen(path, guest)

    def open(self) -> None:
        """Accept connections until the process ends."""
        while True:
            connection, _ = self._listener.accept()
            if not _is_allowed(connection, self._guest) or not self._room.acquire(blocking=False):
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


def serve(keeper: Keeper, *, server_socket: Path, operator_socket: Path, guest: Guest | None = None) -> None:
    """Open both doors, the server's to `guest` too; returns never."""
    stop = threading.Event()
    keeper.begin_watching()
    make_folder(server_socket.parent, guest)
    operator = Door(operator_socket, msgspec.msgpack.Decoder(OperatorRequest), keeper.operate)
    server = Door(server_socket, msgspec.msgpack.Decoder(ServerRequest), keeper.serve, guest)
    threading.Thread(target=keeper.publish_forever, args=(stop,), daemon=True).start()
    threading.Thread(target=keeper.watch_files_forever, args=(stop,), daemon=True).start()
    threading.Thread(target=operator.open, daemon=True).start()
    server.open()


def make_folder(folder: Path, guest: Guest | None) -> None:
    """The folder of sockets: the vault's user's alone, or one that the guest's group may pass through."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise BadInput(Code.INVALID_SETTING, f"{folder} must belong to the vault's user")
    if guest is not None:
        _give_to_group(folder, guest, 0o710)
    elif folder.stat().st_mode & 0o077:
        raise BadInput(Code.INVALID_SETTING, f"{folder} must be open to the vault's user alone (mode 0700)")


def _listen(path: Path, guest: Guest | None) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    if guest is not None:
        _give_to_group(path, guest, 0o660)
    listener.listen(_MOST_CONNECTIONS)
    return listener


def _give_to_group(path: Path, guest: Guest, mode: int) -> None:
    try:
        os.chown(path, -1, guest.gid)
        path.chmod(mode)
    except PermissionError as error:
        text = f"{path} cannot be given to group {guest.gid}: the vault's user must be in it"
        raise BadInput(Code.INVALID_SETTING, text) from error


def _is_allowed(connection: socket.socket, guest: Guest | None) -> bool:
    """Peer credentials, from the kernel: the vault's own user, root, or the guest."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # elsewhere the socket's mode 0600 in a 0700 folder is the wall
    _, uid, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return uid in (0, os.geteuid()) or (guest is not None and uid == guest.uid)
