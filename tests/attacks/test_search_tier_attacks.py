"""What a malicious search node tries against a live vault, over its socket."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from vault_driver import EVALUATION, VaultDriver, code_of, near, running_vault, unit

from facekeep.vault import wire

Forgery = Callable[[NDArray[np.int32]], NDArray[np.int32]]


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultDriver]:
    with running_vault(tmp_path_factory.mktemp("vault")) as driver:
        yield driver


@pytest.fixture(scope="module")
def gallery(vault: VaultDriver) -> str:
    collection = vault.collection("oracle", EVALUATION)
    vault.enroll(collection, {f"p{i}": [unit(f"p{i}")] for i in range(30)})
    vault.enroll(collection, {f"q{i}": [unit(f"q{i}")] for i in range(30)})
    return collection


def _refused_with_alarm(vault: VaultDriver, gallery: str, forge: Forgery) -> None:
    grant = vault.grant([gallery], unit("probe").reshape(1, -1))
    forged = forge(vault.scan(grant).copy())
    assert code_of(vault.open, grant, forged) == "sums_refused"
    assert "search.alarm" in [one.act for one in vault.log()[-3:-1]]  # the last one is this reading of the log
    assert code_of(vault.grant, [gallery], unit("probe").reshape(1, -1)) == "quarantined"
    vault.operator.call(wire.ClearQuarantine(), wire.Done)


@pytest.mark.parametrize("bit", range(32))
def test_search_tier_cannot_flip_a_bit_of_a_sum(vault: VaultDriver, gallery: str, bit: int) -> None:
    def forge(sums: NDArray[np.int32]) -> NDArray[np.int32]:
        sums.view(np.uint32)[0, (7 * bit) % 60] ^= np.uint32(1 << bit)
        return sums

    _refused_with_alarm(vault, gallery, forge)


FORGERIES: dict[str, Forgery] = {
    "zeros": np.zeros_like,
    "one_slot_lifted_over_the_floor": lambda sums: sums + np.eye(1, sums.shape[1], 5, dtype=np.int32) * 20_000,
    "every_slot_shifted": lambda sums: sums + 1,
    "negated": lambda sums: -sums,
    "blocks_swapped": lambda sums: np.roll(sums, 30, axis=1),
    "two_slots_swapped": lambda sums: sums[:, [1, 0, *range(2, 60)]],
    "two_errors_that_cancel_in_the_plain_sum": lambda sums: sums + np.eye(1, 60, 0, dtype=np.int32)
    - np.eye(1, 60, 1, dtype=np.int32),
    "a_multiple_of_the_stored_precision": lambda sums: sums + np.eye(1, 60, 3, dtype=np.int32) * 65_536,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_search_tier_cannot_use_vault_as_oracle(vault: VaultDriver, gallery: str, forge: Forgery) -> None:
    _refused_with_alarm(vault, gallery, forge)


def test_search_tier_cannot_replay_the_answer_of_another_probe(vault: VaultDriver, gallery: str) -> None:
    other = vault.grant([gallery], unit("other").reshape(1, -1))
    _refused_with_alarm(vault, gallery, lambda _: vault.scan(other))


def test_search_tier_cannot_leave_out_a_block(vault: VaultDriver, gallery: str) -> None:
    grant = vault.grant([gallery], unit("probe").reshape(1, -1))
    assert code_of(vault.open, grant, vault.scan(grant)[:, :30]) == "invalid_request"


def test_search_tier_cannot_serve_an_old_block_after_a_forget(vault: VaultDriver) -> None:
    collection = vault.collection("old block", EVALUATION)
    places = vault.enroll(collection, {f"o{i}": [unit(f"o{i}")] for i in range(3)})
    before = dict(vault.blocks)
    (old,) = vault.grant([collection], unit("o0").reshape(1, -1)).blocks
    vault.forget(places[2].face_id)
    grant = vault.grant([collection], unit("o2").reshape(1, -1))
    (new,) = grant.blocks
    vault.blocks[new.block_id] = before[old.block_id]
    forged = vault.scan(grant)[:, : new.slots]
    assert code_of(vault.open, grant, forged) == "sums_refused"
    vault.operator.call(wire.ClearQuarantine(), wire.Done)


def test_an_answer_to_a_grant_from_before_a_forget_is_stale(vault: VaultDriver) -> None:
    collection = vault.collection("stale", EVALUATION)
    places = vault.enroll(collection, {f"s{i}": [unit(f"s{i}")] for i in range(3)})
    grant = vault.grant([collection], unit("s0").reshape(1, -1))
    sums = vault.scan(grant)
    vault.forget(places[0].face_id)
    assert code_of(vault.open, grant, sums) == "stale"


def test_a_face_forgotten_during_a_search_is_not_released(vault: VaultDriver) -> None:
    collection = vault.collection("race", EVALUATION)
    places = vault.enroll(collection, {f"r{i}": [unit(f"r{i}")] for i in range(3)})
    grant = vault.grant([collection], unit("r0").reshape(1, -1))
    sums = vault.scan(grant)
    message = wire.ForgetFaces(session=vault.session, face_ids=(places[0].face_id,))
    vault.server.call(message, wire.Forgotten)  # its block is not re-sealed yet
    found = vault.open(grant, sums).lists[0].candidates
    assert places[0].face_id not in [one.place.face_id for one in found]


def test_a_grant_serves_only_the_session_it_was_given_to(vault: VaultDriver, gallery: str) -> None:
    grant = vault.grant([gallery], unit("probe").reshape(1, -1))
    sums = vault.scan(grant)
    mine = vault.session
    vault.sign_in()
    assert code_of(vault.open, grant, sums) == "not_found"
    vault.session = mine


def test_quarantine_survives_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_vault(tmp_path_factory.mktemp("vault")) as vault:
        collection = vault.collection("q", EVALUATION)
        vault.enroll(collection, {"a": [unit("a")]})
        grant = vault.grant([collection], unit("a").reshape(1, -1))
        assert code_of(vault.open, grant, vault.scan(grant) + 1) == "sums_refused"
        vault.kill()
        vault.restart()
        assert code_of(vault.search, collection, unit("a")) == "quarantined"


def test_a_duplicate_with_a_strongly_negative_coordinate_sum_is_found(vault: VaultDriver) -> None:
    collection = vault.collection("negative", EVALUATION)
    template = -np.abs(unit("negative"))
    vault.enroll(collection, {"n": [template]})
    assert vault.search(collection, template).candidates[0].score > 0.98


def test_reply_size_does_not_depend_on_the_number_of_hits(vault: VaultDriver, gallery: str) -> None:
    import msgspec

    sizes = []
    for probe, floor in ((unit("p3"), -1.0), (unit("p3"), 0.9), (near(unit("x"), "y", 0.1), 0.99)):
        grant = vault.grant([gallery], probe.reshape(1, -1), score_floor=floor)
        answer = vault.open(grant, vault.scan(grant))
        sizes.append(len(msgspec.msgpack.encode(msgspec.structs.replace(answer, entry=1))))
    assert max(sizes) - min(sizes) <= 4
