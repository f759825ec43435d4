"""Sessions: short, in memory only, bound to one member of one organization. A restart ends them all.

Whoever's right to act ends, by removal, another role, a revoked key or passkey, loses their sessions at once; a search
that is under way looks again before anything is released.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from facekeep.errors import Code, Refused, Unavailable
from facekeep.terms import SessionToken
from facekeep.vault.identity.callers import Caller

IDLE_SECONDS = 15 * 60
LIFETIME_SECONDS = 12 * 3600
FRESH_SECONDS = 5 * 60
_MOST_SESSIONS = 10_000


@dataclass(slots=True)
class Session:
    """One live session. Times are of the monotonic clock, in seconds; `proved_at` is the last proof of presence."""

    caller: Caller
    opened_at: float
    used_at: float
    proved_at: float


class Sessions:
    """Live sessions, by random token."""

    def __init__(self) -> None:
        self._live: dict[str, Session] = {}

    def open(self, caller: Caller) -> SessionToken:
        """A new session. Raises Unavailable `busy` when absurdly many are alive."""
        now = time.monotonic()
        if len(self._live) >= _MOST_SESSIONS:
            self._live = {token: one for token, one in self._live.items() if _alive(one, now)}
            if len(self._live) >= _MOST_SESSIONS:
                raise Unavailable(Code.BUSY, "too many sessions are open; try again later")
        token = SessionToken(os.urandom(32).hex())
        self._live[token] = Session(caller, now, now, now)
        return token

    def find(self, token: str) -> Session:
        """The session of `token`, used now. Raises Refused `unauthenticated` when there is none."""
        session, now = self._live.get(token), time.monotonic()
        if session is None or not _alive(session, now):
            self._live.pop(token, None)
            raise Refused(Code.UNAUTHENTICATED, "the session is unknown or has ended")
        session.used_at = now
        return session

    def caller(self, token: str) -> Caller:
        """Who holds `token`. Raises Refused `unauthenticated` when nobody does."""
        return self.find(token).caller

    def end(self, token: str) -> None:
        """Forget a session; an unknown one is no error."""
        self._live.pop(token, None)

    def end_where(self, matches: Callable[[Caller], bool]) -> int:
        """Forget every session whose caller matches; returns how many."""
        kept = {token: one for token, one in self._live.items() if not matches(one.caller)}
        ended, self._live = len(self._live) - len(kept), kept
        return ended


def is_fresh(session: Session) -> bool:
    """Whether its person proved to be there in the last five minutes, as sensitive acts ask."""
    return time.monotonic() - session.proved_at < FRESH_SECONDS


def _alive(session: Session, now: float) -> bool:
    return now - session.used_at < IDLE_SECONDS and now - session.opened_at < LIFETIME_SECONDS
