import cv2
import numpy as np
import pytest

from facekeep.faces.align import SIDE_PX, STANDARD_LANDMARKS, align, inverse, share_outside, similarity

RNG = np.random.default_rng(4)


def _placed(scale, degrees, shift):
    turn = np.radians(degrees)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return (STANDARD_LANDMARKS @ matrix.T + np.array(shift)).astype(np.float32)


def test_similarity_recovers_turn_scale_and_shift():
    target = STANDARD_LANDMARKS @ np.array([[0.6, 0.8], [-0.8, 0.6]]) * 2.5 + np.array([7, -3])
    moved = similarity(STANDARD_LANDMARKS, target)
    np.testing.assert_allclose(STANDARD_LANDMARKS @ moved[:, :2].T + moved[:, 2], target, atol=1e-9)


def test_similarity_is_the_least_squares_one():
    source, target = RNG.normal(size=(5, 2)), RNG.normal(size=(5, 2))
    best = similarity(source, target)

    def error(matrix):
        return float(((source @ matrix[:, :2].T + matrix[:, 2] - target) ** 2).sum())

    for place in [(0, 0), (0, 1), (0, 2), (1, 2)]:
        for step in (-1e-3, 1e-3):
            other = best.copy()
            other[place] += step
            if place == (0, 0):
                other[1, 1] += step
            if place == (0, 1):
                other[1, 0] -= step
            assert error(other) >= error(best)


def test_inverse_undoes():
    forward = similarity(_placed(1.7, 33, (9, 4)).astype(np.float64), STANDARD_LANDMARKS)
    back = inverse(forward)
    np.testing.assert_allclose(back[:, :2] @ forward[:, :2], np.eye(2), atol=1e-12)


@pytest.mark.parametrize(("scale", "degrees"), [(0.4, 0), (1.0, 12), (1.3, -70), (3.5, 180)])
def test_crop_equals_opencv_within_one_grey_level(scale, degrees):
    photo = cv2.GaussianBlur(RNG.integers(0, 256, (500, 600, 3), dtype=np.uint8), (0, 0), 2)
    landmarks = _placed(scale, degrees, (280, 240))
    forward = similarity(landmarks.astype(np.float64), STANDARD_LANDMARKS)
    expected = cv2.warpAffine(photo, forward, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR).astype(int)
    difference = np.abs(align(photo, landmarks).astype(int) - expected)
    assert difference.max() <= 2
    assert difference.mean() < 0.1


def test_a_very_large_face_is_averaged_and_stays_in_place():
    small = cv2.GaussianBlur(RNG.integers(0, 256, (160, 160, 3), dtype=np.uint8), (0, 0), 3)
    factor = 12
    large = np.repeat(np.repeat(small, factor, axis=0), factor, axis=1)
    landmarks = _placed(1.1, 5, (10, 12))
    got = align(large, (landmarks + 0.5) * factor - 0.5).astype(int)
    assert np.abs(got - align(small, landmarks)).mean() < 2.0


def test_outside_the_photo_is_black_and_counted():
    photo = np.full((112, 112, 3), 200, np.uint8)
    landmarks = _placed(1.0, 0, (-56, 0))
    crop = align(photo, landmarks)
    assert crop[:, :55].max() == 0
    assert crop[:, 57:].min() == 200
    assert share_outside((112, 112), landmarks) == pytest.approx(0.5, abs=0.02)
    assert share_outside((400, 400), _placed(1.0, 0, (50, 50))) == 0.0


def test_a_face_far_outside_gives_a_black_crop():
    assert align(np.full((50, 50, 3), 9, np.uint8), _placed(1.0, 0, (5_000, -5_000))).max() == 0
