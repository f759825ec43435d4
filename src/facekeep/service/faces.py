"""Enrolled faces: list, show, and the pictures kept of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facekeep.errors import BadInput, Code
from facekeep.service.cells import PersonRecord, opened, record
from facekeep.service.keep import Keep
from facekeep.service.retry import settled
from facekeep.terms import Box, CellId, CollectionId, FaceId, PersonId, SessionToken
from facekeep.vault.wire import FaceFacts, FacePage, FacePlace, FaceShown, ListFaces, ShowFace


@dataclass(frozen=True, slots=True)
class Face:
    """An enrolled face with its provenance. `person_name` is None where it was not asked for; dates are ISO 8601."""

    face_id: FaceId
    person_id: PersonId
    person_name: str | None
    collection_id: CollectionId
    box: Box | None
    quality: int
    quality_reasons: tuple[str, ...]
    source: str
    license: str
    legal_basis: str
    captured_at: str
    retain_until: str
    photo_name: str
    enrolled_at: str
    has_photo: bool


@dataclass(frozen=True, slots=True)
class Faces:
    """A page of faces; `next_cursor` is empty at the end."""

    items: tuple[Face, ...]
    next_cursor: str


def list_faces(
    keep: Keep,
    session: SessionToken,
    collection_id: CollectionId,
    person_id: PersonId | None,
    *,
    cursor: str,
    limit: int,
) -> Faces:
    """Faces of a collection, or of one person of it, after the cursor of the last page."""
    message = ListFaces(
        session=session,
        collection_id=collection_id,
        person_id=person_id,
        cursor=cursor,
        limit=limit,
        with_records=True,
    )

    def attempt() -> Faces:
        page = keep.vault.call(message, FacePage)
        return Faces(described(keep, session, page.items), page.next_cursor)

    return settled(attempt)


def show_face(keep: Keep, session: SessionToken, face_id: FaceId) -> Face:
    """One enrolled face with its provenance and the person's name."""
    return settled(lambda: described(keep, session, [place_of(keep, session, face_id)])[0])


def show_crop(keep: Keep, session: SessionToken, face_id: FaceId) -> bytes:
    """The cut-out of an enrolled face: a JPEG of at most 256 px a side."""
    return settled(lambda: _picture(keep, session, place_of(keep, session, face_id).crop_cell))


def first_crop(keep: Keep, session: SessionToken, collection_id: CollectionId, person_id: PersonId) -> bytes:
    """The cut-out of a person's first face; no other record of theirs is opened.

    Raises
    ------
    BadInput
        `not_found`: no such person, or nobody's face.
    """

    def attempt() -> bytes:
        message = ListFaces(session=session, collection_id=collection_id, person_id=person_id, limit=1)
        place = next(iter(keep.vault.call(message, FacePage).items), None)
        return _picture(keep, session, None if place is None else place.crop_cell)

    return settled(attempt)


def show_photo(keep: Keep, session: SessionToken, face_id: FaceId) -> bytes:
    """The whole photo an enrolled face came from, upright, a JPEG without metadata.

    Raises
    ------
    BadInput
        `not_found` where the collection's policy keeps no photos.
    """
    return settled(lambda: _picture(keep, session, place_of(keep, session, face_id).photo_cell))


def place_of(keep: Keep, session: SessionToken, face_id: FaceId) -> FacePlace:
    """Where a face lies. Raises `not_found`."""
    return keep.vault.call(ShowFace(session=session, face_id=face_id), FaceShown).face


def described(keep: Keep, session: SessionToken, places: Sequence[FacePlace]) -> tuple[Face, ...]:
    """The faces at `places` with provenance and names, opened with one call."""
    wanted = [cell for place in places for cell in (place.face_cell, place.person_cell)]
    plaintexts = opened(keep, session, wanted)
    return tuple(_described(place, plaintexts) for place in places)


def face_from(place: FacePlace, facts: FaceFacts, person_name: str | None) -> Face:
    """A face from its place, its facts and its person's name."""
    return Face(
        face_id=place.face_id,
        person_id=place.person_id,
        person_name=person_name,
        collection_id=place.collection_id,
        box=facts.box,
        quality=facts.quality,
        quality_reasons=facts.quality_reasons,
        source=facts.source,
        license=facts.license,
        legal_basis=facts.legal_basis,
        captured_at=facts.captured_at,
        retain_until=facts.retain_until,
        photo_name=facts.photo_name,
        enrolled_at=facts.enrolled_at,
        has_photo=place.photo_cell is not None,
    )


def _described(place: FacePlace, plaintexts: Mapping[CellId, bytes]) -> Face:
    facts = record(plaintexts, place.face_cell, FaceFacts)
    return face_from(place, facts, record(plaintexts, place.person_cell, PersonRecord).name)


def _picture(keep: Keep, session: SessionToken, cell_id: CellId | None) -> bytes:
    if cell_id is None:
        raise BadInput(Code.NOT_FOUND, "there is no such picture")
    return opened(keep, session, [cell_id])[cell_id]
