"""Which things are decoys: in the vault's database, and in memory for a look at every message."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database
from facekeep.vault.keys import fresh_id

_DRILL_S = 15.0
_SELECT = "SELECT number, canary_id, kind, thing, made_at, retired_at, read_at FROM canaries"


class Kind(StrEnum):
    """What can be a decoy."""

    ORGANIZATION = "organization"
    MEMBER = "member"
    API_KEY = "api_key"
    PASSKEY = "passkey"
    COLLECTION = "collection"
    BLOCK = "block"
    LOG_ENTRY = "log_entry"
    BACKUP_FILE = "backup_file"
    CONFIGURATION_SECRET = "configuration_secret"  # noqa: S105  a kind, not a secret


@dataclass(frozen=True, slots=True)
class Canary:
    """One decoy. `thing` is what it is called where it lies: an id, or a file's name from the data folder."""

    number: int
    canary_id: str
    kind: Kind
    thing: str
    made_at: str
    retired_at: str | None
    read_at: int | None


class Drill:
    """Touches that a drill announced: each is expected once, for some seconds."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def expect(self, canaries: Iterable[Canary]) -> None:
        """These are about to be touched."""
        self._until = {one.canary_id: time.monotonic() + _DRILL_S for one in canaries}

    def takes(self, canary: Canary) -> bool:
        """Whether this touch is the one that was announced."""
        return time.monotonic() < self._until.pop(canary.canary_id, 0.0)


class Register:
    """Reads and writes canaries. Looking one up takes no lock: what is known is replaced whole, never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_name: dict[str, Canary] = {}
        self._organizations: frozenset[str] = frozenset()
        self._all: tuple[Canary, ...] = ()
        self.drill = Drill()
        self.reload()

    def reload(self) -> None:
        """Read anew; asked after a transaction that changed something."""
        rows = self._database.rows(f"{_SELECT} ORDER BY number")
        self._all = tuple(Canary(row[0], row[1], Kind(row[2]), *row[3:]) for row in rows)
        every = {one.number: one for one in self._all}
        rows = self._database.rows("SELECT name, canary FROM canary_names")
        self._by_name = {name: every[number] for name, number in rows}
        self._organizations = frozenset(one.thing for one in every.values() if one.kind is Kind.ORGANIZATION)

    def named(self, name: str) -> Canary | None:
        """The decoy of this name, also one that was retired."""
        return self._by_name.get(name)

    def is_decoy(self, org_id: str) -> bool:
        """Whether an organization is one."""
        return org_id in self._organizations

    def all(self) -> tuple[Canary, ...]:
        """Every canary that ever was, oldest first."""
        return self._all

    def live(self, *kinds: Kind) -> list[Canary]:
        """Those that were not retired, of these kinds or of all."""
        return [one for one in self.all() if one.retired_at is None and (not kinds or one.kind in kinds)]

    def add(self, kind: Kind, thing: str, names: Iterable[str] = (), content: bytes | None = None) -> str:
        """One more, known by its thing and by further names; returns its id. Inside a transaction."""
        canary_id = fresh_id("can")
        number = self._database.run(
            "INSERT INTO canaries (canary_id, kind, thing, made_at, content) VALUES (?, ?, ?, ?, ?)",
            *(canary_id, kind.value, thing, timestamp(), content),
        )
        every = [(name, number) for name in dict.fromkeys((thing, *names))]
        self._database.run_many("INSERT OR IGNORE INTO canary_names VALUES (?, ?)", every)
        return canary_id

    def rename(self, canary: Canary, thing: str) -> None:
        """It is called otherwise from now on; the names until now stay its names. Inside a transaction."""
        self._database.run("UPDATE canaries SET thing = ? WHERE number = ?", thing, canary.number)
        self._database.run("INSERT OR IGNORE INTO canary_names VALUES (?, ?)", thing, canary.number)

    def content(self, canary: Canary) -> bytes:
        """What a decoy file holds."""
        (content,) = self._database.row("SELECT content FROM canaries WHERE number = ?", canary.number) or (None,)
        return bytes(content or b"")

    def set_read_at(self, canary: Canary, read_at: int | None) -> None:
        """When a decoy file was last read, as the file system tells. Inside a transaction."""
        self._database.run("UPDATE canaries SET read_at = ? WHERE number = ?", read_at, canary.number)

    def retire(self, canary: Canary) -> None:
        """It lies nowhere any more; whoever has its name still betrays themselves. Inside a transaction."""
        sql = "UPDATE canaries SET retired_at = ?, content = NULL WHERE number = ?"
        self._database.run(sql, timestamp(), canary.number)
