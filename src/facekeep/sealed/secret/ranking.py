"""Which slots can still matter once every score gets bounded noise.

Noise within +-margin moves a score past another only if they are within two margins, and over the floor only from one
margin below. So noise, floor and top-k over the returned slots give exactly what they would give over all.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facekeep.sealed.secret.opening import Aim
from facekeep.sealed.secret.sampling import wipe


class Blockwise(Protocol):
    """Raw scores that are opened block by block, as `Opening` does it."""

    @property
    def peaks(self) -> NDArray[np.float32]:
        """The highest score of each block, float32 (K,)."""

    def above(self, cut: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Every slot whose raw score is `cut` or more, ascending, and these scores."""


def contenders(opening: Blockwise, aim: Aim) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Slots whose raw score is at least max(floor - margin, kth largest - 2 margin), and these scores, descending.

    Parameters
    ----------
    opening : one probe's verified sums
    aim : `floor`, the lowest score that may be released; `k`, 1 or more, where with fewer scores than k there is no kth
        largest; `margin`, the largest absolute noise

    Returns
    -------
    (int64 (m,), float32 (m,)): slots, equal scores in slot order; raw scores, which are key material.
    """
    cut, k = aim.floor - aim.margin, aim.k
    if opening.peaks.size >= k:  # k blocks have a score this high, so the kth largest of all is at least this
        cut = max(cut, _kth_largest(opening.peaks, k) - 2 * aim.margin)
    slots, scores = opening.above(cut)
    if scores.size >= k:  # nothing above the cut was left out, so this is the kth largest of all
        cut = max(cut, _kth_largest(scores, k) - 2 * aim.margin)
    kept = np.flatnonzero(scores >= np.float64(cut))  # not a plain float, which would be rounded to float32
    order = kept[np.argsort(-scores[kept], kind="stable")]
    found = slots[order], scores[order]
    wipe(scores)
    return found


def _kth_largest(scores: NDArray[np.float32], k: int) -> float:
    return float(np.partition(scores, scores.size - k)[scores.size - k])
