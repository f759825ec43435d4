"""Decisions, reveals and records."""

from dataclasses import replace

from keep_model import Session

from facekeep.vault import wire
from side_by_side.searching import Searching


class Review(Searching):
    """What becomes of leads."""

    def decide(self, token: str, lead_id: str, verdict: str) -> None:
        def check(_: Session) -> str:
            return self.model.verdict_refused(token, lead_id)

        fields = {"lead_id": lead_id, "verdict": verdict, "reason": "the ear"}
        answer = self.say(token, "lead.decide", wire.DecideLead, check, "lead.decided", **fields)
        if answer is not None:
            session, lead = self.model.sessions[token], self.model.leads[lead_id]
            lead.decisions.append((replace(session), token, verdict))
            assert (answer.lead.state, answer.lead.verdict) == (lead.state, lead.verdict)
            self.model.write(session.org, "leads.shown")
            if lead.verdict:
                self.model.write(session.org, "lead.agreed")

    def reveal(self, token: str, lead_id: str) -> None:
        def check(session: Session) -> str:
            if not self.model.sees_lead(session, lead_id):
                return "not_found"
            return "" if self.model.is_open(self.model.leads[lead_id].case_id) else "case_closed"

        fields = {"lead_id": lead_id, "reason": "to know"}
        if self.say(token, "lead.reveal", wire.RevealLead, check, "lead.revealed", "leads.shown", **fields):
            self.model.leads[lead_id].revealed.add(self.model.sessions[token].person)

    def open_record(self, token: str, face_id: str) -> None:
        def check(session: Session) -> str:
            return self.model.record_refused(session, face_id)

        cell = self.desk.cells[self.places[face_id].face_cell]
        answer = self.say(token, "record.open", wire.OpenCells, check, "record.opened", cells=(cell,))
        assert answer is None or b"album" in answer.plaintexts[0]
