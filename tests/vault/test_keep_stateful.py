"""Members, sessions, keys, cases, approvals, budgets, searches and reviews, all at once, against one plain model.

Two organizations with people who are in one or in both. Whatever they ask, in whatever order, at whatever time, with
the vault killed in between, it answers what `tests/support/keep_model` says, shows each what the model shows them, and
writes exactly the entries that the model writes into each organization's log.
"""

from typing import Any

import pytest
from acts import Call, act, some_act
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from keep_model.casework import Rules
from keep_model.people import DAY
from side_by_side import LOOKS, PROBES
from side_by_side.world import CREW, PROGRAMS, world

SOME_ROLES = st.sampled_from(["admin", "investigator", "reviewer", "custodian", "auditor", "privacy_officer"])
ROLES = st.sets(SOME_ROLES, min_size=1, max_size=3)
NAMES = st.sampled_from(["strict", "strict", "watched", "theirs"])
NUMBERS = st.integers(0, 11)
MAYBE = st.sampled_from([0, 0, 0, 0, 1, 2, 3, None])
SEARCHED = st.sampled_from([("strict",)] * 4 + [("watched",), ("measured",), ("strict", "measured"), ("theirs",)])
VERDICTS = st.sampled_from(["same_person", "not_the_same", "not_the_same", "cannot_say"])
WAYS = st.sampled_from(["usual"] * 8 + ["key", "key", "any"])
MEANWHILE = st.sampled_from(["forget", "tidy", "reject", "close", "leave", "wait", "rule"])
WAITS = st.sampled_from([1.0, 20.0, 61.0, 290.0, 301.0, 899.0, 901.0, 3_600.0, DAY / 2, DAY, 8 * DAY, 31 * DAY])


def who(*usual: str) -> st.SearchStrategy[tuple[str, str]]:
    """Somebody, mostly one of these, and how their session is come by."""
    return st.tuples(st.sampled_from([*usual * 4, *CREW, *PROGRAMS]), WAYS)


class Customers(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.keep = world().twin()
        self.keep.set_clocks(self.patch)
        self.keep.unseal()
        self.model = self.keep.model

    def teardown(self) -> None:
        if not hasattr(self, "keep"):
            return
        try:
            for one in ("program@One", "ben@One", "cia@One", "cia@Two"):
                self.keep.look(self.token((one, "usual")))
            self.the_same_lies_in_the_vault()
        finally:
            self.keep.close()
            self.patch.undo()

    def token(self, one: tuple[str, str], number: int = 0) -> str:
        name, org = one[0].split("@")
        return self.keep.token_of(name, org, one[1], number)

    def member(self, number: int) -> str:
        everybody = list(self.model.members)
        return everybody[number % len(everybody)]

    def case(self, number: int, token: str = "") -> str:
        """Of the cases that there are, those first that the holder of the session is in."""
        session = self.model.sessions.get(token)
        order = sorted(self.model.cases, key=lambda one: session is None or not self.model.in_case(session, one))
        return _some(order, number, "cas_none")

    def lead(self, number: int, token: str = "") -> str:
        """Of the leads that there are, those first that are not agreed, and that the holder of the session sees."""
        session = self.model.sessions.get(token)

        def last(lead_id: str) -> tuple[bool, bool]:
            unseen = session is not None and not self.model.sees_lead(session, lead_id)
            return unseen, self.model.leads[lead_id].state == "agreed"

        return _some(sorted(self.model.leads, key=last), number, "lea_0")

    # ---- people ----

    @act("members", by=who("ada@One", "dan@Two"), roles=ROLES, hours=st.sampled_from([1, 72]), number=NUMBERS)
    def invite(self, by: tuple[str, str], roles: set[str], hours: int, number: int) -> None:
        self.keep.invite(self.token(by, number), roles, hours)

    @act("members", where=st.sampled_from(["ada@One", "dan@Two"]), roles=ROLES,
         known=who("rob@One", "pam@One", "ben@One"), is_new=st.booleans(), by_password=st.booleans())  # fmt: skip
    def invite_and_let_in(
        self, where: str, roles: set[str], known: tuple[str, str], is_new: bool, by_password: bool
    ) -> None:
        self.keep.invite(self.token((where, "usual")), roles, 72)
        self.join(0, by_password) if is_new else self.accept(known, 0)

    @act("members", number=NUMBERS, by_password=st.booleans())
    def join(self, number: int, by_password: bool) -> None:
        if len(self.model.accounts) < 9:
            code = _some(self.model.invitations, -1 - number, "fi_none")
            self.keep.join(f"new {len(self.model.accounts)}", code, by_password=by_password)

    @act("members", by=who("ben@One", "rob@One", "pam@One"), number=NUMBERS)
    def accept(self, by: tuple[str, str], number: int) -> None:
        if not self.model.invitations:
            return
        self.keep.accept(self.token(by, number), _some(self.model.invitations, -1 - number, ""))

    @act("members", by=who("ada@One", "dan@Two"), number=NUMBERS)
    def withdraw(self, by: tuple[str, str], number: int) -> None:
        self.keep.withdraw(self.token(by, number), _some(self.model.invitations, -1 - number, ""))

    @act("signing", number=NUMBERS, where=st.sampled_from(["One", "Two", ""]), right=st.booleans())
    def sign_in(self, number: int, where: str, right: bool) -> None:
        name = _some(self.model.accounts, number, "")
        self.keep.sign_in(name, self.keep.orgs.get(where, ""), right=right)

    @act("signing", times=st.integers(0, 4), right=st.booleans())
    def pam_tries(self, times: int, right: bool) -> None:
        for _ in range(times):
            self.keep.sign_in_by_password("pam", "", right=False)
        self.keep.sign_in_by_password("pam", "", right=right)

    @act("signing", by=who("dan@One", "cia@Two"), where=st.sampled_from(["One", "Two"]), number=NUMBERS)
    def switch(self, by: tuple[str, str], where: str, number: int) -> None:
        self.keep.switch(self.token(by, number), where)

    @act("signing", by=who("ada@One", "ben@One"), number=NUMBERS, by_other=st.booleans())
    def prove(self, by: tuple[str, str], number: int, by_other: bool) -> None:
        name = "rob" if by_other or by[0] in PROGRAMS else by[0].split("@")[0]
        self.keep.prove(self.token(by, number), name)

    @act("signing", by=who(), number=NUMBERS, others=st.booleans())
    def sign_out(self, by: tuple[str, str], number: int, others: bool) -> None:
        self.keep.sign_out(self.token(by, number), others=others)

    @act("members", by=who("ada@One", "dan@Two"), number=NUMBERS)
    def end_sessions(self, by: tuple[str, str], number: int) -> None:
        self.keep.end_sessions(self.token(by, number), self.member(number))

    @act("signing", by=who(), number=NUMBERS)
    def add_a_passkey(self, by: tuple[str, str], number: int) -> None:
        self.keep.add_passkey(self.token(by, number))

    @act("signing", by=who(), number=NUMBERS, own=st.booleans())
    def revoke_a_passkey(self, by: tuple[str, str], number: int, own: bool) -> None:
        name = by[0].split("@")[0] if own else "ben"
        known = self.model.accounts[name].passkeys if name in self.model.accounts else {}
        self.keep.revoke_passkey(self.token(by, number), _some(known, number, "pas_none"))

    @act("members", by=who("ada@One", "dan@Two"), number=NUMBERS, roles=ROLES)
    def change_roles(self, by: tuple[str, str], number: int, roles: set[str]) -> None:
        self.keep.set_roles(self.token(by, number), self.member(number), roles)

    @act("members", by=who("ada@One", "dan@Two"), stays=st.booleans())
    def every_admin_goes(self, by: tuple[str, str], stays: bool) -> None:
        """But for the last one, whom nobody can do without."""
        org = self.keep.orgs[by[0].split("@")[1]]
        for member_id in [one.member_id for one in self.model.members.values() if one.org == org]:
            if "admin" in self.model.members[member_id].roles:
                token = self.token(by)
                self.keep.set_roles(token, member_id, {"reviewer"}) if stays else self.keep.remove(token, member_id)

    @act("members", by=who("ada@One", "dan@Two"), number=NUMBERS)
    def remove(self, by: tuple[str, str], number: int) -> None:
        self.keep.remove(self.token(by, number), self.member(number))

    # ---- keys ----

    @act(
        "keys", by=who("ada@One", "ben@One", "dan@Two"), number=NUMBERS, own=st.booleans(), roles=st.none() | ROLES,
        acts=st.sampled_from([None, None, ("search.ask", "lead.list", "member.self"), ("key.make", "lead.decide")]),
        collections=st.sampled_from([None, None, ("strict",), ("theirs",)]),
        hours=st.sampled_from([None, None, -1, 1, 30]),
    )  # fmt: skip
    def make_a_key(self, by: tuple[str, str], number: int, own: bool, roles: set[str] | None, **limits: Any) -> None:
        token = self.token(by, number)
        mine = own and token in self.model.sessions
        member = self.model.sessions[token].member_id if mine else self.member(number)
        if limits["collections"] is not None:
            limits["collections"] = tuple(self.keep.collections[one] for one in limits["collections"])
        self.keep.make_key(token, member, roles, **limits)

    @act("keys", number=NUMBERS)
    def use_a_key(self, number: int) -> None:
        token = self.keep.use_key(_some(self.model.keys, number, ""))
        if token:
            self.keep.look(token)

    @act("keys", by=who("ada@One", "dan@Two"), number=NUMBERS)
    def revoke_a_key(self, by: tuple[str, str], number: int) -> None:
        self.keep.revoke_key(self.token(by, number), _some(self.model.keys, 1 + number, ""))

    # ---- rules and cases ----

    @act(
        "cases", by=who("ada@One", "dan@Two"), person=st.integers(1, 4), case=st.integers(1, 4),
        collection=st.integers(1, 6), organization=st.integers(1, 8), retention_days=st.integers(0, 3),
        approval_hours=st.integers(1, 48), case_days=st.integers(5, 90), passwords=st.booleans(),
        names=st.sampled_from([(), (), ("strict", "measured"), ("theirs",)]),
    )  # fmt: skip
    def change_rules(self, by: tuple[str, str], names: tuple[str, ...], **more: Any) -> None:
        self.keep.set_rules(self.token(by), Rules(named={self.keep.collections[one] for one in names}, **more))

    @act("cases", by=who("ada@One", "dan@Two"))
    def usual_rules(self, by: tuple[str, str]) -> None:
        self.keep.set_rules(self.token(by), Rules(passwords=True))

    @act("cases", by=who("ben@One", "dan@One", "cia@Two"), number=NUMBERS,
         hours=st.sampled_from([2, 24, 24 * 30, 24 * 91]), limit=st.none() | st.integers(1, 3))  # fmt: skip
    def open_case(self, by: tuple[str, str], number: int, hours: int, limit: int | None) -> None:
        self.keep.open_case(self.token(by, number), {self.member(number), self.member(number + 3)}, hours, limit)

    @act("cases", by=who("ben@One", "dan@One", "ada@One"), number=NUMBERS, which=NUMBERS, joins=st.booleans())
    def change_members(self, by: tuple[str, str], number: int, which: int, joins: bool) -> None:
        change = {"add" if joins else "remove": self.member(number)}
        token = self.token(by, number)
        self.keep.change_case(token, self.case(which, token), **change)  # type: ignore[arg-type]

    @act("cases", by=who("ben@One", "dan@One", "ada@One"), number=NUMBERS, hours=st.sampled_from([1, 480, 2_400]))
    def extend(self, by: tuple[str, str], number: int, hours: int) -> None:
        token = self.token(by)
        self.keep.change_case(token, self.case(number, token), hours=hours)

    @act("cases", by=who("ben@One", "dan@One", "ada@One"), number=NUMBERS)
    def close_case(self, by: tuple[str, str], number: int) -> None:
        token = self.token(by)
        self.keep.close_case(token, self.case(number, token))

    @act("approvals", by=who("ben@One", "dan@One"), number=NUMBERS, name=NAMES)
    def ask_for_approval(self, by: tuple[str, str], number: int, name: str) -> None:
        token = self.token(by)
        self.keep.ask_approval(token, self.case(number, token), self.keep.collections[name])

    @act("approvals", by=who("rob@One", "cia@One", "ben@One"), number=NUMBERS, approved=st.booleans())
    def decide_an_approval(self, by: tuple[str, str], number: int, approved: bool) -> None:
        approval = _some(self.model.approvals, -1 - number, "apr_none")
        self.keep.decide_approval(self.token(by, number), approval, approved)

    @act("approvals", asking=st.sampled_from(["ben", "dan"]), deciding=st.sampled_from(["rob", "cia", "ben"]),
         searching=who("ben@One", "dan@One"), number=NUMBERS, probe=st.sampled_from(PROBES))  # fmt: skip
    def get_approval_and_search(
        self, asking: str, deciding: str, searching: tuple[str, str], number: int, probe: str
    ) -> None:
        token = self.keep.token_of(asking)
        approval = self.keep.ask_approval(token, self.case(number, token), self.keep.collections["watched"])
        if approval:
            self.keep.decide_approval(self.keep.token_of(deciding), approval, approved=True)
        self.search(searching, number, ("watched",), probe, 10)

    # ---- searches and reviews ----

    @act("searching", by=who("ben@One", "dan@One", "cia@Two"), number=MAYBE, names=SEARCHED,
          probe=st.sampled_from(PROBES), top_k=st.sampled_from([2, 10]))  # fmt: skip
    def search(self, by: tuple[str, str], number: int | None, names: tuple[str, ...], probe: str, top_k: int) -> None:
        grant = self._begin(by, number, names, probe, top_k)
        if grant:
            self.keep.finish_search(self.model.searches[grant].token, grant)

    @act("searching", by=who("ben@One", "dan@One", "cia@Two"), times=st.integers(2, 9), own=st.booleans())
    def search_again_and_again(self, by: tuple[str, str], times: int, own: bool) -> None:
        """With one photo after the other, until a budget or the exposure of a face is used up."""
        name = "theirs" if by[0] == "cia@Two" and own else "strict"
        for number in range(times):
            self.search(by, 0, (name,), PROBES[number % len(PROBES)], 10)

    @act("searching", by=who("ben@One", "dan@One"), probe=st.sampled_from(PROBES), number=NUMBERS,
         meanwhile=st.lists(MEANWHILE, max_size=3))  # fmt: skip
    def search_while_things_happen(self, by: tuple[str, str], probe: str, number: int, meanwhile: list[str]) -> None:
        grant = self._begin(by, 0, ("strict",), probe, 10)
        for one in meanwhile:
            self._meanwhile(one, number)
        if grant:
            self.keep.finish_search(self.model.searches[grant].token, grant)

    def _meanwhile(self, what: str, number: int) -> None:
        ada = self.keep.token_of("ada")
        if what == "forget":
            self.forget(("dan@One", "usual"), number, person=False)
        elif what == "tidy":
            self.keep.housekeep()
        elif what == "reject":
            self.several_decide(number, "not_the_same")
        elif what == "close":
            self.keep.close_case(ada, self.case(0))
        elif what == "leave":
            self.keep.change_case(ada, self.case(0), remove=self.member(number))
        elif what == "wait":
            self.model.now += 20 + 5 * number
        else:
            self.keep.set_rules(ada, Rules(named={self.keep.collections["strict"]}, passwords=True))

    @act("searching", by=who("ben@One", "dan@One"), number=NUMBERS, names=SEARCHED, probe=st.sampled_from(PROBES))
    def begin_a_search(self, by: tuple[str, str], number: int, names: tuple[str, ...], probe: str) -> None:
        self._begin(by, number, names, probe, 10)

    def _begin(self, by: tuple[str, str], number: int | None, names: tuple[str, ...], probe: str, top_k: int) -> str:
        token = self.token(by, number or 0)
        case_id = "" if number is None else self.case(number, token)
        found = tuple(self.keep.collections[one] for one in names)
        return self.keep.begin_search(token, case_id, found, probe, 10 if len(names) > 1 else top_k)

    @act("searching", number=NUMBERS, by=who("ben@One"), own=st.sampled_from([True, True, False]))
    def finish_a_search(self, number: int, by: tuple[str, str], own: bool) -> None:
        if not self.keep.grants:
            return
        grant = _some(self.keep.grants, -1 - number, "")
        search = self.model.searches.get(grant)
        self.keep.finish_search(search.token if search and own else self.token(by, number), grant)

    @act("review", by=who("ben@One", "cia@One", "rob@One", "pam@One"), number=NUMBERS, verdict=VERDICTS)
    def decide(self, by: tuple[str, str], number: int, verdict: str) -> None:
        token = self.token(by, number)
        self.keep.decide(token, self.lead(number, token), verdict)

    @act("review", number=NUMBERS, verdict=VERDICTS)
    def several_decide(self, number: int, verdict: str) -> None:
        lead = self.lead(number, self.keep.token_of("cia"))
        for name in ("cia", "rob", "ben"):
            self.keep.decide(self.keep.token_of(name), lead, verdict)

    @act("review", by=who("ben@One", "cia@One", "rob@One"), number=NUMBERS)
    def reveal(self, by: tuple[str, str], number: int) -> None:
        token = self.token(by, number)
        lead = self.lead(number, token)
        self.keep.reveal(token, lead)
        if self.model.leads:
            self.keep.open_record(token, self.model.leads[lead].face)

    @act("review", by=who("ben@One", "dan@One", "dan@Two"), number=NUMBERS)
    def open_a_record(self, by: tuple[str, str], number: int) -> None:
        self.keep.open_record(self.token(by, number), _some(self.keep.places, number, ""))

    # ---- galleries ----

    @act("galleries", by=who("dan@One", "dan@Two"), name=NAMES, number=NUMBERS)
    def enroll(self, by: tuple[str, str], name: str, number: int) -> None:
        collection = self.keep.collections[name]
        taken = {one.look for one in self.model.faces.values() if one.collection == collection}
        free = [look for look in LOOKS if look not in taken]
        people = [(f"Name {number % 4}", free[number % len(free)])] if free else []
        people += [("Somebody else", free[number % len(free) - 1])] if len(free) > 1 and number % 2 else []
        if people:
            self.keep.enroll(self.token(by, number), collection, *people)

    @act("galleries", by=who("dan@One", "ada@One", "dan@Two"), number=NUMBERS, person=st.booleans())
    def forget(self, by: tuple[str, str], number: int, person: bool) -> None:
        if not self.model.faces:
            return
        self.keep.forget(self.token(by, number), _some(self.model.faces, number, ""), person=person)

    @act("galleries")
    def housekeep(self) -> None:
        self.keep.housekeep()

    # ---- time, restarts, looking ----

    @rule(seconds=WAITS)
    def wait(self, seconds: float) -> None:
        self.model.now += seconds

    @act("signing", by=who("ben@One"))
    def stay_all_day(self, by: tuple[str, str]) -> None:
        """However much it is used, a session ends after twelve hours."""
        self.keep.stay(self.token(by), times=52, every_s=880)

    @act("keeping")
    def sweep(self) -> None:
        self.keep.vault.sweep()
        self.model.sweep()

    @act("keeping", killed=st.booleans())
    def restart(self, killed: bool) -> None:
        self.keep.kill() if killed else self.keep.restart()

    @rule(by=who(*CREW), number=NUMBERS)
    def look(self, by: tuple[str, str], number: int) -> None:
        self.keep.look(self.token(by, number))

    # ---- one of each ----

    @rule(one=some_act("members"))
    def members_change(self, one: Call) -> None:
        one.on(self)

    @rule(one=some_act("signing"))
    def people_sign_in_and_out(self, one: Call) -> None:
        one.on(self)

    @rule(one=some_act("keys"))
    def keys_change(self, one: Call) -> None:
        one.on(self)

    @rule(one=some_act("cases"))
    def cases_change(self, one: Call) -> None:
        one.on(self)

    @rule(one=some_act("approvals"))
    def a_second_person_approves(self, one: Call) -> None:
        one.on(self)

    @rule(one=some_act("searching"))
    def somebody_searches(self, one: Call) -> None:
        one.on(self)

    @rule(one=some_act("review"))
    def somebody_reviews(self, one: Call) -> None:
        one.on(self)

    @rule(one=some_act("review") | some_act("searching"))
    def work_goes_on(self, one: Call) -> None:
        one.on(self)

    @rule(one=some_act("galleries"))
    def galleries_change(self, one: Call) -> None:
        one.on(self)

    @rule(one=some_act("keeping"))
    def the_keep_is_kept(self, one: Call) -> None:
        one.on(self)

    @invariant()
    def the_same_lies_in_the_vault(self) -> None:
        if hasattr(self, "model"):
            self.keep.same_entries()
            self.keep.same_rows()
            self.keep.same_sessions()


def _some(known: Any, number: int, none: str) -> str:
    """One of some names, the oldest for 0 and the newest for -1."""
    names = list(known)
    return names[number % len(names)] if names else none


Customers.TestCase.settings = settings(
    max_examples=25, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestTheKeepAgreesWithTheModel = Customers.TestCase


@pytest.mark.nightly
class TestTheKeepAgreesWithTheModelAtLength(Customers.TestCase):
    settings = settings(
        max_examples=400, stateful_step_count=120, deadline=None, suppress_health_check=list(HealthCheck)
    )
