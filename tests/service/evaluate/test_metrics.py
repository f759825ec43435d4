"""Rates on scores whose answers are known beforehand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.service.evaluate.metrics import Threshold, over_people, passing, threshold_at, trade_off, wilson

IMPOSTORS = np.array([0.9, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, -0.1, -0.2, -0.3])


def test_one_alarm_in_ten_is_the_highest_impostor() -> None:
    threshold = threshold_at(IMPOSTORS, comparisons=10, rate=0.1)
    assert threshold == Threshold(0.5, 0.0)
    assert passing(np.array([0.95, 0.51, 0.5, 0.4]), threshold).tolist() == [1, 1, 0, 0]


def test_a_fraction_of_an_alarm_is_not_allowed() -> None:
    assert threshold_at(IMPOSTORS, comparisons=10, rate=0.09) == Threshold(0.9, 0.0)


def test_only_the_upper_tail_is_needed() -> None:
    whole = threshold_at(IMPOSTORS, comparisons=10, rate=0.2)
    assert threshold_at(IMPOSTORS[:4], comparisons=10, rate=0.2) == whole


def test_where_every_impostor_may_pass_all_that_was_found_passes_and_what_was_not_found_never() -> None:
    threshold = threshold_at(IMPOSTORS, comparisons=10, rate=1.0)
    assert passing(np.array([-1.0, -np.inf]), threshold).tolist() == [1, 0]


def test_tied_scores_pass_in_the_share_in_which_the_alarms_fit() -> None:
    tied = np.array([0.9, 0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    threshold = threshold_at(tied, comparisons=10, rate=0.2)
    assert threshold == Threshold(0.5, 0.25)
    assert passing(np.array([0.6, 0.5, 0.4]), threshold).tolist() == [1, 0.25, 0]


@given(st.lists(st.integers(-20, 20), min_size=5, max_size=60), st.floats(0.01, 0.5))
def test_the_false_alarm_rate_is_never_above_what_was_asked(levels: list[int], rate: float) -> None:
    impostors = np.array(levels) / 20
    threshold = threshold_at(impostors, comparisons=len(impostors), rate=rate)
    assert passing(impostors, threshold).mean() <= rate + 1e-12


def test_rounding_scores_changes_rates_only_as_far_as_chance() -> None:
    rng = np.random.default_rng(7)
    impostors, genuine = rng.normal(0, 0.1, 20_000), rng.normal(0.35, 0.1, 20_000)
    exact, rounded = (
        passing(scores(genuine), threshold_at(scores(impostors), comparisons=20_000, rate=0.01)).mean()
        for scores in (lambda x: x, lambda x: np.round(x, 2))
    )
    assert rounded == pytest.approx(exact, abs=2e-3)


def test_wilsons_interval_of_the_textbook() -> None:
    interval = wilson(81, 263)
    assert (interval.low, interval.high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))


def test_an_interval_over_people_is_wider_than_one_that_takes_photos_as_independent() -> None:
    people = np.repeat(np.arange(50), 20)
    outcomes = np.repeat((np.arange(50) % 5 > 0).astype(float), 20)
    interval, photos = over_people(outcomes, people, seed=3), wilson(800, 1_000)
    assert interval.low < 0.8 < interval.high
    assert interval.high - interval.low > 2 * (photos.high - photos.low)
    assert interval == over_people(outcomes, people, seed=3)


def test_a_perfect_matcher_misses_nobody_above_the_strangers() -> None:
    alarms, misses = trade_off(np.array([0.9, 0.8, -np.inf]), np.array([0.1, 0.2]), of=3, comparisons=4)
    assert alarms.tolist() == [0.25, 0.5]
    assert misses.tolist() == pytest.approx([1 / 3, 1 / 3])
