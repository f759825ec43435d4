"""Blocks get fresh secrets while searches go on; who is found stays the same, and scores but for their rounding."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from vault_driver import EVALUATION, VaultDriver, code_of, near, running_vault, unit

from facekeep.vault import wire


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[VaultDriver]:
    with running_vault(tmp_path) as driver:
        yield driver


def due(vault: VaultDriver) -> int:
    return vault.operator.call(wire.CountDueBlocks(), wire.DueBlocks).blocks


def found(vault: VaultDriver, collection: str) -> dict[str, float]:
    """Every face's score; the order of equal ones is anybody's."""
    return {one.place.face_id: one.score for one in vault.search(collection, unit("probe"), top_k=100).candidates}


def approximately(scores: dict[str, float]) -> object:
    """Sealing has an error of its own, well below a step of 0.01, which may tip the rounding."""
    return pytest.approx(scores, abs=0.0101)


def filled(vault: VaultDriver) -> str:
    collection = vault.collection("c", EVALUATION)
    for i in range(4):
        vault.enroll(collection, {f"{i} {k}": [near(unit("probe"), f"{i} {k}", 0.5 + k / 20)] for k in range(5)})
    return collection


def test_every_block_is_another_and_every_face_found_as_before(vault: VaultDriver) -> None:
    collection = filled(vault)
    before, blocks = found(vault, collection), set(vault.blocks)
    asked = vault.operator.call(wire.RotateBlocks(), wire.DueBlocks)
    assert asked.blocks == due(vault) == 4
    assert vault.housekeep() == 4
    assert due(vault) == 0
    assert not blocks & set(vault.blocks)
    assert found(vault, collection) == approximately(before)
    assert [one.act for one in vault.log()].count("block.resealed") == 4
    assert vault.housekeep() == 0


def test_a_rotation_that_was_killed_goes_on_where_it_was(vault: VaultDriver) -> None:
    collection = filled(vault)
    before = found(vault, collection)
    vault.operator.call(wire.RotateBlocks(), wire.DueBlocks)
    job = vault.next_job(anew=True)
    assert job.is_rotation
    batch = vault.server.call(
        wire.Reseal(job_id=job.job_id, cells=tuple(vault.cells[one] for one in job.cell_ids)), wire.SealedBatch
    )
    vault.put(batch)
    vault.server.call(wire.CommitBatch(session=None, batch_id=batch.batch_id), wire.Done)
    vault.next_job()
    vault.kill()
    vault.restart()
    assert due(vault) == 3
    vault.housekeep()
    assert due(vault) == 0
    assert found(vault, collection) == approximately(before)


def test_blocks_sealed_meanwhile_and_forgotten_faces_are_as_they_should_be(vault: VaultDriver) -> None:
    collection = filled(vault)
    vault.operator.call(wire.RotateBlocks(), wire.DueBlocks)
    (new,) = vault.enroll(collection, {"new": [near(unit("probe"), "new", 0.95)]})
    first = found(vault, collection)
    gone = min(first, key=first.__getitem__)
    vault.forget(gone)
    vault.housekeep()
    assert due(vault) == 0
    assert found(vault, collection) == approximately({face: score for face, score in first.items() if face != gone})
    assert new.face_id in first


def test_one_organizations_blocks_alone(vault: VaultDriver) -> None:
    filled(vault)
    other = vault.operator.call(wire.AddOrganization(name="Two", admin="E", is_program=True), wire.OrganizationAdded)
    assert vault.operator.call(wire.RotateBlocks(organization_id=other.organization_id), wire.DueBlocks).blocks == 0
    unknown = wire.RotateBlocks(organization_id="org_nobody")
    assert code_of(vault.operator.call, unknown, wire.DueBlocks) == "not_found"
    assert due(vault) == 0
