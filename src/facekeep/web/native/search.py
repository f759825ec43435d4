"""/v1/search, and the search by an enrolled face"""

from typing import Annotated

from fastapi import APIRouter, Depends

from facekeep.errors import BadInput, Code
from facekeep.service import search as verbs
from facekeep.terms import CaseId, CollectionId, FaceId
from facekeep.web.documented import ANY_PHOTO, ONE_FACE, SEARCHED, errors, form_body
from facekeep.web.forms import Form, form_of
from facekeep.web.native import models
from facekeep.web.native.faces import as_box
from facekeep.web.parsed import AnId, TheKeep, TheSession, parse_json

router = APIRouter(prefix="/v1", tags=["search"])
SearchForm = Annotated[Form, Depends(form_of("photo", "query"))]


@router.post(
    "/search",
    responses=errors(*ANY_PHOTO, *ONE_FACE, *SEARCHED),
    openapi_extra=form_body({"photo": "The photo of the probe.", "query": ""}, query=models.PhotoQuery),
)
def search(keep: TheKeep, session: TheSession, form: SearchForm) -> models.FoundByPhoto:
    """Search collections for the person on a photo. Candidates are leads; people decide."""
    query = _query(form.json("query"))
    answer = verbs.search_by_photo(
        keep,
        session,
        [CollectionId(one) for one in query.collection_ids],
        form.photo("photo"),
        case_id=as_case(query.case_id),
        probe_captured_at=query.probe_captured_at,
        top_k=query.top_k,
        score_floor=query.score_floor,
        face_index=query.face_index,
        box=as_box(query.box),
    )
    face = models.FaceSeen.model_validate(answer.probe.face)
    return models.FoundByPhoto(
        probe=models.Probe(**face.model_dump(), face_index=answer.probe.face_index),
        faces_found=[models.FaceSeen.model_validate(one) for one in answer.faces_found],
        **models.Found.model_validate(answer.found).model_dump(),
    )


@router.post("/faces/{face_id}/search", responses=errors(*SEARCHED))
def search_by_face(keep: TheKeep, session: TheSession, face_id: AnId, body: models.FaceQuery) -> models.Found:
    """Search collections for the person of an enrolled face; the face itself is left out."""
    found = verbs.search_by_face(
        keep,
        session,
        [CollectionId(one) for one in body.collection_ids],
        FaceId(face_id),
        case_id=as_case(body.case_id),
        probe_captured_at=body.probe_captured_at,
        top_k=body.top_k,
        score_floor=body.score_floor,
    )
    return models.Found.model_validate(found)


def as_case(case_id: str | None) -> CaseId | None:
    """The case that a request names, if any."""
    return None if case_id is None else CaseId(case_id)


def _query(untrusted: bytes | None) -> models.PhotoQuery:
    if untrusted is None:
        raise BadInput(Code.INVALID_REQUEST, "the form needs a part named query that says what to search")
    query: models.PhotoQuery = parse_json(models.PhotoQuery, untrusted, "query")
    if query.box is not None and query.face_index is not None:
        raise BadInput(Code.INVALID_REQUEST, "query: give face_index or box, not both")
    return query
