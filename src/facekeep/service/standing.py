"""Standing searches: ask for one with a photo, list, show, approve and end them, and read what they found.

The vault's views are handed on as they are: it has decided already what this caller may see of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from facekeep.service.collections import searchable
from facekeep.service.faces import Face, described
from facekeep.service.idempotency import Once, alone, recalled_bytes
from facekeep.service.keep import Keep
from facekeep.service.meaning import meaning_of_search
from facekeep.service.photos import UntrustedPhoto, analyzed, forget_templates, probe_face
from facekeep.service.retry import settled
from facekeep.terms import Box, CaseId, CollectionId, FaceId, PersonId, SessionToken, StandingId
from facekeep.vault.wire import (
    ApproveStanding,
    CreateStanding,
    EndStanding,
    HitPage,
    HitView,
    ListHits,
    ListStanding,
    ShowStanding,
    StandingPage,
    StandingShown,
    StandingView,
)

__all__ = [
    "Hit",
    "Hits",
    "StandingPage",
    "StandingView",
    "Wanted",
    "approve_standing",
    "create_standing",
    "end_standing",
    "list_hits",
    "list_standing",
    "show_standing",
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a standing search is to be. The face meant is the photo's only one, or chosen by index or box."""

    case_id: CaseId
    collection_ids: Sequence[CollectionId]
    reason: str = ""
    score_floor: float | None = None
    expires_at: str | None = None
    face_index: int | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A face that was enrolled later and looks like the probe: a lead, never an identification."""

    face_id: FaceId
    person_id: PersonId
    person_name: str
    collection_id: CollectionId
    score: float
    one_in: float | None
    meaning: str
    source: str
    captured_at: str
    quality: int
    quality_reasons: tuple[str, ...]
    legal_basis: str
    found_at: str


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of hits, oldest first; `next_cursor` is empty at the end."""

    items: tuple[Hit, ...]
    next_cursor: str


def create_standing(
    keep: Keep, session: SessionToken, asked: Once | None, untrusted_photo: UntrustedPhoto, wanted: Wanted
) -> StandingView:
    """A standing search for the one face that is meant; it waits for the approval of a second person.

    Raises
    ------
    FaceProblem
        `no_face`; `several_faces` where none was chosen.
    Refused
        `case_closed`, `budget_exhausted`.
    """
    with alone(keep, asked):
        made_before = None if asked is None else recalled_bytes(keep, session, asked)
        if made_before is not None:
            return show_standing(keep, session, StandingId(made_before.decode()))
        return _created(keep, session, asked, untrusted_photo, wanted)


def list_standing(
    keep: Keep, session: SessionToken, *, case_id: CaseId | None, cursor: str, limit: int
) -> StandingPage:
    """Those of one case, or all that the caller sees, after the cursor of the last page."""
    message = ListStanding(session=session, case_id=case_id or "", cursor=cursor, limit=limit)
    return keep.vault.call(message, StandingPage)


def show_standing(keep: Keep, session: SessionToken, standing_id: StandingId) -> StandingView:
    """One standing search. Raises `not_found` for one that the caller may not see."""
    return keep.vault.call(ShowStanding(session=session, standing_id=standing_id), StandingShown).standing


def approve_standing(keep: Keep, session: SessionToken, standing_id: StandingId) -> StandingView:
    """An active one. Raises `forbidden` for the person who asked."""
    return keep.vault.call(ApproveStanding(session=session, standing_id=standing_id), StandingShown).standing


def end_standing(keep: Keep, session: SessionToken, standing_id: StandingId) -> StandingView:
    """One that is over from now on; its probe is destroyed."""
    return keep.vault.call(EndStanding(session=session, standing_id=standing_id), StandingShown).standing


def list_hits(keep: Keep, session: SessionToken, standing_id: StandingId, *, cursor: str, limit: int) -> Hits:
    """What one found, with provenance and names, after the cursor of the last page."""

    def attempt() -> Hits:
        page = keep.vault.call(
            ListHits(session=session, standing_id=standing_id, cursor=cursor, limit=limit), HitPage
        )
        faces = described(keep, session, [one.candidate.place for one in page.items])
        shown = tuple(_hit(one, face) for one, face in zip(page.items, faces, strict=True))
        return Hits(shown, page.next_cursor)

    return settled(attempt)


def _created(
    keep: Keep, session: SessionToken, asked: Once | None, untrusted_photo: UntrustedPhoto, wanted: Wanted
) -> StandingView:
    searchable(keep, session, wanted.collection_ids)
    analysis = analyzed(keep, untrusted_photo, box=wanted.box, probes=True)
    try:
        probe = probe_face(analysis, wanted.face_index).probe
        message = CreateStanding(
            session=session,
            case_id=wanted.case_id,
            collection_ids=tuple(wanted.collection_ids),
            probe=probe.astype("<f4", copy=False).tobytes(),
            reason=wanted.reason,
            score_floor=wanted.score_floor,
            expires_at=wanted.expires_at,
            remember_key="" if asked is None else asked.key,
            remember_digest=b"" if asked is None else asked.digest,
        )
        return keep.vault.call(message, StandingShown).standing
    finally:
        forget_templates([analysis])


def _hit(one: HitView, face: Face) -> Hit:
    return Hit(
        face_id=face.face_id,
        person_id=face.person_id,
        person_name=face.person_name or "",
        collection_id=face.collection_id,
        score=one.candidate.score,
        one_in=one.candidate.one_in,
        meaning=meaning_of_search(one.candidate.one_in),
        source=face.source,
        captured_at=face.captured_at,
        quality=face.quality,
        quality_reasons=face.quality_reasons,
        legal_basis=face.legal_basis,
        found_at=one.found_at,
    )
