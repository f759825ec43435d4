"""Workers and pictures that the tests of this room share."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facekeep.faces import FaceWorkers
from facekeep.settings import FacesSettings


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for repaired models, so that they are repaired once."""
    return tmp_path_factory.mktemp("faces-cache")


@pytest.fixture(scope="session")
def workers(cache_dir: Path) -> Iterator[FaceWorkers]:
    """One worker with the default limits."""
    with FaceWorkers(FacesSettings(), cache_dir) as started:
        yield started


@pytest.fixture(scope="session")
def drawn() -> Callable[..., bytes]:
    """A maker of pictures without a face: ``drawn("PNG", width, height, mode, **save_options)``."""
    return _drawn


@pytest.fixture(scope="session")
def manifest(real_faces: Path) -> list[dict[str, str]]:
    with (real_faces / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _drawn(name: str, width: int = 90, height: int = 60, mode: str = "RGB", **options: object) -> bytes:
    rows, columns = np.mgrid[0:height, 0:width]
    ramp = np.stack([rows * 255 // max(height - 1, 1), columns * 255 // max(width - 1, 1), rows * 0 + 80], axis=-1)
    file = io.BytesIO()
    Image.fromarray(ramp.astype(np.uint8)).convert(mode).save(file, name, **options)
    return file.getvalue()
