"""Records every byte between the server and the vault: stands where its socket stood, and passes everything on.

It is for the keep that a drill made for itself. The vault's socket is moved aside and put back by nobody.
"""

import socket
import threading
from contextlib import suppress
from pathlib import Path

_PIECE = 1 << 20


class Recorder:
    """Takes the place of the Unix socket at `path`; the vault's own lies at `vault` then."""

    def __init__(self, path: Path) -> None:
        self.vault = path.with_name("real.sock")
        path.rename(self.vault)
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._door.bind(str(path))
        path.chmod(0o600)
        self._door.listen(64)
        self._streams: list[bytearray] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def captured(self) -> bytes:
        """Everything that passed, one direction of one connection after the other."""
        return b"".join(bytes(one) for one in list(self._streams))

    def conversations(self) -> list[tuple[bytes, bytes]]:
        """What went to the vault and what came back, connection by connection."""
        streams = [bytes(one) for one in list(self._streams)]
        return list(zip(streams[::2], streams[1::2], strict=True))

    def close(self) -> None:
        """Take no more connections."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            vault = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                vault.connect(str(self.vault))
            except OSError:
                caller.close()
                continue
            there, back = bytearray(), bytearray()
            self._streams += (there, back)
            threading.Thread(target=_converse, args=(caller, vault, there, back), daemon=True).start()


def _converse(caller: socket.socket, vault: socket.socket, there: bytearray, back: bytearray) -> None:
    with caller, vault:
        answers = threading.Thread(target=_pass_on, args=(vault, caller, back), daemon=True)
        answers.start()
        _pass_on(caller, vault, there)
        answers.join()


def _pass_on(source: socket.socket, target: socket.socket, record: bytearray) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            record += piece
            target.sendall(piece)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
