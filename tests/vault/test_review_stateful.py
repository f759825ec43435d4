"""Review against a plain model: whoever searches, decides or reveals, in whatever order, both say the same."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from review_room import PEOPLE, ReviewRoom
from vault_driver import code_of

from facekeep.terms import Role
from facekeep.vault import wire

CASES = {"one": ("ann", "ben", "rita", "rob"), "two": ("ben", "rita", "ruth", "otto")}
VERDICTS = ("same_person", "not_the_same", "cannot_say")
NUMBERS = st.integers(0, 7)
PROBES = st.sampled_from(["target", "second", "third"])
CROWD = st.sampled_from(["ann", "ben", "rita", "rob", "ruth", "otto", "carl", "eve"])


@dataclass
class Lead:
    """What should be true of a lead; `probe` is the one whose score it carries."""

    case: str
    face: str
    probe: str
    finders: set[str] = field(default_factory=set)
    decisions: list[tuple[str, str]] = field(default_factory=list)
    revealed: set[str] = field(default_factory=set)

    @property
    def verdict(self) -> str | None:
        said = [verdict for _, verdict in self.decisions]
        return said[-1] if len(said) == 3 or (len(said) == 2 and said[0] == said[1]) else None

    @property
    def state(self) -> str:
        if self.verdict:
            return "agreed"
        return ("waiting_for_first", "waiting_for_second", "disputed")[len(self.decisions)]


class Machine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.room = ReviewRoom(6)
        self.leads: dict[str, Lead] = {}
        self.shown: set[tuple[str, str, str]] = set()  # (who, face, probe)
        self.live = {one.face_id for one in self.room.faces}
        self.cases = {name: self.room.case(*members) for name, members in CASES.items()}

    def teardown(self) -> None:
        if hasattr(self, "room"):
            self.room.close()

    def lead_at(self, number: int) -> str:
        known = sorted(self.leads)
        return known[number % len(known)] if known else "lea_nothing"

    def sees(self, who: str, lead_id: str) -> bool:
        return lead_id in self.leads and who in CASES[self.leads[lead_id].case]

    def knows_score(self, who: str, lead: Lead) -> bool:
        return who in lead.finders or (who, lead.face, lead.probe) in self.shown

    def refusal(self, who: str, lead_id: str) -> str:
        if not {Role.INVESTIGATOR, Role.REVIEWER} & set(self.roles(who)):
            return "forbidden"
        if not self.sees(who, lead_id):
            return "not_found"
        lead = self.leads[lead_id]
        if lead.verdict:
            return "conflict"
        if who in {one for one, _ in lead.decisions}:
            return "forbidden"
        if lead.decisions and (Role.REVIEWER not in self.roles(who) or self.knows_score(who, lead)):
            return "forbidden"
        return ""

    @staticmethod
    def roles(who: str) -> list[Role]:
        return list(Role) if who == "eve" else PEOPLE[who]

    @rule(who=st.sampled_from(["ann", "ben"]), case=st.sampled_from(sorted(CASES)), probe=PROBES)
    def search(self, who: str, case: str, probe: str) -> None:
        rejected = {one.face for one in self.leads.values() if one.case == case and one.verdict == "not_the_same"}
        if who not in CASES[case]:
            assert code_of(self.room.search, who, self.cases[case], probe=probe) == "not_found"
            return
        found = self.room.search(who, self.cases[case], probe=probe).candidates
        offered = {one.place.face_id for one in found}
        assert len(offered) == len(found) == min(self.room.top_k, len(self.live - rejected))
        assert offered <= self.live - rejected
        for one in found:
            known = {lead.face: lead_id for lead_id, lead in self.leads.items() if lead.case == case}
            assert known.get(one.place.face_id, one.lead_id) == one.lead_id
            lead = self.leads.setdefault(str(one.lead_id), Lead(case, one.place.face_id, probe))
            lead.finders.add(who)
            lead.probe = lead.probe if lead.decisions else probe
            self.shown.add((who, lead.face, probe))
            assert one.is_revealed == (who in lead.revealed)

    @rule(who=CROWD, number=NUMBERS, verdict=st.sampled_from(VERDICTS))
    def decide(self, who: str, number: int, verdict: str) -> None:
        lead_id = self.lead_at(number)
        answer, expected = self.room.decide(who, lead_id, verdict), self.refusal(who, lead_id)
        if expected:
            assert answer == expected
        else:
            self.leads[lead_id].decisions.append((who, verdict))
            assert (answer.lead.state, answer.lead.verdict) == (self.leads[lead_id].state, self.leads[lead_id].verdict)

    @rule(number=NUMBERS, verdict=st.sampled_from(VERDICTS))
    def two_reviewers_agree(self, number: int, verdict: str) -> None:
        for who in ("rita", "rob", "ruth"):
            self.decide(who, number, verdict)

    @rule(who=CROWD, number=NUMBERS)
    def reveal(self, who: str, number: int) -> None:
        lead_id = self.lead_at(number)
        answer = self.room.ask(who, wire.RevealLead, lead_id=lead_id, reason="to know")
        if not {Role.INVESTIGATOR, Role.REVIEWER} & set(self.roles(who)):
            assert answer == "forbidden"
        elif not self.sees(who, lead_id):
            assert answer == "not_found"
        else:
            assert answer.lead.is_revealed
            self.leads[lead_id].revealed.add(who)

    @rule(number=NUMBERS)
    def forget_a_face(self, number: int) -> None:
        lead = self.leads.get(self.lead_at(number))
        if lead is not None and len(self.live) > 3:
            self.room.say("carl", wire.ForgetFaces, face_ids=(lead.face,))
            self.live.remove(lead.face)
            self.leads = {key: one for key, one in self.leads.items() if one.face != lead.face}

    @rule()
    def restart(self) -> None:
        self.room.restart()

    @invariant()
    def everybody_sees_what_they_may(self) -> None:
        if not hasattr(self, "cases"):
            return
        for name, case_id in self.cases.items():
            for who in CASES[name]:
                listed = {one.lead_id: one for one in self.room.say(who, wire.ListLeads, case_id=case_id).items}
                assert set(listed) == {key for key, one in self.leads.items() if one.case == name}
                for lead_id, view in listed.items():
                    self._agrees(who, lead_id, view)

    def _agrees(self, who: str, lead_id: str, view: wire.LeadView) -> None:
        lead = self.leads[lead_id]
        decided = who in {one for one, _ in lead.decisions}
        others = decided or lead.state == "agreed"
        assert (view.state, view.verdict, view.place.face_id) == (lead.state, lead.verdict, lead.face)
        assert (view.score is not None) == (others or self.knows_score(who, lead))
        assert view.is_blind == (not others)
        assert [one.verdict for one in view.decisions] == ([verdict for _, verdict in lead.decisions] if others else [])
        assert view.may_decide == (not self.refusal(who, lead_id))
        assert view.is_revealed == (who in lead.revealed)
        record = (self.room.cells[view.place.person_cell],)
        anywhere = any(
            who in one.revealed and one.face == lead.face and who in CASES[one.case] for one in self.leads.values()
        )
        assert (self.room.ask(who, wire.OpenCells, cells=record) == "reveal_needed") == (not anywhere)


Machine.TestCase.settings = settings(
    max_examples=4, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestReviewAgreesWithTheModel = Machine.TestCase


@pytest.mark.nightly
class TestReviewAgreesWithTheModelAtLength(Machine.TestCase):
    settings = settings(
        max_examples=200, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
    )
