"""What tests of several rooms share. Helpers are in `tests/support`, which is on the import path."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # as in workers: rooms of faces are also tested in this process
sys.path.insert(0, str(Path(__file__).parent / "support"))
pytest_plugins = ["console_people"]


@pytest.fixture(scope="session")
def real_faces() -> Path:
    """A folder of real, labelled photos; they are not part of this repository."""
    folder = Path(os.environ.get("FACEKEEP_FACES") or Path(__file__).parents[2] / "shared" / "faces")
    if not folder.is_dir():
        pytest.skip("real faces not present")
    return folder


@pytest.fixture(scope="session")
def live_keep(tmp_path_factory: pytest.TempPathFactory) -> Iterator["object"]:
    """A whole keep as real processes (`keep_process.KeepProcess`), shared by the session: leave it running and open."""
    from keep_process import running_keep

    with running_keep(tmp_path_factory.mktemp("live")) as keep:
        yield keep
