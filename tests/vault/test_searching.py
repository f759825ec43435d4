"""Grant, scan, open: what a search releases, through a real vault process."""

from collections.abc import Iterator

import numpy as np
import pytest
from vault_driver import EVALUATION, VaultDriver, code_of, near, running_vault, unit

from facekeep.vault import wire


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultDriver]:
    with running_vault(tmp_path_factory.mktemp("vault")) as driver:
        yield driver


@pytest.fixture(scope="module")
def gallery(vault: VaultDriver) -> str:
    collection = vault.collection("searching", EVALUATION)
    people = {f"person {i}": [unit(f"a{i}"), near(unit(f"a{i}"), f"b{i}", 0.8)] for i in range(40)}
    vault.enroll(collection, dict(list(people.items())[:25]))
    vault.enroll(collection, dict(list(people.items())[25:]))
    return collection


def test_the_mate_comes_first_with_its_cosine(vault: VaultDriver, gallery: str) -> None:
    probe = near(unit("a7"), "probe", 0.7)
    found = vault.search(gallery, probe).candidates
    assert abs(found[0].score - 0.7) <= 0.03
    assert len({one.place.person_id for one in found}) == len(found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_every_released_score_is_rounded_to_the_step(vault: VaultDriver, gallery: str) -> None:
    scores = [one.score for one in vault.search(gallery, unit("stranger"), top_k=40).candidates]
    assert len(scores) == 40
    np.testing.assert_allclose(np.asarray(scores) * 100, np.round(np.asarray(scores) * 100), atol=1e-6)


def test_asking_again_gains_nothing(vault: VaultDriver, gallery: str) -> None:
    probe = near(unit("a3"), "again", 0.6)
    assert vault.search(gallery, probe, top_k=40) == vault.search(gallery, probe, top_k=40)


def test_several_probes_share_a_grant(vault: VaultDriver, gallery: str) -> None:
    probes = np.stack([unit("a1"), unit("a2"), unit("a39")])
    grant = vault.grant([gallery], probes)
    lists = vault.open(grant, vault.scan(grant)).lists
    assert all(one.candidates[0].score > 0.98 for one in lists)
    assert len({one.candidates[0].place.person_id for one in lists}) == 3


def test_an_enrolled_face_can_be_the_probe_and_is_left_out(vault: VaultDriver, gallery: str) -> None:
    place = vault.search(gallery, unit("a9")).candidates[0].place
    grant = vault.grant(
        [gallery], np.zeros(0, np.float32), face_id=place.face_id, probe_cell=vault.cells[place.template_cell]
    )
    found = vault.open(grant, vault.scan(grant)).lists[0].candidates
    assert found[0].place.person_id == place.person_id
    assert found[0].place.face_id != place.face_id
    assert abs(found[0].score - 0.8) <= 0.03


def test_a_search_can_be_narrowed_to_one_person(vault: VaultDriver, gallery: str) -> None:
    person = vault.search(gallery, unit("a5")).candidates[0].place.person_id
    found = vault.search(gallery, unit("a30"), only=person).candidates
    assert [one.place.person_id for one in found] == [person]
    assert found[0].score < 0.5


def test_the_floor_follows_from_the_policy_and_can_only_be_raised(vault: VaultDriver, gallery: str) -> None:
    assert vault.search(gallery, unit("nobody"), score_floor=0.6).candidates == ()
    strict = vault.collection("strict floor")
    vault.enroll(strict, {"one": [unit("a1")]})
    grant = vault.grant([strict], unit("a1").reshape(1, -1), score_floor=-1.0)
    assert vault.open(grant, vault.scan(grant)).floor > 0


def test_two_collections_are_searched_together(vault: VaultDriver, gallery: str) -> None:
    other = vault.collection("other", EVALUATION)
    vault.enroll(other, {"elsewhere": [unit("z1")]})
    grant = vault.grant([gallery, other], np.stack([unit("z1"), unit("a8")]))
    lists = vault.open(grant, vault.scan(grant)).lists
    assert lists[0].candidates[0].place.collection_id == other
    assert lists[1].candidates[0].place.collection_id == gallery


def test_the_whole_matrix_agrees_with_the_plain_product(vault: VaultDriver) -> None:
    collection = vault.collection("matrix", EVALUATION)
    faces = np.stack([unit(f"m{i}") for i in range(60)])
    places = vault.enroll(collection, {f"m{i}": [faces[i]] for i in range(60)})
    probes = np.stack([unit(f"p{i}") for i in range(8)])
    grant = vault.grant([collection], probes, top_k=100)
    row = {place.face_id: i for i, place in enumerate(places)}
    for probe, found in zip(probes, vault.open(grant, vault.scan(grant)).lists, strict=True):
        assert len(found.candidates) == 60
        got = np.zeros(60)
        for one in found.candidates:
            got[row[one.place.face_id]] = one.score
        # sealing 0.00244, noise 0.003, rounding 0.0029: together under 0.005, so 0.03 is six of them
        np.testing.assert_allclose(got, faces @ probe, atol=0.03)


def test_compare_gives_a_rounded_cosine(vault: VaultDriver) -> None:
    first, second = unit("x"), near(unit("x"), "y", 0.456)
    message = wire.Compare(
        session=vault.session,
        contract=wire.Contract("test-contract", "d" * 64, "e" * 64, "five-points-112", 128),
        first=first.tobytes(),
        second=second.tobytes(),
    )
    assert vault.server.call(message, wire.Compared).score == pytest.approx(0.46)


@pytest.mark.parametrize(
    ("probes", "expected"),
    [
        (np.zeros(128, np.float32), "invalid_request"),
        (unit("a") * 2, "invalid_request"),
        (np.full(128, np.nan, np.float32), "invalid_request"),
        (unit("a", 127), "invalid_request"),
        (np.zeros(0, np.float32), "invalid_request"),
        (np.stack([unit("a")] * 65), "invalid_request"),
    ],
)
def test_a_probe_that_is_no_template_is_refused(
    vault: VaultDriver, gallery: str, probes: np.ndarray, expected: str
) -> None:
    assert code_of(vault.grant, [gallery], probes) == expected


def test_an_empty_collection_has_no_candidates(vault: VaultDriver) -> None:
    assert vault.search(vault.collection("empty"), unit("a")).candidates == ()


def test_a_grant_is_used_once(vault: VaultDriver, gallery: str) -> None:
    grant = vault.grant([gallery], unit("a").reshape(1, -1))
    sums = vault.scan(grant)
    vault.open(grant, sums)
    assert code_of(vault.open, grant, sums) == "not_found"


def test_more_candidates_than_the_policy_allows_are_refused(vault: VaultDriver) -> None:
    collection = vault.collection("short list")
    assert code_of(vault.search, collection, unit("a"), top_k=11) == "invalid_request"


def test_another_model_is_not_searched_together(vault: VaultDriver, gallery: str) -> None:
    small = vault.collection("small", EVALUATION, dimension=64)
    assert code_of(vault.grant, [gallery, small], unit("a").reshape(1, -1)) == "model_mismatch"


def test_two_answers_of_different_length_have_one_size(vault: VaultDriver, gallery: str) -> None:
    import msgspec

    sizes = set()
    for name, floor in (("a4", -1.0), ("nobody at all", 0.99)):
        grant = vault.grant([gallery], unit(name).reshape(1, -1), score_floor=floor)
        answer = vault.open(grant, vault.scan(grant))
        sizes.add(len(msgspec.msgpack.encode(msgspec.structs.replace(answer, entry=1, floor=0.5))))
    assert max(sizes) - min(sizes) <= 8
