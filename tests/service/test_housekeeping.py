"""A round of housekeeping, and the thread that does it: when woken, reporting what fails, giving memory back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex

import pytest
from drawn_faces import drawn_keep
from keep_process import KeepProcess, wait_until

from facekeep.errors import Code, FacekeepError, Unavailable
from facekeep.service import housekeeping
from facekeep.service.collections import Policy, create_collection
from facekeep.service.enroll import PhotoToEnroll, enroll
from facekeep.service.faces import place_of
from facekeep.service.housekeeping import Housekeeper, after_forget, tidy
from facekeep.service.keep import Chores, Keep
from facekeep.service.sessions import open_session
from facekeep.terms import FaceId, SessionToken
from facekeep.vault.wire import CommitBatch, ForgetFaces, Forgotten, NextReseal, Reseal, ResealJob


class RefusingVault:
    """A vault that answers every housekeeping call with one error."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.asked = 0

    def call(self, request, expected):
        assert isinstance(request, NextReseal)
        self.asked += 1
        raise Unavailable(self.code, "no")


def test_it_tidies_at_start_and_whenever_it_is_woken(keep):
    vault, failures = RefusingVault(Code.INTERNAL), []
    watched = replace(keep, vault=vault, chores=Chores())
    with Housekeeper(watched, report=failures.append, interval_s=3_600, idle_s=3_600):
        wait_until(lambda: len(failures) == 1, "not at start", 10)
        watched.chores.wake.set()
        wait_until(lambda: len(failures) == 2, "not when woken", 10)
    assert vault.asked == 2
    assert [error.code for error in failures] == [Code.INTERNAL] * 2


def test_a_sealed_or_absent_vault_is_no_failure_to_report(keep):
    vault, failures = RefusingVault(Code.VAULT_SEALED), []
    with Housekeeper(replace(keep, vault=vault, chores=Chores()), report=failures.append, idle_s=3_600):
        wait_until(lambda: vault.asked == 1, "not at start", 10)
    assert failures == []


def test_a_forget_does_not_fail_over_its_tidying_but_asks_for_it_again(keep):
    watched = replace(keep, vault=RefusingVault(Code.STORE_UNAVAILABLE), chores=Chores())
    after_forget(watched)
    assert watched.chores.wake.is_set()


def test_a_forget_does_not_wait_for_ever_for_other_tidying(keep, monkeypatch):
    monkeypatch.setattr(housekeeping, "_PATIENCE_SECONDS", 0.01)
    vault = RefusingVault(Code.INTERNAL)
    watched = replace(keep, vault=vault, chores=Chores())
    with watched.chores.turn:
        after_forget(watched)
    assert watched.chores.wake.is_set()
    assert vault.asked == 0


def test_memory_is_given_back_once_in_every_idle_time(keep, monkeypatch):
    given = []
    monkeypatch.setattr(housekeeping, "give_back", lambda: given.append(1))
    watched = replace(keep, vault=RefusingVault(Code.VAULT_SEALED), chores=Chores())
    with Housekeeper(watched, report=given.append, idle_s=0.0) as keeper:
        wait_until(lambda: len(given) == 1, "not given back", 10)
        keeper.touched()
        watched.chores.wake.set()
        wait_until(lambda: len(given) == 2, "not given back again", 10)


@pytest.fixture
def drawn(vault_process: KeepProcess) -> Iterator[Keep]:
    """A keep of drawn faces in which nothing is due."""
    with drawn_keep(vault_process.settings) as one:
        tidy(one)
        yield one


@pytest.fixture
def member(drawn: Keep, vault_process: KeepProcess) -> SessionToken:
    return open_session(drawn, vault_process.api_key)


@pytest.fixture
def due(drawn: Keep, member: SessionToken) -> Callable[[], FaceId]:
    """Makes a block that is due to be sealed anew; returns the face that survives in it."""

    def make() -> FaceId:
        collection = create_collection(drawn, member, token_hex(8), Policy(case_required=False), None).collection_id
        photos = [PhotoToEnroll(token_hex(8).encode()) for _ in range(2)]
        done = enroll(drawn, member, collection, photos, now=datetime(2026, 3, 1, tzinfo=UTC))
        gone, kept = (photo.faces[0].face_id for photo in done.photos)
        drawn.vault.call(ForgetFaces(session=member, face_ids=(gone,)), Forgotten)
        return kept

    return make


def blocks(keep: Keep) -> set[str]:
    return {path.name for path in (keep.settings.store_dir / "blocks").rglob("blk_*")}


def is_anything_due(keep: Keep) -> bool:
    return keep.vault.call(NextReseal(anew=True), ResealJob).job_id is not None


class Interrupting:
    """A vault that lets something else happen first, once, when a message of one kind is sent."""

    def __init__(self, vault, kind: type, first: Callable[[], None]) -> None:
        self._vault, self._kind, self._first = vault, kind, [first]

    def call(self, request, expected):
        if isinstance(request, self._kind) and self._first:
            self._first.pop()()
        return self._vault.call(request, expected)


def test_a_job_that_a_killed_server_held_is_done_by_the_next_round(drawn: Keep, due: Callable[[], FaceId]) -> None:
    due()
    old = blocks(drawn)
    assert drawn.vault.call(NextReseal(), ResealJob).job_id is not None  # and here that server dies
    tidy(drawn)
    assert len(blocks(drawn) - old) == len(old - blocks(drawn)) == 1
    assert not is_anything_due(drawn)


@pytest.mark.parametrize("moment", [Reseal, CommitBatch])
def test_what_another_server_did_meanwhile_is_no_failure(
    moment: type, drawn: Keep, due: Callable[[], FaceId], member: SessionToken
) -> None:
    kept: Sequence[FaceId] = [due(), due()]
    other = replace(drawn, chores=Chores())
    tidy(replace(drawn, vault=Interrupting(drawn.vault, moment, lambda: tidy(other))))
    assert not is_anything_due(drawn)
    assert all(place_of(drawn, member, face).face_id == face for face in kept)


def test_a_job_that_fails_is_tried_once_a_round_and_keeps_no_other_from_being_done(
    drawn: Keep, due: Callable[[], FaceId], member: SessionToken
) -> None:
    lost, _ = due(), due()
    cell_id = place_of(drawn, member, lost).template_cell
    cell = drawn.store.get([cell_id])[cell_id]
    drawn.store.delete([cell_id], [])
    old = blocks(drawn)
    with pytest.raises(FacekeepError, match="cell_missing"):
        tidy(drawn)
    assert len(old - blocks(drawn)) == 1
    drawn.store.put([cell], {})
    tidy(drawn)
    assert len(old - blocks(drawn)) == 2
    assert not is_anything_due(drawn)
