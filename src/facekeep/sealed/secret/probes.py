"""Quantized probes. The vault makes them itself; integers from outside are never taken."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.sealed.params import RLWE_2048_32

_UNIT_TOLERANCE = 1e-3
_LARGEST = 2 ** (RLWE_2048_32.modulus_bits - 1)


def quantize_probe(template: NDArray[np.float32]) -> NDArray[np.int32]:
    """Integers of norm 180 along a unit-length template, int32 (D,) from float32 (D,).

    Rounded to nearest. The rare probe that rounding lengthens so far that a duplicate's score could wrap is rounded
    toward zero instead, which never lengthens it.

    Raises
    ------
    BadInput
        `invalid_request`: not one dimension of 1 to 512 finite values of unit length.

    Guarantees
    ----------
    No honest score of the returned probe wraps.
    """
    if template.ndim != 1 or not 1 <= template.size <= RLWE_2048_32.max_dimension:
        raise BadInput(Code.INVALID_REQUEST, "expected a probe of one dimension and at most 512 values")
    require_unit(template[None])
    exact = template.astype(np.float64)
    exact *= RLWE_2048_32.probe_norm / np.linalg.norm(exact)
    rounded = np.rint(exact)
    return (rounded if _cannot_wrap(rounded) else np.trunc(exact)).astype(np.int32)


def require_unit(templates: NDArray[np.float32]) -> None:
    """Check that every row of float32 (n, D) is finite and of unit length, to a thousandth.

    Raises
    ------
    BadInput
        `invalid_request`: one is not. The message does not say which.
    """
    squares = np.einsum("nd,nd->n", templates, templates, dtype=np.float64)
    low, high = (1 - _UNIT_TOLERANCE) ** 2, (1 + _UNIT_TOLERANCE) ** 2
    if not np.all((squares >= low) & (squares <= high)):  # false for every NaN and infinity
        raise BadInput(Code.INVALID_REQUEST, "a template is not finite or not of unit length")


def _cannot_wrap(probe: NDArray[np.float64]) -> bool:
    norm, norm_1 = sqrt(float(probe @ probe)), float(np.abs(probe).sum())
    longest_template = 1 + _UNIT_TOLERANCE
    return bool(RLWE_2048_32.largest_sum(norm * longest_template, norm_1, probe.size) < _LARGEST)
