"""/v1/faces, the faces of a collection, and detection"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from facekeep.errors import BadInput, Code
from facekeep.service import detect as detection
from facekeep.service import enroll as enrollment
from facekeep.service import faces as verbs
from facekeep.service import forget
from facekeep.service.photos import WhichFace
from facekeep.terms import Box, CollectionId, FaceId, PersonId
from facekeep.web.documented import ANY_PHOTO, JPEG, SHOWN, STORED, WRITTEN, errors, form_body
from facekeep.web.forms import Form, Part, form_of
from facekeep.web.native import models
from facekeep.web.parsed import ID_PATTERN, AnId, Cursor, Limit, TheKeep, TheKey, TheSession, asked_once, parse_json
from facekeep.web.problems import problem

router = APIRouter(prefix="/v1", tags=["faces"])
PhotoForm = Annotated[Form, Depends(form_of("photo"))]
EnrollForm = Annotated[Form, Depends(form_of("metadata", "photo"))]
OnePerson = Annotated[str | None, Query(pattern=ID_PATTERN, description="Only this person's faces.")]


@router.post(
    "/collections/{collection_id}/faces",
    responses=errors(Code.NOT_FOUND, Code.MODEL_MISMATCH, *WRITTEN),
    openapi_extra=form_body(
        {"metadata": "A JSON array: one PhotoMetadata for each photo, in order.", "photo": "1 to 16 photos."}
    ),
)
def enroll(
    *, keep: TheKeep, session: TheSession, key: TheKey, request: Request, collection_id: AnId, form: EnrollForm
) -> models.Enrollment:
    """Enroll photos. A photo that is refused is answered with its problem and does not stop the others."""
    parts = form.all("photo")
    _require_count(parts, keep.settings.http.max_photos_a_request)
    untrusted_metadata = form.json("metadata") or b"[]"
    metadata: list[models.PhotoMetadata] = parse_json(list[models.PhotoMetadata], untrusted_metadata, "metadata")
    if len(metadata) != len(parts):
        text = f"metadata describes {len(metadata)} photos, the form has {len(parts)}"
        raise BadInput(Code.INVALID_REQUEST, text)
    answer = enrollment.enroll(
        keep,
        session,
        CollectionId(collection_id),
        [_photo(part, known) for part, known in zip(parts, metadata, strict=True)],
        now=datetime.now(UTC),
        asked=asked_once(key, request, untrusted_metadata, *(part.data for part in parts)),
    )
    return models.Enrollment(photos=[_enrolled(one) for one in answer.photos], entry=answer.entry)


@router.get("/collections/{collection_id}/faces", responses=errors(Code.NOT_FOUND, *SHOWN))
def list_faces(
    *,
    keep: TheKeep,
    session: TheSession,
    collection_id: AnId,
    person_id: OnePerson = None,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> models.Faces:
    """List the faces of a collection, or of one person of it, in order of enrollment."""
    person = None if person_id is None else PersonId(person_id)
    page = verbs.list_faces(keep, session, CollectionId(collection_id), person, cursor=cursor, limit=limit)
    return models.Faces.model_validate(page)


@router.get("/faces/{face_id}", responses=errors(Code.NOT_FOUND, *SHOWN))
def show_face(keep: TheKeep, session: TheSession, face_id: AnId) -> models.Face:
    """Show one enrolled face with its provenance."""
    return models.Face.model_validate(verbs.show_face(keep, session, FaceId(face_id)))


@router.delete("/faces/{face_id}", responses=errors(Code.NOT_FOUND, Code.FORBIDDEN))
def forget_face(keep: TheKeep, session: TheSession, face_id: AnId) -> models.Receipt:
    """Forget one face."""
    return models.Receipt.model_validate(forget.forget_face(keep, session, FaceId(face_id)))


@router.get(
    "/faces/{face_id}/crop", response_class=Response, responses={**errors(Code.NOT_FOUND, *STORED), 200: JPEG}
)
def show_crop(keep: TheKeep, session: TheSession, face_id: AnId) -> Response:
    """The cut-out of an enrolled face: at most 256 px a side."""
    return Response(verbs.show_crop(keep, session, FaceId(face_id)), media_type="image/jpeg")


@router.get(
    "/faces/{face_id}/photo", response_class=Response, responses={**errors(Code.NOT_FOUND, *SHOWN), 200: JPEG}
)
def show_photo(keep: TheKeep, session: TheSession, face_id: AnId) -> Response:
    """The whole photo, upright and without metadata, where the collection keeps photos."""
    return Response(verbs.show_photo(keep, session, FaceId(face_id)), media_type="image/jpeg")


@router.post("/detect", responses=errors(*ANY_PHOTO), openapi_extra=form_body({"photo": "The photo."}))
def detect(keep: TheKeep, session: TheSession, form: PhotoForm) -> models.Detection:
    """Find the faces on a photo. Nothing is searched or stored."""
    return models.Detection.model_validate(detection.detect(keep, session, form.photo("photo")))


def as_box(asked: models.BoxAsked | None) -> Box | None:
    """The box a caller drew, if any."""
    return None if asked is None else Box(asked.left, asked.top, asked.width, asked.height)


def _require_count(parts: Sequence[Part], most: int) -> None:
    if not 1 <= len(parts) <= most:
        raise BadInput(Code.INVALID_REQUEST, f"expected 1 to {most} photos, got {len(parts)}")


def _photo(part: Part, known: models.PhotoMetadata) -> enrollment.PhotoToEnroll:
    return enrollment.PhotoToEnroll(
        untrusted_photo=part.data,
        person_id=None if known.person_id is None else PersonId(known.person_id),
        person_name=known.person_name or "",
        source=known.source,
        license=known.license,
        legal_basis=known.legal_basis,
        captured_at=known.captured_at,
        retain_until=known.retain_until,
        photo_name=known.photo_name,
        which_face=WhichFace(known.which_face),
        box=as_box(known.box),
        refusal=part.refusal,
    )


def _enrolled(one: enrollment.PhotoEnrolled) -> models.PhotoEnrolled:
    refused = None
    if one.refused is not None:
        told = problem(one.refused.code, one.refused.message, faces=one.refused.faces)
        refused = models.Problem.model_validate(told)
    return models.PhotoEnrolled(
        photo_name=one.photo_name,
        faces=[models.Face.model_validate(face) for face in one.faces],
        refused=refused,
        advice=list(one.advice),
    )
