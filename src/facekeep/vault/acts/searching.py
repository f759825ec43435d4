"""Granting searches and releasing candidates."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code, FacekeepError, Refused, Tampered, Unavailable
from facekeep.terms import CellKind
from facekeep.vault import exposure, gate, places, usage, wire
from facekeep.vault.acts import admission, review
from facekeep.vault.acts.enrolling import open_all
from facekeep.vault.acts.shared import collection_of, face_of
from facekeep.vault.alarms import raise_alarm
from facekeep.vault.gate import Lead
from facekeep.vault.grants import Searched, SearchGrant, fresh_grant_id, quantize_probes
from facekeep.vault.identity import Caller
from facekeep.vault.identity.sessions import Session
from facekeep.vault.journal import Facts
from facekeep.vault.naming import IDS_ASKED_FOR, naming
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.review.leads import rejected
from facekeep.vault.sealing import parse_templates
from facekeep.vault.shelf import OpenCollection
from facekeep.vault.signals import watch
from facekeep.vault.wire import Candidate, CandidateList, FacePlace

_CANDIDATE_BYTES = 640  # at most, encoded; what replies are padded to
_FLOOR_WITHOUT_TABLE = 0.5
_USUAL_LENGTH = 10
_WEAK = 0.05


def ask_detect(_vault: OpenVault, _caller: Caller, _message: wire.AskDetect) -> wire.Done:
    """Leave to look for faces on a photo: nothing of the vault's is needed, and the entry is written."""
    return wire.Done()


def grant_search(vault: OpenVault, caller: Caller, message: wire.GrantSearch) -> wire.Grant:
    """Leave to scan the live blocks of some collections for some probes."""
    vault.refuse_while_quarantined()
    collections, longest = _searchable(vault, caller, message)
    case = admission.case_for(vault, caller, collections, message.case_id)
    only = _only(vault, collections, message.only)
    untrusted_probes, leave_out = _probes_of(vault, caller, message, collections[0])
    probes = quantize_probes(untrusted_probes, collections[0].contract.dimension)
    vault.grants.refuse_when_full()
    is_near = admission.spend(vault, caller, case, collections, probes)
    if any(not one.policy.evaluation for one in collections):
        session = vault.sessions.find(message.session)
        watch.count(vault, session, watch.SEARCHES, len(probes))
        if message.case_id:
            watch.count(vault, session, watch.CASE_SEARCHES, len(probes), case_id=message.case_id)
    grant = SearchGrant(
        grant_id=fresh_grant_id(),
        session=message.session,
        probes=probes,
        searched=tuple(Searched(one, vault.shelf.stack(one)) for one in collections),
        top_k=message.top_k or min(_USUAL_LENGTH, longest),
        floor=-1.0 if only is not None else floor_of_all(vault, collections, message.score_floor),
        only=only,
        leave_out=leave_out,
        case_id=message.case_id,
        is_near=is_near,
        probe_captured_at=message.probe_captured_at,
        rejected=rejected(vault.database, message.case_id) if only is None else frozenset(),
    )
    if more := message.collection_ids[IDS_ASKED_FOR:]:
        vault.journal.note_all(caller, naming("search.granted", {"grant": grant.grant_id}, {"collections": more}))
    vault.grants.give(grant)
    return wire.Grant(
        grant_id=grant.grant_id,
        dimension=grant.probes.shape[1],
        probes=grant.probes.astype("<i4").tobytes(),
        blocks=grant.blocks,
    )


def open_sums(vault: OpenVault, message: wire.OpenSums) -> wire.Candidates:
    """Candidates from a search node's answer: verify, open, noise, select, count, write the outcome, release."""
    with vault.lock:
        vault.refuse_when_closed()
        caller = vault.sessions.caller(message.session)
        grant = vault.grants.take(message.grant_id, message.session)
        vault.refuse_while_quarantined()
        refuse_if_resealed(vault, grant)
        sums = gate.parse_sums(message.sums, grant)
    try:
        openings = gate.verify_and_open(grant, sums)
    except Tampered as alarm:
        raise _raise_alarm(vault, caller, grant, alarm) from None
    leads = [gate.leads_of(grant, openings, probe) for probe in range(len(grant.probes))]
    for opening in chain.from_iterable(openings):
        opening.wipe()
    with vault.lock:
        vault.refuse_when_closed()
        session = vault.sessions.find(message.session)
        refuse_if_resealed(vault, grant)
        _refuse_if_no_longer_admitted(vault, caller, grant)
        _refuse_if_rejected_meanwhile(vault, grant, leads)
        return _release_watched(vault, session, grant, leads)


def compare(vault: OpenVault, caller: Caller, message: wire.Compare) -> wire.Compared:
    """A 1:1 score of two fresh templates."""
    first, second = parse_templates((message.first, message.second), message.contract.dimension)
    score = gate.round_score(float(np.dot(first, second)), wire.Policy().score_step)
    for one in (first, second):
        one.fill(0)
    entry = vault.journal.note(caller, "verify.released", {"model": message.contract.name})
    with vault.database.transaction():
        usage.count(vault.database, caller.org_id, usage.VERIFICATIONS, 1)
        vault.journal.save_anchor()
    return wire.Compared(score=score, one_in=_one_in(vault, message.contract, score, 1), entry=entry)


def _searchable(
    vault: OpenVault, caller: Caller, message: wire.GrantSearch
) -> tuple[list[OpenCollection], int]:
    """The collections to search: the caller's, of one model; and the longest list that all of them allow."""
    collections = [collection_of(vault, caller, one) for one in dict.fromkeys(message.collection_ids)]
    if len({one.contract for one in collections}) > 1:
        raise BadInput(Code.MODEL_MISMATCH, "these collections were made with different models")
    longest = min(one.policy.top_k for one in collections)
    if message.top_k is not None and message.top_k > longest:
        raise BadInput(Code.INVALID_REQUEST, f"at most {longest} candidates are released here, {message.top_k} asked")
    return collections, longest


def _probes_of(
    vault: OpenVault, caller: Caller, message: wire.GrantSearch, collection: OpenCollection
) -> tuple[bytes, int | None]:
    """Probes as they came, or an enrolled face's own template with the face to leave out."""
    if message.probe_cell is None:
        return message.probes, None
    place = face_of(vault, caller, message.face_id or "")
    own = vault.shelf.collection(place.collection_id, caller.org_id)
    if message.probe_cell.cell_id != place.template_cell or own.contract != collection.contract:
        raise BadInput(Code.INVALID_REQUEST, "that is not the template of this face, or its model is another")
    (template,) = open_all(vault, caller, [message.probe_cell], (CellKind.TEMPLATE,))
    return template, places.number_of_face(vault.database, place)


def _only(vault: OpenVault, collections: list[OpenCollection], target: str | None) -> frozenset[int] | None:
    """Row numbers of the faces of one person, or of one face, in the searched collections."""
    if target is None:
        return None
    numbers = [one.number for one in collections]
    rows = vault.database.rows(
        "SELECT number, collection FROM faces WHERE face_id = ?1"
        " UNION SELECT number, collection FROM faces WHERE person = (SELECT number FROM persons WHERE person_id = ?1)",
        target,
    )
    faces = frozenset(number for number, collection in rows if collection in numbers)
    if not faces:
        raise BadInput(Code.NOT_FOUND, "no such person or face in these collections")
    return faces


def floor_of_all(vault: OpenVault, collections: list[OpenCollection], asked: float | None) -> float:
    """The score floor: never below what the policy or the gallery size asks for."""
    gallery = sum(one.slots for collection in collections for one in vault.shelf.stack(collection).blocks)
    floors = [_floor_of(vault, one, max(1, gallery)) for one in collections]
    return max(floors if asked is None else [*floors, asked])


def _floor_of(vault: OpenVault, collection: OpenCollection, gallery: int) -> float:
    if collection.policy.score_floor is not None:
        return collection.policy.score_floor
    table = vault.score_table(collection.contract)
    return _FLOOR_WITHOUT_TABLE if table is None else table.floor_for(gallery)


def refuse_if_resealed(vault: OpenVault, grant: SearchGrant) -> None:
    """Raise Unavailable `stale` when a granted block is no longer live: its secret is gone, or about to be."""
    for one in grant.searched:
        now_live = vault.shelf.collection(one.collection.collection_id, one.collection.org_id)
        if not set(one.stack.numbers) <= set(vault.shelf.stack(now_live).numbers):
            raise Unavailable(Code.STALE, "the gallery changed during the search; search again")


def _refuse_if_no_longer_admitted(vault: OpenVault, caller: Caller, grant: SearchGrant) -> None:
    """Raise what a new search would be refused with, where its case or approval has ended meanwhile; logged."""
    try:
        admission.case_for(vault, caller, [one.collection for one in grant.searched], grant.case_id)
    except FacekeepError as refusal:
        refusal.entry = vault.journal.note(caller, "search.refused", {"grant": grant.grant_id}, refusal.code)
        raise


def _refuse_if_rejected_meanwhile(vault: OpenVault, grant: SearchGrant, leads: list[list[Lead]]) -> None:
    """Raise Unavailable `stale` when one of these faces was agreed not to be the person since the grant was given."""
    since = rejected(vault.database, grant.case_id) - grant.rejected if grant.only is None else frozenset()
    if any(lead.face in since for lead in chain.from_iterable(leads)):
        raise Unavailable(Code.STALE, "a face was rejected in this case during the search; search again")


def _kind_of_use(grant: SearchGrant) -> str:
    if all(one.collection.policy.evaluation for one in grant.searched):
        return usage.EVALUATION
    return usage.SEARCHES if grant.only is None else usage.VERIFICATIONS


def _raise_alarm(vault: OpenVault, caller: Caller, grant: SearchGrant, alarm: Tampered) -> Tampered:
    """Write the alarm, stop all searching, and say nothing about which block or why."""
    with vault.lock:
        vault.refuse_when_closed()
        alarm.entry = vault.journal.note(caller, "search.alarm", {"grant": grant.grant_id}, alarm.code)
        vault.quarantine()
        raise_alarm(vault, "search.sums_refused", {}, org_id=caller.org_id)
    return alarm


def _release_watched(
    vault: OpenVault, session: Session, grant: SearchGrant, leads: list[list[Lead]]
) -> wire.Candidates:
    """The release, unless it is more than its searcher may see, or they are stopped for what else it tells of them."""
    weak = sum(_is_weak(grant, lead) for lead in chain.from_iterable(leads))
    if weak and _kind_of_use(grant) == usage.SEARCHES:
        watch.count(vault, session, watch.LOW_SCORES, weak)
    try:
        return _release(vault, session.caller, grant, leads)
    except Refused as refusal:
        facts: Facts = {"grant": grant.grant_id}
        refusal.entry = vault.journal.note(session.caller, "search.refused", facts, refusal.code)
        watch.after(vault, session, refusal)
        raise


def _is_weak(grant: SearchGrant, lead: Lead) -> bool:
    """Whether a lead lies so little above the floor that it is somebody's only by chance, more often than not."""
    return lead.score < grant.floor + _WEAK


def _release(vault: OpenVault, caller: Caller, grant: SearchGrant, leads: list[list[Lead]]) -> wire.Candidates:
    with vault.database.transaction():
        alive = places.faces_by_number(vault.database, sorted({lead.face for lead in chain.from_iterable(leads)}))
        numbers: dict[str, int] = {place.face_id: number for number, place in alive.items()}
        lists = tuple(
            _candidate_list(vault, caller, grant, {one: alive[one.face] for one in some if one.face in alive}, probe)
            for some, probe in zip(leads, grant.probes, strict=True)
        )
        _see(vault, caller, grant, lists, numbers)
        lists = review.record(vault, caller, grant, lists, numbers)
        entry = _write_outcome(vault, caller, grant, lists)
        usage.count(vault.database, caller.org_id, _kind_of_use(grant), len(grant.probes))
        vault.journal.save_anchor()
    model = grant.searched[0].collection.contract.name
    answer = wire.Candidates(lists=lists, model=model, gallery=grant.gallery, floor=grant.floor, entry=entry)
    return _padded(grant, answer)


def _see(
    vault: OpenVault,
    caller: Caller,
    grant: SearchGrant,
    lists: tuple[CandidateList, ...],
    numbers: Mapping[str, int],
) -> None:
    """What all lists show together is seen. Raises TooMuchReadError."""
    found = {one.place.face_id: one.place for some in lists for one in some.candidates}
    for collection in (one.collection for one in grant.searched):
        shown = [place for place in found.values() if place.collection_id == collection.collection_id]
        watch.see_faces(vault, caller, collection, [numbers[place.face_id] for place in shown])


def _candidate_list(
    vault: OpenVault,
    caller: Caller,
    grant: SearchGrant,
    leads: Mapping[Lead, FacePlace],
    quantized: NDArray[np.int32],
) -> CandidateList:
    """The candidates of one probe; those whose exposure budget is used up are withheld and counted.

    A face that was forgotten since the grant was given is neither, and nothing is written of it any more.
    """
    admitted: set[int] = set()
    probe = exposure.probe_name(quantized)
    for one in grant.searched:
        faces = [lead.face for lead in leads if lead.collection == one.collection.number]
        limit = exposure.limit_for(one.collection.contract.dimension, one.collection.policy.exposure_limit)
        admitted |= exposure.admit(vault.database, caller.member_id, faces, probe, limit)
    released = [lead for lead in leads if lead.face in admitted]
    return CandidateList(
        candidates=tuple(_candidate(vault, grant, lead, leads[lead]) for lead in released),
        withheld=len(leads) - len(released),
    )


def _candidate(vault: OpenVault, grant: SearchGrant, lead: Lead, place: FacePlace) -> Candidate:
    collection = next(one.collection for one in grant.searched if one.collection.number == lead.collection)
    score = gate.round_score(lead.score, collection.policy.score_step)
    gallery = 1 if grant.only is not None else grant.gallery
    return Candidate(
        place=place,
        score=score,
        one_in=_one_in(vault, collection.contract, score, gallery),
        is_revealed=not collection.policy.reveal_required,
    )


def _one_in(vault: OpenVault, contract: wire.Contract, score: float, gallery: int) -> float | None:
    table = vault.score_table(contract)
    return None if table is None else table.one_in(score, gallery)


def _write_outcome(vault: OpenVault, caller: Caller, grant: SearchGrant, lists: tuple[CandidateList, ...]) -> int:
    """The outcome, durable before anything is released: how many, and which."""
    released = [candidate.place.face_id for one in lists for candidate in one.candidates]
    facts: Facts = {
        "grant": grant.grant_id,
        "released": len(released),
        "withheld": sum(one.withheld for one in lists),
        "evaluation": any(one.collection.policy.evaluation for one in grant.searched),
        "case": grant.case_id or None,
        "near_duplicate": grant.is_near,
        "digest": sha256("\n".join(released).encode()).hexdigest(),
    }
    return vault.journal.note_all(caller, [("search.released", facts), *_released(grant, lists, released)])


def _released(
    grant: SearchGrant, lists: tuple[CandidateList, ...], released: Sequence[str]
) -> list[tuple[str, Facts]]:
    """What was released by name; of evaluation collections, whose lists are long, the collections alone."""
    if not released:
        return []
    if any(one.collection.policy.evaluation for one in grant.searched):
        of = [candidate.place.collection_id for one in lists for candidate in one.candidates]
        return naming("search.released_faces", {"grant": grant.grant_id}, {"collections": of})
    return naming("search.released_faces", {"grant": grant.grant_id}, {"faces": released})


def _padded(grant: SearchGrant, answer: wire.Candidates) -> wire.Candidates:
    """The answer, filled up to the size of the longest one this grant could have had."""
    room = len(grant.probes) * (grant.top_k * _CANDIDATE_BYTES + 32)
    used = len(msgspec.msgpack.encode(answer.lists))
    return msgspec.structs.replace(answer, padding=bytes(max(0, room - used)))
