"""Cases, approvals and budgets against a plain model: whatever is asked, by whomever, whenever, both say the same."""

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from people import added, signed_in
from vault_driver import CONTRACT, unit

from facekeep.errors import FacekeepError
from facekeep.terms import Role
from facekeep.vault import clock, wire
from facekeep.vault.keeper import Keeper

ROLES = {
    "admin": list(Role),
    "ann": [Role.INVESTIGATOR],
    "ben": [Role.INVESTIGATOR, Role.REVIEWER],
    "rita": [Role.REVIEWER],
    "otto": [Role.AUDITOR],
    "eve": list(Role),  # of another organization
}
DECIDERS, OVERSEERS = {"admin", "ben", "rita", "eve"}, {"admin", "otto", "eve"}
PEOPLE = st.sampled_from(sorted(ROLES))
SEARCHERS = st.sampled_from(["ann", "ben", "admin", "eve"])
HOURS = st.sampled_from([2, 24, 24 * 7, 24 * 30, 24 * 89, 24 * 91])
SCOPES = ["person", "case", "collection", "organization"]
TOGETHER = [("strict",), ("watched",), ("measured",), ("strict", "measured"), ("strict", "watched")]
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Case:
    creator: str
    members: set[str]
    ends: datetime
    limit: int | None


@dataclass
class Approval:
    case_id: str
    collection: str
    asker: str
    expires: datetime
    decider: str = ""
    approved: bool | None = None


@dataclass
class Rules:
    case_days: int = 90
    retention: int = 30
    approval_hours: int = 72
    named: tuple[str, ...] = ()
    person: int = 200
    case: int = 500
    collection: int = 2_000
    organization: int = 5_000


@dataclass
class Model:
    """What should be true. Only the first organization's rules are ever changed."""

    now: datetime = START
    cases: dict[str, Case] = field(default_factory=dict)
    approvals: dict[str, Approval] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    spent: dict[tuple[int, str, str], int] = field(default_factory=dict)

    @property
    def day(self) -> int:
        return (self.now - datetime(1970, 1, 1, tzinfo=UTC)).days

    @staticmethod
    def same_organization(one: str, other: str) -> bool:
        return (one == "eve") == (other == "eve")

    def rules_of(self, who: str) -> Rules:
        return Rules() if who == "eve" else self.rules

    def sees(self, who: str, case_id: str) -> bool:
        case = self.cases.get(case_id)
        if case is None or not self.same_organization(who, case.creator):
            return False
        return who in case.members or who in OVERSEERS

    def is_open(self, case_id: str) -> bool:
        return self.now < self.cases[case_id].ends

    def change_refused(self, who: str, case_id: str) -> str:
        if not self.sees(who, case_id):
            return "not_found"
        if who != self.cases[case_id].creator and "admin" not in ROLES[who]:
            return "forbidden"
        return "" if self.is_open(case_id) else "case_closed"

    def search_refused(self, who: str, case_id: str, collections: tuple[str, ...]) -> str:
        if who == "eve":
            return "not_found"  # every collection is the other organization's
        watched = [one for one in collections if one == "watched" or one in self.rules.named]
        watched = [one for one in watched if one != "measured"]
        if not case_id:
            return "case_needed" if watched or "strict" in collections else ""
        case = self.cases.get(case_id)
        if case is None or who not in case.members:
            return "not_found"
        if not self.is_open(case_id):
            return "case_closed"
        if any(not self.approved(who, case_id, one) for one in watched):
            return "approval_needed"
        return ""

    def approved(self, who: str, case_id: str, collection: str) -> bool:
        return any(
            (one.case_id, one.collection, one.approved) == (case_id, collection, True)
            and one.decider != who
            and self.now < one.expires
            for one in self.approvals.values()
        )

    def spend(self, who: str, case_id: str, collections: tuple[str, ...]) -> str:
        """What is exhausted, or empty where everything was spent."""
        counted = [one for one in collections if one != "measured"]
        if not counted:
            return ""
        limits = {("person", who): self.rules.person, ("organization", ""): self.rules.organization}
        if case_id:
            own = self.cases[case_id].limit
            limits["case", case_id] = min(self.rules.case, own or self.rules.case)
        limits |= {("collection", one): self.rules.collection for one in counted}
        day = self.day
        over = [one for one, limit in limits.items() if self.spent.get((day, *one), 0) >= limit]
        if not over:
            for scope, subject in limits:
                self.spent[day, scope, subject] = self.spent.get((day, scope, subject), 0) + 1
        return min((scope for scope, _ in over), key=SCOPES.index) if over else ""

    def sweep(self) -> None:
        for case_id, case in list(self.cases.items()):
            if case.ends <= self.now - timedelta(days=self.rules_of(case.creator).retention):
                del self.cases[case_id]
                self.approvals = {key: one for key, one in self.approvals.items() if one.case_id != case_id}


class Machine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.model = Model()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(clock, "now", lambda: self.model.now)
        self.folder = tempfile.TemporaryDirectory()
        self.key = str(Path(self.folder.name) / "key")
        self.keeper = Keeper(Path(self.folder.name) / "vault")
        made = self.keeper.operate(
            wire.Initialize(method="key_file", organization="One", member="Admin", key_file=self.key)
        )
        admin = signed_in(self.keeper.serve, made.api_key)
        other = self.keeper.operate(wire.AddOrganization(name="Two", admin="Eve", is_program=True))
        self.people = {"admin": admin, "eve": signed_in(self.keeper.serve, other.api_key)}
        for name in ("ann", "ben", "rita", "otto"):
            self.people[name] = added(self.keeper.serve, admin.session, name, ROLES[name])
        policies = {"strict": {}, "watched": {"approval_required": True}, "measured": {"evaluation": True}}
        self.collections = {name: self.collection(name, wire.Policy(**more)) for name, more in policies.items()}
        self.open_case("ann", "ben", hours=24 * 20, limit=None)
        self.open_case("ben", "admin", hours=24 * 30, limit=2)

    def teardown(self) -> None:
        if hasattr(self, "keeper"):
            self.keeper.seal()
            self.patch.undo()
            self.folder.cleanup()

    def collection(self, name: str, policy: wire.Policy) -> str:
        message = wire.CreateCollection(
            session=self.people["admin"].session, name=name, contract=CONTRACT, policy=policy
        )
        return str(self.keeper.serve(message).collection.collection_id)

    def ask(self, who: str, kind: Any, **fields: Any) -> Any:
        """The answer, or the code of the refusal; for a budget what is exhausted."""
        try:
            return self.keeper.serve(kind(session=self.people[who].session, **fields))
        except FacekeepError as error:
            return str(error.details.get("exhausted", error.code))

    def member(self, who: str) -> str:
        return self.people[who].member_id

    def case_at(self, number: int) -> str:
        known = sorted(self.model.cases)
        return known[number % len(known)] if known else "cas_none"

    def approval_at(self, number: int) -> str:
        known = sorted(self.model.approvals)
        return known[number % len(known)] if known else "apr_none"

    # ---- cases ----

    @rule(who=PEOPLE, other=PEOPLE, hours=HOURS, limit=st.none() | st.integers(1, 3))
    def open_case(self, who: str, other: str, hours: int, limit: int | None) -> None:
        ends = self.model.now + timedelta(hours=hours)
        answer = self.ask(
            who,
            wire.CreateCase,
            purpose="Family tracing",
            legal_basis="a test",
            members=(self.member(other),),
            expires_at=ends.isoformat(),
            searches_a_day=limit,
        )
        if Role.INVESTIGATOR not in ROLES[who]:
            assert answer == "forbidden"
        elif ends > self.model.now + timedelta(days=self.model.rules_of(who).case_days):
            assert answer == "invalid_request"
        elif not self.model.same_organization(who, other):
            assert answer == "not_found"
        else:
            self.model.cases[answer.case.case_id] = Case(who, {who, other}, ends, limit)

    @rule(who=PEOPLE, other=PEOPLE, number=st.integers(0, 9), joins=st.booleans())
    def change_members(self, who: str, other: str, number: int, joins: bool) -> None:
        case_id = self.case_at(number)
        change = {"add_members" if joins else "remove_members": (self.member(other),)}
        answer = self.ask(who, wire.ChangeCase, case_id=case_id, **change)
        expected = self.model.change_refused(who, case_id)
        if not {Role.ADMIN, Role.INVESTIGATOR} & set(ROLES[who]):
            expected = "forbidden"
        elif not expected and joins and not self.model.same_organization(who, other):
            expected = "not_found"
        if expected:
            assert answer == expected
            return
        members = self.model.cases[case_id].members
        members.add(other) if joins else members.discard(other)
        assert set(answer.case.members) == {self.member(one) for one in members}

    @rule(who=SEARCHERS, number=st.integers(0, 9), hours=HOURS)
    def extend(self, who: str, number: int, hours: int) -> None:
        case_id, ends = self.case_at(number), self.model.now + timedelta(hours=hours)
        answer = self.ask(who, wire.ChangeCase, case_id=case_id, expires_at=ends.isoformat())
        expected = self.model.change_refused(who, case_id)
        if not expected and ends > self.model.now + timedelta(days=self.model.rules_of(who).case_days):
            expected = "invalid_request"
        if expected:
            assert answer == expected
        else:
            self.model.cases[case_id].ends = ends

    @rule(who=SEARCHERS, number=st.integers(0, 9))
    def close(self, who: str, number: int) -> None:
        case_id = self.case_at(number)
        answer = self.ask(who, wire.CloseCase, case_id=case_id)
        expected = self.model.change_refused(who, case_id)
        if expected:
            assert answer == expected
        else:
            self.model.cases[case_id].ends = self.model.now
            assert answer.case.status == "closed"

    # ---- approvals ----

    @rule(who=SEARCHERS, number=st.integers(0, 9), collection=st.sampled_from(["strict", "watched"]))
    def ask_for_approval(self, who: str, number: int, collection: str) -> None:
        case_id = self.case_at(number)
        answer = self.ask(
            who, wire.RequestApproval, case_id=case_id, collection_id=self.collections[collection], reason="why"
        )
        case = self.model.cases.get(case_id)
        if case is None or who not in case.members:
            assert answer == "not_found"
        elif not self.model.is_open(case_id):
            assert answer == "case_closed"
        elif who == "eve":
            assert answer == "not_found"
        elif any(
            (one.case_id, one.collection, one.asker) == (case_id, collection, who)
            and one.approved is not False
            and self.model.now < one.expires
            for one in self.model.approvals.values()
        ):
            assert answer == "conflict"
        else:
            expires = self.model.now + timedelta(hours=self.model.rules.approval_hours)
            self.model.approvals[answer.approval.approval_id] = Approval(case_id, collection, who, expires)

    @rule(who=PEOPLE, number=st.integers(0, 9), approved=st.booleans())
    def decide(self, who: str, number: int, approved: bool) -> None:
        approval_id = self.approval_at(number)
        answer = self.ask(who, wire.DecideApproval, approval_id=approval_id, approved=approved)
        one = self.model.approvals.get(approval_id)
        if who not in DECIDERS:
            assert answer == "forbidden"
        elif one is None or who == "eve":
            assert answer == "not_found"
        elif not self.model.is_open(one.case_id):
            assert answer == "case_closed"
        elif who == one.asker:
            assert answer == "forbidden"
        elif one.approved is not None or self.model.now >= one.expires:
            assert answer == "conflict"
        else:
            assert answer.approval.status == ("approved" if approved else "refused")
            one.approved, one.decider = approved, who
            one.expires = self.model.now + timedelta(hours=self.model.rules.approval_hours)

    @rule(
        asking=st.sampled_from(["ann", "ben", "admin"]), deciding=st.sampled_from(["rita", "ben"]),
        searching=st.sampled_from(["ann", "ben"]), number=st.integers(0, 9), times=st.integers(1, 4),
    )  # fmt: skip
    def get_approval_and_search(self, asking: str, deciding: str, searching: str, number: int, times: int) -> None:
        self.ask_for_approval(asking, number, "watched")
        newest = list(self.model.approvals)
        if newest:
            self.decide(deciding, sorted(newest).index(newest[-1]), approved=True)
        self.search(searching, number, ("watched",), times)

    # ---- searching ----

    @rule(
        who=SEARCHERS,
        number=st.integers(0, 9) | st.none(),
        collections=st.sampled_from(TOGETHER),
        times=st.integers(1, 5),
    )  # fmt: skip
    def search(self, who: str, number: int | None, collections: tuple[str, ...], times: int) -> None:
        case_id = "" if number is None else self.case_at(number)
        for probe in range(times):
            self.search_once(who, case_id, collections, probe)

    def search_once(self, who: str, case_id: str, collections: tuple[str, ...], probe: int) -> None:
        answer = self.ask(
            who,
            wire.GrantSearch,
            collection_ids=tuple(self.collections[one] for one in collections),
            probes=unit(f"probe {probe}").tobytes(),
            case_id=case_id,
        )
        expected = self.model.search_refused(who, case_id, collections)
        expected = expected or self.model.spend(who, case_id, collections)
        if expected:
            assert answer == expected
        else:
            assert isinstance(answer, wire.Grant)

    # ---- rules, time, restarts ----

    @rule(
        person=st.integers(1, 4), case=st.integers(1, 4), collection=st.integers(1, 6), organization=st.integers(1, 8),
        retention=st.integers(0, 3), hours=st.integers(1, 48), named=st.booleans(), case_days=st.integers(29, 90),
    )  # fmt: skip
    def change_rules(self, named: bool, hours: int, retention: int, case_days: int, **limits: int) -> None:
        names = ("strict", "measured") if named else ()
        rules = Rules(case_days, retention, hours, names, **limits)
        answer = self.ask(
            "admin",
            wire.SetRules,
            rules=wire.Rules(
                case_days=case_days,
                case_retention_days=retention,
                approval_hours=hours,
                approval_collections=tuple(self.collections[one] for one in names),
                searches_a_day_by_person=rules.person,
                searches_a_day_in_case=rules.case,
                searches_a_day_of_collection=rules.collection,
                searches_a_day=rules.organization,
            ),
        )
        assert isinstance(answer, wire.RulesShown)
        self.model.rules = rules

    @rule(who=st.sampled_from(["ann", "ben", "rita", "otto"]))
    def rules_are_the_admins(self, who: str) -> None:
        assert self.ask(who, wire.SetRules, rules=wire.Rules()) == "forbidden"

    @rule(hours=st.sampled_from([1, 3, 12, 24, 50, 24 * 8, 24 * 31]))
    def time_passes(self, hours: int) -> None:
        self.model.now += timedelta(hours=hours)

    @rule()
    def sweep(self) -> None:
        assert self.keeper._open is not None
        self.keeper._open.sweep()
        self.model.sweep()

    @precondition(lambda self: self.model.cases)
    @rule()
    def restart(self) -> None:
        self.keeper.seal()
        self.keeper.operate(wire.Unseal(key_file=self.key))
        self.people = {name: signed_in(self.keeper.serve, one.api_key) for name, one in self.people.items()}

    @rule(who=PEOPLE)
    def everybody_sees_their_own(self, who: str) -> None:
        listed = self.ask(who, wire.ListCases, limit=1_000).items
        assert {one.case_id for one in listed} == {one for one in self.model.cases if self.model.sees(who, one)}
        for one in listed:
            case = self.model.cases[one.case_id]
            assert one.status == ("open" if self.model.is_open(one.case_id) else "closed")
            assert set(one.members) == {self.member(each) for each in case.members}
            spent = self.model.spent.get((self.model.day, "case", one.case_id), 0)
            assert one.searches_today == (spent if who in case.members else None)


Machine.TestCase.settings = settings(
    max_examples=8, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestCasesAgreeWithTheModel = Machine.TestCase


@pytest.mark.nightly
class TestCasesAgreeWithTheModelAtLength(Machine.TestCase):
    settings = settings(
        max_examples=1_000, stateful_step_count=80, deadline=None, suppress_health_check=list(HealthCheck)
    )
