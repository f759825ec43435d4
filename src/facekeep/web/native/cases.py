"""/v1/cases"""

from fastapi import APIRouter, Request

from facekeep.errors import Code
from facekeep.service import cases as verbs
from facekeep.terms import CaseId
from facekeep.web.documented import WRITTEN, errors
from facekeep.web.native import case_models as models
from facekeep.web.parsed import AnId, Cursor, Limit, TheKeep, TheKey, TheSession, asked_once

router = APIRouter(prefix="/v1/cases", tags=["cases"])
_CHANGED = errors(Code.NOT_FOUND, Code.FORBIDDEN, Code.CASE_CLOSED, Code.DISK_FULL)


@router.post("", status_code=201, responses=errors(Code.NOT_FOUND, *WRITTEN))
def create_case(
    keep: TheKeep, session: TheSession, key: TheKey, request: Request, body: models.NewCase
) -> models.Case:
    """Open a case. You are its first member."""
    asked = asked_once(key, request, body.model_dump_json().encode())
    return models.Case.model_validate(verbs.create_case(keep, session, asked, **body.model_dump()))


@router.get("", responses=errors())
def list_cases(keep: TheKeep, session: TheSession, cursor: Cursor = "", limit: Limit = 100) -> models.Cases:
    """List the cases that you are in or oversee, oldest first."""
    return models.Cases.model_validate(verbs.list_cases(keep, session, cursor=cursor, limit=limit))


@router.get("/{case_id}", responses=errors(Code.NOT_FOUND))
def show_case(keep: TheKeep, session: TheSession, case_id: AnId) -> models.Case:
    """Show one case."""
    return models.Case.model_validate(verbs.show_case(keep, session, CaseId(case_id)))


@router.patch("/{case_id}", responses=_CHANGED)
def change_case(keep: TheKeep, session: TheSession, case_id: AnId, body: models.CaseChange) -> models.Case:
    """Extend or shorten an open case, or give it another limit."""
    changed = verbs.change_case(keep, session, CaseId(case_id), **body.model_dump())
    return models.Case.model_validate(changed)


@router.post("/{case_id}/members", responses=_CHANGED)
def change_case_members(keep: TheKeep, session: TheSession, case_id: AnId, body: models.CaseMembers) -> models.Case:
    """Add members to an open case, or take some out of it. Doing it twice does no more."""
    changed = verbs.change_case(keep, session, CaseId(case_id), add_members=body.add, remove_members=body.remove)
    return models.Case.model_validate(changed)


@router.post("/{case_id}/close", responses=_CHANGED)
def close_case(keep: TheKeep, session: TheSession, case_id: AnId) -> models.Case:
    """Close a case: nothing is searched in it any more, and its records will be forgotten."""
    return models.Case.model_validate(verbs.close_case(keep, session, CaseId(case_id)))
