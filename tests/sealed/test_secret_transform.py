import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facekeep.sealed.ring import DEGREE, HALF, spectrum
from facekeep.sealed.secret.transform import IMAGINARY, PARTS, parts, unfold


def unfolded(transform: NDArray[np.complex128]) -> NDArray[np.float32]:
    work, spare = np.full((2, PARTS), np.nan, np.float32)
    real_then_imaginary = parts(transform / HALF)
    work[:HALF], work[IMAGINARY : IMAGINARY + HALF] = np.split(real_then_imaginary, 2)
    unfold(work, spare)
    return work[:DEGREE]


@pytest.mark.parametrize("place", [0, 1, 31, 32, 1023, 1024, 2047])
def test_a_single_coefficient_comes_back_in_its_place(place: int) -> None:
    polynomial = np.zeros(DEGREE, np.int32)
    polynomial[place] = 1
    assert np.abs(unfolded(spectrum(polynomial)) - polynomial).max() < 1e-6


@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_unfolding_undoes_the_folded_transform_as_precisely_as_float32_can(number: int) -> None:
    polynomial = np.random.default_rng(number).integers(-(2**31), 2**31, DEGREE).astype(np.int32)
    error = unfolded(spectrum(polynomial)).astype(np.float64) - polynomial
    assert error.std() < 4 * 2.0**-24 * polynomial.std()
    assert np.abs(error).max() < 16 * 2.0**-24 * 2**31
