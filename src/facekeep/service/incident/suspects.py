"""Whose acts a report is asked about, and whom they made: keys, passkeys and members that a thief made for later.

Named several ways, any of them makes an act theirs. Whoever was made by a suspect is one; what somebody made before the
time asked about, the owner of a stolen key did.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from facekeep.service.incident.entries import Entry

_MADE: dict[str, tuple[str, ...]] = {
    "key.made": ("key",),
    "passkey.added": ("passkey",),
    "password.set": ("password",),
    "member.invited": ("invitation",),
}


@dataclass(slots=True)
class Suspects:
    """Ids of credentials, members, sessions and invitations. Empty is everybody."""

    named: frozenset[str] = frozenset()
    made: set[str] = field(default_factory=set)
    _known: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, ids: Iterable[str]) -> "Suspects":
        """The suspects of those ids."""
        named = frozenset(ids)
        return cls(named, _known=set(named))

    @property
    def is_everybody(self) -> bool:
        """Whether none was named."""
        return not self.named

    def did(self, entry: Entry, *, learns: bool = True) -> bool:
        """Whether an entry is of a suspect's act; where it `learns`, notes whom the act made, or another session."""
        if not self.named:
            return True
        facts = entry.facts
        is_theirs = (
            entry.actor in self._known
            or facts.get("session") in self._known
            or facts.get("by") in self._known
            or facts.get("follows") in self._known
        )
        if not is_theirs and entry.act == "member.join" and facts.get("invitation") in self._known:
            is_theirs = True
        if learns and is_theirs and entry.outcome == "done":
            self._learn(entry.act, facts)
        return is_theirs

    def _learn(self, act: str, facts: dict[str, Any]) -> None:
        named = [facts.get(name) for name in _MADE.get(act, ())]
        if act == "session.opened" and facts.get("follows") in self._known:
            named.append(facts.get("session"))
        if act == "member.join":
            named.append(facts.get("member"))
        new = {str(one) for one in named if one} - self._known
        self._known |= new
        self.made |= new
