"""Nearest templates, the one question both sides of an evaluation answer: in plain arithmetic, or by the product."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facekeep.service.evaluate.protocol import Templates

_PROBES_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Lists:
    """Candidate lists, best first: `rows` int64 (p, depth) into the gallery, `scores` float64 (p, depth).

    Where a list is shorter than `depth` its rows are -1 and its scores -inf.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]


class Matcher(Protocol):
    """Searches a throw-away gallery in which every row is a person of its own."""

    def nearest(self, gallery: Templates, probes: Templates, depth: int) -> Lists:
        """Return the `depth` best rows of `gallery` float32 (g, D) for each of `probes` float32 (p, D)."""
        ...


def empty_lists(probes: int, depth: int) -> Lists:
    """Lists without a candidate."""
    return Lists(np.full((probes, depth), -1, dtype=np.int64), np.full((probes, depth), -np.inf))


class PlainMatcher:
    """The reference: float32 dot products with numpy, neither sealed, noisy nor rounded."""

    def nearest(self, gallery: Templates, probes: Templates, depth: int) -> Lists:
        """See `Matcher.nearest`."""
        lists = empty_lists(len(probes), depth)
        for start in range(0, len(probes), _PROBES_AT_ONCE):
            part = slice(start, start + _PROBES_AT_ONCE)
            scores = probes[part] @ gallery.T
            best = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
            lists.rows[part, : best.shape[1]] = best
            lists.scores[part, : best.shape[1]] = np.take_along_axis(scores, best, axis=1)
        return lists
