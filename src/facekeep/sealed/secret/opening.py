"""Opening: verified sums into raw scores.

With alpha = sum_i p_i a_i mod 2^32, the score of slot j is ((y_j mod 2^16) 2^16 - (alpha s)_j) mod 2^32, read as a
signed number, over SG * 180. The product goes through one complex64 transform a block: its error has a standard
deviation of about 2^13 where the scheme's own noise has 2^22. Numbers modulo 2^32 are kept as *turns*, fractions of
2^32: reducing is then subtracting the nearest integer, which float32 does exactly, and no cast can wrap by surprise.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.sealed.compute import CORES, compiled, spread
from facekeep.sealed.params import RLWE_2048_32
from facekeep.sealed.ring import DEGREE, HALF, PublicPolynomials, spectrum, twist
from facekeep.sealed.secret.checking import sums_refused
from facekeep.sealed.secret.sampling import wipe
from facekeep.sealed.secret.stack import SecretStack

LARGEST_SCORE = 1.03
"""Beyond this no honest sums lead; six standard deviations of the noise above an exact duplicate."""

_BLOCKS_AT_ONCE = 32  # a quarter of a mebibyte of products, stays in the second-level cache
_BLOCKS_A_TASK = 64
_ROWS_A_PASS = 16
_MODULUS = 2.0**RLWE_2048_32.modulus_bits
_STORED_UNIT = np.float32(2.0**-16)  # a stored integer in turns
_SCORE_A_TURN = np.float32(_MODULUS / RLWE_2048_32.score_unit)
_LARGEST = np.float32(LARGEST_SCORE)
_UNTWIST = twist().conj().astype(np.complex64)


def open_scores(
    sums: NDArray[np.int32],
    probes: NDArray[np.int32],
    public: PublicPolynomials,
    stack: SecretStack,
    out: NDArray[np.float32] | None = None,
    *,
    threads: int = CORES,
) -> NDArray[np.float32]:
    """Raw scores, float32 (P, total): cosines with a noise of standard deviation 0.00244.

    Raw scores are key material (each is an exact equation in a block's secret): add the keyed noise, then wipe.

    Parameters
    ----------
    sums : int32 (P, total), **already verified** by `verify_sums`
    probes : int32 (P, D), the same as there
    public : the collection's polynomials
    stack : the same as there
    out : float32 (P, total), C-order, to be filled and returned; None makes one. Fresh memory costs as much as the
        opening itself, so a caller with many probes opens them one by one into the same room.
    threads : how many to use at most

    Raises
    ------
    Tampered
        `sums_refused`: some score is beyond 1.03 in absolute value, which no honest sums give.
    BadInput
        `invalid_request`: shapes that do not fit.
    """
    stack.require(sums, probes)
    if public.dimension != probes.shape[1]:
        raise BadInput(Code.INVALID_REQUEST, f"expected polynomials of dimension {probes.shape[1]}")
    scores = np.empty(sums.shape, np.float32) if out is None else out
    if scores.shape != sums.shape or scores.dtype != np.float32 or not scores.flags.c_contiguous:
        raise BadInput(Code.INVALID_REQUEST, f"expected room for float32 scores of {sums.shape}")
    spectra = [_alpha_spectrum(probe, public) for probe in probes]
    beyond: list[int] = []

    def task(first: int, last: int) -> None:
        for row, alpha, opened in zip(sums, spectra, scores, strict=True):
            beyond.append(_open_blocks(np.ascontiguousarray(row), alpha, stack, opened, range(first, last)))

    spread(task, len(stack.spectra), threads=threads, at_least=_BLOCKS_A_TASK)
    if any(beyond):
        wipe(scores)
        raise sums_refused()
    return scores


def _alpha_spectrum(probe: NDArray[np.int32], public: PublicPolynomials) -> NDArray[np.complex64]:
    """Folded transform of alpha in turns, divided by N/2 so that the inverse transform needs no scaling."""
    alpha = np.empty(DEGREE, np.uint32)
    _combine(public.coefficients, probe, alpha)
    return (spectrum(alpha.view(np.int32)) / (_MODULUS * HALF)).astype(np.complex64)


def _open_blocks(
    sums: NDArray[np.int32],
    alpha: NDArray[np.complex64],
    stack: SecretStack,
    scores: NDArray[np.float32],
    blocks: range,
) -> int:
    """Write the scores of consecutive `blocks`; how many of them are beyond the largest."""
    work, beyond = np.empty((_BLOCKS_AT_ONCE, HALF), np.complex64), 0
    for k in blocks[::_BLOCKS_AT_ONCE]:
        products = work[: min(_BLOCKS_AT_ONCE, blocks.stop - k)]
        np.multiply(stack.spectra[k : k + len(products)], alpha, out=products)
        products = scipy.fft.ifft(products, norm="forward", overwrite_x=True)
        beyond += _finish(products, _UNTWIST, sums, stack.starts[k : k + len(products) + 1], scores)
    wipe(work, products)
    return beyond


@compiled("void(Array(uint32, 2, 'C', readonly=True), Array(int32, 1, 'C', readonly=True), uint32[::1])")
def _combine(coefficients: NDArray[np.uint32], probe: NDArray[np.int32], alpha: NDArray[np.uint32]) -> None:
    """alpha = sum_i p_i a_i mod 2^32; wrap-around of 32-bit integers is the reduction."""
    alpha[:] = 0
    passes_end = probe.size - probe.size % _ROWS_A_PASS
    for i in range(0, passes_end, _ROWS_A_PASS):
        for j in range(alpha.size):
            total = np.uint32(0)
            for r in range(_ROWS_A_PASS):
                total += np.uint32(np.uint32(probe[i + r]) * coefficients[i + r, j])
            alpha[j] += total
    for i in range(passes_end, probe.size):
        for j in range(alpha.size):
            alpha[j] += np.uint32(np.uint32(probe[i]) * coefficients[i, j])


@compiled("int64(complex64[:, ::1], complex64[::1], Array(int32, 1, 'C', readonly=True), int64[::1], float32[::1])")
def _finish(
    products: NDArray[np.complex64],
    untwist: NDArray[np.complex64],
    sums: NDArray[np.int32],
    starts: NDArray[np.int64],
    scores: NDArray[np.float32],
) -> int:
    """Unfold alpha s, subtract it from the sums in turns, reduce, scale; count scores beyond the largest."""
    beyond = 0
    for k in range(products.shape[0]):
        product, slots = products[k], starts[k + 1] - starts[k]
        block, opened = sums[starts[k] : starts[k + 1]], scores[starts[k] : starts[k + 1]]
        for j in range(min(slots, HALF)):
            turns = product[j].real * untwist[j].real - product[j].imag * untwist[j].imag
            turns = np.float32(np.int16(block[j])) * _STORED_UNIT - (turns - np.rint(turns))
            opened[j] = (turns - np.rint(turns)) * _SCORE_A_TURN
        upper, opened_upper = block[HALF:], opened[HALF:]
        for j in range(upper.size):
            turns = product[j].real * untwist[j].imag + product[j].imag * untwist[j].real
            turns = np.float32(np.int16(upper[j])) * _STORED_UNIT - (turns - np.rint(turns))
            opened_upper[j] = (turns - np.rint(turns)) * _SCORE_A_TURN
        for j in range(slots):
            beyond += abs(opened[j]) > _LARGEST
    return beyond
