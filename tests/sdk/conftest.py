"""A real HTTP server on a free port that answers as it is told and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeServer:
    """`answers` maps "METHOD /path" to the answers still to give, each (status, body, headers); the last one stays."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, list[tuple[int, Any, dict[str, str]]]] = field(default_factory=dict)

    def answer(self, request: str, body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.answers.setdefault(request, []).append((status, body, headers or {}))

    def refuse(self, request: str, code: str, *, status: int, **members: Any) -> None:
        self.answer(request, {"code": code, "detail": f"because of {code}", **members}, status=status)

    def next_answer(self, request: str) -> tuple[int, Any, dict[str, str]]:
        waiting = self.answers.get(request)
        if not waiting:
            return 404, {"code": "not_found", "detail": "no such path"}, {}
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            fake.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            status, answer, headers = fake.next_answer(f"{self.command} {self.path}")
            if status == 0:  # take the request and break the connection
                self.close_connection = True
                return
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"X-Request-Id": "r-1", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, *_: Any) -> None: ...

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    fake.url = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield fake
    httpd.shutdown()
    thread.join()
    httpd.server_close()
