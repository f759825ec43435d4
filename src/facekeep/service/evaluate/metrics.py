"""Rates of the evaluation from scores, tie-safe; no photo, no keep, no randomness of its own.

One rule sets every threshold, sealed or plain, exact scores or rounded ones: `floor(rate * comparisons)` whole false
alarms are allowed, never a fraction more, and the threshold lies just above the first one that is not. Where rounded
scores tie at the threshold, the tied ones count in the share in which the allowed alarms fit into the tie, which is
what breaking ties at random gives on average; without ties this is the ordinary conservative step.
"""

from dataclasses import dataclass
from math import floor, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
_Z95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Scores above `score` pass; of those equal to it, a share of `tied` in [0, 1) does."""

    score: float
    tied: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


def threshold_at(impostors: Scores, *, comparisons: int, rate: float) -> Threshold:
    """Return the threshold that lets at most `rate` of `comparisons` impostor scores pass.

    `impostors` float64 (m,) holds at least the highest `rate * comparisons` + 1 of them; the rest may be missing. Where
    even all of those given may pass, the threshold is -inf.
    """
    allowed = floor(rate * comparisons + 1e-9)
    if allowed >= len(impostors):
        return Threshold(-np.inf, 0.0)
    score = float(-np.partition(-impostors, allowed)[allowed])
    above, level = int((impostors > score).sum()), int((impostors == score).sum())
    return Threshold(score, (allowed - above) / level)


def passing(genuine: Scores, threshold: Threshold) -> Scores:
    """How far each of `genuine` passes: 1, 0, or the tied share. float64, same shape; -inf never passes."""
    passed = np.where(genuine > threshold.score, 1.0, np.where(genuine == threshold.score, threshold.tied, 0.0))
    return np.where(np.isneginf(genuine), 0.0, passed)


def wilson(successes: float, of: int) -> Interval:
    """Wilson's 95 % interval of a share. Source: Wilson, J. Am. Stat. Assoc. 22 (1927) 209."""
    share, weight = successes / of, _Z95**2 / of
    middle = (share + weight / 2) / (1 + weight)
    half = _Z95 * sqrt(share * (1 - share) / of + weight / (4 * of)) / (1 + weight)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def over_people(outcomes: Scores, people: NDArray[np.int64], *, seed: int, samples: int = 2_000) -> Interval:
    """95 % percentile interval of the mean of `outcomes` (n,) when whole persons are drawn again with replacement.

    Photos of one person stand or fall together, so an interval over photos would be too narrow.
    """
    _, person = np.unique(people, return_inverse=True)
    sums, counts = np.bincount(person, outcomes), np.bincount(person)
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=samples)
    low, high = np.quantile(draws @ sums / (draws @ counts), [0.025, 0.975])
    return Interval(float(low), float(high))


def trade_off(genuine: Scores, impostors: Scores, *, of: int, comparisons: int) -> tuple[Scores, Scores]:
    """Return (false alarm rates, miss rates), one for each distinct score of an impostor from the highest down."""
    levels, counts = np.unique(impostors[np.isfinite(impostors)], return_counts=True)
    alarms = np.cumsum(counts[::-1]) / comparisons
    ranked = np.sort(genuine)
    passed = len(ranked) - np.searchsorted(ranked, levels[::-1], side="left")
    return alarms, 1.0 - passed / of
