"""Opening: verified sums into raw scores.

With alpha = sum_i p_i a_i mod 2^32, the score of slot j is ((y_j mod 2^16) 2^16 - (alpha s)_j) mod 2^32, read as a
signed number, over SG * 180. The product goes through one float32 transform a block: its error has a standard
deviation of about 2^13 where the scheme's own noise has 2^22. Numbers modulo 2^32 are kept as *turns*, fractions of
2^32: reducing is then subtracting the nearest integer, which float32 does exactly, and no cast can wrap by surprise.

Nearly all scores are looked at once, to find the few that matter. So every block is opened in a room of 16 KiB that the
next one takes over; what is kept is its highest score, and a shortlist of what can still be among the best. Should more
be asked for later, its blocks are opened a second time. Writing all scores to memory would take longer than that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekeep.sealed.compute import CORES, compiled, spread
from facekeep.sealed.params import RLWE_2048_32
from facekeep.sealed.ring import DEGREE, HALF
from facekeep.sealed.secret.checking import VerifiedSums, sums_refused
from facekeep.sealed.secret.sampling import wipe
from facekeep.sealed.secret.stack import SecretStack
from facekeep.sealed.secret.transform import IMAGINARY, PARTS, unfold

LARGEST_SCORE = 1.03
"""Beyond this no honest sums lead; six standard deviations of the noise above an exact duplicate."""

_BLOCKS_A_TASK = 32
_RUN = 128  # scores that are looked at together before any is looked at by itself
_MODULUS = 2.0**RLWE_2048_32.modulus_bits
_STORED_UNIT = np.float32(2.0**-16)  # a stored integer in turns
_SCORE_A_TURN = np.float32(_MODULUS / RLWE_2048_32.score_unit)
_LARGEST = np.float32(LARGEST_SCORE)
_FUSED = frozenset({"contract"})  # a product and a sum may be fused


@dataclass(frozen=True, slots=True)
class Aim:
    """Which scores somebody is after: the `k` best of those from `floor` on, once each gets noise within +-`margin`."""

    floor: float
    k: int
    margin: float


@dataclass(frozen=True, slots=True)
class Opening:
    """One probe's verified sums, to be opened block by block.

    Raw scores are key material (each is an exact equation in a block's secret): add the keyed noise, then wipe.

    Attributes
    ----------
    peaks : float32 (K,), the highest raw score of each block
    """

    peaks: NDArray[np.float32]
    _sums: NDArray[np.int32]
    _alpha: NDArray[np.float32]
    _stack: SecretStack
    _threads: int
    _shortlist: "_Shortlist"

    def __repr__(self) -> str:
        return f"Opening({len(self.peaks)} blocks)"

    @property
    def total(self) -> int:
        """The number of slots."""
        return self._stack.total

    def above(self, cut: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Every slot whose raw score is `cut` or more, ascending: slots int64 (m,), raw scores float32 (m,).

        They are cosines with a noise of standard deviation 0.00244. Blocks with such a slot are opened again unless the
        shortlist holds them all.
        """
        lowest = _float32_from(cut)
        if lowest >= self._shortlist.complete_from:
            wanted = self._shortlist.scores >= lowest
            return self._shortlist.slots[wanted], self._shortlist.scores[wanted]
        blocks = np.flatnonzero(self.peaks >= lowest)
        found: dict[int, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}

        def task(first: int, last: int) -> None:
            found[first] = self._above(blocks[first:last], lowest)

        spread(task, len(blocks), threads=self._threads, at_least=_BLOCKS_A_TASK)
        parts = [found[first] for first in sorted(found)] or [(np.empty(0, np.int64), np.empty(0, np.float32))]
        slots, scores = np.concatenate([part for part, _ in parts]), np.concatenate([part for _, part in parts])
        wipe(*(part for _, part in parts))
        return slots, scores

    def _above(self, blocks: NDArray[np.int64], lowest: np.float32) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        starts, room = self._stack.starts, np.empty((2, PARTS), np.float32)
        slots = np.empty(int((starts[blocks + 1] - starts[blocks]).sum()), np.int64)
        scores = np.empty(len(slots), np.float32)
        count = _collect(self._stack.spectra, self._alpha, self._sums, starts, blocks, lowest, slots, scores, room)
        wipe(room)
        return slots[:count], scores[:count]

    def scores_at(self, slots: NDArray[np.int64]) -> NDArray[np.float32]:
        """Raw scores of some slots, ascending: float32 (m,). Only their blocks are opened."""
        blocks = np.unique(np.searchsorted(self._stack.starts, slots, side="right") - 1)
        all_slots, all_scores = self._above(blocks, np.float32(-np.inf))
        scores: NDArray[np.float32] = all_scores[np.searchsorted(all_slots, slots)]
        wipe(all_scores)
        return scores

    def wipe(self) -> None:
        """Overwrite what is left of raw scores."""
        wipe(self.peaks, self._alpha, self._shortlist.scores)


@dataclass(frozen=True, slots=True)
class _Shortlist:
    """Every slot whose score is at least `complete_from`, and some below: slots ascending, and their scores."""

    slots: NDArray[np.int64]
    scores: NDArray[np.float32]
    complete_from: np.float32

    @classmethod
    def of(cls, parts: list["_Shortlist"]) -> "_Shortlist":
        """Those of all blocks, from those of ranges of blocks in order."""
        complete_from = max((part.complete_from for part in parts), default=np.float32(np.inf))
        slots = [part.slots for part in parts] or [np.empty(0, np.int64)]
        scores = [part.scores for part in parts] or [np.empty(0, np.float32)]
        whole = cls(np.concatenate(slots), np.concatenate(scores), complete_from)
        wipe(*scores)
        return whole


def open_sums(verified: VerifiedSums, aim: Aim, *, threads: int = CORES) -> list[Opening]:
    """One `Opening` a probe; every slot was opened once to make it.

    Parameters
    ----------
    verified : what `verify_sums` returned
    aim : what will be asked for; anything else can be, and takes longer
    threads : how many to use at most

    Raises
    ------
    Tampered
        `sums_refused`: some score is beyond 1.03 in absolute value, which no honest sums give.
    """
    rows, alphas, stack = verified.rows, verified.alphas, verified.stack
    extremes = np.empty((len(rows), len(stack.spectra), 2), np.int32)
    found: list[dict[int, _Shortlist]] = [{} for _ in rows]  # by the first block of each range

    def task(first: int, last: int) -> None:
        secrets, starts = stack.spectra[first:last], stack.starts[first : last + 1]
        for row, alpha, both, part in zip(rows, alphas, extremes, found, strict=True):
            part[first] = _shortlist(secrets, alpha, row, starts, both[first:last], aim)

    spread(task, len(stack.spectra), threads=threads, at_least=_BLOCKS_A_TASK)
    _put_in_order(extremes.reshape(-1))
    scores = extremes.view(np.float32)
    shortlists = [_Shortlist.of([part[first] for first in sorted(part)]) for part in found]
    if np.any(np.abs(scores) > _LARGEST):
        wipe(extremes, *alphas, *(one.scores for one in shortlists))
        raise sums_refused()
    openings = zip(scores[:, :, 1], rows, alphas, shortlists, strict=True)
    return [Opening(peaks, row, alpha, stack, threads, shortlist) for peaks, row, alpha, shortlist in openings]


def _shortlist(  # noqa: PLR0917  a kernel takes its arrays one by one
    secrets: NDArray[np.float32],
    alpha: NDArray[np.float32],
    sums: NDArray[np.int32],
    starts: NDArray[np.int64],
    extremes: NDArray[np.int32],
    aim: Aim,
) -> _Shortlist:
    """Open the blocks that begin at `starts`; fills in `extremes` int32 (K, 2)."""
    total = int(starts[-1] - starts[0])
    slots, bits, room = np.empty(total, np.int64), np.empty(total, np.int32), np.empty((2, PARTS), np.float32)
    best = np.full(aim.k, -np.inf, np.float32).view(np.int32)
    _put_in_order(best)
    bounds = np.array([aim.floor - aim.margin, 2 * aim.margin])
    count = _find_best(secrets, alpha, sums, starts, extremes, bounds, best, slots, bits, room)
    _put_in_order(bits[:count])
    shortlist = _Shortlist(slots[:count].copy(), bits[:count].copy().view(np.float32), _cut(bounds, best))
    wipe(room, best, bits[:count])
    return shortlist


def _float32_from(least: float) -> np.float32:
    """The smallest float32 that is at least `least`."""
    near = np.float32(least)
    return near if float(near) >= least else np.nextafter(near, np.float32(np.inf))


@compiled("void(Array(float32, 1, 'C', readonly=True), float32[::1], float32[::1])", relaxed=_FUSED)
def _multiply(secret: NDArray[np.float32], alpha: NDArray[np.float32], work: NDArray[np.float32]) -> None:
    for i in range(HALF):
        work[i] = secret[i] * alpha[i] - secret[i + HALF] * alpha[i + HALF]
        work[i + IMAGINARY] = secret[i] * alpha[i + HALF] + secret[i + HALF] * alpha[i]


@compiled("void(Array(int32, 1, 'C', readonly=True), float32[::1])")
def _subtract_from(sums: NDArray[np.int32], product: NDArray[np.float32]) -> None:
    """Scores in the place of alpha s: subtract it from the sums in turns, reduce, scale."""
    for j in range(sums.size):
        turns = np.float32(np.int16(sums[j])) * _STORED_UNIT - (product[j] - np.rint(product[j]))
        product[j] = (turns - np.rint(turns)) * _SCORE_A_TURN


@compiled(
    "void(Array(float32, 1, 'C', readonly=True), float32[::1], Array(int32, 1, 'C', readonly=True), float32[:, ::1])"
)
def _open(
    secret: NDArray[np.float32], alpha: NDArray[np.float32], sums: NDArray[np.int32], room: NDArray[np.float32]
) -> None:
    """The scores of one block, at the beginning of `room`: float32 of (2, `PARTS`), all of it overwritten."""
    _multiply(secret, alpha, room[0])
    unfold(room[0], room[1])
    _subtract_from(sums, room[0])


@compiled(
    "int64(Array(float32, 2, 'C', readonly=True), float32[::1], Array(int32, 1, 'C', readonly=True),"
    " Array(int64, 1, 'C', readonly=True), Array(int64, 1, 'C', readonly=True), float32, int64[::1], float32[::1],"
    " float32[:, ::1])"
)
def _collect(  # noqa: PLR0917  a kernel takes its arrays one by one
    secrets: NDArray[np.float32],
    alpha: NDArray[np.float32],
    sums: NDArray[np.int32],
    starts: NDArray[np.int64],
    blocks: NDArray[np.int64],
    lowest: np.float32,
    slots: NDArray[np.int64],
    scores: NDArray[np.float32],
    room: NDArray[np.float32],
) -> int:
    """Open `blocks` of all that begin at `starts`; write slots and scores from `lowest` on, and return how many."""
    count = 0
    for k in blocks:
        _open(secrets[k], alpha, sums[starts[k] : starts[k + 1]], room)
        for j in range(starts[k + 1] - starts[k]):
            if room[0, j] >= lowest:
                slots[count], scores[count] = starts[k] + j, room[0, j]
                count += 1
    return count


@compiled("void(int32[::1])")
def _put_in_order(bits: NDArray[np.int32]) -> None:
    """The bits of floating-point numbers to integers of the same order, or back."""
    for j in range(bits.size):
        bits[j] ^= np.int32(bits[j] >> 31) & np.int32(2**31 - 1)


@compiled("int32(int32[::1])")
def _lowest(values: NDArray[np.int32]) -> np.int32:
    lowest = np.int32(2**31 - 1)
    for j in range(values.size):
        lowest = min(lowest, values[j])
    return lowest


@compiled("int32(int32[::1])")
def _highest(values: NDArray[np.int32]) -> np.int32:
    highest = np.int32(-(2**31))
    for j in range(values.size):
        highest = max(highest, values[j])
    return highest


@compiled("float32(float64[::1], int32[::1])")
def _cut(bounds: NDArray[np.float64], best: NDArray[np.int32]) -> np.float32:
    """What a score must have to matter, when these are among the best, the lowest of them first."""
    lowest = best[:1].copy()
    _put_in_order(lowest)
    return np.float32(max(bounds[0], np.float64(lowest.view(np.float32)[0]) - bounds[1]))


@compiled("int32(float32)")
def _place_of(score: np.float32) -> np.int32:
    bits = np.full(1, score, np.float32).view(np.int32)
    _put_in_order(bits)
    return np.int32(bits[0])


@compiled("void(int32[::1], int32)")
def _insert(best: NDArray[np.int32], peak: np.int32) -> None:
    """Take the lowest of `best` out and `peak` in; the lowest comes first."""
    place = 0
    while place + 1 < best.size and best[place + 1] < peak:
        best[place] = best[place + 1]
        place += 1
    best[place] = peak


@compiled(
    "int64(Array(float32, 2, 'C', readonly=True), float32[::1], Array(int32, 1, 'C', readonly=True),"
    " Array(int64, 1, 'C', readonly=True), int32[:, ::1], float64[::1], int32[::1], int64[::1], int32[::1],"
    " float32[:, ::1])"
)
def _find_best(  # noqa: PLR0917  a kernel takes its arrays one by one
    secrets: NDArray[np.float32],
    alpha: NDArray[np.float32],
    sums: NDArray[np.int32],
    starts: NDArray[np.int64],
    extremes: NDArray[np.int32],
    bounds: NDArray[np.float64],
    best: NDArray[np.int32],
    slots: NDArray[np.int64],
    bits: NDArray[np.int32],
    room: NDArray[np.float32],
) -> int:
    """The lowest and the highest score of each block, int32 (K, 2), and slots and scores that may matter; how many.

    All scores are still to be put in order again. They are integers because the compiler takes the maximum of many
    numbers at once only where rounding and NaN do not matter.
    """
    count = 0
    cut = _place_of(_cut(bounds, best))
    peaks = np.empty(DEGREE // _RUN, np.int32)
    for k in range(secrets.shape[0]):
        _open(secrets[k], alpha, sums[starts[k] : starts[k + 1]], room)
        places = room[0, : starts[k + 1] - starts[k]].view(np.int32)
        _put_in_order(places)
        before = best[0]
        for run in range(0, places.size, _RUN):
            peak = peaks[run // _RUN] = _highest(places[run : run + _RUN])
            if peak > best[0]:
                _insert(best, peak)
        if best[0] > before:
            cut = _place_of(_cut(bounds, best))
        extremes[k, 0], extremes[k, 1] = _lowest(places), _highest(peaks[: -(-places.size // _RUN)])
        for run in range(0, places.size, _RUN):
            if peaks[run // _RUN] >= cut:
                for j in range(run, min(run + _RUN, places.size)):
                    if places[j] >= cut:
                        slots[count], bits[count] = starts[k] + j, places[j]
                        count += 1
    return count
