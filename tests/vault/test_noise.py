from statistics import NormalDist

import numpy as np

from facekeep.vault.noise import DEVIATION, MARGIN, noise_for

KEY, PROBE = bytes(range(32)), b"a quantized probe's digest"
FACES = list(range(1, 100_001))


def test_noise_is_gaussian_with_the_stated_deviation() -> None:
    noise = np.sort(noise_for(KEY, PROBE, FACES) / DEVIATION)
    expected = np.array([NormalDist().cdf(value) for value in noise])
    steps = np.arange(len(noise) + 1) / len(noise)
    distance = max(np.abs(expected - steps[1:]).max(), np.abs(expected - steps[:-1]).max())
    assert distance < 1.95 / len(noise) ** 0.5, "Kolmogorov and Smirnov: one in a thousand keys would do worse"
    assert np.abs(noise * DEVIATION).max() <= MARGIN
    assert abs(noise.std() - 1) < 0.01


def test_asking_again_gives_the_same_noise_and_order_does_not_matter() -> None:
    noise = noise_for(KEY, PROBE, FACES[:100])
    assert np.array_equal(noise_for(KEY, PROBE, FACES[:100]), noise)
    assert np.array_equal(noise_for(KEY, PROBE, FACES[99::-1]), noise[::-1])
    assert noise_for(KEY, PROBE, []).size == 0


def test_another_key_probe_or_face_has_another_noise() -> None:
    noise = noise_for(KEY, PROBE, FACES[:1000])
    for other in (
        noise_for(KEY[::-1], PROBE, FACES[:1000]),
        noise_for(KEY, PROBE + b".", FACES[:1000]),
        noise_for(KEY, PROBE, FACES[1000:2000]),
    ):
        assert abs(np.corrcoef(noise, other)[0, 1]) < 0.12
