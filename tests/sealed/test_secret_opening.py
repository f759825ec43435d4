from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_cases import AIM, NOISE, all_scores, as_if_verified, probes_of, sealed_case, seed, unit_templates

from facekeep.errors import Tampered
from facekeep.sealed.params import RLWE_2048_32
from facekeep.sealed.ring import PublicPolynomials, polynomial, spectrum
from facekeep.sealed.scan import scan_blocks
from facekeep.sealed.secret import Aim, SecretStack, contenders, open_sums, verify_sums
from facekeep.sealed.secret.sampling import ternary


@given(
    st.integers(8, 512),
    st.lists(st.integers(1, 120), min_size=1, max_size=3),
    st.integers(1, 3),
    st.integers(0, 2**20),
    st.floats(-2, 2),
)
@settings(max_examples=30, deadline=None)
def test_opened_scores_are_plaintext_products_within_the_stated_noise(
    dimension: int, sizes: list[int], count: int, number: int, mean: float
) -> None:
    case = sealed_case(dimension, tuple(sizes), number, mean=mean)
    asked = np.concatenate([case.all_templates[:1], unit_templates(count, dimension, number + 77)])
    probes = probes_of(asked)
    sums = scan_blocks(case.columns, probes)
    verify_sums(sums, probes, case.public, case.stack, case.check)
    scores = all_scores(sums, probes, case.public, case.stack)
    plain = asked.astype(np.float64) @ case.all_templates.T.astype(np.float64)
    assert scores.dtype == np.float32
    assert np.abs(scores - plain).max() < 6.5 * NOISE


@pytest.mark.parametrize("dimension", [128, 512])
def test_the_noise_of_full_blocks_has_the_stated_deviation(dimension: int) -> None:
    case = sealed_case(dimension, (2048, 2048))
    probes = probes_of(case.all_templates[:8])
    scores = all_scores(scan_blocks(case.columns, probes), probes, case.public, case.stack)
    noise = scores - case.all_templates[:8] @ case.all_templates.T
    assert abs(noise.std() / NOISE - 1) < 0.03
    assert abs(noise.mean()) < 1e-4
    assert np.abs(noise).max() < 6.5 * NOISE


@pytest.mark.parametrize("dimension", [128, 512])
@pytest.mark.parametrize("mean", [-3.0, -0.5, 0.5])
def test_a_duplicate_with_a_strongly_negative_coordinate_sum_scores_above_98(dimension: int, mean: float) -> None:
    case = sealed_case(dimension, (64,), mean=mean)
    probes = probes_of(case.all_templates)
    scores = all_scores(scan_blocks(case.columns, probes), probes, case.public, case.stack)
    assert np.sign(probes.sum(axis=1)).tolist() == [np.sign(mean)] * 64
    assert np.diag(scores).min() > 0.98
    assert np.abs(np.diag(scores) - 1).max() < 6.5 * NOISE


def test_an_opposite_scores_minus_one() -> None:
    case = sealed_case(64, (16,))
    probes = probes_of(-case.all_templates)
    scores = all_scores(scan_blocks(case.columns, probes), probes, case.public, case.stack)
    assert np.abs(np.diag(scores) + 1).max() < 6.5 * NOISE


def test_opening_agrees_with_exact_integers() -> None:
    case = sealed_case(32, (2048, 1030, 1))
    probes = probes_of(case.all_templates[:2])
    sums = scan_blocks(case.columns, probes)
    scores = all_scores(sums, probes, case.public, case.stack)
    for q, probe in enumerate(probes):
        alpha = (probe.astype(np.int64) @ case.public.coefficients.astype(np.int64)).astype(np.uint32).view(np.int32)
        for k, (first, last) in enumerate(zip(case.stack.starts[:-1], case.stack.starts[1:], strict=True)):
            product = polynomial(spectrum(alpha) * spectrum(ternary(seed(f"secret 0 {k}"))))[: last - first]
            raw = ((sums[q, first:last].astype(np.int64) << 16) - product).astype(np.int32)
            assert np.abs(scores[q, first:last] - raw / RLWE_2048_32.score_unit).max() < 1e-4


def test_threads_change_nothing() -> None:
    case = sealed_case(8, (3,) * 200)
    probes = probes_of(unit_templates(3, 8))
    sums = scan_blocks(case.columns, probes)
    expected = all_scores(sums, probes, case.public, case.stack, threads=1)
    assert np.array_equal(all_scores(sums, probes, case.public, case.stack, threads=3), expected)


def test_sums_as_they_arrive_are_verified_and_opened() -> None:
    case = sealed_case(16, (5, 6))
    probes = probes_of(unit_templates(1, 16))
    arrived = np.frombuffer(scan_blocks(case.columns, probes).tobytes(), "<i4").reshape(1, 11)
    verify_sums(arrived, probes, case.public, case.stack, case.check)
    scores = all_scores(arrived, probes, case.public, case.stack)
    assert np.abs(scores - probes @ case.all_templates.T / 180).max() < 0.02


def test_slices_of_a_larger_answer_are_opened() -> None:
    first, second = sealed_case(16, (5, 6)), sealed_case(16, (7,), 3)
    probes = probes_of(unit_templates(2, 16))
    sums = scan_blocks([*first.columns, *second.columns], probes)
    for case, part in ((first, sums[:, :11]), (second, sums[:, 11:])):
        verify_sums(part, probes, case.public, case.stack, case.check)
        scores = all_scores(part, probes, case.public, case.stack)
        assert np.abs(scores - probes @ case.all_templates.T / 180).max() < 0.02


def test_scores_that_no_honest_sums_give_are_refused() -> None:
    case = sealed_case(16, (500,))
    probes = probes_of(case.all_templates[:1])
    sums = scan_blocks(case.columns, probes)
    lifted = sums.copy()
    lifted[0, 0] += int(0.05 * RLWE_2048_32.score_unit) >> 16
    assert all_scores(sums, probes, case.public, case.stack)[0, 0] < 1.03
    with pytest.raises(Tampered):
        all_scores(lifted, probes, case.public, case.stack)


def test_a_destroyed_secret_opens_nothing() -> None:
    case, other = sealed_case(64, (2048,)), sealed_case(64, (2048,), 5)
    probes = probes_of(case.all_templates[:1])
    sums = scan_blocks(case.columns, probes)
    wrong = SecretStack(other.stack.spectra, case.stack.tags, case.stack.starts)
    with pytest.raises(Tampered):  # uniform numbers: about one in thirteen is beyond 1.03
        all_scores(sums, probes, case.public, wrong)


def test_an_empty_collection_opens_to_nothing() -> None:
    public = PublicPolynomials.expand(seed("public"), "col", 8)
    scores = all_scores(np.zeros((2, 0), np.int32), np.zeros((2, 8), np.int32), public, SecretStack.of([], 8))
    assert scores.shape == (2, 0)


@pytest.mark.parametrize("floor", [-2.0, 0.1, 2.0])
@pytest.mark.parametrize("k", [1, 3, 500])
def test_peaks_and_slots_above_a_cut_agree_with_all_scores_whatever_was_aimed_at(floor: float, k: int) -> None:
    case = sealed_case(16, (5, 2048, 1, 700, 6))
    probes = probes_of(unit_templates(2, 16))
    sums = scan_blocks(case.columns, probes)
    starts = case.stack.starts
    for opening, scores in zip(
        open_sums(as_if_verified(sums, probes, case.public, case.stack), Aim(floor, k, 0.018)),
        all_scores(sums, probes, case.public, case.stack),
        strict=True,
    ):
        assert opening.total == len(scores)
        assert opening.peaks.tolist() == [scores[a:b].max() for a, b in pairwise(starts)]
        for cut in (-2.0, 0.0, float(scores[2053]), float(np.sort(scores)[-3]), 2.0):
            slots, raw = opening.above(cut)
            assert slots.tolist() == np.flatnonzero(scores.astype(np.float64) >= cut).tolist()
            assert np.array_equal(raw, scores[slots])
        slots = np.array([0, 4, 5, 2052, 2053, 2753, 2759])
        assert np.array_equal(opening.scores_at(slots), scores[slots])
        assert opening.scores_at(slots[:0]).size == 0
        assert str(scores[0]) not in repr(opening)


def test_wiping_an_opening_leaves_no_raw_score() -> None:
    case = sealed_case(16, (5,))
    probes = probes_of(case.all_templates[:1])
    (opening,) = open_sums(as_if_verified(scan_blocks(case.columns, probes), probes, case.public, case.stack), AIM)
    assert opening.peaks.any()
    opening.wipe()
    assert not opening.peaks.any()


def test_what_was_verified_says_nothing_of_itself() -> None:
    case = sealed_case(16, (5,))
    probes = probes_of(case.all_templates[:1])
    verified = verify_sums(scan_blocks(case.columns, probes), probes, case.public, case.stack, case.check)
    assert repr(verified) == "VerifiedSums(1 probes, 5 slots)"


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=40),
    st.integers(1, 30),
    st.floats(-1, 1),
    st.integers(0, 2**20),
    st.integers(1, 3),
)
@settings(max_examples=25, deadline=None)
def test_contenders_of_a_shortlist_are_those_of_all_scores(
    sizes: list[int], k: int, floor: float, number: int, threads: int
) -> None:
    case = sealed_case(8, tuple(sizes), number)
    probes = probes_of(unit_templates(2, 8, number + 1))
    sums, aim = scan_blocks(case.columns, probes), Aim(floor, k, 0.018)
    scores = all_scores(sums, probes, case.public, case.stack)
    for opening, row in zip(
        open_sums(as_if_verified(sums, probes, case.public, case.stack), aim, threads=threads), scores, strict=True
    ):
        cut = floor - 0.018
        if row.size >= k:
            cut = max(cut, float(np.sort(row)[-k]) - 0.036)
        expected = [slot for slot in np.argsort(-row, kind="stable") if float(row[slot]) >= cut]
        assert contenders(opening, aim)[0].tolist() == expected
