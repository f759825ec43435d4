"""Verify (1:1): are two photos, or a photo and somebody enrolled, likely to show one person? A score, not a verdict."""

from dataclasses import dataclass

from facekeep.errors import Code, Unavailable
from facekeep.service.collections import searchable, wire_contract
from facekeep.service.faces import place_of
from facekeep.service.keep import Keep
from facekeep.service.meaning import meaning_of_pair
from facekeep.service.photos import UntrustedPhoto, analyzed, forget_templates, probe_face
from facekeep.service.retry import settled
from facekeep.service.search import released
from facekeep.terms import CaseId, CollectionId, FaceId, PersonId, SessionToken
from facekeep.vault.wire import Compare, Compared, GrantSearch, PersonShown, ShowPerson

_WITHHELD = "withheld: too many different photos were compared with this record"


@dataclass(frozen=True, slots=True)
class Verified:
    """A score in [-1, 1], None where it is withheld, and what it means in words."""

    score: float | None
    one_in: float | None
    meaning: str
    entry: int


def verify_photos(
    keep: Keep,
    session: SessionToken,
    untrusted_first: UntrustedPhoto,
    untrusted_second: UntrustedPhoto,
    *,
    first_face_index: int | None = None,
    second_face_index: int | None = None,
) -> Verified:
    """The score of two photos, neither of which is enrolled. Raises `no_face` or `several_faces`.

    Both are probes, so that their order does not matter.
    """
    first = analyzed(keep, untrusted_first, probes=True)
    try:
        second = analyzed(keep, untrusted_second, probes=True)
        try:
            message = Compare(
                session=session,
                contract=wire_contract(keep.faces.contract),
                first=probe_face(first, first_face_index).probe.astype("<f4", copy=False).tobytes(),
                second=probe_face(second, second_face_index).probe.astype("<f4", copy=False).tobytes(),
            )
            answer = keep.vault.call(message, Compared)
        finally:
            forget_templates([second])
    finally:
        forget_templates([first])
    return Verified(answer.score, answer.one_in, meaning_of_pair(answer.one_in), answer.entry)


def verify_person(
    keep: Keep,
    session: SessionToken,
    untrusted_photo: UntrustedPhoto,
    person_id: PersonId,
    *,
    face_index: int | None = None,
    case_id: CaseId | None = None,
) -> Verified:
    """The best score of a photo against the faces of one enrolled person."""
    person = keep.vault.call(ShowPerson(session=session, person_id=person_id), PersonShown).person
    return _verified(
        keep,
        session,
        untrusted_photo,
        collection_id=person.collection_id,
        only=person_id,
        face_index=face_index,
        case_id=case_id,
    )


def verify_face(
    keep: Keep,
    session: SessionToken,
    untrusted_photo: UntrustedPhoto,
    face_id: FaceId,
    *,
    face_index: int | None = None,
    case_id: CaseId | None = None,
) -> Verified:
    """The score of a photo against one enrolled face."""
    place = place_of(keep, session, face_id)
    return _verified(
        keep,
        session,
        untrusted_photo,
        collection_id=place.collection_id,
        only=face_id,
        face_index=face_index,
        case_id=case_id,
    )


def _verified(
    keep: Keep,
    session: SessionToken,
    untrusted_photo: UntrustedPhoto,
    *,
    collection_id: CollectionId,
    only: PersonId | FaceId,
    face_index: int | None,
    case_id: CaseId | None,
) -> Verified:
    searchable(keep, session, [collection_id])
    analysis = analyzed(keep, untrusted_photo, probes=True)
    try:
        question = GrantSearch(
            session=session,
            collection_ids=(collection_id,),
            probes=probe_face(analysis, face_index).probe.astype("<f4", copy=False).tobytes(),
            top_k=1,
            only=only,
            case_id=case_id or "",
        )
        return settled(lambda: _compared(keep, question))
    finally:
        forget_templates([analysis])


def _compared(keep: Keep, question: GrantSearch) -> Verified:
    answer = released(keep, question)
    (shown,) = answer.lists
    if shown.candidates:
        best = shown.candidates[0]
        return Verified(best.score, best.one_in, meaning_of_pair(best.one_in), answer.entry)
    if shown.withheld:
        return Verified(None, None, _WITHHELD, answer.entry)
    raise Unavailable(Code.STALE, "the record was forgotten meanwhile; ask again")
