import numpy as np

from facekeep.faces.yunet import Detections, joined, overlaps, without_overlaps


def _detections(*rows):
    boxes = np.array([row[:4] for row in rows], np.float32)
    return Detections(boxes, np.zeros((len(rows), 5, 2), np.float32), np.array([row[4] for row in rows], np.float32))


def test_overlap_is_intersection_over_union():
    box = np.array([0, 0, 10, 10], np.float32)
    others = np.array([[0, 0, 10, 10], [5, 0, 10, 10], [20, 20, 5, 5]], np.float32)
    np.testing.assert_allclose(overlaps(box, others), [1, 1 / 3, 0], atol=1e-6)


def test_the_better_of_two_overlapping_boxes_stays():
    kept = without_overlaps(_detections((0, 0, 10, 10, 0.7), (1, 0, 10, 10, 0.9), (50, 50, 10, 10, 0.65)))
    np.testing.assert_allclose(kept.scores, [0.9, 0.65])


def test_placing_moves_boxes_and_landmarks_alike():
    moved = _detections((1, 2, 3, 4, 0.8)).placed(scale=2, left=10, top=20)
    np.testing.assert_allclose(moved.boxes, [[12, 24, 6, 8]])
    np.testing.assert_allclose(moved.landmarks[0, 0], [10, 20])


def test_no_faces_are_no_faces():
    none = _detections((0, 0, 1, 1, 0.1)).take(np.array([], np.intp))
    assert len(without_overlaps(joined([none, none]))) == 0
    assert none.best == 0.0
