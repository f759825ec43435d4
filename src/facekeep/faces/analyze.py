"""One photo from bytes to faces: the whole work of a worker, in the order of its steps."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facekeep.errors import BadInput, Code
from facekeep.faces.align import align
from facekeep.faces.decode import Limits, decode
from facekeep.faces.embed import Embedder
from facekeep.faces.encode import crop_jpeg, jpeg
from facekeep.faces.find import Found, face_in_box, find_faces
from facekeep.faces.graphs import runnable
from facekeep.faces.quality import assess
from facekeep.faces.registry import SFACE, LocatedModels, read_pinned
from facekeep.faces.results import DetectedFace, PhotoAnalysis
from facekeep.faces.runtime import session
from facekeep.faces.yunet import Detections, YuNet
from facekeep.terms import Box

_SMALLEST_BOX_PX = 4
MOST_FACES = 256  # a photo's largest ones; more would outgrow one answer


class Analyzer:
    """The models of one worker, loaded and ready."""

    def __init__(self, models: LocatedModels, *, cache_dir: Path, threads: int, limits: Limits) -> None:
        """Read, check, repair and load both models.

        Raises
        ------
        BadInput
            `model_refused`.
        """
        detector = read_pinned(Path(models.detector_path), models.detector)
        embedder = read_pinned(Path(models.embedder_path), models.embedder)
        graphs = cache_dir / "models"
        graph = runnable(detector, symbolic_axes={2: "height", 3: "width"}, cache_dir=graphs)
        self._detector = YuNet(session(graph, threads=threads))
        axes = {0: "faces"} if models.embedder.sha256 == SFACE.sha256 else {}
        graph = runnable(embedder, symbolic_axes=axes, cache_dir=graphs)
        self._embedder = Embedder(session(graph, threads=threads), models.embedder)
        self._limits = limits

    def analyze(self, untrusted_photo: bytes, box: Box | None, *, keep_photo: bool, probes: bool) -> PhotoAnalysis:
        """The faces of a photo, or with `box` the one face in it. Only with `probes` do they have a probe.

        Raises
        ------
        BadInput
            As `decode`; `invalid_request` for a box that is no part of the photo.
        """
        found = find_faces(self._detector, decode(untrusted_photo, self._limits))
        rows = found.faces if box is None else face_in_box(self._detector, found, _checked(box, found.photo.size))
        faces = self._described(found.photo, rows.take(np.arange(min(len(rows), MOST_FACES))), probes=probes)
        return PhotoAnalysis(
            width=found.photo.width,
            height=found.photo.height,
            faces=faces,
            photo_jpeg=jpeg(found.photo, quality=92) if keep_photo else b"",
            advice=_advice(found, len(rows)),
        )

    def rest(self) -> None:
        """Give back the memory that photos took so far and that is kept for the next ones."""
        self._embedder.rest()

    def _described(self, photo: Image.Image, rows: Detections, *, probes: bool) -> tuple[DetectedFace, ...]:
        if not len(rows):
            return ()
        rgb = np.asarray(photo)
        aligned = np.stack([align(rgb, landmarks) for landmarks in rows.landmarks])
        if probes:
            templates, each_probe = self._embedder.embed_probes(aligned)
        else:
            templates, each_probe = self._embedder.embed(aligned), np.empty((len(rows), 0), np.float32)
        return tuple(
            _face(photo, rgb, aligned[row], rows.take(np.array([row])), (templates[row], each_probe[row]))
            for row in range(len(rows))
        )


def _face(
    photo: Image.Image,
    rgb: NDArray[np.uint8],
    aligned: NDArray[np.uint8],
    row: Detections,
    template_and_probe: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> DetectedFace:
    box, landmarks, score = row.boxes[0], row.landmarks[0], float(row.scores[0])
    template, probe = template_and_probe
    quality = assess(rgb, aligned, box, landmarks, score)
    left, top, width, height = box.tolist()
    return DetectedFace(
        box=Box(left=left, top=top, width=width, height=height),
        landmarks=landmarks,
        detector_score=min(score, 1.0),
        quality=quality,
        template=template,
        probe=probe,
        crop_jpeg=crop_jpeg(photo, box, quality.roll),
    )


def _checked(box: Box, size: tuple[int, int]) -> Box:
    """`box`, if it is a few pixels large, not much larger than the photo, and centered on it; NaN is not.

    Raises
    ------
    BadInput
        `invalid_request`.
    """
    x, y = box.left + box.width / 2, box.top + box.height / 2
    fits = _SMALLEST_BOX_PX <= box.width <= 2 * size[0] and _SMALLEST_BOX_PX <= box.height <= 2 * size[1]
    if not (fits and 0 <= x <= size[0] and 0 <= y <= size[1]):
        raise BadInput(Code.INVALID_REQUEST, f"the box is no part of a photo of {size[0]} x {size[1]} pixels")
    return box


def _advice(found: Found, faces: int) -> tuple[str, ...]:
    advice = []
    if found.quarters:
        advice.append(f"The photo lay on its side and was turned clockwise by {found.quarters * 90} degrees.")
    if not faces:
        advice.append("No face was found. Draw a box around it, or send a photo that shows it larger and sharper.")
    if faces > MOST_FACES:
        advice.append(f"{faces} faces were found; only the {MOST_FACES} largest were taken.")
    return tuple(advice)
