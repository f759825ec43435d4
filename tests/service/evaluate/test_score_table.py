"""A score table counts what it says it counts, and the vault reads what is written."""

from pathlib import Path

import numpy as np
import pytest

from facekeep.errors import BadInput, Code
from facekeep.service.evaluate.protocol import Sample
from facekeep.service.evaluate.score_table import MIN_PAIRS_OF_PEOPLE, build_table, count_impostors
from facekeep.vault.score_meaning import parse_table
from facekeep.vault.wire import Contract

CONTRACT = Contract("d+e", "a" * 64, "b" * 64, "arcface-5-points-112", 64)


def strangers(people: int, photos: int) -> Sample:
    rng = np.random.default_rng(11)
    faces = rng.normal(size=(people * photos, 64))
    vectors = np.stack([faces, faces + 0.1 * rng.normal(size=faces.shape)])
    templates, probes = (vectors / np.linalg.norm(vectors, axis=2, keepdims=True)).astype(np.float32)
    return Sample(np.arange(people).repeat(photos), templates, probes, np.ones(people * photos, np.bool_))


def table_of(sample: Sample) -> bytes:
    counts = count_impostors(sample)
    return build_table(counts, contract=CONTRACT, source="a test", date="2026-01-31", photos=10, people=5)


def test_counts_are_those_of_the_slow_obvious_loop() -> None:
    sample = strangers(20, 3)
    counts = count_impostors(sample)
    wanted = [(i, j) for i in range(60) for j in range(60) if sample.labels[i] != sample.labels[j]]
    scores = {pair: float(sample.probes[pair[0]] @ sample.templates[pair[1]]) for pair in wanted}
    people = {
        tuple(sorted((int(sample.labels[i]), int(sample.labels[j]))))
        for (i, j), score in scores.items()
        if score >= 0.2
    }
    assert counts.pairs == len(wanted) == counts.photos[0]
    assert counts.photos[120] == sum(score >= 0.2 for score in scores.values())
    assert counts.people[120] == len(people)
    assert counts.people[0] == 20 * 19 // 2


def test_photos_without_a_face_are_not_counted() -> None:
    sample = strangers(20, 3)
    sample.usable[:3] = False
    assert count_impostors(sample).pairs == count_impostors(strangers(20, 3)).pairs - 2 * 3 * 57


def test_the_vault_reads_what_is_written_and_finds_the_measured_rates_in_it() -> None:
    sample = strangers(150, 2)
    counts, table = count_impostors(sample), parse_table(table_of(sample))
    assert table.impostor_pairs == 300 * 298
    for score in (0.1, 0.2, 0.3):
        measured = counts.photos[round(score * 100) + 100] / counts.pairs
        assert 10 ** table.log10_fmr(score) == pytest.approx(measured, rel=1e-3)
    assert table.measured_down_to == table.points[-1][1]


def test_the_last_point_rests_on_enough_pairs_of_people() -> None:
    """Two look-alikes with many photos each make many pairs of photos, but only one pair of people."""
    sample = strangers(150, 4)
    sample.templates[4:8] = sample.templates[0:4]
    sample.probes[4:8] = sample.probes[0:4]
    counts, table = count_impostors(sample), parse_table(table_of(sample))
    last = round(table.points[-1][0] * 100) + 100
    assert counts.people[last] >= MIN_PAIRS_OF_PEOPLE > counts.people[last + 1]
    assert table.points[-1][0] < 0.6


def test_the_tail_of_gaussian_scores_is_overstated_never_understated() -> None:
    sample = strangers(400, 2)
    table = parse_table(table_of(sample))
    rng = np.random.default_rng(5)
    more = rng.normal(size=(20_000, 64))
    more /= np.linalg.norm(more, axis=1, keepdims=True)
    scores = more[:10_000] @ more[10_000:11_000].T
    for score in (0.55, 0.6):
        assert not table.is_measured(score)
        assert 10 ** table.log10_fmr(score) >= (scores >= score).mean()


@pytest.mark.parametrize("people", [2, 10, 30, 35, 37])
def test_too_few_people_make_no_table(people: int) -> None:
    """37 people are 666 pairs: enough if 20 of them reached the last row, too few as 26 do."""
    with pytest.raises(BadInput) as caught:
        table_of(strangers(people, 2))
    assert caught.value.code is Code.INVALID_REQUEST


def test_a_table_holds_no_paths(tmp_path: Path) -> None:
    assert str(tmp_path).encode() not in table_of(strangers(60, 2))
