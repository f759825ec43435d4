"""The leads of an organization's cases. A lead in a case that the caller is not in is not found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from facekeep.errors import BadInput, Code, Refused
from facekeep.vault import clock, exposure
from facekeep.vault.database import ONE_OF, Database, Row, listed
from facekeep.vault.identity import Caller
from facekeep.vault.keys import derive, fresh_id, unwrap, wrap
from facekeep.vault.review import verdicts
from facekeep.vault.review.verdicts import Decision

_LEAD = (
    "SELECT l.number, l.lead_id, l.case_id, l.face, c.collection_id, l.wrapped_facts, l.found_by, l.found_at"
    " FROM leads l JOIN faces f ON f.number = l.face JOIN collections c ON c.number = f.collection"
    " WHERE l.org_id = ? AND l.case_id IN (SELECT case_id FROM case_members WHERE member_id = ?)"
)


class LeadFacts(msgspec.Struct, frozen=True, array_like=True):
    """What a search measured: `gallery` templates were searched above `floor`; `probe` names the probe."""

    score: float
    one_in: float | None
    gallery: int
    floor: float
    model: str
    probe: bytes
    probe_captured_at: str


@dataclass(frozen=True, slots=True)
class Reveal:
    """One person's look at who a lead is, and why."""

    revealed_by: str
    person: str
    reason: str
    revealed_at: str


@dataclass(frozen=True, slots=True)
class Lead:
    """A face found in a case, the `number`th lead that ever was. `finders` are who saw its score by searching."""

    number: int
    lead_id: str
    case_id: str
    face: int
    collection_id: str
    facts: LeadFacts
    found_by: str
    found_at: str
    finders: frozenset[str]
    decisions: tuple[Decision, ...]
    reveals: tuple[Reveal, ...]
    state: str = field(init=False)
    verdict: str | None = field(init=False)

    def __post_init__(self) -> None:
        state, verdict = verdicts.state_of([one.verdict for one in self.decisions])
        object.__setattr__(self, "state", state)
        object.__setattr__(self, "verdict", verdict)

    def shows_decisions_to(self, caller: Caller) -> bool:
        """Whether what others decided may be shown: once it is agreed, or to who decided too."""
        return self.state == verdicts.AGREED or caller.person in {one.person for one in self.decisions}

    def shows_score_to(self, caller: Caller) -> bool:
        """Whether the score may be shown: like decisions, and to whoever's search showed it already."""
        return caller.person in self.finders or self.shows_decisions_to(caller)

    def is_revealed_to(self, caller: Caller) -> bool:
        """Whether the caller gave a reason to see who this is."""
        return caller.person in {one.person for one in self.reveals}


class Leads:
    """Reads and writes leads; facts and reasons are sealed under a key of the organization's."""

    def __init__(self, database: Database, org_key: bytes) -> None:
        self._database = database
        self._key = derive(org_key, "leads")

    def record(self, caller: Caller, case_id: str, found: Mapping[int, LeadFacts]) -> dict[int, str]:
        """Leads of what a search found, by face; returns their ids by face. Inside a transaction.

        A face that is a lead of the case already stays that lead. It takes the newer facts until somebody decided. New
        ones are written in the order of random ids, so that their order says nothing of their scores.
        """
        known = self._ids_of(case_id, found)
        fresh = {face: fresh_id("lea") for face in found if face not in known}
        in_order = sorted(fresh, key=fresh.__getitem__)
        self._insert(caller, case_id, [(face, fresh[face], found[face]) for face in in_order])
        self._renew(caller, [(lead_id, found[face]) for face, lead_id in known.items()])
        self.note_finder(caller, case_id, found)
        return fresh | known

    def note_finder(self, caller: Caller, case_id: str, faces: Iterable[int]) -> None:
        """The caller was shown a score of these faces, where they are leads of the case. Inside a transaction."""
        sql = "INSERT OR IGNORE INTO lead_finders SELECT number, ?, org_id FROM leads WHERE case_id = ? AND face = ?"
        self._database.run_many(sql, [(caller.person, case_id, face) for face in faces])

    def seen(self, caller: Caller, lead_id: str) -> Lead:
        """A lead of one of the caller's cases. Raises BadInput `not_found`."""
        row = self._database.row(f"{_LEAD} AND l.lead_id = ?", caller.org_id, caller.member_id, lead_id)
        if row is None or not caller.sees(row[4]):
            raise BadInput(Code.NOT_FOUND, "no such lead")
        return self._lead(caller, row)

    def faces_of(self, caller: Caller, lead_ids: Sequence[str]) -> list[int]:
        """The row number of each lead's face, all of the caller's cases. Raises BadInput `not_found`."""
        rows = self._database.rows(f"{_LEAD} AND l.lead_id {ONE_OF}", caller.org_id, caller.member_id, listed(lead_ids))
        faces = {row[1]: row[3] for row in rows if caller.sees(row[4])}
        if not faces.keys() >= set(lead_ids):
            raise BadInput(Code.NOT_FOUND, "no such lead")
        return [faces[lead_id] for lead_id in lead_ids]

    def revealed_to(self, caller: Caller, lead_ids: Iterable[str]) -> frozenset[str]:
        """Those of some leads that the caller gave a reason to see."""
        rows = self._database.rows(
            "SELECT DISTINCT l.lead_id FROM leads l JOIN lead_reveals r ON r.lead = l.number"
            " WHERE r.revealing_person = ? AND l.lead_id IN (SELECT value FROM json_each(?))",
            caller.person,
            listed(lead_ids),
        )
        return frozenset(lead_id for (lead_id,) in rows)

    def page(self, caller: Caller, case_id: str, after: int, limit: int) -> tuple[list[Lead], int | None]:
        """Leads of a case after row number `after`, and the number to go on after; None at the end."""
        sql = f"{_LEAD} AND l.case_id = ? AND l.number > ? ORDER BY l.number LIMIT ?"
        rows = self._database.rows(sql, caller.org_id, caller.member_id, case_id, after, limit)
        found = [self._lead(caller, row) for row in rows if caller.sees(row[4])]
        return found, rows[-1][0] if len(rows) == limit else None

    def decide(self, caller: Caller, session: str, lead: Lead, verdict: str, reason: str) -> None:
        """Add the caller's decision, and settle the lead where that is enough. Inside a transaction.

        Raises
        ------
        BadInput
            `conflict`: it is agreed already.
        Refused
            `forbidden`: somebody else must decide now.
        """
        if lead.state == verdicts.AGREED:
            raise BadInput(Code.CONFLICT, "this lead is agreed already")
        if refusal := verdicts.why_not(caller, digest_of(session), lead.decisions, lead.finders):
            raise Refused(Code.FORBIDDEN, refusal)
        number = len(lead.decisions) + 1
        self._database.run(
            "INSERT INTO lead_decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            lead.number,
            number,
            caller.org_id,
            verdict,
            wrap(self._key, reason.encode(), f"{lead.lead_id}/{number}"),
            caller.member_id,
            caller.person,
            caller.credential,
            digest_of(session),
            clock.timestamp(),
        )
        _, agreed = verdicts.state_of([*(one.verdict for one in lead.decisions), verdict])
        self._database.run("UPDATE leads SET verdict = ? WHERE number = ?", agreed, lead.number)

    def reveal(self, caller: Caller, lead: Lead, reason: str) -> None:
        """Let the caller see who a lead is, for a reason. Inside a transaction."""
        self._database.run(
            "INSERT INTO lead_reveals (lead, org_id, wrapped_reason, revealed_by, revealing_person, revealed_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            lead.number,
            caller.org_id,
            wrap(self._key, reason.encode(), lead.lead_id),
            caller.member_id,
            caller.person,
            clock.timestamp(),
        )

    def _ids_of(self, case_id: str, faces: Iterable[int]) -> dict[int, str]:
        sql = "SELECT face, lead_id FROM leads WHERE case_id = ? AND face IN (SELECT value FROM json_each(?))"
        return dict(self._database.rows(sql, case_id, listed(faces)))

    def _insert(self, caller: Caller, case_id: str, fresh: Iterable[tuple[int, str, LeadFacts]]) -> None:
        now = clock.timestamp()
        self._database.run_many(
            "INSERT INTO leads (lead_id, org_id, case_id, face, wrapped_facts, found_by, found_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (lead_id, caller.org_id, case_id, face, self._sealed(facts, lead_id), caller.member_id, now)
                for face, lead_id, facts in fresh
            ],
        )

    def _renew(self, caller: Caller, known: Iterable[tuple[str, LeadFacts]]) -> None:
        now = clock.timestamp()
        self._database.run_many(
            "UPDATE leads SET wrapped_facts = ?, found_by = ?, found_at = ? WHERE lead_id = ?"
            " AND NOT EXISTS (SELECT 1 FROM lead_decisions d WHERE d.lead = leads.number)",
            [(self._sealed(facts, lead_id), caller.member_id, now, lead_id) for lead_id, facts in known],
        )

    def _sealed(self, facts: LeadFacts, lead_id: str) -> bytes:
        return wrap(self._key, msgspec.msgpack.encode(facts), lead_id)

    def _lead(self, caller: Caller, row: Row) -> Lead:
        number, lead_id, case_id, face, collection_id, wrapped, found_by, found_at = row
        facts = msgspec.msgpack.decode(unwrap(self._key, wrapped, lead_id), type=LeadFacts)
        return Lead(
            number=number,
            lead_id=lead_id,
            case_id=case_id,
            face=face,
            collection_id=collection_id,
            facts=facts,
            found_by=found_by,
            found_at=found_at,
            finders=self._finders(number) | self._seen_elsewhere(caller, face, facts),
            decisions=self._decisions(number, lead_id),
            reveals=self._reveals(number, lead_id),
        )

    def _finders(self, number: int) -> frozenset[str]:
        rows = self._database.rows("SELECT person FROM lead_finders WHERE lead = ?", number)
        return frozenset(person for (person,) in rows)

    def _seen_elsewhere(self, caller: Caller, face: int, facts: LeadFacts) -> frozenset[str]:
        """The caller, if a search of the same photo in another case, or in none, showed them this score."""
        has_seen = exposure.has_seen(self._database, caller.member_id, face, facts.probe)
        return frozenset({caller.person} if has_seen else ())

    def _decisions(self, number: int, lead_id: str) -> tuple[Decision, ...]:
        rows = self._database.rows(
            "SELECT round, verdict, wrapped_reason, decided_by, deciding_person, credential, session_digest, decided_at"
            " FROM lead_decisions WHERE lead = ? ORDER BY round",
            number,
        )
        return tuple(
            Decision(nth, verdict, unwrap(self._key, reason, f"{lead_id}/{nth}").decode(), *more)
            for nth, verdict, reason, *more in rows
        )

    def _reveals(self, number: int, lead_id: str) -> tuple[Reveal, ...]:
        rows = self._database.rows(
            "SELECT revealed_by, revealing_person, wrapped_reason, revealed_at FROM lead_reveals WHERE lead = ?"
            " ORDER BY number",
            number,
        )
        return tuple(
            Reveal(by, person, unwrap(self._key, reason, lead_id).decode(), at) for by, person, reason, at in rows
        )


def rejected(database: Database, case_id: str) -> frozenset[int]:
    """The faces that were agreed not to be the person that this case looks for."""
    rows = database.rows("SELECT face FROM leads WHERE case_id = ? AND verdict = ?", case_id, verdicts.NOT_THE_SAME)
    return frozenset(face for (face,) in rows)


def digest_of(session: str) -> str:
    """What a session is remembered by after it has ended."""
    return sha256(session.encode()).hexdigest()
