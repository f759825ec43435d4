"""A keep that tests may damage, and what they ask of it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from secrets import token_hex

import httpx
import pytest
from gallery import Gallery
from keep_process import KeepProcess, running_keep

# People whose two photos show nobody else.
_ALONE = ("Aaron_Peirsol", "Abdullah", "Ahmed_Chalabi", "Ai_Sugiyama", "Aitor_Gonzalez", "Akhmed_Zakayev", "Al_Davis")


@pytest.fixture(scope="session")
def keep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeepProcess]:
    """A test that damages, seals or kills it sets it right again."""
    with running_keep(tmp_path_factory.mktemp("e2e")) as one:
        yield one


@pytest.fixture
def client(keep: KeepProcess) -> Iterator[httpx.Client]:
    with keep.client() as one:
        yield one


@pytest.fixture
def new_gallery(client: httpx.Client) -> Callable[..., Gallery]:
    """Makes an empty gallery; policy as keywords."""

    def make(**policy: object) -> Gallery:
        loose = {"minimum_quality": 0, "evaluation": True, "score_floor": 0.4, "exposure_limit": 1_000_000}
        answer = client.post("/v1/collections", json={"name": token_hex(8), "policy": {**loose, **policy}})
        assert answer.status_code == 201, answer.text
        return Gallery(client, answer.json()["collection_id"])

    return make


@pytest.fixture(scope="session")
def portraits(real_faces: Path) -> Sequence[bytes]:
    """Photos of one face each, all of different people."""
    return [(real_faces / "people" / name / "1.jpg").read_bytes() for name in _ALONE]
