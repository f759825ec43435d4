"""What a thief of each tier holds, as docs/threat-model.md says it: what of the log's acts reached them, and what they
could read without any entry. A tier of bytes counts only where a drill found its bytes unreadable.
"""

from collections.abc import Collection
from dataclasses import dataclass

from facekeep.errors import BadInput, Code
from facekeep.service.incident.fields import Audience, Field

_ALL = frozenset(Audience)
_CALLER = frozenset({Audience.CALLER})


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier.

    Attributes
    ----------
    hears : whose share of an act's outcome reaches a thief of this tier
    unlogged : what such a thief could read of requests that never became an entry
    is_confined : the thief holds one key, session or member and has no hands but those that the report is asked about
    needs_drill : whether it is a tier of bytes, whose unreadability must have been tried
    is_vault : whether the log itself proves nothing of the time
    """

    name: str
    hears: frozenset[Audience] = frozenset()
    unlogged: frozenset[Field] = frozenset()
    is_confined: bool = False
    needs_drill: bool = True
    is_vault: bool = False


_PASSES = frozenset({Field.PASSING, Field.CREDENTIALS})
TIERS: dict[str, Tier] = {
    one.name: one
    for one in (
        Tier("store"),
        Tier("backup"),
        Tier("vault-disk"),
        Tier("share"),
        Tier("search", hears=frozenset({Audience.SCAN})),
        Tier("server", hears=_ALL, unlogged=_PASSES),
        Tier("network", hears=_ALL, unlogged=_PASSES),
        Tier("api-key", hears=_CALLER, is_confined=True, needs_drill=False),
        Tier("session", hears=_CALLER, is_confined=True, needs_drill=False),
        Tier("insider", hears=_CALLER, is_confined=True, needs_drill=False),
        Tier("vault-memory", hears=_ALL, unlogged=frozenset(Field), is_vault=True),
    )
}


@dataclass(frozen=True, slots=True)
class Declared:
    """The tiers that a report is asked about. With none declared every entry counts, and nothing is proven."""

    tiers: tuple[Tier, ...]

    @classmethod
    def named(cls, names: Collection[str], *, has_actor: bool) -> "Declared":
        """The tiers of those names.

        Raises BadInput `invalid_request`: an unknown one, or a thief of one key whose key is not said.
        """
        unknown = set(names) - set(TIERS)
        if unknown:
            raise BadInput(Code.INVALID_REQUEST, f"there is no tier {min(unknown)}; expected {', '.join(TIERS)}")
        tiers = tuple(TIERS[name] for name in TIERS if name in names)
        if any(one.is_confined for one in tiers) and not has_actor:
            text = "the tiers api-key, session and insider need --key, --session or --actor"
            raise BadInput(Code.INVALID_REQUEST, text)
        return cls(tiers)

    def reaches(self, audience: Audience, *, is_actor: bool) -> bool:
        """Whether what an act shows to `audience` reaches a declared thief, where `is_actor` says whose act it was."""
        if not self.tiers:
            return True
        return any(audience in one.hears and (is_actor or not one.is_confined) for one in self.tiers)

    @property
    def acts(self) -> bool:
        """Whether acts in the log may be a declared thief's: a stolen disk acts nowhere."""
        return not self.tiers or any(Audience.CALLER in one.hears for one in self.tiers)

    @property
    def is_vault(self) -> bool:
        """Whether the log proves nothing."""
        return any(one.is_vault for one in self.tiers)

    def reads_unlogged(self, field: Field) -> bool:
        """Whether a declared thief could read some of this without an entry."""
        return any(field in one.unlogged for one in self.tiers)

    def undrilled(self, drilled_unreadable: Collection[str]) -> tuple[str, ...]:
        """The declared tiers of bytes that no drill found unreadable."""
        return tuple(one.name for one in self.tiers if one.needs_drill and one.name not in drilled_unreadable)
