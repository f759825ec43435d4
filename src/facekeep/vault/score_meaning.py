"""What a score means at a gallery size: how often a stranger would show it, from a table measured on real faces.

A table belongs to one model contract and holds, over pairs of photos of different people, the base-ten logarithm of the
false match rate (FMR: the share of such pairs that reach a score). Between points the logarithm is a straight line.
Beyond the last point nothing was measured: the table carries on as an exponential tail, with the slope seen over the
last measured decades, and never claims a pair rarer than one in 10^10. Measured curves bend downwards, so a straight
tail overstates strangers rather than understating them. Where n templates are searched, a stranger shows a score with
probability 1 - (1 - FMR)^n, as if comparisons were independent.

Not done here: anything per person, age or origin. A table is an average over the people it was measured on.
"""

import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from importlib.resources import files
from itertools import pairwise
from math import expm1, log1p
from typing import Annotated

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.vault.wire import Contract

FORMAT = "facekeep-score-table-1"
MAX_TABLE_BYTES = 1_000_000
RAREST_LOG10_FMR = -10.0
_TABLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")

Score = Annotated[float, msgspec.Meta(ge=-1, le=1)]
LogRate = Annotated[float, msgspec.Meta(ge=RAREST_LOG10_FMR, le=0)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10**15)]


class Tail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The extrapolation beyond the last point: FMR falls by `decades_a_unit` powers of ten for each 1.0 of score."""

    decades_a_unit: Annotated[float, msgspec.Meta(ge=1, le=100)]


class ScoreTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """FMR by score for one model contract, and what it was measured on.

    `points` are (score, log10 FMR), scores rising, rates falling; the last one is `measured_down_to`.
    """

    format: Annotated[str, msgspec.Meta(pattern=f"^{FORMAT}$")]
    contract: Contract
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
    date: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    photos: Count
    people: Count
    impostor_pairs: Count
    points: Annotated[tuple[tuple[Score, LogRate], ...], msgspec.Meta(min_length=2, max_length=1_000)]
    measured_down_to: LogRate
    tail: Tail

    @cached_property
    def _scores(self) -> tuple[float, ...]:
        return tuple(score for score, _ in self.points)

    def log10_fmr(self, score: float) -> float:
        """Base-ten logarithm of the share of strangers' pairs at `score` or above, in [-10, 0]; falls with `score`."""
        at = bisect_right(self._scores, score)
        if at == 0:
            return self.points[0][1]
        low, low_rate = self.points[at - 1]
        if at == len(self.points):
            return max(RAREST_LOG10_FMR, low_rate - (score - low) * self.tail.decades_a_unit)
        high, high_rate = self.points[at]
        return low_rate + (high_rate - low_rate) * (score - low) / (high - low)

    def is_measured(self, score: float) -> bool:
        """Whether `score` lies where pairs were counted, not in the extrapolated tail."""
        return score <= self._scores[-1]

    def stranger_rate(self, score: float, gallery: int) -> float:
        """Probability, in (0, 1], that searching a stranger in `gallery` templates shows `score` or more."""
        fmr = 10.0 ** self.log10_fmr(score)
        return 1.0 if fmr >= 1.0 else -expm1(max(gallery, 1) * log1p(-fmr))

    def one_in(self, score: float, gallery: int) -> float:
        """About one search in this many, of a stranger in `gallery` templates, shows `score` or more; in [1, 10^10]."""
        return 1.0 / self.stranger_rate(score, gallery)

    def floor_for(self, gallery: int, stranger_rate: float = 0.1) -> float:
        """The lowest score, in steps of 0.01, that a stranger reaches in at most `stranger_rate` of searches.

        Returns 1.0 where no score is rare enough.
        """
        steps = [step / 100 for step in range(-100, 101)]
        at = bisect_left(steps, True, key=lambda score: self.stranger_rate(score, gallery) <= stranger_rate)
        return steps[min(at, len(steps) - 1)]


_DECODER = msgspec.json.Decoder(ScoreTable)


def parse_table(untrusted_table: bytes) -> ScoreTable:
    """Return the table that `untrusted_table` (JSON as `facekeep evaluate` writes it) holds.

    Raises
    ------
    BadInput
        `request_too_large`, or `invalid_request` with what is wrong: unknown or missing keys, scores that do not rise,
        rates that do, a last point that is not `measured_down_to`.
    """
    if len(untrusted_table) > MAX_TABLE_BYTES:
        raise BadInput(Code.REQUEST_TOO_LARGE, f"a score table has at most {MAX_TABLE_BYTES} bytes")
    try:
        table = _DECODER.decode(untrusted_table)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(Code.INVALID_REQUEST, f"not a score table: {error}") from error
    _check(table)
    return table


def _check(table: ScoreTable) -> None:
    rows = table.points
    pairs = list(pairwise(rows))
    if any(high[0] <= low[0] for low, high in pairs):
        raise BadInput(Code.INVALID_REQUEST, "the scores of a score table must rise")
    if any(high[1] > low[1] for low, high in pairs):
        raise BadInput(Code.INVALID_REQUEST, "the rates of a score table must fall")
    if rows[-1][1] != table.measured_down_to:
        raise BadInput(Code.INVALID_REQUEST, "measured_down_to must be the rate of the last point")


def load_shipped(contract_name: str) -> ScoreTable | None:
    """Return the table shipped for the model contract of that name, or None where there is none."""
    if not _TABLE_NAME.fullmatch(contract_name):
        return None
    shipped = files("facekeep.vault") / "score_tables" / f"{contract_name}.json"
    return parse_table(shipped.read_bytes()) if shipped.is_file() else None
