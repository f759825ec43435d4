"""The production example, running once for the room, and copies of its folder to plant misconfigurations in."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from planting import Planted
from production import Production, running_production


@pytest.fixture(scope="package")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    with running_production(tmp_path_factory.mktemp("production")) as made:
        yield made


def copied(data_dir: Path, place: Path) -> None:
    """A copy of the folder without its sockets, its hundreds of empty folders of blobs, and its decoys: whoever opens a
    decoy raises an alarm."""
    place.mkdir(mode=0o750)
    place.chmod(0o750)
    for name in ("keep.toml", "keep-id", "alarm-secret", "last-backup"):
        shutil.copy2(data_dir / name, place)
    for name in ("vault", "cache"):
        shutil.copytree(data_dir / name, place / name)
    for name, mode in (("store", 0o700), ("run", 0o710)):
        (place / name).mkdir(mode=mode)
    for path in (data_dir / "store").glob("records*"):
        shutil.copy2(path, place / "store")


@pytest.fixture
def planted(production: Production, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planted:
    """A copy of the example that does not run, on which the doctor finds nothing yet."""
    data_dir = tmp_path / "keep"
    copied(production.data_dir, data_dir)
    config = tmp_path / "config" / (data_dir / "keep-id").read_text()
    config.mkdir(mode=0o700, parents=True)
    monkeypatch.setenv("FACEKEEP_CONFIG", str(config.parent))
    machine = replace(production.machine, data_dir=data_dir, runs=False)
    return Planted(data_dir, config, machine, production.advisories)
