"""Statistics that would tell that the same photos are in two keeps, beside those of keeps that sealed them with a flaw.

Chances are said as powers of ten: 4 is one in ten thousand. They are those of the best of all pairs, all pairs counted.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from itertools import product
from math import log, log10
from pathlib import Path

import numpy as np

from facekeep.service.drill import counting, recovering
from facekeep.service.drill.crowd import Crowd
from facekeep.service.drill.declared import TRIES
from facekeep.service.drill.loot import DATABASE
from facekeep.service.drill.measurement import Measurement
from facekeep.service.drill.recovering import Columns

OF_BLOCKS = TRIES["differences of neighbors in blocks of two keeps with the same templates"]
OF_BYTES = TRIES["equal bytes of two cells in stores of two keeps with the same photos"]
OF_ORDER = TRIES["sizes of records by row in two keeps with the same photos"]
_LEAST_BYTES = 4096
_ORDERS = 200_000


def of_blocks(crowd: Crowd, first: Mapping[str, Columns], second: Sequence[Columns]) -> Measurement:
    """How alike the blocks of both keeps are. `second` has those of the crowd's templates, in its order."""
    pairs = [(first[name], other) for name, other in zip(crowd.blocks, second, strict=False)]
    flawed = [(columns, columns + np.int16(4_000)) for columns, _ in pairs]  # each keep has one mask of its own
    return OF_BLOCKS.came_to(_likeness(pairs), with_flaw=_likeness(flawed))


def of_bytes(first: Sequence[bytes], second: Sequence[bytes]) -> Measurement:
    """How unlikely the most alike two cells or photos of one size are."""
    pairs = [(a, b) for a, b in product(first, second) if len(a) == len(b) >= _LEAST_BYTES]
    flawed = [(a, a[: len(a) // 8] + b[len(a) // 8 :]) for a, b in pairs]  # an eighth of the bytes is carried over
    return OF_BYTES.came_to(_unlikeliest(pairs), with_flaw=_unlikeliest(flawed))


def of_order(first: Path, second: Path) -> Measurement:
    """How unlikely it is that the sizes of what was enrolled first follow one order in both stores' databases."""
    sizes, others = _sizes(first), _sizes(second)
    enrolled = np.array(others)
    found, same = (counting.chance(one, enrolled, orders=_ORDERS) for one in (np.array(sizes[: len(others)]), enrolled))
    return OF_ORDER.came_to(-log10(found), with_flaw=-log10(same))


def _likeness(pairs: Sequence[tuple[Columns, Columns]]) -> float:
    """The mean cosine of the steps from slot to slot, which one mask over all slots would not hide."""
    steps = [[(one[:, 1:] - one[:, :-1]).T.astype(np.float64) for one in pair] for pair in pairs]
    return abs(float(np.mean([recovering.mean_cosine(*pair) for pair in steps])))


def _unlikeliest(pairs: Sequence[tuple[bytes, bytes]]) -> float:
    """The least chance of all pairs, times their number, in powers of ten; 0 where nothing is unlikely.

    Chernoff's bound: n bytes agree in a share x or more with chance exp(-n KL(x, 1/256)) at most.
    """
    found = max((_surprise(*pair) for pair in pairs), default=0.0)
    return max(0.0, found - log10(max(len(pairs), 1)))


def _surprise(first: bytes, second: bytes) -> float:
    share = float(np.mean(np.frombuffer(first, np.uint8) == np.frombuffer(second, np.uint8)))
    if share <= 1 / 256:
        return 0.0
    rest = (1 - share) * log((1 - share) * 256 / 255) if share < 1 else 0.0
    return len(first) * (share * log(share * 256) + rest) / log(10)


def _sizes(store: Path) -> list[int]:
    connection = sqlite3.connect(store / DATABASE)
    try:
        return [size for (size,) in connection.execute("SELECT length(cell) FROM records ORDER BY rowid")]
    finally:
        connection.close()
