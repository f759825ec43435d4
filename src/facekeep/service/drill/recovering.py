"""Algebra that would tell templates, or a block's secret, from sealed blocks and released scores with a flaw.

Pure: what a thief holds goes in, what the algebra makes of it comes out. Whoever calls it compares that with the truth.
"""

import numpy as np
from numpy.typing import NDArray

Columns = NDArray[np.int16]
Templates = NDArray[np.float32]


def told_by_known(columns: Columns, known: Templates) -> NDArray[np.float64]:
    """What least squares tells of the templates in the last slots of a block, from those in its first.

    Gives away every template where the same mask lies on all slots: then a column is its template and a constant.

    Parameters
    ----------
    columns : int16 (D, n), the block.
    known : float32 (k, D), the templates in its first k slots, k > D; a thief may have enrolled them.

    Returns
    -------
    float64 (n - k, D), not scaled.
    """
    rows = np.concatenate([columns.T.astype(np.float64), np.ones((columns.shape[1], 1))], axis=1)
    fitted, *_ = np.linalg.lstsq(rows[: len(known)], known.astype(np.float64), rcond=None)
    return np.asarray(rows[len(known) :] @ fitted, np.float64)


def told_by_difference(first: Columns, second: Columns) -> NDArray[np.float64]:
    """What two blocks (D, n) tell of the differences of their templates, float64 (n, D), if one secret sealed both."""
    return np.asarray((first - second).T, np.float64)


def mean_cosine(told: NDArray[np.float64], truth: NDArray[np.floating]) -> float:
    """The mean over rows of the cosine between what was told and what is true."""
    lengths = np.linalg.norm(told, axis=1) * np.linalg.norm(truth, axis=1)
    return float(np.mean(np.einsum("nd,nd->n", told, truth) / np.maximum(lengths, 1e-12)))


def equation(alpha: NDArray[np.uint32], slot: int) -> NDArray[np.uint8]:
    """Coefficients modulo 2 of (alpha s)[slot] in the secret s: uint8 (N,) for alpha uint32 (N,) modulo X^N + 1."""
    return (np.roll(alpha[::-1], slot + 1) & 1).astype(np.uint8)


def mask_bits(sums: NDArray[np.int32], scores: NDArray[np.float64], *, unit: int) -> NDArray[np.uint8]:
    """(alpha s)[slot] modulo 2, if the score were exact; a noisy one makes it a coin's fall.

    A score times `unit` is 2^16 times the sum less (alpha s)[slot], modulo 2^32 (docs/sealed-index.md, section 5).
    """
    raw = np.rint(scores * unit).astype(np.int64)
    return (((sums.astype(np.int64) << 16) - raw) & 1).astype(np.uint8)


def share_predicted(rows: NDArray[np.uint8], values: NDArray[np.uint8], *, held_back: int) -> float:
    """Eliminate over GF(2) with all but the last equations, and say how many of those come out right.

    A system of exact equations predicts every further one, a system of noise half of them.

    Parameters
    ----------
    rows : uint8 (m, u), 0 or 1: m equations in u unknowns.
    values : uint8 (m,), 0 or 1: what each comes to.
    held_back : how many of the last equations are not solved with. Those that the others do not determine are left out.
    """
    unknowns, solving = rows.shape[1], len(rows) - held_back
    packed = np.packbits(np.concatenate([rows, values[:, None]], axis=1), axis=1)
    at = 0
    for column in range(unknowns):
        byte, mask = column // 8, np.uint8(128 >> column % 8)
        having = np.flatnonzero(packed[at:solving, byte] & mask) + at
        if len(having) == 0:
            continue
        packed[[at, having[0]]] = packed[[having[0], at]]
        others = np.flatnonzero(packed[:, byte] & mask)
        others = others[others != at]
        packed[others] ^= packed[at]
        at += 1
    left = np.unpackbits(packed[solving:], axis=1)[:, : unknowns + 1]
    determined = left[~left[:, :unknowns].any(axis=1)]
    return float(np.mean(determined[:, unknowns] == 0))
