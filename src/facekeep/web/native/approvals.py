"""/v1/approvals"""

from fastapi import APIRouter, Request

from facekeep.errors import Code
from facekeep.service import cases as verbs
from facekeep.terms import ApprovalId, CaseId, CollectionId
from facekeep.web.documented import WRITTEN, errors
from facekeep.web.native import case_models as models
from facekeep.web.parsed import AnId, Cursor, Limit, TheKeep, TheKey, TheSession, asked_once

router = APIRouter(prefix="/v1/approvals", tags=["cases"])


@router.post("", status_code=201, responses=errors(Code.NOT_FOUND, Code.CASE_CLOSED, *WRITTEN))
def request_approval(
    keep: TheKeep, session: TheSession, key: TheKey, request: Request, body: models.NewApproval
) -> models.Approval:
    """Ask that a collection may be searched in one of your cases."""
    made = verbs.request_approval(
        keep,
        session,
        asked_once(key, request, body.model_dump_json().encode()),
        case_id=CaseId(body.case_id),
        collection_id=CollectionId(body.collection_id),
        reason=body.reason,
    )
    return models.Approval.model_validate(made)


@router.get("", responses=errors())
def list_approvals(keep: TheKeep, session: TheSession, cursor: Cursor = "", limit: Limit = 100) -> models.Approvals:
    """List the requests of your cases, or all that you may decide or oversee, oldest first."""
    return models.Approvals.model_validate(verbs.list_approvals(keep, session, cursor=cursor, limit=limit))


@router.get("/{approval_id}", responses=errors(Code.NOT_FOUND))
def show_approval(keep: TheKeep, session: TheSession, approval_id: AnId) -> models.Approval:
    """Show one request."""
    return models.Approval.model_validate(verbs.show_approval(keep, session, ApprovalId(approval_id)))


@router.post(
    "/{approval_id}/decision",
    responses=errors(
        Code.NOT_FOUND, Code.FORBIDDEN, Code.PROOF_NEEDED, Code.CONFLICT, Code.CASE_CLOSED, Code.DISK_FULL
    ),
)
def decide_approval(
    keep: TheKeep, session: TheSession, approval_id: AnId, body: models.Decision
) -> models.Approval:
    """Approve or refuse what another person asked for. Your own requests are for others to decide."""
    decided = verbs.decide_approval(keep, session, ApprovalId(approval_id), approved=body.approved)
    return models.Approval.model_validate(decided)
