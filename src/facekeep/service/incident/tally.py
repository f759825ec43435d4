"""Counting what one customer's entries say that somebody saw: field by field, subject by subject, minute by minute."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from facekeep.service.incident.entries import KEEP, Entry, Page
from facekeep.service.incident.fields import (
    ASKED,
    DONE,
    OF_EVERY_CUSTOMER,
    OFFERED,
    TOUCHES,
    Audience,
    Field,
    Touch,
)
from facekeep.service.incident.suspects import Suspects
from facekeep.service.incident.tiers import Declared

_SETTLED = 1_000  # a refusal is written before anything else happens; this many entries later it would be there
_MOST_WAITING = 8_192
_CREDENTIAL = Touch(Field.CREDENTIALS, to=Audience.SERVER)
_PASSED = {
    act: tuple(one for one in touches.get(ASKED, ()) if one.to is Audience.SERVER) for act, touches in TOUCHES.items()
}
_TOLD = {
    act: tuple(one for one in touches.get(ASKED, ()) if one.to is not Audience.SERVER)
    for act, touches in TOUCHES.items()
}
_EFFECTS = frozenset({ASKED, DONE, OFFERED})
_NOBODYS = frozenset({"keep", "operator"})


@dataclass(slots=True)
class Seen:
    """What entries prove of one field: in which minutes, which entries, whose records."""

    minutes: set[str] = field(default_factory=set)
    entries: list[int] = field(default_factory=list)
    keep_entries: list[int] = field(default_factory=list)
    subjects: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    was_shown: bool = False
    was_changed: bool = False

    def note(self, touch: Touch, entry: Entry, subjects: Sequence[str]) -> None:
        """One more entry that proves it; one of the keep's own where it names no subjects."""
        if touch.changed:
            self.was_changed = True
        else:
            self.was_shown = True
        self.minutes.add(entry.minute)
        number, found = entry.number, self.subjects
        numbers = self.entries if subjects else self.keep_entries
        if not numbers or numbers[-1] != number:
            numbers.append(number)
        for one in subjects:
            numbers = found[one]
            if not numbers or numbers[-1] != number:
                numbers.append(number)


@dataclass(slots=True)
class Tally:
    """One customer's. Entries outside the window only say what became of those within it."""

    customer: str
    seen: dict[Field, Seen] = field(default_factory=dict)
    excluded: set[Field] = field(default_factory=set)
    first: int | None = None
    last: int | None = None
    count: int = 0
    is_gap_free: bool = True
    unknown_acts: set[str] = field(default_factory=set)
    latest_at: str = ""
    next_number: int | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """A suspect's act, for the timeline."""

    at: str
    customer: str
    number: int
    act: str


@dataclass(slots=True)
class Counting:
    """Goes through entries in their order; `tallies` are ready once `finish` was called."""

    suspects: Suspects
    declared: Declared
    begins_at: str
    ends_at: str
    tallies: dict[str, Tally] = field(default_factory=dict)
    _first: tuple[str, Entry] | None = None
    _last: tuple[str, Entry] | None = None
    acts_of: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    suspects_acts: Counter[str] = field(default_factory=Counter)
    suspects_ids: set[str] = field(default_factory=set)
    _waiting: dict[int, tuple[Entry, bool]] = field(default_factory=dict)
    _keeps: list[tuple[Entry, bool]] = field(default_factory=list)
    _held: list[Entry] = field(default_factory=list)
    _unanswered: set[int] = field(default_factory=set)
    _current: Tally = field(default_factory=lambda: Tally(KEEP))

    @property
    def first_act(self) -> Act | None:
        """The suspects' first act; of equal times the first that was counted."""
        return _act_of(self._first)

    @property
    def last_act(self) -> Act | None:
        """The suspects' last act; of equal times the last that was counted."""
        return _act_of(self._last)

    def page(self, page: Page) -> None:
        """Count one page."""
        tally = self.tallies.get(page.customer)
        if tally is None:
            self._settle()
            tally = self.tallies[page.customer] = Tally(page.customer)
        is_next = tally.next_number is None or tally.next_number == page.start
        tally.is_gap_free = tally.is_gap_free and is_next and page.is_whole
        tally.next_number = page.end
        self._current = tally
        self._held += page.entries
        self._look(hold=_SETTLED)

    def finish(self) -> None:
        """Settle what waits, and give every customer what the keep's own entries say of it."""
        self._settle()
        keep = self.tallies.get(KEEP)
        for entry, is_theirs in self._keeps:
            self._of_the_keep(entry, is_theirs)
        if keep is not None and not keep.is_gap_free:
            for tally in self.tallies.values():
                tally.is_gap_free = False
        if keep is not None and keep.unknown_acts:
            for tally in self.tallies.values():
                tally.unknown_acts |= keep.unknown_acts
        self.tallies.pop(KEEP, None)

    def _entry(self, tally: Tally, entry: Entry) -> None:
        if entry.at < tally.latest_at:
            tally.is_gap_free = False
        tally.latest_at = entry.at
        is_within = self.begins_at <= entry.at <= self.ends_at
        is_theirs = self.suspects.did(entry, learns=is_within)
        if entry.outcome not in _EFFECTS:
            self._waiting.pop(entry.facts.get("asked", -1), None)
            return
        if not is_within or entry.number in self._unanswered:
            return
        tally.first = entry.number if tally.first is None else tally.first
        tally.last, tally.count = entry.number, tally.count + 1
        if entry.act not in TOUCHES:
            tally.unknown_acts.add(entry.act)
            return
        self._note_act(tally, entry, is_theirs)
        if tally.customer == KEEP:
            self._keeps.append((entry, is_theirs))
        elif entry.outcome == ASKED:
            self._passing(tally, entry, is_theirs)
            self._waiting[entry.number] = entry, is_theirs
            if len(self._waiting) > _MOST_WAITING:
                self._settle(before=entry.number - _SETTLED)
        else:
            self._count(tally, entry, TOUCHES[entry.act].get(entry.outcome, ()), is_theirs)
            if entry.act == "session.opened":
                self._count(tally, entry, (_CREDENTIAL,), is_theirs)

    def _look(self, *, hold: int) -> None:
        """Count what is held but for the last so many: whether those were answered, a later entry may deny."""
        for entry in self._held:
            if entry.act == "log.hung" and entry.facts.get("unanswered") is not None:
                first = int(entry.facts["unanswered"])
                self._unanswered |= set(range(first, first + int(entry.facts.get("entries", 1))))
        ready = len(self._held) - hold
        for entry in self._held[: max(0, ready)]:
            self._entry(self._current, entry)
        self._held = self._held[max(0, ready) :]

    def _settle(self, before: int | None = None) -> None:
        """Count leaves that were given and no refusal came."""
        if before is None:
            self._look(hold=0)
            self._unanswered = set()
        ready = [number for number in self._waiting if before is None or number < before]
        for number in ready:
            entry, is_theirs = self._waiting.pop(number)
            self._count(self._current, entry, _TOLD[entry.act], is_theirs)

    def _passing(self, tally: Tally, entry: Entry, is_theirs: bool) -> None:
        """What passed the server when it asked, whatever the answer was; a search that was refused nobody scanned."""
        passed = _PASSED[entry.act]
        if "session" in entry.facts:
            passed += (_CREDENTIAL,)
        self._count(tally, entry, passed, is_theirs)

    def _of_the_keep(self, entry: Entry, is_theirs: bool) -> None:
        named = {str(one) for one in (entry.facts.get("organization"), entry.facts.get("customer")) if one}
        for customer in named - self.tallies.keys():  # shredded: its entries open for nobody
            self.tallies[customer] = Tally(customer, is_gap_free=False)
        for customer, tally in self.tallies.items():
            if customer != KEEP and (entry.act in OF_EVERY_CUSTOMER or customer in named):
                touches = TOUCHES[entry.act].get(entry.outcome, ())
                self._count(tally, entry, touches, is_theirs, is_keeps=True)

    def _count(
        self, tally: Tally, entry: Entry, touches: tuple[Touch, ...], is_theirs: bool, is_keeps: bool = False
    ) -> None:
        for touch in touches:
            ids = _subjects(touch, entry) or ("" if touch.fact or touch is _CREDENTIAL else tally.customer)
            if not ids or not self._has_reached(touch, entry, is_theirs):
                continue
            if not is_theirs:
                tally.excluded.add(touch.field)
                continue
            seen = tally.seen.get(touch.field)
            if seen is None:
                seen = tally.seen[touch.field] = Seen()
            seen.note(touch, entry, () if is_keeps else ids.split())

    def _has_reached(self, touch: Touch, entry: Entry, is_theirs: bool) -> bool:
        """Whether a declared thief has it by this entry; for an operator's own acts only where that is who is meant."""
        if entry.actor in _NOBODYS and touch.to is Audience.CALLER:
            return is_theirs and (not self.declared.tiers or not self.suspects.is_everybody)
        return self.declared.reaches(touch.to, is_actor=is_theirs)

    def _note_act(self, tally: Tally, entry: Entry, is_theirs: bool) -> None:
        if self.suspects.is_everybody:
            if entry.actor in _NOBODYS:
                return
        else:  # whose way of acting is looked for elsewhere
            acts = self.acts_of.get((tally.customer, entry.actor))
            if acts is None:
                acts = self.acts_of[tally.customer, entry.actor] = Counter()
            acts[entry.act] += 1
        if is_theirs and self.declared.acts:
            self.suspects_acts[entry.act] += 1
            self.suspects_ids.add(entry.actor)
            self.suspects_ids.add(str(entry.facts.get("by") or entry.actor))
            if self._first is None or entry.at < self._first[1].at:
                self._first = tally.customer, entry
            if self._last is None or entry.at >= self._last[1].at:
                self._last = tally.customer, entry


def _act_of(found: tuple[str, Entry] | None) -> Act | None:
    return None if found is None else Act(found[1].at, found[0], found[1].number, found[1].act)


def _subjects(touch: Touch, entry: Entry) -> str:
    """The ids that an entry names for a touch, separated by blanks; empty where it names none."""
    return entry.actor if touch is _CREDENTIAL else str(entry.facts.get(touch.fact) or "")
