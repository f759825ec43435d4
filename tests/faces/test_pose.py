import numpy as np
import pytest

from facekeep.faces.align import STANDARD_LANDMARKS
from facekeep.faces.pose import _HEAD, _LEVEL_PITCH, yaw_pitch_roll


def _seen(yaw=0.0, pitch=0.0, roll=0.0):
    """The model head, turned and seen from far away."""
    a, b, c = np.radians([yaw, pitch, roll])
    turn_yaw = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    turn_pitch = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    turn_roll = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    head = _HEAD - _HEAD.mean(axis=0)
    return ((head @ (turn_roll @ turn_yaw @ turn_pitch).T)[:, :2] * 2 + 300).astype(np.float32)


@pytest.mark.parametrize("yaw", [-50, -20, 0, 20, 50])
def test_yaw_of_a_turned_head(yaw):
    assert yaw_pitch_roll(_seen(yaw=yaw))[0] == pytest.approx(yaw, abs=2)


@pytest.mark.parametrize("pitch", [-30, 0, 30])
def test_pitch_of_a_nodding_head(pitch):
    assert yaw_pitch_roll(_seen(pitch=pitch))[1] == pytest.approx(pitch - _LEVEL_PITCH, abs=2)


@pytest.mark.parametrize("roll", [-90, -30, 0, 30, 90])
def test_roll_is_clockwise_in_the_picture(roll):
    assert yaw_pitch_roll(_seen(roll=roll))[2] == pytest.approx(roll, abs=1)


def test_mirroring_turns_the_other_way():
    seen = _seen(yaw=25)
    mirrored = (np.array([600, 0]) + seen * np.array([-1, 1]))[[1, 0, 2, 4, 3]].astype(np.float32)
    assert yaw_pitch_roll(mirrored)[0] == pytest.approx(-yaw_pitch_roll(seen)[0], abs=0.5)


def test_standard_landmarks_are_frontal():
    yaw, _, roll = yaw_pitch_roll(STANDARD_LANDMARKS.astype(np.float32))
    assert abs(yaw) < 1
    assert abs(roll) < 1
