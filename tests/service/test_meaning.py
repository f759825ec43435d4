"""The sentence beside a score."""

import pytest

from facekeep.service.meaning import meaning_of_pair, meaning_of_search


def test_a_rare_score_is_told_as_one_in_so_many_searches():
    expected = "about 1 in 4,000 searches of a stranger in this gallery would show a score like this"
    assert meaning_of_search(4012.7) == expected


@pytest.mark.parametrize("one_in", [0.5, 1.0, 9.99])
def test_a_common_score_is_called_common(one_in):
    assert meaning_of_search(one_in) == "a stranger would often show this"
    assert meaning_of_pair(one_in) == "two strangers would often show this"


def test_nothing_rarer_than_the_tables_know_is_claimed():
    assert meaning_of_search(3e9).startswith("fewer than 1 in 1,000,000 searches")
    assert meaning_of_pair(float("inf")).startswith("fewer than 1 in 1,000,000 pairs")


def test_without_a_table_nothing_is_claimed():
    assert "not known" in meaning_of_search(None)
    assert "not known" in meaning_of_pair(None)


@pytest.mark.parametrize("one_in", [None, 1.0, 10.0, 99.0, 950.0, 4e5, 1e6, 1e12])
def test_there_is_never_a_percentage(one_in):
    assert "%" not in meaning_of_search(one_in) + meaning_of_pair(one_in)


@pytest.mark.parametrize(
    ("one_in", "told"), [(10.0, "10"), (14.9, "10"), (95.1, "100"), (949.0, "900"), (1e6, "1,000,000")]
)
def test_figures_are_rounded_to_one_digit(one_in, told):
    assert f"about 1 in {told} pairs" in meaning_of_pair(one_in)
