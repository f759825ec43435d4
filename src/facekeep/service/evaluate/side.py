"""One side of an evaluation: the whole protocol answered by one matcher, and the rates made of it."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np

from facekeep.service.evaluate.matching import Matcher
from facekeep.service.evaluate.metrics import (
    Interval,
    Scores,
    Threshold,
    over_people,
    passing,
    threshold_at,
    trade_off,
    wilson,
)
from facekeep.service.evaluate.outcomes import LeftOut, Pairs, TrialOutcome, leave_one_out, open_set, pairs
from facekeep.service.evaluate.protocol import Labels, Sample, make_trial

FMR_LEVELS = {"1e-2": 1e-2, "1e-3": 1e-3, "1e-4": 1e-4}
FPIR_LEVELS = {"0.01": 0.01, "0.1": 0.1}


class Side(msgspec.Struct, frozen=True):
    """Rates of one side. Means over the trials where there are trials; `gallery` is templates searched in a trial.

    `intervals` are 95 %, by drawing people again; `deviations` are standard deviations over the trials; `thresholds`
    are the scores at which the rates were read; above `pairs_complete_above` no 1:1 score is missing.
    """

    rank1: float
    rank1_leave_one_out: float
    tar_at_fmr: dict[str, float]
    fnir_at_fpir: dict[str, float]
    gallery: int
    mated_probes: int
    non_mated_probes: int
    intervals: dict[str, tuple[float, float]]
    deviations: dict[str, float]
    thresholds: dict[str, float]
    pairs_complete_above: float


@dataclass(frozen=True, slots=True)
class Curves:
    """What a plot needs: false alarm rates and miss rates of 1:N and of 1:1, each float64, from strict to lax."""

    fpir: Scores
    fnir: Scores
    fmr: Scores
    fnmr: Scores


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Everything a matcher answered."""

    trials: list[TrialOutcome]
    left_out: LeftOut
    pairs: Pairs


def ask(matcher: Matcher, sample: Sample, *, seed: int, trials: int, step: Callable[[int, int], None]) -> Outcomes:
    """Run the protocol against `matcher`; `step` hears (done, of) after each experiment."""
    answered = []
    for number in range(trials):
        answered.append(open_set(matcher, sample, make_trial(sample.labels, seed=seed, number=number)))
        step(number + 1, trials + 2)
    left_out = leave_one_out(matcher, sample)
    step(trials + 1, trials + 2)
    compared = pairs(matcher, sample)
    step(trials + 2, trials + 2)
    return Outcomes(answered, left_out, compared)


def rates(outcomes: Outcomes, *, seed: int) -> Side:
    """The rates of one side."""
    trials, left_out, compared = outcomes.trials, outcomes.left_out, outcomes.pairs
    people = np.concatenate([trial.people for trial in trials])
    found = {"rank1": _Rate([np.isfinite(trial.mated).astype(np.float64) for trial in trials], people)}
    found["rank1_leave_one_out"] = _Rate([left_out.first], left_out.people)
    for name, level in FPIR_LEVELS.items():
        misses = [1.0 - passing(trial.mated, _trial_threshold(trial, level)) for trial in trials]
        found[f"fnir_at_fpir {name}"] = _Rate(misses, people)
    for name, level in FMR_LEVELS.items():
        passed = passing(compared.genuine, _pair_threshold(compared, level))
        found[f"tar_at_fmr {name}"] = _Rate([passed], compared.people)
    return Side(
        rank1=found["rank1"].mean,
        rank1_leave_one_out=found["rank1_leave_one_out"].mean,
        tar_at_fmr={name: found[f"tar_at_fmr {name}"].mean for name in FMR_LEVELS},
        fnir_at_fpir={name: found[f"fnir_at_fpir {name}"].mean for name in FPIR_LEVELS},
        gallery=round(float(np.mean([trial.gallery for trial in trials]))),
        mated_probes=len(trials[0].mated),
        non_mated_probes=len(trials[0].non_mated),
        intervals={name: as_pair(over_people(rate.outcomes, rate.people, seed=seed)) for name, rate in found.items()},
        deviations={name: rate.deviation for name, rate in found.items() if len(rate.parts) > 1},
        thresholds=_thresholds(trials, compared),
        pairs_complete_above=max(-1.0, compared.complete_above),
    )


@dataclass(frozen=True, slots=True)
class _Rate:
    """A rate as the mean of outcomes in [0, 1], one part a trial; `people` says whose each outcome is."""

    parts: list[Scores]
    people: Labels

    @property
    def outcomes(self) -> Scores:
        return np.concatenate(self.parts)

    @property
    def mean(self) -> float:
        return float(np.mean([part.mean() for part in self.parts]))

    @property
    def deviation(self) -> float:
        return float(np.std([part.mean() for part in self.parts], ddof=1))


def curves(outcomes: Outcomes) -> Curves:
    """The trade-off curves of one side; the trials are pooled."""
    mated = np.concatenate([trial.mated for trial in outcomes.trials])
    strangers = np.concatenate([trial.non_mated for trial in outcomes.trials])
    compared = outcomes.pairs
    shown = compared.impostors[compared.impostors > compared.complete_above]
    fpir, fnir = trade_off(mated, strangers, of=len(mated), comparisons=len(strangers))
    fmr, fnmr = trade_off(compared.genuine, shown, of=len(compared.genuine), comparisons=compared.comparisons)
    return Curves(fpir, fnir, fmr, fnmr)


def _trial_threshold(trial: TrialOutcome, rate: float) -> Threshold:
    return threshold_at(trial.non_mated, comparisons=len(trial.non_mated), rate=rate)


def _pair_threshold(compared: Pairs, rate: float) -> Threshold:
    """The 1:1 threshold; never below what the lists show completely, which can only make the rate look worse."""
    threshold = threshold_at(compared.impostors, comparisons=compared.comparisons, rate=rate)
    if threshold.score < compared.complete_above:
        return Threshold(compared.complete_above, 0.0)
    return threshold


def _thresholds(trials: list[TrialOutcome], compared: Pairs) -> dict[str, float]:
    found = {f"tar_at_fmr {name}": _pair_threshold(compared, level).score for name, level in FMR_LEVELS.items()}
    for name, level in FPIR_LEVELS.items():
        found[f"fnir_at_fpir {name}"] = float(np.mean([_trial_threshold(trial, level).score for trial in trials]))
    return {name: max(-1.0, score) for name, score in found.items()}


def as_pair(interval: Interval) -> tuple[float, float]:
    """(low, high), rounded to what an interval can tell."""
    return round(interval.low, 5), round(interval.high, 5)


def detection(usable: int, photos: int) -> tuple[float, tuple[float, float]]:
    """Share of photos with a face, and its 95 % interval (Wilson)."""
    return usable / photos, as_pair(wilson(usable, photos))
