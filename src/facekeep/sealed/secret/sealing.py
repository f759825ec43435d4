"""Sealing: templates into the int16 columns of a block. The only function that writes ciphertext.

There is no way to add to a block or to change one: a second sealing under the same secret and public polynomials would
give the difference of the templates at cosine 0.998.
"""

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.sealed.compute import compiled
from facekeep.sealed.params import RLWE_2048_32
from facekeep.sealed.ring import DEGREE, HALF, TWIST, PublicPolynomials, spectrum
from facekeep.sealed.secret.probes import require_unit
from facekeep.sealed.secret.sampling import errors, ternary, wipe

_ROWS_AT_ONCE = 32  # transforms of a step: half a mebibyte, stays in the second-level cache
_GAIN = float(RLWE_2048_32.gain)
_DROPPED_BITS = RLWE_2048_32.modulus_bits - 16
_ROUNDING = 1 << (_DROPPED_BITS - 1)  # added before the shift, or a duplicate could wrap to -1.04


def seal_block(
    templates: NDArray[np.float32], public: PublicPolynomials, secret_seed: bytes, error_seed: bytes
) -> NDArray[np.int16]:
    """The columns of a new block, int16 (D, n): top 16 bits of a_i s + e_i + round(SG g_i) + 2^15 modulo 2^32.

    Parameters
    ----------
    templates : float32 (n, D), unit length, n from 1 to 2048
    public : the collection's polynomials, of the same D
    secret_seed, error_seed : 32 random bytes each, drawn for this very call. The caller keeps the first, wrapped, and
        must not keep the second or use either again.

    Raises
    ------
    BadInput
        `invalid_request`: shapes that do not fit, templates that are not unit vectors, seeds that are short or equal.

    Guarantees
    ----------
    The product a_i s is exact. Nothing of templates, secret or error is left in arrays made here.
    """
    _require_templates(templates, public.dimension)
    if secret_seed == error_seed:
        raise BadInput(Code.INVALID_REQUEST, "the seeds of secret and error must be drawn separately")
    secret, error = ternary(secret_seed), errors(error_seed, public.dimension, len(templates))
    transformed, rows = spectrum(secret), np.array(templates.T, np.float32, order="C")
    columns = np.empty(rows.shape, np.int16)
    untwist = TWIST.conj()
    work = np.empty((_ROWS_AT_ONCE, HALF), np.complex128)
    for i in range(0, public.dimension, _ROWS_AT_ONCE):
        some = slice(i, min(i + _ROWS_AT_ONCE, public.dimension))
        products = work[: some.stop - i]
        np.multiply(public.spectra[some], transformed, out=products)
        np.fft.ifft(products, out=products)
        _write_columns(products, untwist, error[some], rows[some], columns[some])
        wipe(products)
    wipe(secret, error, transformed, rows, work)
    return columns


def _require_templates(templates: NDArray[np.float32], dimension: int) -> None:
    if templates.dtype != np.float32 or templates.ndim != 2 or templates.shape[1] != dimension:
        raise BadInput(Code.INVALID_REQUEST, f"expected templates of float32 (n, {dimension})")
    if not 1 <= len(templates) <= DEGREE:
        raise BadInput(Code.INVALID_REQUEST, f"a block holds 1 to {DEGREE} templates, got {len(templates)}")
    require_unit(templates)


@compiled("void(complex128[:, ::1], complex128[::1], int16[:, ::1], float32[:, ::1], int16[:, ::1])")
def _write_columns(
    products: NDArray[np.complex128],
    untwist: NDArray[np.complex128],
    error: NDArray[np.int16],
    templates: NDArray[np.float32],
    columns: NDArray[np.int16],
) -> None:
    """Unfold the products, add error, message and rounding in 64-bit integers, keep bits 16 to 31."""
    for i in range(columns.shape[0]):
        product, drawn, template, column = products[i], error[i], templates[i], columns[i]
        for j in range(min(column.size, HALF)):
            value = product[j].real * untwist[j].real - product[j].imag * untwist[j].imag
            total = np.int64(np.rint(value)) + drawn[j] + np.int64(np.rint(_GAIN * np.float64(template[j])))
            column[j] = np.int16((total + _ROUNDING) >> _DROPPED_BITS)
        drawn_upper, template_upper, column_upper = drawn[HALF:], template[HALF:], column[HALF:]
        for j in range(column_upper.size):
            value = product[j].real * untwist[j].imag + product[j].imag * untwist[j].real
            total = np.int64(np.rint(value)) + drawn_upper[j] + np.int64(np.rint(_GAIN * np.float64(template_upper[j])))
            column_upper[j] = np.int16((total + _ROUNDING) >> _DROPPED_BITS)
