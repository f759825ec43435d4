"""A keep without faces, at rest: started as `facekeep up` starts it, in an empty folder, and weighed."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from facekeep.service.bench_keep.memory import held_together, processes_of
from facekeep.service.evaluate.private_keep import private_settings
from facekeep.service.processes import health
from facekeep.service.supervisor import Program, Supervisor
from facekeep.settings import FacesSettings, HttpSettings, Settings

_SUPERVISOR, _VAULT, _SERVER, _WORKER = "facekeep.cli.main", "facekeep.vault", "facekeep.web", ""
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
    """Start a keep, wait until its memory no longer moves, and stop it. `report` hears of misfortunes.

    Raises
    ------
    Unavailable
        It does not start.
    """
    _compile_kernels()
    with private_settings(FacesSettings()) as private:
        settings = replace(private, http=HttpSettings(port=_free_port()))
        with Supervisor([_whole_keep(settings)], report) as supervisor:
            supervisor.start()
            return _settled(settings.data_dir)


def _compile_kernels() -> None:
    """Have them compiled, as they are after the first start: a process that compiles holds the compiler's memory."""
    for module in (_VAULT, _SERVER):
        subprocess.run([sys.executable, "-m", module, "--help"], check=True, stdout=subprocess.DEVNULL)


def _whole_keep(settings: Settings) -> Program:
    return Program(
        "keep",
        _SUPERVISOR,
        ("up", "--data", str(settings.data_dir), "--json"),
        ready=lambda: health(settings) == "open",
        environment={
            "FACEKEEP_PORT": str(settings.http.port),
            "FACEKEEP_CONFIG": str(settings.data_dir.parent / "config"),
        },
    )


def _settled(folder: Path) -> IdleKeep:
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
    kinds = (_SUPERVISOR, _VAULT, _SERVER, _WORKER)
    return IdleKeep(held_together(found), *(sum(size for module, size in held if module == kind) for kind in kinds))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
