"""Every photo of a set through the product's own faces workers, once; templates and probes stay in memory.

Where a photo shows several faces, the labelled person is taken to be the one closest to the middle of the photo, the
distance counted in sizes of that face: photographs of the Labeled Faces in the Wild kind are cropped around that person
while bystanders may be larger, and on a whole photograph a speck near the middle must not win over the sitter.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facekeep.errors import FacekeepError
from facekeep.faces import DetectedFace, FaceWorkers, PhotoAnalysis
from facekeep.service.evaluate.photos import PhotoSet
from facekeep.service.evaluate.protocol import Sample

PHOTOS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Embedded:
    """A set as the workers saw it; `refused` counts the photos they refused, by error code."""

    sample: Sample
    refused: dict[str, int]


def embed(faces: FaceWorkers, photos: PhotoSet, *, workers: int, step: Callable[[int, int], None]) -> Embedded:
    """Return template and probe of the labelled person of every photo. `step` hears (photos done, of)."""
    templates, probes = np.zeros((2, len(photos.paths), faces.contract.dimension), np.float32)
    usable, refused = np.zeros(len(photos.paths), np.bool_), Counter[str]()
    with ThreadPoolExecutor(workers) as pool:
        done = 0
        for answers in pool.map(lambda paths: _analyzed(faces, paths), _batches(photos.paths)):
            for answer in answers:
                if isinstance(answer, FacekeepError):
                    refused[answer.code] += 1
                elif answer.faces:
                    face = _central(answer)
                    templates[done], probes[done], usable[done] = face.template, face.probe, True
                done += 1
            step(done, len(photos.paths))
    return Embedded(Sample(photos.labels, templates, probes, usable), dict(refused))


def _analyzed(faces: FaceWorkers, paths: Sequence[Path]) -> list[PhotoAnalysis | FacekeepError]:
    return faces.analyze([path.read_bytes() for path in paths], probes=True)


def _batches(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    for start in range(0, len(paths), PHOTOS_AT_ONCE):
        yield paths[start : start + PHOTOS_AT_ONCE]


def _central(analysis: PhotoAnalysis) -> DetectedFace:
    return min(analysis.faces, key=lambda face: _off_centre(face, analysis))


def _off_centre(face: DetectedFace, analysis: PhotoAnalysis) -> float:
    """Squared distance from the middle of the photo, in areas of the face."""
    across = face.box.left + face.box.width / 2 - analysis.width / 2
    down = face.box.top + face.box.height / 2 - analysis.height / 2
    return float((across**2 + down**2) / (face.box.width * face.box.height))
