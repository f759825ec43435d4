"""alpha = sum_i p_i a_i mod 2^32: what a probe brings to the opening of every block of a collection.

It depends on no sum, so that it is made while sums are being verified, by threads that are awake already.
"""

import numpy as np
from numpy.typing import NDArray

from facekeep.sealed.compute import compiled
from facekeep.sealed.params import RLWE_2048_32
from facekeep.sealed.ring import DEGREE, HALF, TWIST

ROWS_A_TASK = 64
_ROWS_A_PASS = 4
_SCALE = 1 / (2.0**RLWE_2048_32.modulus_bits * HALF)  # a power of two, and therefore exact


class Alphas:
    """The alpha of each probe, from probes int32 (P, D) and the public coefficients uint32 (D, N)."""

    def __init__(self, probes: NDArray[np.int32], coefficients: NDArray[np.uint32]) -> None:
        self._probes = probes
        self._coefficients = coefficients
        self._terms: list[NDArray[np.uint32]] = []  # appending is atomic, and sums do not mind the order

    def add(self, first: int, last: int) -> None:
        """Add the terms i = `first` to `last` - 1; from any thread, every i once."""
        terms = np.zeros((len(self._probes), DEGREE), np.uint32)
        for probe, alpha in zip(self._probes, terms, strict=True):
            _combine(self._coefficients[first:last], probe[first:last], alpha)
        self._terms.append(terms)

    def spectra(self) -> list[NDArray[np.float32]]:
        """Parts of their folded transforms in turns, P times (N,), over N/2 so that unfolding needs no scaling."""
        alphas = np.stack(self._terms).sum(axis=0, dtype=np.uint32)
        return [_spectrum(alpha) for alpha in alphas]


def _spectrum(alpha: NDArray[np.uint32]) -> NDArray[np.float32]:
    """The parts of `ring.spectrum(alpha)`, scaled; two kernels, because a search waits for every NumPy call."""
    folded, scaled = np.empty(HALF, np.complex128), np.empty(DEGREE, np.float32)
    _fold(alpha, folded)
    np.fft.fft(folded, out=folded)
    _scale(folded, scaled)
    return scaled


@compiled("void(Array(uint32, 2, 'C', readonly=True), Array(int32, 1, 'C', readonly=True), uint32[::1])")
def _combine(coefficients: NDArray[np.uint32], probe: NDArray[np.int32], alpha: NDArray[np.uint32]) -> None:
    """Add sum_i p_i a_i mod 2^32 to alpha; wrap-around of 32-bit integers is the reduction."""
    passes_end = probe.size - probe.size % _ROWS_A_PASS
    for i in range(0, passes_end, _ROWS_A_PASS):
        rows, some = coefficients[i : i + _ROWS_A_PASS], probe[i : i + _ROWS_A_PASS]
        for j in range(alpha.size):
            total = alpha[j]
            for r in range(_ROWS_A_PASS):
                total += np.uint32(np.uint32(some[r]) * rows[r, j])
            alpha[j] = total
    for i in range(passes_end, probe.size):
        for j in range(alpha.size):
            alpha[j] += np.uint32(np.uint32(probe[i]) * coefficients[i, j])


@compiled("void(Array(uint32, 1, 'C', readonly=True), complex128[::1])")
def _fold(alpha: NDArray[np.uint32], folded: NDArray[np.complex128]) -> None:
    for j in range(HALF):
        low, high = np.float64(np.int32(alpha[j])), np.float64(np.int32(alpha[j + HALF]))
        folded[j] = complex(low, high) * TWIST[j]


@compiled("void(complex128[::1], float32[::1])")
def _scale(folded: NDArray[np.complex128], scaled: NDArray[np.float32]) -> None:
    for j in range(HALF):
        scaled[j], scaled[j + HALF] = folded[j].real * _SCALE, folded[j].imag * _SCALE
