"""Leads and decisions, as frozen dataclasses. Dates are ISO 8601 text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeadDecision:
    """One person's decision: same_person, not_the_same or cannot_say. `round` is 3 where the first two differ."""

    round: int
    verdict: str
    reason: str
    decided_by: str
    decided_at: str


@dataclass(frozen=True, slots=True)
class LeadReveal:
    """Who looked at the identity of a lead, when and why."""

    revealed_by: str
    reason: str
    revealed_at: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a revealed face is, and where its photo comes from."""

    person_name: str
    source: str = ""
    license: str = ""
    legal_basis: str = ""


@dataclass(frozen=True, slots=True)
class Lead:
    """A face that a search found in a case: a lead, never an identification.

    `state` is waiting_for_first, waiting_for_second, disputed or agreed. Until you decided, or it is agreed, `is_blind`
    is True, `decisions` is empty and `score`, `one_in` and `meaning` are None (unless your own search showed you the
    score). `identity` is None until it is `revealed` to you. `years_apart` is between the probe's photo and this one.
    """

    lead_id: str
    case_id: str
    collection_id: str
    face_id: str
    person_id: str
    state: str
    verdict: str | None
    may_decide: bool
    found_by: str
    found_at: str
    gallery: int
    floor: float
    model: str
    is_blind: bool
    score: float | None = None
    one_in: float | None = None
    meaning: str | None = None
    quality: int = 0
    quality_reasons: tuple[str, ...] = ()
    captured_at: str = ""
    probe_captured_at: str = ""
    years_apart: float | None = None
    revealed: bool = False
    identity: Identity | None = None
    decisions: tuple[LeadDecision, ...] = ()
    reveals: tuple[LeadReveal, ...] = ()
