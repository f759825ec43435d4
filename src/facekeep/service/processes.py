"""The processes of one keep on one machine: the vault, then the server, under one supervisor and one lock.

A keep that unseals itself with a key file (a trial) is opened again after every start of the vault; any other waits
for a person. The first start of an empty data folder makes a trial keep.
"""

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.service import administration
from facekeep.service.administration import KEY_FILE, NewKeep
from facekeep.service.supervisor import Patience, Program, Report, Supervisor
from facekeep.settings import Settings

# Freed memory is overwritten at once, so that no name, photo or template lingers in the idle server and its workers.
# Functions are bound at start: binding at the first call saves the vector registers, with what they hold, on the stack.
WIPING_ALLOCATOR = {
    "LD_BIND_NOW": "1",
    "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0",
    "PYTHONMALLOC": "malloc",
}
_HEALTH_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class FirstKeep:
    """Names for a keep that is made at the first start."""

    organization: str
    member: str


TRIAL = FirstKeep("Trial organization", "operator")


@contextmanager
def lock(settings: Settings) -> Iterator[None]:
    """Hold the data folder for one supervisor; the kernel lets go of it however this process ends.

    Raises
    ------
    BadInput
        `conflict`: another one holds it.
    """
    handle = os.open(settings.data_dir / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise BadInput(Code.CONFLICT, f"another process runs the keep in {settings.data_dir}") from error
    try:
        yield
    finally:
        os.close(handle)


def is_supervised(settings: Settings) -> bool:
    """Whether a supervisor holds the data folder: the keep of this folder runs, and nobody else's is meant."""
    try:
        with lock(settings):
            return False
    except BadInput:
        return True


def vault_program(settings: Settings, started: Callable[[], None]) -> Program:
    """The vault; `started` opens it where no person is needed."""
    return Program(
        "vault",
        "facekeep.vault",
        ("--data", str(settings.data_dir)),
        ready=lambda: administration.state(settings).state != "unreachable",
        started=started,
    )


def server_program(settings: Settings) -> Program:
    """The server, which holds no key."""
    return Program(
        "server",
        "facekeep.web",
        ("--data", str(settings.data_dir)),
        ready=lambda: health(settings) is not None,
        environment=WIPING_ALLOCATOR,
    )


def health(settings: Settings) -> str | None:
    """What the server on this machine says of the keep (open, sealed, …), or None where nothing answers."""
    host = "127.0.0.1" if settings.http.host in {"0.0.0.0", "::"} else settings.http.host  # noqa: S104
    connection = HTTPConnection(host, settings.http.port, timeout=_HEALTH_TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        untrusted_body = connection.getresponse().read(10_000)
        return msgspec.json.decode(untrusted_body, type=_Health).state
    except (OSError, HTTPException, msgspec.DecodeError):
        return None
    finally:
        connection.close()


@contextmanager
def running_vault(settings: Settings, report: Report) -> Iterator[None]:
    """A vault that answers: the one that runs, or one that is started for the length of the block.

    Raises
    ------
    BadInput
        `invalid_setting`: none runs, and it is another user's to start.
    """
    if administration.state(settings).state != "unreachable":
        yield
        return
    _refuse_two_users(settings)
    with lock(settings), Supervisor([vault_program(settings, lambda: None)], report) as supervisor:
        supervisor.start()
        yield


def keep_supervisor(
    settings: Settings, first: FirstKeep, made: Callable[[NewKeep], None], report: Report
) -> Supervisor:
    """A supervisor of both processes. `made` is told of a keep that the first start made.

    Raises
    ------
    BadInput
        `invalid_setting`: something else listens on the server's port, or vault and server are two users'.
    """
    _refuse_two_users(settings)
    _check_port(settings)
    opening = vault_program(settings, lambda: open_vault(settings, first, made))
    return Supervisor([opening, server_program(settings)], report, Patience())


def open_vault(settings: Settings, first: FirstKeep, made: Callable[[NewKeep], None]) -> None:
    """Make a trial keep where there is none, and open a vault that has a key file."""
    now = administration.state(settings)
    if now.state == "uninitialized":
        made(
            administration.initialize(
                settings, method=KEY_FILE, organization=first.organization, member=first.member
            )
        )
    elif now.state == "sealed" and now.is_trial:
        administration.unseal_with_key_file(settings)


def _refuse_two_users(settings: Settings) -> None:
    """What is started from here runs as whoever starts it, and would own files that are not theirs."""
    if settings.vault.server_user:
        text = "vault.server_user is set: start vault and server as two users, as docs/production.md says"
        raise BadInput(Code.INVALID_SETTING, text)


class _Health(msgspec.Struct):
    state: str


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.http.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.http.host, settings.http.port))
        except OSError as error:
            address = f"{settings.http.host}:{settings.http.port}"
            text = f"cannot listen on {address}: {error.strerror}; choose another port with FACEKEEP_PORT"
            raise BadInput(Code.INVALID_SETTING, text) from error


def run_module(module: str, arguments: Sequence[str]) -> int:
    """Run `python -m module arguments…` to its end on this terminal; returns its exit status."""
    return subprocess.run([sys.executable, "-m", module, *arguments], check=False).returncode
