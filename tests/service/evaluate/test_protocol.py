"""Who is enrolled and who searches: fixed by the seed, and in the shares that the protocol states."""

import numpy as np
import pytest

from facekeep.service.evaluate.protocol import MAX_ROUNDS, Sample, make_trial, means_without, photos_by_person, rounds

SEVERAL, SINGLE = 40, 60
LABELS = np.sort(np.concatenate([np.arange(SEVERAL).repeat(3), SEVERAL + np.arange(SINGLE)]))


def test_the_same_seed_gives_the_same_trial_and_another_seed_another() -> None:
    one, same, other = (make_trial(LABELS, seed=seed, number=4) for seed in (1, 1, 2))
    next_one = make_trial(LABELS, seed=1, number=5)
    for field in ("enrolled", "mated", "non_mated"):
        assert getattr(one, field).tolist() == getattr(same, field).tolist()
        assert getattr(one, field).tolist() != getattr(other, field).tolist()
        assert getattr(one, field).tolist() != getattr(next_one, field).tolist()


def test_this_seed_will_always_give_this_split() -> None:
    trial = make_trial(np.array([0, 0, 1, 1, 1, 2, 3, 3, 4, 5]), seed=1, number=0)
    assert trial.enrolled.tolist() == [4, 7, 9]
    assert trial.mated.tolist() == [2, 3, 6]
    assert trial.non_mated.tolist() == [0, 1, 5, 8]


def test_the_shares_are_those_of_the_protocol() -> None:
    trial = make_trial(LABELS, seed=1, number=0)
    enrolled = LABELS[trial.enrolled]
    assert len(set(enrolled.tolist())) == len(enrolled)
    assert (enrolled < SEVERAL).sum() == SEVERAL - 6
    assert (enrolled >= SEVERAL).sum() == SINGLE // 2
    assert len(trial.mated) == 2 * (SEVERAL - 6)
    assert len(trial.non_mated) == 3 * 6 + SINGLE // 2


def test_every_photo_has_one_part_and_strangers_are_strangers() -> None:
    trial = make_trial(LABELS, seed=5, number=2)
    together = np.concatenate([trial.enrolled, trial.mated, trial.non_mated])
    assert sorted(together.tolist()) == list(range(len(LABELS)))
    assert set(LABELS[trial.mated].tolist()) <= set(LABELS[trial.enrolled].tolist())
    assert not set(LABELS[trial.non_mated].tolist()) & set(LABELS[trial.enrolled].tolist())


def test_rounds_take_every_photo_of_people_with_several_out_once() -> None:
    labels = np.array([0, 1, 1, 2, 2, 2])
    assert [photos.tolist() for photos in rounds(labels)] == [[1, 3], [2, 4], [5]]


def test_rounds_end_where_one_person_has_hundreds_of_photos() -> None:
    labels = np.concatenate([np.zeros(500, np.int64), [1, 1]])
    assert len(list(rounds(labels))) == MAX_ROUNDS


def test_means_leave_out_what_was_taken_out_and_photos_without_a_face() -> None:
    templates = np.eye(6, dtype=np.float32)
    usable = np.array([True, True, True, True, True, False])
    means = means_without(Sample(np.array([0, 0, 0, 1, 1, 2]), templates, templates, usable), np.array([0, 3]))
    assert means.people.tolist() == [0, 1]
    assert means.templates[0] == pytest.approx([0, 0.5**0.5, 0.5**0.5, 0, 0, 0])
    assert means.templates[1] == pytest.approx([0, 0, 0, 0, 1, 0])


def test_photos_by_person() -> None:
    assert [own.tolist() for own in photos_by_person(np.array([0, 0, 1, 2, 2]))] == [[0, 1], [2], [3, 4]]
