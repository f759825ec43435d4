"""A stage for thefts, and the table of how the reports did."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from thefts.asking import Outcome
from thefts.stage import Stage
from thefts.table import written

_PHOTOS = 6


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, real_faces: Path) -> Iterator[Stage]:
    photos = sorted((real_faces / "people").glob("*/1.jpg"))[:_PHOTOS]
    one = Stage(tmp_path_factory.mktemp("stage"), photos)
    try:
        one.build()
        yield one
    finally:
        one.close()


@pytest.fixture(scope="module")
def outcomes() -> Iterator[list[Outcome]]:
    """What each theft's report was like; written into the file that FACEKEEP_INCIDENTS names, if it names one."""
    found: list[Outcome] = []
    yield found
    if path := os.environ.get("FACEKEEP_INCIDENTS"):
        with Path(path).open("a") as table:
            table.write(written(found))
