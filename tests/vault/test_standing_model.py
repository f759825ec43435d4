"""Whatever happens between an enrollment and its comparison, each new face is compared once.

A plain model knows which faces were enrolled while a standing search was active. Faces come in, are forgotten, small
blocks are merged, comparisons are begun and never brought back, sums come too late, the vault is killed: in the end the
hits are exactly the model's.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from standing_driver import running_watch
from vault_driver import code_of, near, unit

from facekeep.errors import FacekeepError
from facekeep.vault import reseal, wire

PROBES = ("x", "y")


@contextmanager
def suppress_codes(*codes: str) -> Iterator[None]:
    """Lets errors with these codes be, and no others."""
    try:
        yield
    except FacekeepError as error:
        if error.code not in codes:
            raise


class Comparing(RuleBasedStateMachine):
    """`expected` maps each standing search to the faces that must become its hits."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self._running = running_watch(self.folder)
        self.watch = self._running.__enter__()
        self.expected: dict[str, set[str]] = {}
        self.looks_like: dict[str, str] = {}  # live faces
        self.active: dict[str, str] = {}  # standing search: its probe
        self.pending: list[tuple[wire.StandingGrant, object]] = []
        self.names = 0

    @precondition(lambda self: len(self.expected) < 4)
    @rule(probe=st.sampled_from(PROBES))
    def ask_and_approve(self, probe: str) -> None:
        standing = self.watch.active(unit(probe))
        self.active[standing], self.expected[standing] = probe, set()

    @rule(faces=st.lists(st.sampled_from((*PROBES, "nobody")), min_size=1, max_size=3))
    def enroll(self, faces: list[str]) -> None:
        people = {}
        for like in faces:
            self.names += 1
            name = f"{like} {self.names}"
            people[name] = [unit(name) if like == "nobody" else near(unit(like), name, 0.9)]
        places = self.watch.vault.enroll(self.watch.collection, people)
        for place, like in zip(places, faces, strict=True):
            self.looks_like[place.face_id] = like
            for standing, probe in self.active.items():
                if probe == like:
                    self.expected[standing].add(place.face_id)

    @precondition(lambda self: self.looks_like)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        face = data.draw(st.sampled_from(sorted(self.looks_like)))
        message = wire.ForgetFaces(session=self.watch.admin.session, face_ids=(face,))
        self.watch.ask(message)
        del self.looks_like[face]
        for faces in self.expected.values():
            faces.discard(face)

    @rule()
    def merge_and_seal_anew(self) -> None:
        self.watch.vault.housekeep()

    @rule()
    def compare(self) -> None:
        self._settle()

    @rule()
    def begin_a_comparison_and_hold_it(self) -> None:
        grant = self.watch.next()
        if grant.grant_id is not None:
            self.pending.append((grant, self.watch.sums(grant)))

    @precondition(lambda self: self.pending)
    @rule()
    def bring_one_late(self) -> None:
        grant, sums = self.pending.pop(0)
        with suppress_codes("not_found", "stale", "case_closed"):
            self.watch.bring(grant, sums)  # type: ignore[arg-type]

    @precondition(lambda self: self.active)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        self._settle()
        standing = data.draw(st.sampled_from(sorted(self.active)))
        self.watch.end(standing, self.watch.ann)
        del self.active[standing]

    @rule()
    def kill(self) -> None:
        self.watch.vault.kill()
        self.watch.vault.restart()
        self.watch.sign_in_again()
        self.pending.clear()

    @invariant()
    def nothing_is_a_hit_that_should_not_be(self) -> None:
        for standing, faces in self.expected.items():
            found = self.watch.found(standing)
            assert len(found) == len(set(found))
            assert set(found) <= faces

    def _settle(self) -> None:
        self.watch.compare()
        for standing, faces in self.expected.items():
            assert set(self.watch.found(standing)) == faces

    def teardown(self) -> None:
        try:
            self._settle()
        finally:
            self._running.__exit__(None, None, None)
            shutil.rmtree(self.folder)


TestComparing = Comparing.TestCase
TestComparing.settings = settings(
    max_examples=2, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_merged_blocks_keep_what_was_compared_and_lose_nothing_new(tmp_path: Path) -> None:
    with running_watch(tmp_path) as watch:
        standing = watch.active(unit("x"))
        early = [watch.vault.enroll(watch.collection, {f"e{i}": [near(unit("x"), f"e{i}", 0.9)]})[0] for i in range(9)]
        assert watch.compare() == 1
        late = [watch.vault.enroll(watch.collection, {f"l{i}": [near(unit("x"), f"l{i}", 0.9)]})[0] for i in range(9)]
        assert len(early) + len(late) > reseal.MOST_SMALL_BLOCKS
        assert watch.vault.housekeep() >= 1  # compared and new faces now lie in one block
        grant = watch.next()
        assert sum(block.slots for block in grant.blocks) > len(late)
        watch.bring(grant)
        assert watch.found(standing) == [place.face_id for place in (*early, *late)]
        assert [entry.facts["hits"] for entry in watch.entries("standing.compared")] == [9, 9]


def test_a_block_merged_during_the_scan_makes_the_comparison_due_again(tmp_path: Path) -> None:
    with running_watch(tmp_path) as watch:
        standing = watch.active(unit("x"))
        for i in range(18):
            watch.vault.enroll(watch.collection, {f"p{i}": [near(unit("x"), f"p{i}", 0.9)]})
        grant = watch.next()
        sums = watch.sums(grant)
        watch.vault.housekeep()
        assert code_of(watch.bring, grant, sums) == "stale"
        assert watch.compare() == 1
        assert len(watch.hits(standing)) == 18


def test_a_kill_between_commit_and_compare_loses_no_hit(tmp_path: Path) -> None:
    with running_watch(tmp_path) as watch:
        standing = watch.active(unit("x"))
        watch.vault.enroll(watch.collection, {"a": [unit("x")]})
        watch.vault.kill()
        watch.vault.restart()
        watch.sign_in_again()
        grant = watch.next()
        watch.vault.kill()  # and once more, with the comparison handed out
        watch.vault.restart()
        watch.sign_in_again()
        assert code_of(watch.bring, grant, watch.sums(grant)) == "not_found"
        assert watch.compare() == 1
        assert len(watch.hits(standing)) == 1
