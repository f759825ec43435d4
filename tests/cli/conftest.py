"""A keep as the command line sees it: a data folder, credentials beside it, and a scripted server."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.cli.main import run
from facekeep.ledger.note import Checkpoint, sign_note, verifier_key
from facekeep.ledger.tree import EMPTY_ROOT
from facekeep.service import credentials
from facekeep.settings import load

COLLECTION = {
    "collection_id": "c1",
    "name": "Archive",
    "model": "sface",
    "dimension": 128,
    "policy": {},
    "faces": 3,
    "persons": 2,
    "created_at": "2026-03-01T10:00:00Z",
}


@dataclass
class FakeKeep:
    """`rules` maps "METHOD /path", without the query, to its answer: (status, body), or a function of the body."""

    data: Path
    rules: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)

    def rule(self, request: str, answer: Any, status: int = 200) -> None:
        self.rules[request] = answer if callable(answer) else (status, answer)

    def requests(self, request: str) -> list[tuple[str, bytes]]:
        """(Idempotency-Key, body) of each request of that kind."""
        return [(key, body) for what, key, body in self.asked if what == request]

    def __call__(self, *arguments: object) -> int:
        return int(run([str(one) for one in arguments] + ["--data", str(self.data)]))


def signed_checkpoint() -> dict[str, str]:
    """An empty log's, which every client looks at before its first call."""
    private = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    key = verifier_key(name="keep.example/log", public_key=private.public_key().public_bytes_raw())
    note = sign_note(Checkpoint(key.name, 0, EMPTY_ROOT).text, key=key, sign=private.sign)
    return {"note": note, "verifier_key": key.text}


def photo_parts(body: bytes) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Metadata and photos of an enrollment's multipart body."""
    boundary = body.split(b"\r\n", 1)[0]
    contents = [part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n") for part in body.split(boundary)[1:-1]]
    return json.loads(contents[0]), contents[1:]


def _handler(fake: FakeKeep) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            what = f"{self.command} {self.path.partition('?')[0]}"
            fake.asked.append((what, self.headers.get("Idempotency-Key", ""), body))
            rule = fake.rules.get(what, (404, {"code": "not_found", "detail": "there is no such thing"}))
            status, answer = rule(body) if callable(rule) else rule
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, *_: Any) -> None: ...

    return Handler


@pytest.fixture
def keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKeep]:
    monkeypatch.setenv("FACEKEEP_CONFIG", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    fake = FakeKeep(tmp_path / "keep")
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    httpd.daemon_threads = True
    fake.data.mkdir()
    (fake.data / "keep.toml").write_text(f"[http]\nport = {httpd.server_port}\n")
    settings = load(fake.data)
    credentials.make_data_dir(settings)
    credentials.save(settings, "fk_test")
    fake.rule("GET /v1/log/checkpoint", signed_checkpoint())
    fake.rule("GET /v1/collections", {"items": [COLLECTION], "next_cursor": ""})
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield fake
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def accept_all() -> Callable[[bytes], tuple[int, Any]]:
    """Enrolls every photo except those whose bytes begin with `BAD`."""

    def answer(body: bytes) -> tuple[int, Any]:
        metadata, photos = photo_parts(body)
        outcomes = [_outcome(about, photo) for about, photo in zip(metadata, photos, strict=True)]
        return 200, {"photos": outcomes, "entry": 1}

    def _outcome(about: dict[str, Any], photo: bytes) -> dict[str, Any]:
        name = about.get("photo_name", "")
        if photo.startswith(b"BAD"):
            return {"photo_name": name, "faces": [], "refused": {"code": "no_face", "detail": "no face was found"}}
        face = {"face_id": "f", "person_id": "p", "collection_id": "c1"}
        return {"photo_name": name, "faces": [face], "refused": None}

    return answer
