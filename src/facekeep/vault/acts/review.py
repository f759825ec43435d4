"""Leads: recording what a search in a case found, showing, deciding and revealing."""

from collections.abc import Container, Mapping

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.terms import CaseId, CellKind, LeadId, MemberId
from facekeep.vault import exposure, places, wire
from facekeep.vault.acts.cases import register_of
from facekeep.vault.acts.enrolling import open_all
from facekeep.vault.cases.register import refuse_when_over
from facekeep.vault.cursors import cursor_after, start_of
from facekeep.vault.grants import SearchGrant
from facekeep.vault.identity import Caller
from facekeep.vault.journal import Facts
from facekeep.vault.naming import naming
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.review import verdicts
from facekeep.vault.review.leads import Lead, LeadFacts, Leads, digest_of
from facekeep.vault.wire import FaceFacts


def list_leads(vault: OpenVault, caller: Caller, message: wire.ListLeads) -> wire.LeadPage:
    """A page of a case's leads."""
    case = register_of(vault, caller).own(caller, message.case_id)
    key, listing = vault.shelf.cursor_key(caller.org_id), f"leads/{case.case_id}"
    start = start_of(key, listing, message.cursor)
    found, last = leads_of(vault, caller).page(caller, case.case_id, start, message.limit)
    more = "" if last is None else cursor_after(key, listing, last)
    return wire.LeadPage(items=_views(vault, caller, message.session, found), next_cursor=more)


def show_lead(vault: OpenVault, caller: Caller, message: wire.ShowLead) -> wire.LeadShown:
    """One lead."""
    return _shown(vault, caller, message.session, message.lead_id)


def describe_leads(vault: OpenVault, caller: Caller, message: wire.DescribeLeads) -> wire.LeadsDescribed:
    """Quality and date of the photos of some leads, out of their face cells, and nothing else of those."""
    if len(message.cells) != len(message.lead_ids):
        raise BadInput(Code.INVALID_REQUEST, "expected one cell a lead")
    faces = leads_of(vault, caller).faces_of(caller, message.lead_ids)
    at = places.faces_by_number(vault.database, faces)
    if any(cell.cell_id != at[face].face_cell for face, cell in zip(faces, message.cells, strict=True)):
        raise BadInput(Code.INVALID_REQUEST, "that is not the record of this lead's face")
    photos = tuple(_photo(one) for one in open_all(vault, caller, message.cells, (CellKind.FACE,)))
    vault.journal.note_all(caller, naming("leads.described", {}, {"faces": [at[face].face_id for face in faces]}))
    return wire.LeadsDescribed(photos=photos)


def decide_lead(vault: OpenVault, caller: Caller, message: wire.DecideLead) -> wire.LeadShown:
    """The decision of the first, second or third person. What was decided is in the log once it is agreed."""
    lead = _open_lead(vault, caller, message.lead_id)
    with vault.database.transaction():
        leads_of(vault, caller).decide(caller, message.session, lead, message.verdict, message.reason)
        vault.journal.save_anchor()
    facts: Facts = {"lead": lead.lead_id, "case": lead.case_id, "round": len(lead.decisions) + 1}
    entry = vault.journal.note(caller, "lead.decided", facts)
    shown = _shown(vault, caller, message.session, message.lead_id)
    if shown.lead.state == verdicts.AGREED:
        vault.journal.note(caller, "lead.agreed", {**facts, "verdict": shown.lead.verdict})
    return msgspec.structs.replace(shown, entry=entry)


def reveal_lead(vault: OpenVault, caller: Caller, message: wire.RevealLead) -> wire.LeadShown:
    """The records of a lead's face and person open to the caller from now on, as long as they are in the case."""
    lead = _open_lead(vault, caller, message.lead_id)
    with vault.database.transaction():
        leads_of(vault, caller).reveal(caller, lead, message.reason)
        vault.journal.save_anchor()
    entry = vault.journal.note(caller, "lead.revealed", {"lead": lead.lead_id, "case": lead.case_id})
    return msgspec.structs.replace(_shown(vault, caller, message.session, message.lead_id), entry=entry)


def leads_of(vault: OpenVault, caller: Caller) -> Leads:
    """The caller's organization's leads."""
    return Leads(vault.database, vault.shelf.org_key(caller.org_id))


def record(
    vault: OpenVault,
    caller: Caller,
    grant: SearchGrant,
    lists: tuple[wire.CandidateList, ...],
    numbers: Mapping[str, int],
) -> tuple[wire.CandidateList, ...]:
    """The lists that a search in a case releases, each candidate with its lead. Inside the releasing transaction.

    `numbers` are the row numbers of their faces.

    A comparison with one person or face makes no leads; whoever made it has seen a score of those that there are.
    """
    if not grant.case_id:
        return lists
    best = _best(grant, lists)
    leads = leads_of(vault, caller)
    if grant.only is not None:
        leads.note_finder(caller, grant.case_id, [numbers[face_id] for face_id in best])
        return lists
    facts = {numbers[face_id]: _facts(grant, *found) for face_id, found in best.items()}
    ids = leads.record(caller, grant.case_id, facts)
    by_face = {face_id: ids[numbers[face_id]] for face_id in best}
    revealed = leads.revealed_to(caller, ids.values())
    return tuple(
        msgspec.structs.replace(one, candidates=tuple(_as_lead(found, by_face, revealed) for found in one.candidates))
        for one in lists
    )


def _best(grant: SearchGrant, lists: tuple[wire.CandidateList, ...]) -> dict[str, tuple[wire.Candidate, bytes]]:
    """Each face once, with its best score of all probes, and the name of that probe."""
    best: dict[str, tuple[wire.Candidate, bytes]] = {}
    for one, probe in zip(lists, grant.probes, strict=True):
        for found in one.candidates:
            if found.place.face_id not in best or found.score > best[found.place.face_id][0].score:
                best[found.place.face_id] = found, exposure.probe_name(probe)
    return best


def _facts(grant: SearchGrant, candidate: wire.Candidate, probe: bytes) -> LeadFacts:
    model = next(
        one.collection.contract.name
        for one in grant.searched
        if one.collection.collection_id == candidate.place.collection_id
    )
    return LeadFacts(
        score=candidate.score,
        one_in=candidate.one_in,
        gallery=grant.gallery,
        floor=grant.floor,
        model=model,
        probe=probe,
        probe_captured_at=grant.probe_captured_at,
    )


def _as_lead(candidate: wire.Candidate, by_face: Mapping[str, str], revealed: Container[str]) -> wire.Candidate:
    lead_id = by_face[candidate.place.face_id]
    is_revealed = candidate.is_revealed or lead_id in revealed
    return msgspec.structs.replace(candidate, lead_id=LeadId(lead_id), is_revealed=is_revealed)


def _is_revealed(vault: OpenVault, caller: Caller, lead: Lead) -> bool:
    collection = vault.shelf.collection(lead.collection_id, caller.org_id)
    return not collection.policy.reveal_required or lead.is_revealed_to(caller)


def _open_lead(vault: OpenVault, caller: Caller, lead_id: str) -> Lead:
    """A lead of a case that is not over. Raises `not_found`, or Refused `case_closed`."""
    lead = leads_of(vault, caller).seen(caller, lead_id)
    refuse_when_over(register_of(vault, caller).own(caller, lead.case_id))
    return lead


def _photo(record: bytes) -> wire.LeadPhoto:
    facts = msgspec.json.decode(record, type=FaceFacts)
    return wire.LeadPhoto(facts.quality, facts.quality_reasons, facts.captured_at)


def _shown(vault: OpenVault, caller: Caller, session: str, lead_id: str) -> wire.LeadShown:
    (view,) = _views(vault, caller, session, [leads_of(vault, caller).seen(caller, lead_id)])
    return wire.LeadShown(lead=view)


def _views(vault: OpenVault, caller: Caller, session: str, found: list[Lead]) -> tuple[wire.LeadView, ...]:
    """Leads as the caller may see them, after an entry that names what they show of whom."""
    at = places.faces_by_number(vault.database, [lead.face for lead in found])
    views = tuple(_view(vault, caller, session, lead, at[lead.face]) for lead in found)
    shown: dict[str, list[str]] = {
        "leads": [one.lead_id for one in views],
        "faces": [one.place.face_id for one in views],
        "scores": [one.place.face_id for one in views if one.score is not None],
        "decisions": [one.lead_id for one in views if one.decisions or one.reveals],
    }
    vault.journal.note_all(caller, naming("leads.shown", {}, shown))
    return views


def _view(vault: OpenVault, caller: Caller, session: str, lead: Lead, place: wire.FacePlace) -> wire.LeadView:
    """A lead as the caller may see it: blind until they decided, unless their own search showed them the score."""
    score, others = lead.shows_score_to(caller), lead.shows_decisions_to(caller)
    is_open = register_of(vault, caller).own(caller, lead.case_id).is_open and lead.state != verdicts.AGREED
    return wire.LeadView(
        lead_id=LeadId(lead.lead_id),
        case_id=CaseId(lead.case_id),
        place=place,
        state=lead.state,
        verdict=lead.verdict,  # type: ignore[arg-type]
        found_by=MemberId(lead.found_by),
        found_at=lead.found_at,
        gallery=lead.facts.gallery,
        floor=lead.facts.floor,
        model=lead.facts.model,
        probe_captured_at=lead.facts.probe_captured_at,
        is_blind=not others,
        score=lead.facts.score if score else None,
        one_in=lead.facts.one_in if score else None,
        decisions=tuple(_decision(one) for one in lead.decisions) if others else (),
        reveals=tuple(
            wire.RevealView(MemberId(one.revealed_by), one.reason, one.revealed_at)
            for one in lead.reveals
            if others or one.person == caller.person
        ),
        is_revealed=_is_revealed(vault, caller, lead),
        may_decide=is_open and not verdicts.why_not(caller, digest_of(session), lead.decisions, lead.finders),
    )


def _decision(one: verdicts.Decision) -> wire.DecisionView:
    return wire.DecisionView(one.round, one.verdict, one.reason, MemberId(one.decided_by), one.decided_at)  # type: ignore[arg-type]
