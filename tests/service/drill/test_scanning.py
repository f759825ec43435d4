"""Whatever is planted is found, in every encoding, wherever it lies; noise is not."""

import gzip
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_keep import planted_word

from facekeep.service.drill import traces
from facekeep.service.drill.scanning import Scanner

_WORD = planted_word("é")
_TEMPLATE = np.random.default_rng(11).normal(size=128).astype(np.float32)
_TEMPLATE /= np.linalg.norm(_TEMPLATE)
_PHOTO = np.random.default_rng(12).bytes(6_000)
_ID = np.random.default_rng(13).bytes(32)
_SCANNER = Scanner(
    traces.of_text("word", _WORD) + traces.of_template("face", _TEMPLATE) + traces.of_photo("photo", _PHOTO)
    + traces.of_bytes("id", _ID)
)
_CASES = {f"word as {name}": encoded for name, encoded in traces.text_encodings(_WORD).items()}
_CASES |= {f"face as {name}": kept[0] for name, kept in traces.template_encodings(_TEMPLATE).items()}
_CASES |= {f"id as {name}": encoded for name, encoded in traces.byte_encodings(_ID).items()}
_CASES |= {"photo as bytes": _PHOTO, "photo as hex": _PHOTO.hex().encode()}


def _noise(seed: int, size: int) -> bytes:
    return np.random.default_rng(seed).bytes(size)


def _labels(data: bytes) -> set[str]:
    return {one.label for one in _SCANNER.in_bytes(data, "here")}


@given(st.sampled_from(sorted(_CASES)), st.integers(0, 3_000), st.integers(0, 300), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_everything_is_found_at_any_place_in_every_encoding(label: str, before: int, after: int, seed: int) -> None:
    assert label in _labels(_noise(seed, before) + _CASES[label] + _noise(seed + 1, after))


@given(st.sampled_from(sorted(_CASES)), st.integers(0, 800), st.sampled_from([gzip.compress, zlib.compress]))
@settings(max_examples=60, deadline=None)
def test_everything_is_found_in_compressed_streams(label: str, before: int, pack) -> None:
    assert label in _labels(_noise(1, before) + pack(_noise(2, before) + _CASES[label]) + b"after")


@given(st.integers(0, 2**32), st.integers(0, 200_000))
@settings(max_examples=30, deadline=None)
def test_nothing_is_found_in_noise(seed: int, size: int) -> None:
    assert _labels(_noise(seed, size)) == set()


@given(st.integers(0, 2), st.integers(0, len(_WORD) - 16))
@settings(deadline=None)
def test_sixteen_letters_of_a_word_are_enough(shift: int, start: int) -> None:
    assert "word as utf-8" in _labels(b"." * shift + _WORD[start : start + 16].encode())


@pytest.mark.parametrize("label", sorted(_CASES))
def test_one_altered_byte_in_eight_hides_everything(label: str) -> None:
    """A control of the control: the scan does not say yes to everything."""
    broken = bytearray(_CASES[label])
    broken[::4] = bytes(one ^ 0x55 for one in broken[::4])
    assert label not in _labels(bytes(broken))
