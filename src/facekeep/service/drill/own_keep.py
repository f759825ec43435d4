"""A whole keep for one drill: vault and server as processes of their own, opened with word shares, in a new folder."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree

from msgspec.structs import replace

from facekeep import settings as settings_of
from facekeep.errors import Code, Unavailable
from facekeep.service import administration
from facekeep.service.drill.recorder import Recorder
from facekeep.service.processes import WIPING_ALLOCATOR, health
from facekeep.settings import Settings
from facekeep.vault.wire import Initialize, Initialized

_STARTUP_S = 120.0
_STOP_S = 20.0
# Checkpoints every second, so that a short drill has some; a worker that saw a photo ends soon after. The
# receiver of a webhook is on this machine.
_TOML = """[log]
interval_s = 1.0
bucket = 4
[http]
request_lines = true
[faces]
idle_seconds_before_renewal = 1.0
[webhooks]
allow_networks = ["127.0.0.0/8"]
"""


@dataclass
class OwnKeep:
    """A running keep. `shares` open its vault, any three of them; `printed` is what its processes wrote."""

    settings: Settings
    printed: Path
    api_key: str = field(default="", repr=False)
    shares: tuple[str, ...] = field(default=(), repr=False)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    recorder: Recorder | None = None

    def pid(self, module: str) -> int:
        """The process that runs `facekeep.vault` or `facekeep.web`."""
        return self._running[module].pid

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.settings.http.port}"

    def start_vault(self) -> None:
        """A vault that answers. Raises Unavailable."""
        self._spawn("facekeep.vault", {})
        wait_until(lambda: administration.state(self.settings).state != "unreachable", "the vault does not answer")

    def open_vault(self) -> None:
        """Give the vault three shares, unless it is open. Raises what the vault refuses with."""
        if administration.state(self.settings).state != "open":
            for share in self.shares[:3]:
                administration.give_share(self.settings, share)

    def start_server(self) -> None:
        """A server that answers, with every byte between it and the vault recorded. Raises Unavailable."""
        self.recorder = Recorder(self.settings.vault_socket)
        self._spawn("facekeep.web", WIPING_ALLOCATOR)
        wait_until(lambda: health(self.settings) == "open", "the server does not answer")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Neither process moves during the block, so that the files are copied as they are at one moment."""
        running = list(self._running.values())
        try:
            for process in running:
                process.send_signal(signal.SIGSTOP)
            yield
        finally:
            for process in running:
                process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End both processes."""
        for process in reversed(self._running.values()):
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()
        if self.recorder is not None:
            self.recorder.close()

    def _spawn(self, module: str, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "facekeep.service.launcher", str(os.getpid()), module]
        with self.printed.open("ab") as lines:
            self._running[module] = subprocess.Popen(
                [*command, "--data", str(self.settings.data_dir)],
                env={**os.environ, **environment, "FACEKEEP_PORT": str(self.settings.http.port)},
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=lines,
            )


@contextmanager
def running(folder: Path, organization: str, member: str) -> Iterator[OwnKeep]:
    """A new keep under `folder`, open, its first organization and admin so named; ended after the block."""
    data = folder / "keep"
    data.mkdir(mode=0o700)
    (data / "keep.toml").write_text(_TOML)
    with _stopped_at_the_end(data, folder / "printed.log") as keep:
        keep.start_vault()
        request = Initialize(method="shares", organization=organization, member=member)
        made = administration.ask(keep.settings, request, Initialized)
        keep.api_key, keep.shares = made.api_key, made.shares
        keep.open_vault()
        keep.start_server()
        yield keep


@contextmanager
def reopened(data: Path, printed: Path, shares: tuple[str, ...]) -> Iterator[OwnKeep]:
    """The keep whose data folder that is, opened with its shares; ended after the block."""
    with _stopped_at_the_end(data, printed) as keep:
        keep.shares = shares
        keep.start_vault()
        keep.open_vault()
        keep.start_server()
        yield keep


@contextmanager
def _stopped_at_the_end(data: Path, printed: Path) -> Iterator[OwnKeep]:
    loaded = settings_of.load(data)  # FACEKEEP_PORT in the environment means another keep
    keep = OwnKeep(replace(loaded, http=replace(loaded.http, port=_free_port())), printed)
    try:
        yield keep
    finally:
        keep.stop()
        rmtree(keep.settings.run_dir, ignore_errors=True)  # lies elsewhere where the path is too long for a socket


def wait_until(ready: Callable[[], bool], problem: str, patience_s: float = _STARTUP_S) -> None:
    """Return once `ready()` is true. Raises Unavailable `internal` with `problem` where that does not come."""
    deadline = time.monotonic() + patience_s
    while not ready():
        if time.monotonic() > deadline:
            raise Unavailable(Code.INTERNAL, f"{problem}, not within {patience_s:.0f} s")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
