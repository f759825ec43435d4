"""API keys: for programs and the command line. Hashed, named by a visible prefix, and as narrow as one likes.

A key has at most its member's roles. It may be for some acts and some collections only, and it may expire.
"""

from dataclasses import dataclass

from facekeep.errors import BadInput, Refused, Unavailable
from facekeep.errors import Code as ErrorCode
from facekeep.terms import Role
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database, Row
from facekeep.vault.identity import callers, codes
from facekeep.vault.identity.callers import Caller

KIND = "fk"
_KEY = (
    "SELECT k.rowid, k.key_id, k.member_id, k.name, k.roles, k.acts, k.collections, k.expires_at, k.created_at,"
    " k.used_on FROM api_keys k JOIN members m USING (member_id) WHERE m.org_id = ? AND k.revoked_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How a key is narrower than its member; None is no limit. `expires_at` is a timestamp."""

    name: str = ""
    roles: frozenset[Role] | None = None
    acts: frozenset[str] | None = None
    collections: frozenset[str] | None = None
    expires_at: str | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that was not revoked, without its secret. `used_on` is the day of its last use, empty if never."""

    number: int
    key_id: str
    member_id: str
    limits: Limits
    created_at: str
    used_on: str


def issue(database: Database, digest_key: bytes, member_id: str, limits: Limits) -> codes.Code:
    """A new key of a member, to be shown once. Inside a transaction."""
    made = codes.fresh(KIND)
    database.run(
        "INSERT INTO api_keys (key_id, member_id, digest, created_at, name, roles, acts, collections, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        made.name,
        member_id,
        codes.digest(digest_key, made.text),
        timestamp(),
        limits.name,
        None if limits.roles is None else callers.written(limits.roles),
        _joined(limits.acts),
        _joined(limits.collections),
        limits.expires_at,
    )
    return made


def authenticate(database: Database, digest_key: bytes, untrusted_key: str) -> Caller:
    """The principal of a key. Raises Refused `unauthenticated`, the same for every kind of wrong key."""
    name = codes.name_of(KIND, untrusted_key)
    found = database.row(
        "SELECT k.digest, k.roles, k.acts, k.collections, k.expires_at, k.revoked_at, k.used_on,"
        " m.org_id, m.member_id, m.account_id, m.roles, m.removed_at"
        " FROM api_keys k JOIN members m USING (member_id) WHERE k.key_id = ?",
        name,
    )
    right = codes.matches(digest_key, untrusted_key, found[0] if found else None)
    if not right or found is None or not _is_good(found):
        raise Refused(ErrorCode.UNAUTHENTICATED, "the API key is unknown, revoked or expired")
    _note_use(database, name, found[6])
    return _caller(name, found)


def page(database: Database, org_id: str, after: int, limit: int) -> list[ApiKey]:
    """Live keys of an organization, oldest first, after row number `after`."""
    found = database.rows(f"{_KEY} AND k.rowid > ? ORDER BY k.rowid LIMIT ?", org_id, after, limit)
    return [_key(row) for row in found]


def by_id(database: Database, org_id: str, key_id: str) -> ApiKey:
    """A live key of this organization. Raises BadInput `not_found`, for another's too."""
    found = database.row(f"{_KEY} AND k.key_id = ?", org_id, key_id)
    if found is None:
        raise BadInput(ErrorCode.NOT_FOUND, "no such API key")
    return _key(found)


def revoke(database: Database, key_ids: list[str]) -> None:
    """Make keys worthless, from this moment on. Inside a transaction."""
    database.run_many(
        "UPDATE api_keys SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL",
        [(timestamp(), one) for one in key_ids],
    )


def live_keys_of(database: Database, member_id: str) -> list[str]:
    """The ids of a member's keys that were not revoked."""
    sql = "SELECT key_id FROM api_keys WHERE member_id = ? AND revoked_at IS NULL"
    return [key_id for (key_id,) in database.rows(sql, member_id)]


def _key(row: Row) -> ApiKey:
    number, key_id, member_id, name, roles, acts, collections, expires_at, created_at, used_on = row
    narrowed = None if roles is None else callers.read(roles)
    limits = Limits(name, narrowed, _split(acts), _split(collections), expires_at)
    return ApiKey(number, key_id, member_id, limits, created_at, used_on or "")


def _is_good(row: Row) -> bool:
    expires_at, revoked_at, removed_at = row[4], row[5], row[11]
    return revoked_at is None and removed_at is None and (expires_at is None or timestamp() < expires_at)


def _caller(name: str, row: Row) -> Caller:
    own, limited = callers.read(row[10]), row[1]
    return Caller(
        org_id=row[7],
        member_id=row[8],
        account_id=row[9] or "",
        credential=name,
        roles=own if limited is None else own & callers.read(limited),
        acts=_split(row[2]),
        collections=_split(row[3]),
        expires_at=row[4],
    )


def _note_use(database: Database, name: str, used_on: str | None) -> None:
    """The day of the last use; written once a day, so that searches do not wait for it. A full disk puts it off."""
    today = timestamp()[:10]
    if used_on == today:
        return
    try:
        with database.transaction():
            database.run("UPDATE api_keys SET used_on = ? WHERE key_id = ?", today, name)
    except Unavailable as error:
        if error.code is not ErrorCode.DISK_FULL:
            raise


def _joined(values: frozenset[str] | None) -> str | None:
    return None if values is None else " ".join(sorted(values))


def _split(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(text.split())
