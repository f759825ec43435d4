"""Proof that sums are exactly what the stored blocks give, before anything is opened.

The vault draws a secret v per collection and keeps C[i] = sum_j v_j B[i, j] mod 2^64 of every block it seals. Honest
sums y[j] = sum_i p_i B[i, j] satisfy sum_j v_j y_j = sum_i C_i p_i mod 2^64. An altered answer passes with probability
2^-32: two different int32 vectors differ somewhere by 2^a times an odd number, a <= 31, and then at most one of the
2^32 values of that v_j fits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code, Tampered
from facekeep.sealed.compute import CORES, Share, compiled, spread_all
from facekeep.sealed.ring import DEGREE, PublicPolynomials
from facekeep.sealed.secret.alpha import ROWS_A_TASK, Alphas
from facekeep.sealed.secret.sampling import check_words
from facekeep.sealed.secret.stack import SecretStack

_CHECKS_A_TASK = 64  # blocks times probes; fewer take less time than another thread


def check_vector(seed: bytes) -> NDArray[np.uint32]:
    """The secret vector v of a collection, uint32 (N,). Raises BadInput `invalid_request` unless 32 bytes."""
    return check_words(seed)


def block_tags(columns: NDArray[np.int16], v: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Tags of a block as stored: uint64 (D,) from int16 (D, n) in C order and v uint32 (N,).

    Raises
    ------
    BadInput
        `invalid_request`: more than 2048 slots.
    """
    if columns.shape[1] > DEGREE:
        raise BadInput(Code.INVALID_REQUEST, f"a block has at most {DEGREE} slots")
    tags = np.empty(columns.shape[0], np.uint64)
    _tag(np.ascontiguousarray(columns), v, tags)
    return tags


@dataclass(frozen=True, slots=True)
class VerifiedSums:
    """Sums that are exactly what the stored blocks give. Only `verify_sums` makes them, and only they are opened.

    Attributes
    ----------
    rows : P times int32 (total,)
    alphas : P times float32 (N,), the probes' part of opening, as `Alphas.spectra` gives it
    stack : the blocks they were verified for
    """

    rows: list[NDArray[np.int32]]
    alphas: list[NDArray[np.float32]]
    stack: SecretStack

    def __repr__(self) -> str:
        return f"VerifiedSums({len(self.rows)} probes, {self.stack.total} slots)"


def verify_sums(
    sums: NDArray[np.int32],
    probes: NDArray[np.int32],
    public: PublicPolynomials,
    stack: SecretStack,
    v: NDArray[np.uint32],
    *,
    threads: int = CORES,
) -> VerifiedSums:
    """Return if every sum of every block is exact, and raise if one is not. The work done is the same either way.

    Parameters
    ----------
    sums : int32 (P, total), as a search node answered
    probes : int32 (P, D), as the vault quantized them
    public : the collection's polynomials
    stack : the vault's own list of live blocks, none missing
    v : uint32 (N,), the check vector of the collection
    threads : how many to use at most

    Raises
    ------
    Tampered
        `sums_refused`, with one constant message.
    BadInput
        `invalid_request`: shapes that do not fit.
    """
    stack.require(sums, probes)
    if public.dimension != probes.shape[1]:
        raise BadInput(Code.INVALID_REQUEST, f"expected polynomials of dimension {probes.shape[1]}")
    rows, alphas = [np.ascontiguousarray(row) for row in sums], Alphas(probes, public.coefficients)
    differences: list[np.uint64] = []

    def check(first: int, last: int) -> None:
        starts, tags = stack.starts[first : last + 1], stack.tags[first:last]
        differences.extend(_difference(row, probe, tags, starts, v) for row, probe in zip(rows, probes, strict=True))

    checks = Share(check, len(stack.tags), at_least=-(-_CHECKS_A_TASK // max(1, len(probes))))
    spread_all([Share(alphas.add, public.dimension, ROWS_A_TASK), checks], threads=threads)
    if any(differences):
        raise sums_refused()
    return VerifiedSums(rows, alphas.spectra(), stack)


def sums_refused() -> Tampered:
    """The one answer to sums that are not right, whatever is wrong with them."""
    return Tampered(Code.SUMS_REFUSED, "the search tier's answer does not verify; nothing was opened")


@compiled("void(Array(int16, 2, 'C', readonly=True), Array(uint32, 1, 'C', readonly=True), uint64[::1])")
def _tag(columns: NDArray[np.int16], v: NDArray[np.uint32], tags: NDArray[np.uint64]) -> None:
    for i in range(columns.shape[0]):
        total = np.uint64(0)
        for j in range(columns.shape[1]):
            total += np.uint64(v[j]) * np.uint64(np.int64(columns[i, j]))
        tags[i] = total


@compiled(
    "uint64(Array(int32, 1, 'C', readonly=True), Array(int32, 1, 'C', readonly=True),"
    " Array(uint64, 2, 'C', readonly=True), Array(int64, 1, 'C', readonly=True), Array(uint32, 1, 'C', readonly=True))"
)
def _difference(
    sums: NDArray[np.int32],
    probe: NDArray[np.int32],
    tags: NDArray[np.uint64],
    starts: NDArray[np.int64],
    v: NDArray[np.uint32],
) -> np.uint64:
    """The differences of both sides, or-ed over all blocks: zero if every block verifies."""
    found = np.uint64(0)
    for k in range(tags.shape[0]):
        left = np.uint64(0)
        block = sums[starts[k] : starts[k + 1]]
        for j in range(block.size):
            left += np.uint64(v[j]) * np.uint64(np.int64(block[j]))
        right = np.uint64(0)
        for i in range(probe.size):
            right += tags[k, i] * np.uint64(np.int64(probe[i]))
        found |= left ^ right
    return found
