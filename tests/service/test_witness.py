"""A witness signs what extends what it saw, and nothing else, whatever is sent to it and whenever it is killed."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from facekeep.errors import BadInput, Code, FacekeepError, Tampered, Unavailable
from facekeep.ledger.cosignature import COSIGNATURE, cosigned_at
from facekeep.ledger.note import Checkpoint, VerifierKey, parse_verifier_key, sign_note, verifier_key
from facekeep.ledger.tree import consistency_proof, leaf_hash, node_hash, root_at
from facekeep.service.witness import state as state_module
from facekeep.service.witness.files import lock_folder
from facekeep.service.witness.signing import load_or_make, signature_is_good
from facekeep.service.witness.submission import MAX_SUBMISSION_BYTES, pack_submission, parse_submission
from facekeep.service.witness.witness import Witness, WitnessAnswer
from facekeep_sdk import LogTampered
from facekeep_sdk.ledger_check import check_cosignature

NAME, ORIGIN = "witness.example", "keep.example/log"


@dataclass(frozen=True)
class SomeLog:
    """A log whose leaves from index `fork` on are another history's."""

    fork: int = 10_000
    seed: int = 1
    origin: str = ORIGIN

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)

    @property
    def key(self) -> VerifierKey:
        return verifier_key(name=self.origin, public_key=self.private.public_key().public_bytes_raw())

    def root(self, size: int) -> bytes:
        return root_at(size, self.hash_at)

    def hash_at(self, level: int, index: int) -> bytes:
        return _hash_at(self.fork, level, index)

    def note(self, size: int) -> bytes:
        text = Checkpoint(self.origin, size, self.root(size)).text
        return sign_note(text, key=self.key, sign=self.private.sign).encode()

    def submission(self, old: int, size: int) -> bytes:
        proof = consistency_proof(old, size, self.hash_at) if 0 < old < size else ()
        return pack_submission(old, proof, self.note(size))


@cache
def _hash_at(fork: int, level: int, index: int) -> bytes:
    if level == 0:
        return leaf_hash(bytes([index >= fork]) + index.to_bytes(4, "big"))
    return node_hash(_hash_at(fork, level - 1, 2 * index), _hash_at(fork, level - 1, 2 * index + 1))


LOG = SomeLog()


def opened(folder: Path, *logs: SomeLog) -> Witness:
    return Witness(folder, load_or_make(folder, NAME), [log.key for log in logs or (LOG,)])


def is_cosigned(answer: WitnessAnswer, note: bytes, folder: Path) -> bool:
    key = load_or_make(folder, NAME).public
    whole = note + answer.body.encode()
    at = cosigned_at(whole, expected_key=key, is_good=signature_is_good)
    return at == check_cosignature(whole.decode(), key.text) > 1_700_000_000


def test_a_growing_log_is_cosigned_and_both_verifiers_take_it(tmp_path: Path) -> None:
    witness = opened(tmp_path)
    for old, size in ((0, 5), (5, 5), (5, 12), (12, 64), (64, 100)):
        answer = witness.add_checkpoint(LOG.submission(old, size))
        assert answer.status == 200
        assert is_cosigned(answer, LOG.note(size), tmp_path)


def test_a_key_of_the_witness_is_no_key_of_a_log(tmp_path: Path) -> None:
    text = load_or_make(tmp_path, NAME).public.text
    assert parse_verifier_key(text, expected_kind=COSIGNATURE).text == text
    with pytest.raises(Tampered):
        parse_verifier_key(text)
    with pytest.raises(LogTampered):
        check_cosignature(LOG.note(5).decode(), LOG.key.text)


@pytest.mark.parametrize("alter", [b"time", b"text", b"key"])
def test_an_altered_cosignature_is_refused(tmp_path: Path, alter: bytes) -> None:
    answer = opened(tmp_path).add_checkpoint(LOG.submission(0, 5))
    key = load_or_make(tmp_path, NAME).public
    note = (LOG.note(5) + answer.body.encode()).decode()
    if alter == b"time":
        start = note.rindex(" ") + 1
        note = note[: start + 8] + ("A" if note[start + 8] != "A" else "B") + note[start + 9 :]
    elif alter == b"text":
        note = (LOG.note(6) + answer.body.encode()).decode()
    else:
        key = load_or_make(tmp_path / "other", NAME).public if (tmp_path / "other").mkdir() is None else key
    with pytest.raises(Tampered):
        cosigned_at(note.encode(), expected_key=key, is_good=signature_is_good)
    with pytest.raises(LogTampered):
        check_cosignature(note, key.text)


def test_every_refusal_has_the_status_of_the_specification(tmp_path: Path) -> None:
    witness = opened(tmp_path)
    assert witness.add_checkpoint(LOG.submission(0, 20)).status == 200
    forked = SomeLog(fork=7)
    conflict = (409, "20\n", "text/x.tlog.size")
    good = consistency_proof(20, 30, LOG.hash_at)
    cases: list[tuple[bytes, int]] = [
        (b"", 400), (b"old 20\n\n", 400), (b"old 020\n\n" + LOG.note(20), 400), (b"old -1\n\n" + LOG.note(20), 400),
        (b"old 20\nnot base64\n\n" + LOG.note(30), 400), (pack_submission(20, [b"short"], LOG.note(30)), 400),
        (pack_submission(20, [bytes(32)] * 64, LOG.note(30)), 400), (pack_submission(20, good, LOG.note(30)[:-2]), 400),
        (pack_submission(40, (), LOG.note(30)), 400),
        (SomeLog(origin="other/log").submission(0, 5), 404),
        (SomeLog(seed=2).submission(20, 30), 403),
        (pack_submission(20, good[:-1], LOG.note(30)), 422), (pack_submission(20, (), LOG.note(30)), 422),
        (pack_submission(20, good, forked.note(30)), 422), (forked.submission(20, 30), 422),
        (pack_submission(20, good, LOG.note(20)), 422),
    ]  # fmt: skip
    for body, status in cases:
        assert witness.add_checkpoint(body).status == status, body[:60]
    for body in (LOG.submission(0, 30), LOG.submission(19, 30), LOG.submission(21, 30), forked.submission(20, 20)):
        answer = witness.add_checkpoint(body)
        assert (answer.status, answer.body, answer.content_type) == conflict
    assert witness.add_checkpoint(LOG.submission(20, 30)).status == 200


@given(steps=st.lists(st.tuples(st.sampled_from([10_000, 3, 9]), st.integers(0, 40), st.integers(0, 40)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_it_never_signs_two_histories(tmp_path_factory: pytest.TempPathFactory, steps) -> None:
    folder = tmp_path_factory.mktemp("witness")
    signed: list[tuple[int, int]] = []
    for fork, old, size in steps:
        answer = opened(folder).add_checkpoint(SomeLog(fork=fork).submission(old, size))  # started anew each time
        if answer.status == 200:
            signed.append((fork, size))
    for (one, small), (other, large) in pairwise(signed):
        assert small <= large
        assert SomeLog(fork=one).root(small) == SomeLog(fork=other).root(small)


@given(st.binary(max_size=400), st.integers(0, 400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_answered_with_a_status(tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int) -> None:
    witness = opened(tmp_path_factory.mktemp("witness"))
    body = LOG.submission(0, 20)
    mutated = body[:at] + noise + body[at + len(noise) :]
    answer = witness.add_checkpoint(mutated)
    assert answer.status in ({200} if mutated == body else {400, 403, 404, 409, 422})


@given(st.integers(0, 2**62), st.lists(st.binary(min_size=32, max_size=32), max_size=63), st.binary(max_size=99))
def test_a_submission_comes_apart_as_it_was_put_together(old: int, proof: list[bytes], note: bytes) -> None:
    parsed = parse_submission(pack_submission(old, proof, note))
    assert (parsed.old_size, list(parsed.untrusted_proof), parsed.untrusted_note) == (old, proof, note)


def test_several_logs_are_kept_apart(tmp_path: Path) -> None:
    other = SomeLog(origin="other/log", seed=5)
    witness = opened(tmp_path, LOG, other)
    assert witness.add_checkpoint(LOG.submission(0, 20)).status == 200
    assert witness.add_checkpoint(other.submission(0, 7)).status == 200
    assert opened(tmp_path, LOG, other).add_checkpoint(other.submission(7, 9)).status == 200
    assert opened(tmp_path, LOG, other).add_checkpoint(LOG.submission(20, 21)).status == 200


def test_what_cannot_be_written_is_not_signed_then_or_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = opened(tmp_path)

    def fails(*_: object) -> None:
        raise OSError(5, "injected")

    with monkeypatch.context() as patch:
        patch.setattr(state_module, "replace_durably", fails)
        with pytest.raises(Unavailable):
            witness.add_checkpoint(LOG.submission(0, 5))
    with pytest.raises(Unavailable):
        witness.add_checkpoint(LOG.submission(0, 5))
    assert opened(tmp_path).add_checkpoint(LOG.submission(0, 5)).status == 200


def test_two_witnesses_cannot_share_a_folder(tmp_path: Path) -> None:
    held = lock_folder(tmp_path)
    with pytest.raises(Unavailable) as caught:
        lock_folder(tmp_path)
    assert caught.value.code is Code.BUSY
    os.close(held)


def test_its_key_is_its_own_and_keeps_its_name(tmp_path: Path) -> None:
    made = load_or_make(tmp_path, NAME)
    assert stat.S_IMODE((tmp_path / "key.json").stat().st_mode) == 0o600
    assert load_or_make(tmp_path, NAME).public == made.public
    with pytest.raises(BadInput):
        load_or_make(tmp_path, "another")
    with pytest.raises(BadInput):
        load_or_make(tmp_path / "x", "two words")
    (tmp_path / "key.json").write_bytes(b"{")
    with pytest.raises(Tampered):
        load_or_make(tmp_path, NAME)


def test_an_altered_memory_is_not_believed(tmp_path: Path) -> None:
    opened(tmp_path).add_checkpoint(LOG.submission(0, 5))
    (path,) = tmp_path.glob("*.checkpoint")
    path.write_bytes(SomeLog(seed=3).note(2))
    with pytest.raises(FacekeepError):
        opened(tmp_path)


_DIES = """
import os, sys
from facekeep.service.witness import witness
real = witness.cosign
def cosign(*arguments, **more):
    if os.environ["DIE"] == "before":
        os.kill(os.getpid(), 9)
    line = real(*arguments, **more)
    os.kill(os.getpid(), 9)
witness.cosign = cosign if os.environ.get("DIE") else real
from facekeep.cli.main import main
main()
"""


@contextmanager
def running(folder: Path, die: str = "") -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A witness as a process; with `die`, it is killed when it has persisted and is about to answer."""
    arguments = ["log", "witness", "--listen", "127.0.0.1:0", "--state", str(folder), "--name", NAME, "--json"]
    command = [sys.executable, "-c", _DIES, *arguments, "--origin-key", LOG.key.text]
    with subprocess.Popen(command, env={**os.environ, "DIE": die}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = ""
        while not told.endswith("}\n"):
            told += process.stdout.readline()
        try:
            yield process, json.loads(told)
        finally:
            process.send_signal(signal.SIGKILL)


def send(told: dict[str, Any], body: bytes, path: str = "/add-checkpoint") -> httpx.Response:
    return httpx.post(f"http://127.0.0.1:{told['port']}{path}", content=body, timeout=10, trust_env=False)


@pytest.mark.parametrize("die", ["before", "after"])
def test_killed_between_persisting_and_answering_it_signs_no_fork_later(tmp_path: Path, die: str) -> None:
    folder = tmp_path / "state"
    with running(folder) as (_, told):
        assert send(told, LOG.submission(0, 12)).status_code == 200
    with running(folder, die) as (_, told), pytest.raises(httpx.TransportError):
        send(told, LOG.submission(12, 30))
    forked = SomeLog(fork=20)
    with running(folder) as (_, told):
        for body in (forked.submission(12, 30), forked.submission(12, 40), forked.submission(30, 30)):
            answer = send(told, body)
            assert (answer.status_code, answer.text) == (409, "30\n")
        assert send(told, forked.submission(30, 40)).status_code == 422
        assert send(told, LOG.submission(30, 30)).status_code == 200  # the lost signature, asked for again
        assert send(told, LOG.submission(30, 40)).status_code == 200


def test_the_door_takes_nothing_else(tmp_path: Path) -> None:
    with running(tmp_path / "state") as (_, told):
        assert send(told, b"x", "/other").status_code == 404
        assert send(told, b"x" * (MAX_SUBMISSION_BYTES + 1)).status_code == 413
        assert httpx.get(f"http://127.0.0.1:{told['port']}/", trust_env=False).status_code == 501
        assert send(told, LOG.submission(0, 3)).status_code == 200
        assert check_cosignature((LOG.note(3) + send(told, LOG.submission(3, 3)).content).decode(), told["witness_key"])


def test_a_log_that_changes_its_key_is_watched_under_both(tmp_path: Path) -> None:
    heir, stranger = SomeLog(seed=2), SomeLog(seed=3)
    witness = opened(tmp_path, LOG, heir)
    assert witness.add_checkpoint(LOG.submission(0, 5)).status == 200
    assert witness.add_checkpoint(heir.submission(5, 9)).status == 200
    assert witness.add_checkpoint(stranger.submission(9, 12)).status == 403
    assert opened(tmp_path, heir, LOG).add_checkpoint(heir.submission(9, 12)).status == 200
