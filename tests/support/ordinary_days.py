"""Ordinary days of an organization: people who search in cases, decide, enroll, look things up and check the log."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from insider import InsiderRoom
from people import added
from vault_driver import near, unit

from facekeep.terms import CellKind, Role
from facekeep.vault import wire

_FIRST_DAY = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday
_A_DAY = 500
_OFFICE_HOURS = 9


@dataclass
class Lead:
    """One that waits for decisions."""

    lead_id: str
    place: wire.FacePlace
    decided_by: set[str] = field(default_factory=set)


class OrdinaryDays:
    """`room` as fifteen people use it; `set_clock` is told what time it is before each operation."""

    def __init__(self, room: InsiderRoom, seed: int, set_clock: Callable[[datetime], None]) -> None:
        self.room, self.random, self.set_clock = room, Random(seed), set_clock
        self.done = 0
        roles = {"ivo": Role.INVESTIGATOR, "rea": Role.REVIEWER, "cus": Role.CUSTODIAN}
        counts = {"ivo": 6, "rea": 4, "cus": 2}
        self.of = {kind: [f"{kind}{n}" for n in range(counts[kind])] for kind in roles}
        for kind, names in self.of.items():
            for name in names:
                room.people[name] = added(room.keeper.serve, room.admin.session, name, [roles[kind]])
        self.cases: dict[str, list[str]] = {name: [] for name in self.of["ivo"]}
        self.pending: list[Lead] = []
        self.enrolled: list[wire.FacePlace] = []

    def run(self, operations: int) -> None:
        """So many operations, spread over office hours of working days."""
        todo = [
            (30, self.search), (30, self.decide), (12, self.look_up_cases), (10, self.enroll), (6, self.check_enrolled),
            (1, self.answer_a_person), (6, self.audit), (5, self.administer),
        ]  # fmt: skip
        weights, acts = zip(*todo, strict=True)
        while self.done < operations:
            self._tick()
            (act,) = self.random.choices(acts, weights)
            act()

    def search(self) -> None:
        who = self.random.choice(self.of["ivo"])
        own = self.cases[who]
        if not own or self.random.random() < 0.1:
            own.append(self.did(self.room.case(who, *self.of["rea"])))
        case = self.random.choice(own)
        number = self.random.randrange(len(self.room.templates))
        is_mated = self.random.random() < 0.5
        probe = near(self.room.templates[number], f"photo {self.done}", 0.9) if is_mated else unit(f"who {self.done}")
        found = self.did(self.room.finds(who, case, probes=probe.tobytes()))
        if found:
            assert self.did(self.room.opens(who, found, CellKind.CROP))
            known = {lead.lead_id for lead in self.pending}
            for lead in self.did(self.room.say(who, wire.ListLeads, case_id=case, limit=1_000)).items:
                if lead.state != "agreed" and lead.lead_id not in known:
                    self.pending.append(Lead(lead.lead_id, lead.place))

    def decide(self) -> None:
        who = self.random.choice(self.of["rea"])
        lead = next((one for one in self.pending if who not in one.decided_by), None)
        if lead is None:
            self.did(self.room.say(who, wire.ListCases))
            return
        assert self.did(self.room.opens(who, [lead.place], CellKind.CROP))
        decided = self.did(self.room.decide(who, lead.lead_id, "not_same_person"))
        assert not isinstance(decided, str), decided
        lead.decided_by.add(who)
        if decided.lead.state == "agreed":
            self.pending.remove(lead)

    def look_up_cases(self) -> None:
        self.did(self.room.say(self.random.choice(self.of["ivo"]), wire.ListCases))

    def enroll(self) -> None:
        """A bulk run: several batches of new photos by one custodian."""
        who = self.random.choice(self.of["cus"])
        for _ in range(self.random.randrange(1, 4)):
            new = [unit(f"new {self.done} {n}") for n in range(self.random.randrange(1, 30))]
            self.enrolled += self.did(self.room.enroll(self.room.big, new, who))

    def check_enrolled(self) -> None:
        """Whether the photos look right, by whoever brought them or a colleague."""
        if self.enrolled:
            who = self.random.choice(self.of["cus"])
            mine = [place for place in self.enrolled[-200:] if place.face_id in self.room.brought[who]]
            if mine:
                assert self.did(self.room.opens(who, self.random.sample(mine, min(5, len(mine))), CellKind.CROP))
            self.did(self.room.say(who, wire.ListFaces, collection_id=self.room.big, limit=100))

    def answer_a_person(self) -> None:
        """Somebody asks what is kept of them; now and then."""
        if self.random.random() < 0.1:
            place = self.random.choice(self.room.places)
            assert self.did(self.room.opens("paula", [place], CellKind.FACE, CellKind.PERSON))

    def audit(self) -> None:
        self.did(self.room.say("otto", wire.ReadLog, start=0, limit=50))
        if self.random.random() < 0.1:
            self.did(self.room.say("otto", wire.BeginExport))

    def administer(self) -> None:
        self.did(self.room.say("admin", self.random.choice([wire.ListMembers, wire.ListApiKeys, wire.ShowRules])))

    def did(self, answer: Any) -> Any:
        """One operation more, which was not refused."""
        self.done += 1
        assert not self.room.refusals, self.room.refusals
        return answer

    def _tick(self) -> None:
        day, at = divmod(self.done, _A_DAY)
        days = day + 2 * (day // 5)  # weekends
        self.set_clock(_FIRST_DAY + timedelta(days=days, hours=_OFFICE_HOURS * at / _A_DAY))
