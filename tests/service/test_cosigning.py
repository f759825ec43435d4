"""What a keep makes of a witness's answers; the witness here answers as it is told."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.errors import BadInput, Code, FacekeepError
from facekeep.ledger.cosignature import COSIGNATURE, cosign
from facekeep.ledger.note import Checkpoint, sign_note, verifier_key
from facekeep.ledger.tree import EMPTY_ROOT
from facekeep.service.cosignatures import Cosignatures
from facekeep.service.cosigned_notes import CosignedNotes
from facekeep.service.cosigning import WitnessClient
from facekeep.settings import WitnessSettings

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
KEY = verifier_key(name="w.example", public_key=PRIVATE.public_key().public_bytes_raw(), kind=COSIGNATURE)
LOG_KEY = verifier_key(name="log", public_key=PRIVATE.public_key().public_bytes_raw())
TEXT = Checkpoint("log", 9, EMPTY_ROOT).text
NOTE = sign_note(TEXT, key=LOG_KEY, sign=PRIVATE.sign)
LINE = cosign(TEXT, key=KEY, time_s=1_800_000_000, sign=PRIVATE.sign)
Told = Callable[..., WitnessClient]


@pytest.fixture
def told() -> Iterator[Told]:
    """A client of a witness that gives these answers, one after another; what it was sent is in `told.bodies`."""
    answers: list[tuple[int, bytes]] = []
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()

    def make(*given: tuple[int, bytes | str]) -> WitnessClient:
        answers[:] = [(status, body.encode() if isinstance(body, str) else body) for status, body in given]
        return WitnessClient(WitnessSettings(url=f"http://127.0.0.1:{server.server_port}/", key=KEY.text))

    make.bodies = bodies  # type: ignore[attr-defined]
    yield make
    server.shutdown()
    thread.join()
    server.server_close()


def prove(old: int, new: int) -> list[bytes]:
    return [bytes([old]) * 32, bytes([new]) * 32]


def code_of(client: WitnessClient) -> Code:
    with pytest.raises(FacekeepError) as caught:
        client.cosign(NOTE, 9, prove)
    return caught.value.code


def test_a_good_signature_is_kept_and_the_size_remembered(told: Told) -> None:
    client = told((200, LINE), (200, LINE))
    assert client.cosign(NOTE, 9, prove) == LINE
    assert client.cosign(NOTE, 9, prove) == LINE
    assert [body.split(b"\n")[0] for body in told.bodies] == [b"old 0", b"old 9"]  # type: ignore[attr-defined]


def test_a_conflict_is_answered_from_the_size_that_the_witness_knows(told: Told) -> None:
    assert told((409, "4\n"), (200, LINE)).cosign(NOTE, 9, prove) == LINE
    assert told.bodies[1].startswith(b"old 4\nBAQE")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([(409, "10\n")], Code.LOG_ALTERED),  # it has seen more than there is
        ([(409, "4\n"), (409, "4\n")], Code.LOG_ALTERED),
        ([(422, "")], Code.LOG_ALTERED),
        ([(409, "4\n"), (422, "")], Code.LOG_ALTERED),
        ([(409, "many\n")], Code.INTERNAL),
        ([(404, "")], Code.INTERNAL),
        ([(403, "")], Code.INTERNAL),
        ([(500, "")], Code.INTERNAL),
        ([(200, "")], Code.LOG_ALTERED),
        ([(200, LINE.replace("w.example", "x.example"))], Code.LOG_ALTERED),
        ([(200, LINE[:-9] + "AAAAAAA=\n")], Code.LOG_ALTERED),
        ([(200, cosign("another\n", key=KEY, time_s=1, sign=PRIVATE.sign))], Code.LOG_ALTERED),
        ([(200, b"x" * 100_000)], Code.INTERNAL),
        ([(200, b"\xff\xfe")], Code.LOG_ALTERED),
    ],
)
def test_any_other_answer_gives_no_line(told: Told, answers: Any, code: Code) -> None:
    assert code_of(told(*answers)) is code


def test_a_witness_that_is_not_there_is_unavailable() -> None:
    assert code_of(WitnessClient(WitnessSettings(url="http://127.0.0.1:9", key=KEY.text))) is Code.INTERNAL


@pytest.mark.parametrize("key", ["", "w", LOG_KEY.text, KEY.text[:-2]])
def test_a_setting_that_is_no_witness_key_is_named(key: str) -> None:
    with pytest.raises(BadInput) as caught:
        WitnessClient(WitnessSettings(url="http://127.0.0.1:9", key=key))
    assert caught.value.code is Code.INVALID_SETTING


def test_lines_are_shown_on_their_own_note_alone() -> None:
    kept = Cosignatures()
    assert kept.on(NOTE) == NOTE
    kept.add(NOTE, "one", LINE)
    kept.add(NOTE, "two", LINE.replace("w.example", "x.example"))
    assert kept.on(NOTE) == NOTE + LINE + LINE.replace("w.example", "x.example")
    assert kept.on("newer") == "newer"
    kept.add("newer", "one", "line")
    assert (kept.on("newer"), kept.on(NOTE)) == ("newerline", NOTE)


def test_one_cosigned_checkpoint_an_hour_is_kept(tmp_path: Path) -> None:
    notes = CosignedNotes(tmp_path / "cosigned")
    assert list(notes.newest_first()) == []
    notes.keep(NOTE + LINE)
    notes.keep("another of the same hour")
    (tmp_path / "cosigned" / "2020-01-01T00").write_text("an older one")
    (tmp_path / "cosigned" / "something else").write_text("is passed over")
    assert list(notes.newest_first()) == [NOTE + LINE, "an older one"]
