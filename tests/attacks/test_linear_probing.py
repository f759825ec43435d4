"""Rebuilding a template from many answers is stopped by counting the probes that show it."""

from collections.abc import Iterator

import pytest
from vault_driver import VaultDriver, near, running_vault, unit

from facekeep.vault import wire


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultDriver]:
    with running_vault(tmp_path_factory.mktemp("vault")) as driver:
        yield driver


def _probe(i: int) -> "wire.Candidates":
    return near(unit("target"), f"probe {i}", 0.9)  # type: ignore[return-value]


def test_the_probe_that_exceeds_the_exposure_budget_is_withheld_and_logged(vault: VaultDriver) -> None:
    collection = vault.collection("target")
    vault.enroll(collection, {"target": [unit("target")]})
    for i in range(128 // 8):
        assert len(vault.search(collection, _probe(i)).candidates) == 1
    again = vault.search(collection, _probe(0))
    assert len(again.candidates) == 1  # a probe that was counted costs nothing again
    over = vault.search(collection, _probe(99))
    assert (over.candidates, over.withheld) == ((), 1)
    outcome = [entry for entry in vault.log() if entry.act == "search.released"][-1]
    assert (outcome.facts["released"], outcome.facts["withheld"]) == (0, 1)


def test_the_budget_survives_a_restart_and_a_resealing(vault: VaultDriver) -> None:
    collection = vault.collection("restart")
    places = vault.enroll(collection, {"target": [unit("target")], "other": [unit("other")]})
    for i in range(16):
        vault.search(collection, _probe(i))
    vault.forget(places[1].face_id)
    vault.kill()
    vault.restart()
    assert vault.search(collection, _probe(50)).candidates == ()


def test_a_narrowed_search_spends_the_same_budget(vault: VaultDriver) -> None:
    collection = vault.collection("narrowed")
    (place,) = vault.enroll(collection, {"target": [unit("target")]})
    for i in range(16):
        vault.search(collection, _probe(i), only=place.person_id)
    assert vault.search(collection, _probe(60), only=place.face_id).candidates == ()


def test_moving_the_probe_by_less_than_a_quantum_is_the_same_probe(vault: VaultDriver) -> None:
    collection = vault.collection("quantum")
    vault.enroll(collection, {"target": [unit("target")]})
    first = vault.search(collection, unit("target"))
    nudged = unit("target") * (1 + 1e-7)
    assert vault.search(collection, nudged.astype("float32")) == first
