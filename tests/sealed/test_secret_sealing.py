import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_cases import seed, unit_templates

from facekeep.errors import BadInput
from facekeep.sealed.params import RLWE_2048_32
from facekeep.sealed.ring import PublicPolynomials, polynomial, spectrum
from facekeep.sealed.secret import seal_block
from facekeep.sealed.secret.sampling import errors, ternary


def seal_slowly(templates: np.ndarray, public: PublicPolynomials) -> np.ndarray:
    """The definition, step by step in 64-bit integers."""
    products = polynomial(public.spectra * spectrum(ternary(seed("s"))))[:, : len(templates)]
    message = np.rint(RLWE_2048_32.gain * templates.T.astype(np.float64)).astype(np.int64)
    total = products + errors(seed("e"), public.dimension, len(templates)) + message
    high = (total + 2**15) % 2**32 >> 16
    return np.where(high >= 2**15, high - 2**16, high).astype(np.int16)


@given(st.integers(1, 80), st.integers(1, 2048), st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_sealing_is_what_the_definition_says(dimension: int, count: int, number: int) -> None:
    public = PublicPolynomials.expand(seed("public"), "col", dimension)
    templates = unit_templates(count, dimension, number)
    columns = seal_block(templates, public, seed("s"), seed("e"))
    assert columns.dtype == np.int16
    assert columns.flags.c_contiguous
    assert np.array_equal(columns, seal_slowly(templates, public))


def test_only_filled_columns_exist() -> None:
    public = PublicPolynomials.expand(seed("public"), "col", 16)
    for count in (1, 1024, 1025, 2048):
        assert seal_block(unit_templates(count, 16), public, seed("s"), seed("e")).shape == (16, count)


def test_two_sealings_of_the_same_data_share_nothing_beyond_chance() -> None:
    public = PublicPolynomials.expand(seed("public"), "col", 64)
    templates = unit_templates(2048, 64)
    first = seal_block(templates, public, seed("s1"), seed("e1"))
    second = seal_block(templates, public, seed("s2"), seed("e2"))
    same = float((first.view(np.uint8) == second.view(np.uint8)).mean())
    assert abs(same - 1 / 256) < 6 * np.sqrt(1 / 256 / first.nbytes)
    correlation = np.corrcoef(first.reshape(-1), second.reshape(-1))[0, 1]
    assert abs(correlation) < 6 / np.sqrt(first.size)


def test_columns_look_uniform_whatever_was_sealed() -> None:
    public = PublicPolynomials.expand(seed("public"), "col", 64)
    templates = np.zeros((2048, 64), np.float32)
    templates[:, 0] = 1
    columns = seal_block(templates, public, seed("s"), seed("e"))
    counts = np.bincount(columns.view(np.uint8).reshape(-1), minlength=256)
    expected = columns.nbytes / 256
    assert float(((counts - expected) ** 2 / expected).sum()) < 255 + 6 * np.sqrt(2 * 255)
    assert abs(np.corrcoef(columns[0], columns[1])[0, 1]) < 6 / np.sqrt(2048)


def test_templates_are_left_as_they_were() -> None:
    public = PublicPolynomials.expand(seed("public"), "col", 8)
    templates = unit_templates(3, 8)
    before = templates.copy()
    seal_block(templates, public, seed("s"), seed("e"))
    assert np.array_equal(templates, before)


@pytest.mark.parametrize(
    "templates",
    [
        np.zeros((0, 8), np.float32), np.zeros((2049, 8), np.float32), np.eye(9, dtype=np.float32),
        np.eye(8, dtype=np.float64), np.full((1, 8), np.nan, np.float32), 2 * np.eye(8, dtype=np.float32),
    ],
)  # fmt: skip
def test_templates_that_cannot_be_sealed_are_refused(templates: np.ndarray) -> None:
    with pytest.raises(BadInput):
        seal_block(templates, PublicPolynomials.expand(seed("public"), "col", 8), seed("s"), seed("e"))


def test_one_seed_for_secret_and_error_is_refused() -> None:
    public = PublicPolynomials.expand(seed("public"), "col", 8)
    for secret_seed, error_seed in ((seed("s"), seed("s")), (b"short", seed("e")), (seed("s"), b"short")):
        with pytest.raises(BadInput):
            seal_block(unit_templates(1, 8), public, secret_seed, error_seed)
