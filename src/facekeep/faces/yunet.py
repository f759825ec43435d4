"""YuNet: pixels → boxes, five landmarks and a score, with the meaning OpenCV's `FaceDetectorYN` gives them."""

from dataclasses import dataclass

import numpy as np
import onnxruntime
from numpy.typing import NDArray

STRIDES = (8, 16, 32)
SCORE_THRESHOLD = 0.6  # OpenCV Zoo's setting for this model
OVERLAP_THRESHOLD = 0.3
MOST_CANDIDATES = 5_000
_OUTPUTS = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES]


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """n faces as columns of arrays.

    Attributes
    ----------
    boxes : ndarray[float32] (n, 4)
        left, top, width, height in pixels.
    landmarks : ndarray[float32] (n, 5, 2)
        As in `DetectedFace.landmarks`.
    scores : ndarray[float32] (n,)
        0 to 1.
    """

    boxes: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: NDArray[np.intp]) -> "Detections":
        """The faces in `rows`, in that order."""
        return Detections(self.boxes[rows], self.landmarks[rows], self.scores[rows])

    def placed(self, *, scale: float, left: float = 0.0, top: float = 0.0) -> "Detections":
        """The same faces on a picture that is `scale` times as large and begins at (-left, -top)."""
        start = np.array([left, top], np.float32)
        boxes = self.boxes * np.float32(scale)
        boxes[:, :2] += start
        return Detections(boxes, self.landmarks * np.float32(scale) + start, self.scores)

    @property
    def best(self) -> float:
        """The highest score; 0 when there is no face."""
        return float(self.scores.max(initial=0.0))


def joined(parts: list[Detections]) -> Detections:
    """All faces of `parts` (at least one) after each other."""
    return Detections(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.landmarks for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


class YuNet:
    """The detector over one ONNX Runtime session of the repaired model."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session

    def detect(self, rgb: NDArray[np.uint8], *, threshold: float = SCORE_THRESHOLD) -> Detections:
        """Faces on `rgb` (h, w, 3) at its own size, best first. Faces of about 10 to 400 px are seen."""
        blob = _padded_blob(rgb)
        raw = dict(zip(_OUTPUTS, self._session.run(_OUTPUTS, {"input": blob}), strict=True))
        columns = blob.shape[3]
        found = joined([_decoded(raw, stride, columns // stride, threshold) for stride in STRIDES])
        return without_overlaps(found)


def _padded_blob(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (1, 3, H, W) in the order BGR, 0..255, padded with 0 right and below to multiples of 32."""
    height, width = rgb.shape[:2]
    blob = np.zeros((1, 3, -(-height // 32) * 32, -(-width // 32) * 32), np.float32)
    for channel in range(3):
        blob[0, channel, :height, :width] = rgb[:, :, 2 - channel]
    return blob


def _decoded(raw: dict[str, NDArray[np.float32]], stride: int, columns: int, threshold: float) -> Detections:
    """Anchors of one stride above `threshold`. Source: OpenCV, modules/objdetect, FaceDetectorYN, postProcess."""
    scores = np.sqrt(np.clip(raw[f"cls_{stride}"], 0, 1) * np.clip(raw[f"obj_{stride}"], 0, 1)).ravel()
    rows = np.flatnonzero(scores >= threshold)
    cells = np.column_stack([rows % columns, rows // columns]).astype(np.float32)
    offsets, kps = raw[f"bbox_{stride}"][0, rows], raw[f"kps_{stride}"][0, rows].reshape(-1, 5, 2)
    centers = (cells + offsets[:, :2]) * stride
    sizes = np.exp(offsets[:, 2:]) * stride
    return Detections(
        np.concatenate([centers - sizes / 2, sizes], axis=1), (kps + cells[:, None]) * stride, scores[rows]
    )


def without_overlaps(found: Detections, *, overlap: float = OVERLAP_THRESHOLD) -> Detections:
    """The faces that no better one covers by more than `overlap` (intersection over union), best first."""
    left = np.argsort(-found.scores, kind="stable")[:MOST_CANDIDATES]
    kept = []
    while len(left):
        kept.append(left[0])
        left = left[1:][overlaps(found.boxes[left[0]], found.boxes[left[1:]]) <= overlap]
    return found.take(np.array(kept, np.intp))


def overlaps(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of `box` (4,) with each of `others` (n, 4); 0 to 1."""
    start = np.maximum(box[:2], others[:, :2])
    end = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    shared = np.prod(np.maximum(end - start, 0), axis=1)
    union = box[2] * box[3] + others[:, 2] * others[:, 3] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), dtype=np.float32)
