"""The calls about leads, described like those of `calls.py`."""

from facekeep_sdk.calls import Call, Page, _id, decoder, get, paged
from facekeep_sdk.models_review import Lead


def leads(case_id: str, *, limit: int = 100) -> Call[Page[Lead]]:
    """Every lead of a case that you are in, in an order that says nothing of their scores."""
    return paged(f"/v1/cases/{_id(case_id)}/leads", Lead, {"limit": limit})


def lead(lead_id: str) -> Call[Lead]:
    """One lead, as far as you may see it yet."""
    return get(f"/v1/leads/{_id(lead_id)}", Lead)


def decide_lead(lead_id: str, verdict: str, reason: str) -> Call[Lead]:
    """Your decision on a lead: same_person, not_the_same or cannot_say. Never repeated after it was sent."""
    body = {"verdict": verdict, "reason": reason}
    return Call("POST", f"/v1/leads/{_id(lead_id)}/decisions", decoder(Lead), json=body)


def reveal_lead(lead_id: str, reason: str) -> Call[Lead]:
    """Who a lead is, for a reason that is kept. Never repeated after it was sent: every reveal is logged."""
    return Call("POST", f"/v1/leads/{_id(lead_id)}/reveal", decoder(Lead), json={"reason": reason})
