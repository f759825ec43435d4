"""A keep in this process over a real vault process, for use-cases to be tried on."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

import pytest
from keep_process import KeepProcess, running_keep

from facekeep.service.collections import Policy, create_collection
from facekeep.service.enroll import Enrollment, PhotoToEnroll, enroll
from facekeep.service.keep import Keep, open_keep
from facekeep.service.sessions import end_session, open_session
from facekeep.terms import CollectionId, SessionToken

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def vault_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeepProcess]:
    with running_keep(tmp_path_factory.mktemp("service"), vault_only=True) as process:
        yield process


@pytest.fixture(scope="session")
def keep(vault_process: KeepProcess) -> Iterator[Keep]:
    with open_keep(vault_process.settings) as one:
        yield one


@pytest.fixture
def session(keep: Keep, vault_process: KeepProcess) -> Iterator[SessionToken]:
    token = open_session(keep, vault_process.api_key)
    yield token
    end_session(keep, token)


@pytest.fixture
def collection(keep: Keep, session: SessionToken) -> CollectionId:
    return create_collection(keep, session, token_hex(8), Policy(case_required=False), None).collection_id


@pytest.fixture
def portraits(real_faces: Path) -> list[bytes]:
    """Photos of one face each, all of different people."""
    names = ("Aaron_Peirsol", "Abdullah", "Ahmed_Chalabi", "Ahmet_Necdet_Sezer", "Ai_Sugiyama")
    return [(real_faces / "people" / name / "1.jpg").read_bytes() for name in names]


@pytest.fixture
def enrolled(session: SessionToken, collection: CollectionId) -> Callable[..., Enrollment]:
    """Enrolls photos into the test's collection."""

    def run(keep: Keep, *photos: bytes) -> Enrollment:
        return enroll(keep, session, collection, [PhotoToEnroll(one) for one in photos], now=NOW)

    return run
