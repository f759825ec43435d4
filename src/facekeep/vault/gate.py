"""The gate: the only way from sums to scores, and from scores to candidates.

In this order, never another: verify every block, open, noise, floor, group by person, top-k, round; the caller writes
the outcome entry and only then releases (`docs/sealed-index.md`, section 4). Raw scores are key material: they stay in
this module's arrays and are wiped.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.sealed.secret import Aim, Opening, contenders, open_sums, verify_sums, wipe
from facekeep.vault.grants import Searched, SearchGrant, probe_digest
from facekeep.vault.noise import MARGIN, noise_for


@dataclass(frozen=True, slots=True)
class Lead:
    """A face that survived floor and top-k. `score` is noisy and not rounded yet; it must not leave the vault."""

    face: int
    person: int
    collection: int
    score: float


def parse_sums(untrusted: bytes, grant: SearchGrant) -> NDArray[np.int32]:
    """Sums, int32 (p, total slots). Raises BadInput `invalid_request` on another length."""
    shape = (len(grant.probes), grant.gallery)
    if len(untrusted) != 4 * shape[0] * shape[1]:
        raise BadInput(Code.INVALID_REQUEST, f"expected sums for {shape[0]} probes and {shape[1]} slots")
    return np.frombuffer(untrusted, dtype="<i4").reshape(shape)


def verify_and_open(grant: SearchGrant, sums: NDArray[np.int32]) -> list[list[Opening]]:
    """Openings of every searched collection, one a probe. Raises Tampered `sums_refused` at one altered bit.

    Every block of every collection is verified before any is opened.
    """
    parts, start = [], 0
    for one in grant.searched:
        slots = len(one.stack.faces)
        parts.append(sums[:, start : start + slots])
        start += slots
    verified = [
        verify_sums(part, grant.probes, one.collection.public, one.stack.secrets, one.collection.check)
        for one, part in zip(grant.searched, parts, strict=True)
    ]
    return [open_sums(one, _aim(grant)) for one in verified]


def leads_of(grant: SearchGrant, openings: list[list[Opening]], probe: int) -> list[Lead]:
    """At most `top_k` leads of one probe, best face of each person, score descending."""
    found = [
        lead
        for one, of_probes in zip(grant.searched, openings, strict=True)
        for lead in _leads_in(grant, one, of_probes[probe], probe_digest(grant.probes[probe]))
    ]
    return sorted(found, key=lambda lead: (-lead.score, lead.face))[: grant.top_k]


def _leads_in(grant: SearchGrant, one: Searched, opening: Opening, digest: bytes) -> list[Lead]:
    if grant.only is not None:
        slots = np.flatnonzero(np.isin(one.stack.faces, list(grant.only)))
        return _best_of_each_person(grant, one, digest, slots, opening.scores_at(slots))
    aim = _aim(grant)
    while True:
        slots, scores = contenders(opening, aim)
        cut = _cut(aim, scores)
        leads = _best_of_each_person(grant, one, digest, slots, scores)
        if _is_complete(grant, leads, cut) or aim.k >= opening.total:
            return leads[: grant.top_k]
        aim = replace(aim, k=8 * aim.k)


def _aim(grant: SearchGrant) -> Aim:
    """More faces than the list has places, because some are of one person."""
    return Aim(grant.floor, 4 * grant.top_k + 16, MARGIN)


def _cut(aim: Aim, scores: NDArray[np.float32]) -> float:
    """The raw score below which every slot was left out, when these are the contenders."""
    lowest = aim.floor - aim.margin
    return lowest if len(scores) < aim.k else max(lowest, float(scores[aim.k - 1]) - 2 * aim.margin)


def _is_complete(grant: SearchGrant, leads: list[Lead], cut: float) -> bool:
    """Whether no slot that was left out could still enter the list: noise lifts a score by at most the margin."""
    if cut <= grant.floor - MARGIN:
        return True
    return len(leads) >= grant.top_k and leads[grant.top_k - 1].score >= cut + MARGIN


def _best_of_each_person(
    grant: SearchGrant, one: Searched, digest: bytes, slots: NDArray[np.int64], scores: NDArray[np.float32]
) -> list[Lead]:
    """Leads among some slots; their raw scores are wiped."""
    left_out = [0, grant.leave_out or 0, *grant.rejected]
    shown = ~np.isin(one.stack.faces[slots], left_out)
    faces, persons = one.stack.faces[slots[shown]], one.stack.persons[slots[shown]]
    noisy = scores[shown] + noise_for(one.collection.noise_key, digest, faces.tolist())
    wipe(scores)
    order = np.argsort(-noisy, kind="stable")
    best: dict[int, Lead] = {}
    for i in order.tolist():
        if noisy[i] >= grant.floor:
            lead = Lead(int(faces[i]), int(persons[i]), one.collection.number, float(noisy[i]))
            best.setdefault(lead.face if grant.each_face else lead.person, lead)
    return list(best.values())


def round_score(score: float, step: float) -> float:
    """The released score: rounded to the collection's step and clipped to [-1, 1]."""
    return float(np.clip(round(round(score / step) * step, 6), -1.0, 1.0))
