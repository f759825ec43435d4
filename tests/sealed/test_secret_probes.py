from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_cases import unit_templates

from facekeep.errors import BadInput
from facekeep.sealed.params import RLWE_2048_32
from facekeep.sealed.secret import quantize_probe


@given(st.integers(1, 512), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_probe_has_norm_180_and_its_direction(dimension: int, number: int) -> None:
    (template,) = unit_templates(1, dimension, number)
    probe = quantize_probe(template)
    assert probe.dtype == np.int32
    assert np.abs(probe - 180 * template.astype(np.float64)).max() < 1.0
    assert abs(np.linalg.norm(probe) - 180) < 3 + sqrt(dimension) / 4


def on_the_edge_of_rounding(level: int) -> np.ndarray:
    """A unit vector most of whose coordinates round up from level + 1/2, so that rounding lengthens it the most."""
    exact = np.full(512, (level + 0.5005) / 180)
    exact[0] = sqrt(max(0.0, 1 - (exact[1:] ** 2).sum()))
    return (exact / np.linalg.norm(exact)).astype(np.float32)


@pytest.mark.parametrize("level", range(8))
def test_no_probe_can_wrap_an_honest_score(level: int) -> None:
    probe = quantize_probe(on_the_edge_of_rounding(level)).astype(np.float64)
    worst = RLWE_2048_32.largest_sum(float(np.linalg.norm(probe)), float(np.abs(probe).sum()), 512)
    assert worst < 2**31


def test_the_probe_that_rounding_lengthens_too_far_is_rounded_toward_zero() -> None:
    template = on_the_edge_of_rounding(7)
    rounded = np.rint(180 * template.astype(np.float64))
    assert RLWE_2048_32.largest_sum(float(np.linalg.norm(rounded)), float(rounded.sum()), 512) >= 2**31
    assert np.linalg.norm(quantize_probe(template)) <= 180


@pytest.mark.parametrize(
    "template",
    [
        np.zeros(8), np.full(8, np.nan), np.array([np.inf] + [0] * 7), np.ones(8), np.eye(8)[0] * 1.01,
        np.eye(8)[0] * 0.99, np.full(8, 3e38), np.eye(8), np.zeros(0), np.eye(513)[0],
    ],
)  # fmt: skip
def test_what_is_no_unit_vector_is_refused(template: np.ndarray) -> None:
    with pytest.raises(BadInput):
        quantize_probe(template.astype(np.float32))
