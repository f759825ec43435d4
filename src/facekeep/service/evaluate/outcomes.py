"""What each experiment of the protocol yields when a matcher answers it; rates are made of this in `side`."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekeep.service.evaluate.matching import Lists, Matcher
from facekeep.service.evaluate.metrics import Scores
from facekeep.service.evaluate.protocol import Labels, Sample, Trial, means_without, photos_by_person, rounds

# With the longest candidate list the product allows, over galleries this small, the list of every probe reaches far
# below the threshold of an FMR of 0.01, so that nothing is cut off which the rates need.
DEPTH = 100
_PAIR_GALLERY = 512


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """One open-set trial. `mated` float64 (m,) is a probe's score where the right person came first, else -inf.

    `people` (m,) are the persons of those probes; `non_mated` float64 the best score that each stranger got.
    """

    mated: Scores
    people: Labels
    non_mated: Scores
    gallery: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Leave one out: `first` float64 (n,) is 1 where the right person came first, 0.5 where the score was a tie."""

    first: Scores
    people: Labels


@dataclass(frozen=True, slots=True)
class Pairs:
    """1:1, every ordered pair of photos, one enrolled and one the probe, as far as candidate lists show it.

    `genuine` float64 (g,) is one score a pair of the same person, -inf where no list shows it, and `people` (g,) whose;
    `impostors` the scores shown of different people, out of `comparisons`. Nothing above `complete_above` is missing.
    """

    genuine: Scores
    people: Labels
    impostors: Scores
    comparisons: int
    complete_above: float


def open_set(matcher: Matcher, sample: Sample, trial: Trial) -> TrialOutcome:
    """Search every probe of `trial` in its gallery."""
    enrolled = trial.enrolled[sample.usable[trial.enrolled]]
    probes = np.concatenate([trial.mated, trial.non_mated])
    rows, scores = _first(matcher, sample, enrolled, probes)
    found = _at(sample.labels[enrolled], rows)
    mated = len(trial.mated)
    right = found[:mated] == sample.labels[trial.mated]
    return TrialOutcome(
        np.where(right, scores[:mated], -np.inf), sample.labels[trial.mated], scores[mated:], len(enrolled)
    )


def _first(
    matcher: Matcher, sample: Sample, enrolled: NDArray[np.int64], probes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Scores]:
    rows, scores = np.full(len(probes), -1, dtype=np.int64), np.full(len(probes), -np.inf)
    usable = sample.usable[probes]
    # Two, as a released list would be: a product that answered with the second best would show here as a miss.
    lists = matcher.nearest(sample.templates[enrolled], sample.probes[probes[usable]], 2)
    rows[usable], scores[usable] = lists.rows[:, 0], lists.scores[:, 0]
    return rows, scores


def leave_one_out(matcher: Matcher, sample: Sample) -> LeftOut:
    """Search every photo of people with several: against everyone else's mean, and the mean of their other photos.

    A photo whose own mean is not among the best `DEPTH` of its round is a miss, as is one without a face.
    """
    taken_out = list(rounds(sample.labels))
    probes = np.concatenate(taken_out)
    usable = sample.usable[probes]
    first = np.zeros(len(probes))
    own = np.concatenate([_own_score(matcher, sample, photos) for photos in taken_out])
    first[usable] = _won(own[usable], _best_other(matcher, sample, probes[usable]))
    return LeftOut(first, sample.labels[probes])


def _won(own: Scores, other: Scores) -> Scores:
    return np.where(np.isneginf(own), 0.0, np.where(own > other, 1.0, np.where(own == other, 0.5, 0.0)))


def _best_other(matcher: Matcher, sample: Sample, probes: NDArray[np.int64]) -> Scores:
    everyone = means_without(sample, np.zeros(0, dtype=np.int64))
    lists = matcher.nearest(everyone.templates, sample.probes[probes], 2)
    shown = _at(everyone.people, lists.rows)
    return _best_where((shown >= 0) & (shown != sample.labels[probes][:, None]), lists)


def _own_score(matcher: Matcher, sample: Sample, photos: NDArray[np.int64]) -> Scores:
    scores = np.full(len(photos), -np.inf)
    usable = sample.usable[photos]
    means = means_without(sample, photos)
    wanted = np.isin(means.people, sample.labels[photos])
    lists = matcher.nearest(means.templates[wanted], sample.probes[photos[usable]], DEPTH)
    own = _at(means.people[wanted], lists.rows) == sample.labels[photos[usable]][:, None]
    scores[usable] = _best_where(own, lists)
    return scores


def pairs(matcher: Matcher, sample: Sample) -> Pairs:
    """Search every photo in galleries of single photos, and sort what the lists show into genuine and impostor."""
    photos = np.flatnonzero(sample.usable)
    genuine, people, impostors, complete_above = [], [], [], -np.inf
    for part in _parts(photos):
        lists = matcher.nearest(sample.templates[part], sample.probes[photos], DEPTH)
        shown = (lists.rows >= 0) & (_at(part, lists.rows) != photos[:, None])
        same = _at(sample.labels[part], lists.rows) == sample.labels[photos][:, None]
        genuine.append(lists.scores[shown & same])
        people.append(np.broadcast_to(sample.labels[photos][:, None], same.shape)[shown & same])
        impostors.append(lists.scores[shown & ~same])
        if len(part) > DEPTH:
            complete_above = max(complete_above, float(lists.scores[:, -1].max()))
    shown_pairs = Pairs(np.concatenate(genuine), np.concatenate(people), np.concatenate(impostors), 0, complete_above)
    return _with_unseen(sample, shown_pairs)


def _parts(photos: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(photos), _PAIR_GALLERY):
        yield photos[start : start + _PAIR_GALLERY]


def _with_unseen(sample: Sample, shown: Pairs) -> Pairs:
    """Add the genuine pairs that no list shows, too low for it or without a face, and count every comparison."""
    sizes = np.array([len(own) for own in photos_by_person(sample.labels)])
    seen = np.bincount(shown.people, minlength=len(sizes))
    unseen = np.repeat(np.arange(len(sizes)), sizes * (sizes - 1) - seen)
    genuine = np.concatenate([shown.genuine, np.full(len(unseen), -np.inf)])
    people = np.concatenate([shown.people, unseen])
    comparisons = int(sizes.sum() ** 2 - (sizes**2).sum())
    return Pairs(genuine, people, shown.impostors, comparisons, shown.complete_above)


def _best_where(wanted: NDArray[np.bool_], lists: Lists) -> Scores:
    return np.asarray(np.where(wanted, lists.scores, -np.inf).max(axis=1), dtype=np.float64)


def _at(values: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """`values` at `rows`, same shape as `rows`; -1 where the row is -1."""
    return np.append(values, -1)[rows]
