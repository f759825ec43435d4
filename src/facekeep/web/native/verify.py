"""/v1/verify"""

from typing import Annotated

from fastapi import APIRouter, Depends

from facekeep.errors import BadInput, Code
from facekeep.service import verify as verbs
from facekeep.terms import FaceId, PersonId
from facekeep.web.documented import ANY_PHOTO, ONE_FACE, SEARCHED, errors, form_body
from facekeep.web.forms import Form, form_of
from facekeep.web.native import models
from facekeep.web.native.search import as_case
from facekeep.web.parsed import TheKeep, TheSession, parse_json

router = APIRouter(prefix="/v1", tags=["search"])
VerifyForm = Annotated[Form, Depends(form_of("first", "second", "query"))]


@router.post(
    "/verify",
    responses=errors(*ANY_PHOTO, *ONE_FACE, *SEARCHED),
    openapi_extra=form_body({"first": "A photo."}, {"second": "The other photo."}, query=models.VerifyQuery),
)
def verify(keep: TheKeep, session: TheSession, form: VerifyForm) -> models.Verified:
    """Compare two photos, or a photo with an enrolled person or face. A score, not a verdict."""
    query: models.VerifyQuery = parse_json(models.VerifyQuery, form.json("query") or b"{}", "query")
    _require_one_target(form, query)
    return models.Verified.model_validate(_verified(keep, session, form, query))


def _verified(keep: TheKeep, session: TheSession, form: Form, query: models.VerifyQuery) -> verbs.Verified:
    first, index, case_id = form.photo("first"), query.first_face_index, as_case(query.case_id)
    if query.person_id is not None:
        person_id = PersonId(query.person_id)
        return verbs.verify_person(keep, session, first, person_id, face_index=index, case_id=case_id)
    if query.face_id is not None:
        face_id = FaceId(query.face_id)
        return verbs.verify_face(keep, session, first, face_id, face_index=index, case_id=case_id)
    second = form.photo("second")
    return verbs.verify_photos(
        keep, session, first, second, first_face_index=index, second_face_index=query.second_face_index
    )


def _require_one_target(form: Form, query: models.VerifyQuery) -> None:
    targets = bool(form.all("second")) + (query.person_id is not None) + (query.face_id is not None)
    if targets != 1:
        raise BadInput(Code.INVALID_REQUEST, "give a second photo, a person_id or a face_id: exactly one of them")
