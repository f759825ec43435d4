"""The algebra succeeds against flawed sealing and scores, whatever the flaw's numbers are, and not against noise."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facekeep.sealed.params import RLWE_2048_32
from facekeep.service.drill import recovering

SEEDS = st.integers(0, 2**32)


def _templates(draw: np.random.Generator, count: int) -> np.ndarray:
    found = draw.normal(size=(count, 16))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@given(SEEDS)
@settings(deadline=None, max_examples=30)
def test_one_mask_for_all_slots_gives_every_template_away(seed: int) -> None:
    draw = np.random.default_rng(seed)
    templates, mask = _templates(draw, 40), draw.integers(-20_000, 20_000, (16, 1))
    columns = (np.rint(1_000 * templates.T) + mask).astype(np.int16)
    told = recovering.told_by_known(columns, templates[:20])
    assert recovering.mean_cosine(told, templates[20:]) > 0.99
    noise = draw.integers(-32_768, 32_768, columns.shape).astype(np.int16)
    assert abs(recovering.mean_cosine(recovering.told_by_known(noise, templates[:20]), templates[20:])) < 0.4


@given(SEEDS)
@settings(deadline=None, max_examples=30)
def test_one_secret_for_two_blocks_gives_their_difference_away(seed: int) -> None:
    draw = np.random.default_rng(seed)
    first, second = _templates(draw, 30), _templates(draw, 30)
    masks = draw.integers(-(2**31), 2**31, (16, 30))
    blocks = [(np.rint(1_000 * one.T).astype(np.int64) + masks).astype(np.int16) for one in (first, second)]
    assert recovering.mean_cosine(recovering.told_by_difference(*blocks), first - second) > 0.99


@given(SEEDS, st.integers(0, 5))
@settings(deadline=None, max_examples=30)
def test_exact_equations_are_all_foretold_and_coins_are_not(seed: int, missing: int) -> None:
    draw = np.random.default_rng(seed)
    rows, unknown = draw.integers(0, 2, (400, 32), np.uint8), draw.integers(0, 2, 32)
    rows[:, :missing] = 0  # unknowns that nothing is said of
    exact = (rows @ unknown % 2).astype(np.uint8)
    assert recovering.share_predicted(rows, exact, held_back=300) == 1.0
    coins = draw.integers(0, 2, 400).astype(np.uint8)
    assert 0.3 < recovering.share_predicted(rows, coins, held_back=300) < 0.7


@given(SEEDS)
@settings(deadline=None, max_examples=30)
def test_an_exact_score_is_an_equation_in_the_mask(seed: int) -> None:
    draw = np.random.default_rng(seed)
    sums, masks = draw.integers(-(2**27), 2**27, 50), draw.integers(0, 2**32, 50)
    raw = ((sums << 16) - masks).astype(np.int32)
    unit = RLWE_2048_32.score_unit
    assert (recovering.mask_bits(sums.astype(np.int32), raw / unit, unit=unit) == masks & 1).all()
