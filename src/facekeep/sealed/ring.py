"""Polynomials modulo X^2048 + 1: public ones from a seed, and products that are exact modulo 2^32.

A product goes through one complex FFT of length N/2. Modulo X^(N/2) - i, which divides X^N + 1, a real polynomial x
becomes x_j + i x_(j+N/2), and multiplying coefficient j by w^j with w = exp(i pi / N) turns that ring into the cyclic
one. Half the length of the usual twisted transform, and one level fewer to lose precision in.

For operands |a| <= 2^31 and s ternary, the error in complex128 is at most 1.7e-14 |a|_2 |s|_2 <= 0.074 < 1/2, so
rounding gives the exact integer. Source: C. Percival, "Rapid multiplication modulo the sum and difference of highly
composite numbers", Math. Comp. 72 (2003), theorem 5.1.
"""

from dataclasses import dataclass
from functools import cached_property
from hashlib import shake_128

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.sealed.params import RLWE_2048_32

DEGREE = RLWE_2048_32.degree
HALF = DEGREE // 2
SEED_BYTES = 32

_PRODUCT = b"facekeep sealed index"
_VERSION = b"1"


TWIST = np.asarray(np.exp(1j * np.pi / DEGREE * np.arange(HALF)), np.complex128)
"""The powers exp(i pi j / N), j < N/2, that fold a negacyclic product into a cyclic one."""
TWIST.flags.writeable = False


def spectrum(coefficients: NDArray[np.int64] | NDArray[np.int32] | NDArray[np.int8]) -> NDArray[np.complex128]:
    """Folded transform of signed polynomials: complex128 (..., N/2) from integers (..., N)."""
    folded = coefficients[..., :HALF] + 1j * coefficients[..., HALF:]
    folded *= TWIST
    return np.fft.fft(folded, out=folded)


def polynomial(spectra: NDArray[np.complex128]) -> NDArray[np.int64]:
    """Inverse of `spectrum`, rounded to integers: int64 (..., N) from complex128 (..., N/2)."""
    folded = np.fft.ifft(spectra) * TWIST.conj()
    return np.asarray(np.rint(np.concatenate([folded.real, folded.imag], axis=-1)), np.int64)


def label(purpose: bytes, *fields: bytes) -> bytes:
    """The start of every extendable-output stream: product, version, purpose and fields, none of them ambiguous."""
    parts = (_PRODUCT, _VERSION, purpose, *fields)
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def require_seed(seed: bytes | bytearray) -> None:
    """Check the length of a seed.

    Raises
    ------
    BadInput
        `invalid_request`: not exactly 32 bytes.
    """
    if len(seed) != SEED_BYTES:
        raise BadInput(Code.INVALID_REQUEST, f"expected a seed of {SEED_BYTES} bytes, got {len(seed)}")


def expand_public(seed: bytes, collection_id: str, dimension: int) -> NDArray[np.uint32]:
    """The public polynomials a_1..a_D of one collection, uniform modulo 2^32: uint32 (D, N).

    Each is its own SHAKE-128 stream over (product, version, collection, D, i, seed), so that nobody can plant a
    structured polynomial, and no two collections or dimensions share one.

    Raises
    ------
    BadInput
        `invalid_request`: a seed that is not 32 bytes, or a dimension outside 1 to 512.
    """
    require_seed(seed)
    if not 1 <= dimension <= RLWE_2048_32.max_dimension:
        raise BadInput(Code.INVALID_REQUEST, f"expected a dimension of 1 to 512, got {dimension}")
    rows = np.empty((dimension, DEGREE), np.uint32)
    for i in range(dimension):
        place = (collection_id.encode(), dimension.to_bytes(2, "big"), i.to_bytes(2, "big"))
        stream = shake_128(label(b"public", *place) + seed).digest(4 * DEGREE)
        rows[i] = np.frombuffer(stream, "<u4")
    return rows


@dataclass(frozen=True)
class PublicPolynomials:
    """The public polynomials of a collection: `coefficients` uint32 (D, N), 4 MiB at D = 512. Not secret."""

    coefficients: NDArray[np.uint32]

    @classmethod
    def expand(cls, seed: bytes, collection_id: str, dimension: int) -> "PublicPolynomials":
        """From a collection's public seed; see `expand_public`."""
        return cls(expand_public(seed, collection_id, dimension))

    @property
    def dimension(self) -> int:
        """D."""
        return int(self.coefficients.shape[0])

    @cached_property
    def spectra(self) -> NDArray[np.complex128]:
        """Folded transforms, complex128 (D, N/2), 8 MiB at D = 512; made at the first sealing and then kept."""
        return spectrum(self.coefficients.view(np.int32))
