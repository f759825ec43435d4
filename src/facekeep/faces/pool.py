"""Workers from the server's side: started, fed, watched, replaced. This is the only door into the room.

Guarantees: one entry a photo, in order; a photo that kills its worker costs that photo alone; a worker that has seen
pixels does not outlive `photos_before_recycling` photos, a failed photo, or `idle_seconds_before_renewal` idle
seconds. One fresh worker always stands ready to take its place, so none of this is waited for. The server never
imports a decoder or an inference library.
"""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, LifoQueue, Queue
from types import TracebackType

from facekeep.errors import BadInput, Code, FacekeepError
from facekeep.faces.process import WorkerProcess
from facekeep.faces.registry import locate
from facekeep.faces.results import PhotoAnalysis
from facekeep.settings import FacesSettings
from facekeep.terms import Box, ModelContract

_LOG = logging.getLogger(__name__)
_LONGEST_PHOTO_BYTES = 20_000_000


class _Place:
    """Where one worker stands. Whoever took the place from the queue is alone with it."""

    def __init__(self) -> None:
        self.worker: WorkerProcess | None = None


class FaceWorkers:
    """Photos → faces, by worker processes. Thread-safe; a context manager that ends its workers."""

    def __init__(self, settings: FacesSettings, cache_dir: Path) -> None:
        """Find and check the models, and start the workers, from a thread that will live as long as they shall.

        Raises
        ------
        BadInput
            `model_refused`.
        Unavailable
            `internal`: a worker does not start.
        """
        self._settings = settings
        self._cache_dir = cache_dir
        self._models = locate(settings.model_dir, cache_dir)
        self._places: LifoQueue[_Place] = LifoQueue()
        self._all = [_Place() for _ in range(max(settings.workers, 1))]
        self._threads = ThreadPoolExecutor(len(self._all), thread_name_prefix="faces")
        self._closing = threading.Event()
        self._spares: Queue[WorkerProcess] = Queue()
        self._spare_wanted = threading.Event()
        ready = self._start()
        self._measures = ready.measures
        self._spares.put(ready)  # the first place takes it with its first photo: an idle keep pays for no two
        for place in self._all:
            place.worker = None if place is self._all[-1] else self._start()
            self._places.put(place)
        self._keeper = threading.Thread(target=self._keep, name="faces-keeper", daemon=True)
        self._keeper.start()

    @property
    def contract(self) -> ModelContract:
        """What these templates may be compared with."""
        return self._models.contract

    @property
    def licenses(self) -> dict[str, str]:
        """License of each model by its name."""
        return self._models.licenses

    @property
    def measures(self) -> tuple[str, ...]:
        """What confines the workers on this machine, by name; for `doctor` and for honesty."""
        return self._measures

    def analyze(
        self,
        untrusted_photos: Sequence[bytes],
        *,
        box: Box | None = None,
        keep_photo: bool = False,
        probes: bool = False,
    ) -> list[PhotoAnalysis | FacekeepError]:
        """The faces of each photo, or the error that only this photo has, in the order of `untrusted_photos`.

        With `box` the result holds the one face in it. `box` is in the pixels of the upright photo, as an analysis
        without `box` reports them. With `probes` every face has a probe beside its template, at the cost of embedding
        it twice.
        """
        jobs = [
            self._threads.submit(self._analyze_one, photo, box, keep_photo=keep_photo, probes=probes)
            for photo in untrusted_photos
        ]
        return [job.result() for job in jobs]

    def close(self) -> None:
        """End the workers. What they hold is gone with them."""
        self._closing.set()
        self._spare_wanted.set()
        self._threads.shutdown(wait=True)
        self._keeper.join()
        for place in self._all:
            _end(place)
        while not self._spares.empty():
            self._spares.get().end()

    def __enter__(self) -> "FaceWorkers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _analyze_one(
        self, untrusted_photo: bytes, box: Box | None, *, keep_photo: bool, probes: bool
    ) -> PhotoAnalysis | FacekeepError:
        if len(untrusted_photo) > _LONGEST_PHOTO_BYTES:
            return BadInput(Code.PHOTO_TOO_LARGE, f"at most {_LONGEST_PHOTO_BYTES:,} bytes a photo are taken")
        place = self._places.get()
        try:
            place.worker = worker = place.worker or self._fresh()
            outcome = worker.analyze(untrusted_photo, box, keep_photo=keep_photo, probes=probes)
            failed = isinstance(outcome, FacekeepError) and outcome.code == Code.PHOTO_TOO_HARD
            if failed or worker.photos >= self._settings.photos_before_recycling:
                _end(place)
        except FacekeepError as error:
            return error
        else:
            return outcome
        finally:
            self._places.put(place)

    def _start(self) -> WorkerProcess:
        return WorkerProcess(self._settings, self._models, self._cache_dir)

    def _fresh(self) -> WorkerProcess:
        """A worker that has seen no photo: the one that stands ready, else a new one."""
        try:
            return self._spares.get_nowait()
        except Empty:
            return self._start()
        finally:
            self._spare_wanted.set()

    def _keep(self) -> None:
        """Have one fresh worker ready at all times, and end those that hold pixels of photos answered a while ago."""
        self._spare_wanted.set()
        pause = min(max(self._settings.idle_seconds_before_renewal / 4, 0.05), 1.0)
        while not self._closing.is_set():
            if self._spare_wanted.wait(pause) and not self._closing.is_set():
                self._spare_wanted.clear()
                self._add_spare()
            self._end_stale()

    def _add_spare(self) -> None:
        if not self._spares.empty():
            return
        try:
            self._spares.put(self._start())
        except FacekeepError as error:  # the next photo tries again and reports it
            _LOG.warning("a face worker did not start: %s", error.code)

    def _end_stale(self) -> None:
        """End idle workers that have seen a photo. A busy one is not in the queue and so not touched."""
        with self._places.mutex:
            stale = [place for place in self._places.queue if self._is_stale(place)]
            for place in stale:
                self._places.queue.remove(place)
        for place in stale:
            _end(place)
            self._places.put(place)

    def _is_stale(self, place: _Place) -> bool:
        worker = place.worker
        return bool(worker and worker.photos and worker.idle_seconds >= self._settings.idle_seconds_before_renewal)


def _end(place: _Place) -> None:
    if place.worker is not None:
        place.worker.end()
        place.worker = None
