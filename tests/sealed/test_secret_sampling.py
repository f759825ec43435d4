import json
from hashlib import shake_256

import numpy as np
import pytest
from sealed_cases import seed

from facekeep.errors import BadInput
from facekeep.sealed.params import RLWE_2048_32
from facekeep.sealed.ring import DEGREE, label
from facekeep.sealed.secret import sampling, wipe
from facekeep.sealed.secret.sampling import check_words, errors, ternary, ternary_digits


def test_bytes_from_243_on_are_rejected() -> None:
    stream = np.arange(256, dtype=np.uint8)
    digits = ternary_digits(stream)
    assert digits.size == 5 * 243
    assert ternary_digits(stream[243:]).size == 0
    assert ternary_digits(np.array([0, 255, 242], np.uint8)).tolist() == [-1] * 5 + [1] * 5


def test_digits_over_all_accepted_bytes_are_perfectly_balanced() -> None:
    digits = ternary_digits(np.arange(243, dtype=np.uint8)).reshape(243, 5)
    for place in range(5):
        assert np.bincount(digits[:, place] + 1).tolist() == [81, 81, 81]
    assert len(np.unique(digits, axis=0)) == 243


def test_secrets_are_balanced_and_their_digits_independent() -> None:
    drawn = np.stack([ternary(seed(f"{k}")) for k in range(200)])
    counts = np.bincount(drawn.reshape(-1) + 1)
    expected = drawn.size / 3
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    assert chi_square < 27.6  # 2 degrees of freedom: once in a million
    assert abs(float((drawn[:, 1:] * drawn[:, :-1]).mean())) < 6 * (2 / 3) / np.sqrt(drawn.size)


def test_a_stream_with_many_rejections_is_lengthened(monkeypatch: pytest.MonkeyPatch) -> None:
    plenty = ternary(seed("s"))
    monkeypatch.setattr(sampling, "_BYTES_AT_FIRST", 7)
    assert np.array_equal(ternary(seed("s")), plenty)


def test_an_error_is_the_sum_of_three_centered_uniforms_of_13_bits() -> None:
    drawn = errors(seed("e"), 3, 50)
    stream = shake_256(label(b"error") + seed("e")).digest(5 * 150)
    words = [int.from_bytes(stream[5 * k : 5 * k + 5], "little") for k in range(150)]
    expected = [sum((word >> shift & 8191) - 4096 for shift in (0, 13, 26)) for word in words]
    assert drawn.reshape(-1).tolist() == expected


def test_errors_have_the_stated_deviation_and_bound() -> None:
    drawn = errors(seed("e"), 256, 2048).astype(np.float64)
    assert np.abs(drawn).max() <= RLWE_2048_32.largest_error
    assert abs(drawn.std() / 4096 - 1) < 0.01
    assert abs(drawn.mean() + 1.5) < 6 * 4096 / np.sqrt(drawn.size)
    assert abs(np.corrcoef(drawn[0], drawn[1])[0, 1]) < 6 / np.sqrt(2048)


def test_one_seed_gives_unrelated_streams_for_each_purpose() -> None:
    streams = {shake_256(label(purpose) + seed("x")).digest(64) for purpose in (b"secret", b"error", b"check")}
    assert len(streams) == 3
    assert not np.array_equal(check_words(seed("x")) & 1, (ternary(seed("x")) & 1).astype(np.uint32))


def test_streams_match_the_labels_written_down() -> None:
    expected = shake_256(label(b"check") + seed("v")).digest(4 * DEGREE)
    assert check_words(seed("v")).tobytes() == expected
    assert json.dumps(label(b"check").hex()).startswith('"0015' + b"facekeep sealed index".hex())


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_seed_that_is_not_32_bytes_is_refused(length: int) -> None:
    for expand in (ternary, check_words, lambda s: errors(s, 1, 1)):
        with pytest.raises(BadInput):
            expand(bytes(length))  # type: ignore[operator]


def test_wipe_overwrites() -> None:
    array, buffer = np.ones((2, 3), np.complex64), bytearray(b"key")
    wipe(array, buffer)
    assert not array.any()
    assert buffer == bytearray(3)
