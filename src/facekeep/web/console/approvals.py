"""Requests for a second person's approval: asked for in a case, decided by somebody else."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import StringConstraints

from facekeep.service import cases as verbs
from facekeep.service import standing
from facekeep.terms import ApprovalId, CaseId, CollectionId
from facekeep.web.console.case_file import collections_of
from facekeep.web.console.paging import all_of
from facekeep.web.console.people import names_for
from facekeep.web.console.posted import Id, Posted, go_to, posted
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.parsed import AnId, TheKeep, TheSession

router = APIRouter(include_in_schema=False)


class Asked(Posted):
    """A collection to be searched in a case, and why."""

    collection_id: Id
    reason: Annotated[str, StringConstraints(max_length=2_000)] = ""


class Decided(Posted):
    """What the second person says."""

    answer: Literal["approve", "refuse"]


@router.get("/console/approvals", name="console_approvals")
def list_approvals(request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer) -> Response:
    """Requests that wait for somebody, and those of before."""
    asked = all_of(lambda cursor: verbs.list_approvals(keep, session, cursor=cursor, limit=1000))
    found = all_of(lambda cursor: standing.list_standing(keep, session, case_id=None, cursor=cursor, limit=1000))
    return page(
        request,
        "approvals",
        viewer=viewer,
        waiting=[one for one in asked if one.status == "asked"],
        decided=[one for one in reversed(asked) if one.status != "asked"][:50],
        standing=[one for one in found if one.status == "waiting"],
        may_decide=viewer.is_any("admin", "reviewer", "privacy_officer"),
        collections=collections_of(keep, session),
        names=names_for(keep, session, viewer),
    )


@router.post("/console/cases/{case_id}/approvals", name="console_ask_approval")
def ask(
    request: Request, keep: TheKeep, session: TheSession, case_id: AnId,
    body: Annotated[Asked, Depends(posted(Asked))],
) -> Response:  # fmt: skip
    """Ask that a collection may be searched in a case."""
    collection_id = CollectionId(body.collection_id)
    verbs.request_approval(
        keep, session, None, case_id=CaseId(case_id), collection_id=collection_id, reason=body.reason
    )  # fmt: skip
    return go_to(request, f"/console/cases/{case_id}")


@router.post("/console/approvals/{approval_id}", name="console_decide_approval")
def decide(
    request: Request, keep: TheKeep, session: TheSession, approval_id: AnId,
    body: Annotated[Decided, Depends(posted(Decided))],
) -> Response:  # fmt: skip
    """Approve or refuse."""
    verbs.decide_approval(keep, session, ApprovalId(approval_id), approved=body.answer == "approve")
    return go_to(request, "/console/approvals")
