"""Pixels → JPEG bytes that carry nothing but pixels."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CROP_SIDE_PX = 256
CROP_MARGIN = 0.35  # of the larger side of the box, on each side
_QUARTERS = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)


def jpeg(photo: Image.Image, *, quality: int = 85) -> bytes:
    """`photo` (mode RGB) as a baseline JPEG without any metadata."""
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=quality, exif=b"", icc_profile=None, comment=b"")
    return file.getvalue()


def crop_jpeg(photo: Image.Image, box: NDArray[np.float32], roll: float) -> bytes:
    """The face in `box` (4,) with a margin: square, at most 256 px, moved inside the photo where there is room.

    A face that lies on its side (by `roll` degrees) is turned by whole quarters.
    """
    side = max(min(round(float(max(box[2:])) * (1 + 2 * CROP_MARGIN)), max(photo.size)), 1)
    left, top = (_moved_inside(float(box[axis] + box[axis + 2] / 2), side, photo.size[axis]) for axis in (0, 1))
    shot = photo.crop((left, top, left + side, top + side))
    if side > CROP_SIDE_PX:
        shot = shot.resize((CROP_SIDE_PX, CROP_SIDE_PX), Image.Resampling.BILINEAR, reducing_gap=2.0)
    turn = _QUARTERS[round(roll / 90) % 4]
    return jpeg(shot if turn is None else shot.transpose(turn))


def _moved_inside(center: float, side: int, limit: int) -> int:
    """Where a stretch of `side` around `center` begins, moved to lie within 0 and `limit` if it fits at all."""
    start = round(center - side / 2)
    return min(max(start, 0), limit - side) if side <= limit else (limit - side) // 2
