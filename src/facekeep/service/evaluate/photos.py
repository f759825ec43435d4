"""A folder a person: the labelled photos of an evaluation."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code

_PHOTO_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif", ".avif"}


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """Photos in a fixed order. `labels` int64 (n,): the person of each photo, numbered 0 to people - 1 by folder name.

    Paths are read and never written anywhere; a report holds counts only.
    """

    paths: tuple[Path, ...]
    labels: NDArray[np.int64]

    @property
    def people(self) -> int:
        """How many persons there are."""
        return int(self.labels[-1]) + 1


def read_set(folder: Path) -> PhotoSet:
    """Return the photos of `folder`, where every sub-folder holds the photos of one person.

    Raises
    ------
    BadInput
        `invalid_request`: no folder, fewer than four people, or fewer than two people with two photos.
    """
    if not folder.is_dir():
        raise BadInput(Code.INVALID_REQUEST, f"{folder} is not a folder with one folder of photos a person")
    people = [found for person in sorted(folder.iterdir()) if person.is_dir() and (found := photo_files(person))]
    if len(people) < 4 or sum(len(found) > 1 for found in people) < 2:
        raise BadInput(Code.INVALID_REQUEST, "an evaluation needs four people, two of them with two photos or more")
    labels = np.repeat(np.arange(len(people)), [len(found) for found in people])
    return PhotoSet(tuple(path for found in people for path in found), labels.astype(np.int64))


def photo_files(folder: Path) -> list[Path]:
    """Every file in `folder` and below that is named like a photo, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in _PHOTO_ENDINGS and path.is_file())
