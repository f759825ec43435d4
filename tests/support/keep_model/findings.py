"""Galleries, what searches show, leads and who decides them, what each person saw, and usage."""

from dataclasses import dataclass, field

from keep_model.casework import Casework
from keep_model.people import KEEPERS, REVIEWER, Session

EXPOSURES, WINDOW_DAYS = 4, 30  # D / 8 at 32 dimensions
PATIENCE = 60.0


@dataclass(frozen=True)
class Look:
    """How alike a face is to each of the two people who are looked for."""

    first: float
    second: float


@dataclass
class Face:
    collection: str
    person: str
    block: str
    look: Look


@dataclass
class Lead:
    case_id: str
    face: str
    probe: str
    finders: set[str] = field(default_factory=set)
    decisions: list[tuple[Session, str, str]] = field(default_factory=list)  # who, in which session, and the verdict
    revealed: set[str] = field(default_factory=set)

    @property
    def verdict(self) -> str | None:
        said = [verdict for _, _, verdict in self.decisions]
        return said[-1] if len(said) == 3 or (len(said) == 2 and said[0] == said[1]) else None

    @property
    def state(self) -> str:
        waiting = ("waiting_for_first", "waiting_for_second", "disputed")
        return "agreed" if self.verdict else waiting[len(self.decisions)]


@dataclass
class Search:
    """A search under way: whose, over what, and the faces it will show, best first."""

    token: str
    case_id: str
    collections: tuple[str, ...]
    probe: str
    faces: list[str]
    blocks: set[str]
    rejected: set[str]
    given: float


class Findings(Casework):
    def __init__(self) -> None:
        super().__init__()
        self.faces: dict[str, Face] = {}
        self.persons: dict[str, str] = {}  # person to collection
        self.leads: dict[str, Lead] = {}
        self.searches: dict[str, Search] = {}
        self.seen: dict[tuple[str, str], dict[str, int]] = {}  # (member, face) to the probes' days
        self.usage: dict[tuple[str, int, str], int] = {}

    def count(self, org: str, kind: str, amount: int = 1) -> None:
        self.usage[org, self.day, kind] = self.usage.get((org, self.day, kind), 0) + amount

    # ---- searching ----

    def begin(self, token: str, case_id: str, collections: tuple[str, ...], probe: str, top_k: int) -> Search:
        """What a search that begins now is going to show: of each person the best face, and `top_k` of them."""
        rejected = self.rejected(case_id)
        best: dict[str, tuple[float, str]] = {}
        for face_id, face in self.faces.items():
            alike = face.look.first if probe[0] == "a" else face.look.second
            if face.collection in collections and face_id not in rejected and alike:
                best[face.person] = max(best.get(face.person, (0.0, "")), (alike, face_id))
        shown = [face_id for _, face_id in sorted(best.values(), reverse=True)][:top_k]
        blocks = {face.block for face in self.faces.values() if face.collection in collections}
        return Search(token, case_id, collections, probe, shown, blocks, rejected, self.now)

    def finish_refused(self, token: str, search: Search | None) -> str:
        if not self.lives(token):
            return "unauthenticated"
        session = self.sessions[token]
        session.used = self.now
        if search is None or search.token != token or self.now - search.given >= PATIENCE:
            return "not_found"
        if not search.blocks <= {face.block for face in self.faces.values()}:
            return "stale"
        refused = self.admission_refused(session, search.case_id, search.collections)
        if refused:
            self.write(session.org, "search.refused", refused)
            return refused
        since = self.rejected(search.case_id) - search.rejected
        return "stale" if since & set(search.faces) else ""

    def release(self, session: Session, search: Search) -> tuple[list[str], int]:
        """The faces that a search shows in the end, and how many are withheld; counted and written down."""
        alive = [face for face in search.faces if face in self.faces]
        shown = [face for face in alive if self._admit(session.member_id, face, search.probe)]
        measured = [self.collections[one].is_measured for one in search.collections]
        self.count(session.org, "evaluation_searches" if all(measured) else "searches")
        self.write(session.org, "search.released")
        if shown:
            self.write(session.org, "search.released_faces")
        return shown, len(alive) - len(shown)

    def _admit(self, member_id: str, face: str, probe: str) -> bool:
        """Whether this person may still see this face through this probe."""
        days = self.seen.setdefault((member_id, face), {})
        for old in [one for one, day in days.items() if day <= self.day - WINDOW_DAYS]:
            del days[old]
        if probe not in days and len(days) >= EXPOSURES:
            return False
        days.setdefault(probe, self.day)
        return True

    # ---- leads ----

    def rejected(self, case_id: str) -> set[str]:
        return {one.face for one in self.leads.values() if (one.case_id, one.verdict) == (case_id, "not_the_same")}

    def found(self, session: Session, search: Search, face: str, lead_id: str) -> Lead:
        """A face that a search in a case shows is a lead of it, and keeps what was measured once somebody decided."""
        lead = self.leads.setdefault(lead_id, Lead(search.case_id, face, search.probe))
        lead.probe = lead.probe if lead.decisions else search.probe
        lead.finders.add(session.person)
        return lead

    def sees_lead(self, session: Session, lead_id: str) -> bool:
        lead = self.leads.get(lead_id)
        if lead is None or not self.in_case(session, lead.case_id):
            return False
        return session.sees(self.faces[lead.face].collection)

    def knows_score(self, session: Session, lead: Lead) -> bool:
        seen = lead.probe in self.seen.get((session.member_id, lead.face), {})
        return session.person in lead.finders or seen

    def verdict_refused(self, token: str, lead_id: str) -> str:
        session = self.sessions[token]
        if not self.sees_lead(session, lead_id):
            return "not_found"
        lead = self.leads[lead_id]
        if not self.is_open(lead.case_id):
            return "case_closed"
        return "conflict" if lead.verdict else self.turn_refused(token, lead)

    def turn_refused(self, token: str, lead: Lead) -> str:
        """One human decides once, by whatever session or credential; after the first only a reviewer who is blind."""
        session = self.sessions[token]
        before = [(one.person, one.credential, used) for one, used, _ in lead.decisions]
        mine = (session.person, session.credential, token)
        if any(theirs == own for one in before for theirs, own in zip(one, mine, strict=True)):
            return "forbidden"
        if before and (REVIEWER not in session.roles or self.knows_score(session, lead)):
            return "forbidden"
        return ""

    # ---- records ----

    def record_refused(self, session: Session, face_id: str) -> str:
        """Whether somebody may open the record that says who a face is."""
        face = self.faces.get(face_id)
        if face is None or self.collection_refused(session, face.collection):
            return "not_found"
        if session.roles & KEEPERS or not self.collections[face.collection].hides:
            return ""
        mine = (one for one in self.leads.values() if session.person in one.revealed)
        known = any(self.in_case(session, one.case_id) and one.face == face_id for one in mine)
        return "" if known else "reveal_needed"

    def forget_face(self, face_id: str) -> None:
        """A face goes with every lead of it and with who saw it."""
        del self.faces[face_id]
        self.leads = {key: one for key, one in self.leads.items() if one.face != face_id}
        self.seen = {key: days for key, days in self.seen.items() if key[1] != face_id}
