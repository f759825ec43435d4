"""Every face of a photo, large or small, and which way up the photo belongs.

The detector sees faces of about 10 to 400 px, so a photo is looked at in a few sizes chosen by its area (by area and
not by its longer side: a panorama is small in one direction only). It also finds confident, wrong faces on photos
that lie on their side: on a turned portrait such scores were .69 to .89, while the weakest best score over 392
upright press photos was .900. So only when the best score stays below `SURE` are the other three quarter turns
looked at.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facekeep.faces.align import STANDARD_LANDMARKS
from facekeep.faces.yunet import SCORE_THRESHOLD, Detections, YuNet, joined, overlaps, without_overlaps
from facekeep.terms import Box

SURE = 0.895
LOOK_AREAS_PX = (640 * 640, 1280 * 1280, 2560 * 2560)  # what one look sees, at most; each is taken if it adds detail
SMALL_PHOTO_AREA_PX = 160 * 160  # photos below are enlarged when nothing is found
LARGEST_TILE_PX = 1600  # bounds the detector's memory; neighboring tiles share TILE_OVERLAP_PX
TILE_OVERLAP_PX = 320
NESTED_SHARE = 0.7  # of the smaller box: a face that lies so far inside another one is a piece of it
CLEARLY_BETTER = 0.04
SMALLEST_EYE_DISTANCE_PX = 2.0
_QUARTERS = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_90}
_MANUAL_SCORE_THRESHOLD = 0.3
_MANUAL_VIEW_PX = 320
_MANUAL_MARGIN = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """An upright photo, its faces (largest first), and by how many quarters it was turned clockwise."""

    photo: Image.Image
    faces: Detections
    quarters: int


def find_faces(detector: YuNet, photo: Image.Image) -> Found:
    """All faces of `photo`, which is turned first where its faces say so."""
    upright = _look(detector, photo)
    if upright.best >= SURE:
        return Found(photo, _largest_first(upright), 0)
    turned = {quarters: photo.transpose(turn) for quarters, turn in _QUARTERS.items()}
    looks = {quarters: _look(detector, image) for quarters, image in turned.items()}
    quarters = max(looks, key=lambda each: (looks[each].best, -each))
    if looks[quarters].best <= upright.best + CLEARLY_BETTER:
        return Found(photo, _largest_first(upright), 0)
    return Found(turned[quarters], _largest_first(looks[quarters]), quarters)


def face_in_box(detector: YuNet, found: Found, box: Box) -> Detections:
    """The one face that a person drew `box` around, on `found.photo`.

    The face already found there; else what a closer look in any quarter turn shows; else a face in the standard pose
    that fills the box, with score 0.
    """
    wanted = np.array([box.left, box.top, box.width, box.height], np.float32)
    for faces in (found.faces, _closer_look(detector, found.photo, box)):
        shared = overlaps(wanted, faces.boxes)
        if shared.max(initial=0.0) >= 0.3:
            return faces.take(np.array([int(shared.argmax())]))
    return Detections(wanted[None], _standard_landmarks(wanted)[None], np.zeros(1, np.float32))


def _look(detector: YuNet, photo: Image.Image) -> Detections:
    """Faces of `photo` in every size worth looking at, merged."""
    area = photo.width * photo.height
    looks = [_look_at_area(detector, photo, LOOK_AREAS_PX[0])]
    for smaller, limit in pairwise(LOOK_AREAS_PX):
        if area > smaller * 1.5:
            looks.append(_look_at_area(detector, photo, limit))
    if area < SMALL_PHOTO_AREA_PX and min(photo.size) >= 16 and looks[0].best < SURE:
        looks.append(_look_at_scale(detector, photo, min(4.0, (SMALL_PHOTO_AREA_PX * 4 / area) ** 0.5)))
    return _merged(looks)


def _look_at_area(detector: YuNet, photo: Image.Image, limit: int) -> Detections:
    return _look_at_scale(detector, photo, min(1.0, (limit / (photo.width * photo.height)) ** 0.5))


def _look_at_scale(detector: YuNet, photo: Image.Image, scale: float) -> Detections:
    """Faces of `photo` at `scale`, in its own pixels; tile by tile where it stays large."""
    size = max(round(photo.width * scale), 1), max(round(photo.height * scale), 1)
    view = photo if size == photo.size else photo.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    rgb = np.asarray(view)
    parts = []
    for top in _tile_starts(size[1]):
        for left in _tile_starts(size[0]):
            tile = rgb[top : top + LARGEST_TILE_PX, left : left + LARGEST_TILE_PX]
            parts.append(detector.detect(tile).placed(scale=1.0, left=left, top=top))
    return joined(parts).placed(scale=photo.width / size[0])


def _tile_starts(length: int) -> list[int]:
    """Where tiles of one direction begin."""
    if length <= LARGEST_TILE_PX:
        return [0]
    return list(range(0, length - TILE_OVERLAP_PX, LARGEST_TILE_PX - TILE_OVERLAP_PX))


def _merged(looks: list[Detections]) -> Detections:
    """One detection a face. A face seen in several sizes keeps its best-scored detection; pieces of faces go."""
    every = joined(looks)
    plausible = np.flatnonzero(
        (_eye_distances(every.landmarks) >= SMALLEST_EYE_DISTANCE_PX) & np.isfinite(every.boxes).all(axis=1)
    )
    best = without_overlaps(every.take(plausible))
    return best if len(looks) == 1 else _without_nested(best)


def _without_nested(found: Detections) -> Detections:
    """Without boxes that lie in a better-scored one, or that hold one."""
    kept: list[int] = []
    for row in range(len(found)):
        if all(_nested_share(found.boxes[row], found.boxes[other]) <= NESTED_SHARE for other in kept):
            kept.append(row)
    return found.take(np.array(kept, np.intp))


def _nested_share(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Shared area of two boxes, as a part of the smaller one."""
    start, end = np.maximum(one[:2], other[:2]), np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    shared = float(np.prod(np.maximum(end - start, 0)))
    return shared / max(min(float(one[2] * one[3]), float(other[2] * other[3])), 1e-9)


def _eye_distances(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.linalg.norm(landmarks[:, 1] - landmarks[:, 0], axis=1), dtype=np.float32)


def _largest_first(faces: Detections) -> Detections:
    return faces.take(np.argsort(-faces.boxes[:, 2] * faces.boxes[:, 3], kind="stable"))


def _closer_look(detector: YuNet, photo: Image.Image, box: Box) -> Detections:
    """Faces around `box`, brought to the size that the detector likes best, in all four quarter turns."""
    side = max(box.width, box.height) * (1 + _MANUAL_MARGIN)
    left, top = box.left + box.width / 2 - side / 2, box.top + box.height / 2 - side / 2
    area = (left, top, left + side, top + side)
    view = photo.transform((_MANUAL_VIEW_PX, _MANUAL_VIEW_PX), Image.Transform.EXTENT, area, Image.Resampling.BILINEAR)
    scale = side / _MANUAL_VIEW_PX
    looks = [detector.detect(np.asarray(view), threshold=_MANUAL_SCORE_THRESHOLD)]
    if looks[0].best < SCORE_THRESHOLD:
        for quarters, turn in _QUARTERS.items():
            turned = detector.detect(np.asarray(view.transpose(turn)), threshold=_MANUAL_SCORE_THRESHOLD)
            looks.append(_turned_back(turned, quarters))
    return _merged(looks).placed(scale=scale, left=left, top=top)


def _turned_back(faces: Detections, quarters: int) -> Detections:
    """Faces seen on the view turned clockwise by `quarters`, in the coordinates of the unturned square view."""
    boxes, points = faces.boxes, faces.landmarks
    for _ in range(quarters):  # one quarter back: (x, y) came from (y, side - x)
        points = np.stack([points[..., 1], _MANUAL_VIEW_PX - points[..., 0]], axis=-1)
        boxes = np.stack([boxes[:, 1], _MANUAL_VIEW_PX - boxes[:, 0] - boxes[:, 2], boxes[:, 3], boxes[:, 2]], axis=-1)
    return Detections(boxes, points, faces.scores)


def _standard_landmarks(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where the five points of an upright frontal face lie in a detector's box (4,)."""
    return np.asarray(box[:2] + _IN_BOX * box[2:], dtype=np.float32)


def _points_in_box() -> NDArray[np.float64]:
    """The standard landmarks in a box of 1 by 1, as YuNet draws boxes around frontal faces: eyes .4 down, mouth .76."""
    low, high = STANDARD_LANDMARKS[:2].mean(axis=0), STANDARD_LANDMARKS[3:].mean(axis=0)
    down = 0.40 + (STANDARD_LANDMARKS[:, 1] - low[1]) / (high[1] - low[1]) * 0.36
    across = 0.5 + (STANDARD_LANDMARKS[:, 0] - 56.0) / 35.2 * 0.46
    return np.column_stack([across, down])


_IN_BOX = _points_in_box()
