"""Search collections for the person on a photo (1:N): a candidate list, as a lead and never an identification.

The life of a probe: `faces` turns the photo into faces and the caller's choice picks one. The vault grants the search
and logs the intent. The search engine, which holds no key, multiplies the sealed blocks and returns sums. The vault
verifies the sums, opens them, adds noise, applies policy and budgets, logs the outcome and releases candidates. The
store fetches their encrypted records, and the vault opens those that this caller may see. Then every template, probe
and sum is overwritten.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekeep.service.age_gap import years_apart
from facekeep.service.cells import fetch
from facekeep.service.collections import searchable
from facekeep.service.faces import place_of
from facekeep.service.keep import Keep
from facekeep.service.log import Checkpoint, newest_checkpoint
from facekeep.service.meaning import meaning_of_search
from facekeep.service.memory import wipe
from facekeep.service.photos import UntrustedPhoto, analyzed, forget_templates, probe_face, seen
from facekeep.service.refusals import FaceSeen
from facekeep.service.retry import settled
from facekeep.service.review import Known, known_of
from facekeep.terms import BlockRef, Box, CaseId, CollectionId, FaceId, LeadId, PersonId, SessionToken
from facekeep.vault.wire import Candidate as Released
from facekeep.vault.wire import Candidates, Grant, GrantSearch, OpenSums


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead. `score` is a noisy, rounded cosine in [-1, 1]; `meaning` says in words what it is worth.

    A search in a case makes it the lead `lead_id` of that case. Name, source and legal basis are None until it is
    `revealed`. `years_apart` is between the two photos, None where a date is not known.
    """

    rank: int
    face_id: FaceId
    person_id: PersonId
    lead_id: LeadId | None
    revealed: bool
    person_name: str | None
    score: float
    one_in: float | None
    meaning: str
    source: str | None
    captured_at: str
    years_apart: float | None
    quality: int
    quality_reasons: tuple[str, ...]
    legal_basis: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """The candidate list, score descending, at most one face a person.

    `model` names the face model; `gallery` is the number of templates searched, `floor` the score below which nothing
    is shown, `withheld` the
    number of candidates held back because too many searches have shown them; `entry` the log entry of the outcome and
    `checkpoint` the newest published note.
    """

    candidates: tuple[Candidate, ...]
    model: str
    gallery: int
    floor: float
    withheld: int
    entry: int
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Probe:
    """The face that was searched for, and its place in the list of faces found."""

    face: FaceSeen
    face_index: int


@dataclass(frozen=True, slots=True)
class FoundByPhoto:
    """The candidate list of a photo, with the face searched for and every face found."""

    probe: Probe
    faces_found: tuple[FaceSeen, ...]
    found: Found


def search_by_photo(
    keep: Keep,
    session: SessionToken,
    collection_ids: Sequence[CollectionId],
    untrusted_photo: UntrustedPhoto,
    *,
    case_id: CaseId | None = None,
    probe_captured_at: str = "",
    top_k: int | None = None,
    score_floor: float | None = None,
    face_index: int | None = None,
    box: Box | None = None,
) -> FoundByPhoto:
    """Candidates for the one face of the photo, or for the face chosen by index or drawn as a box.

    Raises
    ------
    FaceProblem
        `no_face`; `several_faces` with their boxes where none was chosen.
    Refused
        By policy, case, approval, budget or quarantine; logged.
    Tampered
        `sums_refused`, `block_altered`: nothing was released.
    """
    searchable(keep, session, collection_ids)
    analysis = analyzed(keep, untrusted_photo, box=box, probes=True)
    try:
        face = probe_face(analysis, face_index)
        question = GrantSearch(
            session=session,
            collection_ids=tuple(collection_ids),
            probes=face.probe.astype("<f4", copy=False).tobytes(),
            top_k=top_k,
            score_floor=score_floor,
            case_id=case_id or "",
            probe_captured_at=probe_captured_at,
        )
        found = settled(lambda: _found(keep, question))
        return FoundByPhoto(Probe(seen(face), face_index or 0), tuple(seen(one) for one in analysis.faces), found)
    finally:
        forget_templates([analysis])


def search_by_face(
    keep: Keep,
    session: SessionToken,
    collection_ids: Sequence[CollectionId],
    face_id: FaceId,
    *,
    case_id: CaseId | None = None,
    probe_captured_at: str = "",
    top_k: int | None = None,
    score_floor: float | None = None,
) -> Found:
    """Candidates for a face that is already enrolled; the face itself is left out."""

    def attempt() -> Found:
        (cell,) = fetch(keep, [place_of(keep, session, face_id).template_cell])
        question = GrantSearch(
            session=session,
            collection_ids=tuple(collection_ids),
            top_k=top_k,
            score_floor=score_floor,
            face_id=face_id,
            probe_cell=cell,
            case_id=case_id or "",
            probe_captured_at=probe_captured_at,
        )
        return _found(keep, question)

    return settled(attempt)


def released(keep: Keep, question: GrantSearch) -> Candidates:
    """What the vault releases for one question: grant, scan, open. Raises `stale` where blocks changed meanwhile."""
    grant = keep.vault.call(question, Grant)
    sums = _scanned(keep, grant)
    try:
        as_sent = sums.astype("<i4", copy=False).tobytes()
        message = OpenSums(session=question.session, grant_id=grant.grant_id, sums=as_sent)
        return keep.vault.call(message, Candidates)
    finally:
        wipe(sums)


def _found(keep: Keep, question: GrantSearch) -> Found:
    answer = released(keep, question)
    (shown,) = answer.lists
    asked = [(one.place, one.lead_id, one.is_revealed) for one in shown.candidates]
    ranked = zip(shown.candidates, known_of(keep, question.session, asked), strict=True)
    return Found(
        tuple(_candidate(rank, question, one, known) for rank, (one, known) in enumerate(ranked, start=1)),
        answer.model,
        answer.gallery,
        answer.floor,
        shown.withheld,
        answer.entry,
        newest_checkpoint(keep),
    )


def _scanned(keep: Keep, grant: Grant) -> NDArray[np.int32]:
    """The sums of the granted probes over the granted blocks: int32 (p, total slots)."""
    probes = np.frombuffer(grant.probes, "<i4").reshape(-1, grant.dimension).astype(np.int32)
    try:
        if not grant.blocks:
            return np.zeros((len(probes), 0), np.int32)
        blocks = [BlockRef(block.block_id, block.slots, block.digest) for block in grant.blocks]
        return keep.search.scan(blocks, probes)
    finally:
        wipe(probes)


def _candidate(rank: int, question: GrantSearch, one: Released, known: Known) -> Candidate:
    who = known.identity
    return Candidate(
        rank=rank,
        face_id=one.place.face_id,
        person_id=one.place.person_id,
        lead_id=one.lead_id,
        revealed=one.is_revealed,
        person_name=None if who is None else who.person_name,
        score=one.score,
        one_in=one.one_in,
        meaning=meaning_of_search(one.one_in),
        source=None if who is None else who.source,
        captured_at=known.captured_at,
        years_apart=years_apart(question.probe_captured_at, known.captured_at),
        quality=known.quality,
        quality_reasons=known.quality_reasons,
        legal_basis=None if who is None else who.legal_basis,
    )
