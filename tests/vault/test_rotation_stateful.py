"""Rotations at random among enrollments, searches, cases, restarts and reads of the log: everything reads on."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from review_room import ReviewRoom
from vault_driver import near, unit

from facekeep.vault import wire


class Rotations(RuleBasedStateMachine):
    """A plain model: how many faces there are, which cases, and every log entry that was ever shown."""

    def __init__(self) -> None:
        super().__init__()
        self.room = ReviewRoom(lookalikes=1, policy=wire.Policy(case_required=False, top_k=100), top_k=100)
        self.faces = 1
        self.cases: dict[str, Any] = {}
        self.entries: list[wire.LogEntry] = []

    @rule()
    def rotate_root(self) -> None:
        key = self.room.key_file
        self.room.keeper.operate(wire.RotateRoot(present=key, method="key_file", secret=key))

    @rule()
    def rotate_organizations(self) -> None:
        page = self.room.keeper.operate(wire.ListOrganizations())
        assert isinstance(page, wire.OrganizationPage)
        for one in page.items:
            self.room.keeper.operate(wire.RotateOrganization(organization_id=one.organization_id))

    @rule()
    def rotate_log_key(self) -> None:
        self.room.keeper.operate(wire.RotateLogKey())

    @rule()
    def rotate_blocks(self) -> None:
        self.room.keeper.operate(wire.RotateBlocks())
        ask = self.room.keeper.serve
        while (job := ask(wire.NextReseal())).job_id is not None:
            cells = tuple(self.room.cells[one] for one in job.cell_ids)
            batch = ask(wire.Reseal(job_id=job.job_id, cells=cells))
            self.room.blocks[batch.block.block_id] = batch.block_bytes
            ask(wire.CommitBatch(session=None, batch_id=batch.batch_id))
        ask(wire.NextReseal(anew=True))

    @rule(count=st.integers(1, 3))
    def enroll(self, count: int) -> None:
        alike = [near(unit("target"), f"{self.faces + i}", 0.9) for i in range(count)]
        self.room.enroll(self.room.collection, alike)
        self.faces += count

    @rule()
    def open_case(self) -> None:
        case_id = self.room.case("ann")
        self.cases[case_id] = self.room.say("ann", wire.ShowCase, case_id=case_id).case

    @rule()
    def restart(self) -> None:
        self.room.restart()

    @invariant()
    def everybody_is_found(self) -> None:
        assert len(self.room.search("admin", "").candidates) == self.faces

    @invariant()
    def cases_are_what_they_were(self) -> None:
        for case_id, case in self.cases.items():
            assert self.room.say("ann", wire.ShowCase, case_id=case_id).case == case

    @invariant()
    def the_log_only_grew(self) -> None:
        log = self.room.log()
        assert [one.entry for one in log] == list(range(len(log)))
        assert log[: len(self.entries)] == self.entries
        self.entries = log

    def teardown(self) -> None:
        self.room.close()


TestRotations = Rotations.TestCase
TestRotations.settings = settings(
    max_examples=4, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
)
