"""kill -9 of the vault while leads are found, decided and revealed: nothing acknowledged is lost, and nothing is half
done. The one act that was under way at the kill may have happened or not; all of it, or none.
"""

import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from beside import beside
from people import Person, added, opened_case, signed_in
from vault_driver import VaultDriver, near, unit

from facekeep.errors import FacekeepError
from facekeep.terms import Role
from facekeep.vault import wire

CYCLES, SEED, FACES = 6, 20_261_124, 40
ROOM = wire.Rules(**{f"searches_a_day{of}": 100_000 for of in ("", "_by_person", "_in_case", "_of_collection")})
VERDICTS: tuple[wire.Verdict, ...] = ("same_person", "not_the_same", "cannot_say")
CREW = {
    "ann": [Role.INVESTIGATOR], "rita": [Role.REVIEWER], "rob": [Role.REVIEWER], "ruth": [Role.REVIEWER],
}  # fmt: skip


@dataclass
class Known:
    """What was acknowledged. `unsure` is the lead that the act under way at the kill was about."""

    cases: list[str] = field(default_factory=list)
    faces: dict[str, tuple[str, str]] = field(default_factory=dict)  # lead: (case, face)
    decisions: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)  # lead: (who, verdict, reason)
    revealed: set[tuple[str, str]] = field(default_factory=set)  # (who, lead)
    unsure: str = ""
    acts: int = 0
    agreed: int = 0

    def said(self, lead_id: str) -> list[str]:
        return [verdict for _, verdict, _ in self.decisions.get(lead_id, [])]


class Office:
    """A vault process with a gallery and a crew that signs in again after every start."""

    def __init__(self, folder: Path) -> None:
        self.driver = VaultDriver(folder / "keep")
        self.driver.data.mkdir()
        self.driver.start()
        self.driver.initialize()
        self.ask(wire.SetRules(session=self.driver.session, rules=ROOM))
        self.collection = self.driver.collection("gallery", wire.Policy())
        self.driver.enroll(self.collection, {f"n{i}": [near(unit("target"), f"n{i}", 0.9)] for i in range(FACES)})
        self.crew = {name: added(self.ask, self.driver.session, name, roles) for name, roles in CREW.items()}

    def ask(self, message: wire.Message) -> Any:
        return self.driver.server.call(message, wire.Message)

    def case(self) -> str:
        members = tuple(one.member_id for one in self.crew.values())
        return opened_case(self.ask, self.crew["ann"].session, members=members)

    def search(self, case_id: str, probe: str) -> list[wire.Candidate]:
        ann = self.crew["ann"].session
        template = near(unit("target"), probe, 0.98)
        grant = self.ask(
            wire.GrantSearch(
                session=ann, collection_ids=(self.collection,), probes=template.tobytes(), case_id=case_id, top_k=6
            )
        )
        sums = self.driver.scan(grant).astype("<i4").tobytes()
        opened = self.ask(wire.OpenSums(session=ann, grant_id=grant.grant_id, sums=sums))
        return list(opened.lists[0].candidates)

    def kill_and_restart(self) -> None:
        self.driver.kill()
        self.driver.restart()
        self.crew = {name: signed_in(self.ask, one.api_key) for name, one in self.crew.items()}


class Busy:
    """Finds, decides and reveals leads at random until the vault is gone."""

    def __init__(self, office: Office, known: Known, seed: int) -> None:
        self._office, self._known, self._chance = office, known, random.Random(seed)
        self._crew: dict[str, Person] = dict(office.crew)

    def run(self) -> None:
        acts = (self._search, self._decide, self._decide, self._decide, self._decide, self._reveal)
        try:
            while True:
                self._chance.choice(acts)()
                self._known.unsure = ""
                self._known.acts += 1
        except FacekeepError as error:
            if error.code not in {"vault_unreachable", "vault_sealed"}:
                raise

    def _search(self) -> None:
        if not self._known.cases or self._chance.random() < 0.3:
            self._known.cases.append(self._office.case())
        case_id = self._chance.choice(self._known.cases[-3:])
        for one in self._office.search(case_id, f"probe {self._chance.randrange(3)}"):
            assert one.lead_id is not None
            self._known.faces[one.lead_id] = (case_id, one.place.face_id)

    def _decide(self) -> None:
        """A lead that is not agreed, by somebody who may, with a bias towards agreeing."""
        waiting = [one for one in list(self._known.faces)[-12:] if not agreed(self._known.said(one))]
        if not waiting:
            return
        lead_id = self._chance.choice(waiting)
        before = self._known.decisions.get(lead_id, [])
        free = [one for one in CREW if one not in {by for by, *_ in before} and (one != "ann" or not before)]
        who = self._chance.choice(free)
        verdict = before[0][1] if before and self._chance.random() < 0.6 else self._chance.choice(VERDICTS)
        reason = f"because {self._chance.getrandbits(40)}"
        self._known.unsure = lead_id
        session = self._crew[who].session
        self._office.ask(wire.DecideLead(session=session, lead_id=lead_id, verdict=verdict, reason=reason))
        self._known.decisions.setdefault(lead_id, []).append((who, verdict, reason))
        self._known.agreed += agreed(self._known.said(lead_id))

    def _reveal(self) -> None:
        if self._known.faces:
            lead_id, who = self._chance.choice(list(self._known.faces)), self._chance.choice(list(CREW))
            session = self._crew[who].session
            self._office.ask(wire.RevealLead(session=session, lead_id=lead_id, reason="to know"))
            self._known.revealed.add((who, lead_id))


def agreed(said: list[str]) -> bool:
    return len(said) == 3 or (len(said) == 2 and said[0] == said[1])


def check(office: Office, known: Known) -> None:
    """Everything the vault shows, against everything it acknowledged; then what was unsure is settled."""
    names = {one.member_id: name for name, one in office.crew.items()}
    views: dict[str, dict[str, wire.LeadView]] = {name: {} for name in CREW}
    for case_id in known.cases:
        for name in CREW:
            page = office.ask(wire.ListLeads(session=office.crew[name].session, case_id=case_id, limit=1_000))
            views[name] |= {one.lead_id: one for one in page.items}
    assert set(known.faces) <= set(views["ann"]), "a lead was lost"
    for lead_id in known.faces:
        _check_lead(known, lead_id, {name: views[name][lead_id] for name in CREW}, names)
    for who, lead_id in known.revealed:
        assert views[who][lead_id].is_revealed, "a reveal was lost"
    for case_id in known.cases[-3:]:
        _check_offers(office, known, case_id)
    known.unsure = ""


def _check_lead(known: Known, lead_id: str, seen: dict[str, wire.LeadView], names: dict[str, str]) -> None:
    """The fullest view of a lead tells every decision; a state that does not follow from them is half done."""
    fullest = max(seen.values(), key=lambda view: len(view.decisions))
    told = [(names[one.decided_by], one.verdict, one.reason) for one in fullest.decisions]
    expected = known.decisions.get(lead_id, [])
    assert told[: len(expected)] == expected, "a decision was lost or changed"
    assert len(told) == len(expected) or (lead_id == known.unsure and len(told) == len(expected) + 1)
    said = [verdict for _, verdict, _ in told]
    assert (fullest.verdict is not None) == agreed(said), "a verdict is half there"
    assert fullest.verdict in (None, *said[-1:])
    if told:
        known.decisions[lead_id] = list(told)


def _check_offers(office: Office, known: Known, case_id: str) -> None:
    rejected = {
        face
        for lead_id, (case, face) in known.faces.items()
        if case == case_id and agreed(known.said(lead_id)) and known.said(lead_id)[-1] == "not_the_same"
    }
    found = office.search(case_id, "probe 0")
    assert len(found) == 6
    assert not rejected & {one.place.face_id for one in found}, "a rejected face was offered again"
    known.faces |= {str(one.lead_id): (case_id, one.place.face_id) for one in found}


def cycles(folder: Path, count: int) -> Known:
    office, known = Office(folder), Known()
    try:
        for seed in range(SEED, SEED + count):
            with beside(Busy(office, known, seed).run):
                time.sleep(random.Random(seed).uniform(0.1, 0.6))
                assert office.driver.process is not None
                office.driver.process.kill()
                office.driver.process.wait()
            office.kill_and_restart()
            check(office, known)
    finally:
        office.driver.stop()
    return known


@pytest.mark.timeout(300)
def test_kill_9_while_leads_are_decided_loses_nothing_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    known = cycles(tmp_path, CYCLES)
    print(f"{CYCLES} cycles, {known.acts} acts acknowledged, {known.agreed} leads agreed, {len(known.faces)} found")
    assert known.acts > 5 * CYCLES
    assert known.agreed > CYCLES


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_hundreds_of_kills_while_leads_are_decided(tmp_path: Path) -> None:
    assert cycles(tmp_path, 300).agreed > 300
