"""How far apart two photos were taken, as far as their dates say. Faces change: a gap of years weakens a score."""

import re

_DATE = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?")
_DAYS_A_MONTH = 365.2425 / 12


def years_apart(first: str, second: str) -> float | None:
    """Years between two ISO 8601 dates; None where one is not known.

    In tenths of a year where both name a month, else in whole years: a date says no more than it says.
    """
    one, other = _DATE.match(first), _DATE.match(second)
    if one is None or other is None:
        return None
    gap = abs(_year(one) - _year(other))
    return round(gap, 1) if one["month"] and other["month"] else float(round(gap))


def _year(date: re.Match[str]) -> float:
    """The middle of what a date names, in years."""
    if not date["month"]:
        return int(date["year"]) + 0.5
    day = int(date["day"]) - 0.5 if date["day"] else _DAYS_A_MONTH / 2
    return int(date["year"]) + (int(date["month"]) - 1 + day / _DAYS_A_MONTH) / 12
