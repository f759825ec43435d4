"""Enroll photos into a collection: find the face, judge it, seal it, store it, and only then acknowledge.

One bad photo never stops the others: it is answered with its reason. What was accepted is sealed by the vault as one
batch, stored durably, and made live in one step; if anything fails before that step, nothing was enrolled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from facekeep.errors import BadInput, Code, FacekeepError
from facekeep.faces import DetectedFace, PhotoAnalysis
from facekeep.service.cells import keep_batch
from facekeep.service.collections import Collection, check_model, show_collection
from facekeep.service.faces import Face, face_from
from facekeep.service.idempotency import Once, alone, recalled, remembering
from facekeep.service.keep import Keep
from facekeep.service.photos import UntrustedPhoto, WhichFace, faces_to_enroll, forget_templates
from facekeep.service.refusals import FaceProblem, FaceSeen
from facekeep.terms import Box, CollectionId, PersonId, SessionToken
from facekeep.vault.wire import MAX_FACES_A_BATCH, FaceDraft, FaceFacts, SealedBatch, SealFaces

_LARGEST_BATCH = 160_000_000  # bytes of pictures; with the templates it must fit one frame to the vault


@dataclass(frozen=True, slots=True)
class PhotoToEnroll:
    """A photo and what is known of it. The person is an id, or a name within the collection, or nobody yet.

    `refusal` is set where the photo was refused before it got here (too many bytes); it is then answered with that.
    """

    untrusted_photo: UntrustedPhoto
    person_id: PersonId | None = None
    person_name: str = ""
    source: str = ""
    license: str = ""
    legal_basis: str = ""
    captured_at: str = ""
    retain_until: str = ""
    photo_name: str = ""
    which_face: WhichFace = WhichFace.ONLY
    box: Box | None = None
    refusal: BadInput | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a photo was not enrolled, and the faces in question."""

    code: Code
    message: str
    faces: tuple[FaceSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class PhotoEnrolled:
    """What became of one photo: its enrolled faces, or the reason why there are none; and advice in words."""

    photo_name: str
    faces: tuple[Face, ...]
    refused: Refusal | None
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Enrollment:
    """What became of every photo, in the order given.

    `entry` is the log entry of the commit; None where nothing was enrolled, and in a remembered answer.
    """

    photos: tuple[PhotoEnrolled, ...]
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class _Accepted:
    """The faces of one photo that will be enrolled. `photo_jpeg` is empty where no photo is kept."""

    faces: tuple[DetectedFace, ...]
    photo_jpeg: bytes
    advice: tuple[str, ...]


def enroll(
    keep: Keep,
    session: SessionToken,
    collection_id: CollectionId,
    photos: Sequence[PhotoToEnroll],
    *,
    now: datetime,
    asked: Once | None = None,
) -> Enrollment:
    """Enroll every photo that holds a good enough face; what is in the answer is durable and searchable.

    Raises
    ------
    BadInput
        `not_found`, `model_mismatch`, `request_too_large`, `idempotency_mismatch`.
    Unavailable
        The vault or the store did not take the batch. Nothing was enrolled; it is safe to send it again.
    """
    with alone(keep, asked):
        before = recalled(keep, session, asked, Enrollment)
        return before or _enrolled_now(keep, session, collection_id, photos, now=now, asked=asked)


def _enrolled_now(
    keep: Keep,
    session: SessionToken,
    collection_id: CollectionId,
    photos: Sequence[PhotoToEnroll],
    *,
    now: datetime,
    asked: Once | None,
) -> Enrollment:
    collection = show_collection(keep, session, collection_id)
    check_model(keep, collection)
    analyses = _analyses(keep, photos, keep_photos=collection.policy.keep_photos)
    try:
        judged = [_judged(photo, one, collection) for photo, one in zip(photos, analyses, strict=True)]
        return _sealed(keep, session, collection_id, photos, judged, now=now, asked=asked)
    finally:
        forget_templates(analyses)


def _analyses(
    keep: Keep, photos: Sequence[PhotoToEnroll], *, keep_photos: bool
) -> list[PhotoAnalysis | FacekeepError]:
    """One analysis or error a photo. Photos with a box of their own go alone: a box belongs to one photo."""
    results: dict[int, PhotoAnalysis | FacekeepError] = {
        place: photo.refusal for place, photo in enumerate(photos) if photo.refusal is not None
    }
    together = [place for place, photo in enumerate(photos) if place not in results and photo.box is None]
    found = keep.faces.analyze([bytes(photos[place].untrusted_photo) for place in together], keep_photo=keep_photos)
    results.update(zip(together, found, strict=True))
    for place, photo in enumerate(photos):
        if place not in results:
            results[place] = _analyzed_alone(keep, photo, keep_photos=keep_photos)
    return [results[place] for place in range(len(photos))]


def _analyzed_alone(keep: Keep, photo: PhotoToEnroll, *, keep_photos: bool) -> PhotoAnalysis | FacekeepError:
    return keep.faces.analyze([bytes(photo.untrusted_photo)], box=photo.box, keep_photo=keep_photos)[0]


def _judged(
    photo: PhotoToEnroll, analysis: PhotoAnalysis | FacekeepError, collection: Collection
) -> _Accepted | Refusal:
    if isinstance(analysis, BadInput):
        return Refusal(analysis.code, analysis.message)
    if isinstance(analysis, FacekeepError):
        raise analysis
    try:
        good = faces_to_enroll(analysis, photo.which_face, minimum_quality=collection.policy.minimum_quality)
        _require_one_person_a_face(photo, good)
    except FaceProblem as problem:
        return Refusal(problem.code, problem.message, problem.faces)
    return _Accepted(good, analysis.photo_jpeg, analysis.advice)


def _require_one_person_a_face(photo: PhotoToEnroll, faces: Sequence[DetectedFace]) -> None:
    if len(faces) > 1 and (photo.person_id or photo.person_name):
        text = f"the photo shows {len(faces)} faces, and they cannot all be the one person named"
        raise FaceProblem(Code.SEVERAL_FACES, text)


def _sealed(
    keep: Keep,
    session: SessionToken,
    collection_id: CollectionId,
    photos: Sequence[PhotoToEnroll],
    judged: Sequence[_Accepted | Refusal],
    *,
    now: datetime,
    asked: Once | None,
) -> Enrollment:
    """Seal, store, commit: one batch for all that was accepted."""
    kept = [one.photo_jpeg for one in judged if isinstance(one, _Accepted) and one.photo_jpeg]
    drafts = _drafts(photos, judged, now)
    if not drafts:
        return Enrollment(_answers(photos, judged, drafts, None))
    _require_one_frame(drafts, kept)
    message = SealFaces(session=session, collection_id=collection_id, faces=tuple(drafts), photos=tuple(kept))
    batch = keep.vault.call(message, SealedBatch)
    answer = Enrollment(_answers(photos, judged, drafts, batch))
    done = keep_batch(keep, session, batch, remembering(asked, answer))
    keep.chores.wake.set()  # small blocks may be worth merging
    keep.chores.look_out.set()  # standing searches have not seen these faces
    return Enrollment(answer.photos, done.entry)


def _drafts(
    photos: Sequence[PhotoToEnroll], judged: Sequence[_Accepted | Refusal], now: datetime
) -> list[FaceDraft]:
    drafts: list[FaceDraft] = []
    kept = 0
    for photo, one in zip(photos, judged, strict=True):
        if isinstance(one, Refusal):
            continue
        place = kept if one.photo_jpeg else None
        drafts.extend(_draft(photo, face, place, now) for face in one.faces)
        kept += 1 if one.photo_jpeg else 0
    return drafts


def _draft(photo: PhotoToEnroll, face: DetectedFace, place: int | None, now: datetime) -> FaceDraft:
    facts = FaceFacts(
        source=photo.source,
        license=photo.license,
        legal_basis=photo.legal_basis,
        captured_at=photo.captured_at,
        retain_until=photo.retain_until,
        photo_name=photo.photo_name,
        box=face.box,
        quality=face.quality.score,
        quality_reasons=face.quality.reasons,
        enrolled_at=now.date().isoformat(),
    )
    return FaceDraft(
        template=face.template.astype("<f4", copy=False).tobytes(),
        crop=face.crop_jpeg,
        facts=facts,
        person_id=photo.person_id,
        person_name=photo.person_name,
        photo=place,
    )


def _require_one_frame(drafts: Sequence[FaceDraft], kept: Sequence[bytes]) -> None:
    pictures = sum(len(draft.crop) for draft in drafts) + sum(len(photo) for photo in kept)
    if len(drafts) > MAX_FACES_A_BATCH or pictures > _LARGEST_BATCH:
        text = f"{len(drafts)} faces and {pictures} bytes of pictures are too many for one request; send fewer photos"
        raise BadInput(Code.REQUEST_TOO_LARGE, text)


def _answers(
    photos: Sequence[PhotoToEnroll],
    judged: Sequence[_Accepted | Refusal],
    drafts: Sequence[FaceDraft],
    batch: SealedBatch | None,
) -> tuple[PhotoEnrolled, ...]:
    """One answer a photo. The batch's places come in the order of the drafts."""
    places = () if batch is None else batch.places
    faces = iter(
        [
            face_from(place, draft.facts, draft.person_name or None)
            for place, draft in zip(places, drafts, strict=True)
        ]
    )
    return tuple(
        PhotoEnrolled(photo.photo_name, (), one)
        if isinstance(one, Refusal)
        else PhotoEnrolled(photo.photo_name, tuple(next(faces) for _ in one.faces), None, one.advice)
        for photo, one in zip(photos, judged, strict=True)
    )
