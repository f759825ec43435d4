"""How fast photos become sealed and durable, beside OpenCV running the same two models, interleaved in one run.

Ours is the whole product path in a private keep: bytes in memory, one faces worker, quality, sealing in the vault's own
process, the store and the log on disk, acknowledged; batches of sixteen photos as the command line sends them, one by
one. Theirs is OpenCV's FaceDetectorYN and FaceRecognizerSF, one photo at a time, from the same bytes to templates
held in memory: nothing judged, sealed or stored. Both embed every face they find. Rounds alternate, so that a busy
machine slows both, and medians of the rounds are reported.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code, FacekeepError
from facekeep.faces import PhotoAnalysis
from facekeep.faces.registry import locate
from facekeep.service.collections import create_collection
from facekeep.service.enroll import PhotoToEnroll, enroll
from facekeep.service.evaluate.photos import photo_files
from facekeep.service.evaluate.private_keep import PrivateKeep, private_keep
from facekeep.service.keep import Keep
from facekeep.service.photos import WhichFace
from facekeep.service.sessions import open_session
from facekeep.settings import FacesSettings, SearchSettings
from facekeep.terms import Box
from facekeep.vault.wire import Policy

BATCH = 16
ROUND = 4 * BATCH
_DETECTOR_SCORE = 0.6
_OVERLAP = 0.3
_LONGEST_SIDE_PX = 1280  # OpenCV's detector is shown large photos smaller; ours looks at them in several sizes
_SAME_FACE = 0.5  # two boxes show one face when they share this much of their union


class EnrollSpeed(msgspec.Struct, frozen=True):
    """Photos a second, medians of `rounds` alternating rounds, and what they cost.

    `ratio` is ours over OpenCV's by the wall clock, `cpu_ratio` by processor time, which a busy machine hardly moves.
    CPU seconds of ours count every process: this one, the vault and the faces worker. `cosine_median` and
    `cosine_lowest` compare our templates with OpenCV's, for `faces_compared` faces both found.
    """

    photos_per_second: float
    opencv_photos_per_second: float
    threads: int
    ratio: float
    cpu_ratio: float
    photos: int
    rounds: int
    refused: int
    cpu_seconds_per_photo: float
    opencv_cpu_seconds_per_photo: float
    faces_compared: int
    cosine_median: float
    cosine_lowest: float


def run(
    photos: Path | Sequence[bytes], count: int = 512, threads: int = 1, json_path: Path | None = None
) -> EnrollSpeed:
    """Measure the enrollment of `count` photos from a folder, with `threads` inference threads on both sides.

    Photos given as bytes are used over and over.

    Raises
    ------
    BadInput
        `invalid_request`: too few photos, or OpenCV or psutil is not installed.
    """
    untrusted_photos = _read_evenly(photos, count)
    cv2, psutil = _installed("cv2", "opencv-python-headless"), _installed("psutil", "psutil")
    settings = FacesSettings(workers=1, threads_a_worker=threads)
    with private_keep(settings, search=SearchSettings(threads=threads)) as private:
        theirs = _OpenCv(cv2, private.keep, threads)
        ours = _Ours(private)
        ours_clock, theirs_clock = _Clock(lambda: _cpu_of_all(psutil)), _Clock(time.process_time)
        for untrusted_round in _rounds(untrusted_photos):
            with ours_clock.measured(len(untrusted_round)):
                ours.take(untrusted_round)
            with theirs_clock.measured(len(untrusted_round)):
                theirs.take(untrusted_round)
        cosines = _agreement(private.keep, theirs, untrusted_photos[:ROUND])
    speed = _speed(ours_clock, theirs_clock, cosines, threads=threads, refused=ours.refused)
    if json_path is not None:
        json_path.write_bytes(msgspec.json.format(msgspec.json.encode(speed), indent=2) + b"\n")
    return speed


class _Ours:
    """Enrolls photos into one collection of a private keep, as `facekeep enroll` does."""

    def __init__(self, private: PrivateKeep) -> None:
        self._keep = private.keep
        self._session = open_session(private.keep, private.api_key)
        policy = Policy(evaluation=True, minimum_quality=0)
        self._collection = create_collection(private.keep, self._session, "bench", policy, None).collection_id
        self.refused = 0

    def take(self, untrusted_photos: Sequence[bytes]) -> None:
        for start in range(0, len(untrusted_photos), BATCH):
            batch = [PhotoToEnroll(one, which_face=WhichFace.ALL) for one in untrusted_photos[start : start + BATCH]]
            done = enroll(self._keep, self._session, self._collection, batch, now=datetime.now(UTC))
            self.refused += sum(photo.refused is not None for photo in done.photos)


class _OpenCv:
    """The same model files in OpenCV, one photo at a time."""

    def __init__(self, cv2: Any, keep: Keep, threads: int) -> None:
        models = locate(keep.settings.faces.model_dir, keep.settings.cache_dir)
        cv2.setNumThreads(threads)
        self._cv2 = cv2
        size, most = (320, 320), 5_000
        self._detector = cv2.FaceDetectorYN.create(models.detector_path, "", size, _DETECTOR_SCORE, _OVERLAP, most)
        self._embedder = cv2.FaceRecognizerSF.create(models.embedder_path, "")

    def take(self, untrusted_photos: Sequence[bytes]) -> None:
        for untrusted_photo in untrusted_photos:
            self.faces(untrusted_photo)

    def faces(self, untrusted_photo: bytes) -> list[tuple[Box, NDArray[np.float32]]]:
        """Box and unit-length template of every face; none where OpenCV cannot read the photo."""
        photo = self._cv2.imdecode(np.frombuffer(untrusted_photo, np.uint8), self._cv2.IMREAD_COLOR)
        if photo is None:
            return []
        scale = min(1.0, _LONGEST_SIDE_PX / max(photo.shape[:2]))
        if scale < 1:
            photo = self._cv2.resize(photo, None, fx=scale, fy=scale, interpolation=self._cv2.INTER_AREA)
        self._detector.setInputSize((photo.shape[1], photo.shape[0]))
        found = self._detector.detect(photo)[1]
        return [self._face(photo, row, scale) for row in (() if found is None else found)]

    def _face(self, photo: Any, row: NDArray[np.float32], scale: float) -> tuple[Box, NDArray[np.float32]]:
        template = self._embedder.feature(self._embedder.alignCrop(photo, row))[0]
        left, top, width, height = (float(one) / scale for one in row[:4])
        return Box(left, top, width, height), template / np.linalg.norm(template)


@dataclass(frozen=True, slots=True)
class _Clock:
    """Photos a wall second and processor seconds a photo, round by round. The first round warms up and is left out."""

    cpu_s: Callable[[], float]
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    @contextmanager
    def measured(self, photos: int) -> Iterator[None]:
        cpu_s, wall_s = self.cpu_s(), time.perf_counter()
        yield
        self.rates.append(photos / (time.perf_counter() - wall_s))
        self.costs.append((self.cpu_s() - cpu_s) / photos)


def _speed(ours: _Clock, theirs: _Clock, cosines: NDArray[np.float64], *, threads: int, refused: int) -> EnrollSpeed:
    rate, opencv_rate = median(ours.rates[1:]), median(theirs.rates[1:])
    return EnrollSpeed(
        photos_per_second=round(rate, 2),
        opencv_photos_per_second=round(opencv_rate, 2),
        threads=threads,
        ratio=round(median(a / b for a, b in zip(ours.rates[1:], theirs.rates[1:], strict=True)), 3),
        cpu_ratio=round(median(b / a for a, b in zip(ours.costs[1:], theirs.costs[1:], strict=True)), 3),
        photos=ROUND * (len(ours.rates) - 1),
        rounds=len(ours.rates) - 1,
        refused=refused,
        cpu_seconds_per_photo=round(median(ours.costs[1:]), 5),
        opencv_cpu_seconds_per_photo=round(median(theirs.costs[1:]), 5),
        faces_compared=len(cosines),
        cosine_median=round(float(np.median(cosines)), 6),
        cosine_lowest=round(float(cosines.min()), 6),
    )


def _agreement(keep: Keep, theirs: _OpenCv, untrusted_photos: Sequence[bytes]) -> NDArray[np.float64]:
    """Cosine of our template and OpenCV's for each face that both found."""
    cosines = []
    for start in range(0, len(untrusted_photos), BATCH):
        batch = untrusted_photos[start : start + BATCH]
        for answer, untrusted_photo in zip(keep.faces.analyze(batch), batch, strict=True):
            cosines += _cosines(answer, theirs.faces(untrusted_photo))
    if not cosines:
        raise BadInput(Code.INVALID_REQUEST, "the photos show no face that both sides find")
    return np.array(cosines, dtype=np.float64)


def _cosines(answer: PhotoAnalysis | FacekeepError, others: Sequence[tuple[Box, NDArray[np.float32]]]) -> list[float]:
    if isinstance(answer, FacekeepError):
        return []
    return [
        float(face.template @ template)
        for face in answer.faces
        for box, template in others
        if _shared(face.box, box) > _SAME_FACE
    ]


def _shared(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    both = max(width, 0.0) * max(height, 0.0)
    return both / (one.width * one.height + other.width * other.height - both)


def _rounds(untrusted_photos: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(untrusted_photos) - ROUND + 1, ROUND):
        yield untrusted_photos[start : start + ROUND]


def _read_evenly(photos: Path | Sequence[bytes], count: int) -> list[bytes]:
    """Photos spread evenly over the folder: a first round to warm up, and whole rounds of at least `count` together."""
    wanted = ROUND * (1 + max(1, -(-count // ROUND)))
    if not isinstance(photos, Path):
        return [photos[place % len(photos)] for place in range(wanted)]
    found = photo_files(photos)
    if len(found) < wanted:
        raise BadInput(Code.INVALID_REQUEST, f"measuring {count} photos takes {wanted}, this folder has {len(found)}")
    return [found[place * len(found) // wanted].read_bytes() for place in range(wanted)]


def _cpu_of_all(psutil: Any) -> float:
    """Processor seconds, user and system, of this process and everything it started that still runs."""
    me = psutil.Process()
    times = [process.cpu_times() for process in [me, *me.children(recursive=True)]]
    return float(sum(one.user + one.system for one in times))


def _installed(module: str, package: str) -> Any:
    """A package that only measuring needs."""
    try:
        return import_module(module)
    except ImportError as error:
        raise BadInput(Code.INVALID_REQUEST, f"this bench needs {package}: pip install {package}") from error
