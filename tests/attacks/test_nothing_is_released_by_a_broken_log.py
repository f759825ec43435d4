"""A thousand searches and record openings while the log cannot be written: none is released, each is refused in time.

Every try begins with a vault that works, breaks one kind of call in one way, and lets whatever is asked meet it: a disk
that became read-only, is full, gives errors, or does not answer at all.
"""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vault_driver import EVALUATION, unit

from facekeep.errors import Code, FacekeepError
from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import scan_reference
from facekeep.settings import LogSettings
from facekeep.vault import log as log_module
from facekeep.vault import wire
from facekeep.vault.keeper import Keeper

CONTRACT = wire.Contract("test-contract", "d" * 64, "e" * 64, "five-points-112", 128)
SYNC, WRITE = ("fsync", "fdatasync"), ("pwrite",)
WAYS = [
    *((name, number) for number in (errno.EIO, errno.EROFS) for name in (SYNC, WRITE)),
    (WRITE, errno.ENOSPC),
    (WRITE, errno.EDQUOT),
    (SYNC, None),
    (WRITE, None),
]
REFUSALS = {"log_unwritable", "disk_full", "vault_sealed"}
DEADLINE_S = 5.0
TRIES = 1_000


@dataclass
class Disk:
    """The system calls that write, of which some can be broken. A hanging one hangs until the disk is mended."""

    folder: Path
    mended: threading.Event = field(default_factory=threading.Event)
    met: int = 0

    @contextmanager
    def broken(self, names: tuple[str, ...], number: int | None) -> Iterator[None]:
        self.mended.clear()
        real = {name: getattr(os, name) for name in names}
        for name in names:
            setattr(os, name, self._breaking(real[name], number))
        try:
            yield
        finally:
            for name, call in real.items():
                setattr(os, name, call)
            self.mended.set()

    def _breaking(self, real: Callable[..., Any], number: int | None) -> Callable[..., Any]:
        def call(file: int, *rest: Any) -> Any:
            if str(self.folder) not in os.readlink(f"/proc/self/fd/{file}"):
                return real(file, *rest)
            self.met += 1
            if number is not None:
                raise OSError(number, os.strerror(number))
            self.mended.wait(60)
            raise OSError(errno.EIO, "the disk came back, and had lost it")

        return call


class Small:
    """An open vault in this process with one enrolled face, and whatever may be asked of it."""

    def __init__(self, folder: Path) -> None:
        self.disk = Disk(folder / "vault" / "log")
        self._secret = str(folder / "key")
        self.keeper = Keeper(folder / "vault", LogSettings(interval_s=3600))
        made = self.keeper.operate(
            wire.Initialize(method="key_file", organization="O", member="M", key_file=self._secret)
        )
        assert isinstance(made, wire.Initialized)
        self._api_key = made.api_key
        self._sign_in()
        shown = self.keeper.serve(
            wire.CreateCollection(session=self.session, name="c", contract=CONTRACT, policy=EVALUATION)
        )
        assert isinstance(shown, wire.CollectionShown)
        self._collection = shown.collection.collection_id
        draft = wire.FaceDraft(template=unit("a").tobytes(), crop=b"crop", facts=wire.FaceFacts(), person_name="A")
        batch = self.keeper.serve(
            wire.SealFaces(session=self.session, collection_id=self._collection, faces=(draft,))
        )
        assert isinstance(batch, wire.SealedBatch)
        self.keeper.serve(wire.CommitBatch(session=self.session, batch_id=batch.batch_id))
        self._block = parse_block(batch.block_bytes)[1]
        self._cells = batch.cells

    def mend(self) -> None:
        """An open vault again, soon after the disk has answered whoever hung on it."""
        deadline = time.monotonic() + 30
        while self.keeper.status().state != "open":
            try:
                self.keeper.operate(wire.Unseal(key_file=self._secret))
            except FacekeepError as error:
                if error.code is not Code.BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        self._sign_in()

    def _sign_in(self) -> None:
        opened = self.keeper.serve(wire.Authenticate(untrusted_credential=self._api_key))
        assert isinstance(opened, wire.SessionOpened)
        self.session = opened.session

    def search(self) -> wire.Message:
        """Whole: the grant, and the answer to it."""
        return self.keeper.serve(self.answered(self.granted()))

    def granted(self) -> wire.Grant:
        probe = unit("a").tobytes()
        message = wire.GrantSearch(session=self.session, collection_ids=(self._collection,), probes=probe)
        grant = self.keeper.serve(message)
        assert isinstance(grant, wire.Grant)
        return grant

    def answered(self, grant: wire.Grant) -> wire.OpenSums:
        probes = np.frombuffer(grant.probes, "<i4").reshape(-1, 128)
        sums = scan_reference([self._block], probes).astype("<i4").tobytes()
        return wire.OpenSums(session=self.session, grant_id=grant.grant_id, sums=sums)

    def read(self) -> wire.OpenCells:
        crop = next(cell for cell in self._cells if cell.kind == "crop")
        return wire.OpenCells(session=self.session, cells=(crop,))

    def compare(self) -> wire.Compare:
        face = unit("a").tobytes()
        return wire.Compare(session=self.session, contract=CONTRACT, first=face, second=face)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    made = Small(tmp_path)
    yield made
    made.disk.mended.set()
    made.keeper.seal()


def outcome(small: Small, message: wire.Message) -> str:
    """The code of the refusal, or "released"; fails where it comes too late."""
    started = time.monotonic()
    try:
        small.keeper.serve(message)
        found = "released"
    except FacekeepError as error:
        found = error.code
    assert time.monotonic() - started < DEADLINE_S
    return found


def tried(small: Small, way: tuple[tuple[str, ...], int | None]) -> list[str]:
    """What came of a search's answer, a record's opening, a grant and a comparison on one broken disk."""
    answers = [small.answered(small.granted()), small.read(), small.compare(), small.read()]
    met = small.disk.met
    with small.disk.broken(*way):
        found = [outcome(small, message) for message in answers]
    assert small.disk.met > met, "the fault was never met"
    return found


def test_the_same_tries_succeed_on_a_disk_that_works(small: Small) -> None:
    answers = [small.answered(small.granted()), small.read(), small.compare(), small.read()]
    assert {outcome(small, message) for message in answers} == {"released"}
    assert isinstance(small.search(), wire.Candidates)


def test_nothing_is_released_while_the_log_cannot_be_written(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []
    while len(found) < TRIES:
        way = WAYS[len(found) // 4 % len(WAYS)]
        with monkeypatch.context() as patch:
            if way[1] is None:
                patch.setattr(log_module, "PATIENCE_S", 0.1)  # the true one is tried below
            found += tried(small, way)
        small.mend()
    assert "released" not in found
    assert set(found) <= REFUSALS
    assert isinstance(small.search(), wire.Candidates)  # with the disk mended, all works again


@pytest.mark.parametrize("names", [SYNC, WRITE], ids=["sync", "write"])
def test_a_disk_that_does_not_answer_is_an_error_within_five_seconds_for_everybody_who_waits(
    small: Small, names: tuple[str, ...]
) -> None:
    asked = [small.read(), small.answered(small.granted()), small.compare(), small.read()]
    found: list[str] = []
    with small.disk.broken(names, None):
        waiting = [threading.Thread(target=lambda one=one: found.append(outcome(small, one))) for one in asked]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join(DEADLINE_S + 1)
        assert len(found) == len(asked)
        assert "released" not in found
        assert small.keeper.status().state == "sealed"
        started = time.monotonic()
        with pytest.raises(FacekeepError):  # no second vault writes beside the one that hangs
            small.keeper.operate(wire.Unseal(key_file=str(small.disk.folder.parents[1] / "key")))
        assert time.monotonic() - started < 15
    small.mend()
    assert isinstance(small.search(), wire.Candidates)


def test_publishing_on_a_disk_that_does_not_answer_seals_the_vault(tmp_path: Path) -> None:
    small = Small(tmp_path)
    vault = small.keeper._open
    assert vault is not None
    small.keeper._log = LogSettings(interval_s=0.1)
    stop = threading.Event()
    thread = threading.Thread(target=small.keeper.publish_forever, args=(stop,))
    with small.disk.broken(SYNC, None):
        thread.start()
        deadline = time.monotonic() + 8
        while small.keeper.status().state == "open":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert outcome(small, small.read()) == "vault_sealed"
    stop.set()
    thread.join()
    small.mend()
    small.keeper.seal()
