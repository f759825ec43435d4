import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed_cases import seed

from facekeep.errors import BadInput
from facekeep.sealed.ring import DEGREE, HALF, PublicPolynomials, expand_public, label, polynomial, spectrum


def negacyclic(a: np.ndarray, s: np.ndarray) -> np.ndarray:
    """The product modulo X^N + 1 as school teaches it, in integers."""
    full = np.zeros(2 * DEGREE, np.int64)
    for place in np.flatnonzero(s):
        full[place : place + DEGREE] += int(s[place]) * a.astype(np.int64)
    return full[:DEGREE] - full[DEGREE:]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_products_are_exact(number: int) -> None:
    random = np.random.default_rng(number)
    a = random.integers(-(2**31), 2**31, DEGREE).astype(np.int32)
    s = random.integers(-1, 2, DEGREE).astype(np.int8)
    assert np.array_equal(polynomial(spectrum(a) * spectrum(s)), negacyclic(a, s))


@pytest.mark.parametrize("extreme", [-(2**31), 2**31 - 1])
@pytest.mark.parametrize("sign", ["plus", "minus", "alternating"])
def test_products_of_extremes_are_exact_with_room_to_spare(extreme: int, sign: str) -> None:
    a = np.full(DEGREE, extreme, np.int32)
    s = {"plus": np.ones(DEGREE), "minus": -np.ones(DEGREE), "alternating": (-1.0) ** np.arange(DEGREE)}[sign]
    product = spectrum(a) * spectrum(s.astype(np.int8))
    exact = negacyclic(a, s.astype(np.int8))
    unrounded = np.fft.ifft(product) * np.exp(-1j * np.pi / DEGREE * np.arange(HALF))
    off = np.abs(np.concatenate([unrounded.real, unrounded.imag]) - exact).max()
    assert np.array_equal(polynomial(product), exact)
    assert off < 0.074


def test_x_to_the_n_is_minus_one() -> None:
    x, last = np.zeros(DEGREE, np.int32), np.zeros(DEGREE, np.int8)
    x[1], last[-1] = 7, 1
    expected = np.zeros(DEGREE, np.int64)
    expected[0] = -7
    assert np.array_equal(polynomial(spectrum(x) * spectrum(last)), expected)


def test_public_polynomials_are_uniform_words() -> None:
    words = expand_public(seed("public"), "col", 64)
    assert words.shape == (64, DEGREE)
    assert words.dtype == np.uint32
    bits = np.unpackbits(words.view(np.uint8)).mean()
    assert abs(bits - 0.5) < 6 * 0.5 / np.sqrt(words.size * 32)


def test_every_part_of_the_domain_changes_every_polynomial() -> None:
    base = expand_public(seed("public"), "col", 8)
    others = [
        expand_public(seed("other"), "col", 8),
        expand_public(seed("public"), "col2", 8),
        expand_public(seed("public"), "col", 9),
    ]
    rows = np.concatenate([base, *others])
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert all(np.mean(base == other[:8]) < 1e-3 for other in others)


def test_labels_cannot_be_shifted_into_each_other() -> None:
    assert label(b"a", b"bc") != label(b"ab", b"c") != label(b"abc")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_short_seed_is_refused(length: int) -> None:
    with pytest.raises(BadInput):
        expand_public(bytes(length), "col", 8)


@pytest.mark.parametrize("dimension", [0, 513])
def test_a_dimension_out_of_range_is_refused(dimension: int) -> None:
    with pytest.raises(BadInput):
        PublicPolynomials.expand(seed("public"), "col", dimension)
