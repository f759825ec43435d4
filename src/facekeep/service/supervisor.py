"""Keeps child processes running: start in order, wait until ready, restart with backoff, stop in reverse order.

Children run in sessions of their own, so that a Ctrl-C in the terminal reaches only the supervisor, which then stops
them one after the other. They end when the supervisor is killed; see `launcher`. Start and watch from one thread.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from facekeep.errors import Code, FacekeepError, Unavailable

Report = Callable[[str], None]
_LOOK_EVERY_S = 0.2


def _nothing() -> None:
    """What most programs need done once they are ready."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: `python -m module arguments…`. `ready` is asked again and again; `started` runs after each start."""

    name: str
    module: str
    arguments: tuple[str, ...]
    ready: Callable[[], bool]
    started: Callable[[], None] = _nothing
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Patience:
    """Times in seconds. A child that ran for `calm_s` is forgiven its earlier crashes."""

    startup_s: float = 90.0
    first_starts: int = 3
    first_delay_s: float = 0.5
    longest_delay_s: float = 30.0
    calm_s: float = 60.0
    stop_s: float = 15.0

    def delay_s(self, crashes: int) -> float:
        """How long to wait before the start that follows crash number `crashes`, counted from 1."""
        return min(self.longest_delay_s, self.first_delay_s * 2.0 ** min(crashes - 1, 16))


class _Child:
    """One program's process, its crashes, and when it may be started again."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.crashes = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_again_at = 0.0

    def spawn(self) -> None:
        launcher = [sys.executable, "-m", "facekeep.service.launcher", str(os.getpid())]
        self.process = subprocess.Popen(
            [*launcher, self.program.module, *self.program.arguments],
            env={**os.environ, **self.program.environment},
            stdin=subprocess.DEVNULL,
            stdout=sys.__stderr__,
            start_new_session=True,
        )
        self.started_at = time.monotonic()

    def exit_status(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def count_crash(self, patience: Patience) -> float:
        calm = time.monotonic() - self.started_at >= patience.calm_s
        self.crashes = 1 if calm else self.crashes + 1
        if self.process is not None:
            _kill_session(self.process.pid)  # its own children, if it left any
        self.process = None
        delay_s = patience.delay_s(self.crashes)
        self.start_again_at = time.monotonic() + delay_s
        return delay_s

    def stop(self, grace_s: float) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(grace_s)
        _kill_session(self.process.pid)  # grandchildren that outlived it, or all of them
        self.process.wait()
        self.process = None


class Supervisor:
    """Runs `programs`; a `with` block around it stops them at its end. `report` gets one line an event."""

    def __init__(self, programs: Sequence[Program], report: Report, patience: Patience | None = None) -> None:
        self._children = [_Child(program) for program in programs]
        self._report = report
        self._patience = patience or Patience()

    def start(self, stop: threading.Event | None = None) -> None:
        """Start every program, each after the one before is ready; returns early when `stop` is set.

        Raises
        ------
        Unavailable
            `internal`: a program ended again and again, or did not become ready in time.
        """
        wanted = stop or threading.Event()
        for child in self._children:
            self._first_start(child, wanted)

    def watch(self, stop: threading.Event) -> None:
        """Restart what crashes until `stop` is set."""
        while not stop.wait(_LOOK_EVERY_S):
            for child in self._children:
                self._look_after(child, stop)

    def stop(self) -> None:
        """Stop every program, last started first: SIGTERM, and SIGKILL to what does not follow."""
        for child in reversed(self._children):
            child.stop(self._patience.stop_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _first_start(self, child: _Child, stop: threading.Event) -> None:
        for _ in range(self._patience.first_starts):
            child.spawn()
            if self._is_ready(child, stop) or stop.is_set():
                return
            if child.exit_status() is None:
                break
            # The process of a killed supervisor may still be letting go of its files: try again.
            stop.wait(child.count_crash(self._patience))
        raise Unavailable(Code.INTERNAL, f"the {child.program.name} did not start; its own message is above")

    def _look_after(self, child: _Child, stop: threading.Event) -> None:
        if child.process is None:
            if time.monotonic() >= child.start_again_at:
                self._start_again(child, stop)
        elif (status := child.exit_status()) is not None:
            delay_s = child.count_crash(self._patience)
            self._report(f"the {child.program.name} ended ({_reason(status)}); starting it again in {delay_s:.1f} s")

    def _start_again(self, child: _Child, stop: threading.Event) -> None:
        child.spawn()
        try:
            ready = self._is_ready(child, stop)
        except FacekeepError as error:
            self._report(f"the {child.program.name} runs, but could not be opened: {error}")
            return
        if ready:
            self._report(f"the {child.program.name} is up again")
        elif child.exit_status() is None and not stop.is_set():
            child.stop(self._patience.stop_s)
            child.count_crash(self._patience)

    def _is_ready(self, child: _Child, stop: threading.Event) -> bool:
        deadline = time.monotonic() + self._patience.startup_s
        while child.exit_status() is None and time.monotonic() < deadline:
            if child.program.ready():
                child.program.started()
                return True
            if stop.wait(_LOOK_EVERY_S / 2):
                return False
        return False


def _kill_session(session: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(session, signal.SIGKILL)


def _reason(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"
