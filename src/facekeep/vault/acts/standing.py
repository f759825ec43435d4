"""Standing searches as their people see them: asking, approving, ending, and reading what was found."""

from collections.abc import Mapping

from facekeep.errors import BadInput, Code, Refused
from facekeep.terms import CaseId, CollectionId, MemberId, Role, StandingId
from facekeep.vault import clock, places, usage, wire
from facekeep.vault.acts import admission
from facekeep.vault.acts.cases import register_of
from facekeep.vault.acts.shared import collection_of, remember
from facekeep.vault.cases.approvals import DECIDERS
from facekeep.vault.cases.register import Case, refuse_when_over
from facekeep.vault.cursors import cursor_after, start_of
from facekeep.vault.grants import quantize_probes
from facekeep.vault.identity import Caller
from facekeep.vault.journal import Facts
from facekeep.vault.naming import naming
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.shelf import OpenCollection
from facekeep.vault.signals import watch
from facekeep.vault.standing import endings, hits, register
from facekeep.vault.standing.register import Asked, Searches, Standing
from facekeep.vault.wire import Candidate, FacePlace


def create_standing(vault: OpenVault, caller: Caller, message: wire.CreateStanding) -> wire.StandingShown:
    """One that waits for a second person. It spends the budgets of one search; its comparisons spend none."""
    case = register_of(vault, caller).own(caller, message.case_id)
    refuse_when_over(case)
    collections = _searchable(vault, caller, message)
    expires_at = _end(message.expires_at, case)
    probes = quantize_probes(message.probe, collections[0].contract.dimension)
    if len(probes) != 1:
        raise BadInput(Code.INVALID_REQUEST, "a standing search has one probe")
    admission.spend(vault, caller, case, collections, probes)
    numbers = tuple(one.number for one in collections)
    asked = Asked(case.case_id, numbers, message.probe, message.reason, message.score_floor, expires_at)
    with vault.database.transaction():
        standing_id = searches_of(vault, caller.org_id).add(caller, asked)
        usage.count(vault.database, caller.org_id, usage.SEARCHES, 1)
        if message.remember_key:
            answer = wire.Remember(message.remember_key, message.remember_digest, standing_id.encode())
            remember(vault, caller.org_id, answer)
        vault.journal.save_anchor()
    facts: Facts = {"standing": standing_id, "case": case.case_id, "collections": len(collections)}
    entry = vault.journal.note(caller, "standing.created", facts | {"expires_at": expires_at})
    return wire.StandingShown(standing=_shown(vault, caller, standing_id), entry=entry)


def list_standing(vault: OpenVault, caller: Caller, message: wire.ListStanding) -> wire.StandingPage:
    """A page of those that the caller sees, of one case or of all."""
    if message.case_id and not caller.roles & DECIDERS:
        register_of(vault, caller).seen(caller, message.case_id)
    elif message.case_id:
        register_of(vault, caller).by_id(caller.org_id, message.case_id)
    key, listing = vault.shelf.cursor_key(caller.org_id), f"standing/{message.case_id}"
    start = start_of(key, listing, message.cursor)
    found = searches_of(vault, caller.org_id).page(caller, message.case_id, start, message.limit)
    more = cursor_after(key, listing, found[-1].number) if len(found) == message.limit else ""
    ids = {"standing": [one.standing_id for one in found], "cases": [one.case_id for one in found]}
    vault.journal.note_all(caller, naming("standing.listed", {}, ids))
    return wire.StandingPage(items=tuple(_view(vault, caller, one) for one in found), next_cursor=more)


def show_standing(vault: OpenVault, caller: Caller, message: wire.ShowStanding) -> wire.StandingShown:
    """One standing search."""
    return wire.StandingShown(standing=_shown(vault, caller, message.standing_id))


def approve_standing(vault: OpenVault, caller: Caller, message: wire.ApproveStanding) -> wire.StandingShown:
    """The word of a second person: what is enrolled from now on is compared."""
    searches = searches_of(vault, caller.org_id)
    standing = searches.seen(caller, message.standing_id)
    refuse_when_over(register_of(vault, caller).by_id(caller.org_id, standing.case_id))
    why = None if standing.ended_at else endings.why_over(vault.database, standing.number)
    if why is not None:
        raise BadInput(Code.CONFLICT, f"this standing search is over: {why}")
    with vault.database.transaction():
        searches.approve(caller, standing)
        vault.journal.save_anchor()
    facts = {"standing": standing.standing_id, "case": standing.case_id}
    entry = vault.journal.note(caller, "standing.approved", {**facts})
    return wire.StandingShown(standing=_shown(vault, caller, standing.standing_id), entry=entry)


def end_standing(vault: OpenVault, caller: Caller, message: wire.EndStanding) -> wire.StandingShown:
    """The end, by a member of its case or by somebody who could have approved it. Its probe is destroyed."""
    standing = searches_of(vault, caller.org_id).seen(caller, message.standing_id)
    if standing.ended_at is not None:
        raise BadInput(Code.CONFLICT, "this standing search is ended already")
    why = _why_ended_by(vault, caller, standing)
    with vault.database.transaction():
        register.end(vault.database, standing.number, why)
        vault.journal.save_anchor()
    vault.database.forget_old_pages()
    facts = {"standing": standing.standing_id, "case": standing.case_id, "why": why}
    entry = vault.journal.note(caller, "standing.ended", {**facts})
    return wire.StandingShown(standing=_shown(vault, caller, standing.standing_id), entry=entry)


def list_hits(vault: OpenVault, caller: Caller, message: wire.ListHits) -> wire.HitPage:
    """A page of what it found, for members of its case; forgotten faces are no hits any more."""
    standing = searches_of(vault, caller.org_id).own(caller, message.standing_id)
    key, listing = vault.shelf.cursor_key(caller.org_id), f"hits/{standing.standing_id}"
    start = start_of(key, listing, message.cursor)
    found = hits.page(vault.database, standing.number, start, message.limit)
    more = cursor_after(key, listing, found[-1].number) if len(found) == message.limit else ""
    alive = places.faces_by_number(vault.database, [one.face for one in found])
    shown = tuple(
        wire.HitView(Candidate(alive[one.face], one.score, one.one_in), one.found_at)
        for one in found
        if one.face in alive and caller.sees(alive[one.face].collection_id)
    )
    facts: Facts = {"standing": standing.standing_id, "case": standing.case_id}
    ids = {"faces": [one.candidate.place.face_id for one in shown]}
    _see(vault, caller, alive)
    vault.journal.note_all(caller, naming("standing.hits_shown", facts, ids))
    return wire.HitPage(items=shown, next_cursor=more)


def _see(vault: OpenVault, caller: Caller, alive: Mapping[int, FacePlace]) -> None:
    """What hits show is seen, durably, before they are listed."""
    with vault.database.transaction():
        for collection_id in {place.collection_id for place in alive.values() if caller.sees(place.collection_id)}:
            faces = (number for number, place in alive.items() if place.collection_id == collection_id)
            watch.see_faces(vault, caller, collection_of(vault, caller, collection_id), faces)
        vault.journal.save_anchor()


def searches_of(vault: OpenVault, org_id: str) -> Searches:
    """An organization's standing searches."""
    return Searches(vault.database, vault.shelf.org_key(org_id))


def _searchable(vault: OpenVault, caller: Caller, message: wire.CreateStanding) -> list[OpenCollection]:
    collections = [collection_of(vault, caller, one) for one in dict.fromkeys(message.collection_ids)]
    if len({one.contract for one in collections}) > 1:
        raise BadInput(Code.MODEL_MISMATCH, "these collections were made with different models")
    return collections


def _end(untrusted_time: str | None, case: Case) -> str:
    """When it is over: as asked, and not after its case. Raises BadInput `invalid_request`."""
    if untrusted_time is None:
        return case.ends_at
    expires_at = clock.parsed(untrusted_time)
    if not clock.timestamp() < expires_at <= case.ends_at:
        text = f"a standing search ends in the future, by the end of its case at {case.ends_at}"
        raise BadInput(Code.INVALID_REQUEST, text)
    return expires_at


def _why_ended_by(vault: OpenVault, caller: Caller, standing: Standing) -> str:
    case = register_of(vault, caller).by_id(caller.org_id, standing.case_id)
    if caller.roles & DECIDERS and caller.member_id != standing.created_by:
        return "refused" if standing.approved_at is None else "approval_withdrawn"
    if caller.member_id in case.members and Role.INVESTIGATOR in caller.roles:
        return "ended"
    raise Refused(Code.FORBIDDEN, "members of its case end a standing search, or who may approve it")


def _shown(vault: OpenVault, caller: Caller, standing_id: str) -> wire.StandingView:
    return _view(vault, caller, searches_of(vault, caller.org_id).seen(caller, standing_id))


def _view(vault: OpenVault, caller: Caller, one: Standing) -> wire.StandingView:
    """A standing search with what its case is for, so that who approves knows."""
    facts = register_of(vault, caller).by_id(caller.org_id, one.case_id).facts
    collections = (vault.shelf.by_number(number).collection_id for number in one.collections)
    return wire.StandingView(
        standing_id=StandingId(one.standing_id),
        case_id=CaseId(one.case_id),
        collection_ids=tuple(CollectionId(each) for each in collections),
        purpose=facts.purpose,
        legal_basis=facts.legal_basis,
        reason=one.reason,
        score_floor=one.score_floor,
        status=one.status,
        created_by=MemberId(one.created_by),
        created_at=one.created_at,
        expires_at=one.expires_at,
        approved_by=None if one.approved_by is None else MemberId(one.approved_by),
        approved_at=one.approved_at,
        ended_at=one.ended_at,
        ended_because=one.ended_because,
        hits=hits.count(vault.database, one.number),
        withheld=one.withheld,
    )
