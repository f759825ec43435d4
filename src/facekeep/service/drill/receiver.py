"""Where the webhook of a drill's keep leads: a listener on this machine that says yes to one delivery."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from facekeep.errors import Code, Unavailable

_PATIENCE_S = 30.0
_LONGEST = 64 * 1024
_YES = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


class Receiver:
    """Listens on a port of 127.0.0.1 that was free."""

    def __init__(self, door: socket.socket) -> None:
        self._door = door

    @property
    def authority(self) -> str:
        """Address and port, as they stand in a URL."""
        return f"127.0.0.1:{self._door.getsockname()[1]}"

    def delivery(self) -> bytes:
        """What came first of the next delivery, after it was answered. Raises Unavailable where none comes."""
        try:
            connection, _ = self._door.accept()
            with connection:
                connection.settimeout(_PATIENCE_S)
                came = connection.recv(_LONGEST)
                connection.sendall(_YES)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(_LONGEST):
                    pass  # what is closed unread takes the answer with it
        except OSError as error:
            raise Unavailable(Code.INTERNAL, "the drill's own keep told its webhook nothing") from error
        return came


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for the length of the block."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        door.settimeout(_PATIENCE_S)
        yield Receiver(door)
