"""Rules, cases, approvals by a second person, and budgets."""

from dataclasses import dataclass, field

from keep_model.people import ADMIN, DAY, DECIDERS, OVERSEERS, People, Session

SCOPES = ("person", "case", "collection", "organization")


@dataclass
class Rules:
    case_days: int = 90
    retention_days: int = 30
    approval_hours: int = 72
    named: set[str] = field(default_factory=set)  # collections that need approval whatever their policy says
    person: int = 200
    case: int = 500
    collection: int = 2_000
    organization: int = 5_000
    passwords: bool = False


@dataclass
class Collection:
    org: str
    needs_case: bool = True
    needs_approval: bool = False
    is_measured: bool = False
    hides: bool = True


@dataclass
class Case:
    org: str
    creator: str
    members: set[str]
    ends: float
    limit: int | None


@dataclass
class Approval:
    org: str
    case_id: str
    collection: str
    asker: str
    expires: float
    decider: str = ""
    approved: bool | None = None


class Casework(People):
    def __init__(self) -> None:
        super().__init__()
        self.rules: dict[str, Rules] = {}
        self.collections: dict[str, Collection] = {}
        self.cases: dict[str, Case] = {}
        self.approvals: dict[str, Approval] = {}
        self.spent: dict[tuple[int, str, str, str], int] = {}

    @property
    def with_passwords(self) -> set[str]:
        return {org for org, rules in self.rules.items() if rules.passwords}

    def collection_refused(self, session: Session, collection: str) -> str:
        one = self.collections.get(collection)
        return "" if one is not None and one.org == session.org and session.sees(collection) else "not_found"

    # ---- cases ----

    def is_open(self, case_id: str) -> bool:
        return self.now < self.cases[case_id].ends

    def in_case(self, session: Session, case_id: str) -> bool:
        case = self.cases.get(case_id)
        return case is not None and case.org == session.org and session.member_id in case.members

    def sees_case(self, session: Session, case_id: str) -> bool:
        case = self.cases.get(case_id)
        mine = case is not None and case.org == session.org
        return mine and (bool(session.roles & OVERSEERS) or self.in_case(session, case_id))

    def new_case_refused(self, session: Session, ends: float, members: set[str]) -> str:
        if not self.now < ends <= self.now + self.rules[session.org].case_days * DAY:
            return "invalid_request"
        return "" if all(self.live_member(session.org, one) for one in members) else "not_found"

    def change_refused(self, session: Session, case_id: str) -> str:
        if not self.sees_case(session, case_id):
            return "not_found"
        if session.member_id != self.cases[case_id].creator and ADMIN not in session.roles:
            return "forbidden"
        return "" if self.is_open(case_id) else "case_closed"

    def own_open_case_refused(self, session: Session, case_id: str) -> str:
        if not self.in_case(session, case_id):
            return "not_found"
        return "" if self.is_open(case_id) else "case_closed"

    def forget_cases(self) -> list[str]:
        """Cases whose retention is over go, with everything in them; returns which."""
        kept = {org: rules.retention_days * DAY for org, rules in self.rules.items()}
        due = [one for one, case in self.cases.items() if case.ends <= self.now - kept[case.org]]
        for case_id in due:
            self.write(self.cases.pop(case_id).org, "case.forgotten")
            self.approvals = {key: one for key, one in self.approvals.items() if one.case_id != case_id}
        self.spent = {key: spent for key, spent in self.spent.items() if key[3] not in due}
        return due

    # ---- approvals ----

    def ask_refused(self, session: Session, case_id: str, collection: str) -> str:
        refused = self.own_open_case_refused(session, case_id) or self.collection_refused(session, collection)
        asked = (case_id, collection, session.person)
        standing = any(
            (one.case_id, one.collection, one.asker) == asked and one.approved is not False and self.now < one.expires
            for one in self.approvals.values()
        )
        return refused or ("conflict" if standing else "")

    def decision_refused(self, session: Session, approval_id: str) -> str:
        one = self.approvals.get(approval_id)
        if one is None or one.org != session.org:
            return "not_found"
        if not self.is_open(one.case_id):
            return "case_closed"
        if session.person == one.asker:
            return "forbidden"
        return "conflict" if one.approved is not None or self.now >= one.expires else ""

    def sees_approval(self, session: Session, one: Approval) -> bool:
        everywhere = session.roles & (DECIDERS | OVERSEERS)
        return one.org == session.org and (bool(everywhere) or self.in_case(session, one.case_id))

    def is_approved(self, session: Session, case_id: str, collection: str) -> bool:
        return any(
            (one.case_id, one.collection, one.approved) == (case_id, collection, True)
            and one.decider != session.person
            and self.now < one.expires
            for one in self.approvals.values()
        )

    # ---- searching ----

    def admission_refused(self, session: Session, case_id: str, collections: tuple[str, ...]) -> str:
        """Whether these may be searched now, in this case or in none."""
        rules = self.rules[session.org]
        counted = {key: self.collections[key] for key in collections if not self.collections[key].is_measured}
        watched = [key for key, one in counted.items() if one.needs_approval or key in rules.named]
        if not case_id:
            return "case_needed" if watched or any(one.needs_case for one in counted.values()) else ""
        refused = self.own_open_case_refused(session, case_id)
        if not refused and any(not self.is_approved(session, case_id, key) for key in watched):
            return "approval_needed"
        return refused

    def spend(self, session: Session, case_id: str, collections: tuple[str, ...]) -> str:
        """Spend one search of every budget, or say what is used up and spend nothing."""
        rules, counted = self.rules[session.org], [one for one in collections if not self.collections[one].is_measured]
        if not counted:
            return ""
        limits = {("person", session.member_id): rules.person, ("organization", session.org): rules.organization}
        limits |= {("collection", one): rules.collection for one in counted}
        if case_id:
            limits["case", case_id] = min(rules.case, self.cases[case_id].limit or rules.case)
        full = [scope for (scope, one), most in limits.items() if self.spent_today(session.org, scope, one) >= most]
        if full:
            return f"budget_exhausted {min(full, key=SCOPES.index)}"
        for scope, one in limits:
            self.spent[self.day, session.org, scope, one] = self.spent_today(session.org, scope, one) + 1
        return ""

    def spent_today(self, org: str, scope: str, subject: str) -> int:
        return self.spent.get((self.day, org, scope, subject), 0)
