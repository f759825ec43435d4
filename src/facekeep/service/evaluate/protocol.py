"""Who is enrolled and who searches: the splits of an evaluation, the same for the same seed.

Open-set 1:N, in seeded trials. One photo of each enrolled person is in the gallery. Of the people with a single photo
half are enrolled, as distractors; the other half and 15 % of the people with several photos are never enrolled, and
their photos are the non-mated probes. The other photos of enrolled people are the mated probes. Whether a photo has a
face plays no part in the split: a photo without a face is a miss, wherever it falls.

Leave one out: every photo against the mean template of that person's other photos, everyone else enrolled with all of
theirs. Done in rounds: in round r the r-th photo of everyone with several is taken out of the mean and searched.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VERSION = "facekeep-evaluation-1"
NEVER_ENROLLED_SHARE = 0.15
MAX_ROUNDS = 20  # photos a person beyond these are in the means but are not searched

Indices = NDArray[np.int64]
Labels = NDArray[np.int64]
Templates = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Trial:
    """Photo indices of one open-set trial, each int64 and rising; the three share no photo."""

    enrolled: Indices
    mated: Indices
    non_mated: Indices


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured of a photo set: `labels` (n,), and which rows are faces at all, `usable` (n,).

    `templates` float32 (n, D) are what enrolling a photo seals, `probes` float32 (n, D) what is searched for with it.
    """

    labels: Labels
    templates: Templates
    probes: Templates
    usable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Means:
    """Mean templates: row k of `templates`, float32 (m, D) of unit length, belongs to person `people[k]`."""

    people: Labels
    templates: Templates


def photos_by_person(labels: Labels) -> list[Indices]:
    """Photo indices of each person, in order."""
    return np.split(np.arange(len(labels)), np.flatnonzero(np.diff(labels)) + 1)


def make_trial(labels: Labels, *, seed: int, number: int) -> Trial:
    """Return trial `number` of the evaluation seeded with `seed`."""
    rng = np.random.default_rng([seed, number])
    photos = photos_by_person(labels)
    several = rng.permutation([person for person, own in enumerate(photos) if len(own) > 1]).astype(np.int64)
    single = rng.permutation([person for person, own in enumerate(photos) if len(own) == 1]).astype(np.int64)
    outside = max(1, int(NEVER_ENROLLED_SHARE * len(several)))
    known, distractors = several[outside:], single[: len(single) // 2]
    enrolled = np.array([rng.choice(photos[person]) for person in np.sort(np.concatenate([known, distractors]))])
    others = np.setdiff1d(np.arange(len(labels)), enrolled)
    is_known = np.isin(labels[others], known)
    return Trial(enrolled.astype(np.int64), others[is_known], others[~is_known])


def means_without(sample: Sample, left_out: Indices) -> Means:
    """Mean templates of everyone with a face left when the photos `left_out` are taken away."""
    kept = sample.usable.copy()
    kept[left_out] = False
    own = [photos[kept[photos]] for photos in photos_by_person(sample.labels)]
    people = np.array([person for person, photos in enumerate(own) if len(photos)], dtype=np.int64)
    rows = [unit(sample.templates[own[person]].mean(axis=0)) for person in people]
    return Means(people, np.stack(rows))


def rounds(labels: Labels) -> Iterator[Indices]:
    """Yield the photos of each round of leave one out, at most one a person, of people with several photos."""
    several = [own for own in photos_by_person(labels) if len(own) > 1]
    for place in range(min(max(len(own) for own in several), MAX_ROUNDS)):
        yield np.array([own[place] for own in several if len(own) > place], dtype=np.int64)


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """`vector` scaled to length 1, float32 of the same shape."""
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
