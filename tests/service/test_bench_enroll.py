"""The enrollment bench counts honestly; its figures are not a test's business."""

import time
from pathlib import Path

import numpy as np
import pytest

from facekeep.errors import BadInput
from facekeep.service import bench_enroll
from facekeep.service.bench_enroll import ROUND, _Clock, _read_evenly, _rounds, _shared, _speed
from facekeep.terms import Box


def test_photos_are_spread_over_the_folder_in_whole_rounds_and_one_to_warm_up(tmp_path: Path) -> None:
    for number in range(3 * ROUND):
        (tmp_path / f"{number:04}.jpg").write_bytes(str(number).encode())
    photos = _read_evenly(tmp_path, ROUND)
    assert len(photos) == 2 * ROUND
    assert [len(one) for one in _rounds(photos)] == [ROUND, ROUND]
    assert photos[0] == b"0"
    assert len(set(photos)) == 2 * ROUND
    assert int(photos[-1]) > 2.9 * ROUND


def test_too_few_photos_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one.jpg").write_bytes(b"x")
    with pytest.raises(BadInput):
        _read_evenly(tmp_path, ROUND)


def test_a_missing_opponent_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2 * ROUND):
        (tmp_path / f"{number}.jpg").write_bytes(b"x")
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    with pytest.raises(BadInput, match="opencv"):
        bench_enroll.run(tmp_path, ROUND)


def test_the_first_round_is_left_out_and_the_ratio_is_that_of_neighboring_rounds() -> None:
    ours, theirs = _Clock(time.process_time), _Clock(time.process_time)
    ours.rates.extend([1_000, 40, 20, 60])
    theirs.rates.extend([1, 20, 10, 20])
    ours.costs.extend([0, 0.02, 0.03, 0.04])
    theirs.costs.extend([0, 0.05, 0.05, 0.05])
    speed = _speed(ours, theirs, np.array([1.0, 0.5, 0.9]), threads=1, refused=2)
    assert (speed.photos_per_second, speed.opencv_photos_per_second, speed.ratio) == (40, 20, 2.0)
    assert speed.cpu_ratio == pytest.approx(0.05 / 0.03, abs=1e-3)
    assert (speed.cpu_seconds_per_photo, speed.rounds, speed.photos) == (0.03, 3, 3 * ROUND)
    assert (speed.cosine_median, speed.cosine_lowest, speed.refused) == (0.9, 0.5, 2)


def test_a_clock_measures_photos_a_second_and_processor_time() -> None:
    clock = _Clock(time.process_time)
    with clock.measured(10):
        sum(range(200_000))
    assert clock.rates[0] > 0
    assert clock.costs[0] > 0


def test_shared_part_of_two_boxes() -> None:
    assert _shared(Box(0, 0, 10, 10), Box(0, 0, 10, 10)) == 1
    assert _shared(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert _shared(Box(0, 0, 10, 10), Box(20, 0, 10, 10)) == 0
