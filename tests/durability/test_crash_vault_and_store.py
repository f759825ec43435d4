"""kill -9 of the vault, of the server, or of both, at any moment: nothing acknowledged is lost or comes back forgotten.

The vault is a real process and the store is real; the server is a process that calls the use-cases without the HTTP
door and with drawn faces, so that many cycles fit. `test_crash_whole_keep` does the same with the whole of it.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from crash_load import enroll_named
from crash_model import Model, Seen
from drawn_faces import drawn_keep
from keep_process import KeepProcess, running_keep

from facekeep.errors import Code, FacekeepError, Unavailable
from facekeep.service.cells import fetch
from facekeep.service.collections import Policy, create_collection
from facekeep.service.faces import list_faces, place_of, show_face
from facekeep.service.housekeeping import tidy
from facekeep.service.keep import Keep
from facekeep.service.log import newest_checkpoint, prove_consistency, prove_entry, read_log
from facekeep.service.search import search_by_photo
from facekeep.service.sessions import open_session
from facekeep.terms import CollectionId, SessionToken
from facekeep.vault.log_fsck import fsck
from facekeep.vault.wire import Cell, OpenCells, OpenedCells
from facekeep_sdk.ledger_check import TreeHead, check_consistency, check_inclusion, open_checkpoint

CYCLES = 35
SEED = 20_260_301
_LOAD = Path(__file__).parents[1] / "support" / "crash_load.py"
_WHOM = ("server", "server", "vault", "both")
_OLD_ONES = 5  # of the faces forgotten in earlier cycles, that each cycle tries to open again


@dataclass
class Victim:
    """The keep under attack and what is known of it."""

    process: KeepProcess
    loads: subprocess.Popen[bytes]
    collection: CollectionId
    model: Model = field(default_factory=Model)
    head: TreeHead | None = None
    verifier_key: str = ""
    unproved: set[int] = field(default_factory=set)
    cells: dict[str, tuple[Cell, ...]] = field(default_factory=dict)
    ready_s: list[float] = field(default_factory=list)

    def cycle(self, seed: int, flaw: str = "") -> None:
        """Load, kill, restart, check."""
        chance = random.Random(seed)
        before = set(self.model.forgotten)
        whom = chance.choice(_WHOM)
        server = self._begin(seed, flaw)
        time.sleep(chance.uniform(0.02, 0.5))
        if whom != "server":
            self.process.kill_vault()
            time.sleep(chance.uniform(0.0, 0.1))
        os.kill(server, signal.SIGKILL)
        self._listen(until="ended")
        started = None
        if whom != "server":
            self._check_files()
            started = time.monotonic()
            self.process.start_vault()
        old = set(chance.sample(sorted(before), min(len(before), _OLD_ONES)))
        self.check(started, (self.model.forgotten - before) | old)

    def cycles(self, seeds: Iterable[int], flaw: str = "") -> None:
        """A cycle a seed; fails with the seed of the one that went wrong."""
        for seed in seeds:
            try:
                self.cycle(seed, flaw)
            except Exception as error:
                raise AssertionError(f"seed {seed}, after {self.model.acts} acts: {error}") from error

    def _begin(self, seed: int, flaw: str) -> int:
        order = {"seed": seed, "flaw": flaw, "alive": self.model.alive, "collection": self.collection}
        assert self.loads.stdin is not None
        self.loads.stdin.write(json.dumps({**order, "api_key": self.process.api_key}).encode() + b"\n")
        self.loads.stdin.flush()
        return int(self._listen(until="ready")["ready"])

    def _listen(self, until: str) -> dict[str, Any]:
        assert self.loads.stdout is not None
        for line in self.loads.stdout:
            message: dict[str, Any] = json.loads(line)
            if until in message:
                return message
            assert message.get("housekeeping") in (None, *_AWAY), message
            assert message.get("code") in (None, *_AWAY), message
            self.model.take(message)
        raise AssertionError("the load is gone")

    def _check_files(self) -> None:
        """The log of a vault that was killed is whole, and extends what was seen of it."""
        if self.head is not None:
            folder = self.process.settings.vault_dir / "log"
            fsck(folder, self.verifier_key, expected_size=self.head.size, expected_root=self.head.root)

    def check(self, started: float | None, to_open: Set[str]) -> None:
        """Everything the keep shows, against everything it acknowledged; `to_open` are forgotten faces to try to open,
        `started` when the vault was started again.

        Log entries are looked up once: after that, the log is shown to extend what was seen of it.
        """
        with drawn_keep(self.process.settings) as keep:
            session = open_session(keep, self.process.api_key)
            seen = Seen(self._listed(keep, session))
            self.ready_s += [] if started is None else [time.monotonic() - started]
            for face, photo in seen.listed.items():
                found = search_by_photo(keep, session, [self.collection], photo.encode()).found.candidates
                seen.best[face] = found[0].face_id if found else None
                seen.candidates |= {one.face_id for one in found}
            seen.entries = self._check_log(keep, session)
            seen.opened = self._opened(keep, session, to_open)
            self.model.check(seen)
            self.model.entries.clear()
            self._ask_again(keep, session)
            self._check_store(keep, session)

    def _listed(self, keep: Keep, session: SessionToken) -> dict[str, str]:
        items = list_faces(keep, session, self.collection, None, cursor="", limit=1000).items
        for face in items:
            assert face.source == f"album {face.person_name}", "a face has another's provenance"
            if face.face_id not in self.cells:
                place = place_of(keep, session, face.face_id)
                assert place.photo_cell is not None
                self.cells[face.face_id] = fetch(keep, [place.face_cell, place.crop_cell, place.photo_cell])
        return {face.face_id: face.person_name or "" for face in items}

    def _opened(self, keep: Keep, session: SessionToken, to_open: Set[str]) -> set[str]:
        """Forgotten faces that open by their id, or by a copy of their cells that a thief kept."""
        found = set()
        for face in to_open:
            copies = self.cells.get(face, ())
            if not _is_gone(lambda face=face: show_face(keep, session, face)):
                found.add(face)
            if any(not _is_gone(lambda cell=cell: _open(keep, session, cell)) for cell in copies):
                found.add(face)
        return found

    def _check_log(self, keep: Keep, session: SessionToken) -> set[int]:
        """Numbers of our entries, after the log was checked against the last checkpoint seen."""
        note = newest_checkpoint(keep)
        head = open_checkpoint(note.note, self.verifier_key or note.verifier_key)
        if self.head is not None:
            proof = prove_consistency(keep, old_size=self.head.size, new_size=head.size)
            check_consistency(self.head, head, proof.hashes)
        there = _entries_from(keep, session, min(self.model.entries | self.unproved, default=0))
        self.unproved |= self.model.entries
        for entry in sorted(self.unproved & there):
            try:
                proof = prove_entry(keep, session, entry=entry, size=head.size)
            except Unavailable as error:
                if error.code is not Code.NOT_YET_PUBLISHED:
                    raise
                break  # it and all after it are for the next check
            check_inclusion(proof.leaf_hash, index=proof.index, head=head, proof=proof.hashes)
            self.unproved.remove(entry)
        self.head, self.verifier_key = head, note.verifier_key
        return there

    def _ask_again(self, keep: Keep, session: SessionToken) -> None:
        """An enrollment that got no answer, sent again, is answered as if it had: done once, whenever."""
        for photos, made in self.model.cut_short:
            answer = enroll_named(keep, session, self.collection, photos)
            faces = {one.faces[0].face_id: photo for one, photo in zip(answer.photos, photos, strict=True)}
            assert not made or set(faces) == made, "an enrollment that was sent again was done twice"
            self.model.alive |= faces

    def _check_store(self, keep: Keep, session: SessionToken) -> None:
        """Nothing half-done is left lying: after tidying, the store holds the live faces' cells and no others."""
        tidy(keep)
        places = [place_of(keep, session, face) for face in self._listed(keep, session)]
        fetch(keep, [cell for place in places for cell in (place.template_cell, place.crop_cell, place.face_cell)])
        blocks = list((self.process.settings.store_dir / "blocks").rglob("blk_*"))
        assert len(blocks) <= 17, f"{len(blocks)} blocks for {len(places)} faces"


_AWAY = frozenset({Code.VAULT_UNREACHABLE, Code.VAULT_SEALED, Code.NOT_INITIALIZED})


def _entries_from(keep: Keep, session: SessionToken, first: int) -> set[int]:
    found: set[int] = set()
    start: int | None = first
    while start is not None:
        page = read_log(keep, session, start=start, limit=1000)
        found |= {entry.entry for entry in page.entries}
        start = page.next_start
    return found


def _open(keep: Keep, session: SessionToken, cell: Cell) -> bytes:
    return keep.vault.call(OpenCells(session=session, cells=(cell,)), OpenedCells).plaintexts[0]


def _is_gone(call: Any) -> bool:
    try:
        call()
    except FacekeepError as error:
        if error.code is Code.NOT_FOUND:
            return True
        raise
    return False


@contextmanager
def victim(folder: Path) -> Iterator[Victim]:
    """A fresh keep, and a process that forks its servers."""
    with running_keep(folder, vault_only=True) as process:
        command = [sys.executable, str(_LOAD), str(process.data_dir)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as loads:
            with drawn_keep(process.settings) as keep:
                session = open_session(keep, process.api_key)
                policy = Policy(keep_photos=True, exposure_limit=1_000_000, evaluation=True, score_floor=0.5)
                collection = create_collection(keep, session, "gallery", policy, None).collection_id
            try:
                yield Victim(process, loads, collection)
            finally:
                loads.kill()


def run(folder: Path, cycles: int) -> Victim:
    """That many cycles on a fresh keep, and at the end a look at everything that was ever forgotten."""
    with victim(folder) as one:
        one.cycles(range(SEED, SEED + cycles))
        one.check(None, one.model.forgotten)
    return one


@pytest.mark.timeout(400)
def test_kill_9_at_any_moment_loses_and_revives_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, CYCLES)
    print(f"{CYCLES} cycles, {done.model.acts} acts acknowledged, {len(done.model.forgotten)} faces forgotten")
    print(f"ready again after {median(done.ready_s):.2f} s (median), {max(done.ready_s):.2f} s at worst")
    assert done.model.acts > 2 * CYCLES
    assert done.model.forgotten
    assert median(done.ready_s) <= 5


@pytest.mark.nightly
@pytest.mark.timeout(7_200)
def test_a_thousand_kills(tmp_path: Path) -> None:
    done = run(tmp_path, 1_000)
    assert median(done.ready_s) <= 5
    assert len(done.model.forgotten) > 100


@pytest.mark.parametrize(
    ("flaw", "complaint"),
    [
        ("commit", "not listed|did not find|no such face"),
        ("forget", "forgotten or never enrolled"),
        ("log", "log entries are missing"),
    ],
)
def test_control_a_server_that_lies_is_caught(flaw: str, complaint: str, tmp_path: Path) -> None:
    """The same loop over a server that acknowledges what it has not done must fail, and say why."""
    with victim(tmp_path) as one:
        one.cycle(0)
        with pytest.raises(AssertionError, match=complaint):
            one.cycles(range(1, 12), flaw)
