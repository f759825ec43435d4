"""The bench of a keep under load counts honestly; its figures at this size are not a test's business."""

import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from facekeep.cli.main import run as facekeep
from facekeep.service.bench_load import LoadFigures
from facekeep.service.bench_load.clients import Searcher, together
from facekeep.service.bench_load.filled import Filled
from facekeep.service.bench_load.flushes import flushes_in
from facekeep.service.bench_load.line import Line
from facekeep.service.bench_load.organization import Place
from facekeep.service.bench_load.people import Authenticator, Person
from facekeep.terms import CollectionId, FaceId
from facekeep.vault.identity import totp

FILLED = Filled(CollectionId("c"), (FaceId("good"), FaceId("bad")))
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.nightly  # 16 s: the figures themselves are measured by `make bench`
def test_a_keep_is_filled_searched_and_loaded(real_faces: Path, tmp_path: Path, capfd) -> None:
    path = tmp_path / "figures.json"
    arguments = ["--templates", "500", "--turns", "3", "--clients", "4", "--seconds", "2", "--json", str(path)]
    assert facekeep(["bench", "load", *arguments]) == 0
    figures = msgspec.json.decode(path.read_bytes(), type=LoadFigures)
    assert (figures.templates, figures.turns, figures.clients, figures.failed) == (500, 3, 4, 0)
    assert figures.searches >= 4
    assert (figures.people, figures.candidates) == (2, 9.0)
    assert figures.search_ms > figures.scan_ms > 0
    assert min(figures.sign_in_ms, figures.sign_in_under_load_ms or 0, figures.flush_ms) > 0
    assert figures.p99_ms >= figures.p95_ms >= figures.p50_ms > 0
    assert min(figures.memory_early_mb, figures.memory_late_mb) > 100
    assert "above_scan_ms" in capfd.readouterr().out


class _Scripted(BaseHTTPRequestHandler):
    """Signs anybody in, the first time with `busy`, and answers searches of one face; every third session is over."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(self.path)
        if self.path == "/v1/sign-in/password":
            is_first = self.seen.count(self.path) == 1
            self._answer(503 if is_first else 200, {"session": "fs_x", "code": msgspec.json.decode(body)["code"]})
        elif len(self.seen) % 3 == 0:
            self._answer(401, {})
        else:
            self._answer(200 if "good" in self.path else 503, {"candidates": [1, 2]})

    def _answer(self, status: int, content: object) -> None:
        body = msgspec.json.encode(content)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    _Scripted.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Scripted) as server:
        server.daemon_threads = False  # closing waits for them, and their sockets are closed
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


class _Endless(Authenticator):
    """Shows codes without a pause."""

    def wait_s(self) -> float:
        return 0.0


def somebody() -> Place:
    return Place(Person("m", "ana.aaaaa", _Endless(SECRET)), "case")


def test_what_is_not_answered_counts_as_failed_and_who_is_out_signs_in_again(port: int) -> None:
    (outcome,) = together([Searcher(port, somebody(), FILLED)], [], 1.5, 0)
    assert outcome.searches_ms
    assert outcome.candidates == 2 * len(outcome.searches_ms)
    assert len(outcome.sign_ins_ms) == _Scripted.seen.count("/v1/sign-in/password") - 1, "one was told to come again"
    assert outcome.sign_ins_ms[0] >= 1_000
    searches = [one for one in _Scripted.seen if "/faces/" in one]
    assert len(outcome.searches_ms) + outcome.failed + len(outcome.sign_ins_ms) == len(searches)


def test_those_who_come_sign_in_before_they_search(port: int) -> None:
    (outcome,) = together([], [Searcher(port, somebody(), FILLED)], 1.3, 0)
    assert _Scripted.seen[0] == "/v1/sign-in/password"
    assert outcome.sign_ins_ms


def test_a_server_that_is_gone_answers_nothing() -> None:
    searcher = Searcher(1, somebody(), FILLED)
    assert searcher.search(0) is None
    assert searcher.outcome.failed == 1


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(port: int) -> None:
    line = Line(port)
    assert line.send("POST", "/v1/faces/good/search", b"{}", "").is_good
    assert line._connection.sock is not None
    line._connection.sock.shutdown(2)
    time.sleep(0.05)
    assert line.send("POST", "/v1/faces/good/search", b"{}", "").status
    line.close()


def test_an_authenticator_shows_codes_that_the_vault_takes_each_once() -> None:
    app, used = Authenticator(SECRET), 0
    secret = app._secret
    for _ in range(2):
        code = app.code()
        step = totp.step_of(secret, code, time.time(), used_step=used)
        assert step is not None
        assert totp.step_of(secret, code, time.time() + 10, used_step=used) == step
        used = step


def test_flushes_are_timed(tmp_path: Path) -> None:
    with flushes_in(tmp_path) as flush_ms:
        assert flush_ms() > 0
    assert list(tmp_path.iterdir()) == []
