"""The vault's journal: one sealed entry in the log for every act, durable before the act's answer leaves.

Each organization's entries are encrypted under its own key and carry its own gap-free sequence number; entries that
belong to nobody (unknown keys, operators, alarms) are the keep's own. Entries hold identifiers, counts and settings,
never names, scores or templates.
"""

import os

from facekeep.errors import BadInput, Code, Tampered, Unavailable
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database
from facekeep.vault.identity import Caller
from facekeep.vault.keys import derive
from facekeep.vault.log import Log
from facekeep.vault.log_entries import LogRecord, open_entry, seal_entry
from facekeep.vault.shelf import Shelf
from facekeep.vault.wire import LogEntry

KEEP = ""  # the organization of entries that belong to nobody
_SCAN_AT_MOST = 20_000
Facts = dict[str, str | int | float | bool | None]


class Journal:
    """Writes and reads entries; remembers in the database how far the log had come."""

    def __init__(self, database: Database, log: Log, shelf: Shelf, root: bytes) -> None:
        self._database = database
        self._log = log
        self._shelf = shelf
        self._keep_key = derive(root, "keep entries")
        self._sequence = self._last_sequences()

    @property
    def log(self) -> Log:
        """The log itself, for checkpoints and proofs."""
        return self._log

    def write(self, org_id: str, actor: str, act: str, outcome: str, facts: Facts) -> int:
        """Append one entry and return its log index; durable on return.

        Raises
        ------
        Unavailable
            `log_unwritable`. Nothing that waits for this entry may happen then.
        """
        number = self._sequence.get(org_id, 0)
        record = LogRecord(at=timestamp(), actor=actor, act=act, outcome=outcome, facts={"n": number, **facts})
        index = self._log.append([self._sealed(record, org_id)])
        self._sequence[org_id] = number + 1
        return index

    def note(self, caller: Caller, act: str, facts: Facts, outcome: str = "done") -> int:
        """An entry of the caller's organization."""
        return self.write(caller.org_id, caller.credential, act, outcome, facts)

    def forget_organization(self, org_id: str) -> None:
        """Drop the sequence number of a shredded organization; nobody opens its entries any more."""
        self._sequence.pop(org_id, None)

    def save_anchor(self) -> None:
        """Inside a transaction: remember size, root and sequence numbers, so that a shortened log is noticed."""
        size, root = self._log.anchor()
        self._database.run("INSERT OR REPLACE INTO meta VALUES ('log_anchor', ?)", size.to_bytes(8, "big") + root)
        self._database.run_many(
            "UPDATE organizations SET entries = ? WHERE org_id = ?",
            [(number, org_id) for org_id, number in self._sequence.items() if org_id != KEEP],
        )

    def read(self, org_id: str, start: int, limit: int) -> tuple[list[LogEntry], int | None]:
        """Up to `limit` entries of an organization from log index `start`, and where to go on (None at the end)."""
        found: list[LogEntry] = []
        key, size = self._key(org_id), self._log.size
        start = min(start, size)
        end = min(size, start + _SCAN_AT_MOST)
        for index, leaf in enumerate(self._log.leaves(start, end - start), start):
            entry = _opened(leaf, key)
            if entry is not None:
                found.append(entry.at_index(index))
            if len(found) == limit:
                return found, index + 1 if index + 1 < size else None
        return found, end if end < size else None

    def _sealed(self, record: LogRecord, org_id: str) -> bytes:
        return seal_entry(record, org_key=self._key(org_id), salt=os.urandom(16), nonce=os.urandom(12))

    def _key(self, org_id: str) -> bytes:
        return self._keep_key if org_id == KEEP else derive(self._shelf.org_key(org_id), "entries")

    def _last_sequences(self) -> dict[str, int]:
        """Sequence numbers at the anchor, moved on by the entries that were written after it."""
        rows = self._database.rows("SELECT org_id, entries FROM organizations")
        sequence = {KEEP: 0, **dict(rows)}
        anchored = read_anchor(self._database)[0]
        for leaf in self._log.leaves(anchored, self._log.size - anchored):
            for org_id, number in sequence.items():
                entry = _opened(leaf, self._key(org_id))
                if entry is not None:
                    sequence[org_id] = max(number, int(entry.facts["n"] or 0) + 1)
        return sequence


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


def must_seal(error: Exception) -> bool:
    """Whether the vault may not go on after this: a log that cannot be written, a database that was altered."""
    return isinstance(error, Unavailable | Tampered) and error.code in (Code.LOG_UNWRITABLE, Code.DATABASE_ALTERED)
