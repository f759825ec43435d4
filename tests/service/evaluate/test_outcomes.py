"""Each experiment on templates whose right answers are known, and the rates made of them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from facekeep.service.evaluate.matching import Lists, PlainMatcher
from facekeep.service.evaluate.metrics import passing, threshold_at
from facekeep.service.evaluate.outcomes import DEPTH, leave_one_out, open_set, pairs
from facekeep.service.evaluate.protocol import Sample, Trial, make_trial
from facekeep.service.evaluate.side import ask, rates

D = 32


def some_people(people: int, photos: int, spread: float, seed: int = 0) -> Sample:
    rng = np.random.default_rng(seed)
    faces = rng.normal(size=(people, 1, D)) + spread * rng.normal(size=(people, photos, D))
    probes = faces + spread / 10 * rng.normal(size=faces.shape)
    labels, usable = np.arange(people).repeat(photos), np.ones(people * photos, np.bool_)
    return Sample(labels, unit_rows(faces), unit_rows(probes), usable)


def unit_rows(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=2, keepdims=True)).reshape(-1, D).astype(np.float32)


def without_faces(sample: Sample, photos: list[int]) -> Sample:
    usable = sample.usable.copy()
    usable[photos] = False
    return Sample(sample.labels, sample.templates, sample.probes, usable)


class Rounded:
    """A matcher that releases scores rounded to 0.001, as the product does."""

    def nearest(self, gallery: NDArray[np.float32], probes: NDArray[np.float32], depth: int) -> Lists:
        lists = PlainMatcher().nearest(gallery, probes, depth)
        return Lists(lists.rows, np.round(lists.scores, 3))


def test_plain_lists_are_sorted_and_padded() -> None:
    lists = PlainMatcher().nearest(np.eye(3, dtype=np.float32), np.array([[0.6, 0.8, 0]], np.float32), 5)
    assert lists.rows.tolist() == [[1, 0, 2, -1, -1]]
    assert lists.scores[0, :3] == pytest.approx([0.8, 0.6, 0])
    assert np.isneginf(lists.scores[0, 3:]).all()


def test_templates_stand_in_galleries_and_probes_are_searched_for() -> None:
    sample, asked = some_people(20, 3, spread=0.5), []

    class Watched(PlainMatcher):
        def nearest(self, gallery: NDArray[np.float32], probes: NDArray[np.float32], depth: int) -> Lists:
            asked.append((gallery, probes))
            return super().nearest(gallery, probes, depth)

    open_set(Watched(), sample, make_trial(sample.labels, seed=1, number=0))
    pairs(Watched(), sample)
    leave_one_out(Watched(), sample)
    assert len(asked) == 1 + 1 + 3 + 1
    enrolled, searched = ({row.tobytes() for row in rows} for rows in (sample.templates, sample.probes))
    assert all({row.tobytes() for row in gallery} <= enrolled for gallery, _ in asked[:2])
    assert all({row.tobytes() for row in probes} <= searched for _, probes in asked)


def test_people_who_always_look_the_same_are_always_found() -> None:
    sample = some_people(30, 3, spread=0.01)
    side = rates(ask(PlainMatcher(), sample, seed=1, trials=3, step=lambda done, of: None), seed=1)
    assert side.rank1 == side.rank1_leave_one_out == 1.0
    assert set(side.tar_at_fmr.values()) == {1.0}
    assert set(side.fnir_at_fpir.values()) == {0.0}
    assert (side.gallery, side.mated_probes, side.non_mated_probes) == (26, 52, 12)


def test_people_who_never_look_the_same_are_found_as_often_as_chance() -> None:
    sample = some_people(60, 3, spread=100)
    side = rates(ask(PlainMatcher(), sample, seed=1, trials=5, step=lambda done, of: None), seed=1)
    assert side.rank1 < 0.1
    assert side.rank1_leave_one_out < 0.1
    assert side.tar_at_fmr["1e-2"] == pytest.approx(0.01, abs=0.03)
    assert side.fnir_at_fpir["0.01"] > 0.9


def test_a_photo_without_a_face_is_a_miss_wherever_it_falls() -> None:
    sample = some_people(10, 2, spread=0.01)
    trial = Trial(np.arange(0, 16, 2), np.arange(1, 16, 2), np.arange(16, 20))
    whole = open_set(PlainMatcher(), sample, trial)
    assert np.isfinite(whole.mated).all()
    enrolled_and_probe = open_set(PlainMatcher(), without_faces(sample, [0, 3, 16]), trial)
    assert np.isneginf(enrolled_and_probe.mated).tolist() == [True, True, *[False] * 6]
    assert np.isneginf(enrolled_and_probe.non_mated).tolist() == [True, False, False, False]
    assert enrolled_and_probe.gallery == 7


def test_leave_one_out_asks_for_the_mean_of_the_other_photos() -> None:
    """Person 0's two photos look alike, person 1's second photo looks like person 0."""
    templates = np.array([[1, 0, 0], [0.9, 0.1, 0], [0, 0, 1], [0.95, 0.2, 0], [0, 1, 0.1]], np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    sample = Sample(np.array([0, 0, 1, 1, 2]), templates, templates, np.ones(5, np.bool_))
    found = leave_one_out(PlainMatcher(), sample)
    assert (found.people.tolist(), found.first.tolist()) == ([0, 1, 0, 1], [1, 0, 1, 0])
    assert leave_one_out(PlainMatcher(), without_faces(sample, [1])).first.tolist() == [0, 0, 0, 0]


def test_a_tie_counts_half() -> None:
    same = np.zeros((6, 4), np.float32)
    same[:, 0] = 1
    sample = Sample(np.array([0, 0, 1, 1, 2, 2]), same, same, np.ones(6, np.bool_))
    assert leave_one_out(PlainMatcher(), sample).first.tolist() == [0.5] * 6


def test_one_to_one_from_candidate_lists_equals_all_pairs_counted_one_by_one() -> None:
    sample = some_people(400, 2, spread=0.9)
    found = pairs(PlainMatcher(), sample)
    scores = (sample.probes @ sample.templates.T).astype(np.float64)
    off = ~np.eye(800, dtype=bool)
    same = sample.labels[:, None] == sample.labels
    assert found.comparisons == int((~same).sum())
    assert len(found.genuine) == int((same & off).sum())
    for rate in (1e-2, 1e-3, 1e-4):
        threshold = threshold_at(scores[~same], comparisons=found.comparisons, rate=rate)
        assert threshold.score > found.complete_above
        listed = threshold_at(found.impostors, comparisons=found.comparisons, rate=rate)
        assert listed.score == pytest.approx(threshold.score, abs=1e-6)
        expected = passing(scores[same & off], threshold).mean()
        assert passing(found.genuine, listed).mean() == pytest.approx(expected, abs=2e-3)


def test_genuine_pairs_that_no_list_shows_count_as_misses() -> None:
    sample = some_people(300, 2, spread=100)
    found = pairs(PlainMatcher(), sample)
    assert len(found.genuine) == 600
    assert np.isneginf(found.genuine).any()
    assert len(found.impostors) <= 600 * 2 * DEPTH


def test_a_missing_face_makes_all_its_pairs_misses() -> None:
    found = pairs(PlainMatcher(), without_faces(some_people(20, 3, spread=0.1), [0]))
    assert np.isneginf(found.genuine).sum() == 4
    assert set(found.people[np.isneginf(found.genuine)].tolist()) == {0}


def test_rounding_released_scores_hardly_moves_a_rate() -> None:
    sample = some_people(120, 3, spread=0.9)
    exact, rounded = (
        rates(ask(matcher, sample, seed=2, trials=3, step=lambda done, of: None), seed=2)
        for matcher in (PlainMatcher(), Rounded())
    )
    assert rounded.rank1 == pytest.approx(exact.rank1, abs=1e-3)
    for name, value in exact.fnir_at_fpir.items():
        assert rounded.fnir_at_fpir[name] == pytest.approx(value, abs=0.01)
    for name, value in exact.tar_at_fmr.items():
        assert rounded.tar_at_fmr[name] == pytest.approx(value, abs=0.01)


def test_steps_are_told_and_trials_differ() -> None:
    sample, heard = some_people(20, 3, spread=0.5), []
    outcomes = ask(PlainMatcher(), sample, seed=1, trials=2, step=lambda done, of: heard.append((done, of)))
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert outcomes.trials[0].mated.tolist() != outcomes.trials[1].mated.tolist()
    assert make_trial(sample.labels, seed=1, number=0).mated.size == len(outcomes.trials[0].mated)
