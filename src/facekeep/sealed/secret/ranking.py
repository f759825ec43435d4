"""Which slots can still matter once every score gets bounded noise.

Noise within +-margin moves a score past another only if they are within two margins, and over the floor only from one
margin below. So noise, floor and top-k over the returned slots give exactly what they would give over all.
"""

import numpy as np
from numpy.typing import NDArray

from facekeep.sealed.compute import compiled

_RUN = 1024  # scores whose maximum is taken first, so that most are compared once and never again


def contenders(scores: NDArray[np.float32], floor: float, k: int, margin: float) -> NDArray[np.int64]:
    """Slots whose raw score is at least max(floor - margin, kth largest - 2 margin), score descending.

    Parameters
    ----------
    scores : float32 (total,), none of them NaN
    floor : the lowest score that may be released
    k : 1 or more; with fewer scores than k there is no kth largest
    margin : the largest absolute noise

    Returns
    -------
    ndarray[int64] (m,): slots, equal scores in slot order.
    """
    scores = np.ascontiguousarray(scores)
    best = np.maximum.reduceat(scores, np.arange(0, scores.size, _RUN)) if scores.size else scores
    cut = np.float64(floor - margin)  # not a plain float: those would be rounded to float32 before a comparison
    if best.size >= k:  # k runs have a score this high, so the kth largest is at least this
        cut = max(cut, _kth_largest(best, k) - 2 * margin)
    slots = _slots_from(scores, best, cut)
    found = scores[slots]
    if slots.size >= k:
        cut = max(cut, _kth_largest(found, k) - 2 * margin)
    kept = np.flatnonzero(found >= cut)
    return slots[kept[np.argsort(-found[kept], kind="stable")]]


def _kth_largest(scores: NDArray[np.float32], k: int) -> np.float64:
    return np.float64(np.partition(scores, scores.size - k)[scores.size - k])


def _slots_from(scores: NDArray[np.float32], best: NDArray[np.float32], cut: np.float64) -> NDArray[np.int64]:
    """Slots of scores >= cut, ascending."""
    runs = np.flatnonzero(best >= cut)
    slots = np.empty(runs.size * _RUN, np.int64)
    return slots[: _collect(scores, runs, cut, slots)]


@compiled("int64(Array(float32, 1, 'C', readonly=True), int64[::1], float64, int64[::1])")
def _collect(scores: NDArray[np.float32], runs: NDArray[np.int64], cut: np.float64, slots: NDArray[np.int64]) -> int:
    count = 0
    for run in runs:
        for slot in range(run * _RUN, min((run + 1) * _RUN, scores.size)):
            if scores[slot] >= cut:
                slots[count] = slot
                count += 1
    return count
