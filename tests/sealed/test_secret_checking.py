import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_cases import AIM, Case, probes_of, sealed_case, seed, unit_templates

from facekeep.errors import BadInput, Code, Tampered
from facekeep.sealed.ring import PublicPolynomials
from facekeep.sealed.scan import scan_blocks
from facekeep.sealed.secret import SecretStack, block_tags, check_vector, open_sums, verify_sums


@pytest.fixture(scope="module")
def case() -> Case:
    return sealed_case(24, (3, 40, 1))


@pytest.fixture(scope="module")
def probes(case: Case) -> np.ndarray:
    return probes_of(case.all_templates[:2])


@pytest.fixture(scope="module")
def sums(case: Case, probes: np.ndarray) -> np.ndarray:
    return scan_blocks(case.columns, probes)


def refused(case: Case, probes: np.ndarray, sums: np.ndarray) -> bool:
    try:
        verify_sums(sums, probes, case.public, case.stack, case.check)
    except Tampered as error:
        return str(error) == f"the search tier's answer does not verify; nothing was opened [{Code.SUMS_REFUSED}]"
    return False


@given(st.integers(1, 64), st.integers(1, 300), st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_tags_are_what_the_definition_says(dimension: int, slots: int, number: int) -> None:
    columns = np.random.default_rng(number).integers(-(2**15), 2**15, (dimension, slots)).astype(np.int16)
    v = check_vector(seed("v"))
    exact = [sum(int(a) * int(b) for a, b in zip(v, row, strict=False)) % 2**64 for row in columns[:3]]
    assert block_tags(columns, v)[:3].tolist() == exact


def test_honest_sums_are_accepted(case: Case, probes: np.ndarray, sums: np.ndarray) -> None:
    assert not refused(case, probes, sums)
    assert not refused(case, probes[1:], np.asfortranarray(sums)[1:])


def test_every_altered_bit_of_every_sum_is_refused(case: Case, probes: np.ndarray, sums: np.ndarray) -> None:
    for place in np.ndindex(sums.shape):
        for bit in range(32):
            altered = sums.copy()
            altered.view(np.uint32)[place] ^= np.uint32(1 << bit)
            assert refused(case, probes, altered)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_forged_sums_are_refused(case: Case, probes: np.ndarray, sums: np.ndarray, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, sums.shape[1] - 1), min_size=1, max_size=5, unique=True))
    altered = sums.copy()
    for place in places:
        altered[0, place] += data.draw(st.integers(1, 2**24).map(lambda n: n * (-1) ** n))
    assert refused(case, probes, altered)


def test_answers_to_other_questions_are_refused(case: Case, probes: np.ndarray, sums: np.ndarray) -> None:
    other = sealed_case(24, (3, 40, 1), 9)
    old_block = [other.columns[0], *case.columns[1:]]
    swapped = [case.columns[0][:, ::-1].copy(), *case.columns[1:]]
    assert refused(case, probes, scan_blocks(case.columns, probes[::-1].copy()))
    assert refused(case, probes, scan_blocks(old_block, probes))
    assert refused(case, probes, scan_blocks(swapped, probes))
    assert refused(case, probes, np.zeros_like(sums))
    assert refused(case, probes, -sums)


def test_another_check_vector_refuses(case: Case, probes: np.ndarray, sums: np.ndarray) -> None:
    with pytest.raises(Tampered):
        verify_sums(sums, probes, case.public, case.stack, check_vector(seed("another")))


def test_many_blocks_are_verified_on_several_threads() -> None:
    case = sealed_case(8, (2,) * 300)
    probes = probes_of(unit_templates(4, 8))
    sums = scan_blocks(case.columns, probes)
    verify_sums(sums, probes, case.public, case.stack, case.check, threads=3)
    for place in (0, 299, 599):
        altered = sums.copy()
        altered[3, place] += 1
        with pytest.raises(Tampered):
            verify_sums(altered, probes, case.public, case.stack, case.check, threads=3)


def test_sums_of_another_shape_are_refused(case: Case, probes: np.ndarray, sums: np.ndarray) -> None:
    for wrong in (sums[:, :-1], sums[:1], sums.astype(np.int64), sums.view(np.uint32)):
        with pytest.raises(BadInput):
            verify_sums(wrong, probes, case.public, case.stack, case.check)
    with pytest.raises(BadInput):
        verify_sums(sums, probes[:, :-1].copy(), case.public, case.stack, case.check)


def test_polynomials_of_another_dimension_are_refused(case: Case, probes: np.ndarray, sums: np.ndarray) -> None:
    with pytest.raises(BadInput):
        verify_sums(sums, probes, PublicPolynomials.expand(seed("p"), "col", 25), case.stack, case.check)


def test_unverified_sums_cannot_be_opened(case: Case, sums: np.ndarray) -> None:
    with pytest.raises(AttributeError):
        open_sums(sums, AIM)  # type: ignore[arg-type]


def test_a_stack_takes_only_blocks_that_fit(case: Case) -> None:
    from facekeep.sealed.secret import BlockSecret

    secret, tags = BlockSecret.from_seed(seed("s")), np.zeros(24, np.uint64)
    for kept in ((secret, tags[:-1], 1), (secret, tags, 0), (secret, tags, 2049)):
        with pytest.raises(BadInput):
            SecretStack.of([kept], 24)
    assert "spectrum" not in repr(secret)
    assert repr(case.stack) == "SecretStack(3 blocks)"


def test_an_empty_collection_verifies() -> None:
    public = PublicPolynomials.expand(seed("p"), "col", 8)
    probes, none = np.zeros((2, 8), np.int32), np.zeros((2, 0), np.int32)
    assert len(verify_sums(none, probes, public, SecretStack.of([], 8), check_vector(seed("v"))).rows) == 2
