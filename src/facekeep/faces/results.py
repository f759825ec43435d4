"""What the room hands out: the faces of one photo, all that later steps need and nothing of the file they
came from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekeep.terms import Box


@dataclass(frozen=True, slots=True)
class Quality:
    """How much a template of this face can be trusted, before it is compared with anything.

    Attributes
    ----------
    score : int
        0 (worthless) to 100. Ordinary press photographs lie above 50.
    reasons : tuple of str
        What lowers the score, in words for people, worst first; empty when nothing does.
    eye_distance_px : float
        Between the eyes, on the photo as it was sent.
    sharpness : float
        Weakest directional detail of the aligned face relative to its contrast, roughly 0 (smeared) to 1 (crisp).
    exposure : float
        Mean brightness of the face, 0 (black) to 1 (white).
    yaw, pitch, roll : float
        Degrees. Positive yaw: turned towards the right side of the picture; positive pitch: looking down; positive
        roll: turned clockwise in the picture. Estimated from five landmarks, so good to about ten degrees.
    """

    score: int
    reasons: tuple[str, ...]
    eye_distance_px: float
    sharpness: float
    exposure: float
    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True, eq=False)
class DetectedFace:
    """One face on the upright photo.

    Attributes
    ----------
    box : Box
        Pixels of the upright photo.
    landmarks : ndarray[float32] (5, 2)
        x, y in pixels: the eye on the left of the picture, the other eye, nose tip, the mouth corner on the left of
        the picture, the other mouth corner.
    detector_score : float
        0 to 1; says "this is a face", not "this is a good picture of one". 0 for a face that only a manual box shows.
    quality : Quality
    template : ndarray[float32] (D,)
        Unit length; the one to enroll.
    probe : ndarray[float32]
        Unit length (D,): the mean of `template` and the mirrored face's, to be compared with enrolled templates; or
        empty (0,) where no probe was asked for.
    crop_jpeg : bytes
        The face with a margin, square, at most 256 px, without metadata.
    """

    box: Box
    landmarks: NDArray[np.float32]
    detector_score: float
    quality: Quality
    template: NDArray[np.float32]
    probe: NDArray[np.float32]
    crop_jpeg: bytes


@dataclass(frozen=True, slots=True, eq=False)
class PhotoAnalysis:
    """The faces of one photo, largest first; an empty tuple when there are none.

    `width` and `height` are those of the upright photo: EXIF orientation applied, and turned further by a quarter when
    only that makes the faces stand upright. `photo_jpeg` is that photo encoded anew without metadata, or empty.
    `advice` holds sentences for the person who sent the photo.
    """

    width: int
    height: int
    faces: tuple[DetectedFace, ...]
    photo_jpeg: bytes
    advice: tuple[str, ...]
