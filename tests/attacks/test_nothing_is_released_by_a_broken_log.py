"""A thousand searches and record openings while the log cannot be written: none is released, each is refused in time.

Every try begins with a vault that works, breaks one kind of call in one way, and lets whatever is asked meet it: a disk
that became read-only, is full, gives errors, or does not answer at all.
"""

import errno
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import broken_disk
import pytest
from broken_disk import SYNC, WRITE, Small

from facekeep.vault import log as log_module
from facekeep.vault import wire

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


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    made = Small(tmp_path)
    yield made
    made.disk.mended.set()
    made.keeper.seal()


def outcome(small: Small, message: wire.Message) -> str:
    """The code of the refusal, or "released"; fails where it comes too late."""
    started = time.monotonic()
    found = broken_disk.outcome(small, message)
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
        assert small.keeper.status().state == "waiting"
        assert outcome(small, small.read()) == "log_unwritable"
    small.mend()  # what hung ended with an error: that seals
    assert isinstance(small.search(), wire.Candidates)
