"""The score-meaning table of a model, counted over pairs of photos of different people.

Aggregates alone: no photo, no name, no template. Rates count every such pair of photos twice, as each of the two may be
the enrolled one and the other the probe. Pairs of the same two people
are not independent (two sisters with five photos each make 25 of them), so a rate counts as measured only while at
least `MIN_PAIRS_OF_PEOPLE` different pairs of people reach the score, and the slope of the tail is that of the number
of such pairs of people over their last one and a half decades. The vault reads and checks what is written here.
"""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.service.evaluate.protocol import Sample
from facekeep.vault.wire import Contract

FORMAT = "facekeep-score-table-1"
MIN_PAIRS_OF_PEOPLE = 20
TAIL_BASE = 30  # pairs of people where the tail's slope begins, as a multiple of those where it ends
_STEPS = np.arange(-100, 101) / 100
_ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class ImpostorCounts:
    """For each score -1.00, -0.99 … 1.00: `photos` int64 (201,) pairs of photos at or above it, `people` likewise.

    Pairs of photos are ordered, one enrolled and one the probe; pairs of people are not. `pairs` is the number of all
    pairs of photos of different people.
    """

    photos: NDArray[np.int64]
    people: NDArray[np.int64]
    pairs: int


def count_impostors(sample: Sample) -> ImpostorCounts:
    """Compare the probe of every photo with the templates of all photos of other people, float32 dot products."""
    photos = np.flatnonzero(sample.usable)
    labels, templates, probes = sample.labels[photos], sample.templates[photos], sample.probes[photos]
    counts, closest = np.zeros(len(_STEPS), np.int64), np.full((labels.max() + 1,) * 2, -np.inf, np.float32)
    for start in range(0, len(photos), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        scores = probes[rows] @ templates.T
        wanted = labels[rows, None] != labels
        counts += _at_or_above(scores[wanted])
        one, other = labels[rows][np.nonzero(wanted)[0]], labels[np.nonzero(wanted)[1]]
        np.maximum.at(closest, (np.minimum(one, other), np.maximum(one, other)), scores[wanted])
    return ImpostorCounts(counts, _at_or_above(closest[np.isfinite(closest)]), int(counts[0]))


def _at_or_above(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """How many scores reach each step; rounding a hair below -1 counts as -1."""
    ranked = np.sort(np.maximum(scores, -1.0))
    return np.asarray(len(ranked) - np.searchsorted(ranked, _STEPS, side="left"), dtype=np.int64)


def build_table(
    counts: ImpostorCounts, *, contract: Contract, source: str, date: str, photos: int, people: int
) -> bytes:
    """Return the table as JSON, ready to install in a vault.

    Raises
    ------
    BadInput
        `invalid_request`: too few people to measure anything.
    """
    last = int(np.flatnonzero(counts.people >= min(MIN_PAIRS_OF_PEOPLE, counts.people[0]))[-1])
    if counts.people[0] < TAIL_BASE * max(MIN_PAIRS_OF_PEOPLE, counts.people[last]):
        raise BadInput(Code.INVALID_REQUEST, "a score table needs more people than this")
    first = int(np.flatnonzero(counts.photos == counts.pairs)[-1])
    points = [(float(_STEPS[at]), _log10_rate(counts, at)) for at in range(first, last + 1)]
    table = {
        "format": FORMAT,
        "contract": contract,
        "source": source,
        "date": date,
        "photos": photos,
        "people": people,
        "impostor_pairs": counts.pairs,
        "points": points,
        "measured_down_to": points[-1][1],
        "tail": {"decades_a_unit": round(_tail_slope(counts, last), 2)},
    }
    return msgspec.json.format(msgspec.json.encode(table), indent=1) + b"\n"


def _log10_rate(counts: ImpostorCounts, at: int) -> float:
    return round(float(np.log10(counts.photos[at] / counts.pairs)), 4) + 0.0


def _tail_slope(counts: ImpostorCounts, last: int) -> float:
    base = int(np.flatnonzero(counts.people >= TAIL_BASE * counts.people[last])[-1])
    decades = np.log10(counts.people[base] / counts.people[last])
    return float(decades / (_STEPS[last] - _STEPS[base]))
