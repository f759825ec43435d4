"""Five landmarks → the 112x112 upright face that embedders were trained on.

Equals OpenCV's `FaceRecognizerSF.alignCrop` (cosine of templates at least 0.9999 on faces up to four times as large as
the crop). Larger faces are averaged down first, where OpenCV picks single pixels: that is the departure.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE_PX = 112
STANDARD_LANDMARKS = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float64
)  # x, y; Source: Deng et al., ArcFace (2019), as in InsightFace and OpenCV
_LARGEST_SHRINK_WITHOUT_AVERAGING = 4.0
_SHIFT = 5
_STEPS = 1 << _SHIFT  # positions are rounded to 1/32 px, as OpenCV's warpAffine does
_GRID = np.stack(np.meshgrid(np.arange(SIDE_PX), np.arange(SIDE_PX)), axis=-1).reshape(-1, 2).astype(np.float64)
_LANES = (0, 20, 40)  # first bits of red, green and blue in a word; 255 * 32 * 32 needs 18
_HALF_IN_EVERY_LANE = sum(1 << (lane + 2 * _SHIFT - 1) for lane in _LANES)
_CORNERS = np.array([[0, 0], [SIDE_PX - 1, 0], [0, SIDE_PX - 1], [SIDE_PX - 1, SIDE_PX - 1]], np.float64)


def similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation, uniform scale and shift (2, 3) that bring `source` (n, 2) closest to `target` (n, 2).

    Source: Umeyama (1991), equations 40 to 42, for two dimensions: with complex points the least-squares turn and scale
    is one complex number, and no singular value decomposition is needed. Mirroring is never used.
    """
    z, w = source @ np.array([1, 1j]), target @ np.array([1, 1j])
    z_mean, w_mean = z.mean(), w.mean()
    spread = float((np.abs(z - z_mean) ** 2).sum())
    turn = (np.conj(z - z_mean) * (w - w_mean)).sum() / spread
    shift = w_mean - turn * z_mean
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def inverse(forward: NDArray[np.float64]) -> NDArray[np.float64]:
    """The affine map (2, 3) that undoes `forward`."""
    turned = np.linalg.inv(forward[:, :2])
    return np.column_stack([turned, -turned @ forward[:, 2]])


def align(rgb: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The face with `landmarks` (5, 2) on `rgb` (h, w, 3) as (112, 112, 3); black where it leaves the photo."""
    source = landmarks.astype(np.float64)
    forward = similarity(source, STANDARD_LANDMARKS)
    shrink = 1 / float(np.hypot(forward[0, 0], forward[1, 0]))
    if shrink > _LARGEST_SHRINK_WITHOUT_AVERAGING:
        factor = int(shrink / 2)
        rgb, start = _averaged_part(rgb, forward, factor)
        forward = similarity((source - start + 0.5) / factor - 0.5, STANDARD_LANDMARKS)
    return _warp(rgb, inverse(forward))


def share_outside(size: tuple[int, int], landmarks: NDArray[np.float32]) -> float:
    """How much of the aligned face lies outside a photo of `size` (width, height); 0 to 1."""
    back = inverse(similarity(landmarks.astype(np.float64), STANDARD_LANDMARKS))
    last = np.array(size) - 1
    corners = _on_photo(_CORNERS, back)
    if (corners >= 0).all() and (corners <= last).all():
        return 0.0
    points = _on_photo(_GRID, back)
    return 1 - float(((points >= 0) & (points <= last)).all(axis=1).mean())


def _on_photo(points: NDArray[np.float64], back: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where `points` (n, 2) of the crop lie on the photo."""
    return points @ back[:, :2].T + back[:, 2]


def _warp(rgb: NDArray[np.uint8], back: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Bilinear sampling of `rgb` at `back` of every pixel of the crop, in whole numbers."""
    corners = np.rint(_on_photo(_CORNERS, back) * _STEPS).astype(np.int32) >> _SHIFT
    first = corners.min(axis=0)
    pixels, columns = _packed_region(rgb, first, corners.max(axis=0) + 1)
    x, y = (_steps(back[axis]) for axis in (0, 1))
    right, below = x & (_STEPS - 1), y & (_STEPS - 1)
    index = ((y >> _SHIFT) - first[1]) * columns + ((x >> _SHIFT) - first[0])
    left, above = _STEPS - right, _STEPS - below
    corner_weights = ((0, left * above), (1, right * above), (columns, left * below), (columns + 1, right * below))
    total = np.full(SIDE_PX * SIDE_PX, _HALF_IN_EVERY_LANE, np.uint64)
    for offset, weight in corner_weights:
        total += pixels.take(index + offset) * weight.astype(np.uint64)
    lanes = [(total >> np.uint64(lane + 2 * _SHIFT)).astype(np.uint8) for lane in _LANES]  # the cast drops higher lanes
    return np.stack(lanes, axis=-1).reshape(SIDE_PX, SIDE_PX, 3)


def _steps(row: NDArray[np.float64]) -> NDArray[np.int32]:
    """One coordinate of every pixel of the crop, in steps, row by row; `row` (3,) holds its factors and shift."""
    along = np.arange(SIDE_PX) * _STEPS
    steps = np.rint(row[0] * along[None] + (row[1] * along[:, None] + row[2] * _STEPS))
    return np.asarray(steps, dtype=np.int32).ravel()


def _packed_region(
    rgb: NDArray[np.uint8], first: NDArray[np.int32], last: NDArray[np.int32]
) -> tuple[NDArray[np.uint64], int]:
    """Pixels `first` to `last` (x, y, inclusive) of `rgb`, 0 outside, and how many stand in a row.

    Red, green and blue share one word, far enough apart that weighting a word weights all three.
    """
    columns, rows = (last - first + 1).tolist()
    (x0, y0), (x1, y1) = first.tolist(), (last + 1).tolist()
    inside = rgb[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)].astype(np.uint64)
    packed = inside[..., 0] | inside[..., 1] << np.uint64(_LANES[1]) | inside[..., 2] << np.uint64(_LANES[2])
    region = np.zeros((rows, columns), np.uint64)
    top, left = max(-y0, 0), max(-x0, 0)
    region[top : top + packed.shape[0], left : left + packed.shape[1]] = packed
    return region.ravel(), columns


def _averaged_part(
    rgb: NDArray[np.uint8], forward: NDArray[np.float64], factor: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The part of `rgb` around the face, shrunk by whole `factor`, and where (x, y) the part begins."""
    back = inverse(forward)
    corners = _on_photo(_CORNERS, back)
    last = np.array([rgb.shape[1], rgb.shape[0]]) - 1
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int) - factor, 0, last)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int) + factor, (left, top), last)
    part = Image.fromarray(np.ascontiguousarray(rgb[top : bottom + 1, left : right + 1])).reduce(factor)
    return np.asarray(part), np.array([left, top], np.float64)
