"""Sessions: short, in memory only, bound to one member of one organization. A restart ends them all.

Whoever's right to act ends, by removal, another role, a revoked key or passkey, loses their sessions at once; a search
that is under way looks again before anything is released.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from facekeep.errors import Code, Refused, Unavailable
from facekeep.terms import SessionToken
from facekeep.vault.clock import timestamp
from facekeep.vault.identity.callers import Caller, Way
from facekeep.vault.keys import fresh_id


class Freezes(Protocol):
    """Who says what is frozen; see `vault/freezes.py`."""

    def refuse(self, caller: Caller, session_id: str = "", *, but_organization: bool = False) -> None:
        """Raise Refused `frozen` where the caller, or the session, is."""


PERSONS = "fs_"  # what the token of a person's session begins with; no other token crosses the server's door

IDLE_SECONDS = 15 * 60
LIFETIME_SECONDS = 12 * 3600
FRESH_SECONDS = 5 * 60
_MOST_SESSIONS = 10_000
_MOST_OF_ONE_PERSON = 20


@dataclass(slots=True)
class Session:
    """One live session. Times are of the monotonic clock, in seconds; `proved_at` is the last proof of presence.

    `opened_on` is when it began, for people to read.
    """

    caller: Caller
    opened_at: float
    used_at: float
    proved_at: float
    opened_on: str = field(default_factory=timestamp)

    @property
    def session_id(self) -> str:
        """What tells this session apart without opening it."""
        return self.caller.session


class Sessions:
    """Live sessions, by random token."""

    def __init__(self, freezes: Freezes) -> None:
        self._live: dict[str, Session] = {}
        self._freezes = freezes

    def open(self, caller: Caller, *, follows: Session | None = None) -> SessionToken:
        """A new session; one that `follows` another ends when that one would have, and was proved when that one was.

        Whoever opens too many loses the one they have not used for longest.

        Raises
        ------
        Unavailable
            `busy`: absurdly many are alive.
        Refused
            `frozen`: the caller, or what signed them in. Who is in a frozen organization may yet say that it goes on.
        """
        self._freezes.refuse(caller, but_organization=True)
        now = time.monotonic()
        if caller.way is not Way.KEY:
            self._make_room_for(caller.account_id)
        if len(self._live) >= _MOST_SESSIONS:
            self._live = {token: one for token, one in self._live.items() if _alive(one, now)}
            if len(self._live) >= _MOST_SESSIONS:
                raise Unavailable(Code.BUSY, "too many sessions are open; try again later")
        caller = caller if caller.session else replace(caller, session=fresh_session_id())
        token = SessionToken(("" if caller.way is Way.KEY else PERSONS) + os.urandom(32).hex())
        opened_at, proved_at = (now, now) if follows is None else (follows.opened_at, follows.proved_at)
        self._live[token] = Session(caller, opened_at, now, proved_at)
        return token

    def find(self, token: str, *, in_frozen_organization: bool = False) -> Session:
        """The session of `token`, used now. Raises Refused `unauthenticated` when there is none, or `frozen`."""
        session, now = self._live.get(token), time.monotonic()
        if session is None or not _alive(session, now):
            self._live.pop(token, None)
            raise Refused(Code.UNAUTHENTICATED, "the session is unknown or has ended")
        self._freezes.refuse(session.caller, session.session_id, but_organization=in_frozen_organization)
        session.used_at = now
        return session

    def peek(self, token: str) -> Session | None:
        """The session of `token`, if it lives; not used by that."""
        session = self._live.get(token)
        return session if session is not None and _alive(session, time.monotonic()) else None

    def caller(self, token: str) -> Caller:
        """Who holds `token`. Raises Refused `unauthenticated` when nobody does."""
        return self.find(token).caller

    def end(self, token: str) -> None:
        """Forget a session; an unknown one is no error."""
        self._live.pop(token, None)

    def of_person(self, account_id: str) -> dict[str, Session]:
        """Live sessions that a person opened, by token, oldest first; those of keys are not among them."""
        now = time.monotonic()
        return {
            token: one
            for token, one in self._live.items()
            if one.caller.account_id == account_id and one.caller.way is not Way.KEY and _alive(one, now)
        }

    def by_id(self, session_id: str) -> Session | None:
        """The live session of an id, which is no token."""
        now = time.monotonic()
        return next((one for one in self._live.values() if one.session_id == session_id and _alive(one, now)), None)

    def ids(self) -> frozenset[str]:
        """The ids of live sessions."""
        now = time.monotonic()
        return frozenset(one.session_id for one in self._live.values() if _alive(one, now))

    def end_by_id(self, session_id: str) -> None:
        """Forget a session by its id; an unknown one is no error."""
        self._live = {token: one for token, one in self._live.items() if one.session_id != session_id}

    def end_where(self, matches: Callable[[Caller], bool]) -> int:
        """Forget every session whose caller matches; returns how many."""
        kept = {token: one for token, one in self._live.items() if not matches(one.caller)}
        ended, self._live = len(self._live) - len(kept), kept
        return ended

    def _make_room_for(self, account_id: str) -> None:
        own = self.of_person(account_id)
        for token in sorted(own, key=lambda one: own[one].used_at)[: max(0, len(own) - _MOST_OF_ONE_PERSON + 1)]:
            del self._live[token]


def fresh_session_id() -> str:
    """An id for a session that is about to be opened, so that its first entry can name it."""
    return fresh_id("ses")


def prove(session: Session) -> None:
    """The person proved to be there, now."""
    session.proved_at = time.monotonic()


def remaining_s(session: Session) -> int:
    """Seconds until a session ends however much it is used."""
    return max(0, round(session.opened_at + LIFETIME_SECONDS - time.monotonic()))


def idle_s(session: Session) -> int:
    """Seconds since a session was used."""
    return max(0, round(time.monotonic() - session.used_at))


def is_fresh(session: Session) -> bool:
    """Whether its person proved to be there in the last five minutes, as sensitive acts ask."""
    return time.monotonic() - session.proved_at < FRESH_SECONDS


def _alive(session: Session, now: float) -> bool:
    ends = session.caller.expires_at
    is_in_time = now - session.used_at < IDLE_SECONDS and now - session.opened_at < LIFETIME_SECONDS
    return is_in_time and (ends is None or timestamp() < ends)
