"""The report of a case's leads, for paper: what was found and what people made of it. Leads, never identifications."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from facekeep.service import cases
from facekeep.terms import CaseId
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.console.work import leads_of
from facekeep.web.parsed import AnId, TheKeep, TheSession

router = APIRouter(include_in_schema=False)


@router.get("/console/cases/{case_id}/report", name="console_report")
def show_report(request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, case_id: AnId) -> Response:
    """Every lead of a case, with what the viewer may see of each."""
    viewer.require("investigator", "reviewer")
    leads = tuple(leads_of(keep, session, CaseId(case_id)))
    case = cases.show_case(keep, session, CaseId(case_id))
    return page(request, "report", viewer=viewer, case=case, leads=leads, made_at=datetime.now(UTC).isoformat())
