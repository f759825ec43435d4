"""A whole keep as `facekeep up` starts it, in a temporary folder of its own and on a free port, to be measured."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from facekeep.service.evaluate.private_keep import private_settings
from facekeep.service.processes import health
from facekeep.service.supervisor import Program, Supervisor
from facekeep.settings import FacesSettings, HttpSettings, Settings

SUPERVISOR, VAULT, SERVER, WORKER = "facekeep.cli.main", "facekeep.vault", "facekeep.web", ""
"""The modules that its processes run."""


@contextmanager
def running_whole_keep(report: Callable[[str], None], *, starts: int = 1) -> Iterator[Settings]:
    """A trial keep with all its processes for the length of the block. `report` hears of misfortunes.

    With 2 `starts` it was made and stopped before: the first start makes its tables, and holds what makes them.

    Raises
    ------
    Unavailable
        It does not start.
    """
    _compile_kernels()
    with private_settings(FacesSettings()) as private:
        settings = replace(private, http=HttpSettings(port=_free_port()))
        for _ in range(starts - 1):
            with _running(settings, report):
                pass
        with _running(settings, report):
            yield settings


@contextmanager
def _running(settings: Settings, report: Callable[[str], None]) -> Iterator[None]:
    with Supervisor([_program(settings)], report) as supervisor:
        supervisor.start()
        yield


def first_key(settings: Settings) -> str:
    """The API key that `facekeep up` saved at the first start of such a keep."""
    (path,) = _config(settings).glob("*/credentials.json")
    return str(msgspec.json.decode(path.read_bytes())["api_key"])


def _compile_kernels() -> None:
    """Have them compiled, as they are after the first start: a process that compiles holds the compiler's memory."""
    for module in (VAULT, SERVER):
        subprocess.run([sys.executable, "-m", module, "--help"], check=True, stdout=subprocess.DEVNULL)


def _program(settings: Settings) -> Program:
    return Program(
        "keep",
        SUPERVISOR,
        ("up", "--data", str(settings.data_dir), "--json"),
        ready=lambda: health(settings) == "open",
        environment={"FACEKEEP_PORT": str(settings.http.port), "FACEKEEP_CONFIG": str(_config(settings))},
    )


def _config(settings: Settings) -> Path:
    return settings.data_dir.parent / "config"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
