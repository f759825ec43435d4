"""What happened in a case and will, in order, put together from what its reader may see of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from facekeep.service.cases import ApprovalView, CaseView
from facekeep.service.review import LeadView
from facekeep.service.standing import StandingView


@dataclass(frozen=True, slots=True)
class Event:
    """Something at a moment. `who` is a member's id, `about` a collection's; either may be empty."""

    at: str
    kind: str
    who: str = ""
    about: str = ""
    word: str = ""

    @property
    def is_ahead(self) -> bool:
        """Whether it is still to come."""
        return datetime.fromisoformat(self.at) > datetime.now(UTC)


def timeline(
    case: CaseView, approvals: Iterable[ApprovalView], standing: Iterable[StandingView], leads: Iterable[LeadView]
) -> tuple[Event, ...]:
    """The events of a case, the latest first."""
    found = [
        Event(case.created_at, "created", case.created_by),
        Event(case.ends_at, "ends"),
        Event(case.forget_at, "forgotten"),
        *(event for one in approvals for event in _of_approval(one)),
        *(event for one in standing for event in _of_standing(one)),
        *(event for one in leads for event in _of_lead(one)),
    ]
    return tuple(sorted(found, key=lambda event: event.at, reverse=True))


def _of_approval(one: ApprovalView) -> Iterator[Event]:
    yield Event(one.asked_at, "approval_asked", one.asked_by, one.collection_id)
    if one.decided_at is not None:
        kind = "approval_refused" if one.status == "refused" else "approval_given"
        yield Event(one.decided_at, kind, one.decided_by or "", one.collection_id)


def _of_standing(one: StandingView) -> Iterator[Event]:
    yield Event(one.created_at, "standing_asked", one.created_by)
    if one.approved_at is not None:
        yield Event(one.approved_at, "standing_approved", one.approved_by or "")
    if one.ended_at is not None:
        yield Event(one.ended_at, "standing_ended", word=one.ended_because or "")


def _of_lead(one: LeadView) -> Iterator[Event]:
    yield Event(one.found_at, "lead_found", one.found_by, one.place.collection_id)
    for decision in one.decisions:
        yield Event(decision.decided_at, "lead_decided", decision.decided_by, one.place.collection_id, decision.verdict)
    for reveal in one.reveals:
        yield Event(reveal.revealed_at, "lead_revealed", reveal.revealed_by, one.place.collection_id)
