"""Standing searches: let one begin that somebody else asked for, or end one. They are listed with their case."""

from fastapi import APIRouter, Request, Response

from facekeep.service import standing as verbs
from facekeep.terms import StandingId
from facekeep.web.console.posted import go_to
from facekeep.web.parsed import AnId, TheKeep, TheSession

router = APIRouter(include_in_schema=False)


@router.post("/console/standing/{standing_id}/approve", name="console_approve_standing")
def approve(request: Request, keep: TheKeep, session: TheSession, standing_id: AnId) -> Response:
    """Let it begin."""
    verbs.approve_standing(keep, session, StandingId(standing_id))
    return go_to(request, "/console/approvals")


@router.post("/console/standing/{standing_id}/refuse", name="console_refuse_standing")
def refuse(request: Request, keep: TheKeep, session: TheSession, standing_id: AnId) -> Response:
    """End it before it began."""
    verbs.end_standing(keep, session, StandingId(standing_id))
    return go_to(request, "/console/approvals")


@router.post("/console/standing/{standing_id}/end", name="console_end_standing")
def end(request: Request, keep: TheKeep, session: TheSession, standing_id: AnId) -> Response:
    """End it for good; its probe is destroyed."""
    ended = verbs.end_standing(keep, session, StandingId(standing_id))
    return go_to(request, f"/console/cases/{ended.case_id}")
