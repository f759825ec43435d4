"""The bench of a keep under load counts honestly; its figures at this size are not a test's business."""

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from facekeep.cli.main import run as facekeep
from facekeep.service.bench_load import LoadFigures
from facekeep.service.bench_load.clients import Searcher, together
from facekeep.service.bench_load.filled import Filled
from facekeep.terms import CollectionId, FaceId

FILLED = Filled(CollectionId("c"), (FaceId("good"), FaceId("bad")))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_keep_is_filled_searched_and_loaded(real_faces: Path, tmp_path: Path, capfd) -> None:
    path = tmp_path / "figures.json"
    arguments = ["--templates", "500", "--turns", "3", "--clients", "4", "--seconds", "2", "--json", str(path)]
    assert facekeep(["bench", "load", *arguments]) == 0
    figures = msgspec.json.decode(path.read_bytes(), type=LoadFigures)
    assert (figures.templates, figures.turns, figures.clients, figures.failed) == (500, 3, 4, 0)
    assert figures.searches >= 4
    assert figures.search_ms > figures.scan_ms > 0
    assert figures.p99_ms >= figures.p95_ms >= figures.p50_ms > 0
    assert min(figures.memory_early_mb, figures.memory_late_mb) > 100
    assert "above_scan_ms" in capfd.readouterr().out


class _Scripted(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if "good" in self.path else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Scripted) as server:
        server.daemon_threads = False  # closing waits for them, and their sockets are closed
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_what_is_not_answered_counts_as_failed(port: int) -> None:
    (outcome,) = together([Searcher(port, "key", FILLED)], 0.2)
    assert outcome.milliseconds
    assert abs(len(outcome.milliseconds) - outcome.failed) <= 1


def test_a_server_that_is_gone_answers_nothing() -> None:
    searcher = Searcher(1, "key", FILLED)
    assert searcher.search(0) is None
