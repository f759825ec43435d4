"""A worker's models, exercised once on drawn pictures: what loads late has then loaded before the sandbox closes."""

import encodings.ascii
import encodings.latin_1
import encodings.utf_8
import encodings.utf_16  # noqa: F401  text in metadata
import io
from pathlib import Path

import numpy as np
from PIL import Image

from facekeep.faces.analyze import Analyzer
from facekeep.faces.decode import Limits, decode
from facekeep.faces.registry import LocatedModels
from facekeep.terms import Box

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF")  # HEIF cannot be written by its reader


def warmed_up(models: LocatedModels, *, cache_dir: Path, threads: int, limits: Limits) -> Analyzer:
    """An `Analyzer` that has worked through one picture, after each format that we can write was decoded once.

    Raises
    ------
    BadInput
        `model_refused`.
    """
    analyzer = Analyzer(models, cache_dir=cache_dir, threads=threads, limits=limits)
    for name in _FORMATS:
        decode(_drawn(name), limits)
    analyzer.analyze(_drawn("PNG"), Box(10, 10, 60, 60), keep_photo=True, probes=True)
    analyzer.rest()
    return analyzer


def _drawn(name: str) -> bytes:
    """A small grey ramp with an orientation tag, in the format `name`."""
    ramp = np.broadcast_to(np.arange(96, dtype=np.uint8)[:, None], (96, 96))
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(ramp)).save(file, name, exif=exif)
    return file.getvalue()
