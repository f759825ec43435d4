"""One visit of the doctor's: gathering what runs, and making the checks that are possible."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from facekeep.errors import BadInput, Code
from facekeep.service import administration, credentials, processes
from facekeep.service.doctor.examine import Report, examine
from facekeep.service.doctor.machine import Machine
from facekeep.service.doctor.registry import BEFORE_START
from facekeep.service.doctor.subject import Route, Subject, examined
from facekeep.settings import Settings


def visit(
    settings: Settings,
    accepted: Mapping[str, str],
    *,
    routes: Iterable[Route] = (),
    advisories: Path | None = None,
    machine: Machine | None = None,
) -> Report:
    """Every check that can be made now. Where the vault is open, this is an entry of its log.

    Raises
    ------
    BadInput
        `invalid_request`: there is no such folder, or a check is accepted that there is none of.
    """
    if not settings.data_dir.is_dir():
        raise BadInput(Code.INVALID_REQUEST, f"there is no folder {settings.data_dir}")
    vault = administration.state(settings)
    subject = Subject(
        settings=settings,
        machine=machine or Machine(),
        config_dir=_config_dir(settings),
        examined=examined(settings, vault),
        server_runs=processes.health(settings) is not None,
        routes=tuple(routes),
        advisories=advisories,
    )
    return examine(subject, accepted)


def before_start(settings: Settings, accepted: Mapping[str, str]) -> Report:
    """The checks that may find a blocker while nothing runs."""
    subject = Subject(settings=settings, machine=Machine(), config_dir=_config_dir(settings))
    return examine(subject, accepted, BEFORE_START)


def _config_dir(settings: Settings) -> Path:
    """This keep's own folder beside its data; where there is no keep yet, the folder that would hold it."""
    try:
        return credentials.keep_dir(settings)
    except BadInput:
        return credentials.config_dir() / "no-keep-yet"
