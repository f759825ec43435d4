"""What people, programs, the operator and the server do every day touches no decoy: not one alarm."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from decoys import enroll, place
from town import Town
from vault_driver import CONTRACT, unit

from facekeep.errors import FacekeepError
from facekeep.vault import clock, wire

A_DAY = 500


class Day:
    """Ordinary acts, chosen at random, on one organization with people, keys and galleries."""

    def __init__(self, town: Town, random: Random) -> None:
        self.town = town
        self.random = random
        self.person = town.join()
        self.collections = [enroll(town, town.key_session())]
        place(town)
        self.cells: list[wire.Cell] = []
        self.faces: list[str] = []
        self.acts: list[Callable[[], object]] = [
            self.use_a_key, self.sign_in, self.enroll, self.enroll, self.search, self.search, self.open, self.forget,
            self.list_everything, self.list_everything, self.guess, self.read_log, self.export, self.housekeep,
            self.operate, self.back_up, self.invite, self.carry_deliveries,
        ]  # fmt: skip

    def go_on(self) -> None:
        self.random.choice(self.acts)()

    def tell(self, message: wire.Message) -> wire.Message | None:
        """The answer; None for a refusal, which is ordinary too."""
        try:
            return self.town.keeper.serve(message)
        except FacekeepError:
            return None

    @property
    def session(self) -> str:
        return self.town.admin

    def use_a_key(self) -> None:
        wrong = f"fk_{'a' * 10}_{'b' * 52}"
        self.tell(wire.Authenticate(untrusted_credential=self.random.choice([self.town.api_key, wrong])))
        self.town.admin = self.town.key_session()

    def sign_in(self) -> None:
        self.town.sign_in(self.person)
        self.tell(wire.ListSessions(session=self.person.session))
        self.tell(wire.SignOut(session=self.person.session))

    def enroll(self) -> None:
        drafts = tuple(
            wire.FaceDraft(template=unit(str(self.random.random())).tobytes(), crop=b"\xff\xd8", facts=wire.FaceFacts())
            for _ in range(self.random.randint(1, 3))
        )
        sealing = wire.SealFaces(session=self.session, collection_id=self.collections[0], faces=drafts)
        batch = self.tell(sealing)
        assert isinstance(batch, wire.SealedBatch)
        if self.tell(wire.CommitBatch(session=self.session, batch_id=batch.batch_id)):
            self.cells += batch.cells
            self.faces += [one.face_id for one in batch.places]

    def search(self) -> None:
        message = wire.GrantSearch(
            session=self.session, collection_ids=(self.collections[0],), probes=unit("x").tobytes(), case_id="cas_x"
        )
        self.tell(message)
        first, second = (unit(name).tobytes() for name in "xy")
        self.tell(wire.Compare(session=self.session, contract=CONTRACT, first=first, second=second))

    def open(self) -> None:
        if self.cells:
            self.tell(wire.OpenCells(session=self.session, cells=(self.random.choice(self.cells),)))

    def forget(self) -> None:
        if len(self.faces) > 3:
            self.tell(wire.ForgetFaces(session=self.session, face_ids=(self.faces.pop(),)))

    def list_everything(self) -> None:
        for kind in (wire.ListMembers, wire.ListCollections, wire.ListApiKeys, wire.ListCases, wire.ShowUsage):
            self.tell(kind(session=self.session))
        self.tell(wire.ListFaces(session=self.session, collection_id=self.collections[0]))

    def guess(self) -> None:
        """Ids that were never given: a typing error, or a thief without luck."""
        self.tell(wire.ShowCollection(session=self.session, collection_id=f"col_{self.random.randbytes(13).hex()}"))

    def read_log(self) -> None:
        self.tell(wire.ReadLog(session=self.session, start=0, limit=20))
        self.tell(wire.GetCheckpoint())

    def export(self) -> None:
        begun = self.tell(wire.BeginExport(session=self.session))
        assert begun is not None
        self.tell(wire.ReadExport(session=self.session, entry=begun.entry, start=0))

    def housekeep(self) -> None:
        ask = wire.NextReseal(anew=True)
        kept = {cell.cell_id: cell for cell in self.cells}
        while (job := self.tell(ask)) is not None and job.job_id is not None:
            brought = tuple(kept[one] for one in job.cell_ids if one in kept)
            if (batch := self.tell(wire.Reseal(job_id=job.job_id, cells=brought))) is not None:
                self.tell(wire.CommitBatch(session=None, batch_id=batch.batch_id))
            ask = wire.NextReseal()
        garbage = self.tell(wire.GetGarbage())
        self.tell(wire.GarbageGone(cell_ids=garbage.cell_ids, block_ids=garbage.block_ids))

    def operate(self) -> None:
        self.town.ask_operator(wire.ListOrganizations(), wire.OrganizationPage)
        self.town.keeper.operate(wire.GetCheckpoint())
        self.town.vault.sweep()
        self.town.vault.settle()

    def back_up(self) -> None:
        """As the documents say: `vault/` (and `store/`, which is not here) copied to another place."""
        copy = self.town.folder / "copy"
        shutil.copytree(self.town.folder / "vault", copy)
        shutil.rmtree(copy)

    def invite(self) -> None:
        self.tell(wire.Invite(session=self.session, name="Bo", roles=("auditor",)))
        self.tell(wire.ListInvitations(session=self.session))

    def carry_deliveries(self) -> None:
        self.tell(wire.SignDelivery())
        self.tell(wire.NextStanding(anew=True))
        self.tell(wire.SignAlarm())


@pytest.mark.parametrize("acts", [500, pytest.param(10_000, marks=[pytest.mark.nightly, pytest.mark.timeout(1200)])])
def test_ordinary_acts_raise_no_alarm(tmp_path: Path, acts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    today, now = [0], clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(days=today[0]))
    town = Town(tmp_path)
    day = Day(town, Random(acts))
    for number in range(acts):
        day.go_on()
        if number % A_DAY == A_DAY - 1:  # all of them in one hour would be out of the ordinary
            today[0] += 1
            town.admin = town.key_session()
        if number % 1_000 == 499:
            town.keeper.seal()
            town.keeper.operate(wire.Unseal(key_file=str(tmp_path / "k")))
            town.admin = town.key_session()
    town.keeper.look_at_files(0)
    assert town.ask_operator(wire.ListAlarms(), wire.AlarmPage).items == ()
    assert len(town.vault.canaries.live()) >= 9


def test_the_same_day_is_not_quiet_once_a_decoy_is_touched(tmp_path: Path) -> None:
    town = Town(tmp_path)
    day = Day(town, Random(1))
    town.ask_operator(wire.RotateCanaries(), wire.CanaryList)
    place(town)
    day.cells = [wire.Cell(cell_id=name, kind="crop", ciphertext=b"x") for name in decoy_cells(town)]
    day.open()
    assert [one.kind for one in town.ask_operator(wire.ListAlarms(), wire.AlarmPage).items] == ["canary.block"]


def decoy_cells(town: Town) -> list[str]:
    rows = town.vault.database.rows("SELECT name FROM canary_names WHERE name LIKE 'cel_%'")
    return [name for (name,) in rows]
