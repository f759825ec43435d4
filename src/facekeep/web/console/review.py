"""Review: the leads that wait for somebody's word, and one lead, each without what others said of it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import StringConstraints

from facekeep.service import review as verbs
from facekeep.terms import LeadId
from facekeep.web.console.posted import Posted, go_to, posted
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.console.work import open_cases, queue
from facekeep.web.parsed import ID_PATTERN, AnId, TheKeep, TheSession

router = APIRouter(include_in_schema=False)
OneCase = Annotated[str, Query(alias="case", pattern=rf"^$|{ID_PATTERN}")]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
_ENOUGH = 50


class Decision(Posted):
    """One's own word on a lead."""

    verdict: Literal["same_person", "not_the_same", "cannot_say"]
    reason: Reason


class Reveal(Posted):
    """Why one must know who a lead is."""

    reason: Reason


@router.get("/console/review", name="console_review")
def show_review(
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, one_case: OneCase = ""
) -> Response:
    """The leads that wait for the viewer, of every open case of theirs or of one."""
    viewer.require("investigator", "reviewer")
    cases = open_cases(keep, session, viewer)
    among = [one for one in cases if one_case in ("", one.case_id)]
    waiting = queue(keep, session, among, enough=_ENOUGH)
    return page(request, "review", viewer=viewer, cases=cases, chosen_case=one_case, waiting=waiting)


@router.get("/console/leads/{lead_id}", name="console_lead")
def show_lead(request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, lead_id: AnId) -> Response:
    """One lead, as far as the viewer may see it yet."""
    viewer.require("investigator", "reviewer")
    return page(request, "lead", viewer=viewer, lead=verbs.show_lead(keep, session, LeadId(lead_id)))


@router.post("/console/leads/{lead_id}/decide", name="console_decide")
def decide_lead(
    request: Request,
    keep: TheKeep,
    session: TheSession,
    lead_id: AnId,
    body: Annotated[Decision, Depends(posted(Decision))],
) -> Response:
    """Keep the viewer's word on a lead."""
    verbs.decide_lead(keep, session, LeadId(lead_id), verdict=body.verdict, reason=body.reason)
    return go_to(request, f"/console/leads/{lead_id}")


@router.post("/console/leads/{lead_id}/reveal", name="console_reveal")
def reveal_lead(
    request: Request,
    keep: TheKeep,
    session: TheSession,
    lead_id: AnId,
    body: Annotated[Reveal, Depends(posted(Reveal))],
) -> Response:
    """Let the viewer see who a lead is, for a reason that is kept."""
    verbs.reveal_lead(keep, session, LeadId(lead_id), reason=body.reason)
    return go_to(request, f"/console/leads/{lead_id}")
