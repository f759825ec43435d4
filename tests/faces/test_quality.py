import cv2
import numpy as np
import pytest

from facekeep.faces import quality
from facekeep.faces.align import STANDARD_LANDMARKS, align
from facekeep.faces.quality import Bend, assess

LANDMARKS = (STANDARD_LANDMARKS * 1.5 + 60).astype(np.float32)
BOX = np.array([90, 90, 120, 140], np.float32)


def _picture():
    """Noise of the detail of a face: enough structure everywhere, mid grey."""
    noise = np.random.default_rng(7).normal(0, 60, (320, 320, 3))
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 1.5) * 2 + 128, 0, 255).astype(np.uint8)


def _assessed(rgb, landmarks=LANDMARKS, score=0.93):
    return assess(rgb, align(rgb, landmarks), BOX, landmarks, score)


def test_a_good_picture_has_a_high_score_and_no_reasons():
    got = _assessed(_picture())
    assert got.score >= 70
    assert got.reasons == ()
    assert got.eye_distance_px == pytest.approx(52.9, abs=0.2)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda rgb: cv2.GaussianBlur(rgb, (0, 0), 9), "blurred"),
        (lambda rgb: cv2.blur(rgb, (41, 1)), "blurred"),
        (lambda rgb: (rgb * 0.06).astype(np.uint8), "too dark"),
        (lambda rgb: np.clip(rgb * 3.5, 0, 255).astype(np.uint8), "overexposed"),
        (lambda rgb: np.full_like(rgb, 128), "hardly any contrast"),
        (
            lambda rgb: cv2.imdecode(cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, 3])[1], 1),
            "compressed too strongly",
        ),
    ],
    ids=["blur", "motion", "dark", "white", "flat", "jpeg"],
)
def test_damage_is_named(damage, reason):
    got = _assessed(damage(_picture()))
    assert reason in got.reasons
    assert got.score < _assessed(_picture()).score


def test_covered_eyes_are_named():
    rgb = _picture()
    rgb[125:150, 95:200] = 0
    got = _assessed(rgb)
    assert got.reasons[0] == "eyes may be covered"
    assert got.score < 25


def test_a_face_cut_by_the_frame_is_named():
    assert (
        "partly outside the photo" in _assessed(_picture()[:, 150:], LANDMARKS - np.array([150, 0], np.float32)).reasons
    )


def test_a_small_face_is_named_with_its_size():
    got = _assessed(_picture(), (STANDARD_LANDMARKS * 0.5 + 100).astype(np.float32))
    assert "only 18 px between the eyes" in got.reasons


def test_a_face_only_a_box_shows_is_worth_half_at_most():
    got = _assessed(_picture(), score=0.0)
    assert got.score <= 50
    assert "no face detected in the box that was drawn" in got.reasons


def test_factors_stay_between_0_and_1():
    bends = [value for value in vars(quality).values() if isinstance(value, Bend)]
    assert len(bends) >= 10
    for bend in bends:
        assert list(bend.values) == sorted(bend.values)
        assert all(0 <= bend(value) <= 1 for value in (-1e9, -1.0, 0.0, *bend.values, 1e9))
