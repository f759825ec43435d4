"""One person: their faces with where each comes from, and forgetting them, one face or all."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from facekeep.service import collections, faces, forget
from facekeep.service import persons as verbs
from facekeep.terms import CollectionId, FaceId, PersonId
from facekeep.web.console.gallery import PLACE, page_size, show_receipt
from facekeep.web.console.rendering import page
from facekeep.web.console.viewer import TheViewer
from facekeep.web.parsed import AnId, Cursor, TheKeep, TheSession

router = APIRouter(include_in_schema=False)


@router.get("/console/persons/{person_id}", name="console_person")
def show_person(
    *, request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, person_id: AnId, cursor: Cursor = ""
) -> Response:
    """A person and a page of their faces."""
    person = verbs.show_person(keep, session, PersonId(person_id))
    collection = collections.show_collection(keep, session, person.collection_id)
    size = page_size(collection.faces)
    found = faces.list_faces(keep, session, collection.collection_id, person.person_id, cursor=cursor, limit=size)
    today = datetime.now(UTC).date().isoformat()
    return page(request, "person", viewer=viewer, person=person, collection=collection, faces=found, today=today)


@router.post("/console/persons/{person_id}/forget", name="console_forget_person")
def forget_person(
    request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, person_id: AnId
) -> Response:
    """The receipt of a person who was forgotten with every face."""
    receipt = forget.forget_person(keep, session, PersonId(person_id))
    return show_receipt(request, viewer, person_id, receipt, what="person", back=PLACE)


@router.post("/console/faces/{face_id}/forget", name="console_forget_face")
def forget_face(request: Request, keep: TheKeep, session: TheSession, viewer: TheViewer, face_id: AnId) -> Response:
    """The receipt of one face that was forgotten."""
    whose = faces.place_of(keep, session, FaceId(face_id)).person_id
    receipt = forget.forget_face(keep, session, FaceId(face_id))
    return show_receipt(request, viewer, face_id, receipt, what="face", back=f"/console/persons/{whose}")


@router.get("/console/gallery/{collection_id}/persons/{person_id}/crop", name="console_person_crop")
def show_crop(keep: TheKeep, session: TheSession, collection_id: AnId, person_id: AnId) -> Response:
    """The cut-out of a person's first face: the one that counts as read where the name was."""
    first = faces.first_crop(keep, session, CollectionId(collection_id), PersonId(person_id))
    return Response(first, media_type="image/jpeg")
