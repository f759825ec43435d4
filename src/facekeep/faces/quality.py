"""How far a face can be trusted before it is compared: measurements, one figure, and reasons in words.

The figure is 100 times the product of factors, one a measurement, each 1 where ordinary photos lie and 0 where
templates were seen to be worthless. The bends below were set on 3,148 press photos (nearly all LFW, 250 px) and on
damaged copies of one portrait, and the quoted numbers are those: how few ordinary photos fall below a gate there is a
fit, not a test. LFW under-represents children, people over 80, women and many ethnic groups, so neither bends nor
figures prove fitness for any use. The detector's score counts little: tiny, blurred and overexposed faces still score
above .8.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekeep.faces.align import share_outside
from facekeep.faces.pose import yaw_pitch_roll
from facekeep.faces.results import Quality

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_FACE = (slice(30, 100), slice(22, 90))  # brows to chin of the aligned crop
_EYES = ((slice(15, 28), slice(7, 26)), (slice(15, 28), slice(42, 61)))  # on the face
_WORTH_NAMING = 0.75
_CRISP = 8.0  # grey levels; the sharpest LFW faces


@dataclass(frozen=True, slots=True)
class Bend:
    """A measurement's factor: straight lines through (value, factor) points, flat beyond the ends."""

    values: tuple[float, ...]
    factors: tuple[float, ...]

    def __call__(self, value: float) -> float:
        """The factor of `value`, 0 to 1."""
        return float(np.interp(value, self.values, self.factors))


EYE_DISTANCE_PX = Bend((6, 12, 24, 40), (0.05, 0.45, 0.8, 1))  # LFW: 0.2 % below 25, median 43
SHARPNESS = Bend((0.8, 1.2, 1.4, 4.0), (0.05, 0.22, 0.45, 1))  # grey levels; strong blur .73, motion 1.2, mild blur 1.6
MEAN_GREY = Bend((20, 45, 80), (0.05, 0.6, 1))  # LFW: least 63; 8 % brightness: 12
CONTRAST = Bend((4, 9, 20), (0.1, 0.6, 1))  # grey levels; LFW: least 17; 8 % brightness: 3
WHITE_SHARE = Bend((0.05, 0.2, 0.6), (1, 0.7, 0.05))  # LFW: most .037; 3.2 x brightness: .82
EYE_CONTRAST = Bend((1, 2.5, 8), (0.1, 0.6, 1))  # grey levels; LFW: least 3.0; black bar: .3
BLOCKINESS = Bend((1.6, 2.2, 3.2), (1, 0.8, 0.15))  # LFW: 99.8 % below 1.33, most 2.2; JPEG quality 5: 3.4
SHARE_OUTSIDE = Bend((0.1, 0.3, 0.38), (1, 0.5, 0.15))  # LFW: 99.8 % below .14; half a face: .40
YAW = Bend((20, 40, 60, 80), (1, 0.85, 0.55, 0.2))  # degrees, either way
PITCH = Bend((30, 50, 70), (1, 0.75, 0.3))
DETECTOR_SCORE = Bend((0.0, 0.6, 0.9), (0.5, 0.7, 1))


def assess(
    rgb: NDArray[np.uint8],
    aligned: NDArray[np.uint8],
    box: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    detector_score: float,
) -> Quality:
    """Quality of one face.

    Parameters
    ----------
    rgb : ndarray[uint8] (h, w, 3)
        The upright photo.
    aligned : ndarray[uint8] (112, 112, 3)
        The face as the embedder gets it.
    box, landmarks : ndarray[float32] (4,), (5, 2)
        On `rgb`.
    detector_score : float
        0 for a face that only a manual box shows.
    """
    face = aligned[_FACE].astype(np.float32) @ _LUMA
    eye_distance = float(np.linalg.norm(landmarks[1] - landmarks[0]))
    yaw, pitch, roll = yaw_pitch_roll(landmarks)
    detail, white = _detail(face), float((face >= 250).mean())
    mean = float(face.mean())
    factors = (
        (EYE_DISTANCE_PX(eye_distance), f"only {eye_distance:.0f} px between the eyes"),
        (SHARPNESS(detail), "blurred"),
        (MEAN_GREY(mean), "too dark"),
        (CONTRAST(float(face.std())), "hardly any contrast"),
        (WHITE_SHARE(white), "overexposed"),
        (EYE_CONTRAST(min(float(face[eye].std()) for eye in _EYES)), "eyes may be covered"),
        (BLOCKINESS(_blockiness(rgb, box)), "compressed too strongly"),
        (SHARE_OUTSIDE(share_outside((rgb.shape[1], rgb.shape[0]), landmarks)), "partly outside the photo"),
        (YAW(abs(yaw)), f"turned away {abs(yaw):.0f} degrees"),
        (PITCH(abs(pitch)), f"looking {'down' if pitch > 0 else 'up'} {abs(pitch):.0f} degrees"),
        (DETECTOR_SCORE(detector_score), _doubt(detector_score)),
    )
    worst_first = sorted((pair for pair in factors if pair[0] < _WORTH_NAMING), key=lambda pair: pair[0])
    return Quality(
        score=round(100 * float(np.prod([factor for factor, _ in factors]))),
        reasons=tuple(reason for _, reason in worst_first),
        eye_distance_px=eye_distance,
        sharpness=min(detail / _CRISP, 1.0),
        exposure=mean / 255,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
    )


def _doubt(detector_score: float) -> str:
    return "hardly looks like a face" if detector_score > 0 else "no face detected in the box that was drawn"


def _detail(face: NDArray[np.float32]) -> float:
    """Mean second difference in grey levels, in the direction that has less of it: motion blurs one direction only."""
    across = np.abs(face[:, 2:] - 2 * face[:, 1:-1] + face[:, :-2]).mean()
    down = np.abs(face[2:] - 2 * face[1:-1] + face[:-2]).mean()
    return float(min(across, down))


def _blockiness(rgb: NDArray[np.uint8], box: NDArray[np.float32]) -> float:
    """How much larger steps are at every eighth pixel than elsewhere, in both directions: the seams of JPEG's blocks.

    1 means no seams. Looked for at every offset, because turned and cropped photos move the grid.
    """
    left, top = np.maximum(box[:2], 0).astype(int)
    right, bottom = np.minimum(box[:2] + box[2:], rgb.shape[1::-1]).astype(int)
    green = np.ascontiguousarray(rgb[top:bottom, left:right, 1]).astype(np.int16)
    if min(green.shape) < 24:
        return 1.0
    return min(_seams(np.abs(np.diff(green, axis=axis)).mean(axis=1 - axis)) for axis in (0, 1))


def _seams(steps: NDArray[np.floating]) -> float:
    by_offset = np.sort(steps[: len(steps) // 8 * 8].reshape(-1, 8).mean(axis=0))
    return float(by_offset[-1] / max((by_offset[3] + by_offset[4]) / 2, 0.25))
