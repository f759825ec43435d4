"""Five landmarks → where a head points, to about ten degrees."""

import numpy as np
from numpy.typing import NDArray

from facekeep.faces.align import STANDARD_LANDMARKS, similarity

# The standard landmarks with a depth each, in the same unit (the eyes are 35.2 apart; z towards the camera): a nose tip
# stands out by about 25 mm from the plane of eyes that are 63 mm apart, mouth corners by about 6 mm.
_DEPTHS = np.array([0.0, 0.0, 14.0, 3.5, 3.5])
_LEVEL_PITCH = 12.5  # what the detector's points show, by median over press photos, for a head held level
_HEAD = np.column_stack([STANDARD_LANDMARKS, _DEPTHS])
_TO_HEAD = np.linalg.pinv(_HEAD - _HEAD.mean(axis=0))


def yaw_pitch_roll(landmarks: NDArray[np.float32]) -> tuple[float, float, float]:
    """Degrees, with the signs of `Quality`; all near 0 for a frontal face.

    Source: DeMenthon and Davis (1995), "pose from orthography and scaling", the first step of POSIT: the best affine
    picture of a model head, made orthonormal.
    """
    points = landmarks.astype(np.float64)
    forward = similarity(points, STANDARD_LANDMARKS)
    roll = -np.degrees(np.arctan2(forward[1, 0], forward[0, 0]))
    upright = points @ forward[:, :2].T
    rows = _TO_HEAD @ (upright - upright.mean(axis=0))
    right, down = (rows[:, axis] / max(float(np.linalg.norm(rows[:, axis])), 1e-9) for axis in (0, 1))
    ahead = max(float(right[0] * down[1] - right[1] * down[0]), 1e-3)
    yaw, pitch = (np.degrees(np.arctan2(side, ahead)) for side in (right[2], down[2]))
    return float(yaw), float(pitch) - _LEVEL_PITCH, float(roll)
