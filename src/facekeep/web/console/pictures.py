"""Pictures of enrolled faces: decrypted for one answer, kept by nobody (`no-store`)."""

from fastapi import APIRouter, Response

from facekeep.service import faces as verbs
from facekeep.terms import FaceId
from facekeep.web.parsed import AnId, TheKeep, TheSession

router = APIRouter(include_in_schema=False)


@router.get("/console/faces/{face_id}/crop", name="console_crop")
def show_crop(keep: TheKeep, session: TheSession, face_id: AnId) -> Response:
    """The cut-out of a face, at most 256 px a side."""
    return Response(verbs.show_crop(keep, session, FaceId(face_id)), media_type="image/jpeg")


@router.get("/console/faces/{face_id}/photo", name="console_photo")
def show_photo(keep: TheKeep, session: TheSession, face_id: AnId) -> Response:
    """The whole photo, where the collection keeps photos."""
    return Response(verbs.show_photo(keep, session, FaceId(face_id)), media_type="image/jpeg")
