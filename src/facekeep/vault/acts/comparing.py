"""Comparing new faces with standing searches. The server that scans learns nothing of what was found.

As in a search: intent logged, every block verified, then opened, noise, floor, rounding, exposure counted for whoever
owns the standing search, outcome logged, and only then kept. What is kept is released when a member of the case lists
the hits.
"""

from hashlib import sha256
from itertools import chain

from facekeep.errors import Code, FacekeepError, Refused, Tampered
from facekeep.vault import exposure, gate, places, wire
from facekeep.vault.acts import searching
from facekeep.vault.acts.standing import searches_of
from facekeep.vault.alarms import raise_alarm
from facekeep.vault.gate import Lead
from facekeep.vault.grants import Searched, SearchGrant, fresh_grant_id, probe_digest, quantize_probes
from facekeep.vault.journal import Facts
from facekeep.vault.naming import naming
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.review.leads import rejected
from facekeep.vault.shelf import OpenCollection
from facekeep.vault.standing import deliveries, due, endings, hits, register
from facekeep.vault.standing.due import Comparison, Due
from facekeep.vault.standing.register import Standing

_KEEP = "keep"
_FULL = "too_many_hits"


def next_standing(vault: OpenVault, message: wire.NextStanding) -> wire.StandingGrant:
    """The next comparison of this round, if there is one; none while searching is stopped after an alarm."""
    if vault.is_quarantined:
        return wire.StandingGrant(grant_id=None)
    if message.anew:
        endings.sweep(vault.database, vault.journal)
        vault.comparisons.begin_round()
    while (found := vault.comparisons.next(vault.database)) is not None:
        if endings.why_over(vault.database, found.standing) is None and not _is_frozen(vault, found):
            break
    else:
        return wire.StandingGrant(grant_id=None)
    grant = _grant(vault, found)
    vault.comparisons.give(Comparison(found, grant))
    return wire.StandingGrant(
        grant_id=grant.grant_id,
        dimension=grant.probes.shape[1],
        probes=grant.probes.astype("<i4").tobytes(),
        blocks=grant.blocks,
    )


def open_standing_sums(vault: OpenVault, message: wire.OpenStandingSums) -> wire.Done:
    """Keep what a search node's answer shows; says only that it was kept."""
    with vault.lock:
        vault.refuse_when_closed()
        comparison = vault.comparisons.take(message.grant_id)
        vault.refuse_while_quarantined()
        searching.refuse_if_resealed(vault, comparison.grant)
        _refuse_when_frozen(vault, comparison.due)
        sums = gate.parse_sums(message.sums, comparison.grant)
    try:
        openings = gate.verify_and_open(comparison.grant, sums)
    except Tampered as alarm:
        raise _raise_alarm(vault, comparison, alarm) from None
    leads = gate.leads_of(comparison.grant, openings, 0)
    for opening in chain.from_iterable(openings):
        opening.wipe()
    with vault.lock:
        vault.refuse_when_closed()
        searching.refuse_if_resealed(vault, comparison.grant)
        _refuse_when_frozen(vault, comparison.due)
        _keep(vault, comparison, leads)
    return wire.Done()


def _is_frozen(vault: OpenVault, found: Due) -> bool:
    """Whether whoever owns the standing search is stopped; what is enrolled meanwhile is compared when they go on."""
    sql = "SELECT org_id, created_by FROM standing_searches WHERE number = ?"
    org_id, owner = vault.database.row(sql, found.standing) or ("", "")
    return vault.freezes.stops(org_id, owner)


def _refuse_when_frozen(vault: OpenVault, found: Due) -> None:
    if _is_frozen(vault, found):
        raise Refused(Code.FROZEN, "whoever owns this standing search is frozen")


def _grant(vault: OpenVault, found: Due) -> SearchGrant:
    """What to scan: the blocks in which new faces lie, and of their slots only those faces."""
    standing, collection = _parties(vault, found)
    facts = _facts(standing, collection) | {"faces": len(found.faces)}
    vault.journal.write(standing.org_id, _KEEP, "standing.compare", "asked", facts)
    probe = searches_of(vault, standing.org_id).probe(standing)
    return SearchGrant(
        grant_id=fresh_grant_id(),
        session="",
        probes=quantize_probes(probe, collection.contract.dimension),
        searched=(Searched(collection, vault.shelf.part(collection, found.blocks)),),
        top_k=len(found.faces),
        floor=searching.floor_of_all(vault, [collection], standing.score_floor),
        only=frozenset(found.faces),
        leave_out=None,
        case_id=standing.case_id,
        is_near=False,
        rejected=rejected(vault.database, standing.case_id),
        each_face=True,
    )


def _keep(vault: OpenVault, comparison: Comparison, leads: list[Lead]) -> None:
    """Hits, how far the search has come, and what is to be delivered: in one transaction, after the outcome's entry."""
    standing, collection = _parties(vault, comparison.due)
    _refuse_when_over(vault, standing)
    with vault.database.transaction():
        due.move_on(vault.database, comparison.due)
        admitted = _admitted(vault, standing, collection, comparison.grant, leads)
        room = hits.MOST_HITS - hits.count(vault.database, standing.number)
        kept = [lead for lead in leads if lead.face in admitted][:room]
        _write_outcome(vault, comparison, standing, collection, kept, withheld=len(leads) - len(kept))
        for lead in sorted(kept, key=lambda one: one.face):
            _keep_one(vault, standing, collection, lead)
        hits.withhold(vault.database, standing.number, len(leads) - len(kept))
        if kept:
            deliveries.queue_hits(
                vault.database, standing.org_id, standing.case_id, standing.standing_id, len(kept)
            )
        if room <= len(kept):
            register.end(vault.database, standing.number, _FULL)
        vault.journal.save_anchor()


def _admitted(
    vault: OpenVault, standing: Standing, collection: OpenCollection, grant: SearchGrant, leads: list[Lead]
) -> set[int]:
    """The live faces among the leads that this probe may still show to its owner."""
    alive = places.faces_by_number(vault.database, [lead.face for lead in leads])
    limit = exposure.limit_for(collection.contract.dimension, collection.policy.exposure_limit)
    probe = probe_digest(grant.probes[0])[:16]
    return exposure.admit(vault.database, standing.created_by, list(alive), probe, limit)


def _keep_one(vault: OpenVault, standing: Standing, collection: OpenCollection, lead: Lead) -> None:
    score = gate.round_score(lead.score, collection.policy.score_step)
    table = vault.score_table(collection.contract)
    gallery = max(1, sum(block.slots for block in vault.shelf.stack(collection).blocks))
    one_in = None if table is None else table.one_in(score, gallery)
    hits.add(vault.database, standing.number, lead.face, score, one_in)


def _write_outcome(
    vault: OpenVault,
    comparison: Comparison,
    standing: Standing,
    collection: OpenCollection,
    kept: list[Lead],
    *,
    withheld: int,
) -> None:
    """The outcome, durable before anything is kept: how many, and which."""
    shown = places.faces_by_number(vault.database, [lead.face for lead in kept])
    faces = [place.face_id for place in shown.values()]
    facts: Facts = _facts(standing, collection) | {
        "faces": len(comparison.due.faces),
        "hits": len(kept),
        "withheld": withheld,
        "digest": sha256("\n".join(faces).encode()).hexdigest(),
    }
    said = [("standing.compared", facts)]
    if faces:
        said += naming("standing.hit_faces", {"standing": standing.standing_id}, {"faces": faces})
    vault.journal.write_all(standing.org_id, _KEEP, [(act, "done", more) for act, more in said])


def _parties(vault: OpenVault, found: Due) -> tuple[Standing, OpenCollection]:
    (org_id,) = vault.database.row("SELECT org_id FROM standing_searches WHERE number = ?", found.standing) or ("",)
    return searches_of(vault, org_id).by_number(found.standing), vault.shelf.by_number(found.collection)


def _refuse_when_over(vault: OpenVault, standing: Standing) -> None:
    """Raise Refused `case_closed` for one that ended while its blocks were scanned; logged, and nothing is kept."""
    why = standing.ended_because or endings.why_over(vault.database, standing.number)
    if why is None:
        return
    facts: Facts = {"standing": standing.standing_id, "case": standing.case_id, "why": why}
    vault.journal.write(standing.org_id, _KEEP, "standing.compared", Code.CASE_CLOSED, facts)
    raise Refused(Code.CASE_CLOSED, "this standing search is over")  # whoever scans is told no entry's number


def _raise_alarm(vault: OpenVault, comparison: Comparison, alarm: Tampered) -> Tampered:
    """Write the alarm, stop all searching, and say nothing about which block or why."""
    with vault.lock:
        vault.refuse_when_closed()
        org_id = _write_alarm(vault, comparison, alarm)
        vault.quarantine()
        raise_alarm(vault, "search.sums_refused", {}, org_id=org_id)
    return alarm


def _write_alarm(vault: OpenVault, comparison: Comparison, alarm: Tampered) -> str:
    try:
        standing, collection = _parties(vault, comparison.due)
        org_id, facts = standing.org_id, _facts(standing, collection)
    except FacekeepError:  # forgotten meanwhile; the alarm is the keep's own then
        org_id, facts = "", {}
    vault.journal.write(org_id, _KEEP, "standing.alarm", alarm.code, facts)
    return org_id


def _facts(standing: Standing, collection: OpenCollection) -> Facts:
    return {
        "standing": standing.standing_id,
        "case": standing.case_id,
        "collection": collection.collection_id,
        "owner": standing.created_by,
    }
