"""The vault's clock: one place, so that dates mean the same everywhere."""

from datetime import UTC, date, datetime, timedelta

from facekeep.errors import BadInput, Code


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def timestamp(*, days: float = 0, hours: float = 0) -> str:
    """Now, or so much later, in UTC, ISO 8601 with milliseconds."""
    return _written(now() + timedelta(days=days, hours=hours))


def at(milliseconds: int) -> str:
    """A moment given in milliseconds since 1970."""
    return _written(datetime.fromtimestamp(milliseconds / 1_000, UTC))


def later(at: str, *, days: float) -> str:
    """So many days after a time that the vault wrote."""
    return _written(datetime.fromisoformat(at) + timedelta(days=days))


def parsed(untrusted_time: str) -> str:
    """A time from outside, as the vault keeps times; without a zone it is UTC. Raises BadInput `invalid_request`."""
    try:
        when = datetime.fromisoformat(untrusted_time)
        return _written(when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise BadInput(Code.INVALID_REQUEST, "expected a time in ISO 8601, such as 2026-03-01T12:00:00Z") from error


def day_number() -> int:
    """Days since 1970-01-01, UTC; what budgets over days count in."""
    return int(now().timestamp() // 86_400)


def start_of_day(day: int) -> str:
    """The first moment of a day, given by its number."""
    return _written(datetime.fromtimestamp(day * 86_400, UTC))


def date_of(day: int) -> str:
    """A day by its number, as an ISO 8601 date."""
    return start_of_day(day)[:10]


def parsed_day(untrusted_date: str) -> int:
    """The number of a day given as an ISO 8601 date. Raises BadInput `invalid_request`."""
    try:
        return (date.fromisoformat(untrusted_date) - date(1970, 1, 1)).days
    except ValueError as error:
        raise BadInput(Code.INVALID_REQUEST, "expected a date in ISO 8601, such as 2026-03-01") from error


def _written(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
