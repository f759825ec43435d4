"""One worker process from the outside: start it, ask it, end it."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from facekeep.errors import BadInput, Code, FacekeepError, Unavailable, error_from
from facekeep.faces.registry import LocatedModels
from facekeep.faces.results import PhotoAnalysis
from facekeep.faces.wire import (
    ANSWER,
    Analysis,
    Analyze,
    Answer,
    Broken,
    Configure,
    Failure,
    Ready,
    analysis_from,
    receive,
    send,
)
from facekeep.settings import FacesSettings
from facekeep.terms import Box

START_SECONDS = 60.0
# Beside its processor time a photo may wait for the machine this much longer before its worker is taken for hung.
_PATIENCE = 3.0
# Freed memory is overwritten, nothing is kept in per-thread caches, and threads do not reserve arenas of address space.
_ENVIRONMENT = {
    "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0:glibc.malloc.arena_max=2",
    "PYTHONMALLOC": "malloc",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "LANG": "C.UTF-8",
    # ONNX Runtime notes its uses in a database under the home folder, to be sent, and waits 30 s for that at its end.
    "ORT_DISABLE_TELEMETRY": "1",
}
_INHERITED = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")  # what a Python installation may need to find itself


class WorkerProcess:
    """A started and ready worker. Used by one thread at a time.

    Raises
    ------
    BadInput
        `model_refused`.
    Unavailable
        `internal`: the process did not become ready.
    """

    def __init__(self, settings: FacesSettings, models: LocatedModels, cache_dir: Path) -> None:
        self.photos = 0
        self._answered_at = time.monotonic()
        self._seconds_a_photo = settings.max_cpu_seconds_a_photo * _PATIENCE
        self._dimension = models.embedder.dimension
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = _spawn(theirs)
        try:
            self.measures = self._configured(settings, models, cache_dir)
        except FacekeepError:
            self.end()
            raise

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def idle_seconds(self) -> float:
        """Seconds since the last answer."""
        return time.monotonic() - self._answered_at

    def analyze(
        self, untrusted_photo: bytes, box: Box | None, *, keep_photo: bool, probes: bool
    ) -> PhotoAnalysis | FacekeepError:
        """The faces of a photo, or what is wrong with it. After `photo_too_hard` this worker must be ended."""
        self.photos += 1
        try:
            answer = self._ask(Analyze(untrusted_photo, box, keep_photo, probes), self._seconds_a_photo)
            if isinstance(answer, Failure):
                return error_from(answer.code, answer.message)
            if isinstance(answer, Analysis):
                return analysis_from(answer, expected_dimension=self._dimension, probes=probes)
        except Broken:
            pass
        return BadInput(Code.PHOTO_TOO_HARD, "working on this photo took too much memory or time, or broke the decoder")

    def end(self) -> None:
        """Kill the process and wait until it and its memory are gone."""
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def _configured(self, settings: FacesSettings, models: LocatedModels, cache_dir: Path) -> tuple[str, ...]:
        configure = Configure(
            models=models,
            cache_dir=str(cache_dir.absolute()),
            threads=settings.threads_a_worker,
            max_pixels=settings.max_pixels,
            max_side_px=settings.max_side_px,
            max_memory_bytes=settings.max_memory_bytes,
            max_cpu_seconds_a_photo=settings.max_cpu_seconds_a_photo,
        )
        try:
            answer = self._ask(configure, START_SECONDS)
        except Broken as error:
            raise Unavailable(Code.INTERNAL, "a face worker did not become ready") from error
        if isinstance(answer, Failure):
            raise error_from(answer.code, answer.message)
        if not isinstance(answer, Ready):
            raise Unavailable(Code.INTERNAL, "a face worker began with the wrong message")
        return answer.measures

    def _ask(self, request: Configure | Analyze, seconds: float) -> Answer:
        self._connection.settimeout(seconds)
        try:
            send(self._connection, request)
            return receive(self._connection, ANSWER)
        finally:
            self._answered_at = time.monotonic()


def _spawn(theirs: socket.socket) -> subprocess.Popen[bytes]:
    """A new interpreter, not a fork: none of the server's memory, environment or descriptors but one socket."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "facekeep.faces.worker", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_ENVIRONMENT | inherited,
    )
