"""/v1/cases/{case_id}/leads and /v1/leads"""

from fastapi import APIRouter

from facekeep.errors import Code
from facekeep.service import review as verbs
from facekeep.terms import CaseId, LeadId
from facekeep.web.documented import STORED, errors
from facekeep.web.native import review_models as models
from facekeep.web.parsed import AnId, Cursor, Limit, TheKeep, TheSession

router = APIRouter(prefix="/v1", tags=["review"])
_CHANGED = (Code.NOT_FOUND, Code.FORBIDDEN, Code.CASE_CLOSED, Code.DISK_FULL, *STORED)


@router.get("/cases/{case_id}/leads", responses=errors(Code.NOT_FOUND, *STORED))
def list_leads(
    keep: TheKeep, session: TheSession, case_id: AnId, cursor: Cursor = "", limit: Limit = 100
) -> models.Leads:
    """List the leads of a case that you are in, in an order that says nothing of their scores."""
    return models.Leads.model_validate(verbs.list_leads(keep, session, CaseId(case_id), cursor=cursor, limit=limit))


@router.get("/leads/{lead_id}", responses=errors(Code.NOT_FOUND, *STORED))
def show_lead(keep: TheKeep, session: TheSession, lead_id: AnId) -> models.Lead:
    """Show one lead, as far as you may see it yet."""
    return models.Lead.model_validate(verbs.show_lead(keep, session, LeadId(lead_id)))


@router.post("/leads/{lead_id}/decisions", responses=errors(Code.CONFLICT, *_CHANGED))
def decide_lead(keep: TheKeep, session: TheSession, lead_id: AnId, body: models.LeadDecision) -> models.Lead:
    """Decide whether a lead is the person, without seeing what others decided. Nobody decides twice."""
    decided = verbs.decide_lead(keep, session, LeadId(lead_id), verdict=body.verdict, reason=body.reason)
    return models.Lead.model_validate(decided)


@router.post("/leads/{lead_id}/reveal", responses=errors(Code.PROOF_NEEDED, *_CHANGED))
def reveal_lead(keep: TheKeep, session: TheSession, lead_id: AnId, body: models.LeadReveal) -> models.Lead:
    """Let yourself see who a lead is, for a reason that is kept."""
    return models.Lead.model_validate(verbs.reveal_lead(keep, session, LeadId(lead_id), reason=body.reason))
