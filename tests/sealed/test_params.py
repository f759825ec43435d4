from dataclasses import replace
from math import isclose, sqrt

import pytest

from facekeep.errors import BadInput, Code
from facekeep.sealed.params import PARAMETER_SETS, RLWE_2048_32, parameters


def test_the_set_in_use_has_the_stated_constants() -> None:
    assert RLWE_2048_32.gain == int(0.90 * 2**31 / 180) == 10_737_418
    assert RLWE_2048_32.largest_error == 12_288
    assert isclose(RLWE_2048_32.error_deviation, 4096)


def test_a_set_is_found_by_its_name_and_no_other() -> None:
    assert parameters("rlwe-2048-32-v1") is RLWE_2048_32
    with pytest.raises(BadInput) as refused:
        parameters("rlwe-1024-32-v1")
    assert refused.value.code is Code.INVALID_SETTING
    assert set(PARAMETER_SETS) == {"rlwe-2048-32-v1"}


@pytest.mark.parametrize(
    "weaker", [{"degree": 1024}, {"degree": 512}, {"modulus_bits": 55}, {"error_bits": 2}, {"error_bits": 0}]
)
def test_a_set_below_128_bits_cannot_be_made(weaker: dict[str, int]) -> None:
    with pytest.raises(BadInput, match="128 bits"):
        replace(RLWE_2048_32, name="weak", **weaker)


@pytest.mark.parametrize("wrapping", [{"gain": int(0.98 * 2**31 / 180)}, {"max_dimension": 4096}, {"error_bits": 18}])
def test_a_set_whose_honest_scores_could_wrap_cannot_be_made(wrapping: dict[str, int]) -> None:
    with pytest.raises(BadInput, match="wrap"):
        replace(RLWE_2048_32, name="wrapping", **wrapping)


def test_the_largest_honest_sum_is_where_the_review_put_it() -> None:
    largest = RLWE_2048_32.largest_sum(180, 180 * sqrt(512), 512)
    assert 0.985 < largest / 2**31 < 1
