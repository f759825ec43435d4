"""/v1/standing-searches, and those of a case"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from facekeep.errors import BadInput, Code
from facekeep.service import standing as verbs
from facekeep.terms import CaseId, CollectionId, StandingId
from facekeep.web.documented import ANY_PHOTO, ONE_FACE, STORED, WRITTEN, errors, form_body
from facekeep.web.forms import Form, form_of
from facekeep.web.native import standing_models as models
from facekeep.web.native.faces import as_box
from facekeep.web.parsed import AnId, Cursor, Limit, TheKeep, TheKey, TheSession, asked_once, parse_json

router = APIRouter(prefix="/v1", tags=["standing searches"])
StandingForm = Annotated[Form, Depends(form_of("photo", "query"))]
_BUDGET = (Code.NOT_FOUND, Code.MODEL_MISMATCH, Code.CASE_CLOSED, Code.BUDGET_EXHAUSTED)


@router.post(
    "/cases/{case_id}/standing-searches",
    status_code=201,
    responses=errors(*ANY_PHOTO, *ONE_FACE, *_BUDGET, *WRITTEN),
    openapi_extra=form_body({"photo": "The photo of the probe.", "query": ""}, query=models.StandingQuery),
)
def create_standing_search(  # noqa: PLR0917 - the framework's arguments
    keep: TheKeep, session: TheSession, key: TheKey, request: Request, case_id: AnId, form: StandingForm
) -> models.StandingSearch:
    """Keep looking for the person on a photo among the faces that are enrolled from now on.

    It begins when a second person approves it.
    """
    untrusted_query, photo = form.json("query"), form.photo("photo")
    query = _query(untrusted_query)
    wanted = verbs.Wanted(
        case_id=CaseId(case_id),
        collection_ids=[CollectionId(one) for one in query.collection_ids],
        reason=query.reason,
        score_floor=query.score_floor,
        expires_at=query.expires_at,
        face_index=query.face_index,
        box=as_box(query.box),
    )
    asked = asked_once(key, request, untrusted_query or b"", photo)
    return models.StandingSearch.model_validate(verbs.create_standing(keep, session, asked, photo, wanted))


@router.get("/cases/{case_id}/standing-searches", responses=errors(Code.NOT_FOUND))
def list_standing_searches_of_case(
    keep: TheKeep, session: TheSession, case_id: AnId, cursor: Cursor = "", limit: Limit = 100
) -> models.StandingSearches:
    """List the standing searches of one case, oldest first."""
    found = verbs.list_standing(keep, session, case_id=CaseId(case_id), cursor=cursor, limit=limit)
    return models.StandingSearches.model_validate(found)


@router.get("/standing-searches", responses=errors())
def list_standing_searches(
    keep: TheKeep, session: TheSession, cursor: Cursor = "", limit: Limit = 100
) -> models.StandingSearches:
    """List the standing searches of your cases, or all that you may approve or oversee, oldest first."""
    found = verbs.list_standing(keep, session, case_id=None, cursor=cursor, limit=limit)
    return models.StandingSearches.model_validate(found)


@router.get("/standing-searches/{standing_id}", responses=errors(Code.NOT_FOUND))
def show_standing_search(keep: TheKeep, session: TheSession, standing_id: AnId) -> models.StandingSearch:
    """Show one standing search."""
    return models.StandingSearch.model_validate(verbs.show_standing(keep, session, StandingId(standing_id)))


@router.post(
    "/standing-searches/{standing_id}/approve",
    responses=errors(
        Code.NOT_FOUND, Code.FORBIDDEN, Code.PROOF_NEEDED, Code.CONFLICT, Code.CASE_CLOSED, Code.DISK_FULL
    ),
)
def approve_standing_search(keep: TheKeep, session: TheSession, standing_id: AnId) -> models.StandingSearch:
    """Let begin what another person asked for. Your own are for others to approve."""
    return models.StandingSearch.model_validate(verbs.approve_standing(keep, session, StandingId(standing_id)))


@router.post(
    "/standing-searches/{standing_id}/end",
    responses=errors(Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT, Code.DISK_FULL),
)
def end_standing_search(keep: TheKeep, session: TheSession, standing_id: AnId) -> models.StandingSearch:
    """End one for good: as a member of its case, or to refuse or withdraw approval. Its probe is destroyed."""
    return models.StandingSearch.model_validate(verbs.end_standing(keep, session, StandingId(standing_id)))


@router.get("/standing-searches/{standing_id}/hits", responses=errors(Code.NOT_FOUND, *STORED))
def list_hits(
    keep: TheKeep, session: TheSession, standing_id: AnId, cursor: Cursor = "", limit: Limit = 100
) -> models.Hits:
    """List what one found, oldest first; for members of its case. Hits are leads; people decide."""
    found = verbs.list_hits(keep, session, StandingId(standing_id), cursor=cursor, limit=limit)
    return models.Hits.model_validate(found)


def _query(untrusted: bytes | None) -> models.StandingQuery:
    if untrusted is None:
        raise BadInput(Code.INVALID_REQUEST, "the form needs a part named query that says what to search")
    query: models.StandingQuery = parse_json(models.StandingQuery, untrusted, "query")
    if query.box is not None and query.face_index is not None:
        raise BadInput(Code.INVALID_REQUEST, "query: give face_index or box, not both")
    return query
