"""Hostile bytes → upright 8-bit RGB pixels and nothing else. Runs only inside the worker.

Invariants: the format is taken from the first bytes; one decoder is tried; width and height are checked after the
header and before any pixel is decoded; Pillow's warning of a decompression bomb is an error; of the file only the
pixels of its first frame survive: no metadata, color profile, further frame or appended data.
"""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFilter,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from facekeep.errors import BadInput, Code
from facekeep.faces.formats import sniff

MAX_PHOTO_BYTES = 20_000_000
_DITHER_RADIUS_PX = 1.5
BACKGROUND = (255, 255, 255)  # what shows through transparent pixels

# Named so that every decoder is loaded before the sandbox closes, MPO because JPEGs of some phones are handed to it.
DECODERS = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
_BROKEN = (  # what decoders have been seen to raise on broken files
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    RuntimeError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    struct.error,
)
_ORIENTATION_TAG = 0x0112  # Exif 2.32, 4.6.4 A
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a photo may be at most, checked before decoding."""

    max_pixels: int
    max_side_px: int
    max_bytes: int = MAX_PHOTO_BYTES


def prepare() -> None:
    """Register the decoders and set their own limits. Called once, before the sandbox closes."""
    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    PngImagePlugin.MAX_TEXT_CHUNK = 1 << 20
    PngImagePlugin.MAX_TEXT_MEMORY = 1 << 22


def decode(untrusted_photo: bytes, limits: Limits) -> Image.Image:
    """The photo's first frame, upright, mode RGB, without metadata.

    Raises
    ------
    BadInput
        `photo_empty`, `photo_too_large`, `photo_unsupported`, `photo_too_many_pixels`, `photo_damaged`,
        `photo_too_hard` (it would take more memory than a photo may).
    """
    kind = _allowed_format(untrusted_photo, limits)
    with _bombs_refused(limits):
        try:
            with Image.open(io.BytesIO(untrusted_photo), formats=[kind]) as image:
                _check_size(image.size, limits)
                image.load()
                return _upright(_as_rgb(image), _orientation(image))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_many_pixels(limits) from error
        except MemoryError as error:
            raise BadInput(Code.PHOTO_TOO_HARD, "the photo needs more memory than a photo may") from error
        except UnidentifiedImageError as error:
            raise BadInput(Code.PHOTO_DAMAGED, f"the photo begins like {kind} but cannot be read") from error
        except _BROKEN as error:
            raise BadInput(Code.PHOTO_DAMAGED, f"the {kind} photo is damaged or cut off") from error


@contextmanager
def _bombs_refused(limits: Limits) -> Iterator[None]:
    """Pillow refuses larger photos inside the block, for the whole process: the worker decodes on one thread."""
    usual = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a broken EXIF directory is no broken photo
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        Image.MAX_IMAGE_PIXELS = limits.max_pixels
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = usual


def _allowed_format(untrusted_photo: bytes, limits: Limits) -> str:
    if not untrusted_photo:
        raise BadInput(Code.PHOTO_EMPTY, "the photo has no bytes")
    if len(untrusted_photo) > limits.max_bytes:
        got = len(untrusted_photo)
        raise BadInput(Code.PHOTO_TOO_LARGE, f"the photo has {got:,} bytes; at most {limits.max_bytes:,} are taken")
    kind = sniff(untrusted_photo)
    if kind is None:
        raise BadInput(Code.PHOTO_UNSUPPORTED, "not a photo we read; send JPEG, PNG, WebP, HEIC, AVIF, TIFF, GIF, BMP")
    return kind


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.max_pixels or max(size) > limits.max_side_px:
        raise _too_many_pixels(limits)


def _too_many_pixels(limits: Limits) -> BadInput:
    megapixels = limits.max_pixels / 1_000_000
    allowed = f"{megapixels:g} megapixels and {limits.max_side_px:,} pixels a side"
    return BadInput(Code.PHOTO_TOO_MANY_PIXELS, f"at most {allowed} are taken; send a smaller copy")


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1 to 8; 1 where the tag is missing or broken, because a broken tag is no broken photo.

    libheif has turned HEIF pictures already, whatever their EXIF says.
    """
    if image.format == "HEIF":
        return 1
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # the EXIF parser fails on broken directories in ways of its own
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _UPRIGHT.get(orientation)
    return image if turn is None else image.transpose(turn)


def _as_rgb(image: Image.Image) -> Image.Image:
    """Mode RGB on a plain image object that carries no metadata."""
    if image.mode in {"I", "I;16", "I;16L", "I;16B", "I;16N", "F"}:
        flat = Image.fromarray(_to_8_bit(np.asarray(image)))
    elif image.has_transparency_data:
        flat = Image.new("RGBA", image.size, (*BACKGROUND, 255))
        flat.alpha_composite(image.convert("RGBA"))
    elif image.mode == "1":  # dots of black and white become the greys they stand for
        flat = image.convert("L").filter(ImageFilter.GaussianBlur(_DITHER_RADIUS_PX))
    else:
        flat = image
    plain = Image.new("RGB", image.size)
    plain.paste(flat.convert("RGB"))
    return plain


def _to_8_bit(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey of 16 or 32 bits or float, brought to 0..255 by the range that the values themselves show to be meant."""
    values = np.nan_to_num(deep.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(values.max(initial=0.0))
    full = next((limit for limit in (1.0, 255.0, 65_535.0) if top <= limit), top)
    if full == 1.0 and deep.dtype.kind != "f":
        full = 255.0
    return np.asarray(np.clip(values * (255.0 / full), 0, 255) + 0.5, dtype=np.float32).astype(np.uint8)
