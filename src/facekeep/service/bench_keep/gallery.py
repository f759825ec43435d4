"""Faces that look like nobody: synthetic unit vectors in the place of the faces workers.

Speed does not depend on what the vectors are. A few lie near each probe, so that lists are full and records are fetched
and opened as in real use.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import shake_128

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import FacekeepError
from facekeep.faces import DetectedFace, FaceWorkers, PhotoAnalysis, Quality
from facekeep.terms import Box, ModelContract
from facekeep.vault.wire import MAX_FACES_A_BATCH

Templates = NDArray[np.float32]
_NEAR = 10  # faces near each probe: a whole list
_COSINE = 0.8
_QUALITY = Quality(80, (), 60.0, 0.5, 0.5, 0.0, 0.0, 0.0)
_BOX = Box(0, 0, 112, 112)
_LANDMARKS = np.zeros((5, 2), np.float32)
_CROP = b"\xff\xd8 a crop \xff\xd9"  # sealed with padding to 4 KiB, the size class of a very small crop


@dataclass(frozen=True, slots=True)
class Gallery:
    """`templates` vectors of length `dimension`, and `probes` to search them with; always the same."""

    dimension: int
    templates: int
    probes: int

    def batches(self) -> Iterator[Templates]:
        """The gallery in order, float32 (n, D) of unit length, at most 2048 at a time."""
        for start in range(0, self.templates, MAX_FACES_A_BATCH):
            count = min(MAX_FACES_A_BATCH, self.templates - start)
            batch = _unit_vectors(f"gallery {start}", count, self.dimension)
            self._plant(batch, start)
            yield batch

    def probe(self, number: int) -> Templates:
        """One probe, float32 (D,) of unit length."""
        return _unit_vectors(f"probe {number}", 1, self.dimension).reshape(-1)

    def rows_near_probes(self, start: int, count: int) -> range:
        """Which of `count` rows from `start` on lie near a probe, counted from `start`; evenly spread."""
        return range(-start % self._stride, count, self._stride)

    @property
    def _stride(self) -> int:
        return max(1, self.templates // (self.probes * _NEAR))

    def _plant(self, batch: Templates, start: int) -> None:
        for row in self.rows_near_probes(start, len(batch)):
            probe = self.probe((start + row) // self._stride % self.probes)
            away = batch[row] - probe * (batch[row] @ probe)
            away /= np.linalg.norm(away)
            batch[row] = _COSINE * probe + np.sqrt(1 - _COSINE**2) * away


class SyntheticFaces(FaceWorkers):
    """Takes float32 vectors for photos, and finds in each one face with that template. No process is started."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension

    @property
    def contract(self) -> ModelContract:
        """A contract that no model has."""
        return ModelContract(f"synthetic-{self._dimension}", "0" * 64, "0" * 64, "none", self._dimension)

    def analyze(
        self,
        untrusted_photos: Sequence[bytes],
        *,
        box: Box | None = None,  # noqa: ARG002 - the interface of the real workers
        keep_photo: bool = False,  # noqa: ARG002
        probes: bool = False,  # noqa: ARG002
    ) -> list[PhotoAnalysis | FacekeepError]:
        """One analysis a vector, all with good quality and a very small crop."""
        return [_analysis(np.frombuffer(photo, np.float32).copy()) for photo in untrusted_photos]


def _analysis(template: Templates) -> PhotoAnalysis:
    face = DetectedFace(_BOX, _LANDMARKS, 1.0, _QUALITY, template, template, _CROP)
    return PhotoAnalysis(112, 112, (face,), b"", ())


def _unit_vectors(name: str, count: int, dimension: int) -> Templates:
    stream = shake_128(f"{name} {dimension}".encode()).digest(count * dimension)
    vectors = np.frombuffer(stream, np.int8).reshape(count, dimension).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
