"""Canaries, as an operator lists, tests and replaces them at the vault's own door. The server cannot."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from facekeep.service.administration import ask
from facekeep.service.alarms import Alarm, alarms
from facekeep.settings import Settings
from facekeep.vault import wire

Canary: TypeAlias = wire.CanaryView
Canaries: TypeAlias = wire.CanaryList
_PATIENCE_S, _BETWEEN_S = 10.0, 0.2


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of one touch: seconds until the alarm was there, and until it was told; None where it never was."""

    kind: str
    thing: str
    alarm_s: float | None
    told_s: float | None


def canaries(settings: Settings, *, retired: bool) -> Canaries:
    """Every decoy of the keep."""
    return ask(settings, wire.ListCanaries(retired=retired), Canaries)


def rotate(settings: Settings) -> Canaries:
    """Fresh decoys for all there are."""
    return ask(settings, wire.RotateCanaries(), Canaries)


def test(settings: Settings) -> list[Tested]:
    """Touch every decoy, open those that are files, and wait for the alarms, ten seconds at the most."""
    began = time.monotonic()
    touched = ask(settings, wire.TestCanaries(), Canaries).items
    for one in touched:
        if one.is_file:
            (settings.data_dir / one.thing).read_bytes()
    return _awaited(settings, touched, began)


def _awaited(settings: Settings, touched: Sequence[Canary], began: float) -> list[Tested]:
    raised: dict[str, float] = {}
    told: dict[str, float] = {}
    while True:
        now = time.monotonic() - began
        for canary_id, state in _drills(settings).items():
            raised.setdefault(canary_id, now)
            if state == "delivered":
                told.setdefault(canary_id, now)
        every = {one.canary_id for one in touched}
        if every <= set(told) or now > _PATIENCE_S or (every <= set(raised) and not settings.alarms.webhook):
            return [Tested(one.kind, one.thing, raised.get(one.canary_id), told.get(one.canary_id)) for one in touched]
        time.sleep(_BETWEEN_S)


def _drills(settings: Settings) -> dict[str, str]:
    """How far the newest alarms of drills were told, by the decoy that they are of."""
    found: dict[str, Alarm] = {}
    for one in alarms(settings, open_only=True):
        if one.is_drill and "canary" in one.facts:
            found.setdefault(str(one.facts["canary"]), one)
    return {canary_id: one.state for canary_id, one in found.items()}
