"""A keep without faces, at rest: started as `facekeep up` starts it, and weighed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from facekeep.service.bench_keep.memory import held_together, processes_of
from facekeep.service.whole_keep import SERVER, SUPERVISOR, VAULT, WORKER, running_whole_keep

_LOOK_EVERY_S = 1.0
_STEADY_LOOKS = 3
_STEADY = 0.01
_MOST_LOOKS = 60


@dataclass(frozen=True, slots=True)
class IdleKeep:
    """Bytes of memory of all processes together, where a page they share counts once, and of each kind by itself."""

    total: int
    supervisor: int
    vault: int
    server: int
    workers: int


def weigh(report: Callable[[str], None]) -> IdleKeep:
    """Start a keep that was made before, wait until its memory no longer moves, and stop it.

    `report` hears of misfortunes.

    Raises
    ------
    Unavailable
        It does not start.
    """
    with running_whole_keep(report, starts=2) as settings:
        return settled(settings.data_dir)


def settled(folder: Path) -> IdleKeep:
    """The first weight that several looks in a row agree on, or the last look."""
    looks = [_look(folder)]
    while len(looks) < _MOST_LOOKS:
        time.sleep(_LOOK_EVERY_S)
        looks.append(_look(folder))
        last = [one.total for one in looks[-_STEADY_LOOKS:]]
        if len(looks) >= _STEADY_LOOKS and max(last) <= min(last) * (1 + _STEADY):
            break
    return looks[-1]


def _look(folder: Path) -> IdleKeep:
    found = processes_of(folder)
    held = [(one.module, one.bytes_held) for one in found]
    kinds = (SUPERVISOR, VAULT, SERVER, WORKER)
    return IdleKeep(held_together(found), *(sum(size for module, size in held if module == kind) for kind in kinds))
