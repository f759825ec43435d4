"""What docs/threat-model.md declares of each tier that is drilled, in a form to compare with."""

from importlib.resources import files
from typing import Literal

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.service.drill.measurement import DeclaredTry
from facekeep.vault.wire import DrilledTier

Outcome = Literal["unreadable", "readable"]


class DeclaredTier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tier. `row` is the first cell of its row in the threat model, `covers` what reports of incidents call it."""

    name: str
    holds: str
    expected: Outcome
    covers: tuple[DrilledTier, ...]
    row: str


class _Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tiers: tuple[DeclaredTier, ...]
    tries: tuple[DeclaredTry, ...]


_DECLARED = msgspec.json.decode(
    files("facekeep.service.drill").joinpath("declared.json").read_bytes(), type=_Declared
)

TIERS: dict[str, DeclaredTier] = {one.name: one for one in _DECLARED.tiers}

TRIES: dict[str, DeclaredTry] = {one.name.split(":")[0]: one for one in _DECLARED.tries}
"""By what their names say before the colon; after it stands in what they are measured."""

NOT_TRIED = ("the store on PostgreSQL or S3",)
"""Attempts that no drill makes."""


def chosen(names: tuple[str, ...]) -> tuple[DeclaredTier, ...]:
    """The tiers of those names, all where none is named. Raises BadInput `invalid_request`: an unknown one."""
    unknown = set(names) - set(TIERS)
    if unknown:
        raise BadInput(Code.INVALID_REQUEST, f"there is no tier {min(unknown)}; expected {', '.join(TIERS)}")
    return tuple(one for one in TIERS.values() if not names or one.name in names)
