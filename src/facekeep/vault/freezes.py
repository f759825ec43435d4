"""Freezes: a session, an API key, a member or a whole organization is stopped at once, and nothing of theirs is lost.

One is enough to freeze: an admin, the operator, or the vault itself after an alarm. Two different people lift it: of
the organization's admins and privacy officers, and of the operator, who counts as one. Nobody says the word for what
is their own, and a frozen organization is lifted by nobody without the operator. Where no admin or privacy officer is
left who could say the second word, the operator's is enough, and the entry says so.

Sessions ask here whenever they are used, and a search asks again before anything is released.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from facekeep.errors import BadInput, Code, Refused
from facekeep.terms import Role
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database
from facekeep.vault.identity import members
from facekeep.vault.identity.callers import Caller

OPERATOR = "operator"
SPEAKERS = frozenset({Role.ADMIN, Role.PRIVACY_OFFICER})
_FREEZE = "SELECT kind, subject, org_id, owner, why, frozen_by, frozen_at FROM freezes"


class Kind(StrEnum):
    """What can be frozen."""

    SESSION = "session"
    KEY = "key"
    MEMBER = "member"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class Freeze:
    """One freeze that holds. `why` is a word such as `operator`, `admin` or the kind of an alarm."""

    kind: Kind
    subject: str
    org_id: str
    owner: str
    why: str
    frozen_by: str
    frozen_at: str


class Freezes:
    """What is frozen in an open vault: in its database, and in memory for every use of a session."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: frozenset[tuple[str, str]] = frozenset()
        self.reload()

    def reload(self) -> None:
        """Read again what is frozen; asked after every change was committed."""
        self._held = frozenset((kind, subject) for kind, subject in self._database.rows(
            "SELECT kind, subject FROM freezes"
        ))  # fmt: skip

    def holds(self, kind: Kind, subject: str) -> bool:
        """Whether this very thing is frozen."""
        return (kind, subject) in self._held

    def refuse(self, caller: Caller, session_id: str = "", *, but_organization: bool = False) -> None:
        """Raise Refused `frozen` where the caller, their key, this session or their organization is frozen."""
        if not self._held:
            return
        asked = [(Kind.SESSION, session_id), (Kind.KEY, caller.credential), (Kind.MEMBER, caller.member_id)]
        if not but_organization:
            asked.append((Kind.ORGANIZATION, caller.org_id))
        for kind, subject in asked:
            if self.holds(kind, subject):
                raise Refused(Code.FROZEN, f"this {kind} is frozen until two people let it go on")

    def refuse_organization(self, org_id: str) -> None:
        """Raise Refused `frozen` where the organization is, to whoever would come to it."""
        if self.holds(Kind.ORGANIZATION, org_id):
            raise Refused(Code.FROZEN, "this organization is frozen until two people let it go on")

    def stops(self, org_id: str, member_id: str) -> bool:
        """Whether nothing is done for this member now."""
        return self.holds(Kind.MEMBER, member_id) or self.holds(Kind.ORGANIZATION, org_id)

    def put(self, one: Freeze) -> None:
        """Inside a transaction: freeze. Frozen already, it stays, and words said until now count no more."""
        self._database.run(
            "INSERT OR REPLACE INTO freezes VALUES (?, ?, ?, ?, ?, ?, ?)",
            one.kind, one.subject, one.org_id, one.owner, one.why, one.frozen_by, one.frozen_at,
        )  # fmt: skip
        self._forget_words(one.kind, one.subject)

    def find(self, kind: Kind, subject: str, org_id: str | None = None) -> Freeze:
        """The freeze, of this organization where one is named. Raises BadInput `not_found`."""
        found = self._database.row(f"{_FREEZE} WHERE kind = ? AND subject = ?", kind, subject)
        if found is None or (org_id is not None and found[2] != org_id):
            raise BadInput(Code.NOT_FOUND, "nothing of that name is frozen")
        return Freeze(Kind(found[0]), *found[1:])

    def of(self, org_id: str) -> list[Freeze]:
        """Everything frozen of an organization, oldest first."""
        rows = self._database.rows(f"{_FREEZE} WHERE org_id = ? ORDER BY frozen_at, kind, subject", org_id)
        return [Freeze(Kind(row[0]), *row[1:]) for row in rows]

    def words(self, one: Freeze) -> frozenset[str]:
        """Who has said that it may go on."""
        sql = "SELECT person FROM freeze_words WHERE kind = ? AND subject = ?"
        return frozenset(person for (person,) in self._database.rows(sql, one.kind, one.subject))

    def say(self, one: Freeze, person: str) -> bool:
        """Inside a transaction: one word more. Whether the freeze is lifted by it, and gone."""
        self._database.run(
            "INSERT OR IGNORE INTO freeze_words VALUES (?, ?, ?, ?, ?)",
            one.kind, one.subject, one.org_id, person, timestamp(),
        )  # fmt: skip
        if not is_enough(one.kind, self.words(one), is_anybody_left=self.is_anybody_left(one)):
            return False
        self._forget_words(one.kind, one.subject)
        self._database.run("DELETE FROM freezes WHERE kind = ? AND subject = ?", one.kind, one.subject)
        return True

    def is_anybody_left(self, one: Freeze) -> bool:
        """Whether the organization has somebody who could say a word here."""
        return any(
            member.roles & SPEAKERS
            and member.member_id != one.owner
            and not self.holds(Kind.MEMBER, member.member_id)
            for member in members.page(self._database, one.org_id, 0, limit=-1)
        )

    def forget_sessions(self, alive: Collection[str]) -> None:
        """Drop freezes of sessions that have ended, which they all have after a restart."""
        gone = [subject for kind, subject in self._held if kind == Kind.SESSION and subject not in alive]
        if not gone:
            return
        with self._database.transaction():
            for subject in gone:
                self._forget_words(Kind.SESSION, subject)
                self._database.run("DELETE FROM freezes WHERE kind = ? AND subject = ?", Kind.SESSION, subject)
        self.reload()

    def _forget_words(self, kind: Kind, subject: str) -> None:
        self._database.run("DELETE FROM freeze_words WHERE kind = ? AND subject = ?", kind, subject)


def is_enough(kind: Kind, words: frozenset[str], *, is_anybody_left: bool) -> bool:
    """Whether these people's words lift a freeze."""
    if OPERATOR in words and not is_anybody_left:
        return True
    return len(words) > 1 and (kind is not Kind.ORGANIZATION or OPERATOR in words)


def parse_kind(untrusted_kind: str) -> Kind:
    """A kind by name. Raises BadInput `invalid_request`."""
    if untrusted_kind not in set(Kind):
        raise BadInput(Code.INVALID_REQUEST, f"expected one of {', '.join(Kind)}")
    return Kind(untrusted_kind)
