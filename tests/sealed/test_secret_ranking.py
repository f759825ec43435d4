from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facekeep.sealed.secret import Aim, contenders


@dataclass
class Opened:
    """Scores that are there already."""

    all_scores: NDArray[np.float32]

    @property
    def peaks(self) -> NDArray[np.float32]:
        parts = [self.all_scores[start : start + 700] for start in range(0, self.all_scores.size, 700)]
        return np.array([part.max() for part in parts], np.float32)

    def above(self, cut: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        slots = np.flatnonzero(self.all_scores.astype(np.float64) >= cut)
        return slots, self.all_scores[slots]


def found(scores: NDArray[np.float32], floor: float, k: int, margin: float) -> NDArray[np.int64]:
    slots, raw = contenders(Opened(scores), Aim(floor, k, margin))
    assert np.array_equal(raw, scores[slots])
    return slots


def contenders_slowly(scores: np.ndarray, floor: float, k: int, margin: float) -> list[int]:
    cut = floor - margin
    if len(scores) >= k:
        cut = max(cut, float(np.sort(scores)[::-1][k - 1]) - 2 * margin)
    slots = [slot for slot in range(len(scores)) if float(scores[slot]) >= cut]
    return sorted(slots, key=lambda slot: (-scores[slot], slot))


@given(
    st.integers(0, 20_000), st.integers(1, 120), st.floats(-1, 1), st.sampled_from([0.0, 0.018, 0.5]), st.integers(0, 9)
)
@settings(max_examples=80, deadline=None)
def test_contenders_are_what_the_definition_says(total: int, k: int, floor: float, margin: float, number: int) -> None:
    scores = np.random.default_rng(number).normal(0, 0.2, total).clip(-1, 1).astype(np.float32)
    if number % 3 == 0:
        scores = scores.round(1)  # many ties
    assert found(scores, floor, k, margin).tolist() == contenders_slowly(scores, floor, k, margin)


@given(st.integers(1, 400), st.integers(1, 12), st.floats(-0.5, 0.5), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_bounded_noise_on_contenders_gives_the_list_of_noise_on_all(
    total: int, k: int, floor: float, number: int
) -> None:
    random, margin = np.random.default_rng(number), 0.018
    scores = random.normal(0, 0.1, total).astype(np.float32)
    noisy = scores.astype(np.float64) + random.uniform(-margin, margin, total)
    everything = [slot for slot in np.argsort(-noisy, kind="stable") if noisy[slot] >= floor][:k]
    slots = found(scores, floor, k, margin)
    shortlist = [slot for slot in slots[np.argsort(-noisy[slots], kind="stable")] if noisy[slot] >= floor][:k]
    assert shortlist == everything


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_equal_scores_all_contend_in_slot_order(value: float) -> None:
    assert found(np.full(3000, value, np.float32), -1.0, 10, 0.018).tolist() == list(range(3000))
