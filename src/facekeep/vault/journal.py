"""The vault's journal: one sealed entry in the log for every act, durable before the act's answer leaves.

Each organization's entries are encrypted under its own key and carry its own gap-free sequence number; entries that
belong to nobody (unknown keys, operators, alarms) are the keep's own. Entries hold identifiers, counts and settings,
never names, scores or templates.
"""

import os
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from facekeep.errors import BadInput, Code, Tampered, Unavailable
from facekeep.ledger.leaf import parse_leaf
from facekeep.vault import carried
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database
from facekeep.vault.identity import Caller
from facekeep.vault.log import Log
from facekeep.vault.log_entries import LogRecord, entry_key, open_entry, parse_text, read_text, seal_entry
from facekeep.vault.log_fuse import DiskHangs
from facekeep.vault.shelf import Shelf
from facekeep.vault.wire import LogEntry

HUNG_ACT = "log.hung"
_LEAVES_AT_ONCE = 4_096
KEEP = carried.KEEP  # the organization of entries that belong to nobody
Facts = dict[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class _Written:
    """Entries of one act: of which organization, from which number, and from which place in the tree."""

    org_id: str
    first: int
    place: int
    entries: int


class Journal:
    """Writes and reads entries; remembers in the database how far the log had come, and where each entry lies in it.

    An entry's place in the tree stays in the vault, and in proofs: two of them would tell how much everybody did in
    between. Everybody else knows an entry by its number among its organization's own.
    """

    def __init__(self, database: Database, log: Log, shelf: Shelf) -> None:
        self._database = database
        self._log = log
        self._shelf = shelf
        self._keys: dict[str, list[tuple[int, bytes]]] = {}
        self._not_saved: dict[tuple[str, int], int] = {}
        self._is_offered = False
        self._hung: _Written | None = None
        self._sequence = self._recovered()

    @property
    def log(self) -> Log:
        """The log itself, for checkpoints and proofs."""
        return self._log

    def write(self, org_id: str, actor: str, act: str, outcome: str, facts: Facts) -> int:
        """Append one entry and return its number among the organization's; durable on return.

        Raises
        ------
        Unavailable
            `log_unwritable`, `disk_full`. Nothing that waits for this entry may happen then.
        """
        return self.write_all(org_id, actor, [(act, outcome, facts)])

    def write_all(self, org_id: str, actor: str, said: Sequence[tuple[str, str, Facts]]) -> int:
        """Append entries of one act, all or none: act, outcome and facts each. Returns the number of the first.

        Raises what `write` does. They are durable on return, for the price of one.
        """
        self._drop_saved()
        first, at = self._sequence.get(org_id, 0), timestamp()
        records = [
            LogRecord(number=number, at=at, actor=actor, act=act, outcome=outcome, facts=facts)
            for number, (act, outcome, facts) in enumerate(said, first)
        ]
        leaves, place, is_first = [self._sealed(one, org_id) for one in records], self._log.size, not self._log.waits
        try:
            self._log.append(leaves)
        except DiskHangs:
            if is_first:  # and not refused because something else hangs
                self._hung = _Written(org_id, first, place, len(leaves))
            raise
        self._count(_Written(org_id, first, place, len(leaves)))
        return first

    def resume(self) -> None:
        """Go on after the log's disk has answered, with an entry of how long it hung.

        What hung may be written, though its act was refused: then an entry after it, of the same organization, says so.

        Raises
        ------
        Unavailable
            `log_unwritable`: it ended badly, or hangs anew.
        """
        hung, self._hung = self._hung, None
        facts: Facts = {"seconds": round(self._log.resume(), 1), "unanswered": None}
        if hung is not None and self._log.size > hung.place:
            self._count(hung)
            unanswered: Facts = {"unanswered": hung.first, "entries": hung.entries}
            if hung.org_id != KEEP:
                self.write(hung.org_id, "keep", HUNG_ACT, "done", facts | unanswered)
            else:
                facts |= unanswered
        self.write(KEEP, "keep", HUNG_ACT, "done", facts)

    def _count(self, written: _Written) -> None:
        self._sequence[written.org_id] = written.first + written.entries
        for offset in range(written.entries):
            self._not_saved[written.org_id, written.first + offset] = written.place + offset

    def note(self, caller: Caller, act: str, facts: Facts, outcome: str = "done") -> int:
        """An entry of the caller's organization."""
        return self.write(caller.org_id, caller.credential, act, outcome, _by(caller) | facts)

    def note_all(self, caller: Caller, said: Sequence[tuple[str, Facts]]) -> int:
        """Entries of one act of the caller's, all or none: act and facts each. Returns the number of the first."""
        whole = [(act, "done", _by(caller) | facts) for act, facts in said]
        return self.write_all(caller.org_id, caller.credential, whole)

    def forget_organization(self, org_id: str) -> None:
        """Drop number and places of a shredded organization; nobody opens its entries any more."""
        self._sequence.pop(org_id, None)
        self.forget_keys(org_id)
        self._not_saved = {entry: place for entry, place in self._not_saved.items() if entry[0] != org_id}

    def forget_keys(self, org_id: str) -> None:
        """Read the keys of an organization's entries again at the next look: there are others now."""
        self._keys.pop(org_id, None)

    def save_anchor(self) -> None:
        """Inside a transaction: remember size, root and places, so that a shortened log is noticed."""
        size, root = self._log.anchor()
        self._database.run("INSERT OR REPLACE INTO meta VALUES ('log_anchor', ?)", size.to_bytes(8, "big") + root)
        rows = [(org_id, number, place) for (org_id, number), place in self._not_saved.items()]
        self._database.run_many("INSERT OR REPLACE INTO log_places VALUES (?, ?, ?)", rows)
        self._is_offered = True

    def place(self, org_id: str, number: int) -> int:
        """Where in the tree an organization's entry lies. Raises BadInput `not_found` where there is none."""
        found = self._places(org_id, number, number + 1)
        if not found:
            raise BadInput(Code.NOT_FOUND, f"no entry {number}")
        return found[0]

    def last_number(self, org_id: str) -> int:
        """The number of the organization's newest entry."""
        return self._sequence[org_id] - 1

    def next_number(self, org_id: str) -> int:
        """The number that the organization's next entry will have."""
        return self._sequence.get(org_id, 0)

    def read(self, org_id: str, start: int, limit: int) -> tuple[list[LogEntry], int | None]:
        """Up to `limit` entries of an organization from number `start`, and where to go on (None at the end).

        Raises
        ------
        BadInput
            `not_found`: there is no such organization.
        Tampered
            `log_altered`: an entry is not where it had been written.
        """
        if org_id not in self._sequence:
            raise BadInput(Code.NOT_FOUND, "no such organization")
        end = min(start + limit, self._sequence[org_id])
        found = [
            self._entry(org_id, number, place) for number, place in enumerate(self._places(org_id, start, end), start)
        ]
        return found, end if end < self._sequence[org_id] else None

    def count(self, org_id: str) -> int:
        """How many entries an organization has."""
        return self._sequence.get(org_id, 0)

    def time_of(self, org_id: str, number: int) -> str:
        """When an entry was written. Raises Tampered `log_altered` where it cannot be read."""
        texts = self.texts(org_id, number, number + 1)
        if not texts:
            raise Tampered(Code.LOG_ALTERED, f"the log does not hold entry {number} where it was written")
        return parse_text(texts[0]).at

    def texts(self, org_id: str, start: int, end: int) -> list[bytes]:
        """The MessagePack of the entries numbered from `start` to before `end`; those that cannot be read are left out.

        Whose numbers they are is for the reader to compare: a leaf at another entry's place is not noticed here.
        """
        found = []
        for number, leaf in enumerate(self._log.leaves_at(self._places(org_id, start, end)), start):
            if leaf is None:
                continue
            try:
                found.append(read_text(leaf, org_key=self._key(org_id, number)))
            except (BadInput, Tampered):
                continue
        return found

    def exported(self, org_id: str, start: int, limit: int) -> list[tuple[int, bytes, bytes]]:
        """Up to `limit` entries from number `start`: place, leaf, and the key that opens this leaf and no other.

        Raises
        ------
        Tampered
            `log_altered`: an entry is not where it had been written.
        """
        found = []
        for number, place in enumerate(self._places(org_id, start, start + limit), start):
            leaf, key = self._log.leaf(place), self._key(org_id, number)
            _expect(_opened(leaf, key), number)
            found.append((place, leaf, entry_key(key, parse_leaf(leaf).salt)))
        return found

    def _entry(self, org_id: str, number: int, place: int) -> LogEntry:
        return _expect(_opened(self._log.leaf(place), self._key(org_id, number)), number).shown

    def _places(self, org_id: str, start: int, end: int) -> list[int]:
        """Places of the entries numbered from `start` to before `end`, as far as there are any."""
        if start >= end:
            return []
        sql = "SELECT place FROM log_places WHERE org_id = ? AND entry >= ? AND entry < ? ORDER BY entry"
        saved = [place for (place,) in self._database.rows(sql, org_id, start, end)]
        recent = (self._not_saved.get((org_id, number)) for number in range(start + len(saved), end))
        return saved + [place for place in recent if place is not None]

    def _drop_saved(self) -> None:
        """Let go of places that are durable in the database, which they are once their transaction has ended."""
        if not self._is_offered or self._database.in_transaction:
            return
        self._is_offered = False
        anchored = read_anchor(self._database)[0]
        self._not_saved = {entry: place for entry, place in self._not_saved.items() if place >= anchored}

    def _sealed(self, record: LogRecord, org_id: str) -> bytes:
        key = self._key(org_id, record.number)
        return seal_entry(record, org_key=key, salt=os.urandom(16), nonce=os.urandom(12))

    def _key(self, org_id: str, number: int) -> bytes:
        """The key that entry `number` is sealed with: of the newest generation that began no later."""
        if org_id not in self._keys:
            key = self._shelf.owner_key(org_id)
            self._keys[org_id] = carried.generations(self._database, org_id, key, entries_purpose(org_id))
        known = self._keys[org_id]
        return known[bisect(known, number, key=_since) - 1][1]

    def _recovered(self) -> dict[str, int]:
        """The next number of each organization: those at the anchor, moved on by what was written after it."""
        sequence = {KEEP: 0, **{org_id: 0 for (org_id,) in self._database.rows("SELECT org_id FROM organizations")}}
        for org_id in sequence:
            (last,) = self._database.row("SELECT max(entry) FROM log_places WHERE org_id = ?", org_id) or (None,)
            sequence[org_id] = 0 if last is None else last + 1
        keys = {org_id: self._key(org_id, number) for org_id, number in sequence.items()}
        for place, leaf in self._leaves_from(read_anchor(self._database)[0]):
            for org_id, key in keys.items():
                record = _opened(leaf, key)
                if record is not None:
                    self._not_saved[org_id, record.number] = place
                    sequence[org_id] = record.number + 1
        return sequence

    def _leaves_from(self, start: int) -> Iterator[tuple[int, bytes]]:
        """Every leaf from index `start` to the end, each with its index."""
        for page in range(start, self._log.size, _LEAVES_AT_ONCE):
            yield from enumerate(self._log.leaves(page, _LEAVES_AT_ONCE), page)


def entries_purpose(org_id: str) -> str:
    """What the keys of its entries are called among the carried keys."""
    return "keep entries" if org_id == KEEP else "entries"


def _since(generation: tuple[int, bytes]) -> int:
    return generation[0]


def _by(caller: Caller) -> Facts:
    """Which member acted, in which session: ids that name nobody outside the organization."""
    return {"by": caller.member_id, "session": caller.session}


def read_anchor(database: Database) -> tuple[int, bytes | None]:
    """How far the log had come at the last commit: (size, root), or (0, None) before the first."""
    found = database.row("SELECT value FROM meta WHERE name = 'log_anchor'")
    if found is None:
        return 0, None
    return int.from_bytes(found[0][:8], "big"), found[0][8:]


def _opened(leaf: bytes, key: bytes) -> LogRecord | None:
    """The entry, or None where it belongs to somebody else."""
    try:
        return open_entry(leaf, org_key=key)
    except BadInput:
        return None


def _expect(record: LogRecord | None, number: int) -> LogRecord:
    if record is None or record.number != number:
        raise Tampered(Code.LOG_ALTERED, f"the log does not hold entry {number} where it was written")
    return record


def must_seal(error: Exception) -> bool:
    """Whether the vault may not go on after this: a log that cannot be written, a database that was altered."""
    if isinstance(error, DiskHangs):
        return False
    return isinstance(error, Unavailable | Tampered) and error.code in (Code.LOG_UNWRITABLE, Code.DATABASE_ALTERED)
