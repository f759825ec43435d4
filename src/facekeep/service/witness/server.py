"""A witness's door: one path, small requests, few at a time, and nobody may be slow."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from facekeep.errors import Code, FacekeepError, Unavailable
from facekeep.ledger.note import parse_verifier_key
from facekeep.service.witness.files import lock_folder
from facekeep.service.witness.signing import load_or_make
from facekeep.service.witness.submission import MAX_SUBMISSION_BYTES
from facekeep.service.witness.witness import Witness, WitnessAnswer

_MOST_AT_ONCE = 32
_PATIENCE_S = 10.0


def run_witness(
    folder: Path, name: str, log_keys: list[str], *, host: str, port: int, started: Callable[[str, int], None]
) -> None:
    """Serve until interrupted; `started` is told the witness's verifier key and its port.

    Raises
    ------
    FacekeepError
        The folder is another witness's, a key is malformed, or the address cannot be listened on.
    """
    lock_folder(folder)
    keys = [parse_verifier_key(one) for one in log_keys]
    key = load_or_make(folder, name)
    witness = Witness(folder, key, keys)
    try:
        server = _Server((host, port), _handler(witness))
    except OSError as error:
        raise Unavailable(Code.BUSY, f"cannot listen on {host}:{port}: {error.strerror}") from error
    with server:
        started(key.public.text, server.server_port)
        server.serve_forever()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._room = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def process_request(self, request: object, client_address: object) -> None:
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)  # type: ignore[arg-type]
            return
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def process_request_thread(self, request: object, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self._room.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that break."""


def _handler(witness: Witness) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "facekeep-witness", ""
        timeout = _PATIENCE_S

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != "/add-checkpoint":
                self._answer(WitnessAnswer(404, "not found\n"))
            elif not (length.isascii() and length.isdecimal()):
                self._answer(WitnessAnswer(400, "a length is needed\n"))
            elif int(length[:12]) > MAX_SUBMISSION_BYTES:
                self._answer(WitnessAnswer(413, "too large\n"))
            else:
                self._answer(_answer(witness, self.rfile.read(int(length))))

        def _answer(self, answer: WitnessAnswer) -> None:
            body = answer.body.encode()
            self.close_connection = answer.status != 200
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """No access log."""

    return Handler


def _answer(witness: Witness, untrusted: bytes) -> WitnessAnswer:
    try:
        return witness.add_checkpoint(untrusted)
    except FacekeepError as error:
        return WitnessAnswer(503, f"{error.message}\n")
