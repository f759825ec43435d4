"""Leads: list, show, decide, reveal. The vault has decided already what this caller may see of each.

Who a lead is stays hidden, where its collection asks for that, until this caller revealed it: then its records open
like anybody's. Until then the vault tells the quality and the date of its photo, and nothing else of the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from facekeep.errors import Code, FacekeepError, Unavailable
from facekeep.service.age_gap import years_apart
from facekeep.service.cells import fetch
from facekeep.service.faces import Face, described
from facekeep.service.keep import Keep
from facekeep.service.meaning import meaning_of_search
from facekeep.service.retry import settled
from facekeep.terms import CaseId, CollectionId, FaceId, LeadId, MemberId, PersonId, SessionToken
from facekeep.vault.wire import (
    DecideLead,
    DecisionView,
    DescribeLeads,
    FacePlace,
    LeadPage,
    LeadPhoto,
    LeadsDescribed,
    LeadShown,
    LeadView,
    ListLeads,
    RevealLead,
    RevealView,
    ShowLead,
    Verdict,
)

__all__ = [
    "Identity",
    "Known",
    "Lead",
    "LeadPage",
    "LeadView",
    "Leads",
    "decide_lead",
    "known_of",
    "list_leads",
    "list_states",
    "reveal_lead",
    "show_lead",
]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a revealed face is."""

    person_name: str
    source: str
    license: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Known:
    """What this caller may know of an enrolled face; `identity` is None where it is hidden."""

    quality: int
    quality_reasons: tuple[str, ...]
    captured_at: str
    identity: Identity | None


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead as this caller may see it: never an identification.

    `score`, `one_in` and `meaning` are None, and `decisions` empty, until the caller decided or it is agreed; whoever's
    search found it sees the score. `years_apart` is between the two photos, None where a date is not known.
    """

    lead_id: LeadId
    case_id: CaseId
    collection_id: CollectionId
    face_id: FaceId
    person_id: PersonId
    state: str
    verdict: Verdict | None
    may_decide: bool
    found_by: MemberId
    found_at: str
    gallery: int
    floor: float
    model: str
    is_blind: bool
    score: float | None
    one_in: float | None
    meaning: str | None
    quality: int
    quality_reasons: tuple[str, ...]
    captured_at: str
    probe_captured_at: str
    years_apart: float | None
    revealed: bool
    identity: Identity | None
    decisions: tuple[DecisionView, ...]
    reveals: tuple[RevealView, ...]


@dataclass(frozen=True, slots=True)
class Leads:
    """A page of leads; `next_cursor` is empty at the end."""

    items: tuple[Lead, ...]
    next_cursor: str


def list_leads(keep: Keep, session: SessionToken, case_id: CaseId, *, cursor: str, limit: int) -> Leads:
    """The leads of a case of the caller's, in an order that says nothing of their scores."""
    message = ListLeads(session=session, case_id=case_id, cursor=cursor, limit=limit)

    def attempt() -> Leads:
        page = keep.vault.call(message, LeadPage)
        return Leads(_described(keep, session, page.items), page.next_cursor)

    return settled(attempt)


def list_states(keep: Keep, session: SessionToken, case_id: CaseId, *, cursor: str, limit: int) -> LeadPage:
    """How far the leads of a case of the caller's are. No record of theirs is opened, so that none counts as read."""
    return keep.vault.call(ListLeads(session=session, case_id=case_id, cursor=cursor, limit=limit), LeadPage)


def show_lead(keep: Keep, session: SessionToken, lead_id: LeadId) -> Lead:
    """One lead. Raises `not_found` for one of a case that the caller is not in."""
    message = ShowLead(session=session, lead_id=lead_id)
    return settled(lambda: _described(keep, session, [keep.vault.call(message, LeadShown).lead])[0])


def decide_lead(keep: Keep, session: SessionToken, lead_id: LeadId, *, verdict: Verdict, reason: str) -> Lead:
    """The lead after the caller's decision, which is never taken back.

    Raises
    ------
    Refused
        `forbidden`: somebody else must decide now; `case_closed`.
    BadInput
        `conflict`: it is agreed already; `not_found`.
    """
    message = DecideLead(session=session, lead_id=lead_id, verdict=verdict, reason=reason)
    decided = keep.vault.call(message, LeadShown).lead
    return settled(lambda: _described(keep, session, [decided])[0])


def reveal_lead(keep: Keep, session: SessionToken, lead_id: LeadId, *, reason: str) -> Lead:
    """The lead with who it is. The reason is kept, and the reveal is in the log."""
    revealed = keep.vault.call(RevealLead(session=session, lead_id=lead_id, reason=reason), LeadShown).lead
    return settled(lambda: _described(keep, session, [revealed])[0])


def known_of(
    keep: Keep, session: SessionToken, shown: Sequence[tuple[FacePlace, LeadId | None, bool]]
) -> tuple[Known, ...]:
    """What the caller may know of faces, each given with its lead and whether it is revealed.

    Hidden ones are asked for by their leads; a hidden face that is nobody's lead does not come up.
    """
    faces = iter(described(keep, session, [place for place, _, revealed in shown if revealed]))
    photos = iter(_photos(keep, session, [(place, lead) for place, lead, revealed in shown if not revealed and lead]))
    return tuple(_known(next(faces)) if revealed else _hidden(next(photos)) for _, _, revealed in shown)


def _photos(
    keep: Keep, session: SessionToken, hidden: Sequence[tuple[FacePlace, LeadId]]
) -> tuple[LeadPhoto, ...]:
    """What is told of hidden photos. Raises `stale` where one was forgotten since it was listed."""
    if not hidden:
        return ()
    cells = fetch(keep, [place.face_cell for place, _ in hidden])
    message = DescribeLeads(session=session, lead_ids=tuple(lead for _, lead in hidden), cells=cells)
    try:
        return keep.vault.call(message, LeadsDescribed).photos
    except FacekeepError as error:
        if error.code is Code.NOT_FOUND:
            raise Unavailable(Code.STALE, "a lead was forgotten meanwhile; ask again") from error
        raise


def _known(face: Face) -> Known:
    identity = Identity(face.person_name or "", face.source, face.license, face.legal_basis)
    return Known(face.quality, face.quality_reasons, face.captured_at, identity)


def _hidden(photo: LeadPhoto) -> Known:
    return Known(photo.quality, photo.quality_reasons, photo.captured_at, None)


def _described(keep: Keep, session: SessionToken, views: Sequence[LeadView]) -> tuple[Lead, ...]:
    known = known_of(keep, session, [(view.place, view.lead_id, view.is_revealed) for view in views])
    return tuple(_lead(view, about) for view, about in zip(views, known, strict=True))


def _lead(view: LeadView, known: Known) -> Lead:
    return Lead(
        lead_id=view.lead_id,
        case_id=view.case_id,
        collection_id=view.place.collection_id,
        face_id=view.place.face_id,
        person_id=view.place.person_id,
        state=view.state,
        verdict=view.verdict,
        may_decide=view.may_decide,
        found_by=view.found_by,
        found_at=view.found_at,
        gallery=view.gallery,
        floor=view.floor,
        model=view.model,
        is_blind=view.is_blind,
        score=view.score,
        one_in=view.one_in,
        meaning=None if view.score is None else meaning_of_search(view.one_in),
        quality=known.quality,
        quality_reasons=known.quality_reasons,
        captured_at=known.captured_at,
        probe_captured_at=view.probe_captured_at,
        years_apart=years_apart(view.probe_captured_at, known.captured_at),
        revealed=view.is_revealed,
        identity=known.identity,
        decisions=view.decisions,
        reveals=view.reveals,
    )
