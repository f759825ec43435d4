"""Rules, cases, approvals."""


from keep_model import Session
from keep_model.casework import Approval, Case, Rules
from keep_model.people import DAY

from facekeep.vault import wire
from side_by_side.members import Members


class Casework(Members):
    """What searches are made in, and who lets them be made."""

    def set_rules(self, token: str, rules: Rules) -> None:
        def check(session: Session) -> str:
            return max((self.model.collection_refused(session, one) for one in rules.named), default="")

        sent = wire.Rules(
            case_days=rules.case_days,
            case_retention_days=rules.retention_days,
            approval_hours=rules.approval_hours,
            approval_collections=tuple(rules.named),
            searches_a_day_by_person=rules.person,
            searches_a_day_in_case=rules.case,
            searches_a_day_of_collection=rules.collection,
            searches_a_day=rules.organization,
            password_sign_in=rules.passwords,
        )
        if self.say(token, "rules.set", wire.SetRules, check, "rules.changed", rules=sent):
            org = self.model.sessions[token].org
            self.model.rules[org] = rules
            if not rules.passwords:
                self.model.end(way_in=org)

    def open_case(self, token: str, members: set[str], hours: float, limit: int | None) -> str:
        ends = self.model.now + hours * 3600

        def check(session: Session) -> str:
            return self.model.new_case_refused(session, ends, members)

        fields = {
            "purpose": "Family tracing",
            "legal_basis": "a test",
            "members": tuple(members),
            "expires_at": self.written(ends),
            "searches_a_day": limit,
        }
        answer = self.say(token, "case.create", wire.CreateCase, check, "case.created", **fields)
        if answer is None:
            return ""
        session = self.model.sessions[token]
        everybody = {session.member_id, *members}
        self.model.cases[answer.case.case_id] = Case(session.org, session.member_id, everybody, ends, limit)
        return str(answer.case.case_id)

    def change_case(self, token: str, case_id: str, *, add: str = "", remove: str = "", hours: int = 0) -> None:
        ends = self.model.now + hours * 3600

        def check(session: Session) -> str:
            refused = self.model.change_refused(session, case_id)
            if not refused and add and not self.model.live_member(session.org, add):
                refused = "not_found"
            if not refused and hours and ends > self.model.now + self.model.rules[session.org].case_days * DAY:
                refused = "invalid_request"
            return refused

        fields = {
            "case_id": case_id,
            "add_members": (add,) if add else (),
            "remove_members": (remove,) if remove else (),
            "expires_at": self.written(ends) if hours else None,
        }
        answer = self.say(token, "case.change", wire.ChangeCase, check, **fields)
        if answer is not None:
            case = self.model.cases[case_id]
            case.members.discard(remove)
            case.members |= {add} if add else set()
            case.ends = ends if hours else case.ends
            assert set(answer.case.members) == case.members

    def close_case(self, token: str, case_id: str) -> None:
        def check(session: Session) -> str:
            return self.model.change_refused(session, case_id)

        if self.say(token, "case.close", wire.CloseCase, check, "case.closed", case_id=case_id):
            self.model.cases[case_id].ends = self.model.now

    def ask_approval(self, token: str, case_id: str, collection: str) -> str:
        def check(session: Session) -> str:
            return self.model.ask_refused(session, case_id, collection)

        fields = {"case_id": case_id, "collection_id": collection, "reason": "why"}
        answer = self.say(token, "approval.ask", wire.RequestApproval, check, "approval.asked", **fields)
        if answer is None:
            return ""
        session = self.model.sessions[token]
        expires = self.model.now + self.model.rules[session.org].approval_hours * 3600
        approval = Approval(session.org, case_id, collection, session.person, expires)
        self.model.approvals[answer.approval.approval_id] = approval
        return str(answer.approval.approval_id)

    def decide_approval(self, token: str, approval_id: str, approved: bool) -> None:
        def check(session: Session) -> str:
            return self.model.decision_refused(session, approval_id)

        fields = {"approval_id": approval_id, "approved": approved}
        if self.say(token, "approval.decide", wire.DecideApproval, check, "approval.decided", **fields):
            session, one = self.model.sessions[token], self.model.approvals[approval_id]
            one.approved, one.decider = approved, session.person
            one.expires = self.model.now + self.model.rules[session.org].approval_hours * 3600
