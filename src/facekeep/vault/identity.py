"""Who is asking: API keys and the short sessions they are exchanged for.

The vault keeps a keyed digest of every API key, never the key. Sessions live in memory only: a restart ends them all.
Known and unknown keys are refused with the same bytes after the same work, and guesses are counted.
"""

import hmac
import os
import re
import time
from base64 import b32encode
from dataclasses import dataclass

from facekeep.errors import Code, Refused, Unavailable
from facekeep.terms import SessionToken
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database
from facekeep.vault.keys import fresh_id

IDLE_SECONDS = 15 * 60
LIFETIME_SECONDS = 12 * 3600
_MOST_SESSIONS = 10_000
_GUESSES_A_SECOND, _GUESSES_AT_ONCE = 5.0, 50.0
_API_KEY = re.compile(r"fk_([a-z2-7]{10})_([a-z2-7]{52})")


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal behind a session."""

    org_id: str
    member_id: str
    key_id: str
    role: str


@dataclass(slots=True)
class _Session:
    caller: Caller
    opened_at: float
    used_at: float


class Guesses:
    """A token bucket over failed sign-ins, for the vault as a whole. Good keys never wait for it."""

    def __init__(self) -> None:
        self._tokens, self._at = _GUESSES_AT_ONCE, time.monotonic()
        self.suppressed = 0

    def spend(self) -> bool:
        """True while a failed attempt may still be written to the log; the rest are only counted."""
        now = time.monotonic()
        self._tokens = min(_GUESSES_AT_ONCE, self._tokens + (now - self._at) * _GUESSES_A_SECOND)
        self._at = now
        if self._tokens < 1:
            self.suppressed += 1
            return False
        self._tokens -= 1
        return True


class Sessions:
    """Live sessions, by random token."""

    def __init__(self) -> None:
        self._live: dict[str, _Session] = {}

    def open(self, caller: Caller) -> SessionToken:
        """A new session. Raises Unavailable `busy` when absurdly many are alive."""
        now = time.monotonic()
        if len(self._live) >= _MOST_SESSIONS:
            self._live = {token: one for token, one in self._live.items() if _alive(one, now)}
            if len(self._live) >= _MOST_SESSIONS:
                raise Unavailable(Code.BUSY, "too many sessions are open; try again later")
        token = SessionToken(os.urandom(32).hex())
        self._live[token] = _Session(caller, now, now)
        return token

    def caller(self, token: str) -> Caller:
        """Who holds `token`. Raises Refused `unauthenticated` when nobody does."""
        session, now = self._live.get(token), time.monotonic()
        if session is None or not _alive(session, now):
            self._live.pop(token, None)
            raise Refused(Code.UNAUTHENTICATED, "the session is unknown or has ended")
        session.used_at = now
        return session.caller

    def end(self, token: str) -> None:
        """Forget a session; an unknown one is no error."""
        self._live.pop(token, None)

    def end_of_key(self, key_id: str) -> None:
        """Forget every session of an API key."""
        self._live = {token: one for token, one in self._live.items() if one.caller.key_id != key_id}


def _alive(session: _Session, now: float) -> bool:
    return now - session.used_at < IDLE_SECONDS and now - session.opened_at < LIFETIME_SECONDS


def issue_api_key(database: Database, digest_key: bytes, member_id: str) -> str:
    """A new API key, shown once: `fk_`, a public prefix that names it, and 256 random bits."""
    prefix = b32encode(os.urandom(7)).decode().lower()[:10]
    secret = b32encode(os.urandom(32)).decode().lower().rstrip("=")
    key = f"fk_{prefix}_{secret}"
    database.run(
        "INSERT INTO api_keys VALUES (?, ?, ?, ?, NULL)", prefix, member_id, _digest(digest_key, key), timestamp()
    )
    return key


def authenticate(database: Database, digest_key: bytes, untrusted_credential: str) -> Caller:
    """The principal of an API key. Raises Refused `unauthenticated`, the same for every kind of wrong key."""
    match = _API_KEY.fullmatch(untrusted_credential)
    prefix = match.group(1) if match else ""
    found = database.row(
        "SELECT k.digest, m.org_id, m.member_id, m.role FROM api_keys k JOIN members m USING (member_id)"
        " WHERE k.key_id = ? AND k.revoked_at IS NULL",
        prefix,
    )
    expected_digest, *who = found if found else (bytes(32), "", "", "")
    if not hmac.compare_digest(_digest(digest_key, untrusted_credential), expected_digest) or not found:
        raise Refused(Code.UNAUTHENTICATED, "the API key is unknown or was revoked")
    return Caller(org_id=who[0], member_id=who[1], key_id=prefix, role=who[2])


def revoke_others(database: Database, member_id: str, kept_key_id: str) -> list[str]:
    """Revoke every other API key of a member; returns their ids."""
    others = database.rows(
        "SELECT key_id FROM api_keys WHERE member_id = ? AND key_id <> ? AND revoked_at IS NULL", member_id, kept_key_id
    )
    database.run_many("UPDATE api_keys SET revoked_at = ? WHERE key_id = ?", [(timestamp(), key) for (key,) in others])
    return [key for (key,) in others]


def create_organization(database: Database, wrapped_key: bytes, org_id: str, name: str, member: str) -> str:
    """One organization with one member, an admin; returns the member's id."""
    member_id = fresh_id("mem")
    database.run("INSERT INTO organizations VALUES (?, ?, ?, 0)", org_id, name, wrapped_key)
    database.run("INSERT INTO members VALUES (?, ?, ?, 'admin')", member_id, org_id, member)
    return member_id


def _digest(key: bytes, credential: str) -> bytes:
    return hmac.digest(key, credential.encode(), "sha256")
