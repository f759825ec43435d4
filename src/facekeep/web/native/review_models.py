"""The shapes of leads and decisions. Unknown members of requests are refused."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from facekeep.web.native.models import Asked, Told

Reason = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"\S")]
Verdict = Literal["same_person", "not_the_same", "cannot_say"]


class LeadDecision(Asked):
    """Your decision on a lead, and why. It is never taken back."""

    verdict: Verdict
    reason: Reason


class LeadReveal(Asked):
    """Why you must know who this is."""

    reason: Reason


class DecisionMade(Told):
    """One person's decision; `round` is 1, 2, or 3 where the first two differ."""

    round: int
    verdict: Verdict
    reason: str
    decided_by: str
    decided_at: str


class RevealMade(Told):
    """Who looked at the identity of a lead, when and why."""

    revealed_by: str
    reason: str
    revealed_at: str


class Identity(Told):
    """Who a revealed face is, and where its photo comes from."""

    person_name: str
    source: str
    license: str
    legal_basis: str


class Lead(Told):
    """A face that a search found in a case: a lead, never an identification. `verdict` is what was agreed, or null.

    Until you decided, or it is agreed, `is_blind` is true, `decisions` is empty, and `score`, `one_in` and `meaning`
    are null, unless your own search showed you the score; you may decide first then, and not second. `may_decide` says
    that the next decision may be yours. `identity` is null until it is `revealed` to you. `years_apart` is between the
    photo of the probe and this one, null where a date is not known.
    """

    lead_id: str
    case_id: str
    collection_id: str
    face_id: str
    person_id: str
    state: Literal["waiting_for_first", "waiting_for_second", "disputed", "agreed"]
    verdict: Verdict | None
    may_decide: bool
    found_by: str
    found_at: str
    gallery: int
    floor: float
    model: str
    is_blind: bool
    score: float | None
    one_in: float | None
    meaning: str | None
    quality: int
    quality_reasons: list[str]
    captured_at: str
    probe_captured_at: str
    years_apart: float | None
    revealed: bool
    identity: Identity | None
    decisions: list[DecisionMade]
    reveals: list[RevealMade]


class Leads(Told):
    """A page; `next_cursor` is empty at the end."""

    items: list[Lead]
    next_cursor: str
