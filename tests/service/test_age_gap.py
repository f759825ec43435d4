"""How far apart two photos were taken, no finer than their dates say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.service.age_gap import years_apart


@pytest.mark.parametrize(
    ("first", "second", "years"),
    [
        ("2010", "2022", 12.0),
        ("2010-01-01", "2022", 12.0),
        ("2010-01", "2010-07", 0.5),
        ("2010-12-31", "2011-01-01", 0.0),
        ("1999-03-05T10:00:00Z", "2019-09-05", 20.5),
        ("", "2010", None),
        ("2010", "", None),
        ("about 2010", "2010", None),
    ],
)
def test_examples(first: str, second: str, years: float | None) -> None:
    assert years_apart(first, second) == years


@given(st.dates(), st.dates())
def test_either_order_and_close_to_the_days_between(first, second) -> None:
    gap = years_apart(first.isoformat(), second.isoformat())
    assert gap == years_apart(second.isoformat(), first.isoformat())
    assert gap is not None
    assert abs(gap - abs((first - second).days) / 365.2425) < 0.06
