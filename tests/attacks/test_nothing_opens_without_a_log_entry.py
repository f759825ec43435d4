"""Where the log cannot be written nothing is opened, nothing is released, and the vault seals itself."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from vault_driver import EVALUATION, code_of, unit

from facekeep.errors import FacekeepError
from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import scan_reference
from facekeep.vault import wire
from facekeep.vault.keeper import Keeper

CONTRACT = wire.Contract("test-contract", "d" * 64, "e" * 64, "five-points-112", 128)


class Small:
    """An open vault in this process with one enrolled face, and what a search of it needs."""

    def __init__(self, folder: Path) -> None:
        self.keeper = Keeper(folder / "vault")
        secret = str(folder / "key")
        made = self.keeper.operate(
            wire.Initialize(method="key_file", organization="O", member="M", key_file=secret)
        )
        assert isinstance(made, wire.Initialized)
        opened = self.keeper.serve(wire.Authenticate(untrusted_credential=made.api_key))
        assert isinstance(opened, wire.SessionOpened)
        self.session = opened.session
        shown = self.keeper.serve(
            wire.CreateCollection(session=self.session, name="c", contract=CONTRACT, policy=EVALUATION)
        )
        assert isinstance(shown, wire.CollectionShown)
        self.collection = shown.collection.collection_id
        draft = wire.FaceDraft(template=unit("a").tobytes(), crop=b"crop", facts=wire.FaceFacts(), person_name="A")
        message = wire.SealFaces(session=self.session, collection_id=self.collection, faces=(draft,))
        batch = self.keeper.serve(message)
        assert isinstance(batch, wire.SealedBatch)
        self.keeper.serve(wire.CommitBatch(session=self.session, batch_id=batch.batch_id))
        self.batch = batch

    def grant(self) -> wire.Grant:
        message = wire.GrantSearch(
            session=self.session, collection_ids=(self.collection,), probes=unit("a").tobytes()
        )
        answer = self.keeper.serve(message)
        assert isinstance(answer, wire.Grant)
        return answer

    def open(self, grant: wire.Grant) -> wire.Message:
        probes = np.frombuffer(grant.probes, "<i4").reshape(-1, 128)
        sums = scan_reference([parse_block(self.batch.block_bytes)[1]], probes)
        return self.keeper.serve(
            wire.OpenSums(session=self.session, grant_id=grant.grant_id, sums=sums.astype("<i4").tobytes())
        )


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    made = Small(tmp_path)
    yield made
    made.keeper.seal()


def _fail(*_: object) -> None:
    raise OSError(errno.EIO, "injected")


def test_no_candidate_is_released_when_the_outcome_cannot_be_logged(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = small.grant()
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, _fail)
    assert code_of(small.open, grant) == "log_unwritable"
    assert small.keeper.status().state == "sealed"


def test_no_record_opens_when_the_reading_cannot_be_logged(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    crop = next(cell for cell in small.batch.cells if cell.kind == "crop")
    message = wire.OpenCells(session=small.session, cells=(crop,))
    assert isinstance(small.keeper.serve(message), wire.OpenedCells)
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, _fail)
    assert code_of(small.keeper.serve, message) == "log_unwritable"


def test_nothing_is_released_after_a_failed_sync_even_if_later_ones_would_work(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants = [small.grant() for _ in range(5)]
    with monkeypatch.context() as broken:
        for name in ("fsync", "fdatasync"):
            broken.setattr(os, name, _fail)
        with pytest.raises(FacekeepError):
            small.open(grants[0])
    for grant in grants:
        assert code_of(small.open, grant) == "vault_sealed"
