"""Members of an organization with sessions of their own, over anything that answers the vault's messages."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from facekeep.terms import Role
from facekeep.vault import wire

Ask = Callable[[wire.Message], Any]


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    session: str
    member_id: str
    api_key: str


def signed_in(ask: Ask, api_key: str) -> Person:
    """Whoever holds that key."""
    session = ask(wire.Authenticate(untrusted_credential=api_key)).session
    return Person(session, ask(wire.WhoAmI(session=session)).member.member_id, api_key)


def added(ask: Ask, admin: str, name: str, roles: Iterable[Role]) -> Person:
    """A new member with these roles, signed in. `admin` is an admin's session."""
    member = ask(wire.AddProgram(session=admin, name=name, roles=tuple(roles))).member
    return signed_in(ask, another_key(ask, admin, member.member_id))


def another_key(ask: Ask, admin: str, member_id: str) -> str:
    """One more API key of a member."""
    key: str = ask(wire.MakeApiKey(session=admin, member_id=member_id, name="key")).api_key
    return key


def opened_case(ask: Ask, session: str, **more: Any) -> str:
    """The id of a new case of whoever holds the session."""
    facts = {"purpose": "Testing and training", "legal_basis": "a test", **more}
    case_id: str = ask(wire.CreateCase(session=session, **facts)).case.case_id
    return case_id
